/* jobapi.c: the faces of jobs. Arguments to ps/job, statuses to the last error. */
#include <jobapi.h>

#include <string.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "host/utf.h"
#include "nt/probe.h"
#include "nt/processcall.h"
#include "ps/job.h"
#include "ps/process.h"
#include "win32/win32.h"

static HANDLE answer(NTSTATUS status, HANDLE handle, bool create)
{
    if (!NT_SUCCESS(status))
        SetLastError(status == STATUS_OBJECT_TYPE_MISMATCH ? ERROR_INVALID_HANDLE : RtlNtStatusToDosError(status));
    else if (create)
        SetLastError(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return NT_SUCCESS(status) ? handle : NULL;
}

HANDLE WINAPI CreateJobObjectW(LPSECURITY_ATTRIBUTES lpJobAttributes, LPCWSTR lpName)
{
    HANDLE handle = NULL;
    unsigned flags = lpJobAttributes && lpJobAttributes->bInheritHandle ? OB_INHERIT : 0;
    size_t length = lpName ? host_utf16_length((const uint16_t *)lpName) : 0;
    NTSTATUS status =
        length ? ob_open_named(&ps_job_class, lpName, length, OB_CREATE, JOB_OBJECT_ALL_ACCESS, flags, NULL, &handle)
               : ob_open_unnamed(&ps_job_class, true, JOB_OBJECT_ALL_ACCESS, flags, NULL, &handle);
    return answer(status, handle, true);
}

HANDLE WINAPI OpenJobObjectW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
    HANDLE handle = NULL;
    if (!lpName)
        return answer(STATUS_INVALID_PARAMETER, NULL, false);
    NTSTATUS status = ob_open_named(&ps_job_class, lpName, host_utf16_length((const uint16_t *)lpName), OB_OPEN,
                                    dwDesiredAccess, bInheritHandle ? OB_INHERIT : 0, NULL, &handle);
    return answer(status, handle, false);
}

static bool widen(LPCSTR name, WCHAR *wide)
{
    size_t units = host_utf8_to_utf16(name, strlen(name) + 1, (uint16_t *)wide, MAX_PATH, 0);
    if (units <= MAX_PATH)
        return true;
    SetLastError(ERROR_FILENAME_EXCED_RANGE);
    return false;
}

HANDLE WINAPI CreateJobObjectA(LPSECURITY_ATTRIBUTES lpJobAttributes, LPCSTR lpName)
{
    WCHAR wide[MAX_PATH + 1];
    return !lpName || widen(lpName, wide) ? CreateJobObjectW(lpJobAttributes, lpName ? wide : NULL) : NULL;
}

HANDLE WINAPI OpenJobObjectA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
    WCHAR wide[MAX_PATH + 1];
    return !lpName || widen(lpName, wide) ? OpenJobObjectW(dwDesiredAccess, bInheritHandle, lpName ? wide : NULL)
                                          : NULL;
}

static struct ob_object *job_of(HANDLE handle, ACCESS_MASK access)
{
    struct ob_object *job;
    return win32_status(ob_lookup(handle, ps_job_class.type, access, &job, NULL)) ? job : NULL;
}

static NTSTATUS assign(struct ob_object *job, HANDLE handle)
{
    bool self;
    struct ps_process *other;
    NTSTATUS status = ps_lookup(handle, PROCESS_SET_QUOTA | PROCESS_TERMINATE, &self, &other);
    if (!NT_SUCCESS(status))
        return status;
    if (self)
        return ps_job_join(job);
    if (ps_process_ended(other) || ps_job_has(job, other->pid))
        status = STATUS_ACCESS_DENIED;
    else
        status = nt_remote_join_job(handle, job);
    if (status == STATUS_NOT_SUPPORTED) /* no library there: it is listed and can be ended, its memory is not counted */
        status = ps_job_enlist(job, other->pid, ps_process_innermost(other));
    if (status == STATUS_QUOTA_EXCEEDED) /* as documented: one too many is ended */
        ps_process_terminate(other, ERROR_NOT_ENOUGH_QUOTA);
    if (NT_SUCCESS(status))
        ps_process_note_job(other, job);
    ob_dereference(&other->object);
    return status;
}

