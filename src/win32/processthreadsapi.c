/* processthreadsapi.c: the faces of processes: opening, ending, exit codes, memory. */
#include <processthreadsapi.h>

#include <memoryapi.h>
#include <winbase.h>
#include <winerror.h>

#include "host/wait.h"
#include "ps/process.h"
#include "win32/win32.h"

HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId)
{
    struct ps_process *process;
    HANDLE handle = NULL;
    ps_agent_start(); /* who looks into others may be looked into */
    NTSTATUS status = ps_process_open((int)dwProcessId, &process);
    if (status == STATUS_INVALID_CID) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (NT_SUCCESS(status)) {
        ACCESS_MASK access = ob_map_access(&ps_process_type, dwDesiredAccess);
        status = ob_open_handle(&process->object, access, bInheritHandle ? OB_INHERIT : 0, &handle);
        ob_dereference(&process->object);
    }
    return win32_status(status) ? handle : NULL;
}

static struct ps_process *process_of(HANDLE handle, ACCESS_MASK access)
{
    struct ob_object *object;
    return win32_status(ob_lookup(handle, &ps_process_type, access, &object, NULL)) ? (struct ps_process *)object
                                                                                    : NULL;
}

DWORD WINAPI GetProcessId(HANDLE Process)
{
    struct ps_process *process = process_of(Process, PROCESS_QUERY_LIMITED_INFORMATION);
    if (!process)
        return 0;
    DWORD id = (DWORD)process->pid;
    ob_dereference(&process->object);
    return id;
}

BOOL WINAPI GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode)
{
    struct ps_process *process = process_of(hProcess, PROCESS_QUERY_LIMITED_INFORMATION);
    if (!process)
        return FALSE;
    uint32_t code = 0;
    NTSTATUS status = ps_process_exit_code(process, &code);
    ob_dereference(&process->object);
    if (!win32_status(status))
        return FALSE;
    *lpExitCode = code;
    return TRUE;
}

BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode)
{
    struct ps_process *process = process_of(hProcess, PROCESS_TERMINATE);
    if (!process)
        return FALSE;
    if (process->own)
        ps_exit_now(uExitCode);
    NTSTATUS status = ps_process_terminate(process, uExitCode);
    ob_dereference(&process->object);
    return win32_status(status);
}

/* Every running thread of the process has passed a barrier when it returns. */
VOID FlushProcessWriteBuffers(VOID)
{
    host_barrier();
}
