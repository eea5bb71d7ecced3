/* winmem_crt_stdlib.h: what Microsoft's <stdlib.h> has beside the standard's: the _s forms, numbers to text, pieces of
 * paths, byte swaps. Included by stdlib.h; the system's headers only. */
#ifndef WINMEM_CRT_STDLIB_H
#define WINMEM_CRT_STDLIB_H

#include "crtdefs.h"
#include "winmem_posix.h"

#include <errno.h>

#define WINMEM_CRT_INLINE static __inline__ __attribute__((__unused__))

typedef void (*_invalid_parameter_handler)(const wchar_t *, const wchar_t *, const wchar_t *, unsigned int, uintptr_t);
typedef void (*_purecall_handler)(void);
typedef int (*_onexit_t)(void);
#define onexit_t _onexit_t
#define onexit _onexit

WINMEM_BEGIN_DECLS
extern char **environ;
extern int __argc; /* no macros: the system's headers name parameters so */
extern char **__argv;
extern char *winmem_program_path(void);
WINMEM_API _invalid_parameter_handler _set_invalid_parameter_handler(_invalid_parameter_handler handler);
WINMEM_API _invalid_parameter_handler _get_invalid_parameter_handler(void);
WINMEM_API _invalid_parameter_handler _set_thread_local_invalid_parameter_handler(_invalid_parameter_handler handler);
extern int winmem_invalid_parameter(int error);
extern void _exit(int) __attribute__((__noreturn__)); /* the system's */
WINMEM_END_DECLS

#define _pgmptr (winmem_program_path())
#define _get_pgmptr(to) (*(to) = winmem_program_path(), 0)
#define _environ environ
#define _set_errno(value) (errno = (value), 0)
#define _get_errno(to) (*(to) = errno, 0)
#define _doserrno errno
#define _set_doserrno(value) (errno = (int)(value), 0)
#define _get_doserrno(to) (*(to) = (unsigned)errno, 0)
#define _set_abort_behavior(flags, mask) ((unsigned)((void)(flags), (void)(mask), 0))
#define _set_error_mode(mode) ((int)((void)(mode), 0))
#define _set_purecall_handler(handler) ((_purecall_handler)((void)(handler), (void *)0))
#define _WRITE_ABORT_MSG 1
#define _CALL_REPORTFAULT 2
#define _OUT_TO_DEFAULT 0
#define _OUT_TO_STDERR 1
#define _OUT_TO_MSGBOX 2
#define _REPORT_ERRMODE 3
#define _swab(from, to, count) swab((from), (to), (count))
#define _atoldbl(to, text) (*(to) = strtold((text), (char **)0), 0)
#define _gcvt(value, digits, to) gcvt((value), (digits), (to))
#define _ecvt ecvt
#define _fcvt fcvt
#define _ecvt_s(to, size, value, digits, point, sign) ecvt_r((value), (digits), (point), (sign), (to), (size))
#define _fcvt_s(to, size, value, digits, point, sign) fcvt_r((value), (digits), (point), (sign), (to), (size))
#define _gcvt_s(to, size, value, digits) winmem_gcvt_s((to), (size), (value), (digits))
#define _abs64 llabs
#ifndef __cplusplus
#ifndef __max
#define __max(left, right) ((left) > (right) ? (left) : (right))
#define __min(left, right) ((left) < (right) ? (left) : (right))
#endif
#endif
#ifndef _byteswap_ulong
#define _byteswap_ushort(value) __builtin_bswap16(value)
#define _byteswap_ulong(value) __builtin_bswap32(value)
#define _byteswap_uint64(value) __builtin_bswap64(value)
#endif
#ifndef _rotl
#define _rotl(value, by) winmem_rotl32((unsigned)(value), (by))
#define _rotr(value, by) winmem_rotl32((unsigned)(value), -(by))
#endif
#ifndef _rotl64
#define _rotl64(value, by) winmem_rotl64((value), (by))
#define _rotr64(value, by) winmem_rotl64((value), -(by))
#endif
#ifndef _lrotl
#define _lrotl(value, by) winmem_rotl32((unsigned)(value), (by))
#define _lrotr(value, by) winmem_rotl32((unsigned)(value), -(by))
#endif
WINMEM_CRT_INLINE unsigned winmem_rotl32(unsigned value, int by)
{
    return value << (by & 31) | value >> (-by & 31);
}
WINMEM_CRT_INLINE unsigned long long winmem_rotl64(unsigned long long value, int by)
{
    return value << (by & 63) | value >> (-by & 63);
}

