/* winmem_crt_wide.h: what Microsoft's headers have for 16-bit text beside the standard's: printing that cuts or refuses,
 * numbers, environment, files, conversions. Included by wchar.h. */
#ifndef WINMEM_CRT_WIDE_H
#define WINMEM_CRT_WIDE_H

#include <errno.h>

#define WINMEM_PATH_MOST 4096

WINMEM_BEGIN_DECLS
extern int winmem_posix_access(const char *, int) __asm__("access");
extern int winmem_posix_wide_unlink(const char *) __asm__("unlink");
WINMEM_END_DECLS

/* As much as there is place for, without an end where the text does not fit; -1 when it was cut. */
WINMEM_WIDE_INLINE int _vsnwprintf(wchar_t *to, size_t size, const wchar_t *format, __gnuc_va_list list)
{
    __gnuc_va_list again;
    __builtin_va_copy(again, list);
    int length = vswprintf((wchar_t *)0, 0, format, again);
    __builtin_va_end(again);
    if (length < 0 || !to)
        return length;
    if ((size_t)length < size)
        return vswprintf(to, size, format, list);
    wchar_t *whole = (wchar_t *)malloc(((size_t)length + 1) * sizeof(wchar_t));
    if (!whole)
        return -1;
    vswprintf(whole, (size_t)length + 1, format, list);
    wmemcpy(to, whole, size);
    free(whole);
    return (size_t)length == size ? length : -1;
}
/* The whole text, or none and -1; _TRUNCATE cuts it and says -1. */
WINMEM_WIDE_INLINE int _vsnwprintf_s(wchar_t *to, size_t size, size_t count, const wchar_t *format,
                                     __gnuc_va_list list)
{
    if (!to || size == 0 || !format) {
        winmem_invalid_parameter(EINVAL);
        return -1;
    }
    size_t room = count < size ? count + 1 : size;
    int length = vswprintf(to, room, format, list);
    if (length >= 0 && (size_t)length < room)
        return length;
    if (count != _TRUNCATE && count >= size) {
        to[0] = 0;
        winmem_invalid_parameter(ERANGE);
    }
    return -1;
}
WINMEM_WIDE_INLINE int vswprintf_s(wchar_t *to, size_t size, const wchar_t *format, __gnuc_va_list list)
{
    return _vsnwprintf_s(to, size, (size_t)-2, format, list);
}
#define WINMEM_WIDE_FORWARD(call)                                                                                      \
    do {                                                                                                               \
        __gnuc_va_list list;                                                                                           \
        __builtin_va_start(list, format);                                                                              \
        int length = call;                                                                                             \
        __builtin_va_end(list);                                                                                        \
        return length;                                                                                                 \
    } while (0)
WINMEM_WIDE_INLINE int _snwprintf(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    WINMEM_WIDE_FORWARD(_vsnwprintf(to, size, format, list));
}
WINMEM_WIDE_INLINE int swprintf_s(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    WINMEM_WIDE_FORWARD(vswprintf_s(to, size, format, list));
}
WINMEM_WIDE_INLINE int _snwprintf_s(wchar_t *to, size_t size, size_t count, const wchar_t *format, ...)
{
    WINMEM_WIDE_FORWARD(_vsnwprintf_s(to, size, count, format, list));
}
WINMEM_WIDE_INLINE int _scwprintf(const wchar_t *format, ...)
{
    WINMEM_WIDE_FORWARD(vswprintf((wchar_t *)0, 0, format, list));
}
#define _vswprintf(to, format, list) vswprintf((to), 0x7FFFFFFF, (format), (list))
#define _vscwprintf(format, list) vswprintf((wchar_t *)0, 0, (format), (list))

WINMEM_WIDE_INLINE wchar_t *winmem_tcstok(wchar_t *text, const wchar_t *set)
{
    static __thread wchar_t *rest;
    return wcstok(text, set, &rest);
}

/* Numbers to text. */
WINMEM_WIDE_INLINE int winmem_widen(wchar_t *to, size_t size, const char *digits)
{
    size_t i = 0;
    if (!to || size == 0)
        return winmem_invalid_parameter(EINVAL);
    for (; digits[i] && i < size; i++)
        to[i] = (wchar_t)(unsigned char)digits[i];
    to[i < size ? i : 0] = 0;
    return i < size ? 0 : winmem_invalid_parameter(ERANGE);
}
#define WINMEM_WIDE_NUMBER(name, name_s, type, narrow)                                                                 \
    WINMEM_WIDE_INLINE int name_s(type value, wchar_t *to, size_t size, int base)                                      \
    {                                                                                                                  \
        char digits[68];                                                                                               \
        int error = narrow(value, digits, sizeof digits, base);                                                        \
        return error ? error : winmem_widen(to, size, digits);                                                         \
    }                                                                                                                  \
    WINMEM_WIDE_INLINE wchar_t *name(type value, wchar_t *to, int base)                                                \
    {                                                                                                                  \
        name_s(value, to, 68, base);                                                                                   \
        return to;                                                                                                     \
    }
