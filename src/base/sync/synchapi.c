/* synchapi.c: the faces of events, mutexes, semaphores and waits. Arguments to ob, statuses to the last error. */
#include <synchapi.h>

#include <sched.h>

#include "base/base.h"
#include "base/sync/named.h"
#include "base/thread/thread.h"
#include "ob/sync.h"
#include "ob/wait.h"
#include "win32/win32.h"

#include <winbase.h>

static HANDLE create_event(LPSECURITY_ATTRIBUTES attributes, const struct base_name *name, DWORD flags, DWORD access)
{
    struct ob_sync_initial initial = {(flags & CREATE_EVENT_INITIAL_SET) != 0,
                                      (flags & CREATE_EVENT_MANUAL_RESET) != 0};
    if (flags & ~(DWORD)(CREATE_EVENT_INITIAL_SET | CREATE_EVENT_MANUAL_RESET))
        return base_answer(STATUS_INVALID_PARAMETER, NULL, false);
    return base_create_object(&ob_event_class, attributes, name, access, &initial);
}

static HANDLE create_mutex(LPSECURITY_ATTRIBUTES attributes, const struct base_name *name, DWORD flags, DWORD access)
{
    struct ob_sync_initial initial = {(flags & CREATE_MUTEX_INITIAL_OWNER) != 0, 0};
    if (flags & ~(DWORD)CREATE_MUTEX_INITIAL_OWNER)
        return base_answer(STATUS_INVALID_PARAMETER, NULL, false);
    return base_create_object(&ob_mutant_class, attributes, name, access, &initial);
}

static HANDLE create_semaphore(LPSECURITY_ATTRIBUTES attributes, LONG count, LONG maximum, const struct base_name *name,
                               DWORD flags, DWORD access)
{
    struct ob_sync_initial initial = {count, maximum};
    if (maximum <= 0 || count < 0 || count > maximum || flags)
        return base_answer(STATUS_INVALID_PARAMETER, NULL, false);
    return base_create_object(&ob_semaphore_class, attributes, name, access, &initial);
}

static DWORD event_flags(BOOL manual, BOOL set)
{
    return (manual ? CREATE_EVENT_MANUAL_RESET : 0) | (set ? CREATE_EVENT_INITIAL_SET : 0);
}

/* Both forms of a face: `name` is the object's name in the calls. */
#define IN_BOTH_FORMS(result, Face, parameters, call)                                                                  \
    result Face##A parameters(LPCSTR)                                                                                  \
    {                                                                                                                  \
        struct base_name name;                                                                                         \
        return base_wide_name(lpName, &name) ? call : NULL;                                                            \
    }                                                                                                                  \
    result Face##W parameters(LPCWSTR)                                                                                 \
    {                                                                                                                  \
        struct base_name name = base_name_of(lpName);                                                                  \
        return call;                                                                                                   \
    }

#define OPEN_PARAMETERS(text) (DWORD dwDesiredAccess, BOOL bInheritHandle, text lpName)
IN_BOTH_FORMS(HANDLE, OpenEvent, OPEN_PARAMETERS,
              base_open_object(&ob_event_class, dwDesiredAccess, bInheritHandle, &name))
IN_BOTH_FORMS(HANDLE, OpenMutex, OPEN_PARAMETERS,
              base_open_object(&ob_mutant_class, dwDesiredAccess, bInheritHandle, &name))
IN_BOTH_FORMS(HANDLE, OpenSemaphore, OPEN_PARAMETERS,
              base_open_object(&ob_semaphore_class, dwDesiredAccess, bInheritHandle, &name))

#define EVENT_PARAMETERS(text)                                                                                         \
    (LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState, text lpName)
IN_BOTH_FORMS(HANDLE, CreateEvent, EVENT_PARAMETERS,
              create_event(lpEventAttributes, &name, event_flags(bManualReset, bInitialState), EVENT_ALL_ACCESS))

