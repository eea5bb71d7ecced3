/* process.c: from a process handle to the process; see process.h. */
#include "nt/process.h"

#include <ntstatus.h>
#include <unistd.h>

#include "nt/nt.h"
#include "ps/process.h"

static NTSTATUS identify(HANDLE process, ACCESS_MASK any_of, ACCESS_MASK all_of, int *pid)
{
    struct ob_object *object;
    ACCESS_MASK granted;
    if (process == NT_CURRENT_PROCESS) {
        *pid = 0;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = ob_lookup(process, &ps_process_type, 0, &object, &granted);
    if (status < 0)
        return status;
    struct ps_process *other = (struct ps_process *)object;
    if ((any_of && !(granted & any_of)) || (all_of & ~granted))
        status = STATUS_ACCESS_DENIED;
    else if (ps_process_ended(other))
        status = STATUS_PROCESS_IS_TERMINATING;
    else
        *pid = other->own ? 0 : other->pid;
    ob_dereference(object);
    return status;
}

NTSTATUS nt_process_id(HANDLE process, ACCESS_MASK any_of, int *pid)
{
    return identify(process, any_of, 0, pid);
}

NTSTATUS nt_process_with(HANDLE process, ACCESS_MASK all_of, int *pid)
{
    return identify(process, 0, all_of, pid);
}

NTSTATUS nt_process_ended(HANDLE process, ACCESS_MASK any_of, struct nt_ended *ended)
{
    struct ob_object *object;
    ACCESS_MASK granted;
    if (process == NT_CURRENT_PROCESS)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ob_lookup(process, &ps_process_type, 0, &object, &granted);
    if (status < 0)
        return status;
    struct ps_process *other = (struct ps_process *)object;
    if (any_of && !(granted & any_of))
        status = STATUS_ACCESS_DENIED;
    else if (!ps_process_ended(other))
        status = STATUS_INVALID_PARAMETER;
    else
        *ended = (struct nt_ended){.pid = other->pid,
                                   .parent = other->begun ? getpid() : 0,
                                   .resident_peak = other->spent.resident_peak,
                                   .faults = other->spent.faults,
                                   .used = other->spent.known};
    if (status == STATUS_SUCCESS)
        status = ps_process_exit_code(other, &ended->exit_code);
    ob_dereference(object);
    return status;
}
