/* stringapiset.c: conversions between UTF-16 and code pages, and the lstr functions. The ANSI code page is UTF-8.
 * Pure, but for the last error; no allocation. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <winbase.h>
#include <winerror.h>
#include <winnls.h>
#include <stringapiset.h>

#include "host/utf.h"
#include "win32/win32.h"

#define LATIN_1 28591
#define US_ASCII 20127

enum page { PAGE_UTF8, PAGE_LATIN_1, PAGE_ASCII, PAGE_UNKNOWN };

static enum page page_of(UINT number)
{
    switch (number) {
    case CP_ACP:
    case CP_OEMCP:
    case CP_THREAD_ACP:
    case CP_UTF8:
        return PAGE_UTF8;
    case LATIN_1:
        return PAGE_LATIN_1;
    case US_ASCII:
        return PAGE_ASCII;
    default:
        return PAGE_UNKNOWN;
    }
}

UINT GetACP(void)
{
    return CP_UTF8;
}

UINT GetOEMCP(void)
{
    return CP_UTF8;
}

BOOL IsValidCodePage(UINT number)
{
    return number >= CP_SYMBOL && page_of(number) != PAGE_UNKNOWN;
}

static size_t single_to_wide(const char *text, size_t length, WCHAR *wide, size_t size, bool ascii, bool strict)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (ascii && byte >= 0x80 && strict)
            return 0;
        if (i < size)
            wide[i] = ascii && byte >= 0x80 ? 0xFFFD : byte;
    }
    return length;
}

static size_t wide_to_single(const WCHAR *wide, size_t length, char *text, size_t size, WCHAR highest, char fallback,
                             BOOL *used)
{
    for (size_t i = 0; i < length; i++) {
        bool fits = wide[i] <= highest;
        if (!fits && used)
            *used = TRUE;
        if (i < size)
            text[i] = fits ? (char)wide[i] : fallback;
    }
    return length;
}

/* What the two calls share at their end: nothing came of it, too little room, or the count. */
static int converted(size_t needed, int size)
{
    if (needed == 0)
        return win32_error(ERROR_NO_UNICODE_TRANSLATION);
    if (needed > INT32_MAX)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (size != 0 && needed > (size_t)size)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    return (int)needed;
}

int MultiByteToWideChar(UINT code_page, DWORD flags, LPCCH text, int length, LPWSTR wide, int size)
{
    enum page page = page_of(code_page);
    if (!text || length == 0 || length < -1 || size < 0 || (size != 0 && (!wide || (const void *)wide == text)) ||
        page == PAGE_UNKNOWN)
        return win32_error(ERROR_INVALID_PARAMETER);
    DWORD allowed = code_page == CP_UTF8 ? MB_ERR_INVALID_CHARS
                                         : MB_ERR_INVALID_CHARS | MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS;
    if (flags & ~allowed)
        return win32_error(ERROR_INVALID_FLAGS);
    bool strict = flags & MB_ERR_INVALID_CHARS;
    size_t count = length < 0 ? strlen(text) + 1 : (size_t)length;
    size_t needed = page == PAGE_UTF8 ? host_utf8_to_utf16(text, count, (uint16_t *)wide, (size_t)size, strict)
                                      : single_to_wide(text, count, wide, (size_t)size, page == PAGE_ASCII, strict);
    return converted(needed, size);
}

int WideCharToMultiByte(UINT code_page, DWORD flags, LPCWCH wide, int length, LPSTR text, int size, LPCCH fallback,
                        LPBOOL used)
{
    enum page page = page_of(code_page);
    if (!wide || length == 0 || length < -1 || size < 0 || (size != 0 && (!text || (const void *)text == wide)) ||
        page == PAGE_UNKNOWN)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (code_page == CP_UTF8 && (fallback || used))
        return win32_error(ERROR_INVALID_PARAMETER);
    DWORD allowed = code_page == CP_UTF8 ? WC_ERR_INVALID_CHARS
                                         : WC_ERR_INVALID_CHARS | WC_NO_BEST_FIT_CHARS | WC_COMPOSITECHECK |
                                               WC_DISCARDNS | WC_SEPCHARS | WC_DEFAULTCHAR;
    if (flags & ~allowed)
        return win32_error(ERROR_INVALID_FLAGS);
    if (used)
        *used = FALSE;
    size_t count = length < 0 ? host_utf16_length((const uint16_t *)wide) + 1 : (size_t)length;
    size_t needed =
        page == PAGE_UTF8
            ? host_utf16_to_utf8((const uint16_t *)wide, count, text, (size_t)size, (flags & WC_ERR_INVALID_CHARS) != 0)
            : wide_to_single(wide, count, text, (size_t)size, page == PAGE_ASCII ? 0x7F : 0xFF,
                             fallback ? *fallback : '?', used);
    return converted(needed, size);
}

