/* processmisc.c: what programs ask and tell about processes, threads and processors besides memory: times,
 * descriptions, priorities, handles, where they run. From /proc and the C library. */
#include <processthreadsapi.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>
#include <utilapiset.h>
#include <wow64apiset.h>

#include "base/base.h"
#include "host/list.h"
#include "host/process.h"
#include "host/utf.h"
#include "ob/ob.h"
#include "ps/process.h"
#include "ps/thread.h"
#include "win32/win32.h"

#define TICKS_PER_SECOND 10000000ull

int base_process_id(HANDLE process, ACCESS_MASK access)
{
    struct ob_object *object;
    if (!win32_status(ob_lookup(process, &ps_process_type, access, &object, NULL)))
        return 0;
    int id = ((struct ps_process *)object)->pid;
    ob_dereference(object);
    return id;
}

int base_thread_of(HANDLE thread, ACCESS_MASK access)
{
    struct ob_object *object;
    if (!win32_status(ob_lookup(thread, &ps_thread_type, access, &object, NULL)))
        return 0;
    int id = atomic_load(&((struct ps_thread *)object)->id);
    ob_dereference(object);
    return id;
}

static int process_number(HANDLE process)
{
    return base_process_id(process, PROCESS_QUERY_LIMITED_INFORMATION);
}

/* ---- what the process is ---- */

BOOL IsWow64Process(HANDLE process, PBOOL wow64)
{
    if (!process_number(process))
        return FALSE;
    *wow64 = FALSE;
    return TRUE;
}

BOOL IsWow64Process2(HANDLE process, USHORT *machine, USHORT *native)
{
    if (!process_number(process))
        return FALSE;
    *machine = IMAGE_FILE_MACHINE_UNKNOWN; /* not under WOW64 */
    if (native)
        *native = IMAGE_FILE_MACHINE_AMD64;
    return TRUE;
}

/* Of this process the handle table's; of another what the kernel has open for it, which is near. */
BOOL GetProcessHandleCount(HANDLE process, PDWORD count)
{
    char name[32];
    int id = process_number(process);
    if (!id)
        return FALSE;
    if (id == getpid()) {
        *count = (DWORD)ob_handle_count();
        return TRUE;
    }
    snprintf(name, sizeof name, "/proc/%d/fd", id);
    struct host_list files;
    if (host_list_open(&files, name) != 0)
        return win32_error(ERROR_ACCESS_DENIED);
    *count = 0;
    for (const char *entry; (entry = host_list_next(&files, NULL));)
        *count += entry[0] != '.';
    host_list_close(&files);
    return TRUE;
}

VOID GetStartupInfoW(LPSTARTUPINFOW information)
{
    memset(information, 0, sizeof *information);
    information->cb = sizeof *information;
}

VOID GetStartupInfoA(LPSTARTUPINFOA information)
{
    memset(information, 0, sizeof *information);
    information->cb = sizeof *information;
}

/* ---- priorities: this process' is kept and told, another's is the kernel's nice value ---- */

static const struct {
    DWORD class;
    int nice;
} priorities[] = {{IDLE_PRIORITY_CLASS, 15},         {BELOW_NORMAL_PRIORITY_CLASS, 5}, {NORMAL_PRIORITY_CLASS, 0},
                  {ABOVE_NORMAL_PRIORITY_CLASS, -5}, {HIGH_PRIORITY_CLASS, -10},       {REALTIME_PRIORITY_CLASS, -20}};
#define PRIORITIES (sizeof priorities / sizeof *priorities)

static struct {
    _Atomic DWORD priority_class; /* 0: never set */
    _Atomic ULONG foreground;     /* in background mode the memory priority before it, + 1; else 0 */
} processmisc_state;

DWORD GetPriorityClass(HANDLE process)
{
    int id = process_number(process);
    if (!id)
        return 0;
    if (id == getpid())
        return processmisc_state.priority_class ? processmisc_state.priority_class : NORMAL_PRIORITY_CLASS;
    errno = 0;
    int nice = getpriority(PRIO_PROCESS, (id_t)id);
    for (size_t i = 0; i < PRIORITIES && errno == 0; i++)
        if (nice >= priorities[i].nice)
            return priorities[i].class;
    return NORMAL_PRIORITY_CLASS; /* and of one that has ended */
}

