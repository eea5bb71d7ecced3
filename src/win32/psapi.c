/* psapi.c: the faces of psapi.h and of the working-set calls of memoryapi.h; the K32 names are the same functions. */
#include <memoryapi.h>
#include <psapi.h>
#include <stdbool.h>
#include <string.h>
#include <winbase.h>
#include <winerror.h>

#include "host/machine.h"
#include "host/system.h"
#include "mm/mm.h"
#include "mm/stack.h"
#include "nt/notification.h"
#include "nt/process.h"
#include "nt/probe.h"
#include "nt/workingset.h"
#include "ob/ob.h"
#include "pager/pager.h"
#include "win32/win32.h"

#define K32(type, name) __attribute__((alias(#name))) type K32##name

BOOL GetProcessMemoryInfo(HANDLE process, PPROCESS_MEMORY_COUNTERS counters, DWORD size)
{
    PROCESS_MEMORY_COUNTERS_EX2 all;
    static const DWORD sizes[] = {sizeof(PROCESS_MEMORY_COUNTERS_EX2), sizeof(PROCESS_MEMORY_COUNTERS_EX),
                                  sizeof(PROCESS_MEMORY_COUNTERS)};
    if (size < sizeof(PROCESS_MEMORY_COUNTERS))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    NTSTATUS status = nt_memory_counters(process, &all);
    if (status < 0)
        return win32_status(status);
    DWORD form = 0;
    for (int i = 2; i >= 0; i--)
        if (size >= sizes[i])
            form = sizes[i];
    all.cb = form;
    return win32_status(nt_copy(counters, &all, form));
}
K32(BOOL, GetProcessMemoryInfo)(HANDLE, PPROCESS_MEMORY_COUNTERS, DWORD);

BOOL GetPerformanceInfo(PPERFORMANCE_INFORMATION information, DWORD size)
{
    struct host_memory_info memory;
    struct nt_physical physical;
    struct pager_commit commit;
    uint32_t processes = 0, threads = 0;
    if (size < sizeof *information)
        return win32_error(ERROR_BAD_LENGTH);
    if (host_memory_info(&memory) != 0 || nt_physical_memory(&physical) < 0)
        return win32_status(STATUS_UNSUCCESSFUL);
    (void)host_count_tasks(&processes, &threads);
    mm_stack_settle();
    pager_get_commit(&commit);
    *information = (PERFORMANCE_INFORMATION){
        .cb = sizeof *information,
        .CommitTotal = commit.total,
        .CommitLimit = commit.limit,
        .CommitPeak = commit.peak,
        .PhysicalTotal = physical.total / MM_PAGE,
        .PhysicalAvailable = physical.available / MM_PAGE,
        .SystemCache = memory.cached / MM_PAGE,
        .KernelTotal = memory.kernel_slab / MM_PAGE,
        .KernelPaged = 0,
        .KernelNonpaged = memory.kernel_slab / MM_PAGE,
        .PageSize = MM_PAGE,
        .HandleCount = ob_handle_count(),
        .ProcessCount = processes,
        .ThreadCount = threads,
    };
    return TRUE;
}
K32(BOOL, GetPerformanceInfo)(PPERFORMANCE_INFORMATION, DWORD);

/* Documented: asks for more than setting the limits that do the same. */
BOOL EmptyWorkingSet(HANDLE process)
{
    int pid;
    NTSTATUS status = nt_process_with(process, PROCESS_SET_QUOTA | PROCESS_QUERY_LIMITED_INFORMATION, &pid);
    return win32_status(status ? status : nt_empty_working_set(process));
}
K32(BOOL, EmptyWorkingSet)(HANDLE);

BOOL QueryWorkingSet(HANDLE process, PVOID buffer, DWORD size)
{
    int pid;
    NTSTATUS status = nt_process_with(process, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, &pid); /* documented */
    if (!status)
        status = nt_probe_write(buffer, size);
    return win32_status(status ? status : nt_query_working_set(process, buffer, size));
}
K32(BOOL, QueryWorkingSet)(HANDLE, PVOID, DWORD);

BOOL QueryWorkingSetEx(HANDLE process, PVOID buffer, DWORD size)
{
    if (size < sizeof(PSAPI_WORKING_SET_EX_INFORMATION))
        return win32_error(ERROR_BAD_LENGTH);
    NTSTATUS status = nt_probe_write(buffer, size);
    if (status)
        return win32_status(status);
    return win32_status(nt_query_working_set_ex(process, buffer, size / sizeof(PSAPI_WORKING_SET_EX_INFORMATION)));
}
K32(BOOL, QueryWorkingSetEx)(HANDLE, PVOID, DWORD);

BOOL GetProcessWorkingSetSizeEx(HANDLE process, PSIZE_T minimum, PSIZE_T maximum, PDWORD flags)
{
    if (!minimum || !maximum || !flags)
        return win32_error(ERROR_NOACCESS);
    return win32_status(nt_get_working_set_size(process, minimum, maximum, flags));
}

BOOL GetProcessWorkingSetSize(HANDLE process, PSIZE_T minimum, PSIZE_T maximum)
{
    DWORD flags;
    return GetProcessWorkingSetSizeEx(process, minimum, maximum, &flags);
}

BOOL SetProcessWorkingSetSizeEx(HANDLE process, SIZE_T minimum, SIZE_T maximum, DWORD flags)
{
    return win32_status(nt_set_working_set_size(process, minimum, maximum, flags));
}

BOOL SetProcessWorkingSetSize(HANDLE process, SIZE_T minimum, SIZE_T maximum)
{
    return SetProcessWorkingSetSizeEx(process, minimum, maximum, 0);
}

/* The system's file cache is the kernel's: it is as large as memory allows, and nobody sets it from here. */
BOOL GetSystemFileCacheSize(PSIZE_T minimum, PSIZE_T maximum, PDWORD flags)
{
    struct host_memory_info memory;
    if (!minimum || !maximum || !flags)
        return win32_error(ERROR_NOACCESS);
    if (host_memory_info(&memory) != 0)
        return win32_status(STATUS_UNSUCCESSFUL);
    *minimum = MM_PAGE;
    *maximum = memory.total;
    *flags = 0;
    return TRUE;
}

BOOL SetSystemFileCacheSize(SIZE_T minimum, SIZE_T maximum, DWORD flags)
{
    (void)minimum, (void)maximum, (void)flags;
    return win32_error(ERROR_PRIVILEGE_NOT_HELD);
}
