/* string.h: the system's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <string.h>
#ifndef WINMEM_STRING_H
#define WINMEM_STRING_H

#include "winmem_compiler.h"

#include "winmem_posix.h"

#include <strings.h>

#define _stricmp winmem_posix_strcasecmp
#define stricmp winmem_posix_strcasecmp
#define _strcmpi winmem_posix_strcasecmp
#define strcmpi winmem_posix_strcasecmp
#define _stricoll winmem_posix_strcasecmp
#define _strnicmp winmem_posix_strncasecmp
#define strnicmp winmem_posix_strncasecmp
#define _strnicoll winmem_posix_strncasecmp
#define _strncoll strncmp
#define _strdup winmem_posix_strdup
#define strtok_s winmem_posix_strtok_r
#define _memccpy memccpy
#define strupr _strupr
#define strlwr _strlwr
#define _memicmp winmem_memicmp
#define memicmp winmem_memicmp
#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif
#ifndef STRUNCATE
#define STRUNCATE 80
#endif

WINMEM_BEGIN_DECLS
extern int winmem_invalid_parameter(int error);
/* The names from before the underscore, functions as there: a program may have its own. */
WINMEM_API char *strrev(char *text);
WINMEM_API char *strset(char *text, int fill);
WINMEM_API char *strnset(char *text, int fill, size_t count);
/* The text of errno after the title and a colon; it lives until the thread asks again. */
WINMEM_API char *_strerror(const char *title);
WINMEM_END_DECLS

#define WINMEM_STRING_INLINE static __inline__ __attribute__((__unused__))
WINMEM_STRING_INLINE int memcpy_s(void *to, size_t size, const void *from, size_t count)
{
    if (count == 0)
        return 0;
    if (!to || !from || count > size) {
        if (to)
            memset(to, 0, size);
        return winmem_invalid_parameter(to && from ? 34 : 22);
    }
    memcpy(to, from, count);
    return 0;
}
WINMEM_STRING_INLINE int memmove_s(void *to, size_t size, const void *from, size_t count)
{
    if (count == 0)
        return 0;
    if (!to || !from || count > size)
        return winmem_invalid_parameter(to && from ? 34 : 22);
    memmove(to, from, count);
    return 0;
}
/* Every byte counts, zeros too. */
WINMEM_STRING_INLINE int winmem_memicmp(const void *left, const void *right, size_t count)
{
    const unsigned char *one = (const unsigned char *)left, *two = (const unsigned char *)right;
    for (size_t i = 0; i < count; i++) {
        int a = one[i] >= 'A' && one[i] <= 'Z' ? one[i] + 32 : one[i];
        int b = two[i] >= 'A' && two[i] <= 'Z' ? two[i] + 32 : two[i];
        if (a != b)
            return a - b;
    }
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
#define WINMEM_TEXT_INLINE static __inline__ __attribute__((__unused__))
#define CRT_CHAR char
#define CRT_FILL int
#define CRT_NAME(name) str##name
#define CRT_UNDER(name) _str##name
#include "winmem_crt_text.h"

/* The text of an error number; `NULL` for one that there is none of, cut where the place is short. */
WINMEM_STRING_INLINE int strerror_s(char *to, size_t size, int error)
{
    if (!to || size == 0)
        return winmem_invalid_parameter(22);
    strncpy_s(to, size, strerror(error), (size_t)-1);
    return 0;
}
#ifdef __cplusplus
extern "C++" {
template <size_t size>
inline int strerror_s(char (&to)[size], int error)
{
    return strerror_s(to, size, error);
}
}
#endif

/* Microsoft's string.h declares the wide half as well. */
#if __SIZEOF_WCHAR_T__ == 2
#include <wchar.h>
#endif

#endif
