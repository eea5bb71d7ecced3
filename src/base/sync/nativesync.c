/* nativesync.c: the native calls on events, waits and threads. The last error is left alone. */
#include <sched.h>
#include <synchapi.h>
#include <winbase.h>
#include <winmem_native.h>

#include "base/base.h"
#include "base/thread/thread.h"
#include "nt/probe.h"
#include "ob/sync.h"
#include "ps/suspend.h"
#include "ps/thread.h"
#include "win32/win32.h"

#define MOST_OBJECTS 64

static NTSTATUS set_event(HANDLE event, bool signaled, PLONG previous)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(event, ob_event_class.type, EVENT_MODIFY_STATE, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    int32_t old = 0;
    status = ob_event_set(object, signaled, &old);
    ob_dereference(object);
    if (NT_SUCCESS(status) && previous)
        *previous = old;
    return status;
}

NTSTATUS NTAPI NtSetEvent(HANDLE event, PLONG previous)
{
    return set_event(event, true, previous);
}

NTSTATUS NTAPI NtResetEvent(HANDLE event, PLONG previous)
{
    return set_event(event, false, previous);
}

NTSTATUS NTAPI NtClearEvent(HANDLE event)
{
    return set_event(event, false, NULL);
}

NTSTATUS NTAPI NtReleaseSemaphore(HANDLE semaphore, LONG count, PLONG previous)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(semaphore, ob_semaphore_class.type, SEMAPHORE_MODIFY_STATE, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    int32_t old = 0;
    status = ob_semaphore_release(object, count, &old);
    ob_dereference(object);
    if (NT_SUCCESS(status) && previous)
        *previous = old;
    return status;
}

NTSTATUS NTAPI NtReleaseMutant(HANDLE mutant, PLONG previous)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(mutant, ob_mutant_class.type, 0, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_mutant_release(object);
    ob_dereference(object);
    if (NT_SUCCESS(status) && previous)
        *previous = 0;
    return status;
}

NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG count, PHANDLE handles, ULONG wait_any, BOOLEAN alertable,
                                        PLARGE_INTEGER timeout)
{
    struct ob_object *objects[MOST_OBJECTS];
    ULONG found = 0;
    NTSTATUS status = STATUS_SUCCESS;
    if (count == 0 || count > MOST_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    if (wait_any > 1)
        return STATUS_INVALID_PARAMETER_3;
    while (found < count && NT_SUCCESS(status = ob_lookup(handles[found], NULL, SYNCHRONIZE, &objects[found], NULL)))
        found++;
    int64_t deadline = !timeout ? HOST_FOREVER : timeout->QuadPart ? base_due(timeout->QuadPart) : 0;
    if (NT_SUCCESS(status))
        status = base_wait_objects(objects, count, !wait_any, deadline, alertable);
    for (ULONG i = 0; i < found; i++)
        ob_dereference(objects[i]);
    return status;
}

/* Procedures that are queued for the caller are called. */
NTSTATUS NTAPI NtTestAlert(VOID)
{
    SleepEx(0, TRUE);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtYieldExecution(VOID)
{
    sched_yield();
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryPerformanceCounter(PLARGE_INTEGER counter, PLARGE_INTEGER frequency)
{
    QueryPerformanceCounter(counter);
    if (frequency)
        QueryPerformanceFrequency(frequency);
    return STATUS_SUCCESS;
}

/* ---- threads ---- */

static NTSTATUS find(HANDLE handle, ACCESS_MASK access, struct ps_thread **thread)
{
    return ob_lookup(handle, &ps_thread_type, access, (struct ob_object **)thread, NULL);
}

static NTSTATUS count(NTSTATUS (*change)(struct ps_thread *, ULONG *), HANDLE handle, PULONG previous)
{
    struct ps_thread *thread;
    ULONG old = 0;
    NTSTATUS status = find(handle, THREAD_SUSPEND_RESUME, &thread);
    if (!NT_SUCCESS(status))
        return status;
    status = change(thread, &old);
    ob_dereference(&thread->object);
    if (NT_SUCCESS(status) && previous)
        *previous = old;
    return status;
}

NTSTATUS NTAPI NtSuspendThread(HANDLE handle, PULONG previous)
{
    return count(ps_suspend, handle, previous);
}

NTSTATUS NTAPI NtResumeThread(HANDLE handle, PULONG previous)
{
    return count(ps_resume, handle, previous);
}

NTSTATUS NTAPI NtGetContextThread(HANDLE handle, PCONTEXT context)
{
    struct ps_thread *thread;
    NTSTATUS status = find(handle, THREAD_GET_CONTEXT, &thread);
    if (!NT_SUCCESS(status))
        return status;
    status = ps_get_context(thread, context);
    ob_dereference(&thread->object);
    return status;
}

NTSTATUS NTAPI NtSetContextThread(HANDLE handle, PCONTEXT context)
{
    struct ps_thread *thread;
    NTSTATUS status = find(handle, THREAD_SET_CONTEXT, &thread);
    if (!NT_SUCCESS(status))
        return status;
    status = ps_set_context(thread, context);
    ob_dereference(&thread->object);
    return status;
}

/* Its environment block is told to the thread itself only: it is made when a thread asks for it. */
NTSTATUS NTAPI NtQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass,
                                        PVOID ThreadInformation, ULONG ThreadInformationLength, PULONG ReturnLength)
{
    struct ps_thread *thread;
    if (ThreadInformationClass != ThreadBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (ThreadInformationLength != sizeof(THREAD_BASIC_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = find(ThreadHandle, THREAD_QUERY_LIMITED_INFORMATION, &thread);
    if (!NT_SUCCESS(status))
        return status;
    THREAD_BASIC_INFORMATION about = {.ExitStatus = STATUS_PENDING, .AffinityMask = (ULONG_PTR)-1, .Priority = 8};
    if (atomic_load(&thread->ended))
        about.ExitStatus = (NTSTATUS)atomic_load(&thread->exit_code);
    about.TebBaseAddress = thread == ps_thread_current() ? NtCurrentTeb() : NULL;
    about.ClientId.UniqueThread = (HANDLE)(ULONG_PTR)atomic_load(&thread->id);
    about.ClientId.UniqueProcess = (HANDLE)(ULONG_PTR)(GetProcessIdOfThread(ThreadHandle));
    about.BasePriority = thread->priority;
    ob_dereference(&thread->object);
    status = nt_copy(ThreadInformation, &about, sizeof about);
    if (NT_SUCCESS(status) && ReturnLength)
        *ReturnLength = sizeof about;
    return status;
}

#define CREATE_FLAG_SUSPENDED 1u

NTSTATUS NTAPI NtCreateThreadEx(PHANDLE thread, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, HANDLE process,
                                PVOID start, PVOID argument, ULONG flags, SIZE_T zero_bits, SIZE_T stack,
                                SIZE_T most_stack, PVOID list)
{
    DWORD before = GetLastError();
    (void)access, (void)zero_bits, (void)list;
    SECURITY_ATTRIBUTES security = {sizeof security, NULL, attributes && attributes->Attributes & OBJ_INHERIT};
    DWORD how = flags & CREATE_FLAG_SUSPENDED ? CREATE_SUSPENDED : 0;
    if (most_stack)
        how |= STACK_SIZE_PARAM_IS_A_RESERVATION;
    HANDLE made = CreateRemoteThread(process, &security, most_stack ? most_stack : stack,
                                     (LPTHREAD_START_ROUTINE)(ULONG_PTR)start, argument, how, NULL);
    DWORD error = GetLastError();
    SetLastError(before);
    if (!made)
        return error == ERROR_INVALID_HANDLE  ? (NTSTATUS)STATUS_INVALID_HANDLE
               : error == ERROR_NOT_SUPPORTED ? (NTSTATUS)STATUS_NOT_SUPPORTED
               : error == ERROR_ACCESS_DENIED ? (NTSTATUS)STATUS_ACCESS_DENIED
                                              : (NTSTATUS)STATUS_NO_MEMORY;
    *thread = made;
    return STATUS_SUCCESS;
}

VOID NTAPI RtlExitUserThread(NTSTATUS status)
{
    ExitThread((DWORD)status);
}

VOID NTAPI RtlExitUserProcess(NTSTATUS status)
{
    ExitProcess((UINT)status);
}

/* ---- critical sections, the last error ---- */

NTSTATUS NTAPI RtlInitializeCriticalSection(PRTL_CRITICAL_SECTION section)
{
    InitializeCriticalSection(section);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlInitializeCriticalSectionAndSpinCount(PRTL_CRITICAL_SECTION section, ULONG spin)
{
    (void)InitializeCriticalSectionAndSpinCount(section, spin);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlInitializeCriticalSectionEx(PRTL_CRITICAL_SECTION section, ULONG spin, ULONG flags)
{
    return InitializeCriticalSectionEx(section, spin, flags) ? STATUS_SUCCESS : (NTSTATUS)STATUS_INVALID_PARAMETER_3;
}

NTSTATUS NTAPI RtlEnterCriticalSection(PRTL_CRITICAL_SECTION section)
{
    EnterCriticalSection(section);
    return STATUS_SUCCESS;
}

BOOL NTAPI RtlTryEnterCriticalSection(PRTL_CRITICAL_SECTION section)
{
    return TryEnterCriticalSection(section);
}

NTSTATUS NTAPI RtlLeaveCriticalSection(PRTL_CRITICAL_SECTION section)
{
    LeaveCriticalSection(section);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDeleteCriticalSection(PRTL_CRITICAL_SECTION section)
{
    DeleteCriticalSection(section);
    return STATUS_SUCCESS;
}

DWORD NTAPI RtlGetLastWin32Error(VOID)
{
    return GetLastError();
}

VOID NTAPI RtlSetLastWin32Error(DWORD error)
{
    SetLastError(error);
}