/* Background mode: of this process only, as documented; here the mode is that of its memory. */
static BOOL change_mode(int id, bool background)
{
    MEMORY_PRIORITY_INFORMATION before, priority = {MEMORY_PRIORITY_VERY_LOW};
    ULONG foreground = processmisc_state.foreground;
    if (id != getpid())
        return win32_error(ERROR_INVALID_PARAMETER);
    if (background == (foreground != 0))
        return win32_error(background ? ERROR_PROCESS_MODE_ALREADY_BACKGROUND : ERROR_PROCESS_MODE_NOT_BACKGROUND);
    if (!background)
        priority.MemoryPriority = foreground - 1;
    if (!GetProcessInformation(GetCurrentProcess(), ProcessMemoryPriority, &before, sizeof before) ||
        !SetProcessInformation(GetCurrentProcess(), ProcessMemoryPriority, &priority, sizeof priority))
        return FALSE;
    processmisc_state.foreground = background ? before.MemoryPriority + 1 : 0;
    return TRUE;
}

BOOL SetPriorityClass(HANDLE process, DWORD class)
{
    int id = base_process_id(process, PROCESS_SET_INFORMATION);
    size_t i = 0;
    if (!id)
        return FALSE;
    if (class == PROCESS_MODE_BACKGROUND_BEGIN || class == PROCESS_MODE_BACKGROUND_END)
        return change_mode(id, class == PROCESS_MODE_BACKGROUND_BEGIN);
    while (i < PRIORITIES && priorities[i].class != class)
        i++;
    if (i == PRIORITIES)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (id == getpid())
        processmisc_state.priority_class = class;
    else if (setpriority(PRIO_PROCESS, (id_t)id, priorities[i].nice) != 0)
        return win32_error(ERROR_ACCESS_DENIED);
    return TRUE;
}

/* ---- times ---- */

