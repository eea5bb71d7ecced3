/* conform_advice.c: calls that say how memory is used: write watch, locks, offers, prefetching, reset. Which error, in
 * which order of checks, and what is left alone. */
#include "conform.h"

#include <string.h>

#define PAGE 0x1000
#define KERNEL AT(0xffff800000000000ull)

static void write_watch(void)
{
    PVOID pages[64];
    ULONG_PTR count = 64;
    ULONG granularity = 0;
    char *p = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    REQUIRE(p);
    STATUS(NtGetWriteWatch(SELF, 2, p, PAGE, pages, &count, &granularity), STATUS_INVALID_PARAMETER_2);
    STATUS(NtGetWriteWatch(SELF, 0, KERNEL, PAGE, pages, &count, &granularity), STATUS_INVALID_PARAMETER_2);
    STATUS(NtGetWriteWatch(SELF, 0, p, (SIZE_T)-1, pages, &count, &granularity), STATUS_INVALID_PARAMETER_3);
    STATUS(NtGetWriteWatch(SELF, 0, p, PAGE, NULL, &count, &granularity), STATUS_ACCESS_VIOLATION);
    STATUS(NtGetWriteWatch(SELF, 0, p, PAGE, pages, NULL, &granularity), STATUS_ACCESS_VIOLATION);
    STATUS(NtGetWriteWatch(SELF, 0, p, PAGE, pages, &count, NULL), STATUS_ACCESS_VIOLATION);
    STATUS(NtGetWriteWatch(NOBODY, 0, p, PAGE, pages, &count, &granularity), STATUS_INVALID_HANDLE);
    STATUS(NtResetWriteWatch(NOBODY, p, PAGE), STATUS_INVALID_HANDLE);
    STATUS(NtResetWriteWatch(SELF, KERNEL, PAGE), STATUS_INVALID_PARAMETER_2);
    STATUS(NtResetWriteWatch(SELF, p, (SIZE_T)-1), STATUS_INVALID_PARAMETER_3);
    STATUS(NtResetWriteWatch(SELF, p, 17 * PAGE), STATUS_INVALID_PARAMETER_1);
    CHECK(count == 64 && granularity == 0);
    count = 0;
    STATUS(NtGetWriteWatch(SELF, 0, p, PAGE, pages, &count, &granularity), STATUS_INVALID_PARAMETER_5);
    count = 64;
    p[0] = 1;
    STATUS(NtGetWriteWatch(SELF, 0, p + 100, 1, pages, &count, &granularity), STATUS_SUCCESS);
    CHECK(count == 1 && pages[0] == p && granularity == PAGE);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    count = 64;
    STATUS(NtGetWriteWatch(SELF, 0, p, PAGE, pages, &count, &granularity), STATUS_INVALID_PARAMETER_1);
}

static ULONG_PTR written(char *p, SIZE_T size)
{
    PVOID pages[64];
    ULONG_PTR count = 64;
    ULONG granularity;
    STATUS(NtGetWriteWatch(SELF, 0, p, size, pages, &count, &granularity), STATUS_SUCCESS);
    return count;
}

/* A region may be watched before anything of it can be touched; what is decommitted stays written until the
 * watch is reset. */
static void watch_of_reserved(void)
{
    char *p = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_NOACCESS);
    REQUIRE(p);
    CHECK_EQ(written(p, 4 * PAGE), 0);
    REQUIRE(VirtualAlloc(p, PAGE, MEM_COMMIT, PAGE_READWRITE) == p);
    p[5] = 1;
    CHECK_EQ(written(p, 4 * PAGE), 1);
    CHECK(VirtualFree(p, PAGE, MEM_DECOMMIT));
    CHECK_EQ(written(p, 4 * PAGE), 1);
    STATUS(NtResetWriteWatch(SELF, p, 4 * PAGE), STATUS_SUCCESS);
    CHECK_EQ(written(p, 4 * PAGE), 0);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

