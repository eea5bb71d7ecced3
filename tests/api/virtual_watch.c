/* Write watch, locking, advice, copies and pointer checks: results and refusals. */
#include <windows.h>
#include <ntstatus.h>
#include <winternl.h>

#include "check.h"

#include <string.h>

#define FAILS(call, code)                                                                                              \
    do {                                                                                                               \
        SetLastError(0xdead);                                                                                          \
        CHECK(!(call));                                                                                                \
        CHECK_EQ(GetLastError(), code);                                                                                \
    } while (0)
#define PAGE 4096

static ULONG_PTR watched(char *base, SIZE_T size, DWORD flags, PVOID *pages, ULONG_PTR room)
{
    ULONG_PTR count = room;
    DWORD granularity = 0;
    CHECK_EQ(GetWriteWatch(flags, base, size, pages, &count, &granularity), 0);
    CHECK_EQ(granularity, PAGE);
    return count;
}

static void write_watch(void)
{
    PVOID pages[64];
    ULONG_PTR count = 64;
    DWORD granularity, old;
    char *p = VirtualAlloc(NULL, 64 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    REQUIRE(p);
    CHECK_EQ(watched(p, 64 * PAGE, 0, pages, 64), 0);
    volatile char sink = p[5 * PAGE]; /* a read is no write */
    (void)sink;
    CHECK_EQ(watched(p, 64 * PAGE, 0, pages, 64), 0);
    p[9 * PAGE] = 1;
    p[2 * PAGE] = 1;
    memset(p + 20 * PAGE - 1, 3, 2); /* straddles two pages */
    REQUIRE(watched(p, 64 * PAGE, 0, pages, 64) == 4);
    CHECK(pages[0] == p + 2 * PAGE && pages[1] == p + 9 * PAGE && pages[2] == p + 19 * PAGE &&
          pages[3] == p + 20 * PAGE);
    REQUIRE(watched(p, 64 * PAGE, WRITE_WATCH_FLAG_RESET, pages, 2) == 2);
    REQUIRE(watched(p, 64 * PAGE, 0, pages, 64) == 2);
    CHECK(pages[0] == p + 19 * PAGE);
    CHECK_EQ(ResetWriteWatch(p, 64 * PAGE), 0);
    CHECK_EQ(watched(p, 64 * PAGE, 0, pages, 64), 0);
    p[5 * PAGE] = 1;
    p[2 * PAGE] = 2;
    CHECK_EQ(watched(p, 64 * PAGE, 0, pages, 64), 2);
    CHECK(VirtualProtect(p, 64 * PAGE, PAGE_READONLY, &old) && VirtualProtect(p, 64 * PAGE, PAGE_READWRITE, &old));
    CHECK_EQ(watched(p, 64 * PAGE, 0, pages, 64), 2);
    CHECK(VirtualFree(p + 2 * PAGE, PAGE, MEM_DECOMMIT));
    CHECK(VirtualAlloc(p + 2 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE) == p + 2 * PAGE);
    CHECK_EQ(watched(p, 64 * PAGE, 0, pages, 64), 2); /* written since the last reset all the same */
    CHECK_EQ(ResetWriteWatch(p, 64 * PAGE), 0);
    CHECK_EQ(watched(p, 64 * PAGE, 0, pages, 64), 0);
    p[2 * PAGE] = 2;
    CHECK_EQ(watched(p, 64 * PAGE, 0, pages, 64), 1);
    CHECK(GetWriteWatch(2, p, PAGE, pages, &count, &granularity) != 0);
    FAILS(GetWriteWatch(0, p, 65 * PAGE, pages, &count, &granularity) == 0, ERROR_INVALID_PARAMETER);
    FAILS(GetWriteWatch(0, p, 0, pages, &count, &granularity) == 0, ERROR_INVALID_PARAMETER);
    FAILS(GetWriteWatch(0, p, PAGE, pages, NULL, &granularity) == 0, ERROR_NOACCESS);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    char *plain = VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE);
    FAILS(GetWriteWatch(0, plain, PAGE, pages, &count, &granularity) == 0, ERROR_INVALID_PARAMETER);
    FAILS(ResetWriteWatch(plain, PAGE) == 0, ERROR_INVALID_PARAMETER);
    CHECK(VirtualFree(plain, 0, MEM_RELEASE));
}

static void write_to(char *p, const int *at, int count)
{
    for (int i = 0; i < count; i++)
        p[at[i] * PAGE] = 1;
}

