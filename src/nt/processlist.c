/* processlist.c: SystemProcessInformation of NtQuerySystemInformation: a structure a process, those of its threads and
 * its name behind it. From /proc; of this process the library's own numbers. Calls host, ob and workingset. */
#include "nt/processlist.h"

#include <limits.h>
#include <ntstatus.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/machine.h"
#include "host/proc.h"
#include "host/process.h"
#include "host/utf.h"
#include "nt/probe.h"
#include "nt/workingset.h"
#include "ob/ob.h"

#define PRIORITY 8
enum { RUNNING = 2, WAITING = 5, USER_REQUEST = 6 };

struct list {
    char *to;
    ULONG length, needed; /* given; of what there is so far */
    ULONG last;           /* where the last process begins */
    ULONG threads;        /* of the process in hand */
    int process;
    NTSTATUS status; /* nothing is put down any more after a failure, but counted */
};

static void put(struct list *list, ULONG at, const void *from, ULONG size)
{
    if (list->status == 0 && (size > list->length || at > list->length - size))
        list->status = STATUS_INFO_LENGTH_MISMATCH;
    if (list->status == 0)
        list->status = nt_copy(list->to + at, from, size);
}

static void add_thread(void *context, int id)
{
    char name[64], text[512];
    struct list *list = context;
    snprintf(name, sizeof name, "/proc/%d/task/%d/stat", list->process, id);
    const char *close = host_read_text(name, text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    bool runs = close && close[1] == ' ' && close[2] == 'R';
    SYSTEM_THREAD_INFORMATION thread = {
        .ClientId = {(HANDLE)(ULONG_PTR)list->process, (HANDLE)(ULONG_PTR)id},
        .Priority = PRIORITY,
        .BasePriority = PRIORITY,
        .ThreadState = runs ? RUNNING : WAITING,
        .WaitReason = runs ? 0 : USER_REQUEST,
    };
    put(list, list->needed, &thread, sizeof thread);
    list->needed += sizeof thread;
    list->threads++;
}

/* The file of its program, or what the kernel calls it. The units without the terminator, 0: it does not fit. */
static size_t image_of(int id, WCHAR *name, size_t room)
{
    char link[32], path[PATH_MAX];
    if (!host_process_image(id, path, sizeof path)) {
        snprintf(link, sizeof link, "/proc/%d/comm", id);
        ssize_t size = host_read_text(link, path, sizeof path);
        path[size > 0 ? size - 1 : 0] = 0; /* without the end of the line */
    }
    const char *slash = strrchr(path, '/');
    size_t units = host_utf8_to_utf16(slash ? slash + 1 : path, SIZE_MAX, (uint16_t *)name, room, 0);
    return units && units <= room ? units - 1 : 0;
}

static void memory_of(int id, SYSTEM_PROCESS_INFORMATION *process)
{
    PROCESS_MEMORY_COUNTERS_EX2 own;
    struct host_process_memory memory;
    if (host_process_memory(id, &memory) == 0) {
        process->PeakVirtualSize = memory.virtual_peak;
        process->VirtualSize = memory.virtual_size;
        process->PeakWorkingSetSize = memory.resident_peak;
        process->WorkingSetSize = memory.resident;
        process->PagefileUsage = process->PeakPagefileUsage = process->PrivatePageCount =
            memory.private_resident + memory.swapped;
    }
    if (id == getpid() && nt_memory_counters(NtCurrentProcess(), &own) == 0) {
        process->PeakWorkingSetSize = own.PeakWorkingSetSize;
        process->WorkingSetSize = own.WorkingSetSize;
        process->QuotaPagedPoolUsage = own.QuotaPagedPoolUsage;
        process->QuotaNonPagedPoolUsage = own.QuotaNonPagedPoolUsage;
        process->PagefileUsage = own.PagefileUsage;
        process->PeakPagefileUsage = own.PeakPagefileUsage;
        process->PrivatePageCount = own.PrivateUsage;
        process->HandleCount = ob_handle_count();
    }
}

static void add_process(void *context, int id)
{
    char tasks[32];
    WCHAR name[256];
    struct list *list = context;
    struct host_process_stat stat;
    ULONG at = list->needed;
    if (host_process_stat(id, &stat) != 0 || stat.dead)
        return;
    list->process = id;
    list->threads = 0;
    list->needed = at + (ULONG)sizeof(SYSTEM_PROCESS_INFORMATION);
    snprintf(tasks, sizeof tasks, "/proc/%d/task", id);
    (void)host_each_number(tasks, add_thread, list);
    USHORT bytes = (USHORT)(image_of(id, name, ARRAYSIZE(name)) * sizeof(WCHAR));
    name[bytes / sizeof(WCHAR)] = 0;
    SYSTEM_PROCESS_INFORMATION process = {
        .NumberOfThreads = list->threads,
        .ImageName = {bytes, (USHORT)(bytes + sizeof(WCHAR)), (PWSTR)(list->to + list->needed)},
        .BasePriority = PRIORITY,
        .UniqueProcessId = (HANDLE)(ULONG_PTR)id,
        .Reserved2 = (PVOID)(ULONG_PTR)stat.parent,
    };
    memcpy(process.Reserved1 + 32, &stat.user, 8); /* as is known of it */
    memcpy(process.Reserved1 + 40, &stat.kernel, 8);
    memory_of(id, &process);
    put(list, list->needed, name, (ULONG)(bytes + sizeof(WCHAR)));
    put(list, at, &process, sizeof process);
    if (at)
        put(list, list->last, &(ULONG){at - list->last}, sizeof(ULONG)); /* NextEntryOffset */
    list->last = at;
    list->needed += (ULONG)(bytes + sizeof(WCHAR) + 7) & ~7u;
}

NTSTATUS nt_list_processes(void *to, ULONG length, ULONG *returned)
{
    struct list list = {.to = to, .length = length};
    if (host_each_number("/proc", add_process, &list) != 0)
        return STATUS_UNSUCCESSFUL;
    if (list.status == 0 && list.needed > length) /* the last name's filling */
        list.status = STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS told = returned ? nt_copy(returned, &list.needed, sizeof list.needed) : STATUS_SUCCESS;
    return told ? told : list.status;
}
