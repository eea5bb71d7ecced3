/* once.c: one-time initialisation. The pointer holds its state in the two low bits, which a context leaves free:
 * 0 not begun, 1 one thread is at it, 3 any number are (asynchronous), 2 done and the rest is the context. */
#include <synchapi.h>

#include <errno.h>
#include <limits.h>

#include "base/base.h"
#include "win32/win32.h"

#define STATE(value) ((ULONG_PTR)(value)&3)
#define IDLE 0u
#define PENDING 1u
#define DONE 2u
#define PENDING_ASYNC 3u

static _Atomic ULONG_PTR *value_of(PINIT_ONCE once)
{
    return (_Atomic ULONG_PTR *)&once->Ptr;
}

static void wake_waiters(PINIT_ONCE once)
{
    host_futex_wake((_Atomic uint32_t *)&once->Ptr, INT_MAX, false);
}

VOID WINAPI InitOnceInitialize(PINIT_ONCE InitOnce)
{
    InitOnce->Ptr = NULL;
}

static BOOL answer_done(ULONG_PTR value, PBOOL pending, LPVOID *context)
{
    *pending = FALSE;
    if (context)
        *context = (LPVOID)(value & ~(ULONG_PTR)3);
    return TRUE;
}

BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE lpInitOnce, DWORD dwFlags, PBOOL fPending, LPVOID *lpContext)
{
    bool asynchronous = dwFlags & RTL_RUN_ONCE_ASYNC;
    if ((dwFlags & ~(DWORD)(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_CHECK_ONLY)) ||
        dwFlags == (RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_CHECK_ONLY))
        return win32_error(ERROR_INVALID_PARAMETER);
    ULONG_PTR mine = asynchronous ? PENDING_ASYNC : PENDING;
    for (;;) {
        ULONG_PTR value = atomic_load_explicit(value_of(lpInitOnce), memory_order_acquire);
        if (STATE(value) == DONE)
            return answer_done(value, fPending, lpContext);
        if (dwFlags & RTL_RUN_ONCE_CHECK_ONLY)
            return win32_error(ERROR_GEN_FAILURE);
        if (value == IDLE) {
            if (!atomic_compare_exchange_strong(value_of(lpInitOnce), &value, mine))
                continue;
            *fPending = TRUE;
            return TRUE;
        }
        if (value != mine)
            return win32_error(ERROR_INVALID_PARAMETER); /* begun in the other manner */
        if (asynchronous) {
            *fPending = TRUE;
            return TRUE;
        }
        host_futex_wait((_Atomic uint32_t *)&lpInitOnce->Ptr, PENDING, HOST_FOREVER, false);
    }
}

BOOL WINAPI InitOnceComplete(LPINIT_ONCE lpInitOnce, DWORD dwFlags, LPVOID lpContext)
{
    bool failed = dwFlags & RTL_RUN_ONCE_INIT_FAILED, asynchronous = dwFlags & RTL_RUN_ONCE_ASYNC;
    if ((dwFlags & ~(DWORD)(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED)) ||
        (failed && (asynchronous || lpContext)) || STATE(lpContext) != 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    ULONG_PTR value = asynchronous ? PENDING_ASYNC : PENDING;
    ULONG_PTR next = failed ? IDLE : (ULONG_PTR)lpContext | DONE;
    if (!atomic_compare_exchange_strong(value_of(lpInitOnce), &value, next))
        return win32_error(STATE(value) == DONE || value == IDLE ? ERROR_GEN_FAILURE : ERROR_INVALID_PARAMETER);
    wake_waiters(lpInitOnce);
    return TRUE;
}

BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter, LPVOID *Context)
{
    BOOL pending;
    LPVOID context = NULL;
    if (!InitOnceBeginInitialize(InitOnce, 0, &pending, &context))
        return FALSE;
    if (pending) {
        if (!InitFn(InitOnce, Parameter, &context)) {
            InitOnceComplete(InitOnce, RTL_RUN_ONCE_INIT_FAILED, NULL);
            return FALSE;
        }
        if (!InitOnceComplete(InitOnce, 0, context))
            return FALSE;
    }
    if (Context)
        *Context = context;
    return TRUE;
}
