/* target.c: which process a handle means; see nt.h. Calls ob. */
#include "nt/nt.h"

NTSTATUS nt_process_target(HANDLE process, ACCESS_MASK access, bool *self)
{
    (void)access; /* the pseudo-handle has every right */
    if (process != NT_CURRENT_PROCESS)
        return STATUS_INVALID_HANDLE;
    *self = true;
    return STATUS_SUCCESS;
}
