/* query.c: NtQuerySystemInformation, NtQueryInformationProcess, NtSetInformationProcess: the classes that concern
 * memory. Sizes are exact as in Windows: anything else is INFO_LENGTH_MISMATCH. Calls host, pager and workingset. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <ntstatus.h>
#include <string.h>
#include <unistd.h>
#include <winternl.h>

#include "host/machine.h"
#include "host/system.h"
#include "mm/mm.h"
#include "nt/probe.h"
#include "nt/process.h"
#include "nt/workingset.h"
#include "pager/pager.h"

#define LOWEST_ADDRESS 0x10000

/* Hands a filled structure over when the caller's length is exact; the needed length is told in any case. */
static NTSTATUS deliver(void *to, ULONG length, ULONG *returned, const void *from, ULONG size)
{
    NTSTATUS status = returned ? nt_copy(returned, &size, sizeof size) : STATUS_SUCCESS;
    if (status)
        return status;
    return length != size ? (NTSTATUS)STATUS_INFO_LENGTH_MISMATCH : nt_copy(to, from, size);
}

static NTSTATUS basic_information(void *to, ULONG length, ULONG *returned)
{
    struct host_memory_info memory;
    struct host_processor_info processors;
    if (host_memory_info(&memory) != 0)
        return STATUS_UNSUCCESSFUL;
    host_processor_info(&processors);
    SYSTEM_BASIC_INFORMATION basic = {
        .TimerResolution = 156250,
        .PageSize = MM_PAGE,
        .NumberOfPhysicalPages = (ULONG)(memory.total / MM_PAGE),
        .LowestPhysicalPageNumber = 1,
        .HighestPhysicalPageNumber = (ULONG)(memory.total / MM_PAGE),
        .AllocationGranularity = MM_GRANULE,
        .MinimumUserModeAddress = LOWEST_ADDRESS,
        .MaximumUserModeAddress = MM_HIGHEST_ADDRESS,
        .ActiveProcessorsAffinityMask = processors.count >= 64 ? ~(ULONG_PTR)0 : ((ULONG_PTR)1 << processors.count) - 1,
        .NumberOfProcessors = (CCHAR)(processors.count > 64 ? 64 : processors.count),
    };
    return deliver(to, length, returned, &basic, sizeof basic);
}

/* The kernel's lists, as /proc/meminfo tells them: free memory is zeroed when it is given out, so all of it is "zeroed"
 * in the sense of the class; what can be taken back without writing is standby. */
static NTSTATUS memory_lists(void *to, ULONG length, ULONG *returned)
{
    struct host_memory_info memory;
    uint64_t unused = 0;
    if (host_memory_info(&memory) != 0)
        return STATUS_UNSUCCESSFUL;
    (void)host_numa_free(0, &unused);
    SYSTEM_MEMORY_LIST_INFORMATION lists = {.ZeroPageCount = unused / MM_PAGE};
    if (memory.available > unused)
        lists.PageCountByPriority[5] = (memory.available - unused) / MM_PAGE;
    return deliver(to, length, returned, &lists, sizeof lists);
}

NTSTATUS NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS class, PVOID information, ULONG length, PULONG returned)
{
    switch (class) {
    case SystemBasicInformation:
        return basic_information(information, length, returned);
    case SystemMemoryListInformation:
        return memory_lists(information, length, returned);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

static NTSTATUS vm_counters(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    PROCESS_MEMORY_COUNTERS_EX2 c;
    struct host_process_memory memory;
    int pid;
    NTSTATUS status = nt_memory_counters(process, &c);
    if (status >= 0)
        status = nt_process_id(process, PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION, &pid);
    if (status < 0)
        return status;
    if (host_process_memory(pid, &memory) != 0)
        return STATUS_ACCESS_DENIED;
    VM_COUNTERS_EX counters = {
        .PeakVirtualSize = memory.virtual_peak,
        .VirtualSize = memory.virtual_size,
        .PageFaultCount = c.PageFaultCount,
        .PeakWorkingSetSize = c.PeakWorkingSetSize,
        .WorkingSetSize = c.WorkingSetSize,
        .QuotaPeakPagedPoolUsage = c.QuotaPeakPagedPoolUsage,
        .QuotaPagedPoolUsage = c.QuotaPagedPoolUsage,
        .PagefileUsage = c.PagefileUsage,
        .PeakPagefileUsage = c.PeakPagefileUsage,
        .PrivateUsage = c.PrivateUsage,
    };
    return deliver(to, length, returned, &counters,
                   length == sizeof(VM_COUNTERS) ? sizeof(VM_COUNTERS) : sizeof counters);
}

static NTSTATUS process_basic(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    int pid;
    NTSTATUS status = nt_process_id(process, PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION, &pid);
    if (status < 0)
        return status;
    PROCESS_BASIC_INFORMATION basic = {
        .ExitStatus = STATUS_PENDING,
        .AffinityMask = 1,
        .BasePriority = 8,
        .UniqueProcessId = (ULONG_PTR)(pid ? pid : getpid()),
        .InheritedFromUniqueProcessId = pid ? 0 : (ULONG_PTR)getppid(),
    };
    return deliver(to, length, returned, &basic, sizeof basic);
}

static NTSTATUS quota_limits(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    DWORD flags;
    QUOTA_LIMITS limits = {.PagedPoolLimit = (SIZE_T)-1, .NonPagedPoolLimit = (SIZE_T)-1, .PagefileLimit = (SIZE_T)-1};
    NTSTATUS status =
        nt_get_working_set_size(process, &limits.MinimumWorkingSetSize, &limits.MaximumWorkingSetSize, &flags);
    limits.TimeLimit.QuadPart = -1;
    return status < 0 ? status : deliver(to, length, returned, &limits, sizeof limits);
}

NTSTATUS NtQueryInformationProcess(HANDLE process, PROCESSINFOCLASS class, PVOID information, ULONG length,
                                   PULONG returned)
{
    switch (class) {
    case ProcessBasicInformation:
        return process_basic(process, information, length, returned);
    case ProcessVmCounters:
        return vm_counters(process, information, length, returned);
    case ProcessQuotaLimits:
        return quota_limits(process, information, length, returned);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NtSetInformationProcess(HANDLE process, PROCESSINFOCLASS class, PVOID information, ULONG length)
{
    if (class != ProcessQuotaLimits)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(QUOTA_LIMITS))
        return STATUS_INFO_LENGTH_MISMATCH;
    QUOTA_LIMITS limits;
    NTSTATUS status = nt_copy(&limits, information, sizeof limits);
    if (status)
        return status;
    return nt_set_working_set_size(process, limits.MinimumWorkingSetSize, limits.MaximumWorkingSetSize, 0);
}