BOOL WINAPI AssignProcessToJobObject(HANDLE hJob, HANDLE hProcess)
{
    struct ob_object *job = job_of(hJob, JOB_OBJECT_ASSIGN_PROCESS);
    if (!job)
        return FALSE;
    NTSTATUS status = assign(job, hProcess);
    ps_job_look_now();
    ob_dereference(job);
    return win32_status(status);
}

/* In any: the process itself knows best; one without the library is in those that it was put into from here. */
static bool is_in_any(HANDLE handle, struct ps_process *other)
{
    struct nt_call call = {.operation = NT_CALL_IN_JOB};
    struct nt_reply reply;
    struct ob_object *job;
    if (ps_process_was_in(other, NULL))
        return true;
    for (unsigned level = 0; (job = ps_job_own(level)) != NULL; level++)
        if (ps_job_has(job, other->pid))
            return true;
    return NT_SUCCESS(nt_remote_ask(handle, PROCESS_QUERY_LIMITED_INFORMATION, &call, &reply)) && reply.value[0];
}

BOOL WINAPI IsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle, PBOOL Result)
{
    bool self, in;
    struct ps_process *other;
    struct ob_object *job = NULL;
    if (!win32_status(ps_lookup(ProcessHandle, PROCESS_QUERY_LIMITED_INFORMATION, &self, &other)))
        return FALSE;
    if (JobHandle && !(job = job_of(JobHandle, JOB_OBJECT_QUERY))) {
        if (!self)
            ob_dereference(&other->object);
        return FALSE;
    }
    if (self)
        in = job ? ps_job_has(job, getpid()) : ps_job_current() != NULL;
    else if (!job)
        in = is_in_any(ProcessHandle, other);
    else
        in = ps_process_was_in(other, job) || ps_job_has(job, other->pid);
    if (in && !self && job)
        ps_process_note_job(other, job);
    if (!self)
        ob_dereference(&other->object);
    if (job)
        ob_dereference(job);
    *Result = in;
    return TRUE;
}

BOOL WINAPI TerminateJobObject(HANDLE hJob, UINT uExitCode)
{
    struct ob_object *job = job_of(hJob, JOB_OBJECT_TERMINATE);
    if (!job)
        return FALSE;
    if (ps_job_end_others(ps_job_ledger(job), uExitCode))
        ps_exit_now(uExitCode);
    ob_dereference(job);
    return TRUE;
}

#define SERVED_LIMITS                                                                                                  \
    (JOB_OBJECT_LIMIT_WORKINGSET | JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_PROCESS_MEMORY |                 \
     JOB_OBJECT_LIMIT_PROCESS_TIME | JOB_OBJECT_LIMIT_JOB_TIME | JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME |                  \
     JOB_OBJECT_LIMIT_AFFINITY | JOB_OBJECT_LIMIT_SUBSET_AFFINITY | JOB_OBJECT_LIMIT_JOB_MEMORY |                      \
     JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK |       \
     JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION | JOB_OBJECT_LIMIT_PRIORITY_CLASS |                                   \
     JOB_OBJECT_LIMIT_SCHEDULING_CLASS)

static bool is_priority_class(DWORD class)
{
    const DWORD known = NORMAL_PRIORITY_CLASS | IDLE_PRIORITY_CLASS | HIGH_PRIORITY_CLASS | REALTIME_PRIORITY_CLASS |
                        BELOW_NORMAL_PRIORITY_CLASS | ABOVE_NORMAL_PRIORITY_CLASS;
    return class && !(class & (class - 1)) && !(class & ~known);
}

static uint64_t system_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count >= 64 ? UINT64_MAX : ((uint64_t)1 << count) - 1;
}

