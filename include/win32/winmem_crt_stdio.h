/* winmem_crt_stdio.h: what Microsoft's <stdio.h> has beside the standard's: printing that counts, cuts or refuses, files
 * with sharing modes, descriptors. Included by stdio.h. */
#ifndef WINMEM_CRT_STDIO_H
#define WINMEM_CRT_STDIO_H

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

WINMEM_BEGIN_DECLS
extern int winmem_posix_fileno(FILE *) __asm__("fileno");
extern FILE *winmem_posix_fdopen(int, const char *) __asm__("fdopen");
extern FILE *winmem_posix_popen(const char *, const char *) __asm__("popen");
extern int winmem_posix_pclose(FILE *) __asm__("pclose");
extern int winmem_posix_fseeko(FILE *, long, int) __asm__("fseeko");
extern long winmem_posix_ftello(FILE *) __asm__("ftello");
extern void winmem_posix_flockfile(FILE *) __asm__("flockfile");
extern void winmem_posix_funlockfile(FILE *) __asm__("funlockfile");
extern int winmem_posix_unlink(const char *) __asm__("unlink");
/* The mode of files that are opened without one: text is bytes here, so it changes nothing. */
WINMEM_API extern int _fmode;
WINMEM_END_DECLS

#define _fileno(file) winmem_posix_fileno(file)
#define _fdopen(descriptor, mode) winmem_posix_fdopen((descriptor), (mode))
#define _popen(command, mode) winmem_posix_popen((command), (mode))
#define _pclose(file) winmem_posix_pclose(file)
#define _fseeki64(file, offset, origin) winmem_posix_fseeko((file), (offset), (origin))
#define _ftelli64(file) winmem_posix_ftello(file)
#define _lock_file(file) winmem_posix_flockfile(file)
#define _unlock_file(file) winmem_posix_funlockfile(file)
#define _unlink(path) winmem_posix_unlink(path)
#define _flushall() (fflush((FILE *)0), 3)
#define _fcloseall() 0
#define _rmtmp() 0
#define flushall _flushall
#define rmtmp _rmtmp
#define _fgetchar() getchar()
#define _fputchar(character) putchar(character)
#define fgetchar() getchar()
#define fputchar(character) putchar(character)
#define _SYS_OPEN 20
#define L_tmpnam_s L_tmpnam
#define TMP_MAX_S TMP_MAX
#define _get_output_format() 0u
#define _set_output_format(format) ((unsigned)((void)(format), 0))
#define _TWO_DIGIT_EXPONENT 1
#define _get_fmode(to) (*(to) = _fmode, 0)
#define _set_fmode(mode) (_fmode = (mode), 0)
#define _getw getw
#define _putw putw
#define _getmaxstdio() 512
#define _setmaxstdio(most) (most)
#define _get_printf_count_output() 0
#define _set_printf_count_output(value) ((int)((void)(value), 0))
#define _fread_nolock fread
#define _fwrite_nolock fwrite
#define _fsopen(path, mode, share) fopen((path), (mode))
#define _tempnam(directory, prefix) tempnam((directory), (prefix))
#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif

/* The old forms: as much as there is place for, without an end where the text does not fit; -1 when it was cut. */
WINMEM_CRT_INLINE int winmem_vsnprintf_old(char *to, size_t size, const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    int length = vsnprintf((char *)0, 0, format, again);
    va_end(again);
    if (length < 0 || !to)
        return length;
    if ((size_t)length < size)
        return vsnprintf(to, size, format, list);
    char *whole = (char *)malloc((size_t)length + 1);
    if (!whole)
        return -1;
    vsnprintf(whole, (size_t)length + 1, format, list);
    memcpy(to, whole, size);
    free(whole);
    return (size_t)length == size ? length : -1;
}
/* The safe forms: the whole text, or none and -1; _TRUNCATE cuts it and says -1. */
WINMEM_CRT_INLINE int winmem_vsnprintf_s(char *to, size_t size, size_t count, const char *format, va_list list)
{
    if (!format || (!to && (size || count)) || (to && size == 0)) {
        winmem_invalid_parameter(EINVAL);
        return -1;
    }
    if (!to)
        return 0;
    size_t room = count < size ? count + 1 : size;
    int length = vsnprintf(to, room, format, list);
    if (length >= 0 && (size_t)length < room)
        return length;
    if (length < 0 || (count != _TRUNCATE && count >= size)) {
        to[0] = 0;
        winmem_invalid_parameter(ERANGE);
    }
    return -1;
}
WINMEM_CRT_INLINE int vsprintf_s(char *to, size_t size, const char *format, va_list list)
{
    return winmem_vsnprintf_s(to, size, (size_t)-2, format, list);
}
#define WINMEM_FORWARD(call)                                                                                           \
    do {                                                                                                               \
        va_list list;                                                                                                  \
        va_start(list, format);                                                                                        \
        int length = call;                                                                                             \
        va_end(list);                                                                                                  \
        return length;                                                                                                 \
    } while (0)
