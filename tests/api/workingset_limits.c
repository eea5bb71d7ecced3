/* Limits of the working set: errors, rounding, hard maximum and minimum that hold, with and without a budget. */
/* test traits: protection no-asan (it measures the working set) */
#include <stdlib.h>
#include <windows.h>
#include <psapi.h>

#include "check.h"
#ifdef __linux__
#include <unistd.h>
#endif

#define PAGE 4096u
#define MIB ((SIZE_T)1 << 20)
#define SLACK MIB /* what is not paged, and how exactly the kernel counts */
#define HARD_MAX QUOTA_LIMITS_HARDWS_MAX_ENABLE
#define HARD_MIN QUOTA_LIMITS_HARDWS_MIN_ENABLE

static HANDLE self;
static volatile unsigned *memory;
static const SIZE_T memory_size = 48 << 20;
static PSAPI_WORKING_SET_EX_INFORMATION pages[(48 << 20) / PAGE];

static SIZE_T resident_pages(void)
{
    SIZE_T count = 0, all = memory_size / PAGE;
    for (SIZE_T i = 0; i < all; i++)
        pages[i].VirtualAddress = (char *)memory + i * PAGE;
    CHECK(QueryWorkingSetEx(self, pages, sizeof pages));
    for (SIZE_T i = 0; i < all; i++)
        count += pages[i].VirtualAttributes.Valid;
    return count;
}

static SIZE_T working_set(void)
{
    PROCESS_MEMORY_COUNTERS counters;
    CHECK(GetProcessMemoryInfo(self, &counters, sizeof counters));
    CHECK(counters.PeakWorkingSetSize >= counters.WorkingSetSize);
    return counters.WorkingSetSize;
}

static void fill(void)
{
    for (SIZE_T i = 0; i < memory_size / sizeof *memory; i += 4)
        memory[i] = (unsigned)i * 2654435761u;
}

static unsigned wrong(void)
{
    unsigned count = 0;
    for (SIZE_T i = 0; i < memory_size / sizeof *memory; i += 4)
        count += memory[i] != (unsigned)i * 2654435761u;
    return count;
}

static void refused(SIZE_T low, SIZE_T high, DWORD flags, DWORD code)
{
    SIZE_T low0, high0, low1, high1;
    DWORD flags0, flags1;
    CHECK(GetProcessWorkingSetSizeEx(self, &low0, &high0, &flags0));
    SetLastError(0);
    CHECK(!SetProcessWorkingSetSizeEx(self, low, high, flags));
    CHECK_EQ(GetLastError(), code);
    CHECK(GetProcessWorkingSetSizeEx(self, &low1, &high1, &flags1));
    CHECK(low0 == low1 && high0 == high1 && flags0 == flags1);
}