#define EX_PARAMETERS(text) (LPSECURITY_ATTRIBUTES lpAttributes, text lpName, DWORD dwFlags, DWORD dwDesiredAccess)
IN_BOTH_FORMS(HANDLE, CreateEventEx, EX_PARAMETERS, create_event(lpAttributes, &name, dwFlags, dwDesiredAccess))
IN_BOTH_FORMS(HANDLE, CreateMutexEx, EX_PARAMETERS, create_mutex(lpAttributes, &name, dwFlags, dwDesiredAccess))

#define MUTEX_PARAMETERS(text) (LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, text lpName)
IN_BOTH_FORMS(HANDLE, CreateMutex, MUTEX_PARAMETERS,
              create_mutex(lpMutexAttributes, &name, bInitialOwner ? CREATE_MUTEX_INITIAL_OWNER : 0, MUTEX_ALL_ACCESS))

#define SEMAPHORE_PARAMETERS(text)                                                                                     \
    (LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, text lpName)
IN_BOTH_FORMS(HANDLE, CreateSemaphore, SEMAPHORE_PARAMETERS,
              create_semaphore(lpSemaphoreAttributes, lInitialCount, lMaximumCount, &name, 0, SEMAPHORE_ALL_ACCESS))
#define SEMAPHORE_EX_PARAMETERS(text)                                                                                  \
    (LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount, text lpName, DWORD dwFlags,  \
     DWORD dwDesiredAccess)
IN_BOTH_FORMS(HANDLE, CreateSemaphoreEx, SEMAPHORE_EX_PARAMETERS,
              create_semaphore(lpSemaphoreAttributes, lInitialCount, lMaximumCount, &name, dwFlags, dwDesiredAccess))

static NTSTATUS change_event(HANDLE handle, int what)
{
    struct ob_object *event;
    NTSTATUS status = ob_lookup(handle, ob_event_class.type, EVENT_MODIFY_STATE, &event, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = what == 2 ? ob_event_pulse(event) : ob_event_set(event, what == 1, NULL);
    ob_dereference(event);
    return status;
}

BOOL WINAPI SetEvent(HANDLE hEvent)
{
    return win32_status(change_event(hEvent, 1));
}

BOOL WINAPI ResetEvent(HANDLE hEvent)
{
    return win32_status(change_event(hEvent, 0));
}

BOOL WINAPI PulseEvent(HANDLE hEvent)
{
    return win32_status(change_event(hEvent, 2));
}

BOOL WINAPI ReleaseMutex(HANDLE hMutex)
{
    struct ob_object *mutant;
    NTSTATUS status = ob_lookup(hMutex, ob_mutant_class.type, 0, &mutant, NULL);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    status = ob_mutant_release(mutant);
    ob_dereference(mutant);
    return win32_status(status);
}

BOOL WINAPI ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount)
{
    struct ob_object *semaphore;
    NTSTATUS status = ob_lookup(hSemaphore, ob_semaphore_class.type, SEMAPHORE_MODIFY_STATE, &semaphore, NULL);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    status = ob_semaphore_release(semaphore, lReleaseCount, lpPreviousCount);
    ob_dereference(semaphore);
    return win32_status(status);
}

static DWORD wait_result(NTSTATUS status)
{
    if (status >= 0)
        return (DWORD)status;
    SetLastError(status == STATUS_OBJECT_TYPE_MISMATCH ? ERROR_INVALID_HANDLE : RtlNtStatusToDosError(status));
    return WAIT_FAILED;
}