WINMEM_WIDE_NUMBER(_itow, _itow_s, int, _itoa_s)
WINMEM_WIDE_NUMBER(_ultow, _ultow_s, unsigned, _ui64toa_s)
WINMEM_WIDE_NUMBER(_i64tow, _i64tow_s, long long, _i64toa_s)
WINMEM_WIDE_NUMBER(_ui64tow, _ui64tow_s, unsigned long long, _ui64toa_s)
#define _ltow(value, to, base) _itow((int)(value), (to), (base))
WINMEM_WIDE_INLINE int _ltow_s(long value, wchar_t *to, size_t size, int base)
{
    return _itow_s((int)value, to, size, base);
}
#ifdef __cplusplus
extern "C++" {
WINMEM_NUMBER_S(_itow_s, int, wchar_t)
WINMEM_NUMBER_S(_ltow_s, long, wchar_t)
WINMEM_NUMBER_S(_ultow_s, unsigned, wchar_t)
WINMEM_NUMBER_S(_i64tow_s, long long, wchar_t)
WINMEM_NUMBER_S(_ui64tow_s, unsigned long long, wchar_t)
}
#endif

/* Wide and narrow: the count in `*done` takes in the end. */
WINMEM_WIDE_INLINE int wcstombs_s(size_t *done, char *to, size_t size, const wchar_t *from, size_t count)
{
    size_t length = from ? wcstombs((char *)0, from, 0) : (size_t)-1;
    if (done)
        *done = 0;
    if (!from || (!to && size) || length == (size_t)-1) {
        if (to && size)
            to[0] = 0;
        return !from || (!to && size) ? winmem_invalid_parameter(EINVAL) : EILSEQ;
    }
    if (to && size) {
        int cut = length >= size;
        if (count != _TRUNCATE && length > count)
            length = count;
        if (length >= size && count != _TRUNCATE) {
            to[0] = 0;
            return winmem_invalid_parameter(ERANGE);
        }
        if (length >= size)
            length = size - 1;
        if (wcstombs(to, from, length) == (size_t)-1)
            length = 0;
        to[length] = 0;
        if (done)
            *done = length + 1;
        return cut && count == _TRUNCATE ? 80 : 0;
    }
    if (done)
        *done = length + 1;
    return 0;
}
WINMEM_WIDE_INLINE int mbstowcs_s(size_t *done, wchar_t *to, size_t size, const char *from, size_t count)
{
    size_t length = from ? mbstowcs((wchar_t *)0, from, 0) : (size_t)-1;
    if (done)
        *done = 0;
    if (!from || (!to && size) || length == (size_t)-1) {
        if (to && size)
            to[0] = 0;
        return !from || (!to && size) ? winmem_invalid_parameter(EINVAL) : EILSEQ;
    }
    if (to && size) {
        int cut = length >= size;
        if (count != _TRUNCATE && length > count)
            length = count;
        if (length >= size && count != _TRUNCATE) {
            to[0] = 0;
            return winmem_invalid_parameter(ERANGE);
        }
        if (length >= size)
            length = size - 1;
        mbstowcs(to, from, length);
        to[length] = 0;
        if (done)
            *done = length + 1;
        return cut && count == _TRUNCATE ? 80 : 0;
    }
    if (done)
        *done = length + 1;
    return 0;
}

#include "winmem_crt_widefile.h"

#include "winmem_crt_widecalls.h"

#ifdef __cplusplus
/* The forms that take the size from the array. */
extern "C++" {
template <size_t size, class... arguments>
inline int swprintf_s(wchar_t (&to)[size], const wchar_t *format, arguments... rest)
{
    return swprintf_s(static_cast<wchar_t *>(to), size, format, rest...);
}
template <size_t size>
inline int vswprintf_s(wchar_t (&to)[size], const wchar_t *format, __gnuc_va_list list)
{
    return vswprintf_s(static_cast<wchar_t *>(to), size, format, list);
}
template <size_t size, class... arguments>
inline int _snwprintf_s(wchar_t (&to)[size], size_t count, const wchar_t *format, arguments... rest)
{
    return _snwprintf_s(static_cast<wchar_t *>(to), size, count, format, rest...);
}
template <size_t size>
inline int wcstombs_s(size_t *done, char (&to)[size], const wchar_t *from, size_t count)
{
    return wcstombs_s(done, to, size, from, count);
}
template <size_t size>
inline int mbstowcs_s(size_t *done, wchar_t (&to)[size], const char *from, size_t count)
{
    return mbstowcs_s(done, to, size, from, count);
}
}
#endif

#endif
