/* memorycallback.c: callbacks that programs leave for the memory manager. Secured memory (pages that a driver keeps
 * from being freed) does not exist here, so its callbacks are kept and never due. Bad memory is not reported ahead: the
 * kernel takes the page away and the access raises; asking to be told is refused. Lock-free; any caller. */
#include <memoryapi.h>
#include <stdatomic.h>
#include <stddef.h>
#include <winbase.h>
#include <winerror.h>

#include "win32/win32.h"

#define CALLBACKS 64

static struct {
    _Atomic(PSECURE_MEMORY_CACHE_CALLBACK) secure[CALLBACKS];
} memorycallback_state;

BOOL AddSecureMemoryCacheCallback(PSECURE_MEMORY_CACHE_CALLBACK callback)
{
    if (!callback)
        return win32_error(ERROR_INVALID_PARAMETER);
    for (size_t i = 0; i < CALLBACKS; i++) {
        PSECURE_MEMORY_CACHE_CALLBACK empty = NULL;
        if (atomic_compare_exchange_strong(&memorycallback_state.secure[i], &empty, callback))
            return TRUE;
    }
    return win32_error(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL RemoveSecureMemoryCacheCallback(PSECURE_MEMORY_CACHE_CALLBACK callback)
{
    for (size_t i = 0; callback && i < CALLBACKS; i++) {
        PSECURE_MEMORY_CACHE_CALLBACK same = callback;
        if (atomic_compare_exchange_strong(&memorycallback_state.secure[i], &same, NULL))
            return TRUE;
    }
    return win32_error(ERROR_INVALID_PARAMETER);
}

PVOID RegisterBadMemoryNotification(PBAD_MEMORY_CALLBACK_ROUTINE callback)
{
    SetLastError(callback ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
    return NULL;
}

BOOL UnregisterBadMemoryNotification(PVOID registration)
{
    (void)registration; /* none was ever given out */
    return win32_error(ERROR_INVALID_PARAMETER);
}
