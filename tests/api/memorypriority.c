/* Memory priority: pages of threads, processes, ranges, offers and resets with a low one leave first. */
/* test traits: no-asan (it counts pages in memory) */
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <psapi.h>

#include "check.h"
#ifdef __linux__
#include <unistd.h>
#endif

#define PAGE ((SIZE_T)4096)
#define PAGES ((SIZE_T)768)
#define SIZE (PAGES * PAGE)

static PSAPI_WORKING_SET_EX_INFORMATION entries[768];

static char *fresh(SIZE_T size)
{
    char *memory = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory != NULL);
    return memory;
}

static void fill(char *memory, SIZE_T size)
{
    for (SIZE_T i = 0; i < size / sizeof(unsigned); i += 8)
        ((volatile unsigned *)memory)[i] = (unsigned)(i * 2654435761u) | 1;
}

static unsigned wrong(char *memory, SIZE_T size)
{
    unsigned count = 0;
    for (SIZE_T i = 0; i < size / sizeof(unsigned); i += 8)
        count += ((volatile unsigned *)memory)[i] != ((unsigned)(i * 2654435761u) | 1);
    return count;
}

static SIZE_T resident(char *memory)
{
    SIZE_T count = 0;
    for (SIZE_T i = 0; i < PAGES; i++)
        entries[i].VirtualAddress = memory + i * PAGE;
    CHECK(QueryWorkingSetEx(GetCurrentProcess(), entries, sizeof entries));
    for (SIZE_T i = 0; i < PAGES; i++)
        count += entries[i].VirtualAttributes.Valid;
    return count;
}

static void set_priority(HANDLE thread, ULONG priority)
{
    MEMORY_PRIORITY_INFORMATION information = {priority}, told = {99};
    CHECK(SetThreadInformation(thread, ThreadMemoryPriority, &information, sizeof information));
    CHECK(GetThreadInformation(thread, ThreadMemoryPriority, &told, sizeof told));
    CHECK_EQ(told.MemoryPriority, priority);
}

static DWORD WINAPI filler(LPVOID memory)
{
    fill(memory, SIZE);
    return 0;
}

