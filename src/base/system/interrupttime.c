/* interrupttime.c: times since the system was started, by the kernel's clocks. */
#include <realtimeapiset.h>

#include <time.h>
#include <winerror.h>

#include "win32/win32.h"

static ULONGLONG ticks(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (ULONGLONG)now.tv_sec * 10000000 + (ULONGLONG)now.tv_nsec / 100;
}

BOOL QueryUnbiasedInterruptTime(PULONGLONG time)
{
    if (!time)
        return win32_error(ERROR_INVALID_PARAMETER);
    *time = ticks(CLOCK_MONOTONIC);
    return TRUE;
}

VOID QueryUnbiasedInterruptTimePrecise(PULONGLONG time)
{
    *time = ticks(CLOCK_MONOTONIC);
}

VOID QueryInterruptTime(PULONGLONG time)
{
    *time = ticks(CLOCK_BOOTTIME);
}

VOID QueryInterruptTimePrecise(PULONGLONG time)
{
    *time = ticks(CLOCK_BOOTTIME);
}
