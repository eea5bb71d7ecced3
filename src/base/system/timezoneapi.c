/* timezoneapi.c: SYSTEMTIME and FILETIME (100 ns since 1601), one to the other. Pure arithmetic on the Gregorian
 * calendar. */
#include <fileapi.h>
#include <stdbool.h>
#include <time.h>
#include <timezoneapi.h>
#include <winerror.h>

#include "win32/win32.h"

#define TICKS_PER_MS 10000ull
#define MS_PER_DAY 86400000ull
#define LOWEST_YEAR 1601
#define HIGHEST_YEAR 30827

/* Days from 1601-01-01 to the first of a month; the year begins in March so that the leap day comes last. */
static unsigned days_before(unsigned year, unsigned month)
{
    unsigned shifted = month < 3 ? month + 12 : month, of = month < 3 ? year - 1 : year;
    return of * 365 + of / 4 - of / 100 + of / 400 + (153 * (shifted - 3) + 2) / 5;
}

static unsigned month_length(unsigned year, unsigned month)
{
    return month == 12 ? 31 : days_before(year, month + 1) - days_before(year, month);
}

BOOL SystemTimeToFileTime(const SYSTEMTIME *time, LPFILETIME file_time)
{
    if (time->wYear < LOWEST_YEAR || time->wYear > HIGHEST_YEAR || time->wMonth < 1 || time->wMonth > 12 ||
        time->wDay < 1 || time->wDay > month_length(time->wYear, time->wMonth) || time->wHour > 23 ||
        time->wMinute > 59 || time->wSecond > 59 || time->wMilliseconds > 999)
        return win32_error(ERROR_INVALID_PARAMETER);
    unsigned long long days = days_before(time->wYear, time->wMonth) - days_before(LOWEST_YEAR, 1) + time->wDay - 1u;
    unsigned long long ms =
        days * MS_PER_DAY + ((time->wHour * 60ull + time->wMinute) * 60 + time->wSecond) * 1000 + time->wMilliseconds;
    unsigned long long ticks = ms * TICKS_PER_MS;
    *file_time = (FILETIME){.dwLowDateTime = (DWORD)ticks, .dwHighDateTime = (DWORD)(ticks >> 32)};
    return TRUE;
}

BOOL FileTimeToSystemTime(const FILETIME *file_time, LPSYSTEMTIME time)
{
    unsigned long long ticks = (unsigned long long)file_time->dwHighDateTime << 32 | file_time->dwLowDateTime;
    if (ticks >> 63)
        return win32_error(ERROR_INVALID_PARAMETER);
    unsigned long long ms = ticks / TICKS_PER_MS;
    unsigned days = (unsigned)(ms / MS_PER_DAY), rest = (unsigned)(ms % MS_PER_DAY);
    unsigned first = days_before(LOWEST_YEAR, 1), year = LOWEST_YEAR + days / 366, month = 1;
    while (days_before(year + 1, 1) - first <= days)
        year++;
    while (month < 12 && days_before(year, month + 1) - first <= days)
        month++;
    *time = (SYSTEMTIME){
        .wYear = (WORD)year,
        .wMonth = (WORD)month,
        .wDayOfWeek = (WORD)((days + 1) % 7), /* 1601-01-01 was a Monday */
        .wDay = (WORD)(days - (days_before(year, month) - first) + 1),
        .wHour = (WORD)(rest / 3600000),
        .wMinute = (WORD)(rest / 60000 % 60),
        .wSecond = (WORD)(rest / 1000 % 60),
        .wMilliseconds = (WORD)(rest % 1000),
    };
    return TRUE;
}

/* Windows uses the offset that is in force now, for times of the other half of the year too. */
static BOOL shift(const FILETIME *from, LPFILETIME to, long sign)
{
    struct tm local;
    time_t now = time(NULL);
    long long ticks = (long long)((unsigned long long)from->dwHighDateTime << 32 | from->dwLowDateTime);
    tzset();
    localtime_r(&now, &local);
    long long shifted = ticks + sign * local.tm_gmtoff * 10000000ll;
    if (ticks < 0 || shifted < 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    *to = (FILETIME){(DWORD)shifted, (DWORD)(shifted >> 32)};
    return TRUE;
}

BOOL FileTimeToLocalFileTime(const FILETIME *from, LPFILETIME to)
{
    return shift(from, to, 1);
}

BOOL LocalFileTimeToFileTime(const FILETIME *from, LPFILETIME to)
{
    return shift(from, to, -1);
}

LONG CompareFileTime(const FILETIME *left, const FILETIME *right)
{
    unsigned long long a = (unsigned long long)left->dwHighDateTime << 32 | left->dwLowDateTime;
    unsigned long long b = (unsigned long long)right->dwHighDateTime << 32 | right->dwLowDateTime;
    return (a > b) - (a < b);
}
