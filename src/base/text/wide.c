/* wide.c: the C library's wide-string functions for 16-bit characters. Programs compiled with -fshort-wchar reach them
 * through <wchar.h> under their usual names. Pure, but for the two that allocate; multibyte text is UTF-8. */
#include "base/text/wide.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#include "host/own.h"
#include "host/utf.h"

size_t winmem_wcslen(const WCHAR *text)
{
    return host_utf16_length((const uint16_t *)text);
}

size_t winmem_wcsnlen(const WCHAR *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length])
        length++;
    return length;
}

WCHAR *winmem_wcscpy(WCHAR *to, const WCHAR *from)
{
    return memcpy(to, from, (winmem_wcslen(from) + 1) * sizeof *to);
}

WCHAR *winmem_wcsncpy(WCHAR *to, const WCHAR *from, size_t count)
{
    size_t length = winmem_wcsnlen(from, count);
    memcpy(to, from, length * sizeof *to);
    memset(to + length, 0, (count - length) * sizeof *to);
    return to;
}

WCHAR *winmem_wcscat(WCHAR *to, const WCHAR *from)
{
    winmem_wcscpy(to + winmem_wcslen(to), from);
    return to;
}

WCHAR *winmem_wcsncat(WCHAR *to, const WCHAR *from, size_t count)
{
    size_t at = winmem_wcslen(to), length = winmem_wcsnlen(from, count);
    memcpy(to + at, from, length * sizeof *to);
    to[at + length] = 0;
    return to;
}

int winmem_wcsncmp(const WCHAR *left, const WCHAR *right, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
        if (!left[i])
            break;
    }
    return 0;
}

int winmem_wcscmp(const WCHAR *left, const WCHAR *right)
{
    return winmem_wcsncmp(left, right, SIZE_MAX);
}

int winmem_wcsncasecmp(const WCHAR *left, const WCHAR *right, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wint_t a = towlower(left[i]), b = towlower(right[i]);
        if (a != b)
            return a < b ? -1 : 1;
        if (!a)
            break;
    }
    return 0;
}

int winmem_wcscasecmp(const WCHAR *left, const WCHAR *right)
{
    return winmem_wcsncasecmp(left, right, SIZE_MAX);
}

int winmem_wcscoll(const WCHAR *left, const WCHAR *right)
{
    return winmem_wcscmp(left, right);
}

WCHAR *winmem_wcsdup(const WCHAR *text)
{
    size_t bytes = (winmem_wcslen(text) + 1) * sizeof *text;
    WCHAR *copy = malloc(bytes);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

WCHAR *winmem_wcschr(const WCHAR *text, WCHAR wanted)
{
    for (;; text++) {
        if (*text == wanted)
            return (WCHAR *)text;
        if (!*text)
            return NULL;
    }
}

WCHAR *winmem_wcsrchr(const WCHAR *text, WCHAR wanted)
{
    const WCHAR *last = NULL;
    for (;; text++) {
        if (*text == wanted)
            last = text;
        if (!*text)
            return (WCHAR *)last;
    }
}

/* Characters at the start that are (`in`) or are not in the set. */
static size_t span(const WCHAR *text, const WCHAR *set, int in)
{
    size_t length = 0;
    while (text[length] && (winmem_wcschr(set, text[length]) != NULL) == in)
        length++;
    return length;
}

size_t winmem_wcsspn(const WCHAR *text, const WCHAR *set)
{
    return span(text, set, 1);
}

size_t winmem_wcscspn(const WCHAR *text, const WCHAR *set)
{
    return span(text, set, 0);
}

WCHAR *winmem_wcspbrk(const WCHAR *text, const WCHAR *set)
{
    text += span(text, set, 0);
    return *text ? (WCHAR *)text : NULL;
}

WCHAR *winmem_wcsstr(const WCHAR *text, const WCHAR *wanted)
{
    size_t length = winmem_wcslen(wanted);
    for (; winmem_wcsncmp(text, wanted, length) != 0; text++)
        if (!*text)
            return NULL;
    return (WCHAR *)text;
}

WCHAR *winmem_wcstok(WCHAR *text, const WCHAR *set, WCHAR **state)
{
    if (!text)
        text = *state;
    text += span(text, set, 1);
    WCHAR *end = text + span(text, set, 0);
    *state = end;
    if (text == end)
        return NULL;
    if (*end) {
        *end = 0;
        *state = end + 1;
    }
    return text;
}

WCHAR *winmem_wmemchr(const WCHAR *text, WCHAR wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text[i] == wanted)
            return (WCHAR *)text + i;
    return NULL;
}

