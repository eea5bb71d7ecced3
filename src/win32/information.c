/* information.c: Set/GetProcessInformation and Set/GetThreadInformation, the classes that concern memory. The priority
 * of the process goes to the pages it has; a thread's is kept and told, pages have none of their own thread. */
#include <processthreadsapi.h>
#include <stdatomic.h>
#include <string.h>
#include <winerror.h>

#include "mm/mm.h"
#include "nt/process.h"
#include "pager/pager.h"
#include "win32/win32.h"

static _Atomic ULONG process_priority = MEMORY_PRIORITY_NORMAL;
static __thread ULONG thread_priority;
static __thread BOOL thread_priority_set;

static NTSTATUS take_priority(const void *information, DWORD size, ULONG *priority)
{
    if (size != sizeof(MEMORY_PRIORITY_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    *priority = ((const MEMORY_PRIORITY_INFORMATION *)information)->MemoryPriority;
    return *priority > MEMORY_PRIORITY_NORMAL ? (NTSTATUS)STATUS_INVALID_PARAMETER : 0;
}

static NTSTATUS own_process(HANDLE process, ACCESS_MASK access)
{
    int pid;
    return nt_process_id(process, access, &pid);
}

BOOL SetProcessInformation(HANDLE process, PROCESS_INFORMATION_CLASS class, LPVOID information, DWORD size)
{
    ULONG priority;
    NTSTATUS status = own_process(process, PROCESS_SET_INFORMATION);
    if (status < 0)
        return win32_status(status);
    if (!information)
        return win32_error(ERROR_INVALID_PARAMETER);
    switch (class) {
    case ProcessMemoryPriority:
        status = take_priority(information, size, &priority);
        if (status < 0)
            return win32_status(status);
        atomic_store(&process_priority, priority);
        pager_set_priority(0, SIZE_MAX, priority ? priority : 1); /* the pages it has, too */
        return TRUE;
    case ProcessMemoryExhaustionInfo: {
        const PROCESS_MEMORY_EXHAUSTION_INFO *info = information;
        if (size != sizeof *info)
            return win32_error(ERROR_BAD_LENGTH);
        if (info->Version != PME_CURRENT_VERSION || info->Type != PMETypeFailFastOnCommitFailure || info->Value > 1)
            return win32_error(ERROR_INVALID_PARAMETER);
        if (info->Value)
            return win32_error(ERROR_NOT_SUPPORTED); /* commit that fails is an error here, never the end */
        return TRUE;
    }
    default:
        return win32_error(ERROR_INVALID_PARAMETER);
    }
}

static void app_memory(APP_MEMORY_INFORMATION *information)
{
    struct pager_commit commit;
    pager_get_commit(&commit);
    information->AvailableCommit = (ULONG64)(commit.limit - commit.total) * MM_PAGE;
    information->PrivateCommitUsage = (ULONG64)commit.total * MM_PAGE;
    information->PeakPrivateCommitUsage = (ULONG64)commit.peak * MM_PAGE;
    information->TotalCommitUsage = (ULONG64)commit.total * MM_PAGE;
}

BOOL GetProcessInformation(HANDLE process, PROCESS_INFORMATION_CLASS class, LPVOID information, DWORD size)
{
    NTSTATUS status = own_process(process, PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION);
    if (status < 0)
        return win32_status(status);
    if (!information)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (class == ProcessMemoryPriority) {
        if (size != sizeof(MEMORY_PRIORITY_INFORMATION))
            return win32_error(ERROR_BAD_LENGTH);
        ((MEMORY_PRIORITY_INFORMATION *)information)->MemoryPriority = atomic_load(&process_priority);
        return TRUE;
    }
    if (class == ProcessAppMemoryInfo) {
        if (size != sizeof(APP_MEMORY_INFORMATION))
            return win32_error(ERROR_BAD_LENGTH);
        app_memory(information);
        return TRUE;
    }
    return win32_error(ERROR_INVALID_PARAMETER);
}

/* Only the calling thread's priority can be set: it is kept in the thread itself. */
BOOL SetThreadInformation(HANDLE thread, THREAD_INFORMATION_CLASS class, LPVOID information, DWORD size)
{
    ULONG priority;
    if (!thread)
        return win32_error(ERROR_INVALID_HANDLE);
    if (class != ThreadMemoryPriority || !information)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (thread != GetCurrentThread())
        return win32_error(ERROR_NOT_SUPPORTED);
    NTSTATUS status = take_priority(information, size, &priority);
    if (status < 0)
        return win32_status(status);
    thread_priority = priority;
    thread_priority_set = TRUE;
    return TRUE;
}

BOOL GetThreadInformation(HANDLE thread, THREAD_INFORMATION_CLASS class, LPVOID information, DWORD size)
{
    if (!thread)
        return win32_error(ERROR_INVALID_HANDLE);
    if (class != ThreadMemoryPriority || !information)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (size != sizeof(MEMORY_PRIORITY_INFORMATION))
        return win32_error(ERROR_BAD_LENGTH);
    if (thread != GetCurrentThread())
        return win32_error(ERROR_NOT_SUPPORTED);
    ((MEMORY_PRIORITY_INFORMATION *)information)->MemoryPriority =
        thread_priority_set ? thread_priority : atomic_load(&process_priority);
    return TRUE;
}
