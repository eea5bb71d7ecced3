/* offers.c: offered memory is out of reach until it is reclaimed; when memory is short what has the lowest priority is
 * dropped first, and the reclaim says so. test traits: no-asan protection */
#include <string.h>
#include <windows.h>
#include <psapi.h>

#include "check.h"
#ifdef __linux__
#include <stdlib.h>
#include <unistd.h>
#endif

#define PAGE ((SIZE_T)4096)
#define PAGES ((SIZE_T)512)
#define SIZE (PAGES * PAGE)

static char *fresh(SIZE_T size)
{
    char *memory = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory != NULL);
    return memory;
}

static void fill(char *memory, SIZE_T size)
{
    for (SIZE_T i = 0; i < size / sizeof(unsigned); i++)
        ((volatile unsigned *)memory)[i] = (unsigned)(i * 2654435761u) ^ (unsigned)(i >> 3) * 40503u;
}

static unsigned wrong(char *memory, SIZE_T size)
{
    unsigned count = 0;
    for (SIZE_T i = 0; i < size / sizeof(unsigned); i++)
        count += ((volatile unsigned *)memory)[i] != ((unsigned)(i * 2654435761u) ^ (unsigned)(i >> 3) * 40503u);
    return count;
}

static BOOL reachable(void *memory)
{
    char byte;
    SIZE_T done = 0;
    return ReadProcessMemory(GetCurrentProcess(), memory, &byte, 1, &done) && done == 1;
}

/* Without any need for memory everything comes back, as it was. */
static void undisturbed(void)
{
    DWORD old;
    char *memory = fresh(SIZE);
    fill(memory, SIZE);
    CHECK_EQ(OfferVirtualMemory(memory, SIZE, VmOfferPriorityLow), ERROR_SUCCESS);
    CHECK_EQ(ReclaimVirtualMemory(memory, SIZE), ERROR_SUCCESS);
    CHECK_EQ(wrong(memory, SIZE), 0);
#ifdef __linux__
    CHECK_EQ(OfferVirtualMemory(memory + PAGE, PAGE, VmOfferPriorityLow), ERROR_SUCCESS);
    CHECK(reachable(memory));
    CHECK(!reachable(memory + PAGE));
    CHECK(reachable(memory + 2 * PAGE));
    CHECK(VirtualProtect(memory + PAGE, PAGE, PAGE_READONLY, &old));
    CHECK_EQ(old, PAGE_READWRITE);
    CHECK(!reachable(memory + PAGE));
    CHECK_EQ(ReclaimVirtualMemory(memory, 3 * PAGE), ERROR_SUCCESS);
    CHECK(reachable(memory + PAGE));
    CHECK_EQ(wrong(memory, SIZE), 0);
    MEMORY_BASIC_INFORMATION information;
    CHECK(VirtualQuery(memory + PAGE, &information, sizeof information));
    CHECK_EQ(information.Protect, PAGE_READONLY);
    CHECK_EQ(information.RegionSize, PAGE);
    CHECK(VirtualProtect(memory + PAGE, PAGE, PAGE_READWRITE, &old));
    /* Offered memory is not locked any more. */
    CHECK(VirtualLock(memory, 4 * PAGE));
    CHECK_EQ(OfferVirtualMemory(memory + PAGE, PAGE, VmOfferPriorityNormal), ERROR_SUCCESS);
    CHECK_EQ(ReclaimVirtualMemory(memory + PAGE, PAGE), ERROR_SUCCESS);
    CHECK(!VirtualUnlock(memory + PAGE, PAGE));
    CHECK_EQ(GetLastError(), ERROR_NOT_LOCKED);
    CHECK(VirtualUnlock(memory, PAGE));
    /* What is decommitted and committed again is not offered. */
    CHECK_EQ(OfferVirtualMemory(memory, SIZE, VmOfferPriorityNormal), ERROR_SUCCESS);
    CHECK(VirtualFree(memory + PAGE, PAGE, MEM_DECOMMIT));
    CHECK(VirtualAlloc(memory + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) != NULL);
    CHECK(reachable(memory + PAGE));
    CHECK(!reachable(memory + 2 * PAGE));
#else
    (void)old;
    (void)reachable;
#endif
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
}

#ifdef __linux__
/* Memory gets short step by step: the ranges go in the order of their priorities, each as a whole before the next. */
static void order(void)
{
    static const OFFER_PRIORITY priorities[4] = {VmOfferPriorityBelowNormal, VmOfferPriorityVeryLow,
                                                 VmOfferPriorityNormal, VmOfferPriorityLow};
    for (unsigned goes = 0; goes <= 4; goes++) {
        char *range[4], *pressure;
        unsigned lost = 0;
        CHECK(EmptyWorkingSet(GetCurrentProcess()));
        for (unsigned i = 0; i < 4; i++)
            fill(range[i] = fresh(SIZE), SIZE);
        for (unsigned i = 0; i < 4; i++)
            CHECK_EQ(OfferVirtualMemory(range[i], SIZE, priorities[i]), ERROR_SUCCESS);
        pressure = fresh(8 * SIZE);
        fill(pressure, goes * SIZE + SIZE / 2);
        static const unsigned back[4] = {2, 0, 3, 1}; /* the highest first: meanwhile the lowest may still go */
        for (unsigned at_range = 0; at_range < 4; at_range++) {
            unsigned i = back[at_range];
            DWORD said = ReclaimVirtualMemory(range[i], SIZE);
            CHECK(said == ERROR_SUCCESS || said == ERROR_BUSY);
            if (said == ERROR_SUCCESS)
                CHECK_EQ(wrong(range[i], SIZE), 0);
            lost |= (said == ERROR_BUSY) << priorities[i];
            for (SIZE_T at = 0; said == ERROR_BUSY && at < SIZE; at += PAGE)
                CHECK(range[i][at] == 0 || wrong(range[i] + at, 0) == 0);
        }
        CHECK(lost == 0 || lost == 2 || lost == 6 || lost == 14 || lost == 30);
        if (goes == 4)
            CHECK(lost & 2);
        CHECK_EQ(wrong(pressure, goes * SIZE + SIZE / 2), 0);
        for (unsigned i = 0; i < 4; i++)
            CHECK(VirtualFree(range[i], 0, MEM_RELEASE));
        CHECK(VirtualFree(pressure, 0, MEM_RELEASE));
    }
}
#endif

int main(int argc, char **argv)
{
#ifdef __linux__
    if (argc == 1) {
        undisturbed(); /* without a budget */
        setenv("WINMEM_RAM", "12M", 1);
        execl("/proc/self/exe", argv[0], "paged", (char *)NULL);
    }
    undisturbed(); /* paging has not started */
    order();
    undisturbed();
#else
    (void)argc, (void)argv;
    undisturbed();
#endif
    return CHECK_DONE();
}
