/* thread.c: starting and ending threads; their faces. Stacks are the C library's, of the size asked for, with the
 * guard that exception gives every stack; mm shows them growing (mm/stack.h). */
#include <process.h>
#include <processthreadsapi.h>

#include <errno.h>
#include <limits.h>
#include <sched.h>

#include "base/base.h"
#include "base/module/dllmain.h"
#include "base/thread/thread.h"
#include "exception/exception.h"
#include "host/lock.h"
#include "host/own.h"
#include "mm/stack.h"
#include "ps/process.h"
#include "ps/suspend.h"
#include "ps/thread.h"
#include "win32/win32.h"

#include <winbase.h>

#define DEFAULT_STACK ((SIZE_T)1 << 20)
#define SMALLEST_STACK ((SIZE_T)256 << 10)
#define DEFAULT_COMMIT ((SIZE_T)16 << 10) /* a page and its guard */

struct start {
    struct ps_thread *thread;
    LPTHREAD_START_ROUTINE routine;
    LPVOID parameter;
    SIZE_T reserve, commit;
    _Atomic uint32_t go; /* 0 not yet known by its id, 1 run */
};

_Atomic uint32_t *base_thread_alert(void)
{
    struct ps_thread *thread = ps_thread_current();
    return thread ? &thread->apc_ready : NULL;
}

void base_thread_run_apcs(void)
{
    ps_thread_run_apcs(ps_thread_current());
}

static void *run_thread(void *argument)
{
    struct start start = *(struct start *)argument;
    struct start *shared_start = argument;
    exception_thread_start(); /* a stack overflow can be handled */
    mm_stack_committed(start.commit);
    ps_thread_adopt(start.thread);
    atomic_store(&shared_start->go, 1); /* the creator may leave now: its frame is not touched again */
    host_futex_wake(&shared_start->go, 1, false);
    ps_suspend_initially(start.thread);
    base_dll_thread(DLL_THREAD_ATTACH);
    if (atomic_load(&start.thread->apc_ready))
        ps_thread_run_apcs(start.thread); /* what was queued before it began comes first */
    DWORD code = start.routine(start.parameter);
    ExitThread(code);
}

/* Without the flag the size is what is committed at once: a reservation that is too small for it grows by whole MiB. */
static bool size_stack(struct start *start, SIZE_T size, bool is_reservation)
{
    start->reserve = DEFAULT_STACK;
    start->commit = DEFAULT_COMMIT;
    if (size > (SIZE_T)1 << 46)
        return false;
    if (is_reservation && size)
        start->reserve = size < SMALLEST_STACK ? SMALLEST_STACK : (size + 0xFFFF) & ~(SIZE_T)0xFFFF;
    else if (size > DEFAULT_COMMIT)
        start->commit = (size + 0xFFF) & ~(SIZE_T)0xFFF;
    if (start->commit >= start->reserve)
        start->reserve = (start->commit + DEFAULT_STACK) & ~(DEFAULT_STACK - 1);
    return true;
}