WINMEM_CRT_INLINE int _snprintf(char *to, size_t size, const char *format, ...)
{
    WINMEM_FORWARD(winmem_vsnprintf_old(to, size, format, list));
}
WINMEM_CRT_INLINE int sprintf_s(char *to, size_t size, const char *format, ...)
{
    WINMEM_FORWARD(vsprintf_s(to, size, format, list));
}
WINMEM_CRT_INLINE int _snprintf_s(char *to, size_t size, size_t count, const char *format, ...)
{
    WINMEM_FORWARD(winmem_vsnprintf_s(to, size, count, format, list));
}
WINMEM_CRT_INLINE int _scprintf(const char *format, ...)
{
    WINMEM_FORWARD(vsnprintf((char *)0, 0, format, list));
}
#define _vsnprintf winmem_vsnprintf_old
#define _vsnprintf_s winmem_vsnprintf_s
#define _vscprintf(format, list) vsnprintf((char *)0, 0, (format), (list))
#define _snprintf_c snprintf

WINMEM_CRT_INLINE int fopen_s(FILE **file, const char *path, const char *mode)
{
    if (!file || !path || !mode)
        return winmem_invalid_parameter(EINVAL);
    *file = fopen(path, mode);
    return *file ? 0 : errno;
}
WINMEM_CRT_INLINE int freopen_s(FILE **file, const char *path, const char *mode, FILE *old)
{
    if (!file || !mode || !old)
        return winmem_invalid_parameter(EINVAL);
    *file = freopen(path, mode, old);
    return *file ? 0 : errno;
}
WINMEM_CRT_INLINE int clearerr_s(FILE *file)
{
    if (!file)
        return winmem_invalid_parameter(EINVAL);
    clearerr(file);
    return 0;
}
WINMEM_CRT_INLINE int tmpfile_s(FILE **file)
{
    if (!file)
        return winmem_invalid_parameter(EINVAL);
    *file = tmpfile();
    return *file ? 0 : errno;
}
WINMEM_CRT_INLINE char *gets_s(char *to, size_t size)
{
    if (!to || size == 0 || !fgets(to, (int)size, stdin))
        return (char *)0;
    size_t length = strlen(to);
    if (length && to[length - 1] == '\n')
        to[length - 1] = 0;
    return to;
}
WINMEM_CRT_INLINE size_t fread_s(void *to, size_t size, size_t width, size_t count, FILE *file)
{
    if (!to || (width && count > size / width)) {
        winmem_invalid_parameter(to ? ERANGE : EINVAL);
        return 0;
    }
    return fread(to, width, count, file);
}
#ifdef __cplusplus
/* The forms that take the size from the array. */
extern "C++" {
template <size_t size, class... arguments>
inline int sprintf_s(char (&to)[size], const char *format, arguments... rest)
{
    return sprintf_s(static_cast<char *>(to), size, format, rest...);
}
template <size_t size>
inline int vsprintf_s(char (&to)[size], const char *format, va_list list)
{
    return vsprintf_s(static_cast<char *>(to), size, format, list);
}
template <size_t size, class... arguments>
inline int _snprintf_s(char (&to)[size], size_t count, const char *format, arguments... rest)
{
    return _snprintf_s(static_cast<char *>(to), size, count, format, rest...);
}
template <size_t size>
inline char *gets_s(char (&to)[size])
{
    return gets_s(to, size);
}
}
#endif

#endif
