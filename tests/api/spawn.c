/* spawn.c: programs started by _spawn, waited for and not; the registry, which is empty; zones and DOS times. */
#include <windows.h>

#include <errno.h>
#include <process.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static void spawned(const char *self)
{
    const char *const arguments[] = {self, "5", "\"a b\"", NULL};
    const char *const environment[] = {"WINMEM_SPAWN=7", NULL};
    int status = 0;
    CHECK_EQ(_spawnl(_P_WAIT, self, self, "3", NULL), 3);
    CHECK_EQ(_spawnv(_P_WAIT, self, arguments), 5);
    CHECK_EQ(_spawnle(_P_WAIT, self, self, "e", NULL, environment), 7);
    intptr_t process = _spawnl(_P_NOWAIT, self, self, "4", NULL);
    CHECK(process != -1 && _cwait(&status, process, _WAIT_CHILD) == process && status == 4);
    CHECK(_spawnl(_P_WAIT, "no such program", "no such program", NULL) == -1 && errno == ENOENT);
    CHECK(_spawnl(99, self, self, NULL) == -1 && errno == EINVAL);
}

static void registry(void)
{
    HKEY key = NULL;
    DWORD size = 4, value;
    CHECK_EQ(RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\No such program", 0, KEY_READ, &key), ERROR_FILE_NOT_FOUND);
    CHECK(RegOpenKeyExA(HKEY_CURRENT_USER, NULL, 0, KEY_READ, &key) == ERROR_SUCCESS && key != NULL);
    CHECK_EQ(RegQueryValueExA(key, "no such value", NULL, NULL, (LPBYTE)&value, &size), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(RegCloseKey(key), ERROR_SUCCESS);
    CHECK_EQ(RegCloseKey(NULL), ERROR_INVALID_HANDLE);
}

static void zones(void)
{
    TIME_ZONE_INFORMATION zone;
    SYSTEMTIME utc = {2023, 6, 0, 15, 12, 30, 10, 0}, local, back;
    FILETIME time, again;
    WORD date = 0, clock = 0;
    DWORD kind = GetTimeZoneInformation(&zone);
    CHECK(kind <= TIME_ZONE_ID_DAYLIGHT && zone.Bias >= -14 * 60 && zone.Bias <= 12 * 60);
    CHECK(SystemTimeToTzSpecificLocalTime(NULL, &utc, &local) && TzSpecificLocalTimeToSystemTime(NULL, &local, &back));
    CHECK(back.wYear == 2023 && back.wDay == 15 && back.wHour == 12 && back.wMinute == 30 && back.wDayOfWeek == 4);
    zone = (TIME_ZONE_INFORMATION){.Bias = -90};
    CHECK(SystemTimeToTzSpecificLocalTime(&zone, &utc, &local) && local.wHour == 14 && local.wMinute == 0);
    CHECK(SystemTimeToFileTime(&utc, &time) && FileTimeToDosDateTime(&time, &date, &clock));
    CHECK(date == (43 << 9 | 6 << 5 | 15) && clock == (12 << 11 | 30 << 5 | 5));
    CHECK(DosDateTimeToFileTime(date, clock, &again) && CompareFileTime(&time, &again) == 0);
}

#ifndef _WIN32
static void summer(void)
{
    TIME_ZONE_INFORMATION zone;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    CHECK(GetTimeZoneInformation(&zone) != TIME_ZONE_ID_UNKNOWN);
    CHECK(zone.Bias == -60 && zone.StandardBias == 0 && zone.DaylightBias == -60);
    CHECK(zone.DaylightDate.wMonth == 3 && zone.DaylightDate.wDay == 5 && zone.DaylightDate.wDayOfWeek == 0);
    CHECK(zone.DaylightDate.wHour == 2 && zone.StandardDate.wMonth == 10 && zone.StandardDate.wHour == 3);
}
#endif

int main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == 'e')
        return getenv("WINMEM_SPAWN") ? atoi(getenv("WINMEM_SPAWN")) : 1;
    if (argc > 2)
        return strcmp(argv[2], "a b") == 0 ? atoi(argv[1]) : 1;
    if (argc > 1)
        return atoi(argv[1]);
    spawned(argv[0]);
    registry();
    zones();
#ifndef _WIN32
    summer();
#endif
    return CHECK_DONE();
}
