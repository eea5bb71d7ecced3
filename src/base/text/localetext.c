/* localetext.c: text by the rules of the locale: order, letters of the other case, kinds of characters. Order: symbols,
 * digits, letters; letters that differ by case only, small ones first. Sets the last error. */
#include "base/text/locale.h"

#include <string.h>
#include <winerror.h>
#include <winnls.h>
#include <winuser.h>

#include "base/text/wide.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

#define KNOWN_ORDER                                                                                                    \
    (NORM_IGNORECASE | NORM_IGNORENONSPACE | NORM_IGNORESYMBOLS | LINGUISTIC_IGNORECASE | LINGUISTIC_IGNOREDIACRITIC | \
     SORT_DIGITSASNUMBERS | NORM_IGNOREKANATYPE | NORM_IGNOREWIDTH | NORM_LINGUISTIC_CASING | SORT_STRINGSORT)

static unsigned weight(WCHAR unit)
{
    WCHAR small = base_lower(unit);
    unsigned class = base_is_letter(unit) ? 2 : unit >= '0' && unit <= '9' ? 1 : 0;
    return class << 16 | small;
}

static bool is_symbol(WCHAR unit)
{
    return weight(unit) < 1u << 16 && unit != 0;
}

static int order(LPCWCH left, size_t left_count, LPCWCH right, size_t right_count, DWORD flags)
{
    size_t i = 0, j = 0;
    int by_case = 0;
    for (;;) {
        while (flags & NORM_IGNORESYMBOLS && i < left_count && is_symbol(left[i]))
            i++;
        while (flags & NORM_IGNORESYMBOLS && j < right_count && is_symbol(right[j]))
            j++;
        if (i == left_count || j == right_count)
            break;
        unsigned a = weight(left[i]), b = weight(right[j]);
        if (a != b)
            return a < b ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
        if (!by_case && left[i] != right[j])
            by_case = left[i] == base_lower(left[i]) ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
        i++;
        j++;
    }
    if (i < left_count || j < right_count)
        return i == left_count ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
    return by_case && !(flags & (NORM_IGNORECASE | LINGUISTIC_IGNORECASE)) ? by_case : CSTR_EQUAL;
}

static int compare(bool known, DWORD flags, LPCWCH left, int left_count, LPCWCH right, int right_count)
{
    if (!known || !left || !right || left_count < -1 || right_count < -1)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (flags & ~(DWORD)KNOWN_ORDER)
        return win32_error(ERROR_INVALID_FLAGS);
    return order(left, left_count < 0 ? host_utf16_length((const uint16_t *)left) : (size_t)left_count, right,
                 right_count < 0 ? host_utf16_length((const uint16_t *)right) : (size_t)right_count, flags);
}

int CompareStringW(LCID locale, DWORD flags, PCNZWCH left, int left_count, PCNZWCH right, int right_count)
{
    return compare(base_locale_known(locale), flags, left, left_count, right, right_count);
}

int CompareStringEx(LPCWSTR name, DWORD flags, LPCWCH left, int left_count, LPCWCH right, int right_count,
                    LPNLSVERSIONINFO version, LPVOID reserved, LPARAM handle)
{
    (void)version;
    return compare(base_locale_named(name) && !reserved && !handle, flags, left, left_count, right, right_count);
}

/* Own memory; without the terminator that was counted. */
static WCHAR *widened(LPCSTR text, int count, int *units)
{
    size_t bytes = count < 0 ? strlen(text) : (size_t)count;
    size_t needed = bytes ? host_utf8_to_utf16(text, bytes, NULL, 0, 0) : 0;
    WCHAR *wide = host_own_take((needed + 1) * sizeof *wide);
    if (wide && needed)
        host_utf8_to_utf16(text, bytes, (uint16_t *)wide, needed, 0);
    *units = (int)needed;
    return wide;
}

