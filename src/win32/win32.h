/* win32.h: what the faces share: the last error, and how a status becomes one. Only win32 and base touch it. */
#ifndef WINMEM_WIN32_WIN32_H
#define WINMEM_WIN32_WIN32_H

#include <errhandlingapi.h>
#include <stdbool.h>
#include <winternl.h>

/* TRUE for a good status; else sets the last error from it and returns FALSE. */
static inline BOOL win32_status(NTSTATUS status)
{
    if (__builtin_expect(status >= 0, 1))
        return TRUE;
    SetLastError(RtlNtStatusToDosError(status));
    return FALSE;
}

/* FALSE with this last error. */
static inline BOOL win32_error(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

#endif
