/* sysinfoapi.c: the faces that tell of the machine: pages and addresses, physical memory and commit, NUMA nodes.
 * Figures come from host and from the pager's commit ledger; nothing is kept here. */
#include "host/machine.h"
#include "host/system.h"
#include "mm/mm.h"
#include "mm/stack.h"
#include "nt/notification.h"
#include "pager/pager.h"
#include "win32/win32.h"

#include <memoryapi.h>
#include <sysinfoapi.h>
#include <winbase.h>
#include <winerror.h>

#define LOWEST_ADDRESS ((uintptr_t)0x10000)

void GetSystemInfo(LPSYSTEM_INFO info)
{
    struct host_processor_info processors;
    host_processor_info(&processors);
    *info = (SYSTEM_INFO){
        .wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64,
        .dwPageSize = MM_PAGE,
        .lpMinimumApplicationAddress = (void *)LOWEST_ADDRESS,
        .lpMaximumApplicationAddress = (void *)MM_HIGHEST_ADDRESS,
        .dwActiveProcessorMask = processors.count >= 64 ? ~(DWORD_PTR)0 : ((DWORD_PTR)1 << processors.count) - 1,
        .dwNumberOfProcessors = processors.count,
        .dwProcessorType = PROCESSOR_AMD_X8664,
        .dwAllocationGranularity = MM_GRANULE,
        .wProcessorLevel = (WORD)processors.family,
        .wProcessorRevision = (WORD)(processors.model << 8 | processors.stepping),
    };
}

void GetNativeSystemInfo(LPSYSTEM_INFO info)
{
    GetSystemInfo(info);
}

static NTSTATUS memory_status(MEMORYSTATUSEX *status)
{
    struct nt_physical memory;
    struct pager_commit commit;
    NTSTATUS result = nt_physical_memory(&memory);
    if (result < 0)
        return result;
    mm_stack_settle();
    pager_get_commit(&commit);
    uint64_t limit = (uint64_t)commit.limit * MM_PAGE, total = (uint64_t)commit.total * MM_PAGE;
    struct host_process_memory own = {0};
    (void)host_process_memory(0, &own);
    status->ullTotalPhys = memory.total;
    status->ullAvailPhys = memory.available;
    status->ullTotalPageFile = limit;
    status->ullAvailPageFile = total < limit ? limit - total : 0;
    status->ullTotalVirtual = MM_HIGHEST_ADDRESS - LOWEST_ADDRESS + 1;
    status->ullAvailVirtual = status->ullTotalVirtual - own.virtual_size;
    status->ullAvailExtendedVirtual = 0;
    status->dwMemoryLoad = (DWORD)((status->ullTotalPhys - status->ullAvailPhys) * 100 / status->ullTotalPhys);
    return STATUS_SUCCESS;
}

BOOL GlobalMemoryStatusEx(LPMEMORYSTATUSEX status)
{
    if (status->dwLength != sizeof *status)
        return win32_error(ERROR_INVALID_PARAMETER);
    return win32_status(memory_status(status));
}

/* Never fails, never touches the last error, ignores the length it is given. */
void GlobalMemoryStatus(LPMEMORYSTATUS status)
{
    MEMORYSTATUSEX wide = {0};
    if (memory_status(&wide) < 0)
        return;
    *status = (MEMORYSTATUS){
        .dwLength = sizeof *status,
        .dwMemoryLoad = wide.dwMemoryLoad,
        .dwTotalPhys = wide.ullTotalPhys,
        .dwAvailPhys = wide.ullAvailPhys,
        .dwTotalPageFile = wide.ullTotalPageFile,
        .dwAvailPageFile = wide.ullAvailPageFile,
        .dwTotalVirtual = wide.ullTotalVirtual,
        .dwAvailVirtual = wide.ullAvailVirtual,
    };
}

/* What the firmware tells is for root only; the kernel's total rounded up to whole GiB is what modules add up to. */
BOOL GetPhysicallyInstalledSystemMemory(PULONGLONG kilobytes)
{
    struct host_memory_info memory;
    if (!kilobytes)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (host_memory_info(&memory) != 0)
        return win32_error(ERROR_INVALID_DATA);
    *kilobytes = (memory.total + (1ull << 30) - 1) / (1ull << 30) * (1ull << 20);
    return TRUE;
}

BOOL GetNumaHighestNodeNumber(PULONG highest)
{
    if (!highest)
        return win32_error(ERROR_INVALID_PARAMETER);
    *highest = host_numa_highest_node();
    return TRUE;
}

BOOL GetNumaAvailableMemoryNodeEx(USHORT node, PULONGLONG available)
{
    uint64_t bytes;
    if (!available || node > host_numa_highest_node() || host_numa_free(node, &bytes) != 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    *available = bytes;
    return TRUE;
}

BOOL GetNumaProcessorNodeEx(PPROCESSOR_NUMBER processor, PUSHORT node)
{
    struct host_processor_info processors;
    host_processor_info(&processors);
    if (!processor || !node || processor->Group != 0 || processor->Reserved || processor->Number >= processors.count) {
        if (node)
            *node = 0xFFFF;
        return win32_error(ERROR_INVALID_PARAMETER);
    }
    *node = (USHORT)host_numa_node_of(processor->Number);
    return TRUE;
}

BOOL GetNumaProcessorNode(UCHAR processor, PUCHAR node)
{
    PROCESSOR_NUMBER number = {.Group = 0, .Number = processor};
    USHORT wide = 0xFF;
    BOOL known = GetNumaProcessorNodeEx(&number, &wide);
    if (node)
        *node = (UCHAR)wide;
    return known;
}

BOOL GetNumaNodeProcessorMask(UCHAR node, PULONGLONG mask)
{
    struct host_processor_info processors;
    ULONG highest;
    host_processor_info(&processors);
    if (!GetNumaHighestNodeNumber(&highest) || node > highest)
        return win32_error(ERROR_INVALID_PARAMETER);
    ULONGLONG found = 0;
    for (unsigned i = 0; i < processors.count && i < 64; i++)
        found |= host_numa_node_of(i) == node ? 1ull << i : 0;
    *mask = found;
    return TRUE;
}

BOOL GetNumaAvailableMemoryNode(UCHAR node, PULONGLONG available)
{
    return GetNumaAvailableMemoryNodeEx(node, available);
}

/* Bad memory is the kernel's affair here (it unmaps poisoned pages and sends SIGBUS): nothing to report ahead. */
BOOL GetMemoryErrorHandlingCapabilities(PULONG capabilities)
{
    if (!capabilities)
        return win32_error(ERROR_INVALID_PARAMETER);
    *capabilities = 0;
    return TRUE;
}