static FILETIME file_time(unsigned long long ticks)
{
    return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

BOOL GetSystemTimes(PFILETIME idle, PFILETIME kernel, PFILETIME user)
{
    unsigned long long t[5] = {0}, unit = TICKS_PER_SECOND / (unsigned long long)sysconf(_SC_CLK_TCK);
    char text[256];
    (void)host_text_read("/proc/stat", text, sizeof text);
    if (sscanf(text, "cpu %llu %llu %llu %llu %llu", &t[0], &t[1], &t[2], &t[3], &t[4]) != 5)
        return win32_error(ERROR_GEN_FAILURE);
    if (idle)
        *idle = file_time((t[3] + t[4]) * unit);
    if (kernel)
        *kernel = file_time((t[2] + t[3] + t[4]) * unit); /* with the idle time, as documented */
    if (user)
        *user = file_time((t[0] + t[1]) * unit);
    return TRUE;
}

/* Of a thread that has ended: what was noted then. */
BOOL GetThreadTimes(HANDLE thread, LPFILETIME creation, LPFILETIME end, LPFILETIME kernel, LPFILETIME user)
{
    struct ob_object *object;
    struct ps_thread_times times;
    NTSTATUS status = ob_lookup(thread, &ps_thread_type, THREAD_QUERY_LIMITED_INFORMATION, &object, NULL);
    if (NT_SUCCESS(status)) {
        status = ps_thread_times((struct ps_thread *)object, &times);
        ob_dereference(object);
    }
    if (!win32_status(status))
        return FALSE;
    *creation = file_time(times.begun);
    *end = file_time(times.ended);
    *kernel = file_time(times.kernel);
    *user = file_time(times.user);
    return TRUE;
}

/* The kernel does not count what is neither read nor written. */
BOOL GetProcessIoCounters(HANDLE process, PIO_COUNTERS counters)
{
    uint64_t transfers[4];
    int id = process_number(process);
    if (!id)
        return FALSE;
    if (host_process_transfers(id, transfers) != 0)
        return win32_error(ERROR_ACCESS_DENIED);
    *counters = (IO_COUNTERS){transfers[0], transfers[1], 0, transfers[2], transfers[3], 0};
    return TRUE;
}

/* ---- descriptions ---- */

static HRESULT hresult(DWORD error)
{
    return error ? (HRESULT)(0x80070000u | error) : 0;
}

/* The kernel's name of the thread, of which it keeps fifteen bytes. False for no handle of a thread. */
static bool name_path(HANDLE thread, char path[64])
{
    DWORD id = GetThreadId(thread);
    snprintf(path, 64, "/proc/self/task/%u/comm", id);
    return id != 0;
}

HRESULT SetThreadDescription(HANDLE thread, PCWSTR description)
{
    char text[1024], path[64];
    if (host_utf16_to_utf8((const uint16_t *)description, SIZE_MAX, NULL, 0, 0) > sizeof text)
        return hresult(ERROR_INVALID_PARAMETER);
    size_t size = host_utf16_to_utf8((const uint16_t *)description, SIZE_MAX, text, sizeof text, 0);
    int file = name_path(thread, path) ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return hresult(ERROR_INVALID_HANDLE);
    ssize_t written = write(file, text, size - 1);
    close(file);
    return written < 0 ? hresult(ERROR_GEN_FAILURE) : 0;
}

HRESULT GetThreadDescription(HANDLE thread, PWSTR *description)
{
    char text[64], path[64];
    if (!name_path(thread, path) || !host_text_read(path, text, sizeof text))
        return hresult(ERROR_INVALID_HANDLE);
    text[strcspn(text, "\n")] = 0;
    size_t units = host_utf8_to_utf16(text, SIZE_MAX, NULL, 0, 0);
    *description = LocalAlloc(LMEM_FIXED, units * sizeof(WCHAR)); /* LocalFree gives it back */
    if (!*description)
        return hresult(ERROR_NOT_ENOUGH_MEMORY);
    host_utf8_to_utf16(text, SIZE_MAX, (uint16_t *)*description, units, 0);
    return 0;
}

/* ---- processors ---- */

DWORD GetActiveProcessorCount(WORD group)
{
    if (group != 0 && group != ALL_PROCESSOR_GROUPS)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    return (DWORD)sysconf(_SC_NPROCESSORS_ONLN);
}

DWORD GetMaximumProcessorCount(WORD group)
{
    if (group != 0 && group != ALL_PROCESSOR_GROUPS)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    return (DWORD)sysconf(_SC_NPROCESSORS_CONF);
}

WORD GetActiveProcessorGroupCount(VOID)
{
    return 1;
}

WORD GetMaximumProcessorGroupCount(VOID)
{
    return 1;
}

VOID GetCurrentProcessorNumberEx(PPROCESSOR_NUMBER number)
{
    *number = (PROCESSOR_NUMBER){.Number = (BYTE)GetCurrentProcessorNumber()};
}

/* ---- pointers in disguise: a program's own business; the same value always comes back ---- */

#define SYSTEM_DISGUISE ((ULONG_PTR)0x9E3779B97F4A7C15)

static ULONG_PTR disguise(void)
{
    static ULONG_PTR cookie;
    if (!cookie)
        cookie = ((ULONG_PTR)&cookie * 0x9E3779B97F4A7C15ull) | 1;
    return cookie;
}

PVOID EncodePointer(PVOID pointer)
{
    return (PVOID)((ULONG_PTR)pointer ^ disguise());
}

PVOID DecodePointer(PVOID pointer)
{
    return (PVOID)((ULONG_PTR)pointer ^ disguise());
}

/* Pointers that processes share have one disguise for all of them. */
PVOID EncodeSystemPointer(PVOID pointer)
{
    return (PVOID)((ULONG_PTR)pointer ^ SYSTEM_DISGUISE);
}

PVOID DecodeSystemPointer(PVOID pointer)
{
    return (PVOID)((ULONG_PTR)pointer ^ SYSTEM_DISGUISE);
}

/* ---- barriers ---- */

struct barrier {
    _Atomic uint32_t round;
    _Atomic LONG left;
    LONG total;
    LONG spin;
    _Atomic uint32_t inside; /* threads that have not left it yet */
};
_Static_assert(sizeof(struct barrier) <= sizeof(SYNCHRONIZATION_BARRIER), "fits");

BOOL InitializeSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER memory, LONG total, LONG spin)
{
    struct barrier *barrier = (struct barrier *)memory;
    if (total <= 0 || spin < -1)
        return win32_error(ERROR_INVALID_PARAMETER);
    memset(memory, 0, sizeof *memory);
    barrier->total = total;
    barrier->spin = spin;
    atomic_init(&barrier->left, total);
    return TRUE;
}

/* TRUE for the last that comes. */
BOOL EnterSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER memory, DWORD flags)
{
    struct barrier *barrier = (struct barrier *)memory;
    atomic_fetch_add(&barrier->inside, 1);
    uint32_t round = atomic_load(&barrier->round);
    (void)flags;
    bool last = atomic_fetch_sub(&barrier->left, 1) == 1;
    if (last) {
        atomic_store(&barrier->left, barrier->total);
        atomic_fetch_add(&barrier->round, 1);
        host_futex_wake(&barrier->round, barrier->total, false);
    }
    while (!last && atomic_load(&barrier->round) == round)
        host_futex_wait(&barrier->round, round, HOST_FOREVER, false);
    if (atomic_fetch_sub(&barrier->inside, 1) == 1) /* from here on it may be gone */
        host_futex_wake(&barrier->inside, 1, false);
    return last;
}

/* As documented: who was let go by it may still be on the way out, and is waited for. */
BOOL DeleteSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER memory)
{
    struct barrier *barrier = (struct barrier *)memory;
    for (uint32_t inside; (inside = atomic_load(&barrier->inside)) != 0;)
        host_futex_wait(&barrier->inside, inside, HOST_FOREVER, false);
    return TRUE;
}