int CompareStringA(LCID locale, DWORD flags, PCNZCH left, int left_count, PCNZCH right, int right_count)
{
    int a, b, result = 0;
    if (!left || !right || left_count < -1 || right_count < -1)
        return win32_error(ERROR_INVALID_PARAMETER);
    WCHAR *first = widened(left, left_count, &a), *second = widened(right, right_count, &b);
    if (first && second)
        result = compare(base_locale_known(locale), flags, first, a, second, b);
    else
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
    host_own_give(first);
    host_own_give(second);
    return result;
}

/* ---- the other case ---- */

#define MAPS (LCMAP_LOWERCASE | LCMAP_UPPERCASE)
#define KNOWN_MAPS (MAPS | LCMAP_LINGUISTIC_CASING | NORM_IGNORECASE)

static int map(bool known, DWORD flags, LPCWSTR from, int count, LPWSTR to, int size)
{
    if (!known || !from || count == 0 || count < -1 || size < 0 || (size && !to))
        return win32_error(ERROR_INVALID_PARAMETER);
    if ((flags & ~(DWORD)KNOWN_MAPS) || (flags & MAPS) == MAPS || !(flags & MAPS))
        return win32_error(ERROR_INVALID_FLAGS);
    int units = count < 0 ? (int)host_utf16_length((const uint16_t *)from) + 1 : count;
    if (size && size < units)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    for (int i = 0; size && i < units; i++)
        to[i] = flags & LCMAP_UPPERCASE ? base_upper(from[i]) : base_lower(from[i]);
    return units;
}

int LCMapStringW(LCID locale, DWORD flags, LPCWSTR from, int count, LPWSTR to, int size)
{
    return map(base_locale_known(locale), flags, from, count, to, size);
}

int LCMapStringEx(LPCWSTR name, DWORD flags, LPCWSTR from, int count, LPWSTR to, int size, LPNLSVERSIONINFO version,
                  LPVOID reserved, LPARAM handle)
{
    (void)version;
    return map(base_locale_named(name) && !reserved && !handle, flags, from, count, to, size);
}

int LCMapStringA(LCID locale, DWORD flags, LPCSTR from, int count, LPSTR to, int size)
{
    int units;
    if (!from || count == 0 || count < -1 || size < 0 || (size && !to))
        return win32_error(ERROR_INVALID_PARAMETER);
    WCHAR *wide = widened(from, count < 0 ? (int)strlen(from) + 1 : count, &units);
    int result = wide ? map(base_locale_known(locale), flags, wide, units, wide, units) : 0;
    if (result) {
        size_t needed = host_utf16_to_utf8((const uint16_t *)wide, (size_t)units, to, (size_t)size, 0);
        result = size && needed > (size_t)size ? win32_error(ERROR_INSUFFICIENT_BUFFER) : (int)needed;
    }
    host_own_give(wide);
    return result;
}

/* ---- the calls of user: a pointer whose high bits are 0 is one character ---- */

static bool is_character(const void *text)
{
    return (ULONG_PTR)text <= 0xffff;
}

static WCHAR *change(WCHAR *text, size_t count, WCHAR (*to)(WCHAR))
{
    for (size_t i = 0; i < count; i++)
        text[i] = to(text[i]);
    return text;
}

/* In UTF-8 letters keep their length but for few, which stay as they are. */
static void change_narrow(char *text, size_t count, WCHAR (*to)(WCHAR))
{
    for (size_t i = 0; i < count;) {
        unsigned char first = (unsigned char)text[i];
        size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        uint16_t units[3];
        char other[8];
        if (length > count - i)
            return;
        if (host_utf8_to_utf16(text + i, length, units, 3, 1) == 1) {
            units[0] = to(units[0]);
            if (host_utf16_to_utf8(units, 1, other, sizeof other, 0) == length)
                memcpy(text + i, other, length);
        }
        i += length;
    }
}

