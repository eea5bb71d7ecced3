/* string.h: the system's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <string.h>
#ifndef WINMEM_STRING_H
#define WINMEM_STRING_H

#include "winmem_compiler.h"

#include <strings.h>

#define _stricmp strcasecmp
#define stricmp strcasecmp
#define _strcmpi strcasecmp
#define _strnicmp strncasecmp
#define strnicmp strncasecmp
#define _strdup strdup
#define _memicmp strncasecmp
#define strtok_s strtok_r

#define WINMEM_STRING_INLINE static __inline__ __attribute__((__unused__))
WINMEM_STRING_INLINE int strcpy_s(char *to, size_t size, const char *from)
{
    if (!to || size == 0)
        return 22;
    size_t length = from ? strlen(from) : size;
    if (length >= size) {
        to[0] = 0;
        return from ? 34 : 22;
    }
    memcpy(to, from, length + 1);
    return 0;
}
WINMEM_STRING_INLINE int strcat_s(char *to, size_t size, const char *from)
{
    size_t length = 0;
    while (to && length < size && to[length])
        length++;
    if (!to || length == size)
        return 22;
    int error = strcpy_s(to + length, size - length, from);
    if (error)
        to[0] = 0;
    return error;
}
WINMEM_STRING_INLINE int strncpy_s(char *to, size_t size, const char *from, size_t count)
{
    if (!to || size == 0 || !from)
        return 22;
    size_t length = 0;
    while (length < count && from[length])
        length++;
    int cut = length >= size;
    if (cut && count != (size_t)-1) {
        to[0] = 0;
        return 34;
    }
    length = cut ? size - 1 : length;
    memcpy(to, from, length);
    to[length] = 0;
    return cut ? 80 : 0;
}
WINMEM_STRING_INLINE int memcpy_s(void *to, size_t size, const void *from, size_t count)
{
    if (count == 0)
        return 0;
    if (!to || !from || count > size) {
        if (to)
            memset(to, 0, size);
        return to && from ? 34 : 22;
    }
    memcpy(to, from, count);
    return 0;
}
WINMEM_STRING_INLINE int memmove_s(void *to, size_t size, const void *from, size_t count)
{
    if (count == 0)
        return 0;
    if (!to || !from || count > size)
        return to && from ? 34 : 22;
    memmove(to, from, count);
    return 0;
}
WINMEM_STRING_INLINE char *_strlwr(char *text)
{
    for (char *at = text; *at; at++)
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    return text;
}
WINMEM_STRING_INLINE char *_strupr(char *text)
{
    for (char *at = text; *at; at++)
        *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
    return text;
}
#ifdef __cplusplus
/* The forms that take the size from the array. */
extern "C++" {
template <size_t size>
inline int strcpy_s(char (&to)[size], const char *from)
{
    return strcpy_s(to, size, from);
}
template <size_t size>
inline int strcat_s(char (&to)[size], const char *from)
{
    return strcat_s(to, size, from);
}
}
#endif

/* Microsoft's string.h declares the wide half as well. */
#if __SIZEOF_WCHAR_T__ == 2
#include <wchar.h>
#endif

#endif
