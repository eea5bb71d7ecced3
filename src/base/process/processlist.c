/* processlist.c: what is asked about processes besides memory: which there are, their programs, times and processors.
 * From /proc. Sets the last error. */
#include <debugapi.h>
#include <limits.h>
#include <processthreadsapi.h>
#include <psapi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/base.h"
#include "base/path.h"
#include "host/list.h"
#include "host/process.h"
#include "host/utf.h"
#include "ps/process.h"
#include "win32/win32.h"

#define TICKS_PER_SECOND 10000000ull
#define EPOCH_DIFFERENCE 11644473600ull /* seconds from 1601 to 1970 */

/* Of a handle, this process' own included; 0 with the last error set. */
static int process_number(HANDLE process)
{
    return base_process_id(process, PROCESS_QUERY_LIMITED_INFORMATION);
}

BOOL EnumProcesses(DWORD *ids, DWORD size, LPDWORD needed)
{
    DWORD count = 0, room = size / sizeof *ids;
    struct host_list processes;
    if (host_list_open(&processes, "/proc") != 0)
        return win32_error(ERROR_ACCESS_DENIED);
    for (int id; count < room && (id = host_list_next_number(&processes));)
        ids[count++] = (DWORD)id;
    host_list_close(&processes);
    *needed = count * (DWORD)sizeof *ids;
    return TRUE;
}

__attribute__((alias("EnumProcesses"))) BOOL K32EnumProcesses(DWORD *, DWORD, LPDWORD);

static size_t image_path(HANDLE process, DWORD flags, char *path, size_t size)
{
    int id = process_number(process);
    if (!id)
        return 0;
    if (flags & ~(DWORD)PROCESS_NAME_NATIVE)
        return (size_t)win32_error(ERROR_INVALID_PARAMETER);
    if (!host_process_image(id, path, size))
        return (size_t)win32_error(ERROR_GEN_FAILURE);
    path_as_windows(path, size);
    if (!(flags & PROCESS_NAME_NATIVE))
        return strlen(path);
    static const char device[] = "\\Device\\HarddiskVolume1"; /* which the drive stands for */
    size_t prefix = sizeof device - 1, rest = strlen(path + 2);
    if (prefix + rest >= size)
        return (size_t)win32_error(ERROR_GEN_FAILURE);
    memmove(path + prefix, path + 2, rest + 1);
    memcpy(path, device, prefix);
    return prefix + rest;
}

BOOL QueryFullProcessImageNameA(HANDLE process, DWORD flags, LPSTR name, PDWORD size)
{
    char path[PATH_MAX];
    size_t length = image_path(process, flags, path, sizeof path);
    if (length == 0)
        return FALSE;
    if (length >= *size)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    memcpy(name, path, length + 1);
    *size = (DWORD)length;
    return TRUE;
}

BOOL QueryFullProcessImageNameW(HANDLE process, DWORD flags, LPWSTR name, PDWORD size)
{
    char path[PATH_MAX];
    if (image_path(process, flags, path, sizeof path) == 0)
        return FALSE;
    size_t needed = host_utf8_to_utf16(path, SIZE_MAX, NULL, 0, 0);
    if (needed > *size)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    host_utf8_to_utf16(path, SIZE_MAX, (uint16_t *)name, needed, 0);
    *size = (DWORD)needed - 1;
    return TRUE;
}

/* ---- times ---- */

static FILETIME file_time(unsigned long long ticks)
{
    return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

static unsigned long long started(unsigned long long ticks)
{
    struct timespec now, up;
    clock_gettime(CLOCK_REALTIME, &now);
    clock_gettime(CLOCK_BOOTTIME, &up);
    unsigned long long real =
        ((unsigned long long)now.tv_sec + EPOCH_DIFFERENCE) * TICKS_PER_SECOND + (unsigned long long)now.tv_nsec / 100;
    return real - (unsigned long long)up.tv_sec * TICKS_PER_SECOND - (unsigned long long)up.tv_nsec / 100 + ticks;
}

/* Of a process that has ended: what was noted then. */
static BOOL ended_times(struct ps_process *process, FILETIME times[4])
{
    if (!process->spent.known)
        return win32_error(ERROR_NOT_SUPPORTED); /* nobody told us: it was not our child */
    times[0] = file_time(process->begun);
    times[1] = file_time(process->end);
    times[2] = file_time(process->spent.kernel);
    times[3] = file_time(process->spent.user);
    return TRUE;
}

static BOOL running_times(int id, FILETIME times[4])
{
    struct host_process_stat stat;
    if (host_process_stat(id, &stat) != 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    times[0] = file_time(started(stat.born * (TICKS_PER_SECOND / (unsigned long long)sysconf(_SC_CLK_TCK))));
    times[1] = file_time(0);
    times[2] = file_time(stat.kernel);
    times[3] = file_time(stat.user);
    return TRUE;
}

BOOL GetProcessTimes(HANDLE process, LPFILETIME creation, LPFILETIME end, LPFILETIME kernel, LPFILETIME user)
{
    bool self;
    struct ps_process *other;
    FILETIME times[4];
    if (!win32_status(ps_lookup(process, PROCESS_QUERY_LIMITED_INFORMATION, &self, &other)))
        return FALSE;
    BOOL good;
    if (self) {
        good = running_times(getpid(), times);
    } else {
        good = !ps_process_ended(other) && running_times(other->pid, times);
        if (ps_process_ended(other)) /* since: what was read may be another's */
            good = ended_times(other, times);
        ob_dereference(&other->object);
    }
    if (!good)
        return FALSE;
    *creation = times[0];
    *end = times[1];
    *kernel = times[2];
    *user = times[3];
    return TRUE;
}

/* ---- processors ---- */

static DWORD_PTR mask_of(const cpu_set_t *set)
{
    DWORD_PTR mask = 0;
    for (int i = 0; i < 64; i++)
        mask |= CPU_ISSET(i, set) ? (DWORD_PTR)1 << i : 0;
    return mask;
}

static cpu_set_t set_of(DWORD_PTR mask)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < 64; i++)
        if (mask >> i & 1)
            CPU_SET(i, &set);
    return set;
}

