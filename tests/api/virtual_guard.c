/* Guard pages and access violations as the program sees them, and freed memory that faults. */
#include <windows.h>

#include "check.h"

#define PAGE 4096

static volatile LONG code;
static volatile ULONG_PTR operation, address;
static volatile int hits;
static char *area;

/* Notes the exception; makes the page accessible where it is an access violation, so that the access succeeds. */
static LONG CALLBACK note(PEXCEPTION_POINTERS pointers)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    code = (LONG)record->ExceptionCode;
    operation = record->ExceptionInformation[0];
    address = record->ExceptionInformation[1];
    hits++;
    if (record->NumberParameters != 2 || hits > 3)
        return EXCEPTION_CONTINUE_SEARCH;
    if (record->ExceptionCode == (DWORD)EXCEPTION_GUARD_PAGE)
        return EXCEPTION_CONTINUE_EXECUTION;
    char *page = (char *)(address & ~(ULONG_PTR)(PAGE - 1));
    if (VirtualAlloc(page, PAGE, MEM_COMMIT, PAGE_READWRITE) != page &&
        VirtualAlloc(page, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == NULL)
        return EXCEPTION_CONTINUE_SEARCH;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void expect(LONG want_code, ULONG_PTR want_operation, const char *want_address)
{
    CHECK_EQ(hits, 1);
    CHECK_EQ((DWORD)code, (DWORD)want_code);
    CHECK_EQ(operation, want_operation);
    CHECK_EQ(address, (ULONG_PTR)want_address);
    hits = 0;
}

static DWORD protect_of(const char *at)
{
    MEMORY_BASIC_INFORMATION mbi;
    REQUIRE(VirtualQuery(at, &mbi, sizeof(mbi)));
    return mbi.Protect;
}

int main(void)
{
    DWORD old;
    REQUIRE(AddVectoredExceptionHandler(1, note));
    area = VirtualAlloc(NULL, 64 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(area);
    *(volatile char *)(area + 123) = 7; /* reserved: committed by the handler, and the write is done */
    expect((LONG)EXCEPTION_ACCESS_VIOLATION, 1, area + 123);
    CHECK_EQ(area[123], 7);
    REQUIRE(VirtualAlloc(area + PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD));
    CHECK_EQ(protect_of(area + PAGE), PAGE_READWRITE | PAGE_GUARD);
    CHECK_EQ(*(volatile char *)(area + PAGE + 9), 0);
    expect((LONG)EXCEPTION_GUARD_PAGE, 0, area + PAGE + 9);
    CHECK_EQ(protect_of(area + PAGE), PAGE_READWRITE);
    *(volatile char *)(area + PAGE) = 1; /* once only */
    CHECK_EQ(hits, 0);
    CHECK(VirtualProtect(area, PAGE, PAGE_READONLY, &old));
    *(volatile char *)(area + 5) = 1;
    expect((LONG)EXCEPTION_ACCESS_VIOLATION, 1, area + 5);
    CHECK(VirtualProtect(area, PAGE, PAGE_NOACCESS, &old));
    CHECK_EQ(*(volatile char *)(area + 123), 7);
    expect((LONG)EXCEPTION_ACCESS_VIOLATION, 0, area + 123);
    CHECK(VirtualFree(area, PAGE, MEM_DECOMMIT));
    CHECK_EQ(*(volatile char *)(area + 123), 0);
    expect((LONG)EXCEPTION_ACCESS_VIOLATION, 0, area + 123);
    CHECK(VirtualFree(area, 0, MEM_RELEASE));
    CHECK_EQ(*(volatile char *)(area + 123), 0); /* freed memory faults; the handler took the place again */
    expect((LONG)EXCEPTION_ACCESS_VIOLATION, 0, area + 123);
    return CHECK_DONE();
}
