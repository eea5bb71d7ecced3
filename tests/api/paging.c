/* paging.c: a Windows program under a budget: nothing is lost, locks and trims and statistics tell the truth. */
/* test traits: protection */
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <psapi.h>

#include "check.h"
#ifdef __linux__
#include <unistd.h>
#include <winmem.h>
#endif

#define PAGE 4096u
#define PAGES 4096u

static volatile unsigned char *memory;

static void fill(void)
{
    for (unsigned i = 0; i < PAGES; i++) {
        for (unsigned at = 0; at < PAGE; at += 64)
            *(volatile unsigned *)(memory + (size_t)i * PAGE + at) = i * 31 + at;
    }
}

static unsigned wrong_pages(void)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < PAGES; i++) {
        for (unsigned at = 0; at < PAGE; at += 64) {
            if (*(volatile unsigned *)(memory + (size_t)i * PAGE + at) != i * 31 + at) {
                wrong++;
                break;
            }
        }
    }
    return wrong;
}

static BOOL in_working_set(volatile void *address)
{
    PSAPI_WORKING_SET_EX_INFORMATION information = {.VirtualAddress = (PVOID)address};
    CHECK(QueryWorkingSetEx(GetCurrentProcess(), &information, sizeof(information)));
    return information.VirtualAttributes.Valid;
}

static void locks(void)
{
    SetLastError(0);
    CHECK(!VirtualUnlock((void *)memory, PAGE));
    CHECK_EQ(GetLastError(), ERROR_NOT_LOCKED);
    CHECK(!in_working_set(memory));
    CHECK_EQ(*(volatile unsigned *)memory, 0);
    CHECK(in_working_set(memory));
    CHECK(VirtualLock((void *)memory, 4 * PAGE));
    CHECK(EmptyWorkingSet(GetCurrentProcess()));
    CHECK(in_working_set(memory));
    CHECK(in_working_set(memory + 3 * PAGE));
    CHECK(!in_working_set(memory + 4 * PAGE));
    CHECK(VirtualUnlock((void *)(memory + PAGE), PAGE));
    CHECK(!VirtualUnlock((void *)memory, 4 * PAGE));
    CHECK_EQ(GetLastError(), ERROR_NOT_LOCKED);
    CHECK(VirtualUnlock((void *)memory, PAGE));
    CHECK(VirtualUnlock((void *)(memory + 2 * PAGE), 2 * PAGE));
    CHECK(!VirtualLock((void *)memory, (size_t)PAGES * PAGE));
    CHECK_EQ(GetLastError(), ERROR_WORKING_SET_QUOTA);
    CHECK(!VirtualLock((void *)memory, 0));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

/* Code is patched where it lies, in memory or not. */
static void patched(void)
{
    SIZE_T written = 0;
    DWORD old;
    unsigned char *code = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), bytes[2 * PAGE];
    REQUIRE(code != NULL);
    memset(code, 0x11, 4 * PAGE);
    memset(bytes, 0x22, sizeof(bytes));
    CHECK(VirtualProtect(code, 4 * PAGE, PAGE_EXECUTE_READ, &old));
    CHECK(EmptyWorkingSet(GetCurrentProcess()));
    CHECK(!in_working_set(code + PAGE));
    CHECK(WriteProcessMemory(GetCurrentProcess(), code + PAGE / 2, bytes, 2 * PAGE, &written));
    CHECK_EQ(written, 2 * PAGE);
    CHECK(EmptyWorkingSet(GetCurrentProcess()));
    for (unsigned i = 0; i < 4 * PAGE; i++) {
        if (code[i] != (i >= PAGE / 2 && i < PAGE / 2 * 5 ? 0x22 : 0x11)) {
            CHECK_EQ(i, 4 * PAGE);
            break;
        }
    }
    CHECK(VirtualFree(code, 0, MEM_RELEASE));
}

