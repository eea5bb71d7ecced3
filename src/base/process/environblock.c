/* environblock.c: the whole environment as one block, and text with %NAME% in it. May allocate. */
#include <processenv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winerror.h>

#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

/* NAME=value, each with its terminator, and one more at the end. */
LPCH GetEnvironmentStringsA(void)
{
    size_t size = 2;
    for (char **entry = environ; *entry; entry++)
        size += strlen(*entry) + 1;
    char *block = host_own_take(size), *to = block;
    if (!block) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    for (char **entry = environ; *entry && strlen(*entry) + 3 <= size - (size_t)(to - block); entry++)
        to = stpcpy(to, *entry) + 1;
    to[0] = to[1] = 0;
    return block;
}

LPWCH GetEnvironmentStringsW(void)
{
    char *block = GetEnvironmentStringsA();
    if (!block)
        return NULL;
    size_t size = 1;
    while (block[size - 1] || block[size])
        size++;
    size++; /* with both terminators */
    size_t units = host_utf8_to_utf16(block, size, NULL, 0, 0);
    WCHAR *wide = host_own_take(units * sizeof *wide);
    if (wide)
        host_utf8_to_utf16(block, size, (uint16_t *)wide, units, 0);
    else
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    host_own_give(block);
    return wide;
}

BOOL FreeEnvironmentStringsA(LPCH block)
{
    host_own_give(block);
    return TRUE;
}

BOOL FreeEnvironmentStringsW(LPWCH block)
{
    host_own_give(block);
    return TRUE;
}

/* %NAME% becomes the variable's value, and stays as it is when there is none. Own memory; NULL without memory. */
static char *expand(const char *from)
{
    char *result = host_own_text("");
    size_t length = 0;
    while (result && *from) {
        const char *piece = from, *end = *from == '%' ? strchr(from + 1, '%') : NULL;
        size_t count = *from == '%' ? 1 : strcspn(from, "%");
        from += count;
        if (end) {
            char *name = host_own_part(piece + 1, (size_t)(end - piece - 1));
            const char *value = name ? getenv(name) : NULL;
            host_own_give(name);
            if (value) {
                piece = value;
                count = strlen(value);
                from = end + 1;
            }
        }
        char *longer = host_own_grow(result, length + count + 1);
        if (!longer)
            host_own_give(result);
        else {
            memcpy(longer + length, piece, count);
            length += count;
            longer[length] = 0;
        }
        result = longer;
    }
    return result;
}

/* Both answer the size with the terminator, and write what fits. */
DWORD ExpandEnvironmentStringsA(LPCSTR from, LPSTR to, DWORD size)
{
    char *text = expand(from);
    if (!text)
        return (DWORD)win32_error(ERROR_NOT_ENOUGH_MEMORY);
    size_t needed = strlen(text) + 1;
    if (needed <= size)
        memcpy(to, text, needed);
    host_own_give(text);
    return (DWORD)needed;
}

DWORD ExpandEnvironmentStringsW(LPCWSTR from, LPWSTR to, DWORD size)
{
    size_t bytes = host_utf16_to_utf8((const uint16_t *)from, SIZE_MAX, NULL, 0, 0);
    char *narrow = host_own_take(bytes), *text = NULL;
    if (narrow) {
        host_utf16_to_utf8((const uint16_t *)from, SIZE_MAX, narrow, bytes, 0);
        text = expand(narrow);
    }
    host_own_give(narrow);
    if (!text)
        return (DWORD)win32_error(ERROR_NOT_ENOUGH_MEMORY);
    size_t needed = host_utf8_to_utf16(text, SIZE_MAX, (uint16_t *)to, size, 0);
    host_own_give(text);
    return (DWORD)needed;
}