WINMEM_CRT_INLINE _onexit_t _onexit(_onexit_t callback)
{
    return atexit((void (*)(void))callback) == 0 ? callback : (_onexit_t)0;
}

WINMEM_CRT_INLINE int winmem_gcvt_s(char *to, size_t size, double value, int digits)
{
    char text[512];
    if (!to || !size || digits < 0 || digits > 400)
        return winmem_invalid_parameter(EINVAL);
    int length = __builtin_snprintf(text, sizeof text, "%.*g", digits, value);
    to[0] = 0;
    if (length < 0 || (size_t)length >= size)
        return winmem_invalid_parameter(ERANGE);
    __builtin_memcpy(to, text, (size_t)length + 1);
    return 0;
}

/* Numbers to text: 22 without a place, 34 when it is too short; the text is then empty. */
WINMEM_CRT_INLINE int winmem_number_s(unsigned long long value, int negative, char *to, size_t size, int base)
{
    char digits[68], *at = digits + 67;
    if (!to || size == 0)
        return winmem_invalid_parameter(EINVAL);
    to[0] = 0;
    if (base < 2 || base > 36)
        return winmem_invalid_parameter(EINVAL);
    *at = 0;
    do {
        *--at = "0123456789abcdefghijklmnopqrstuvwxyz"[value % (unsigned)base];
        value /= (unsigned)base;
    } while (value);
    if (negative)
        *--at = '-';
    size_t length = (size_t)(digits + 67 - at);
    if (length >= size)
        return winmem_invalid_parameter(ERANGE);
    __builtin_memcpy(to, at, length + 1);
    return 0;
}
WINMEM_CRT_INLINE int _i64toa_s(long long value, char *to, size_t size, int base)
{
    int negative = value < 0 && base == 10;
    return winmem_number_s(negative ? 0ull - (unsigned long long)value : (unsigned long long)value, negative, to, size,
                           base);
}
WINMEM_CRT_INLINE int _ui64toa_s(unsigned long long value, char *to, size_t size, int base)
{
    return winmem_number_s(value, 0, to, size, base);
}
WINMEM_CRT_INLINE int _itoa_s(int value, char *to, size_t size, int base)
{
    return base == 10 ? _i64toa_s(value, to, size, base) : _ui64toa_s((unsigned)value, to, size, base);
}
WINMEM_CRT_INLINE int _ltoa_s(long value, char *to, size_t size, int base)
{
    return _itoa_s((int)value, to, size, base);
}
WINMEM_CRT_INLINE int _ultoa_s(unsigned long value, char *to, size_t size, int base)
{
    return _ui64toa_s((unsigned)value, to, size, base);
}
#ifdef __cplusplus
/* The forms that take the size from the array. */
#define WINMEM_NUMBER_S(name, type, character)                                                                         \
    template <size_t size>                                                                                             \
    inline int name(type value, character (&to)[size], int base)                                                       \
    {                                                                                                                  \
        return name(value, to, size, base);                                                                            \
    }
extern "C++" {
WINMEM_NUMBER_S(_itoa_s, int, char)
WINMEM_NUMBER_S(_ltoa_s, long, char)
WINMEM_NUMBER_S(_ultoa_s, unsigned long, char)
WINMEM_NUMBER_S(_i64toa_s, long long, char)
WINMEM_NUMBER_S(_ui64toa_s, unsigned long long, char)
template <size_t drive_size, size_t dir_size, size_t name_size, size_t ext_size>
inline int _splitpath_s(const char *path, char (&drive)[drive_size], char (&dir)[dir_size], char (&name)[name_size],
                        char (&ext)[ext_size])
{
    return _splitpath_s(path, drive, drive_size, dir, dir_size, name, name_size, ext, ext_size);
}
template <size_t size>
inline int _makepath_s(char (&path)[size], const char *drive, const char *dir, const char *name, const char *ext)
{
    return _makepath_s(path, size, drive, dir, name, ext);
}
template <size_t size>
inline int getenv_s(size_t *needed, char (&to)[size], const char *name)
{
    return getenv_s(needed, to, size, name);
}
}
#endif

#include "winmem_crt_paths.h"

#endif