static int spawn(struct start *start)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, start->reserve);
    host_lock_pretend(); /* it takes memory of the program's: who stopped this thread there would get none */
    int error = pthread_create(&thread, &attributes, run_thread, start);
    host_lock_pretend_end();
    pthread_attr_destroy(&attributes);
    if (error)
        return error;
    while (!atomic_load(&start->go))
        host_futex_wait(&start->go, 0, HOST_FOREVER, false);
    return 0;
}

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
                           LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter, DWORD dwCreationFlags,
                           LPDWORD lpThreadId)
{
    if (dwCreationFlags & ~(DWORD)(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    struct start start = {NULL, lpStartAddress, lpParameter, 0, 0, 0};
    if (!size_stack(&start, dwStackSize, dwCreationFlags & STACK_SIZE_PARAM_IS_A_RESERVATION)) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    struct ps_thread *thread = start.thread = ps_thread_new();
    HANDLE handle = NULL;
    NTSTATUS status = STATUS_NO_MEMORY;
    if (thread) {
        thread->made_here = true;
        bool inherit = lpThreadAttributes && lpThreadAttributes->bInheritHandle;
        status = ps_thread_charge(thread, start.commit);
        if (NT_SUCCESS(status))
            status = ob_create_handle(&thread->object, THREAD_ALL_ACCESS, inherit ? OB_INHERIT : 0, &handle);
    }
    if (!NT_SUCCESS(status)) {
        if (thread)
            ps_thread_forget(thread);
        win32_status(status);
        return NULL;
    }
    if (dwCreationFlags & CREATE_SUSPENDED)
        atomic_store(&thread->suspended, 1);
    if (spawn(&start) != 0) {
        ob_close_handle(handle);
        ps_thread_forget(thread);
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    if (lpThreadId)
        *lpThreadId = (DWORD)atomic_load(&thread->id);
    ob_dereference(&thread->object);
    return handle;
}

DECLSPEC_NORETURN VOID WINAPI ExitThread(DWORD dwExitCode)
{
    struct ps_thread *thread = ps_thread_current();
    if (thread)
        atomic_store(&thread->exit_code, dwExitCode);
    base_dll_thread(DLL_THREAD_DETACH);
    pthread_exit(NULL);
}

uintptr_t _beginthreadex(void *security, unsigned stack_size, _beginthreadex_proc_type start, void *argument,
                         unsigned flags, unsigned *id)
{
    HANDLE handle = CreateThread(security, stack_size, (LPTHREAD_START_ROUTINE)start, argument, flags, id);
    if (!handle)
        errno = GetLastError() == ERROR_INVALID_PARAMETER ? EINVAL : EAGAIN;
    return (uintptr_t)handle;
}

struct begin {
    _beginthread_proc_type start;
    void *argument;
};

static DWORD begin_plain(LPVOID parameter)
{
    struct begin begin = *(struct begin *)parameter;
    host_own_give(parameter);
    begin.start(begin.argument);
    return 0;
}

uintptr_t _beginthread(_beginthread_proc_type start, unsigned stack_size, void *argument)
{
    struct begin *begin = host_own_take(sizeof(*begin));
    if (!begin)
        return (uintptr_t)-1;
    *begin = (struct begin){start, argument};
    HANDLE handle = CreateThread(NULL, stack_size, begin_plain, begin, 0, NULL);
    if (!handle) {
        host_own_give(begin);
        errno = EAGAIN;
        return (uintptr_t)-1;
    }
    ob_close_handle(handle); /* as the C run-time does when such a thread ends: the value is not to be waited for */
    return (uintptr_t)handle;
}

void _endthreadex(unsigned code)
{
    ExitThread(code);
}

void _endthread(void)
{
    ExitThread(0);
}

HANDLE WINAPI OpenThread(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwThreadId)
{
    struct ps_thread *thread = dwThreadId ? ps_thread_find((int)dwThreadId) : NULL;
    if (!thread) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    HANDLE handle;
    ACCESS_MASK access = ob_map_access(&ps_thread_type, dwDesiredAccess);
    NTSTATUS status = ob_open_handle(&thread->object, access, bInheritHandle ? OB_INHERIT : 0, &handle);
    ob_dereference(&thread->object);
    return win32_status(status) ? handle : NULL;
}

static struct ps_thread *thread_of(HANDLE handle, ACCESS_MASK access)
{
    struct ob_object *object;
    return win32_status(ob_lookup(handle, &ps_thread_type, access, &object, NULL)) ? (struct ps_thread *)object : NULL;
}

static BOOL finish(struct ps_thread *thread, NTSTATUS status)
{
    ob_dereference(&thread->object);
    return win32_status(status);
}

BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode)
{
    struct ps_thread *thread = thread_of(hThread, THREAD_QUERY_LIMITED_INFORMATION);
    if (!thread)
        return FALSE;
    if (thread->process) {
        uint32_t code = STILL_ACTIVE;
        NTSTATUS status = ps_process_exit_code(thread->process, &code);
        if (NT_SUCCESS(status))
            *lpExitCode = code;
        return finish(thread, status);
    }
    *lpExitCode = atomic_load(&thread->ended) ? atomic_load(&thread->exit_code) : STILL_ACTIVE;
    ob_dereference(&thread->object);
    return TRUE;
}

DWORD WINAPI GetThreadId(HANDLE Thread)
{
    struct ps_thread *thread = thread_of(Thread, THREAD_QUERY_LIMITED_INFORMATION);
    if (!thread)
        return 0;
    DWORD id = (DWORD)atomic_load(&thread->id);
    ob_dereference(&thread->object);
    return id;
}

DWORD WINAPI GetProcessIdOfThread(HANDLE Thread)
{
    struct ps_thread *thread = thread_of(Thread, THREAD_QUERY_LIMITED_INFORMATION);
    if (!thread)
        return 0;
    DWORD id = thread->process ? (DWORD)thread->process->pid : GetCurrentProcessId();
    ob_dereference(&thread->object);
    return id;
}

DWORD WINAPI SuspendThread(HANDLE hThread)
{
    struct ps_thread *thread = thread_of(hThread, THREAD_SUSPEND_RESUME);
    ULONG previous = (ULONG)-1;
    if (thread && !finish(thread, ps_suspend(thread, &previous)))
        previous = (ULONG)-1;
    return previous;
}

DWORD WINAPI ResumeThread(HANDLE hThread)
{
    struct ps_thread *thread = thread_of(hThread, THREAD_SUSPEND_RESUME);
    ULONG previous = (ULONG)-1;
    if (thread && !finish(thread, ps_resume(thread, &previous)))
        previous = (ULONG)-1;
    return previous;
}

BOOL WINAPI TerminateThread(HANDLE hThread, DWORD dwExitCode)
{
    struct ps_thread *thread = thread_of(hThread, THREAD_TERMINATE);
    if (thread && thread == ps_thread_current())
        ob_dereference(&thread->object); /* it does not come back to do that */
    return thread && finish(thread, ps_terminate(thread, dwExitCode));
}

BOOL WINAPI GetThreadContext(HANDLE hThread, LPCONTEXT lpContext)
{
    struct ps_thread *thread = thread_of(hThread, THREAD_GET_CONTEXT);
    return thread && finish(thread, ps_get_context(thread, lpContext));
}

BOOL WINAPI SetThreadContext(HANDLE hThread, const CONTEXT *lpContext)
{
    struct ps_thread *thread = thread_of(hThread, THREAD_SET_CONTEXT);
    return thread && finish(thread, ps_set_context(thread, lpContext));
}

/* Background mode: of the calling thread only, as documented; here the mode is that of its memory. */
static BOOL change_mode(struct ps_thread *thread, bool background)
{
    DWORD error = 0;
    if (thread != ps_thread_current())
        error = ERROR_INVALID_PARAMETER;
    else if (!ps_thread_set_background(thread, background))
        error = background ? ERROR_THREAD_MODE_ALREADY_BACKGROUND : ERROR_THREAD_MODE_NOT_BACKGROUND;
    ob_dereference(&thread->object);
    return error ? win32_error(error) : TRUE;
}

/* Priorities are kept and answered; the kernel's scheduler is left alone, which lowers nobody. */
BOOL WINAPI SetThreadPriority(HANDLE hThread, int nPriority)
{
    struct ps_thread *thread = thread_of(hThread, THREAD_SET_LIMITED_INFORMATION);
    if (!thread)
        return FALSE;
    if (nPriority == THREAD_MODE_BACKGROUND_BEGIN || nPriority == THREAD_MODE_BACKGROUND_END)
        return change_mode(thread, nPriority == THREAD_MODE_BACKGROUND_BEGIN);
    bool known = (nPriority >= -2 && nPriority <= 2) || nPriority == 15 || nPriority == -15;
    if (known)
        thread->priority = nPriority;
    return finish(thread, known ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
}

int WINAPI GetThreadPriority(HANDLE hThread)
{
    struct ps_thread *thread = thread_of(hThread, THREAD_QUERY_LIMITED_INFORMATION);
    if (!thread)
        return 0x7FFFFFFF;
    int priority = thread->priority;
    ob_dereference(&thread->object);
    return priority;
}

BOOL WINAPI SwitchToThread(VOID)
{
    return sched_yield() == 0;
}

DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData)
{
    struct ps_thread *thread = thread_of(hThread, THREAD_SET_CONTEXT);
    return thread && finish(thread, ps_thread_queue_apc(thread, pfnAPC, dwData));
}