static unsigned fold(unsigned unit)
{
    if ((unit >= 'a' && unit <= 'z') || (unit >= 0xE0 && unit <= 0xFE && unit != 0xF7))
        return unit - 0x20;
    if ((unit >= 0x3B1 && unit <= 0x3C9 && unit != 0x3C2) || (unit >= 0x430 && unit <= 0x44F))
        return unit - 0x20;
    if (unit >= 0x450 && unit <= 0x45F)
        return unit - 0x50;
    return unit;
}

static int compare(const WCHAR *left, size_t left_count, const WCHAR *right, size_t right_count, bool ignore_case)
{
    for (size_t i = 0; i < left_count && i < right_count; i++) {
        unsigned a = ignore_case ? fold(left[i]) : left[i], b = ignore_case ? fold(right[i]) : right[i];
        if (a != b)
            return a < b ? -1 : 1;
    }
    return left_count == right_count ? 0 : left_count < right_count ? -1 : 1;
}

int CompareStringOrdinal(LPCWCH left, int left_count, LPCWCH right, int right_count, BOOL ignore_case)
{
    if (!left || !right || left_count < -1 || right_count < -1)
        return win32_error(ERROR_INVALID_PARAMETER);
    return compare(left, left_count < 0 ? host_utf16_length((const uint16_t *)left) : (size_t)left_count, right,
                   right_count < 0 ? host_utf16_length((const uint16_t *)right) : (size_t)right_count, ignore_case) +
           CSTR_EQUAL;
}

int lstrlenA(LPCSTR text)
{
    return text ? (int)strlen(text) : 0;
}

int lstrlenW(LPCWSTR text)
{
    return text ? (int)host_utf16_length((const uint16_t *)text) : 0;
}

/* A null string sorts before every other. */
int lstrcmpA(LPCSTR left, LPCSTR right)
{
    if (!left || !right)
        return left ? 1 : right ? -1 : 0;
    int order = strcmp(left, right);
    return (order > 0) - (order < 0);
}

int lstrcmpiA(LPCSTR left, LPCSTR right)
{
    if (!left || !right)
        return left ? 1 : right ? -1 : 0;
    int order = strcasecmp(left, right);
    return (order > 0) - (order < 0);
}

int lstrcmpW(LPCWSTR left, LPCWSTR right)
{
    if (!left || !right)
        return left ? 1 : right ? -1 : 0;
    return compare(left, (size_t)lstrlenW(left), right, (size_t)lstrlenW(right), false);
}

int lstrcmpiW(LPCWSTR left, LPCWSTR right)
{
    if (!left || !right)
        return left ? 1 : right ? -1 : 0;
    return compare(left, (size_t)lstrlenW(left), right, (size_t)lstrlenW(right), true);
}

LPSTR lstrcpyA(LPSTR to, LPCSTR from)
{
    return to && from ? strcpy(to, from) : NULL;
}

LPWSTR lstrcpyW(LPWSTR to, LPCWSTR from)
{
    if (!to || !from)
        return NULL;
    return memcpy(to, from, ((size_t)lstrlenW(from) + 1) * sizeof *to);
}

LPSTR lstrcpynA(LPSTR to, LPCSTR from, int size)
{
    if (!to || !from || size <= 0)
        return NULL;
    size_t length = strnlen(from, (size_t)size - 1);
    memcpy(to, from, length);
    to[length] = 0;
    return to;
}

LPWSTR lstrcpynW(LPWSTR to, LPCWSTR from, int size)
{
    if (!to || !from || size <= 0)
        return NULL;
    int length = 0;
    while (length < size - 1 && from[length])
        length++;
    memcpy(to, from, (size_t)length * sizeof *to);
    to[length] = 0;
    return to;
}

LPSTR lstrcatA(LPSTR to, LPCSTR from)
{
    return to && from ? strcat(to, from) : NULL;
}

LPWSTR lstrcatW(LPWSTR to, LPCWSTR from)
{
    if (!to || !from)
        return NULL;
    lstrcpyW(to + lstrlenW(to), from);
    return to;
}
