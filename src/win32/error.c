/* error.c: the last error of a thread. Async-signal-safe; calls nothing. */
#define WIN32_NO_STATUS
#include "win32/teb.h"
#include "win32/win32.h"

#include <stddef.h>
#include <winerror.h>

#include "exception/exception.h"

/* Every face comes through here: so a program that links the static library carries the fault handler too, although it
 * may name no exception call. */
__attribute__((used)) static void (*const keep_fault_handler)(void) = exception_start;

static __thread DWORD last_error, *other_place; /* in the thread's environment block, once that is made */

void win32_error_place(DWORD *place)
{
    if (!place && other_place)
        last_error = *other_place;
    other_place = place;
}

DWORD GetLastError(void)
{
    return __builtin_expect(!other_place, 1) ? last_error : *other_place;
}

void SetLastError(DWORD error)
{
    if (__builtin_expect(!other_place, 1))
        last_error = error;
    else
        *other_place = error;
}

void RestoreLastError(DWORD error)
{
    SetLastError(error);
}
