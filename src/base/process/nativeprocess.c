/* nativeprocess.c: the native calls that open processes and threads and end them. The last error is left alone. */
#include <processthreadsapi.h>
#include <winbase.h>
#include <winmem_native.h>

#include "base/base.h"
#include "nt/probe.h"
#include "ps/process.h"
#include "ps/suspend.h"
#include "ps/thread.h"
#include "win32/win32.h"

/* What both calls take: attributes without a name, and the number of a process or of a thread. */
static NTSTATUS check(PHANDLE answer, const OBJECT_ATTRIBUTES *attributes, const CLIENT_ID *client)
{
    NTSTATUS status = nt_probe_write(answer, sizeof *answer);
    if (status == STATUS_SUCCESS)
        status = nt_probe_read(attributes, sizeof *attributes);
    if (status == STATUS_SUCCESS && client)
        status = nt_probe_read(client, sizeof *client);
    if (status != STATUS_SUCCESS)
        return status;
    if (attributes->Length != sizeof *attributes)
        return STATUS_INVALID_PARAMETER;
    if (attributes->ObjectName)
        return client ? STATUS_INVALID_PARAMETER_MIX : STATUS_OBJECT_PATH_SYNTAX_BAD;
    return client ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER_MIX;
}

static NTSTATUS give(struct ob_object *object, const struct ob_type *type, ACCESS_MASK access,
                     const OBJECT_ATTRIBUTES *attributes, PHANDLE answer)
{
    HANDLE handle = NULL;
    unsigned flags = attributes->Attributes & OBJ_INHERIT ? OB_INHERIT : 0;
    NTSTATUS status = ob_open_handle(object, ob_map_access(type, access), flags, &handle);
    ob_dereference(object);
    if (NT_SUCCESS(status))
        *answer = handle;
    return status;
}

NTSTATUS NTAPI NtOpenProcess(PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                             PCLIENT_ID ClientId)
{
    struct ps_process *process;
    NTSTATUS status = check(ProcessHandle, ObjectAttributes, ClientId);
    if (status != STATUS_SUCCESS)
        return status;
    ULONG_PTR number = (ULONG_PTR)ClientId->UniqueProcess;
    if (ClientId->UniqueThread) { /* a thread of that process */
        struct ps_thread *thread = ps_thread_find((int)(ULONG_PTR)ClientId->UniqueThread);
        if (!thread)
            return STATUS_INVALID_CID;
        ob_dereference(&thread->object);
        if (number != GetCurrentProcessId())
            return STATUS_INVALID_CID;
    }
    if (!number || number > INT32_MAX)
        return STATUS_INVALID_CID;
    ps_agent_start(); /* who looks into others may be looked into */
    status = ps_process_open((int)number, &process);
    if (!NT_SUCCESS(status))
        return status;
    return give(&process->object, &ps_process_type, DesiredAccess, ObjectAttributes, ProcessHandle);
}

NTSTATUS NTAPI NtOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            PCLIENT_ID ClientId)
{
    NTSTATUS status = check(ThreadHandle, ObjectAttributes, ClientId);
    if (status != STATUS_SUCCESS)
        return status;
    ULONG_PTR number = (ULONG_PTR)ClientId->UniqueThread, process = (ULONG_PTR)ClientId->UniqueProcess;
    struct ps_thread *thread = number && number <= INT32_MAX ? ps_thread_find((int)number) : NULL;
    if (!thread)
        return STATUS_INVALID_CID;
    if (process && process != GetCurrentProcessId()) {
        ob_dereference(&thread->object);
        return STATUS_INVALID_CID;
    }
    return give(&thread->object, &ps_thread_type, DesiredAccess, ObjectAttributes, ThreadHandle);
}

/* NULL is the caller's own process, whose other threads end before the rest; with all of them it is over at once. */
NTSTATUS NTAPI NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus)
{
    struct ob_object *object;
    if (!ProcessHandle)
        ProcessHandle = NtCurrentProcess();
    NTSTATUS status = ob_lookup(ProcessHandle, &ps_process_type, PROCESS_TERMINATE, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    struct ps_process *process = (struct ps_process *)object;
    if (process->own)
        ps_exit_now((uint32_t)ExitStatus);
    status = ps_process_terminate(process, (uint32_t)ExitStatus);
    ob_dereference(object);
    return status;
}

/* NULL is the caller. */
NTSTATUS NTAPI NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus)
{
    struct ob_object *object;
    NTSTATUS status =
        ob_lookup(ThreadHandle ? ThreadHandle : NtCurrentThread(), &ps_thread_type, THREAD_TERMINATE, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    struct ps_thread *thread = (struct ps_thread *)object;
    if (thread == ps_thread_current()) {
        ob_dereference(object); /* it does not come back to do that */
        return ps_terminate(thread, (ULONG)ExitStatus);
    }
    status = ps_terminate(thread, (ULONG)ExitStatus);
    ob_dereference(object);
    return status;
}

/* A thread in its process by its start: CreateRemoteThread underneath. */
NTSTATUS NTAPI RtlCreateUserThread(HANDLE process, PSECURITY_DESCRIPTOR security, BOOLEAN suspended, ULONG zero_bits,
                                   SIZE_T most_stack, SIZE_T stack, PVOID start, PVOID argument, PHANDLE thread,
                                   PCLIENT_ID client)
{
    HANDLE made = NULL;
    (void)security;
    NTSTATUS status = NtCreateThreadEx(&made, THREAD_ALL_ACCESS, NULL, process, start, argument, suspended ? 1 : 0,
                                       zero_bits, stack, most_stack, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (client) {
        client->UniqueProcess = (HANDLE)(ULONG_PTR)GetProcessIdOfThread(made);
        client->UniqueThread = (HANDLE)(ULONG_PTR)GetThreadId(made);
    }
    if (thread)
        *thread = made;
    else
        NtClose(made);
    return STATUS_SUCCESS;
}
