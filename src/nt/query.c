/* query.c: NtQuerySystemInformation: the classes that concern memory, and the clock. Calls host and pager. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <ntstatus.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winternl.h>

#include "host/machine.h"
#include "host/proc.h"
#include "host/system.h"
#include "host/utf.h"
#include "mm/mm.h"
#include "mm/stack.h"
#include "nt/answer.h"
#include "nt/notification.h"
#include "nt/pagefile.h"
#include "nt/processlist.h"
#include "pager/pager.h"

#define LOWEST_ADDRESS 0x10000

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
    return nt_answer(to, length, returned, &basic, sizeof basic);
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
    return nt_answer(to, length, returned, &lists, sizeof lists);
}

static NTSTATUS performance(void *to, ULONG length, ULONG *returned)
{
    struct nt_physical physical;
    struct pager_commit commit;
    NTSTATUS status = nt_physical_memory(&physical);
    if (status < 0)
        return status;
    mm_stack_settle();
    pager_get_commit(&commit);
    SYSTEM_PERFORMANCE_INFORMATION answer = {
        .AvailablePages = (ULONG)(physical.available / MM_PAGE),
        .CommittedPages = (ULONG)commit.total,
        .CommitLimit = (ULONG)commit.limit,
        .PeakCommitment = (ULONG)commit.peak,
    };
    /* the system's own structure has grown: what is longer than the documented one is taken too */
    return nt_answer(to, length > sizeof answer ? (ULONG)sizeof answer : length, returned, &answer, sizeof answer);
}

static LONGLONG ticks(const struct timespec *time)
{
    return time->tv_sec * 10000000ll + time->tv_nsec / 100;
}

/* A buffer may be shorter, not longer. */
static NTSTATUS time_of_day(void *to, ULONG length, ULONG *returned)
{
    const LONGLONG from_1601 = 11644473600ll * 10000000;
    struct timespec now, up;
    SYSTEM_TIMEOFDAY_INFORMATION answer = {.TimeZoneId = 0};
    if (length > sizeof answer)
        return STATUS_INFO_LENGTH_MISMATCH;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    answer.CurrentTime.QuadPart = ticks(&now) + from_1601;
    answer.BootTime.QuadPart = answer.CurrentTime.QuadPart - ticks(&up);
    return nt_answer(to, length, returned, &answer, length);
}