#define CHANGES(name, to)                                                                                              \
    LPWSTR name##W(LPWSTR text)                                                                                        \
    {                                                                                                                  \
        if (is_character(text))                                                                                        \
            return (LPWSTR)(ULONG_PTR)to((WCHAR)(ULONG_PTR)text);                                                      \
        return change(text, host_utf16_length((const uint16_t *)text), to);                                            \
    }                                                                                                                  \
    LPSTR name##A(LPSTR text)                                                                                          \
    {                                                                                                                  \
        if (is_character(text))                                                                                        \
            return (LPSTR)(ULONG_PTR)((ULONG_PTR)text < 128 ? to((WCHAR)(ULONG_PTR)text) : (WCHAR)(ULONG_PTR)text);    \
        change_narrow(text, strlen(text), to);                                                                         \
        return text;                                                                                                   \
    }                                                                                                                  \
    DWORD name##BuffW(LPWSTR text, DWORD count)                                                                        \
    {                                                                                                                  \
        change(text, count, to);                                                                                       \
        return count;                                                                                                  \
    }                                                                                                                  \
    DWORD name##BuffA(LPSTR text, DWORD count)                                                                         \
    {                                                                                                                  \
        change_narrow(text, count, to);                                                                                \
        return count;                                                                                                  \
    }
CHANGES(CharUpper, base_upper)
CHANGES(CharLower, base_lower)

LPWSTR CharNextW(LPCWSTR at)
{
    return (LPWSTR)(ULONG_PTR)(*at ? at + 1 : at);
}

LPWSTR CharPrevW(LPCWSTR start, LPCWSTR at)
{
    return (LPWSTR)(ULONG_PTR)(at > start ? at - 1 : start);
}

LPSTR CharNextA(LPCSTR at)
{
    if (*at)
        do
            at++;
        while (((unsigned char)*at & 0xC0) == 0x80);
    return (LPSTR)(ULONG_PTR)at;
}

LPSTR CharPrevA(LPCSTR start, LPCSTR at)
{
    if (at > start)
        do
            at--;
        while (at > start && ((unsigned char)*at & 0xC0) == 0x80);
    return (LPSTR)(ULONG_PTR)at;
}

#define IS(name, what)                                                                                                 \
    BOOL name##W(WCHAR unit)                                                                                           \
    {                                                                                                                  \
        return (base_character_type(unit) & (what)) != 0;                                                              \
    }                                                                                                                  \
    BOOL name##A(CHAR byte)                                                                                            \
    {                                                                                                                  \
        return byte >= 0 && name##W((WCHAR)byte);                                                                      \
    }
IS(IsCharAlpha, C1_ALPHA)
IS(IsCharAlphaNumeric, C1_ALPHA | C1_DIGIT)
IS(IsCharUpper, C1_UPPER)
IS(IsCharLower, C1_LOWER)

/* ---- kinds of characters ---- */

BOOL GetStringTypeW(DWORD kind, LPCWCH text, int count, LPWORD types)
{
    if (!text || !types || count == 0 || count < -1 || (const void *)text == types)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (kind != CT_CTYPE1)
        return win32_error(kind == CT_CTYPE2 || kind == CT_CTYPE3 ? ERROR_NOT_SUPPORTED : ERROR_INVALID_FLAGS);
    size_t units = count < 0 ? host_utf16_length((const uint16_t *)text) + 1 : (size_t)count;
    for (size_t i = 0; i < units; i++)
        types[i] = base_character_type(text[i]);
    return TRUE;
}

BOOL GetStringTypeExW(LCID locale, DWORD kind, LPCWCH text, int count, LPWORD types)
{
    return base_locale_known(locale) ? GetStringTypeW(kind, text, count, types) : win32_error(ERROR_INVALID_PARAMETER);
}

/* One type for each unit of the text as UTF-16. */
BOOL GetStringTypeExA(LCID locale, DWORD kind, LPCSTR text, int count, LPWORD types)
{
    int units;
    if (!text || !types || count == 0 || count < -1)
        return win32_error(ERROR_INVALID_PARAMETER);
    WCHAR *wide = widened(text, count < 0 ? (int)strlen(text) + 1 : count, &units);
    BOOL good = wide ? GetStringTypeExW(locale, kind, wide, units, types) : win32_error(ERROR_NOT_ENOUGH_MEMORY);
    host_own_give(wide);
    return good;
}

BOOL GetStringTypeA(LCID locale, DWORD kind, LPCSTR text, int count, LPWORD types)
{
    return GetStringTypeExA(locale, kind, text, count, types);
}