static NTSTATUS check_basic(const JOBOBJECT_BASIC_LIMIT_INFORMATION *basic)
{
    DWORD flags = basic->LimitFlags;
    bool bad = (flags & JOB_OBJECT_LIMIT_WORKINGSET) &&
               (basic->MinimumWorkingSetSize == 0 || basic->MaximumWorkingSetSize < basic->MinimumWorkingSetSize);
    bad |= (flags & JOB_OBJECT_LIMIT_PRIORITY_CLASS) && !is_priority_class(basic->PriorityClass);
    bad |= (flags & JOB_OBJECT_LIMIT_SCHEDULING_CLASS) && basic->SchedulingClass > 9;
    bad |= (flags & JOB_OBJECT_LIMIT_ACTIVE_PROCESS) && basic->ActiveProcessLimit == 0;
    bad |= (flags & JOB_OBJECT_LIMIT_PROCESS_TIME) && basic->PerProcessUserTimeLimit.QuadPart <= 0;
    bad |= (flags & JOB_OBJECT_LIMIT_JOB_TIME) && basic->PerJobUserTimeLimit.QuadPart <= 0;
    bad |= (flags & JOB_OBJECT_LIMIT_JOB_TIME) && (flags & JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME);
    bad |= (flags & JOB_OBJECT_LIMIT_AFFINITY) && (basic->Affinity == 0 || basic->Affinity & ~system_processors());
    bad |= (flags & JOB_OBJECT_LIMIT_SUBSET_AFFINITY) && !(flags & JOB_OBJECT_LIMIT_AFFINITY);
    return bad ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* Values first, the flags that name them last. */
static void set_basic(struct ob_object *job, const JOBOBJECT_BASIC_LIMIT_INFORMATION *basic)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    DWORD flags = basic->LimitFlags;
    if (flags & JOB_OBJECT_LIMIT_WORKINGSET) {
        atomic_store(&ledger->minimum_working_set, basic->MinimumWorkingSetSize);
        atomic_store(&ledger->maximum_working_set, basic->MaximumWorkingSetSize);
        atomic_store(&ledger->ram, basic->MaximumWorkingSetSize);
    }
    if (flags & JOB_OBJECT_LIMIT_PRIORITY_CLASS)
        atomic_store(&ledger->priority_class, basic->PriorityClass);
    if (flags & JOB_OBJECT_LIMIT_SCHEDULING_CLASS)
        atomic_store(&ledger->scheduling_class, basic->SchedulingClass);
    if (flags & JOB_OBJECT_LIMIT_ACTIVE_PROCESS)
        atomic_store(&ledger->active_limit, basic->ActiveProcessLimit);
    if (flags & JOB_OBJECT_LIMIT_PROCESS_TIME)
        atomic_store(&ledger->process_time, (uint64_t)basic->PerProcessUserTimeLimit.QuadPart);
    if (flags & JOB_OBJECT_LIMIT_JOB_TIME)
        ps_job_limit_job_time(job, (uint64_t)basic->PerJobUserTimeLimit.QuadPart);
    if (flags & JOB_OBJECT_LIMIT_AFFINITY)
        ps_job_set_affinity(job, basic->Affinity);
}

static NTSTATUS set_limits(struct ob_object *job, const JOBOBJECT_BASIC_LIMIT_INFORMATION *basic,
                           const JOBOBJECT_EXTENDED_LIMIT_INFORMATION *extended)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    DWORD flags = basic->LimitFlags;
    DWORD known = extended ? JOB_OBJECT_EXTENDED_LIMIT_VALID_FLAGS : JOB_OBJECT_BASIC_LIMIT_VALID_FLAGS;
    if (flags & ~known)
        return STATUS_INVALID_PARAMETER;
    if (flags & ~(DWORD)SERVED_LIMITS)
        return STATUS_NOT_SUPPORTED;
    NTSTATUS status = check_basic(basic);
    if (!NT_SUCCESS(status))
        return status;
    /* Not documented for the memory limits: no process would fit, as with the others of these that are zero. */
    if (extended && (((flags & JOB_OBJECT_LIMIT_PROCESS_MEMORY) && extended->ProcessMemoryLimit == 0) ||
                     ((flags & JOB_OBJECT_LIMIT_JOB_MEMORY) && extended->JobMemoryLimit == 0)))
        return STATUS_INVALID_PARAMETER;
    set_basic(job, basic);
    if (extended && (flags & JOB_OBJECT_LIMIT_PROCESS_MEMORY))
        atomic_store(&ledger->process_memory, extended->ProcessMemoryLimit);
    if (extended && (flags & JOB_OBJECT_LIMIT_JOB_MEMORY))
        atomic_store(&ledger->job_memory, extended->JobMemoryLimit);
    if (flags & JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME) /* a word for this call: what the job has of time stays */
        flags = (flags & ~(DWORD)JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME) |
                (atomic_load(&ledger->flags) & JOB_OBJECT_LIMIT_JOB_TIME);
    atomic_store(&ledger->flags, flags); /* last: what it names is complete */
    if (flags & (JOB_OBJECT_LIMIT_PROCESS_TIME | JOB_OBJECT_LIMIT_JOB_TIME))
        ps_job_keep_time(job);
    return STATUS_SUCCESS;
}

