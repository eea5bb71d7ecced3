/* timeapi.c: clocks as Windows programs read them: ticks, the performance counter, system and local time. */
#include <sysinfoapi.h>
#include <profileapi.h>
#include <time.h>

#define EPOCH_DIFFERENCE 11644473600ll /* seconds from 1601 to 1970 */
#define TICKS_PER_SECOND 10000000ll    /* of 100 ns: FILETIME, and the counter's frequency on Windows 10 */

ULONGLONG GetTickCount64(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (ULONGLONG)now.tv_sec * 1000 + (ULONGLONG)now.tv_nsec / 1000000;
}

DWORD GetTickCount(void)
{
    return (DWORD)GetTickCount64();
}

BOOL QueryPerformanceCounter(LARGE_INTEGER *count)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    count->QuadPart = now.tv_sec * TICKS_PER_SECOND + now.tv_nsec / 100;
    return TRUE;
}

BOOL QueryPerformanceFrequency(LARGE_INTEGER *frequency)
{
    frequency->QuadPart = TICKS_PER_SECOND;
    return TRUE;
}

static void file_time(clockid_t clock, LPFILETIME time)
{
    struct timespec now;
    clock_gettime(clock, &now);
    ULONGLONG ticks = (ULONGLONG)((now.tv_sec + EPOCH_DIFFERENCE) * TICKS_PER_SECOND + now.tv_nsec / 100);
    time->dwLowDateTime = (DWORD)ticks;
    time->dwHighDateTime = (DWORD)(ticks >> 32);
}

void GetSystemTimeAsFileTime(LPFILETIME time)
{
    file_time(CLOCK_REALTIME_COARSE, time);
}

void GetSystemTimePreciseAsFileTime(LPFILETIME time)
{
    file_time(CLOCK_REALTIME, time);
}

static void system_time(LPSYSTEMTIME out, struct tm *(*convert)(const time_t *, struct tm *))
{
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    convert(&now.tv_sec, &parts);
    *out = (SYSTEMTIME){
        .wYear = (WORD)(parts.tm_year + 1900),
        .wMonth = (WORD)(parts.tm_mon + 1),
        .wDayOfWeek = (WORD)parts.tm_wday,
        .wDay = (WORD)parts.tm_mday,
        .wHour = (WORD)parts.tm_hour,
        .wMinute = (WORD)parts.tm_min,
        .wSecond = (WORD)parts.tm_sec,
        .wMilliseconds = (WORD)(now.tv_nsec / 1000000),
    };
}

void GetSystemTime(LPSYSTEMTIME time)
{
    system_time(time, gmtime_r);
}

void GetLocalTime(LPSYSTEMTIME time)
{
    system_time(time, localtime_r);
}
