/* synchapi.c: the faces of events, mutexes, semaphores and waits. Arguments to ob, statuses to the last error. */
#include <synchapi.h>

#include <sched.h>
#include <string.h>

#include "base/base.h"
#include "base/thread.h"
#include "host/utf.h"
#include "ob/sync.h"
#include "ob/wait.h"
#include "win32/win32.h"

#include <winbase.h>

/* An object's name as UTF-16; the ANSI names of Windows have at most MAX_PATH characters. */
struct name {
    WCHAR buffer[MAX_PATH + 1];
    const WCHAR *text;
    size_t length;
};

static BOOL wide_name(LPCSTR text, struct name *name)
{
    name->text = NULL;
    if (!text)
        return TRUE;
    size_t length = strlen(text);
    name->length = host_utf8_to_utf16(text, length, (uint16_t *)name->buffer, MAX_PATH, 0);
    if (name->length > MAX_PATH)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    name->text = name->buffer;
    return TRUE;
}

static struct name name_of(LPCWSTR text)
{
    struct name name;
    name.text = text;
    name.length = text ? host_utf16_length((const uint16_t *)text) : 0;
    return name;
}

/* The name of another type is no handle; everything else by the table. */
static HANDLE answer(NTSTATUS status, HANDLE handle, bool create)
{
    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        SetLastError(ERROR_INVALID_HANDLE);
    else if (!NT_SUCCESS(status))
        SetLastError(RtlNtStatusToDosError(status));
    else if (create)
        SetLastError(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return NT_SUCCESS(status) ? handle : NULL;
}

static HANDLE create_object(const struct ob_class *class, LPSECURITY_ATTRIBUTES attributes, const struct name *name,
                            struct ob_sync_initial initial)
{
    HANDLE handle = NULL;
    bool inherit = attributes && attributes->bInheritHandle;
    ACCESS_MASK access = class->type->valid_access;
    unsigned flags = inherit ? OB_INHERIT : 0;
    NTSTATUS status;
    if (name->text && name->length)
        status = ob_open_named(class, name->text, name->length, OB_CREATE, access, flags, &initial, &handle);
    else
        status = ob_open_unnamed(class, inherit, access, flags, &initial, &handle);
    return answer(status, handle, true);
}

static HANDLE open_object(const struct ob_class *class, DWORD access, BOOL inherit, const struct name *name)
{
    HANDLE handle = NULL;
    if (!name->text)
        return answer(STATUS_INVALID_PARAMETER, NULL, false);
    NTSTATUS status =
        ob_open_named(class, name->text, name->length, OB_OPEN, access, inherit ? OB_INHERIT : 0, NULL, &handle);
    return answer(status, handle, false);
}

#define OPEN_FACES(Type, class)                                                                                        \
    HANDLE WINAPI Open##Type##A(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)                             \
    {                                                                                                                  \
        struct name name;                                                                                              \
        return wide_name(lpName, &name) ? open_object(class, dwDesiredAccess, bInheritHandle, &name) : NULL;           \
    }                                                                                                                  \
    HANDLE WINAPI Open##Type##W(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)                            \
    {                                                                                                                  \
        struct name name = name_of(lpName);                                                                            \
        return open_object(class, dwDesiredAccess, bInheritHandle, &name);                                             \
    }
OPEN_FACES(Event, &ob_event_class)
OPEN_FACES(Mutex, &ob_mutant_class)
OPEN_FACES(Semaphore, &ob_semaphore_class)

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState,
                           LPCSTR lpName)
{
    struct name name;
    struct ob_sync_initial initial = {bInitialState != 0, bManualReset != 0};
    return wide_name(lpName, &name) ? create_object(&ob_event_class, lpEventAttributes, &name, initial) : NULL;
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState,
                           LPCWSTR lpName)
{
    struct name name = name_of(lpName);
    struct ob_sync_initial initial = {bInitialState != 0, bManualReset != 0};
    return create_object(&ob_event_class, lpEventAttributes, &name, initial);
}

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCSTR lpName)
{
    struct name name;
    struct ob_sync_initial initial = {bInitialOwner != 0, 0};
    return wide_name(lpName, &name) ? create_object(&ob_mutant_class, lpMutexAttributes, &name, initial) : NULL;
}

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCWSTR lpName)
{
    struct name name = name_of(lpName);
    struct ob_sync_initial initial = {bInitialOwner != 0, 0};
    return create_object(&ob_mutant_class, lpMutexAttributes, &name, initial);
}

static HANDLE create_semaphore(LPSECURITY_ATTRIBUTES attributes, LONG count, LONG maximum, const struct name *name)
{
    struct ob_sync_initial initial = {count, maximum};
    if (maximum <= 0 || count < 0 || count > maximum)
        return answer(STATUS_INVALID_PARAMETER, NULL, false);
    return create_object(&ob_semaphore_class, attributes, name, initial);
}

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount,
                               LPCSTR lpName)
{
    struct name name;
    return wide_name(lpName, &name) ? create_semaphore(lpSemaphoreAttributes, lInitialCount, lMaximumCount, &name)
                                    : NULL;
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount, LONG lMaximumCount,
                               LPCWSTR lpName)
{
    struct name name = name_of(lpName);
    return create_semaphore(lpSemaphoreAttributes, lInitialCount, lMaximumCount, &name);
}

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

/* The wait itself, with the calling thread's asynchronous procedures when it is alertable. */
static NTSTATUS wait_objects(struct ob_object *const *objects, unsigned count, bool all, int64_t deadline,
                             bool alertable)
{
    NTSTATUS status = ob_wait(objects, count, all, deadline, alertable ? base_thread_alert() : NULL);
    if (status == STATUS_USER_APC)
        base_thread_run_apcs();
    return status;
}

static bool has_duplicates(const HANDLE *handles, DWORD count)
{
    for (DWORD i = 0; i < count; i++)
        for (DWORD j = 0; j < i; j++)
            if (handles[i] == handles[j])
                return true;
    return false;
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll, DWORD dwMilliseconds,
                                      BOOL bAlertable)
{
    struct ob_object *objects[OB_WAIT_MAXIMUM];
    if (nCount == 0 || nCount > OB_WAIT_MAXIMUM || (bWaitAll && has_duplicates(lpHandles, nCount)))
        return wait_result(STATUS_INVALID_PARAMETER);
    int64_t deadline = dwMilliseconds ? base_deadline(dwMilliseconds) : 0;
    NTSTATUS status = STATUS_SUCCESS;
    DWORD found = 0;
    for (; found < nCount && NT_SUCCESS(status); found++)
        status = ob_lookup(lpHandles[found], NULL, SYNCHRONIZE, &objects[found], NULL);
    if (NT_SUCCESS(status))
        status = wait_objects(objects, nCount, bWaitAll, deadline, bAlertable);
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
    status = wait_objects(&object, 1, false, dwMilliseconds ? base_deadline(dwMilliseconds) : 0, bAlertable);
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
            status = wait_objects(&awaited, 1, false, dwMilliseconds ? base_deadline(dwMilliseconds) : 0, bAlertable);
        ob_dereference(awaited);
    }
    ob_dereference(signaled);
    return wait_result(status);
}

DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable)
{
    if (bAlertable) {
        NTSTATUS status = wait_objects(NULL, 0, false, dwMilliseconds ? base_deadline(dwMilliseconds) : 0, true);
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
