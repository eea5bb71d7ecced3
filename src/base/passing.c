/* passing.c: the small calls around modules, times and names that programs make in passing. */
#include <libloaderapi.h>
#include <processthreadsapi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <timezoneapi.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "win32/win32.h"

void FatalAppExitA(UINT action, LPCSTR text)
{
    static const char prefix[] = "fatal: ";
    (void)action;
    if (text && write(STDERR_FILENO, prefix, sizeof prefix - 1) >= 0 && write(STDERR_FILENO, text, strlen(text)) >= 0 &&
        write(STDERR_FILENO, "\n", 1) >= 0)
        abort();
    abort();
}

HMODULE LoadLibraryExA(LPCSTR name, HANDLE file, DWORD flags)
{
    (void)flags;
    if (file) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return LoadLibraryA(name);
}

HMODULE LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags)
{
    (void)flags;
    if (file) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return LoadLibraryW(name);
}

/* Threads start and end without a call into any module here. */
BOOL DisableThreadLibraryCalls(HMODULE module)
{
    return module ? TRUE : win32_error(ERROR_INVALID_HANDLE);
}

#define EPOCH_DIFFERENCE 11644473600ll

BOOL FileTimeToSystemTime(const FILETIME *from, LPSYSTEMTIME to)
{
    ULONGLONG ticks = (ULONGLONG)from->dwHighDateTime << 32 | from->dwLowDateTime;
    if (ticks >> 63)
        return win32_error(ERROR_INVALID_PARAMETER);
    time_t seconds = (time_t)(ticks / 10000000) - EPOCH_DIFFERENCE;
    struct tm parts;
    gmtime_r(&seconds, &parts);
    *to = (SYSTEMTIME){(WORD)(parts.tm_year + 1900), (WORD)(parts.tm_mon + 1), (WORD)parts.tm_wday, (WORD)parts.tm_mday,
                       (WORD)parts.tm_hour, (WORD)parts.tm_min, (WORD)parts.tm_sec, (WORD)(ticks / 10000 % 1000)};
    return TRUE;
}

BOOL SystemTimeToFileTime(const SYSTEMTIME *from, LPFILETIME to)
{
    struct tm parts = {.tm_year = from->wYear - 1900, .tm_mon = from->wMonth - 1, .tm_mday = from->wDay,
                       .tm_hour = from->wHour, .tm_min = from->wMinute, .tm_sec = from->wSecond};
    if (from->wYear < 1601 || from->wMonth < 1 || from->wMonth > 12 || from->wDay < 1 || from->wDay > 31 ||
        from->wHour > 23 || from->wMinute > 59 || from->wSecond > 59 || from->wMilliseconds > 999)
        return win32_error(ERROR_INVALID_PARAMETER);
    time_t seconds = timegm(&parts);
    if (parts.tm_mday != from->wDay) /* the 30th of February */
        return win32_error(ERROR_INVALID_PARAMETER);
    ULONGLONG ticks = (ULONGLONG)(seconds + EPOCH_DIFFERENCE) * 10000000 + from->wMilliseconds * 10000u;
    *to = (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
    return TRUE;
}

LONG CompareFileTime(const FILETIME *left, const FILETIME *right)
{
    ULONGLONG a = (ULONGLONG)left->dwHighDateTime << 32 | left->dwLowDateTime;
    ULONGLONG b = (ULONGLONG)right->dwHighDateTime << 32 | right->dwLowDateTime;
    return a < b ? -1 : a > b;
}

BOOL GetComputerNameA(LPSTR buffer, LPDWORD size)
{
    char name[256];
    if (gethostname(name, sizeof name) != 0)
        return win32_error(ERROR_GEN_FAILURE);
    name[sizeof name - 1] = 0;
    size_t length = strlen(name);
    if (length >= *size) {
        *size = (DWORD)length + 1;
        return win32_error(ERROR_BUFFER_OVERFLOW);
    }
    memcpy(buffer, name, length + 1);
    *size = (DWORD)length;
    return TRUE;
}
