/* winmem_crt_widecalls.h: calls of Microsoft's C library that take or give 16-bit text and are the narrow ones
 * otherwise: streams, descriptors, times, texts of errors. Included by winmem_crt_wide.h. */
#ifndef WINMEM_CRT_WIDECALLS_H
#define WINMEM_CRT_WIDECALLS_H

#include <time.h>

struct utimbuf;
WINMEM_BEGIN_DECLS
extern __FILE *winmem_wide_fdopen(int, const char *) __asm__("fdopen");
extern __FILE *winmem_wide_popen(const char *, const char *) __asm__("popen");
extern __FILE *winmem_wide_freopen(const char *, const char *, __FILE *) __asm__("winmem_freopen");
extern int winmem_wide_chmod(const char *, unsigned) __asm__("winmem_chmod");
extern int winmem_wide_utime(const char *, const struct utimbuf *) __asm__("winmem_utime");
extern int winmem_wide_creat(const char *, unsigned) __asm__("winmem_creat");
extern char *winmem_wide_fullpath(char *, const char *, size_t) __asm__("_fullpath");
extern int winmem_wide_mktemp(char *, size_t) __asm__("_mktemp_s");
/* The environment as it is now; what was given before stays. */
extern wchar_t **winmem_wide_environment(void);
/* The program's name, which lives as long as the program. */
extern wchar_t *winmem_wide_program_path(void);
/* _wspawn and _wexec (process.h) turn their texts into UTF-8. */
extern intptr_t winmem_wide_spawn(int mode, const wchar_t *program, const wchar_t *const *arguments,
                                  const wchar_t *const *environment, int search);
WINMEM_END_DECLS
#define _wenviron (winmem_wide_environment())
#define _wpgmptr (winmem_wide_program_path())
#define _get_wpgmptr(to) (*(to) = winmem_wide_program_path(), 0)

/* 16-bit text of a narrow one: 22 without a place, 34 when it is too short. */
WINMEM_WIDE_INLINE int winmem_widen_text(wchar_t *to, size_t size, const char *from)
{
    if (!to || size == 0)
        return winmem_invalid_parameter(EINVAL);
    size_t length = mbstowcs(to, from, size);
    if (length < size)
        return 0;
    to[0] = 0;
    return winmem_invalid_parameter(length == (size_t)-1 ? EILSEQ : ERANGE);
}
WINMEM_WIDE_INLINE int winmem_narrow_mode(const wchar_t *mode, char to[64])
{
    if (mode && wcstombs(to, mode, 64) < 64)
        return 0;
    errno = EINVAL;
    return -1;
}

WINMEM_WIDE_INLINE __FILE *_wfdopen(int descriptor, const wchar_t *mode)
{
    char narrow[64];
    return winmem_narrow_mode(mode, narrow) ? (__FILE *)0 : winmem_wide_fdopen(descriptor, narrow);
}
WINMEM_WIDE_INLINE __FILE *_wfreopen(const wchar_t *path, const wchar_t *mode, __FILE *file)
{
    char name[WINMEM_PATH_MOST], narrow[64];
    return winmem_narrow_path(path, name) || winmem_narrow_mode(mode, narrow) ? (__FILE *)0
                                                                              : winmem_wide_freopen(name, narrow, file);
}
WINMEM_WIDE_INLINE int _wfreopen_s(__FILE **to, const wchar_t *path, const wchar_t *mode, __FILE *file)
{
    if (!to || !path || !mode || !file)
        return winmem_invalid_parameter(EINVAL);
    *to = _wfreopen(path, mode, file);
    return *to ? 0 : errno;
}
#define _wfsopen(path, mode, share) _wfopen((path), (mode))
WINMEM_WIDE_INLINE __FILE *_wpopen(const wchar_t *command, const wchar_t *mode)
{
    char text[WINMEM_PATH_MOST], narrow[64];
    if (!command || wcstombs(text, command, sizeof text) >= sizeof text || winmem_narrow_mode(mode, narrow))
        return (__FILE *)0;
    return winmem_wide_popen(text, narrow);
}
#define wpopen _wpopen
WINMEM_WIDE_INLINE int _wchmod(const wchar_t *path, int mode)
{
    char name[WINMEM_PATH_MOST];
    return winmem_narrow_path(path, name) ? -1 : winmem_wide_chmod(name, (unsigned)mode);
}
WINMEM_WIDE_INLINE int _wcreat(const wchar_t *path, int mode)
{
    char name[WINMEM_PATH_MOST];
    return winmem_narrow_path(path, name) ? -1 : winmem_wide_creat(name, (unsigned)mode);
}
WINMEM_WIDE_INLINE int _wutime(const wchar_t *path, const struct utimbuf *times)
{
    char name[WINMEM_PATH_MOST];
    return winmem_narrow_path(path, name) ? -1 : winmem_wide_utime(name, times);
}
#define _wutime64 _wutime
WINMEM_WIDE_INLINE int _waccess_s(const wchar_t *path, int mode)
{
    return _waccess(path, mode) ? errno : 0;
}
/* The path whole, in the place or in one of malloc's. */
WINMEM_WIDE_INLINE wchar_t *_wfullpath(wchar_t *to, const wchar_t *path, size_t size)
{
    char name[WINMEM_PATH_MOST] = {0}, whole[WINMEM_PATH_MOST];
    if ((path && winmem_narrow_path(path, name)) || !winmem_wide_fullpath(whole, name, sizeof whole))
        return (wchar_t *)0;
    size_t length = mbstowcs((wchar_t *)0, whole, 0);
    if (!to)
        to = (wchar_t *)malloc((size = length + 1) * sizeof *to);
    return to && winmem_widen_text(to, size, whole) == 0 ? to : (wchar_t *)0;
}
WINMEM_WIDE_INLINE int _wmktemp_s(wchar_t *pattern, size_t size)
{
    char name[WINMEM_PATH_MOST];
    if (!pattern || !size || winmem_narrow_path(pattern, name))
        return winmem_invalid_parameter(EINVAL);
    int error = winmem_wide_mktemp(name, sizeof name);
    if (error)
        return error;
    size_t length = wcslen(pattern), end = strlen(name);
    for (size_t i = 0; i < 6; i++)
        pattern[length - 6 + i] = (wchar_t)name[end - 6 + i];
    return 0;
}
WINMEM_WIDE_INLINE wchar_t *_wmktemp(wchar_t *pattern)
{
    return _wmktemp_s(pattern, pattern ? wcslen(pattern) + 1 : 0) ? (wchar_t *)0 : pattern;
}

