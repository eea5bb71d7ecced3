/* winbase_checks.c: IsBad*Ptr and the data-execution-prevention calls. The pointer checks ask the address space instead
 * of touching it: no guard page is spent, no exception raised. Calls mm; sets the last error where documented. */
#include <windows.h>

#include "mm/mm.h"
#include "win32/win32.h"

#include <stdint.h>

enum need { NEED_READ, NEED_WRITE, NEED_EXECUTE };

static BOOL offers(const MEMORY_BASIC_INFORMATION *run, enum need need)
{
    if (run->State != MEM_COMMIT || run->Protect & (PAGE_NOACCESS | PAGE_GUARD))
        return FALSE;
    if (need == NEED_WRITE)
        return (run->Protect & (PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY)) !=
               0;
    return TRUE;
}

/* Bytes from `at` that can be used so, up to `size`. */
static size_t usable(const char *at, size_t size, enum need need)
{
    size_t done = 0;
    while (done < size) {
        MEMORY_BASIC_INFORMATION run;
        if (!NT_SUCCESS(mm_query(at + done, &run)) || !offers(&run, need))
            break;
        done = (size_t)((const char *)run.BaseAddress + run.RegionSize - at);
    }
    return done < size ? done : size;
}

static BOOL bad_range(const void *pointer, UINT_PTR size, enum need need)
{
    if (size == 0)
        return FALSE;
    if (!pointer || (uintptr_t)pointer + size - 1 < (uintptr_t)pointer)
        return TRUE;
    return usable(pointer, size, need) < size;
}

BOOL WINAPI IsBadReadPtr(const VOID *lp, UINT_PTR ucb)
{
    return bad_range(lp, ucb, NEED_READ);
}

BOOL WINAPI IsBadWritePtr(LPVOID lp, UINT_PTR ucb)
{
    return bad_range(lp, ucb, NEED_WRITE);
}

BOOL WINAPI IsBadHugeReadPtr(const VOID *lp, UINT_PTR ucb)
{
    return bad_range(lp, ucb, NEED_READ);
}

BOOL WINAPI IsBadHugeWritePtr(LPVOID lp, UINT_PTR ucb)
{
    return bad_range(lp, ucb, NEED_WRITE);
}

/* Documented to look at one byte that can be read. */
BOOL WINAPI IsBadCodePtr(FARPROC lpfn)
{
    return bad_range((const void *)(uintptr_t)lpfn, 1, NEED_READ);
}

/* Up to the terminator or the count, whichever comes first, a readable run at a time. */
BOOL WINAPI IsBadStringPtrA(LPCSTR lpsz, UINT_PTR ucchMax)
{
    UINT_PTR done = 0;
    if (ucchMax == 0)
        return FALSE;
    while (done < ucchMax) {
        size_t step = MM_PAGE - ((uintptr_t)(lpsz + done) & (MM_PAGE - 1));
        step = step < ucchMax - done ? step : ucchMax - done;
        if (!lpsz || usable(lpsz + done, step, NEED_READ) < step)
            return TRUE;
        for (size_t i = 0; i < step; i++) {
            if (lpsz[done + i] == 0)
                return FALSE;
        }
        done += step;
    }
    return FALSE;
}

BOOL WINAPI IsBadStringPtrW(LPCWSTR lpsz, UINT_PTR ucchMax)
{
    for (UINT_PTR i = 0; i < ucchMax; i++) {
        BOOL new_page = i == 0 || ((uintptr_t)&lpsz[i] & (MM_PAGE - 1)) < sizeof(WCHAR);
        if (new_page && bad_range(&lpsz[i], sizeof(WCHAR), NEED_READ))
            return TRUE;
        if (lpsz[i] == 0)
            return FALSE;
    }
    return FALSE;
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