/* A thread with this priority, given through its handle before it runs, takes the pages in. */
static void fill_by_thread(char *memory, ULONG priority)
{
    HANDLE thread = CreateThread(NULL, 0, filler, memory, CREATE_SUSPENDED, NULL);
    REQUIRE(thread != NULL);
    set_priority(thread, priority);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_EQ(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
}

/* Enough that something must leave, and not everything need. */
static void press(void)
{
    char *memory = fresh(2 * SIZE);
    fill(memory, 2 * SIZE);
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
}

static void compare(char *low, char *high)
{
    press();
    SIZE_T left = resident(low), right = resident(high);
    CHECK(left < PAGES / 4);
    CHECK(right > PAGES / 2);
    CHECK_EQ(wrong(low, SIZE), 0);
    CHECK_EQ(wrong(high, SIZE), 0);
    CHECK(VirtualFree(low, 0, MEM_RELEASE));
    CHECK(VirtualFree(high, 0, MEM_RELEASE));
}

static void threads(void)
{
    char *low = fresh(SIZE), *high = fresh(SIZE);
    fill_by_thread(high, MEMORY_PRIORITY_NORMAL);
    fill_by_thread(low, MEMORY_PRIORITY_VERY_LOW);
    compare(low, high);

    low = fresh(SIZE), high = fresh(SIZE);
    set_priority(GetCurrentThread(), MEMORY_PRIORITY_LOW);
    fill(low, SIZE);
    set_priority(GetCurrentThread(), MEMORY_PRIORITY_NORMAL);
    fill(high, SIZE);
    compare(low, high);
}

static void process(void)
{
    char *low = fresh(SIZE), *high = fresh(SIZE);
    MEMORY_PRIORITY_INFORMATION information = {MEMORY_PRIORITY_LOW};
    fill(high, SIZE);
    CHECK(SetProcessInformation(GetCurrentProcess(), ProcessMemoryPriority, &information, sizeof information));
    HANDLE thread = CreateThread(NULL, 0, filler, low, 0, NULL);
    REQUIRE(thread != NULL && WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
    information.MemoryPriority = MEMORY_PRIORITY_NORMAL;
    CHECK(SetProcessInformation(GetCurrentProcess(), ProcessMemoryPriority, &information, sizeof information));
    compare(low, high);
}

static void offers(void)
{
    char *low = fresh(SIZE), *high = fresh(SIZE);
    fill(low, SIZE);
    fill(high, SIZE);
    CHECK_EQ(OfferVirtualMemory(high, SIZE, VmOfferPriorityNormal), ERROR_SUCCESS);
    CHECK_EQ(OfferVirtualMemory(low, SIZE, VmOfferPriorityVeryLow), ERROR_SUCCESS);
    char *memory = fresh(2 * SIZE);
    fill(memory, SIZE * 3 / 2);
    SIZE_T left = resident(low), right = resident(high);
    CHECK(left <= right);
    CHECK(left < PAGES);
    DWORD first = ReclaimVirtualMemory(low, SIZE), last = ReclaimVirtualMemory(high, SIZE);
    CHECK(first == ERROR_SUCCESS || first == ERROR_BUSY); /* dropped */
    CHECK(last == ERROR_SUCCESS || (last == ERROR_BUSY && first == ERROR_BUSY));
    CHECK(first == ERROR_BUSY || wrong(low, SIZE) == 0);
    CHECK(last == ERROR_BUSY || wrong(high, SIZE) == 0);
    CHECK_EQ(OfferVirtualMemory(low, 0, VmOfferPriorityLow), ERROR_INVALID_PARAMETER);
    CHECK_EQ(OfferVirtualMemory(low, PAGE - 1, VmOfferPriorityLow), ERROR_INVALID_PARAMETER);
    CHECK_EQ(OfferVirtualMemory(low, PAGE, (OFFER_PRIORITY)0), ERROR_INVALID_PARAMETER);
    CHECK_EQ(DiscardVirtualMemory(low, SIZE), ERROR_SUCCESS);
    CHECK_EQ(resident(low), 0);
    CHECK_EQ(low[0], 0);
    CHECK(VirtualFree(low, 0, MEM_RELEASE) && VirtualFree(high, 0, MEM_RELEASE) && VirtualFree(memory, 0, MEM_RELEASE));
}

static void resets(void)
{
    char *low = fresh(SIZE), *high = fresh(SIZE);
    fill(high, SIZE);
    fill(low, SIZE);
    CHECK(VirtualAlloc(low, SIZE, MEM_RESET, PAGE_READWRITE) == low);
    press();
    CHECK(resident(low) < PAGES / 4);
    CHECK(resident(high) > PAGES / 2);
    if (VirtualAlloc(low, SIZE, MEM_RESET_UNDO, PAGE_READWRITE)) /* only then nothing may be lost */
        CHECK_EQ(wrong(low, SIZE), 0);
    CHECK(VirtualFree(low, 0, MEM_RELEASE) && VirtualFree(high, 0, MEM_RELEASE));
}

/* What is prefetched is in memory afterwards, all of it, though nothing there compresses. */
static void prefetches(void)
{
    SIZE_T size = 8 * SIZE;
    char *memory = fresh(size);
    unsigned seed = 1;
    for (SIZE_T i = 0; i < size / sizeof(unsigned); i++)
        ((volatile unsigned *)memory)[i] = seed = seed * 1664525 + 1013904223;
    WIN32_MEMORY_RANGE_ENTRY ranges[] = {{memory + 64 * PAGE, SIZE / 2}, {memory + SIZE, 64 * PAGE}};
    CHECK(resident(memory + 64 * PAGE) < PAGES / 2);
    CHECK(PrefetchVirtualMemory(GetCurrentProcess(), 2, ranges, 0));
    CHECK(resident(memory + 64 * PAGE) >= PAGES / 2);
    seed = 1;
    unsigned bad = 0;
    for (SIZE_T i = 0; i < size / sizeof(unsigned); i++)
        bad += ((volatile unsigned *)memory)[i] != (seed = seed * 1664525 + 1013904223);
    CHECK_EQ(bad, 0);
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
}

/* Freed memory is locked no more, and costs no quota; the same address can be locked again. */
static void locks_end(void)
{
    for (unsigned i = 0; i < 600; i++) {
        char *memory = fresh(16 * PAGE);
        CHECK(VirtualLock(memory, 16 * PAGE));
        if (i % 3 == 0)
            CHECK(VirtualFree(memory + 4 * PAGE, PAGE, MEM_DECOMMIT));
        if (i % 3 == 1)
            CHECK(VirtualUnlock(memory, 8 * PAGE));
        CHECK(VirtualFree(memory, 0, MEM_RELEASE));
    }
    char *memory = fresh(16 * PAGE);
    SetLastError(0);
    CHECK(!VirtualUnlock(memory, PAGE));
    CHECK_EQ(GetLastError(), ERROR_NOT_LOCKED);
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
}

/* A budget that is far from exceeded: what is asked to leave leaves all the same. */
static void leaves_at_once(void)
{
    char *memory = fresh(SIZE);
    fill(memory, SIZE);
    CHECK_EQ(resident(memory), PAGES);
    SetLastError(0);
    CHECK(!VirtualUnlock(memory, SIZE / 2));
    CHECK_EQ(GetLastError(), ERROR_NOT_LOCKED);
    CHECK_EQ(resident(memory), PAGES / 2);
    CHECK(EmptyWorkingSet(GetCurrentProcess()));
    CHECK_EQ(resident(memory), 0);
    CHECK_EQ(wrong(memory, SIZE), 0);
    CHECK_EQ(resident(memory), PAGES);
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
}

int main(int argc, char **argv)
{
#ifdef __linux__
    if (argc < 2) { /* options are read from the environment at the start */
        setenv("WINMEM_RAM", "10M", 1);
        char again[] = "again", *const arguments[] = {argv[0], again, NULL};
        execv("/proc/self/exe", arguments);
        return 1;
    }
    locks_end();
    offers();
    leaves_at_once(); /* paging runs from here on */
    threads();
    process();
    offers();
    resets();
    prefetches();
    locks_end();
#else
    (void)argc, (void)argv, (void)compare, (void)threads, (void)process, (void)resets, (void)leaves_at_once,
        (void)prefetches;
    offers();
#endif
    return CHECK_DONE();
}