/* "written to since the region was allocated or the write-track state was reset": whatever else becomes of them. */
static void written_and_lost(void)
{
    static const int at[] = {1, 2, 5, 62, 63, 64, 65, 130, 199};
    enum { COUNT = sizeof at / sizeof *at, ALL = 200 };
    PVOID pages[ALL];
    DWORD old;
    char *p = VirtualAlloc(NULL, ALL * PAGE, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE);
    REQUIRE(p && VirtualAlloc(p, ALL * PAGE, MEM_COMMIT, PAGE_READWRITE));
    write_to(p, at, COUNT);
    CHECK(VirtualFree(p, ALL * PAGE, MEM_DECOMMIT)); /* reserved pages count too */
    REQUIRE(watched(p, ALL * PAGE, 0, pages, ALL) == COUNT);
    for (int i = 0; i < COUNT; i++)
        CHECK(pages[i] == p + at[i] * PAGE);
    REQUIRE(VirtualAlloc(p, ALL * PAGE, MEM_COMMIT, PAGE_READWRITE));
    p[PAGE] = p[3 * PAGE] = 1; /* one more; one again */
    REQUIRE(watched(p, ALL * PAGE, WRITE_WATCH_FLAG_RESET, pages, 4) == 4);
    CHECK(pages[0] == p + PAGE && pages[1] == p + 2 * PAGE && pages[2] == p + 3 * PAGE && pages[3] == p + 5 * PAGE);
    REQUIRE(watched(p, 64 * PAGE, WRITE_WATCH_FLAG_RESET, pages, ALL) == 2);
    CHECK(pages[0] == p + 62 * PAGE && pages[1] == p + 63 * PAGE);
    REQUIRE(watched(p, ALL * PAGE, 0, pages, 1) == 1);
    CHECK(pages[0] == p + 64 * PAGE);
    CHECK_EQ(ResetWriteWatch(p + 64 * PAGE, PAGE), 0);
    CHECK_EQ(watched(p, ALL * PAGE, WRITE_WATCH_FLAG_RESET, pages, ALL), 3);
    CHECK_EQ(watched(p, ALL * PAGE, 0, pages, ALL), 0);
    write_to(p, at, COUNT);
    CHECK_EQ(DiscardVirtualMemory(p, 64 * PAGE), ERROR_SUCCESS);
    CHECK(VirtualAlloc(p + 64 * PAGE, 2 * PAGE, MEM_RESET, PAGE_READWRITE) == p + 64 * PAGE);
    CHECK(VirtualProtect(p + 130 * PAGE, PAGE, PAGE_NOACCESS, &old));
    CHECK_EQ(watched(p, ALL * PAGE, WRITE_WATCH_FLAG_RESET, pages, ALL), COUNT);
    volatile char sink = p[5 * PAGE]; /* it is no news that the discarded page comes back */
    (void)sink;
    CHECK_EQ(watched(p, ALL * PAGE, 0, pages, ALL), 0);
    CHECK_EQ(DiscardVirtualMemory(p, 64 * PAGE), ERROR_SUCCESS);
    sink = p[6 * PAGE];
    CHECK(VirtualLock(p, 2 * PAGE)); /* they are in memory now, not written */
    CHECK_EQ(watched(p, ALL * PAGE, 0, pages, ALL), 0);
    p[PAGE] = 1;
    CHECK_EQ(watched(p, ALL * PAGE, 0, pages, ALL), 1);
    CHECK(VirtualUnlock(p, 2 * PAGE));
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    char *next = VirtualAlloc(p, ALL * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    CHECK(next == p && watched(next, ALL * PAGE, 0, pages, ALL) == 0); /* another region */
    CHECK(VirtualFree(next, 0, MEM_RELEASE));
}

/* A part is released by the Nt call; what is left are two regions with their pages' marks. */
static void written_and_split(void)
{
    PVOID pages[64];
    char *p = VirtualAlloc(NULL, 64 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    REQUIRE(p);
    p[PAGE] = p[20 * PAGE] = p[50 * PAGE] = 1;
    CHECK(VirtualFree(p, 64 * PAGE, MEM_DECOMMIT));
    PVOID middle = p + 16 * PAGE;
    SIZE_T size = 16 * PAGE;
    CHECK_EQ(NtFreeVirtualMemory(NtCurrentProcess(), &middle, &size, MEM_RELEASE), STATUS_SUCCESS);
    REQUIRE(watched(p, 16 * PAGE, 0, pages, 64) == 1);
    CHECK(pages[0] == p + PAGE);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    REQUIRE(watched(p + 32 * PAGE, 32 * PAGE, WRITE_WATCH_FLAG_RESET, pages, 64) == 1);
    CHECK(pages[0] == p + 50 * PAGE);
    CHECK_EQ(watched(p + 32 * PAGE, 32 * PAGE, 0, pages, 64), 0);
    CHECK(VirtualFree(p + 32 * PAGE, 0, MEM_RELEASE));
}

/* Who writes through the system writes. */
static void written_by_calls(void)
{
    PVOID pages[16];
    DWORD got, old;
    SIZE_T count;
    char *p = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    REQUIRE(p);
    CHECK(ReadProcessMemory(GetCurrentProcess(), "x", p, 1, &count));
    CHECK(WriteProcessMemory(GetCurrentProcess(), p + 2 * PAGE, "x", 1, &count));
    CHECK(VirtualProtect(p + 3 * PAGE, PAGE, PAGE_EXECUTE_READ, &old));
    CHECK(WriteProcessMemory(GetCurrentProcess(), p + 3 * PAGE, "x", 1, &count));
    REQUIRE(watched(p, 16 * PAGE, WRITE_WATCH_FLAG_RESET, pages, 16) == 3);
    CHECK(pages[0] == p && pages[1] == p + 2 * PAGE && pages[2] == p + 3 * PAGE);
    HANDLE file = CreateFileA("virtual_watch.data", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, p + 8 * PAGE, 3, &got, NULL)); /* reads the memory */
    CHECK_EQ(watched(p, 16 * PAGE, 0, pages, 16), 0);
    CHECK(VirtualFree(p + 5 * PAGE, PAGE, MEM_DECOMMIT) &&
          VirtualAlloc(p + 5 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE));
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    CHECK(ReadFile(file, p + 5 * PAGE, 2 * PAGE, &got, NULL) && got == 3); /* the whole buffer counts */
    CHECK_EQ(watched(p, 16 * PAGE, 0, pages, 16), 2);
    CloseHandle(file);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

/* More separate pages than are fetched at a time; then fewer places than there are pages. */
static void many_written(void)
{
    enum { MANY = 10000 };
    static PVOID pages[MANY];
    char *p = VirtualAlloc(NULL, 2ull * MANY * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    REQUIRE(p);
    for (size_t i = 0; i < MANY; i++)
        p[2 * i * PAGE] = 1;
    REQUIRE(watched(p, 2ull * MANY * PAGE, 0, pages, MANY) == MANY);
    for (size_t i = 0; i < MANY; i++)
        REQUIRE(pages[i] == p + 2 * i * PAGE);
    REQUIRE(watched(p, 2ull * MANY * PAGE, WRITE_WATCH_FLAG_RESET, pages, MANY - 1000) == MANY - 1000);
    REQUIRE(watched(p, 2ull * MANY * PAGE, 0, pages, MANY) == 1000);
    CHECK(pages[0] == p + 2ull * (MANY - 1000) * PAGE);
    for (size_t i = 0; i < MANY; i++)
        p[2 * i * PAGE] = 1;
    CHECK(VirtualFree(p, MANY * PAGE, MEM_DECOMMIT)); /* the lower half's marks are kept elsewhere */
    REQUIRE(watched(p, 2ull * MANY * PAGE, WRITE_WATCH_FLAG_RESET, pages, MANY - 1000) == MANY - 1000);
    for (size_t i = 0; i < MANY - 1000; i++)
        REQUIRE(pages[i] == p + 2 * i * PAGE);
    REQUIRE(watched(p, 2ull * MANY * PAGE, 0, pages, MANY) == 1000);
    CHECK(pages[0] == p + 2ull * (MANY - 1000) * PAGE);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

static void locking(void)
{
    char *p = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(VirtualAlloc(p, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE));
    p[0] = 5;
    FAILS(VirtualUnlock(p, PAGE), ERROR_NOT_LOCKED);
    CHECK_EQ(p[0], 5);
    CHECK(VirtualLock(p, 2 * PAGE));
    CHECK(VirtualLock(p, 2 * PAGE));
    CHECK(VirtualUnlock(p + PAGE, 1));
    FAILS(VirtualUnlock(p, 2 * PAGE), ERROR_NOT_LOCKED);
    CHECK(VirtualUnlock(p, PAGE));
    FAILS(VirtualLock(p, 9 * PAGE), ERROR_NOACCESS);
    FAILS(VirtualLock(p, 0), ERROR_INVALID_PARAMETER);
    REQUIRE(VirtualAlloc(p, 1 << 20, MEM_COMMIT, PAGE_READWRITE));
    FAILS(VirtualLock(p, 1 << 20), ERROR_WORKING_SET_QUOTA);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

static void advice(void)
{
    char *p = VirtualAlloc(NULL, 16 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    memset(p, 9, 16 * PAGE);
    CHECK_EQ(DiscardVirtualMemory(p + 1, PAGE), ERROR_INVALID_PARAMETER);
    CHECK_EQ(DiscardVirtualMemory(p, PAGE), ERROR_SUCCESS);
    CHECK(p[0] == 0 && p[PAGE] == 9);
    CHECK_EQ(OfferVirtualMemory(p, 16 * PAGE, VmOfferPriorityLow), ERROR_SUCCESS);
    CHECK_EQ(ReclaimVirtualMemory(p, 16 * PAGE), ERROR_SUCCESS);
    CHECK_EQ(p[PAGE], 9);
    CHECK_EQ(OfferVirtualMemory(p, 16 * PAGE, (OFFER_PRIORITY)7), ERROR_INVALID_PARAMETER);
    WIN32_MEMORY_RANGE_ENTRY range = {p, 16 * PAGE};
    CHECK(PrefetchVirtualMemory(GetCurrentProcess(), 1, &range, 0));
    FAILS(PrefetchVirtualMemory(GetCurrentProcess(), 0, &range, 0), ERROR_INVALID_PARAMETER);
    FAILS(PrefetchVirtualMemory(GetCurrentProcess(), 1, &range, 1), ERROR_INVALID_PARAMETER);
    CHECK(VirtualAlloc(p, PAGE, MEM_RESET, PAGE_READWRITE) == p);
    CHECK(VirtualAlloc(p, PAGE, MEM_RESET_UNDO, PAGE_READWRITE) == p);
    FAILS(VirtualAlloc(p, PAGE, MEM_RESET | MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(p, PAGE, MEM_RESET, 0), ERROR_INVALID_PARAMETER);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    CHECK(GetLargePageMinimum() == 0 || GetLargePageMinimum() >= 0x200000);
    CHECK(FlushInstructionCache(GetCurrentProcess(), NULL, 0));
    CHECK_EQ(GetSystemDEPPolicy(), DEPPolicyAlwaysOn);
}

static void copies(void)
{
    char buffer[3 * PAGE];
    SIZE_T count = 77;
    DWORD old;
    char *p = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(VirtualAlloc(p, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE));
    memset(p, 'a', 2 * PAGE);
    CHECK(ReadProcessMemory(GetCurrentProcess(), p + 10, buffer, PAGE, &count));
    CHECK(count == PAGE && buffer[0] == 'a');
    FAILS(ReadProcessMemory(GetCurrentProcess(), p, buffer, 3 * PAGE, &count), ERROR_PARTIAL_COPY);
    CHECK_EQ(count, 2 * PAGE);
    CHECK(WriteProcessMemory(GetCurrentProcess(), p, "xyz", 3, &count));
    CHECK(p[0] == 'x' && p[3] == 'a');
    CHECK(VirtualProtect(p, PAGE, PAGE_READONLY, &old));
    FAILS(WriteProcessMemory(GetCurrentProcess(), p, "123", 3, &count), ERROR_NOACCESS);
    CHECK(VirtualProtect(p, PAGE, PAGE_EXECUTE_READ, &old));
    CHECK(WriteProcessMemory(GetCurrentProcess(), p, "123", 3, &count));
    CHECK(p[0] == '1' && count == 3);
    CHECK(!IsBadReadPtr(p, 2 * PAGE) && IsBadReadPtr(p, 2 * PAGE + 1) && !IsBadReadPtr(NULL, 0) &&
          IsBadReadPtr(NULL, 1));
    CHECK(IsBadWritePtr(p, 1) && !IsBadWritePtr(p + PAGE, PAGE) && IsBadWritePtr(p + PAGE, PAGE + 1));
    CHECK(IsBadStringPtrA(p + PAGE, 3 * PAGE) && !IsBadStringPtrA(p + PAGE, 10));
    p[2 * PAGE - 1] = 0;
    CHECK(!IsBadStringPtrA(p + PAGE, 3 * PAGE));
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

static void regions(void)
{
    WIN32_MEMORY_REGION_INFORMATION info;
    SIZE_T got = 0;
    char *p = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_READONLY);
    REQUIRE(VirtualAlloc(p + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE));
    REQUIRE(
        QueryVirtualMemoryInformation(GetCurrentProcess(), p + 2 * PAGE, MemoryRegionInfo, &info, sizeof(info), &got));
    CHECK(info.AllocationBase == p && info.RegionSize == 4 * PAGE && info.CommitSize == PAGE && info.Private);
    CHECK_EQ(info.AllocationProtect, PAGE_READONLY);
    CHECK_EQ(got, sizeof(info));
    FAILS(QueryVirtualMemoryInformation(GetCurrentProcess(), p, MemoryRegionInfo, &info, 8, &got), ERROR_BAD_LENGTH);
    char nt[64];
    CHECK_EQ(NtQueryVirtualMemory(NtCurrentProcess(), p, MemoryRegionInformation, nt, 16, NULL),
             (NTSTATUS)STATUS_INFO_LENGTH_MISMATCH);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    REQUIRE(QueryVirtualMemoryInformation(GetCurrentProcess(), (void *)(ULONG_PTR)regions, MemoryRegionInfo, &info,
                                          sizeof(info), NULL));
    CHECK(info.MappedImage && info.RegionSize > PAGE);
}

int main(void)
{
    write_watch();
    written_and_lost();
    written_and_split();
    written_by_calls();
    many_written();
    locking();
    advice();
    copies();
    regions();
    return CHECK_DONE();
}
