/* workingset_watch.c: the faults of the process, for who watches its working set. Calls mm to start paging, without
 * which no fault is seen. */
#include <ntstatus.h>

#include "mm/mm.h"
#include "nt/process.h"
#include "nt/workingset.h"
#include "pager/pager.h"
#include "pager/watch.h"

static NTSTATUS own(HANDLE process)
{
    int pid;
    NTSTATUS status = nt_process_id(process, PROCESS_QUERY_INFORMATION, &pid);
    return status >= 0 && pid != 0 ? (NTSTATUS)STATUS_NOT_SUPPORTED : status;
}

NTSTATUS nt_watch_working_set(HANDLE process)
{
    NTSTATUS status = own(process);
    if (status < 0)
        return status;
    if (pager_watch_faults() != 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    return mm_start_paging() == 0 ? STATUS_SUCCESS : (NTSTATUS)STATUS_NOT_SUPPORTED;
}

NTSTATUS nt_take_watched(HANDLE process, size_t room, void (*put)(void *, size_t, const struct watch_record *),
                         void *context, size_t *count, size_t *lost)
{
    NTSTATUS status = own(process);
    if (status < 0)
        return status;
    if (!watch_is_on())
        return STATUS_UNSUCCESSFUL;
    size_t found = watch_take(room, put, context, lost);
    if (found == 0)
        return STATUS_NO_MORE_ENTRIES;
    *count = found;
    return found > room ? (NTSTATUS)STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}
