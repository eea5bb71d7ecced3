/* localetime.c: dates and times as text, by pictures (d, MMMM, tt ...) of the program's or the locale's. Sets the last
 * error. */
#include "base/text/locale.h"

#include <string.h>
#include <sysinfoapi.h>
#include <timezoneapi.h>
#include <winerror.h>
#include <winnls.h>

#include "base/text/wide.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

struct text {
    WCHAR *unit;        /* `own`, or more when that is full */
    size_t count, room; /* room 0: memory was short */
    WCHAR own[256];
};

static void grow(struct text *text)
{
    WCHAR *more = host_own_take(2 * text->room * sizeof *more);
    if (more)
        memcpy(more, text->unit, text->count * sizeof *more);
    if (text->unit != text->own)
        host_own_give(text->unit);
    text->unit = more ? more : text->own;
    text->room = more ? 2 * text->room : 0;
}

static void put(struct text *text, WCHAR unit)
{
    if (text->count == text->room && text->room)
        grow(text);
    if (text->room)
        text->unit[text->count++] = unit;
}

static void put_text(struct text *text, const char *from, size_t most)
{
    for (size_t i = 0; from[i] && i < most; i++)
        put(text, (unsigned char)from[i]);
}

static void put_number(struct text *text, unsigned number, unsigned digits)
{
    char reverse[12];
    unsigned count = 0;
    do {
        reverse[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number || count < digits);
    while (count)
        put(text, (unsigned char)reverse[--count]);
}

static void put_date(struct text *text, WCHAR letter, unsigned count, const SYSTEMTIME *time)
{
    LCTYPE day = (LCTYPE)((time->wDayOfWeek + 6) % 7), month = (LCTYPE)(time->wMonth - 1);
    if (letter == 'd' && count <= 2)
        put_number(text, time->wDay, count);
    else if (letter == 'd')
        put_text(text, base_locale_text((count == 3 ? LOCALE_SABBREVDAYNAME1 : LOCALE_SDAYNAME1) + day), SIZE_MAX);
    else if (letter == 'M' && count <= 2)
        put_number(text, time->wMonth, count);
    else if (letter == 'M')
        put_text(text, base_locale_text((count == 3 ? LOCALE_SABBREVMONTHNAME1 : LOCALE_SMONTHNAME1) + month),
                 SIZE_MAX);
    else if (letter == 'y')
        put_number(text, count <= 2 ? time->wYear % 100u : time->wYear, count == 1 ? 1 : count == 2 ? 2 : 4);
    else /* g, gg: the era */
        put_text(text, "A.D.", SIZE_MAX);
}

/* Without minutes or seconds what separates them goes too. */
static void put_time(struct text *text, WCHAR letter, unsigned count, const SYSTEMTIME *time, DWORD flags)
{
    unsigned digits = count == 1 ? 1 : 2;
    bool without = (letter == 's' && flags & (TIME_NOSECONDS | TIME_NOMINUTESORSECONDS)) ||
                   (letter == 'm' && flags & TIME_NOMINUTESORSECONDS) || (letter == 't' && flags & TIME_NOTIMEMARKER);
    if (without) {
        while (text->count && (text->unit[text->count - 1] == ':' || text->unit[text->count - 1] == ' '))
            text->count--;
        return;
    }
    if (letter == 'h' && !(flags & TIME_FORCE24HOURFORMAT))
        put_number(text, time->wHour % 12u ? time->wHour % 12u : 12, digits);
    else if (letter == 'h' || letter == 'H')
        put_number(text, time->wHour, digits);
    else if (letter == 'm')
        put_number(text, time->wMinute, digits);
    else if (letter == 's')
        put_number(text, time->wSecond, digits);
    else
        put_text(text, base_locale_text(time->wHour < 12 ? LOCALE_S1159 : LOCALE_S2359), count == 1 ? 1 : SIZE_MAX);
}

static void put_picture(struct text *text, const WCHAR *at, const SYSTEMTIME *time, bool date, DWORD flags)
{
    static const WCHAR dates[] = {'d', 'M', 'y', 'g', 0}, times[] = {'h', 'H', 'm', 's', 't', 0};
    while (*at) {
        unsigned count = 1;
        if (*at == '\'') { /* literally, until the next; two are one */
            for (at++; *at && (*at != '\'' || at[1] == '\''); at++) {
                at += *at == '\'';
                put(text, *at);
            }
            at += *at == '\'';
            continue;
        }
        while (at[count] == *at)
            count++;
        if (!winmem_wcschr(date ? dates : times, *at)) {
            put(text, *at++);
            continue;
        }
        if (date)
            put_date(text, *at, count, time);
        else
            put_time(text, *at, count, time, flags);
        at += count;
    }
    put(text, 0);
}

/* The time that is meant, with its day of the week reckoned anew for dates. */
static bool moment(const SYSTEMTIME *given, bool date, SYSTEMTIME *time)
{
    FILETIME file;
    if (given)
        *time = *given;
    else
        GetLocalTime(time);
    if (!date)
        return time->wHour < 24 && time->wMinute < 60 && time->wSecond < 60 && time->wMilliseconds < 1000;
    SYSTEMTIME day = {.wYear = time->wYear, .wMonth = time->wMonth, .wDay = time->wDay};
    if (!SystemTimeToFileTime(&day, &file) || !FileTimeToSystemTime(&file, &day))
        return false;
    time->wDayOfWeek = day.wDayOfWeek;
    return true;
}

#define DATE_FLAGS (DATE_SHORTDATE | DATE_LONGDATE | DATE_YEARMONTH | LOCALE_NOUSEROVERRIDE)
#define TIME_FLAGS                                                                                                     \
    (TIME_NOMINUTESORSECONDS | TIME_NOSECONDS | TIME_NOTIMEMARKER | TIME_FORCE24HOURFORMAT | LOCALE_NOUSEROVERRIDE)

static bool make(bool known, DWORD flags, const SYSTEMTIME *given, LPCWSTR picture, bool date, struct text *text)
{
    SYSTEMTIME time;
    WCHAR own[64];
    DWORD form = flags & (DATE_SHORTDATE | DATE_LONGDATE | DATE_YEARMONTH);
    *text = (struct text){.room = sizeof text->own / sizeof *text->own};
    text->unit = text->own;
    if (!known || !moment(given, date, &time))
        return win32_error(ERROR_INVALID_PARAMETER);
    if ((flags & ~(DWORD)(date ? DATE_FLAGS : TIME_FLAGS)) || (date && picture && form) || (date && form & (form - 1)))
        return win32_error(ERROR_INVALID_FLAGS);
    if (!picture) {
        LCTYPE type = !date                    ? LOCALE_STIMEFORMAT
                      : form == DATE_LONGDATE  ? LOCALE_SLONGDATE
                      : form == DATE_YEARMONTH ? LOCALE_SYEARMONTH
                                               : LOCALE_SSHORTDATE;
        host_utf8_to_utf16(base_locale_text(type), SIZE_MAX, (uint16_t *)own, sizeof own / sizeof *own, 0);
    }
    put_picture(text, picture ? picture : own, &time, date, date ? 0 : flags);
    return text->room ? TRUE : win32_error(ERROR_NOT_ENOUGH_MEMORY);
}

static int give_wide(const struct text *text, LPWSTR to, int size)
{
    if (size && (size_t)size < text->count)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (size)
        memcpy(to, text->unit, text->count * sizeof *to);
    return (int)text->count;
}

static int give_narrow(const struct text *text, LPSTR to, int size)
{
    size_t needed = host_utf16_to_utf8((const uint16_t *)text->unit, text->count, to, (size_t)size, 0);
    return size && needed > (size_t)size ? win32_error(ERROR_INSUFFICIENT_BUFFER) : (int)needed;
}

/* The text is made if it can be, given, and goes. */
static int give(bool made, struct text *text, void *to, int size, bool narrow)
{
    int given = !made                       ? 0
                : size < 0 || (size && !to) ? win32_error(ERROR_INVALID_PARAMETER)
                : narrow                    ? give_narrow(text, to, size)
                                            : give_wide(text, to, size);
    if (text->unit != text->own)
        host_own_give(text->unit);
    return given;
}

static int narrow(LCID locale, DWORD flags, const SYSTEMTIME *time, LPCSTR picture, bool date, LPSTR to, int size)
{
    struct text text;
    WCHAR *wide = NULL;
    if (picture) {
        size_t units = host_utf8_to_utf16(picture, SIZE_MAX, NULL, 0, 0);
        wide = host_own_take(units * sizeof *wide);
        if (!wide)
            return win32_error(ERROR_NOT_ENOUGH_MEMORY);
        host_utf8_to_utf16(picture, SIZE_MAX, (uint16_t *)wide, units, 0);
    }
    bool made = make(base_locale_known(locale), flags, time, wide, date, &text);
    host_own_give(wide);
    return give(made, &text, to, size, true);
}

int GetDateFormatA(LCID locale, DWORD flags, const SYSTEMTIME *time, LPCSTR picture, LPSTR to, int size)
{
    return narrow(locale, flags, time, picture, true, to, size);
}

int GetTimeFormatA(LCID locale, DWORD flags, const SYSTEMTIME *time, LPCSTR picture, LPSTR to, int size)
{
    return narrow(locale, flags, time, picture, false, to, size);
}

int GetDateFormatW(LCID locale, DWORD flags, const SYSTEMTIME *time, LPCWSTR picture, LPWSTR to, int size)
{
    struct text text;
    bool made = make(base_locale_known(locale), flags, time, picture, true, &text);
    return give(made, &text, to, size, false);
}

int GetTimeFormatW(LCID locale, DWORD flags, const SYSTEMTIME *time, LPCWSTR picture, LPWSTR to, int size)
{
    struct text text;
    bool made = make(base_locale_known(locale), flags, time, picture, false, &text);
    return give(made, &text, to, size, false);
}

int GetDateFormatEx(LPCWSTR name, DWORD flags, const SYSTEMTIME *time, LPCWSTR picture, LPWSTR to, int size,
                    LPCWSTR calendar)
{
    struct text text;
    bool made = make(base_locale_named(name) && !calendar, flags, time, picture, true, &text);
    return give(made, &text, to, size, false);
}

int GetTimeFormatEx(LPCWSTR name, DWORD flags, const SYSTEMTIME *time, LPCWSTR picture, LPWSTR to, int size)
{
    struct text text;
    bool made = make(base_locale_named(name), flags, time, picture, false, &text);
    return give(made, &text, to, size, false);
}