static NTSTATUS set_port(struct ob_object *job, const JOBOBJECT_ASSOCIATE_COMPLETION_PORT *port)
{
    return ps_job_tell_port(job, port->CompletionPort, (ULONG_PTR)port->CompletionKey);
}

static NTSTATUS set_ui(struct ps_job_ledger *ledger, const JOBOBJECT_BASIC_UI_RESTRICTIONS *ui)
{
    if (ui->UIRestrictionsClass & ~(DWORD)JOB_OBJECT_UI_VALID_FLAGS)
        return STATUS_INVALID_PARAMETER;
    atomic_store(&ledger->ui, ui->UIRestrictionsClass);
    return STATUS_SUCCESS;
}

/* No rate is kept: what asks for one is refused, what asks for none has it. */
static NTSTATUS set_rate(const JOBOBJECT_CPU_RATE_CONTROL_INFORMATION *rate)
{
    if (rate->ControlFlags & ~(DWORD)JOB_OBJECT_CPU_RATE_CONTROL_VALID_FLAGS)
        return STATUS_INVALID_PARAMETER;
    return rate->ControlFlags & JOB_OBJECT_CPU_RATE_CONTROL_ENABLE ? (NTSTATUS)STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

static NTSTATUS set_notices(struct ob_object *job, const JOBOBJECT_NOTIFICATION_LIMIT_INFORMATION *given)
{
    const uint64_t limit[PS_NOTICES] = {[PS_NOTICE_MEMORY] = given->JobMemoryLimit,
                                        [PS_NOTICE_TIME] = (uint64_t)given->PerJobUserTimeLimit.QuadPart,
                                        [PS_NOTICE_READ] = given->IoReadBytesLimit,
                                        [PS_NOTICE_WRITE] = given->IoWriteBytesLimit};
    if (given->LimitFlags & ~(DWORD)JOB_OBJECT_NOTIFICATION_LIMIT_VALID_FLAGS ||
        ((given->LimitFlags & JOB_OBJECT_LIMIT_JOB_TIME) && given->PerJobUserTimeLimit.QuadPart < 0))
        return STATUS_INVALID_PARAMETER;
    if (given->LimitFlags & JOB_OBJECT_LIMIT_RATE_CONTROL) /* no rate is kept */
        return STATUS_NOT_SUPPORTED;
    ps_job_set_notices(job, given->LimitFlags, limit);
    return STATUS_SUCCESS;
}

static NTSTATUS set(struct ob_object *job, JOBOBJECTINFOCLASS class, const void *from, DWORD size)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    union {
        JOBOBJECT_BASIC_LIMIT_INFORMATION limits;
        JOBOBJECT_EXTENDED_LIMIT_INFORMATION extended;
        JOBOBJECT_ASSOCIATE_COMPLETION_PORT port;
        JOBOBJECT_BASIC_UI_RESTRICTIONS ui;
        JOBOBJECT_END_OF_JOB_TIME_INFORMATION end;
        JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate;
        JOBOBJECT_NOTIFICATION_LIMIT_INFORMATION notices;
        USHORT group;
    } given;
    DWORD needed = class == JobObjectExtendedLimitInformation             ? sizeof(given.extended)
                   : class == JobObjectBasicLimitInformation              ? sizeof(JOBOBJECT_BASIC_LIMIT_INFORMATION)
                   : class == JobObjectAssociateCompletionPortInformation ? sizeof(JOBOBJECT_ASSOCIATE_COMPLETION_PORT)
                   : class == JobObjectBasicUIRestrictions                ? sizeof(JOBOBJECT_BASIC_UI_RESTRICTIONS)
                   : class == JobObjectEndOfJobTimeInformation      ? sizeof(JOBOBJECT_END_OF_JOB_TIME_INFORMATION)
                   : class == JobObjectCpuRateControlInformation    ? sizeof(given.rate)
                   : class == JobObjectNotificationLimitInformation ? sizeof(given.notices)
                   : class == JobObjectGroupInformation             ? sizeof(given.group)
                                                                    : 0;
    if (needed == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (size != needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = nt_copy(&given, from, size);
    if (status)
        return status;
    switch (class) {
    case JobObjectExtendedLimitInformation:
        return set_limits(job, &given.extended.BasicLimitInformation, &given.extended);
    case JobObjectBasicLimitInformation:
        return set_limits(job, &given.limits, NULL);
    case JobObjectAssociateCompletionPortInformation:
        return set_port(job, &given.port);
    case JobObjectBasicUIRestrictions:
        return set_ui(ledger, &given.ui);
    case JobObjectCpuRateControlInformation:
        return set_rate(&given.rate);
    case JobObjectNotificationLimitInformation:
        return set_notices(job, &given.notices);
    case JobObjectGroupInformation: /* there is one group */
        return given.group ? (NTSTATUS)STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    default:
        if (given.end.EndOfJobTimeAction > JOB_OBJECT_POST_AT_END_OF_JOB)
            return STATUS_INVALID_PARAMETER;
        atomic_store(&ledger->at_end, given.end.EndOfJobTimeAction);
        return STATUS_SUCCESS;
    }
}

BOOL WINAPI SetInformationJobObject(HANDLE hJob, JOBOBJECTINFOCLASS JobObjectInformationClass,
                                    LPVOID lpJobObjectInformation, DWORD cbJobObjectInformationLength)
{
    struct ob_object *job = job_of(hJob, JOB_OBJECT_SET_ATTRIBUTES);
    if (!job)
        return FALSE;
    NTSTATUS status = set(job, JobObjectInformationClass, lpJobObjectInformation, cbJobObjectInformationLength);
    ob_dereference(job);
    ps_job_balance();
    return win32_status(status);
}

static NTSTATUS give(const void *from, DWORD size, void *to, DWORD room, DWORD *returned)
{
    if (room < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = nt_copy(to, from, size);
    return status || !returned ? status : nt_copy(returned, &size, sizeof size);
}

static void fill_limits(struct ps_job_ledger *ledger, JOBOBJECT_EXTENDED_LIMIT_INFORMATION *limits)
{
    memset(limits, 0, sizeof(*limits));
    limits->BasicLimitInformation.LimitFlags = atomic_load(&ledger->flags);
    limits->BasicLimitInformation.ActiveProcessLimit = atomic_load(&ledger->active_limit);
    limits->BasicLimitInformation.MinimumWorkingSetSize = atomic_load(&ledger->minimum_working_set);
    limits->BasicLimitInformation.MaximumWorkingSetSize = atomic_load(&ledger->maximum_working_set);
    DWORD flags = limits->BasicLimitInformation.LimitFlags;
    limits->BasicLimitInformation.PriorityClass =
        flags & JOB_OBJECT_LIMIT_PRIORITY_CLASS ? atomic_load(&ledger->priority_class) : 0x20;
    limits->BasicLimitInformation.SchedulingClass =
        flags & JOB_OBJECT_LIMIT_SCHEDULING_CLASS ? atomic_load(&ledger->scheduling_class) : 5;
    limits->BasicLimitInformation.PerProcessUserTimeLimit.QuadPart = (LONGLONG)atomic_load(&ledger->process_time);
    limits->BasicLimitInformation.PerJobUserTimeLimit.QuadPart = (LONGLONG)atomic_load(&ledger->job_time);
    limits->BasicLimitInformation.Affinity = flags & JOB_OBJECT_LIMIT_AFFINITY ? atomic_load(&ledger->affinity) : 0;
    limits->ProcessMemoryLimit = atomic_load(&ledger->process_memory);
    limits->JobMemoryLimit = atomic_load(&ledger->job_memory);
    limits->PeakProcessMemoryUsed = atomic_load(&ledger->peak_process);
    limits->PeakJobMemoryUsed = atomic_load(&ledger->peak_job);
}

static void fill_accounting(struct ob_object *job, JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION *accounting)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION *basic = &accounting->BasicInfo;
    uint64_t spent[PS_JOB_SPENT], period;
    ps_job_spent(job, spent, &period);
    *accounting =
        (JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION){.IoInfo = {.ReadOperationCount = spent[PS_SPENT_READS],
                                                                   .WriteOperationCount = spent[PS_SPENT_WRITES],
                                                                   .ReadTransferCount = spent[PS_SPENT_READ_BYTES],
                                                                   .WriteTransferCount = spent[PS_SPENT_WRITE_BYTES]}};
    basic->TotalUserTime.QuadPart = (LONGLONG)spent[PS_SPENT_USER];
    basic->TotalKernelTime.QuadPart = (LONGLONG)spent[PS_SPENT_KERNEL];
    basic->ThisPeriodTotalUserTime.QuadPart = (LONGLONG)period;
    basic->ThisPeriodTotalKernelTime.QuadPart = (LONGLONG)spent[PS_SPENT_KERNEL];
    basic->TotalPageFaultCount = (DWORD)spent[PS_SPENT_FAULTS];
    basic->TotalProcesses = atomic_load(&ps_job_ledger(job)->total_processes);
    basic->TotalTerminatedProcesses = atomic_load(&ps_job_ledger(job)->terminated);
    basic->ActiveProcesses = ps_job_members(job, NULL, 0);
}

static void fill_notices(struct ps_job_notice *notice, JOBOBJECT_NOTIFICATION_LIMIT_INFORMATION *limits,
                         JOBOBJECT_LIMIT_VIOLATION_INFORMATION *violation)
{
    *limits = (JOBOBJECT_NOTIFICATION_LIMIT_INFORMATION){
        .IoReadBytesLimit = atomic_load(&notice->limit[PS_NOTICE_READ]),
        .IoWriteBytesLimit = atomic_load(&notice->limit[PS_NOTICE_WRITE]),
        .PerJobUserTimeLimit.QuadPart = (LONGLONG)atomic_load(&notice->limit[PS_NOTICE_TIME]),
        .JobMemoryLimit = atomic_load(&notice->limit[PS_NOTICE_MEMORY]),
        .LimitFlags = atomic_load(&notice->flags)};
    *violation = (JOBOBJECT_LIMIT_VIOLATION_INFORMATION){.LimitFlags = limits->LimitFlags,
                                                         .ViolationLimitFlags = atomic_load(&notice->passed),
                                                         .IoReadBytes = atomic_load(&notice->had[PS_NOTICE_READ]),
                                                         .IoReadBytesLimit = limits->IoReadBytesLimit,
                                                         .IoWriteBytes = atomic_load(&notice->had[PS_NOTICE_WRITE]),
                                                         .IoWriteBytesLimit = limits->IoWriteBytesLimit,
                                                         .PerJobUserTime.QuadPart =
                                                             (LONGLONG)atomic_load(&notice->had[PS_NOTICE_TIME]),
                                                         .PerJobUserTimeLimit = limits->PerJobUserTimeLimit,
                                                         .JobMemory = atomic_load(&notice->had[PS_NOTICE_MEMORY]),
                                                         .JobMemoryLimit = limits->JobMemoryLimit};
}

static KAFFINITY all_processors(void)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwActiveProcessorMask;
}

static NTSTATUS give_ids(struct ob_object *job, void *buffer, DWORD room, DWORD *returned)
{
    JOBOBJECT_BASIC_PROCESS_ID_LIST *list = buffer;
    int pids[PS_JOB_MEMBERS];
    if (room < sizeof(*list))
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = nt_probe_write(list, room);
    if (status == STATUS_SUCCESS && returned)
        status = nt_probe_write(returned, sizeof *returned);
    if (status)
        return status;
    unsigned count = ps_job_members(job, pids, PS_JOB_MEMBERS);
    DWORD fits = 1 + (room - (DWORD)sizeof(*list)) / (DWORD)sizeof(ULONG_PTR);
    list->NumberOfAssignedProcesses = count;
    list->NumberOfProcessIdsInList = count < fits ? count : fits;
    for (DWORD i = 0; i < list->NumberOfProcessIdsInList; i++)
        list->ProcessIdList[i] = (ULONG_PTR)pids[i];
    if (returned)
        *returned = 8 + list->NumberOfProcessIdsInList * (DWORD)sizeof(ULONG_PTR);
    return count > fits ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS query(struct ob_object *job, JOBOBJECTINFOCLASS class, void *buffer, DWORD room, DWORD *returned)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION accounting;
    JOBOBJECT_BASIC_UI_RESTRICTIONS ui = {atomic_load(&ledger->ui)};
    JOBOBJECT_END_OF_JOB_TIME_INFORMATION at_end = {atomic_load(&ledger->at_end)};
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate = {.ControlFlags = 0};
    GROUP_AFFINITY group = {.Group = 0};
    JOBOBJECT_NOTIFICATION_LIMIT_INFORMATION notices;
    JOBOBJECT_LIMIT_VIOLATION_INFORMATION violation;
    fill_notices(&ledger->notice, &notices, &violation);
    switch (class) {
    case JobObjectExtendedLimitInformation:
        fill_limits(ledger, &limits);
        return give(&limits, sizeof(limits), buffer, room, returned);
    case JobObjectBasicLimitInformation:
        fill_limits(ledger, &limits);
        return give(&limits.BasicLimitInformation, sizeof(limits.BasicLimitInformation), buffer, room, returned);
    case JobObjectBasicAccountingInformation:
        fill_accounting(job, &accounting);
        return give(&accounting.BasicInfo, sizeof(accounting.BasicInfo), buffer, room, returned);
    case JobObjectBasicAndIoAccountingInformation:
        fill_accounting(job, &accounting);
        return give(&accounting, sizeof(accounting), buffer, room, returned);
    case JobObjectBasicUIRestrictions:
        return give(&ui, sizeof(ui), buffer, room, returned);
    case JobObjectEndOfJobTimeInformation:
        return give(&at_end, sizeof(at_end), buffer, room, returned);
    case JobObjectCpuRateControlInformation:
        return give(&rate, sizeof rate, buffer, room, returned);
    case JobObjectNotificationLimitInformation:
        return give(&notices, sizeof notices, buffer, room, returned);
    case JobObjectLimitViolationInformation:
        return give(&violation, sizeof violation, buffer, room, returned);
    case JobObjectGroupInformation:
        return give(&group.Group, sizeof group.Group, buffer, room, returned);
    case JobObjectGroupInformationEx:
        fill_limits(ledger, &limits);
        group.Mask = limits.BasicLimitInformation.Affinity;
        group.Mask = group.Mask ? group.Mask : all_processors();
        return give(&group, sizeof group, buffer, room, returned);
    case JobObjectBasicProcessIdList:
        return give_ids(job, buffer, room, returned);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

BOOL WINAPI QueryInformationJobObject(HANDLE hJob, JOBOBJECTINFOCLASS JobObjectInformationClass,
                                      LPVOID lpJobObjectInformation, DWORD cbJobObjectInformationLength,
                                      LPDWORD lpReturnLength)
{
    struct ob_object *job = hJob ? job_of(hJob, JOB_OBJECT_QUERY) : ps_job_current();
    if (!job)
        return hJob ? FALSE : win32_error(ERROR_ACCESS_DENIED); /* NULL: the caller's own job, which it has not */
    if (!hJob)
        ob_reference(job);
    NTSTATUS status =
        query(job, JobObjectInformationClass, lpJobObjectInformation, cbJobObjectInformationLength, lpReturnLength);
    ob_dereference(job);
    if (status == STATUS_BUFFER_OVERFLOW)
        return win32_error(ERROR_MORE_DATA);
    return win32_status(status);
}
