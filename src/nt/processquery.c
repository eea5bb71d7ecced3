/* processquery.c: NtQueryInformationProcess and NtSetInformationProcess: the classes that are documented, and those
 * that concern memory. Calls host, ob and workingset. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <limits.h>
#include <ntstatus.h>
#include <processthreadsapi.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <winternl.h>

#include "host/machine.h"
#include "host/proc.h"
#include "host/process.h"
#include "host/utf.h"
#include "nt/answer.h"
#include "nt/process.h"
#include "nt/workingset.h"
#include "ob/ob.h"

#define ASKING (PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION)

PVOID (*nt_process_block)(void);

static NTSTATUS vm_counters(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    PROCESS_MEMORY_COUNTERS_EX2 c;
    struct host_process_memory memory;
    int pid;
    NTSTATUS status = nt_memory_counters(process, &c);
    if (status >= 0)
        status = nt_process_id(process, ASKING, &pid);
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
    return nt_answer(to, length, returned, &counters,
                     length == sizeof(VM_COUNTERS) ? sizeof(VM_COUNTERS) : sizeof counters);
}

static NTSTATUS process_basic(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    int pid;
    struct nt_ended ended = {0};
    struct host_process_stat stat;
    NTSTATUS status = nt_process_id(process, ASKING, &pid);
    if (status == STATUS_PROCESS_IS_TERMINATING) {
        status = nt_process_ended(process, ASKING, &ended);
        pid = ended.pid;
    }
    if (status < 0)
        return status;
    int parent = pid == 0 ? getppid() : ended.pid ? ended.parent : host_process_stat(pid, &stat) == 0 ? stat.parent : 0;
    struct host_processor_info processors;
    host_processor_info(&processors);
    PROCESS_BASIC_INFORMATION basic = {
        .ExitStatus = ended.pid ? (NTSTATUS)ended.exit_code : STATUS_PENDING,
        .PebBaseAddress = pid || !nt_process_block ? NULL : nt_process_block(),
        .AffinityMask = processors.count >= 64 ? ~(ULONG_PTR)0 : ((ULONG_PTR)1 << processors.count) - 1,
        .BasePriority = 8,
        .UniqueProcessId = (ULONG_PTR)(pid ? pid : getpid()),
        .InheritedFromUniqueProcessId = (ULONG_PTR)parent,
    };
    return nt_answer(to, length, returned, &basic, sizeof basic);
}

static NTSTATUS quota_limits(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    DWORD flags;
    QUOTA_LIMITS limits = {.PagedPoolLimit = (SIZE_T)-1, .NonPagedPoolLimit = (SIZE_T)-1, .PagefileLimit = (SIZE_T)-1};
    NTSTATUS status =
        nt_get_working_set_size(process, &limits.MinimumWorkingSetSize, &limits.MaximumWorkingSetSize, &flags);
    limits.TimeLimit.QuadPart = -1;
    return status < 0 ? status : nt_answer(to, length, returned, &limits, sizeof limits);
}

static NTSTATUS io_counters(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    uint64_t transfers[4];
    int pid;
    NTSTATUS status = nt_process_id(process, ASKING, &pid);
    if (status < 0)
        return status;
    if (host_process_transfers(pid ? pid : getpid(), transfers) != 0)
        return STATUS_ACCESS_DENIED;
    IO_COUNTERS counters = {transfers[0], transfers[1], 0, transfers[2], transfers[3], 0};
    return nt_answer(to, length, returned, &counters, sizeof counters);
}

/* All bits set when a debugger is attached. */
static NTSTATUS debug_port(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    char name[48], text[2048];
    int pid;
    NTSTATUS status = nt_process_id(process, ASKING, &pid);
    if (status < 0)
        return status;
    snprintf(name, sizeof name, "/proc/%d/status", pid ? pid : getpid());
    const char *tracer = host_read_text(name, text, sizeof text) > 0 ? strstr(text, "TracerPid:\t") : NULL;
    DWORD_PTR port = tracer && tracer[11] != '0' ? ~(DWORD_PTR)0 : 0;
    return nt_answer(to, length, returned, &port, sizeof port);
}

