/* process.c: from a process handle to the process; see process.h. */
#include "nt/process.h"

#include <ntstatus.h>

#include "nt/nt.h"

NTSTATUS nt_process_id(HANDLE process, ACCESS_MASK any_of, int *pid)
{
    bool self = false;
    NTSTATUS status = nt_process_target(process, any_of, &self);
    if (status < 0)
        return status;
    if (!self)
        return STATUS_NOT_SUPPORTED;
    *pid = 0;
    return STATUS_SUCCESS;
}