int winmem_wmemcmp(const WCHAR *left, const WCHAR *right, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

WCHAR *winmem_wmemcpy(WCHAR *to, const WCHAR *from, size_t count)
{
    return memcpy(to, from, count * sizeof *to);
}

WCHAR *winmem_wmemmove(WCHAR *to, const WCHAR *from, size_t count)
{
    return memmove(to, from, count * sizeof *to);
}

WCHAR *winmem_wmemset(WCHAR *to, WCHAR value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = value;
    return to;
}

/* Numbers: the part that can be one is ASCII, so the narrow function does the work on a copy of it. */
#define LONGEST_NUMBER 1100
static const char *number_text(const WCHAR *text, char *copy)
{
    size_t length = 0;
    while (length < LONGEST_NUMBER - 1 && text[length] && text[length] < 0x80) {
        copy[length] = (char)text[length];
        length++;
    }
    copy[length] = 0;
    return copy;
}

#define NUMBER(type, name, narrow)                                                                                     \
    type name(const WCHAR *text, WCHAR **end, int base)                                                                \
    {                                                                                                                  \
        char copy[LONGEST_NUMBER], *stop;                                                                              \
        type value = (type)narrow(number_text(text, copy), &stop, base);                                               \
        if (end)                                                                                                       \
            *end = (WCHAR *)text + (stop - copy);                                                                      \
        return value;                                                                                                  \
    }
NUMBER(long, winmem_wcstol, strtol)
NUMBER(unsigned long, winmem_wcstoul, strtoul)
NUMBER(long long, winmem_wcstoll, strtoll)
NUMBER(unsigned long long, winmem_wcstoull, strtoull)

double winmem_wcstod(const WCHAR *text, WCHAR **end)
{
    char copy[LONGEST_NUMBER], *stop;
    double value = strtod(number_text(text, copy), &stop);
    if (end)
        *end = (WCHAR *)text + (stop - copy);
    return value;
}

float winmem_wcstof(const WCHAR *text, WCHAR **end)
{
    return (float)winmem_wcstod(text, end);
}

int winmem_btowc(int byte)
{
    return byte >= 0 && byte < 0x80 ? byte : -1;
}

int winmem_wctob(unsigned wide)
{
    return wide < 0x80 ? (int)wide : -1;
}

/* As Microsoft's: `to` NULL counts without the terminator; ill-formed text gives -1. */
size_t winmem_mbstowcs(WCHAR *to, const char *from, size_t count)
{
    size_t length = strlen(from), needed = length ? host_utf8_to_utf16(from, length, NULL, 0, 1) : 0;
    if (length && !needed)
        return SIZE_MAX;
    if (!to)
        return needed;
    if (needed <= count) {
        if (needed)
            host_utf8_to_utf16(from, length, (uint16_t *)to, count, 1);
        if (needed < count)
            to[needed] = 0;
        return needed;
    }
    WCHAR *whole = host_own_take(needed * sizeof *whole);
    if (!whole)
        return SIZE_MAX;
    host_utf8_to_utf16(from, length, (uint16_t *)whole, needed, 1);
    memcpy(to, whole, count * sizeof *to);
    host_own_give(whole);
    return count;
}

/* The units at the start whose text is at most `most` bytes, *bytes: whole characters only. */
static size_t units_within(const WCHAR *text, size_t length, size_t most, size_t *bytes)
{
    size_t at = 0;
    for (*bytes = 0; at < length;) {
        size_t units = at + 1 < length && (text[at] & 0xFC00) == 0xD800 ? 2 : 1;
        size_t more = host_utf16_to_utf8((const uint16_t *)text + at, units, NULL, 0, 0);
        if (more > most - *bytes)
            break;
        *bytes += more;
        at += units;
    }
    return at;
}

size_t winmem_wcstombs(char *to, const WCHAR *from, size_t count)
{
    size_t length = winmem_wcslen(from);
    size_t needed = length ? host_utf16_to_utf8((const uint16_t *)from, length, NULL, 0, 1) : 0;
    if (length && !needed)
        return SIZE_MAX;
    if (!to)
        return needed;
    if (needed > count)
        length = units_within(from, length, count, &needed);
    if (needed)
        host_utf16_to_utf8((const uint16_t *)from, length, to, count, 0);
    if (needed < count)
        to[needed] = 0;
    return needed;
}

int winmem_mbtowc(WCHAR *to, const char *from, size_t count)
{
    if (!from || count == 0)
        return from ? -1 : 0;
    unsigned char first = (unsigned char)*from;
    size_t bytes = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    WCHAR unit[2];
    if (bytes > count || host_utf8_to_utf16(from, bytes, (uint16_t *)unit, 2, 1) != 1)
        return -1;
    if (to)
        *to = unit[0];
    return unit[0] ? (int)bytes : 0;
}

int winmem_wctomb(char *to, WCHAR wide)
{
    char bytes[4];
    size_t count = host_utf16_to_utf8((const uint16_t *)&wide, 1, bytes, sizeof bytes, 1);
    if (!to)
        return 0;
    memcpy(to, bytes, count);
    return count ? (int)count : -1;
}