static void reset(void)
{
    char *p = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(p);
    FAILS(VirtualAlloc(p, PAGE, MEM_RESET, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    REQUIRE(VirtualAlloc(p, PAGE, MEM_COMMIT, PAGE_READWRITE));
    FAILS(VirtualAlloc(p, 2 * PAGE, MEM_RESET, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    WORKS(VirtualAlloc(p, PAGE, MEM_RESET, PAGE_NOACCESS));
    CHECK_EQ(conform_query(p).Protect, PAGE_READWRITE);
    FAILS(VirtualAlloc(p, PAGE, MEM_RESET | MEM_RESERVE, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(p, PAGE, MEM_RESET | MEM_TOP_DOWN, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(p, PAGE, MEM_RESET_UNDO | MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

static void locks(void)
{
    char *p = VirtualAlloc(NULL, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    PVOID base = p + 5;
    SIZE_T size = PAGE;
    REQUIRE(p);
    FAILS(VirtualLock(NULL, PAGE), ERROR_NOACCESS);
    FAILS(VirtualLock(KERNEL, PAGE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualLock(p, (SIZE_T)-1), ERROR_INVALID_PARAMETER);
    FAILS(VirtualUnlock(p, 0), ERROR_INVALID_PARAMETER);
    FAILS(VirtualUnlock(KERNEL, PAGE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualUnlock(p, PAGE), ERROR_NOT_LOCKED);
    STATUS(NtLockVirtualMemory(SELF, &base, &size, 1), STATUS_SUCCESS);
    CHECK(base == p && size == 2 * PAGE);
    STATUS(NtLockVirtualMemory(SELF, &base, &size, 1), STATUS_WAS_LOCKED);
    WORKS(VirtualLock(p, PAGE)); /* locks are not counted */
    STATUS(NtLockVirtualMemory(SELF, &base, &size, 0), STATUS_INVALID_PARAMETER);
    STATUS(NtLockVirtualMemory(SELF, &base, &size, 4), STATUS_INVALID_PARAMETER);
    STATUS(NtUnlockVirtualMemory(SELF, &base, &size, 0), STATUS_INVALID_PARAMETER);
    STATUS(NtUnlockVirtualMemory(SELF, &base, &size, 1), STATUS_SUCCESS);
    STATUS(NtUnlockVirtualMemory(SELF, &base, &size, 1), STATUS_NOT_LOCKED);
    STATUS(NtLockVirtualMemory(NOBODY, &base, &size, 1), STATUS_INVALID_HANDLE);
    WORKS(VirtualLock(p, PAGE));
    CHECK(VirtualFree(p, PAGE, MEM_DECOMMIT));
    FAILS(VirtualUnlock(p, PAGE), ERROR_NOT_LOCKED); /* what is only reserved is not locked */
    FAILS(VirtualUnlock(p + PAGE, 8 * PAGE), ERROR_NOACCESS);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    FAILS(VirtualUnlock(p, PAGE), ERROR_NOACCESS);
}

/* These answer with the error itself. */
static void offers(void)
{
    char *p = VirtualAlloc(NULL, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(p);
    memset(p, 5, 8 * PAGE);
    SetLastError(UNTOUCHED);
    CHECK_EQ(OfferVirtualMemory(p + 1, PAGE, VmOfferPriorityLow), ERROR_INVALID_PARAMETER);
    CHECK_EQ(OfferVirtualMemory(p, PAGE + 1, VmOfferPriorityLow), ERROR_INVALID_PARAMETER);
    CHECK_EQ(OfferVirtualMemory(p, 0, VmOfferPriorityLow), ERROR_INVALID_PARAMETER);
    CHECK_EQ(OfferVirtualMemory(p, PAGE, (OFFER_PRIORITY)0), ERROR_INVALID_PARAMETER);
    CHECK_EQ(OfferVirtualMemory(p, PAGE, (OFFER_PRIORITY)5), ERROR_INVALID_PARAMETER);
    CHECK_EQ(ReclaimVirtualMemory(p + 1, PAGE), ERROR_INVALID_PARAMETER);
    CHECK_EQ(DiscardVirtualMemory(p, 0), ERROR_INVALID_PARAMETER);
    CHECK_EQ(DiscardVirtualMemory(p, PAGE - 1), ERROR_INVALID_PARAMETER);
    CHECK(DiscardVirtualMemory(p, 9 * PAGE) != 0);
    const DWORD others[] = {PAGE_READONLY, PAGE_EXECUTE_READWRITE, PAGE_NOACCESS, PAGE_READWRITE | PAGE_GUARD};
    for (unsigned i = 0; i < 4; i++) { /* documented: it must be PAGE_READWRITE */
        DWORD old;
        CHECK(VirtualProtect(p + PAGE, PAGE, others[i], &old));
        CHECK_EQ(DiscardVirtualMemory(p, 2 * PAGE), ERROR_INVALID_PARAMETER);
        CHECK(VirtualProtect(p + PAGE, PAGE, PAGE_READWRITE, &old));
    }
    CHECK_EQ(p[PAGE], 5);
    CHECK_EQ(p[0], 5);
    CHECK_EQ(GetLastError(), UNTOUCHED);
    CHECK(VirtualLock(p, PAGE));
    CHECK_EQ(DiscardVirtualMemory(p, 2 * PAGE), ERROR_SUCCESS); /* a locked page may keep what it holds */
    CHECK(VirtualUnlock(p, PAGE));
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

static void prefetch(void)
{
    char *p = VirtualAlloc(NULL, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    WIN32_MEMORY_RANGE_ENTRY range = {p, PAGE};
    MEMORY_RANGE_ENTRY entry = {AT(0x10000), PAGE};
    ULONG zero = 0;
    FAILS(PrefetchVirtualMemory(NULL, 1, &range, 0), ERROR_INVALID_HANDLE);
    FAILS(PrefetchVirtualMemory(SELF, 1, NULL, 0), ERROR_NOACCESS);
    FAILS(PrefetchVirtualMemory(SELF, 0, &range, 0), ERROR_INVALID_PARAMETER);
    FAILS(PrefetchVirtualMemory(SELF, 1, &range, 1), ERROR_INVALID_PARAMETER);
    WORKS(PrefetchVirtualMemory(SELF, 1, &range, 0));
    range.NumberOfBytes = 0;
    FAILS(PrefetchVirtualMemory(SELF, 1, &range, 0), ERROR_INVALID_PARAMETER);
    range = (WIN32_MEMORY_RANGE_ENTRY){KERNEL, PAGE};
    FAILS(PrefetchVirtualMemory(SELF, 1, &range, 0), ERROR_INVALID_PARAMETER);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    STATUS(NtSetInformationVirtualMemory(SELF, (VIRTUAL_MEMORY_INFORMATION_CLASS)99, 1, &entry, &zero, 4),
           STATUS_INVALID_PARAMETER_2);
    STATUS(NtSetInformationVirtualMemory(SELF, VmPrefetchInformation, 0, &entry, &zero, 4), STATUS_INVALID_PARAMETER_3);
    STATUS(NtSetInformationVirtualMemory(SELF, VmPrefetchInformation, 1, NULL, &zero, 4), STATUS_ACCESS_VIOLATION);
    STATUS(NtSetInformationVirtualMemory(SELF, VmPrefetchInformation, 1, &entry, NULL, 4), STATUS_INVALID_PARAMETER_5);
    STATUS(NtSetInformationVirtualMemory(SELF, VmPrefetchInformation, 1, &entry, &zero, 3), STATUS_INVALID_PARAMETER_6);
    STATUS(NtSetInformationVirtualMemory(NOBODY, VmPrefetchInformation, 1, &entry, &zero, 4), STATUS_INVALID_HANDLE);
    entry.NumberOfBytes = 0;
    STATUS(NtSetInformationVirtualMemory(SELF, VmPrefetchInformation, 1, &entry, &zero, 4), STATUS_INVALID_PARAMETER_4);
}

int main(void)
{
    write_watch();
    watch_of_reserved();
    reset();
    locks();
    offers();
    prefetch();
    return CHECK_DONE();
}
