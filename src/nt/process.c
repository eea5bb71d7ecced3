/* process.c: from a process handle to the process; see process.h. */
#include "nt/process.h"

#include <ntstatus.h>

NTSTATUS nt_process_id(HANDLE process, ACCESS_MASK any_of, int *pid)
{
    (void)any_of; /* the pseudo-handle has all rights */
    if (process != NtCurrentProcess())
        return STATUS_INVALID_HANDLE;
    *pid = 0;
    return STATUS_SUCCESS;
}