/* One structure a processor; as many as the buffer takes. Time that a processor idles is time in the kernel too. */
static NTSTATUS processor_times(char *to, ULONG length, ULONG *returned)
{
    enum { USER, NICE, SYSTEM, IDLE, WAIT, FIELDS };
    const unsigned long long unit = 10000000ull / (unsigned long long)sysconf(_SC_CLK_TCK);
    char text[16384];
    ULONG done = 0;
    const ULONG size = sizeof(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION);
    if (length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (host_read_text("/proc/stat", text, sizeof text) <= 0)
        return STATUS_UNSUCCESSFUL;
    for (const char *line = strstr(text, "\ncpu"); line && done + size <= length; line = strstr(line + 1, "\ncpu")) {
        unsigned long long t[FIELDS];
        if (sscanf(line, "\ncpu%*u %llu %llu %llu %llu %llu", &t[USER], &t[NICE], &t[SYSTEM], &t[IDLE], &t[WAIT]) !=
            FIELDS)
            break;
        SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION answer = {.IdleTime = {.QuadPart = 0}};
        answer.IdleTime.QuadPart = (LONGLONG)((t[IDLE] + t[WAIT]) * unit);
        answer.KernelTime.QuadPart = (LONGLONG)((t[SYSTEM] + t[IDLE] + t[WAIT]) * unit);
        answer.UserTime.QuadPart = (LONGLONG)((t[USER] + t[NICE]) * unit);
        NTSTATUS status = nt_copy(to + done, &answer, size);
        if (status)
            return status;
        done += size;
    }
    return returned ? nt_copy(returned, &done, sizeof done) : STATUS_SUCCESS;
}

static NTSTATUS file_cache(void *to, ULONG length, ULONG *returned)
{
    struct host_memory_info memory;
    if (host_memory_info(&memory) != 0)
        return STATUS_UNSUCCESSFUL;
    SYSTEM_FILECACHE_INFORMATION answer = {
        .CurrentSize = memory.cached,
        .PeakSize = memory.cached,
        .MinimumWorkingSet = 1,
        .MaximumWorkingSet = memory.total / MM_PAGE,
        .CurrentSizeIncludingTransitionInPages = memory.cached / MM_PAGE,
        .PeakSizeIncludingTransitionInPages = memory.cached / MM_PAGE,
    };
    return nt_answer(to, length, returned, &answer, sizeof answer);
}

/* The counter is read without a call of the kernel. */
static NTSTATUS performance_counter(void *to, ULONG length, ULONG *returned)
{
    SYSTEM_QUERY_PERFORMANCE_COUNTER_INFORMATION answer = {.Version = 1, .ValidFlags = {.KernelTransition = 1}};
    return nt_answer(to, length, returned, &answer, sizeof answer);
}

/* One structure a file, its name behind it. */
static NTSTATUS paging_files(char *to, ULONG length, ULONG *returned)
{
    struct nt_pagefile file;
    WCHAR text[ARRAYSIZE(file.name)];
    ULONG needed = 0, last = 0;
    NTSTATUS status = length < sizeof(SYSTEM_PAGEFILE_INFORMATION) ? (NTSTATUS)STATUS_INFO_LENGTH_MISMATCH : 0;
    for (unsigned i = 0; nt_pagefile_get(i, &file); i++) {
        size_t units = host_utf8_to_utf16(file.name, SIZE_MAX, (uint16_t *)text, ARRAYSIZE(text), 0);
        ULONG at = needed, bytes = (ULONG)(units * sizeof(WCHAR));
        SYSTEM_PAGEFILE_INFORMATION answer = {.TotalSize = (ULONG)file.size,
                                              .TotalInUse = (ULONG)file.in_use,
                                              .PeakUsage = (ULONG)file.peak,
                                              .PageFileName = {.Length = (USHORT)(bytes - sizeof(WCHAR)),
                                                               .MaximumLength = (USHORT)bytes,
                                                               .Buffer = (PWSTR)(to + at + sizeof answer)}};
        needed += ((ULONG)sizeof answer + bytes + 7) & ~7u;
        if (status == 0 && length < needed)
            status = STATUS_INFO_LENGTH_MISMATCH;
        if (status == 0 && i)
            status = nt_copy(to + last, &(ULONG){at - last}, sizeof(ULONG)); /* NextEntryOffset */
        if (status == 0)
            status = nt_copy(to + at, &answer, sizeof answer);
        if (status == 0)
            status = nt_copy(to + at + sizeof answer, text, bytes);
        last = at;
    }
    NTSTATUS told = returned ? nt_copy(returned, &needed, sizeof needed) : STATUS_SUCCESS;
    return told ? told : status;
}

NTSTATUS NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS class, PVOID information, ULONG length, PULONG returned)
{
    switch (class) {
    case SystemBasicInformation:
        return basic_information(information, length, returned);
    case SystemMemoryListInformation:
        return memory_lists(information, length, returned);
    case SystemPerformanceInformation:
        return performance(information, length, returned);
    case SystemTimeOfDayInformation:
        return time_of_day(information, length, returned);
    case SystemProcessInformation:
        return nt_list_processes(information, length, returned);
    case SystemProcessorPerformanceInformation:
        return processor_times(information, length, returned);
    case SystemFileCacheInformation:
        return file_cache(information, length, returned);
    case SystemQueryPerformanceCounterInformation:
        return performance_counter(information, length, returned);
    case SystemPagefileInformation:
        return paging_files(information, length, returned);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}