static NTSTATUS image_name(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    static const char volume[] = "\\Device\\HarddiskVolume1";
    struct {
        UNICODE_STRING name;
        WCHAR text[PATH_MAX + sizeof volume];
    } answer;
    char path[PATH_MAX + sizeof volume];
    int pid;
    NTSTATUS status = nt_process_id(process, ASKING, &pid);
    if (status < 0)
        return status;
    memcpy(path, volume, sizeof volume - 1);
    if (!host_process_image(pid, path + sizeof volume - 1, PATH_MAX))
        return STATUS_ACCESS_DENIED;
    for (char *at = path; *at; at++)
        if (*at == '/')
            *at = '\\';
    size_t units = host_utf8_to_utf16(path, SIZE_MAX, (uint16_t *)answer.text, ARRAYSIZE(answer.text), 0);
    ULONG needed = (ULONG)(sizeof(UNICODE_STRING) + units * sizeof(WCHAR));
    answer.name = (UNICODE_STRING){.Length = (USHORT)((units - 1) * sizeof(WCHAR)),
                                   .MaximumLength = (USHORT)(units * sizeof(WCHAR)),
                                   .Buffer = (PWSTR)((char *)to + sizeof(UNICODE_STRING))};
    return nt_answer(to, length < needed ? length : needed, returned, &answer, needed);
}

static NTSTATUS handle_count(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    int pid;
    NTSTATUS status = nt_process_id(process, ASKING, &pid);
    if (status >= 0 && pid)
        status = STATUS_NOT_SUPPORTED;
    ULONG count = ob_handle_count();
    return status < 0 ? status : nt_answer(to, length, returned, &count, sizeof count);
}

static NTSTATUS page_priority(HANDLE process, void *to, ULONG length, ULONG *returned)
{
    ULONG priority = 0;
    NTSTATUS status = nt_get_memory_priority(process, &priority);
    return status < 0 ? status : nt_answer(to, length, returned, &priority, sizeof priority);
}

/* What is nothing here: no WOW64, no process whose end stops the machine, one subsystem. */
static NTSTATUS nothing(HANDLE process, void *to, ULONG length, ULONG *returned, ULONG size)
{
    static const ULONG_PTR zero;
    int pid;
    NTSTATUS status = nt_process_id(process, ASKING, &pid);
    return status < 0 ? status : nt_answer(to, length, returned, &zero, size);
}

NTSTATUS NtQueryInformationProcess(HANDLE process, PROCESSINFOCLASS class, PVOID information, ULONG length,
                                   PULONG returned)
{
    switch (class) {
    case ProcessBasicInformation:
        return process_basic(process, information, length, returned);
    case ProcessQuotaLimits:
        return quota_limits(process, information, length, returned);
    case ProcessIoCounters:
        return io_counters(process, information, length, returned);
    case ProcessVmCounters:
        return vm_counters(process, information, length, returned);
    case ProcessDebugPort:
        return debug_port(process, information, length, returned);
    case ProcessHandleCount:
        return handle_count(process, information, length, returned);
    case ProcessImageFileName:
        return image_name(process, information, length, returned);
    case ProcessPagePriority:
        return page_priority(process, information, length, returned);
    case ProcessWow64Information:
        return nothing(process, information, length, returned, sizeof(ULONG_PTR));
    case ProcessBreakOnTermination:
    case ProcessSubsystemInformation:
        return nothing(process, information, length, returned, sizeof(ULONG));
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS NtSetInformationProcess(HANDLE process, PROCESSINFOCLASS class, PVOID information, ULONG length)
{
    union {
        QUOTA_LIMITS limits;
        ULONG priority;
    } given;
    ULONG size = class == ProcessQuotaLimits    ? sizeof given.limits
                 : class == ProcessPagePriority ? sizeof given.priority
                                                : 0;
    if (size == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (length != size)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = nt_copy(&given, information, size);
    if (status)
        return status;
    if (class == ProcessQuotaLimits)
        return nt_set_working_set_size(process, given.limits.MinimumWorkingSetSize, given.limits.MaximumWorkingSetSize,
                                       0);
    return given.priority > MEMORY_PRIORITY_NORMAL ? (NTSTATUS)STATUS_INVALID_PARAMETER
                                                   : nt_set_memory_priority(process, given.priority);
}