static void offers(void)
{
    for (unsigned i = 0; i < 16; i++) /* what is out of memory when it is offered is dropped */
        (void)memory[i * PAGE];
    CHECK_EQ(OfferVirtualMemory((void *)memory, 16 * PAGE, VmOfferPriorityVeryLow), ERROR_SUCCESS);
    CHECK_EQ(ReclaimVirtualMemory((void *)memory, 16 * PAGE), ERROR_SUCCESS);
    CHECK_EQ(OfferVirtualMemory((void *)(memory + 1), PAGE, VmOfferPriorityLow), ERROR_INVALID_PARAMETER);
    CHECK_EQ(OfferVirtualMemory((void *)memory, PAGE, (OFFER_PRIORITY)9), ERROR_INVALID_PARAMETER);
    WIN32_MEMORY_RANGE_ENTRY range = {(void *)(memory + 64 * PAGE), 64 * PAGE};
    CHECK(EmptyWorkingSet(GetCurrentProcess()));
    CHECK(!in_working_set(memory + 64 * PAGE));
    CHECK(PrefetchVirtualMemory(GetCurrentProcess(), 1, &range, 0));
    CHECK(in_working_set(memory + 64 * PAGE));
    CHECK(!PrefetchVirtualMemory(GetCurrentProcess(), 1, &range, 1));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

#ifdef __linux__
static void own_interface(void)
{
    struct winmem_statistics s = {.size = sizeof(s)};
    struct winmem_translation t = {.size = sizeof(t)};
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK(s.paging);
    CHECK_EQ(s.budget, 2048);
    CHECK_EQ(s.active + s.modified + s.standby + s.tables + s.zeroed, s.budget);
    CHECK_EQ(s.over_budget, 0);
    CHECK(s.evicted > 0 && s.soft_faults + s.hard_faults > 0);
    CHECK(EmptyWorkingSet(GetCurrentProcess()));
    CHECK_EQ(winmem_translate((void *)(memory + 5), &t), 0);
    CHECK(t.state == WINMEM_STORED || t.state == WINMEM_PAGED_OUT);
    CHECK_EQ(t.offset, 5);
    (void)memory[5];
    CHECK_EQ(winmem_translate((void *)(memory + 5), &t), 0);
    CHECK_EQ(t.state, WINMEM_VALID);
    CHECK_EQ(((uint64_t)t.pml4 << 39 | (uint64_t)t.pdpt << 30 | (uint64_t)t.pd << 21 | (uint64_t)t.pt << 12 | t.offset),
             (uintptr_t)(memory + 5));
    CHECK_EQ(winmem_set_ram(6 << 20), 0);
    CHECK_EQ(wrong_pages(), 0);
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK_EQ(s.budget, 1536);
    CHECK_EQ(s.over_budget, 0);
}
#else
static void own_interface(void)
{
}
#endif

/* Options are read from the environment at the start: sets them and begins again. */
static void start_over(int argc, char **argv)
{
#ifdef __linux__
    if (argc < 2) {
        setenv("WINMEM_RAM", "8M", 1);
        setenv("WINMEM_PAGEFILE", "64M", 1);
        char again[] = "again";
        char *const arguments[] = {argv[0], again, NULL};
        execv("/proc/self/exe", arguments);
        exit(1);
    }
#else
    (void)argc;
    (void)argv;
#endif
}

int main(int argc, char **argv)
{
    start_over(argc, argv);
    memory = VirtualAlloc(NULL, (size_t)PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory != NULL);
    fill();
    CHECK_EQ(wrong_pages(), 0);
    SetLastError(0);
#ifdef __linux__
    CHECK(VirtualAlloc(NULL, (size_t)72 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == NULL);
    CHECK(GetLastError() == ERROR_COMMITMENT_LIMIT || GetLastError() == ERROR_NOT_ENOUGH_MEMORY);
#endif
    locks();
    patched();
    offers();
    own_interface();
    CHECK_EQ(wrong_pages(), 0);
    return CHECK_DONE();
}