static DWORD_PTR system_mask(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count >= 64 ? ~(DWORD_PTR)0 : ((DWORD_PTR)1 << count) - 1;
}

BOOL GetProcessAffinityMask(HANDLE process, PDWORD_PTR mask, PDWORD_PTR system)
{
    cpu_set_t set;
    int id = process_number(process);
    if (!id)
        return FALSE;
    if (sched_getaffinity(id, sizeof set, &set) != 0)
        return win32_error(ERROR_ACCESS_DENIED);
    *mask = mask_of(&set);
    *system = system_mask();
    return TRUE;
}

BOOL SetProcessAffinityMask(HANDLE process, DWORD_PTR mask)
{
    int id = base_process_id(process, PROCESS_SET_INFORMATION);
    if (!id)
        return FALSE;
    if (mask == 0 || mask & ~system_mask())
        return win32_error(ERROR_INVALID_PARAMETER);
    return host_process_set_affinity(id, mask) == 0 ? TRUE : win32_error(ERROR_ACCESS_DENIED);
}

DWORD_PTR SetThreadAffinityMask(HANDLE thread, DWORD_PTR mask)
{
    cpu_set_t before, set = set_of(mask);
    int id = base_thread_of(thread, THREAD_SET_LIMITED_INFORMATION | THREAD_QUERY_LIMITED_INFORMATION);
    if (!id)
        return 0;
    if (mask == 0 || mask & ~system_mask() || sched_getaffinity(id, sizeof before, &before) != 0 ||
        sched_setaffinity(id, sizeof set, &set) != 0)
        return (DWORD_PTR)win32_error(ERROR_INVALID_PARAMETER);
    return mask_of(&before);
}

/* ---- one group of processors, number 0 ---- */

BOOL GetThreadGroupAffinity(HANDLE thread, PGROUP_AFFINITY affinity)
{
    cpu_set_t set;
    DWORD id = GetThreadId(thread);
    if (!id)
        return FALSE;
    if (sched_getaffinity((int)id, sizeof set, &set) != 0)
        return win32_error(ERROR_ACCESS_DENIED);
    *affinity = (GROUP_AFFINITY){.Mask = mask_of(&set)};
    return TRUE;
}

BOOL SetThreadGroupAffinity(HANDLE thread, const GROUP_AFFINITY *affinity, PGROUP_AFFINITY previous)
{
    if (affinity->Group != 0 || affinity->Reserved[0] || affinity->Reserved[1] || affinity->Reserved[2])
        return win32_error(ERROR_INVALID_PARAMETER);
    DWORD_PTR before = SetThreadAffinityMask(thread, affinity->Mask);
    if (before && previous)
        *previous = (GROUP_AFFINITY){.Mask = before};
    return before != 0;
}

BOOL GetNumaNodeProcessorMaskEx(USHORT node, PGROUP_AFFINITY affinity)
{
    ULONGLONG mask;
    if (node > 0xFF || !GetNumaNodeProcessorMask((UCHAR)node, &mask))
        return win32_error(ERROR_INVALID_PARAMETER);
    *affinity = (GROUP_AFFINITY){.Mask = mask};
    return TRUE;
}

/* ---- what is not there ---- */

BOOL CheckRemoteDebuggerPresent(HANDLE process, PBOOL present)
{
    if (!process || !present)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (process == GetCurrentProcess()) {
        *present = IsDebuggerPresent();
        return TRUE;
    }
    int id = process_number(process);
    *present = FALSE; /* of others it cannot be told */
    return id != 0;
}
