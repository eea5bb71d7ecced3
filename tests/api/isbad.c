/* isbad.c: IsBad*Ptr touch what they are asked about: a guard page is spent, written memory counts as written, and
 * vectored handlers see the exception and may repair it. */
#include <windows.h>

#include "../check.h"

#define PAGE 0x1000

static DWORD seen;
static BOOL repair;

static LONG CALLBACK watch(EXCEPTION_POINTERS *pointers)
{
    seen = pointers->ExceptionRecord->ExceptionCode;
    if (repair && seen == EXCEPTION_ACCESS_VIOLATION) {
        PVOID page = (PVOID)(pointers->ExceptionRecord->ExceptionInformation[1] & ~(ULONG_PTR)(PAGE - 1));
        if (VirtualAlloc(page, PAGE, MEM_COMMIT, PAGE_READWRITE))
            return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}

static DWORD protection(const void *page)
{
    MEMORY_BASIC_INFORMATION information;
    VirtualQuery(page, &information, sizeof information);
    return information.Protect;
}

int main(void)
{
    PVOID handler = AddVectoredExceptionHandler(1, watch);
    char *p = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    DWORD old;
    REQUIRE(p && VirtualAlloc(p, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD));
    CHECK(IsBadReadPtr(p, 1));
    CHECK_EQ(seen, EXCEPTION_GUARD_PAGE);
    CHECK_EQ(protection(p), PAGE_READWRITE);
    CHECK_EQ(protection(p + PAGE), PAGE_READWRITE | PAGE_GUARD);
    CHECK(!IsBadReadPtr(p, PAGE));
    CHECK(IsBadWritePtr(p, 2 * PAGE));
    CHECK(!IsBadWritePtr(p, 2 * PAGE));
    seen = 0;
    CHECK(IsBadReadPtr(p, 2 * PAGE + 1));
    CHECK_EQ(seen, EXCEPTION_ACCESS_VIOLATION);
    repair = TRUE; /* a handler that commits on demand */
    CHECK(!IsBadWritePtr(p, 4 * PAGE));
    repair = FALSE;
    CHECK(VirtualProtect(p, PAGE, PAGE_READONLY, &old));
    CHECK(!IsBadReadPtr(p, PAGE) && IsBadWritePtr(p, 1) && !IsBadCodePtr((FARPROC)(ULONG_PTR)p));
    CHECK(IsBadReadPtr((void *)(ULONG_PTR)-1, 2) && IsBadReadPtr((void *)(ULONG_PTR)-16, 15));
    CHECK(!IsBadStringPtrA("abc", 10) && !IsBadStringPtrA(NULL, 0) && IsBadStringPtrA(NULL, 1));
    CHECK(!IsBadStringPtrW(NULL, 0) && IsBadStringPtrW(NULL, 1));
    seen = 0;
    CHECK(IsBadReadPtr(NULL, 1) && seen == 0); /* known without looking */
    RemoveVectoredExceptionHandler(handler);
    return CHECK_DONE();
}
