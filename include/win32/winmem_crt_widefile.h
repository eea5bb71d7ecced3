/* winmem_crt_widefile.h: names of files and of the environment as 16-bit text: each is turned into UTF-8 for the system's
 * call. Included by winmem_crt_wide.h. */
#ifndef WINMEM_CRT_WIDEFILE_H
#define WINMEM_CRT_WIDEFILE_H

WINMEM_BEGIN_DECLS
extern int winmem_posix_remove(const char *) __asm__("remove");
extern int winmem_posix_rename(const char *, const char *) __asm__("rename");
extern void winmem_posix_perror(const char *) __asm__("perror");
WINMEM_END_DECLS

/* The path in UTF-8, with the separators of this system. */
WINMEM_WIDE_INLINE int winmem_narrow_path(const wchar_t *path, char to[WINMEM_PATH_MOST])
{
    size_t length = path ? wcstombs(to, path, WINMEM_PATH_MOST) : (size_t)-1;
    if (length >= WINMEM_PATH_MOST) {
        errno = path ? ENAMETOOLONG : EINVAL;
        return -1;
    }
    for (size_t i = 0; i < length; i++)
        if (to[i] == '\\')
            to[i] = '/';
    return 0;
}
WINMEM_WIDE_INLINE int _wremove(const wchar_t *path)
{
    char name[WINMEM_PATH_MOST];
    return winmem_narrow_path(path, name) ? -1 : winmem_posix_remove(name);
}
WINMEM_WIDE_INLINE int _wunlink(const wchar_t *path)
{
    char name[WINMEM_PATH_MOST];
    return winmem_narrow_path(path, name) ? -1 : winmem_posix_wide_unlink(name);
}
WINMEM_WIDE_INLINE int _waccess(const wchar_t *path, int mode)
{
    char name[WINMEM_PATH_MOST];
    return winmem_narrow_path(path, name) ? -1 : winmem_posix_access(name, mode);
}
WINMEM_WIDE_INLINE int _wrename(const wchar_t *from, const wchar_t *to)
{
    char one[WINMEM_PATH_MOST], two[WINMEM_PATH_MOST];
    return winmem_narrow_path(from, one) || winmem_narrow_path(to, two) ? -1 : winmem_posix_rename(one, two);
}
WINMEM_WIDE_INLINE int _wfopen_s(__FILE **file, const wchar_t *path, const wchar_t *mode)
{
    if (!file || !path || !mode)
        return winmem_invalid_parameter(EINVAL);
    *file = _wfopen(path, mode);
    return *file ? 0 : errno;
}
WINMEM_WIDE_INLINE int _wsystem(const wchar_t *command)
{
    char text[WINMEM_PATH_MOST];
    if (!command)
        return system((const char *)0);
    return wcstombs(text, command, sizeof text) >= sizeof text ? -1 : system(text);
}
WINMEM_WIDE_INLINE void _wperror(const wchar_t *title)
{
    char text[WINMEM_PATH_MOST];
    winmem_posix_perror(title && wcstombs(text, title, sizeof text) < sizeof text ? text : (const char *)0);
}

WINMEM_WIDE_INLINE int _wputenv(const wchar_t *setting)
{
    const wchar_t *equal = setting ? wcschr(setting, L'=') : (const wchar_t *)0;
    wchar_t name[1024];
    if (!equal || (size_t)(equal - setting) >= 1024)
        return -1;
    wmemcpy(name, setting, (size_t)(equal - setting));
    name[equal - setting] = 0;
    return _wputenv_s(name, equal + 1) ? -1 : 0;
}
WINMEM_WIDE_INLINE int _wgetenv_s(size_t *needed, wchar_t *to, size_t size, const wchar_t *name)
{
    if (!needed || (!to && size) || !name)
        return winmem_invalid_parameter(EINVAL);
    const wchar_t *value = _wgetenv(name);
    *needed = value ? wcslen(value) + 1 : 0;
    if (to && size)
        to[0] = 0;
    if (!value || !size)
        return 0;
    if (*needed > size)
        return ERANGE;
    wmemcpy(to, value, *needed);
    return 0;
}
WINMEM_WIDE_INLINE int _wdupenv_s(wchar_t **to, size_t *size, const wchar_t *name)
{
    if (!to || !name)
        return winmem_invalid_parameter(EINVAL);
    const wchar_t *value = _wgetenv(name);
    *to = value ? wcsdup(value) : (wchar_t *)0;
    if (size)
        *size = *to ? wcslen(value) + 1 : 0;
    return value && !*to ? ENOMEM : 0;
}

#endif