/* The wait itself, with the calling thread's asynchronous procedures, and those of its timers, when it is alertable. */
NTSTATUS base_wait_objects(struct ob_object *const *objects, unsigned count, bool all, int64_t deadline, bool alertable)
{
    if (!alertable)
        return ob_wait(objects, count, all, deadline, NULL);
    NTSTATUS first = ob_wait(objects, count, all, 0, NULL); /* what is signaled ends the wait before any of them run */
    if (first != STATUS_TIMEOUT)
        return first;
    for (;;) {
        if (base_timers_run())
            return STATUS_USER_APC;
        int64_t due = base_timers_due();
        bool timer_first = due != HOST_FOREVER && (deadline < 0 || due < deadline);
        NTSTATUS status = ob_wait(objects, count, all, timer_first ? due : deadline, base_thread_alert());
        if (status == STATUS_USER_APC) {
            base_thread_run_apcs();
            base_timers_run();
        }
        if (status != STATUS_TIMEOUT || !timer_first)
            return status;
    }
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds,
                                      BOOL bAlertable)
{
    struct ob_object *objects[OB_WAIT_MAXIMUM];
    if (nCount && nCount <= OB_WAIT_MAXIMUM && !lpHandles)
        return wait_result(STATUS_ACCESS_VIOLATION);
    if (nCount == 0 || nCount > OB_WAIT_MAXIMUM)
        return wait_result(STATUS_INVALID_PARAMETER);
    int64_t deadline = dwMilliseconds ? base_deadline(dwMilliseconds) : 0;
    NTSTATUS status = STATUS_SUCCESS;
    DWORD found = 0;
    for (; found < nCount && NT_SUCCESS(status); found++)
        status = ob_lookup(lpHandles[found], NULL, SYNCHRONIZE, &objects[found], NULL);
    if (NT_SUCCESS(status))
        status = base_wait_objects(objects, nCount, bWaitAll, deadline, bAlertable);
    else
        found--;
    for (DWORD i = 0; i < found; i++)
        ob_dereference(objects[i]);
    return wait_result(status);
}

DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds)
{
    return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(hHandle, NULL, SYNCHRONIZE, &object, NULL);
    if (!NT_SUCCESS(status))
        return wait_result(status);
    status = base_wait_objects(&object, 1, false, dwMilliseconds ? base_deadline(dwMilliseconds) : 0, bAlertable);
    ob_dereference(object);
    return wait_result(status);
}

DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
    return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

static NTSTATUS signal_object(struct ob_object *object, ACCESS_MASK granted)
{
    if (object->type == ob_mutant_class.type)
        return ob_mutant_release(object);
    if (object->type == ob_event_class.type)
        return granted & EVENT_MODIFY_STATE ? ob_event_set(object, true, NULL) : STATUS_ACCESS_DENIED;
    if (object->type == ob_semaphore_class.type)
        return granted & SEMAPHORE_MODIFY_STATE ? ob_semaphore_release(object, 1, NULL) : STATUS_ACCESS_DENIED;
    return STATUS_OBJECT_TYPE_MISMATCH;
}

DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn, DWORD dwMilliseconds, BOOL bAlertable)
{
    struct ob_object *signaled, *awaited;
    ACCESS_MASK granted;
    NTSTATUS status = ob_lookup(hObjectToSignal, NULL, 0, &signaled, &granted);
    if (!NT_SUCCESS(status))
        return wait_result(status);
    status = ob_lookup(hObjectToWaitOn, NULL, SYNCHRONIZE, &awaited, NULL);
    if (NT_SUCCESS(status)) {
        status = signal_object(signaled, granted);
        if (NT_SUCCESS(status))
            status =
                base_wait_objects(&awaited, 1, false, dwMilliseconds ? base_deadline(dwMilliseconds) : 0, bAlertable);
        ob_dereference(awaited);
    }
    ob_dereference(signaled);
    return wait_result(status);
}

DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable)
{
    if (bAlertable) {
        NTSTATUS status = base_wait_objects(NULL, 0, false, dwMilliseconds ? base_deadline(dwMilliseconds) : 0, true);
        return status == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
    }
    if (dwMilliseconds == 0) {
        sched_yield();
        return 0;
    }
    int64_t deadline = base_deadline(dwMilliseconds);
    _Atomic uint32_t never = 0;
    while (deadline < 0 || host_now() < deadline)
        host_futex_wait(&never, 0, deadline, false);
    return 0;
}

VOID WINAPI Sleep(DWORD dwMilliseconds)
{
    SleepEx(dwMilliseconds, FALSE);
}
