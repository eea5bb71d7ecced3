/* timezone.c: the zone of the process as Windows describes one: minutes west, and the rules by which summer time begins
 * and ends this year, found by asking the C library about each day. Times of DOS. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <timezoneapi.h>
#include <winbase.h>
#include <winerror.h>
#include <winnt.h>

#include "host/utf.h"
#include "win32/win32.h"

#define DAY 86400

static struct tm local(time_t moment)
{
    struct tm parts;
    localtime_r(&moment, &parts);
    return parts;
}

/* The change of summer time after `from` within a day, to the second; the local time before it is what the rule says.
 */
static SYSTEMTIME change(time_t from)
{
    time_t low = from, high = from + DAY;
    bool before = local(low).tm_isdst > 0;
    while (high - low > 1) {
        time_t middle = low + (high - low) / 2;
        *((local(middle).tm_isdst > 0) == before ? &low : &high) = middle;
    }
    struct tm parts = local(low);
    time_t shown = low + 1 + parts.tm_gmtoff;
    gmtime_r(&shown, &parts);
    struct tm later = parts;
    later.tm_mday += 7;
    timegm(&later);
    bool last = later.tm_mon != parts.tm_mon;
    return (SYSTEMTIME){
        .wMonth = (WORD)(parts.tm_mon + 1),
        .wDayOfWeek = (WORD)parts.tm_wday,
        .wDay = last ? 5 : (WORD)((parts.tm_mday - 1) / 7 + 1), /* of this weekday in the month; 5: the last */
        .wHour = (WORD)parts.tm_hour,
        .wMinute = (WORD)parts.tm_min,
    };
}

static void name_zone(WCHAR *to, const char *name)
{
    size_t units = host_utf8_to_utf16(name, strlen(name), (uint16_t *)to, 31, 0);
    to[units < 31 ? units : 31] = 0;
}

DWORD GetTimeZoneInformation(LPTIME_ZONE_INFORMATION zone)
{
    time_t now = time(NULL);
    struct tm parts = local(now), year = {.tm_year = parts.tm_year, .tm_mday = 1};
    bool summer = parts.tm_isdst > 0, changes = false;
    long standard = parts.tm_gmtoff, ahead = parts.tm_gmtoff;
    *zone = (TIME_ZONE_INFORMATION){.Bias = 0};
    tzset();
    name_zone(zone->StandardName, tzname[0]);
    name_zone(zone->DaylightName, tzname[1]);
    time_t first = timegm(&year);
    for (int i = 0; i < 366; i++) {
        time_t day = first + (time_t)i * DAY;
        struct tm here = local(day), next = local(day + DAY);
        *(here.tm_isdst > 0 ? &ahead : &standard) = here.tm_gmtoff;
        if ((here.tm_isdst > 0) == (next.tm_isdst > 0))
            continue;
        changes = true;
        *(next.tm_isdst > 0 ? &zone->DaylightDate : &zone->StandardDate) = change(day);
    }
    zone->Bias = (LONG)(-standard / 60);
    if (!changes)
        return TIME_ZONE_ID_UNKNOWN;
    zone->DaylightBias = (LONG)(-(ahead - standard) / 60);
    return summer ? TIME_ZONE_ID_DAYLIGHT : TIME_ZONE_ID_STANDARD;
}

static void from_tm(const struct tm *parts, WORD milliseconds, LPSYSTEMTIME to)
{
    *to = (SYSTEMTIME){
        .wYear = (WORD)(parts->tm_year + 1900),
        .wMonth = (WORD)(parts->tm_mon + 1),
        .wDayOfWeek = (WORD)parts->tm_wday,
        .wDay = (WORD)parts->tm_mday,
        .wHour = (WORD)parts->tm_hour,
        .wMinute = (WORD)parts->tm_min,
        .wSecond = (WORD)parts->tm_sec,
        .wMilliseconds = milliseconds,
    };
}

static struct tm to_tm(const SYSTEMTIME *time)
{
    return (struct tm){.tm_year = time->wYear - 1900,
                       .tm_mon = time->wMonth - 1,
                       .tm_mday = time->wDay,
                       .tm_hour = time->wHour,
                       .tm_min = time->wMinute,
                       .tm_sec = time->wSecond,
                       .tm_isdst = -1};
}

/* Other zones than the process' own by their minutes only where they have no summer time. */
static bool has_no_summer(const TIME_ZONE_INFORMATION *zone)
{
    return zone->DaylightDate.wMonth == 0 ? true : win32_error(ERROR_NOT_SUPPORTED);
}

BOOL SystemTimeToTzSpecificLocalTime(const TIME_ZONE_INFORMATION *zone, const SYSTEMTIME *utc, LPSYSTEMTIME to)
{
    FILETIME checked;
    struct tm parts = to_tm(utc);
    if (!SystemTimeToFileTime(utc, &checked) || (zone && !has_no_summer(zone)))
        return FALSE;
    time_t moment = timegm(&parts);
    if (zone) {
        moment -= (time_t)(zone->Bias + zone->StandardBias) * 60;
        gmtime_r(&moment, &parts);
    } else {
        parts = local(moment);
    }
    from_tm(&parts, utc->wMilliseconds, to);
    return TRUE;
}

BOOL TzSpecificLocalTimeToSystemTime(const TIME_ZONE_INFORMATION *zone, const SYSTEMTIME *from, LPSYSTEMTIME utc)
{
    FILETIME checked;
    struct tm parts = to_tm(from);
    if (!SystemTimeToFileTime(from, &checked) || (zone && !has_no_summer(zone)))
        return FALSE;
    time_t moment = zone ? timegm(&parts) + (time_t)(zone->Bias + zone->StandardBias) * 60 : mktime(&parts);
    gmtime_r(&moment, &parts);
    from_tm(&parts, from->wMilliseconds, utc);
    return TRUE;
}

BOOL FileTimeToDosDateTime(const FILETIME *file_time, LPWORD date, LPWORD dos_time)
{
    SYSTEMTIME parts;
    if (!FileTimeToSystemTime(file_time, &parts) || parts.wYear < 1980 || parts.wYear > 2107)
        return win32_error(ERROR_INVALID_PARAMETER);
    *date = (WORD)((parts.wYear - 1980) << 9 | parts.wMonth << 5 | parts.wDay);
    *dos_time = (WORD)(parts.wHour << 11 | parts.wMinute << 5 | parts.wSecond / 2);
    return TRUE;
}

BOOL DosDateTimeToFileTime(WORD date, WORD dos_time, LPFILETIME file_time)
{
    const SYSTEMTIME parts = {
        .wYear = (WORD)(1980 + (date >> 9)),
        .wMonth = date >> 5 & 15,
        .wDay = date & 31,
        .wHour = (WORD)(dos_time >> 11),
        .wMinute = dos_time >> 5 & 63,
        .wSecond = (WORD)((dos_time & 31) * 2),
    };
    return SystemTimeToFileTime(&parts, file_time);
}
