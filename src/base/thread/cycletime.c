/* cycletime.c: processor time in cycles of the time-stamp counter: what the kernel counts in nanoseconds, by the
 * counter's rate, which is measured once. Sets the last error. */
#include <realtimeapiset.h>

#include <processthreadsapi.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#include <winbase.h>
#include <winerror.h>
#include <x86intrin.h>

#include "win32/win32.h"

#define SECOND 1000000000ull

static struct {
    _Atomic uint64_t rate; /* cycles in a second; 0: not measured yet */
} cycletime_state;

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* All who ask must reckon with the same rate, or time would go backwards. */
static uint64_t rate(void)
{
    uint64_t known = atomic_load_explicit(&cycletime_state.rate, memory_order_relaxed);
    if (known)
        return known;
    struct timespec pause = {.tv_nsec = 2000000};
    uint64_t before = nanoseconds(CLOCK_MONOTONIC_RAW), cycles = __rdtsc();
    nanosleep(&pause, NULL);
    cycles = __rdtsc() - cycles;
    uint64_t passed = nanoseconds(CLOCK_MONOTONIC_RAW) - before;
    uint64_t measured = passed ? (uint64_t)((unsigned __int128)cycles * SECOND / passed) : SECOND;
    return atomic_compare_exchange_strong(&cycletime_state.rate, &known, measured) ? measured : known;
}

static uint64_t cycles_of(uint64_t time)
{
    return (uint64_t)((unsigned __int128)time * rate() / SECOND);
}

static uint64_t sum(FILETIME kernel, FILETIME user)
{
    uint64_t first = (uint64_t)kernel.dwHighDateTime << 32 | kernel.dwLowDateTime;
    return (first + ((uint64_t)user.dwHighDateTime << 32 | user.dwLowDateTime)) * 100;
}

BOOL QueryThreadCycleTime(HANDLE thread, PULONG64 cycles)
{
    FILETIME creation, end, kernel, user;
    if (!cycles)
        return win32_error(ERROR_NOACCESS);
    if (!GetThreadTimes(thread, &creation, &end, &kernel, &user))
        return FALSE;
    *cycles = cycles_of(thread == GetCurrentThread() ? nanoseconds(CLOCK_THREAD_CPUTIME_ID) : sum(kernel, user));
    return TRUE;
}

BOOL QueryProcessCycleTime(HANDLE process, PULONG64 cycles)
{
    FILETIME creation, end, kernel, user;
    if (!cycles)
        return win32_error(ERROR_NOACCESS);
    if (!GetProcessTimes(process, &creation, &end, &kernel, &user))
        return FALSE;
    *cycles = cycles_of(process == GetCurrentProcess() ? nanoseconds(CLOCK_PROCESS_CPUTIME_ID) : sum(kernel, user));
    return TRUE;
}

/* One number for each processor; the kernel tells the idle time of all, which is divided among them. */
BOOL QueryIdleProcessorCycleTime(PULONG size, PULONG64 cycles)
{
    FILETIME idle, kernel, user, none = {0, 0};
    if (!size)
        return win32_error(ERROR_INVALID_PARAMETER);
    DWORD count = GetActiveProcessorCount(0);
    ULONG needed = count * (ULONG)sizeof *cycles, room = *size;
    if (!cycles) {
        *size = needed;
        return TRUE;
    }
    if (room < needed)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (!GetSystemTimes(&idle, &kernel, &user))
        return FALSE;
    for (DWORD i = 0; i < count; i++)
        cycles[i] = cycles_of(sum(idle, none) / count);
    *size = needed;
    return TRUE;
}

BOOL QueryIdleProcessorCycleTimeEx(USHORT group, PULONG size, PULONG64 cycles)
{
    return group == 0 ? QueryIdleProcessorCycleTime(size, cycles) : win32_error(ERROR_INVALID_PARAMETER);
}