WINMEM_WIDE_INLINE int _wasctime_s(wchar_t *to, size_t size, const struct tm *parts)
{
    char text[64];
    int error = asctime_s(text, sizeof text, parts);
    return error ? error : winmem_widen_text(to, size, text);
}
WINMEM_WIDE_INLINE int _wctime_s(wchar_t *to, size_t size, const time_t *time)
{
    char text[64];
    int error = ctime_s(text, sizeof text, time);
    return error ? error : winmem_widen_text(to, size, text);
}
WINMEM_WIDE_INLINE int _wstrdate_s(wchar_t *to, size_t size)
{
    char text[16];
    int error = _strdate_s(text, sizeof text);
    return error ? error : winmem_widen_text(to, size, text);
}
WINMEM_WIDE_INLINE int _wstrtime_s(wchar_t *to, size_t size)
{
    char text[16];
    int error = _strtime_s(text, sizeof text);
    return error ? error : winmem_widen_text(to, size, text);
}
/* The text lives until the thread asks again. */
WINMEM_WIDE_INLINE wchar_t *_wasctime(const struct tm *parts)
{
    static __thread wchar_t text[64];
    return _wasctime_s(text, 64, parts) ? (wchar_t *)0 : text;
}
WINMEM_WIDE_INLINE wchar_t *_wctime(const time_t *time)
{
    static __thread wchar_t text[64];
    return _wctime_s(text, 64, time) ? (wchar_t *)0 : text;
}
#define _wctime64 _wctime
#define _wctime64_s _wctime_s
WINMEM_WIDE_INLINE wchar_t *_wstrdate(wchar_t *to)
{
    return _wstrdate_s(to, 9) ? (wchar_t *)0 : to;
}
WINMEM_WIDE_INLINE wchar_t *_wstrtime(wchar_t *to)
{
    return _wstrtime_s(to, 9) ? (wchar_t *)0 : to;
}

WINMEM_WIDE_INLINE int _wcserror_s(wchar_t *to, size_t size, int error)
{
    char text[256];
    if (!to || size == 0)
        return winmem_invalid_parameter(EINVAL);
    strerror_s(text, size < sizeof text ? size : sizeof text, error);
    return winmem_widen_text(to, size, text);
}
WINMEM_WIDE_INLINE wchar_t *_wcserror(int error)
{
    static __thread wchar_t text[256];
    return _wcserror_s(text, 256, error) ? (wchar_t *)0 : text;
}
WINMEM_WIDE_INLINE int _wsearchenv_s(const wchar_t *file, const wchar_t *variable, wchar_t *to, size_t size)
{
    char name[WINMEM_PATH_MOST], list[256], found[WINMEM_PATH_MOST];
    if (!to || !size)
        return winmem_invalid_parameter(EINVAL);
    to[0] = 0;
    if (winmem_narrow_path(file, name) || !variable || wcstombs(list, variable, sizeof list) >= sizeof list)
        return winmem_invalid_parameter(EINVAL);
    int error = _searchenv_s(name, list, found, sizeof found);
    return error ? error : winmem_widen_text(to, size, found);
}
#define _wsearchenv(file, variable, to) ((void)_wsearchenv_s((file), (variable), (to), 260))

#endif
