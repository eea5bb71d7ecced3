/* winbase_checks.c: IsBad*Ptr and the data-execution-prevention calls. The pointer checks touch the memory under a
 * __try, as on Windows: a guard page is spent. Sets the last error where documented. */
#include <windows.h>

#include "win32/win32.h"

#include <stddef.h>
#include <stdint.h>

#define PAGE_MASK ((uintptr_t)0xfff)

/* Looks at one byte of every page, or writes it as it is. What goes wrong meanwhile is an exception as any other: the
 * program's vectored handlers see it, and may repair it. */
static BOOL touches(const void *pointer, UINT_PTR size, BOOL write)
{
    uintptr_t at = (uintptr_t)pointer;
    uintptr_t last = at + size - 1;
    if (size == 0)
        return TRUE;
    if (!pointer || last < at)
        return FALSE;
    BOOL fine = FALSE;
    __try {
        for (;; at = (at | PAGE_MASK) + 1) {
            if (write)
                __atomic_fetch_or((char *)at, 0, __ATOMIC_RELAXED);
            else
                (void)*(const volatile char *)at;
            if ((last | PAGE_MASK) == (at | PAGE_MASK))
                break;
        }
        *(volatile BOOL *)&fine = TRUE;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
    return *(volatile BOOL *)&fine;
}

BOOL WINAPI IsBadReadPtr(const VOID *lp, UINT_PTR ucb)
{
    return !touches(lp, ucb, FALSE);
}

BOOL WINAPI IsBadWritePtr(LPVOID lp, UINT_PTR ucb)
{
    return !touches(lp, ucb, TRUE);
}

BOOL WINAPI IsBadHugeReadPtr(const VOID *lp, UINT_PTR ucb)
{
    return !touches(lp, ucb, FALSE);
}

BOOL WINAPI IsBadHugeWritePtr(LPVOID lp, UINT_PTR ucb)
{
    return !touches(lp, ucb, TRUE);
}

/* Documented to look at one byte that can be read. */
BOOL WINAPI IsBadCodePtr(FARPROC lpfn)
{
    return !touches((const void *)(uintptr_t)lpfn, 1, FALSE);
}

/* Up to the terminator or the count, whichever comes first; each unit at its own address, aligned or not. */
static BOOL ends_well(const char *text, UINT_PTR count, size_t unit)
{
    BOOL fine = FALSE;
    if (count == 0)
        return TRUE;
    if (!text)
        return FALSE;
    __try {
        for (UINT_PTR i = 0; i < count; i++) {
            unsigned char seen = 0;
            for (size_t byte = 0; byte < unit; byte++)
                seen |= ((const volatile unsigned char *)text)[i * unit + byte];
            if (seen == 0)
                break;
        }
        *(volatile BOOL *)&fine = TRUE;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
    return *(volatile BOOL *)&fine;
}

BOOL WINAPI IsBadStringPtrA(LPCSTR lpsz, UINT_PTR ucchMax)
{
    return !ends_well(lpsz, ucchMax, sizeof(CHAR));
}

BOOL WINAPI IsBadStringPtrW(LPCWSTR lpsz, UINT_PTR ucchMax)
{
    return !ends_well((const char *)lpsz, ucchMax, sizeof(WCHAR));
}

/* 64-bit processes always have DEP, permanently; these calls serve 32-bit processes and say so. */
BOOL WINAPI GetProcessDEPPolicy(HANDLE hProcess, LPDWORD lpFlags, PBOOL lpPermanent)
{
    (void)hProcess;
    (void)lpFlags;
    (void)lpPermanent;
    return win32_error(ERROR_NOT_SUPPORTED);
}

BOOL WINAPI SetProcessDEPPolicy(DWORD dwFlags)
{
    (void)dwFlags;
    return win32_error(ERROR_NOT_SUPPORTED);
}

DEP_SYSTEM_POLICY_TYPE WINAPI GetSystemDEPPolicy(VOID)
{
    return DEPPolicyAlwaysOn;
}