static void arguments(void)
{
    SIZE_T low, high;
    DWORD flags;
    refused(0, MIB, 0, ERROR_INVALID_PARAMETER);
    refused(MIB, 0, 0, ERROR_INVALID_PARAMETER);
    refused(2 * MIB, MIB, 0, ERROR_INVALID_PARAMETER);
    refused(PAGE, 12 * PAGE, 0, ERROR_INVALID_PARAMETER);
    refused(MIB, 2 * MIB, 0x10, ERROR_INVALID_PARAMETER);
    refused(MIB, 2 * MIB, HARD_MAX | QUOTA_LIMITS_HARDWS_MAX_DISABLE, ERROR_INVALID_PARAMETER);
    refused((SIZE_T)1 << 46, (SIZE_T)1 << 46, 0, ERROR_NO_SYSTEM_RESOURCES);
    CHECK(SetProcessWorkingSetSize(self, 1, 64 * PAGE + 1));
    CHECK(GetProcessWorkingSetSizeEx(self, &low, &high, &flags));
    CHECK(low == 20 * PAGE && high == 64 * PAGE);
    CHECK_EQ(flags, QUOTA_LIMITS_HARDWS_MIN_DISABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE);
    CHECK(!SetProcessWorkingSetSize(NULL, MIB, 2 * MIB));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static void hard_maximum(void)
{
    SIZE_T low, high;
    DWORD flags;
    CHECK(SetProcessWorkingSetSizeEx(self, MIB, 16 * MIB, HARD_MAX));
    CHECK(GetProcessWorkingSetSizeEx(self, &low, &high, &flags));
    CHECK_EQ(flags, QUOTA_LIMITS_HARDWS_MIN_DISABLE | HARD_MAX);
    fill();
    CHECK(resident_pages() <= 16 * MIB / PAGE);
    CHECK(working_set() <= 16 * MIB + SLACK);
    CHECK_EQ(wrong(), 0);
    CHECK(resident_pages() <= 16 * MIB / PAGE && resident_pages() > 4 * MIB / PAGE);
    CHECK(SetProcessWorkingSetSizeEx(self, MIB, 12 * MIB, 0)); /* still hard */
    CHECK(working_set() <= 12 * MIB + SLACK);
    CHECK_EQ(wrong(), 0);
    CHECK(working_set() <= 12 * MIB + SLACK);
    CHECK(SetProcessWorkingSetSizeEx(self, MIB, 12 * MIB, QUOTA_LIMITS_HARDWS_MAX_DISABLE));
}

static void locks(void)
{
    CHECK(SetProcessWorkingSetSize(self, 2 * MIB, 8 * MIB));
    CHECK(VirtualLock((void *)memory, MIB));
    CHECK(!VirtualLock((char *)memory + MIB, MIB));
    CHECK_EQ(GetLastError(), ERROR_WORKING_SET_QUOTA);
    CHECK(VirtualLock((char *)memory + MIB, MIB - 8 * PAGE));
    CHECK(VirtualLock((char *)memory, 2 * MIB - 8 * PAGE)); /* again costs nothing */
    CHECK(VirtualUnlock((void *)memory, 2 * MIB - 8 * PAGE));
    CHECK(!VirtualUnlock((void *)memory, PAGE));
    CHECK_EQ(GetLastError(), ERROR_NOT_LOCKED);
    CHECK(!VirtualLock((void *)memory, 0));
    CHECK(!VirtualLock(NULL, PAGE));
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
}

/* A lock touches the pages: it spends guards, and says so; the next one works. */
static void guards(void)
{
    DWORD old;
    char *page = VirtualAlloc(NULL, 3 * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY | PAGE_GUARD);
    REQUIRE(page != NULL);
    SetLastError(0);
    CHECK(!VirtualLock(page, PAGE));
    CHECK_EQ(GetLastError(), 0x80000001);
    CHECK(VirtualLock(page, PAGE));
    CHECK(!VirtualLock(page, 3 * PAGE));
    CHECK_EQ(GetLastError(), 0x80000001);
    CHECK(!VirtualLock(page, 3 * PAGE));
    CHECK_EQ(GetLastError(), 0x80000001);
    CHECK(VirtualLock(page, 3 * PAGE));
    CHECK(VirtualProtect(page + PAGE, PAGE, PAGE_NOACCESS, &old));
    CHECK(!VirtualLock(page, 3 * PAGE));
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
    CHECK(VirtualFree(page, 0, MEM_RELEASE));
}

#ifdef __linux__
static void hard_minimum(void)
{
    CHECK(SetProcessWorkingSetSizeEx(self, 24 * MIB, 30 * MIB, HARD_MIN));
    fill();
    CHECK_EQ(wrong(), 0);
    CHECK(working_set() >= 24 * MIB - SLACK);
    CHECK(SetProcessWorkingSetSizeEx(self, MIB, 30 * MIB, QUOTA_LIMITS_HARDWS_MIN_DISABLE));
    fill();
    CHECK_EQ(wrong(), 0);
}
#endif

int main(int argc, char **argv)
{
    self = GetCurrentProcess();
    memory = VirtualAlloc(NULL, memory_size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory != NULL);
    arguments();
    hard_maximum();
    CHECK_EQ(wrong(), 0);
#ifdef __linux__
    if (argc < 2)
        CHECK(resident_pages() == memory_size / PAGE);
    else
        hard_minimum();
#endif
    locks();
    guards();
    int failures = CHECK_DONE();
#ifdef __linux__
    if (argc < 2 && !failures) { /* the same under a budget */
        setenv("WINMEM_RAM", "32M", 1);
        char again[] = "again", *const parts[] = {argv[0], again, NULL};
        execv("/proc/self/exe", parts);
        return 1;
    }
#else
    (void)argc, (void)argv;
#endif
    return failures;
}
