/* winmem_crt_paths.h: pieces of wide paths, sorting and searching with a context: the
 * second half of Microsoft's <stdlib.h>. Included by winmem_crt_stdlib.h. */
#ifndef WINMEM_CRT_PATHS_H
#define WINMEM_CRT_PATHS_H

/* A path's drive ("C:"), directory (with its last separator), name and extension (with its dot). */
#define WINMEM_SPLIT_PATH(type, name, name_s, copy)                                                                    \
    WINMEM_CRT_INLINE int copy(type *to, size_t size, const type *from, size_t count)                                  \
    {                                                                                                                  \
        if (!to)                                                                                                       \
            return 0;                                                                                                  \
        int fits = count < size;                                                                                       \
        if (!fits)                                                                                                     \
            count = 0;                                                                                                 \
        for (size_t i = 0; i < count; i++)                                                                             \
            to[i] = from[i];                                                                                           \
        if (size)                                                                                                      \
            to[count] = 0;                                                                                             \
        return fits ? 0 : ERANGE;                                                                                      \
    }                                                                                                                  \
    WINMEM_CRT_INLINE int name_s(const type *path, type *drive, size_t drive_size, type *directory,                    \
                                 size_t directory_size, type *file, size_t file_size, type *extension,                 \
                                 size_t extension_size)                                                                \
    {                                                                                                                  \
        if (!path)                                                                                                     \
            return winmem_invalid_parameter(EINVAL);                                                                   \
        const type *after = path[0] && path[1] == ':' ? path + 2 : path, *base = after, *dot = (const type *)0, *end;  \
        for (end = after; *end; end++) {                                                                               \
            if (*end == '/' || *end == '\\') {                                                                         \
                base = end + 1;                                                                                        \
                dot = (const type *)0;                                                                                 \
            } else if (*end == '.') {                                                                                  \
                dot = end;                                                                                             \
            }                                                                                                          \
        }                                                                                                              \
        if (!dot)                                                                                                      \
            dot = end;                                                                                                 \
        int error = copy(drive, drive_size, path, (size_t)(after - path));                                             \
        error |= copy(directory, directory_size, after, (size_t)(base - after));                                       \
        error |= copy(file, file_size, base, (size_t)(dot - base));                                                    \
        error |= copy(extension, extension_size, dot, (size_t)(end - dot));                                            \
        return error;                                                                                                  \
    }                                                                                                                  \
    WINMEM_CRT_INLINE void name(const type *path, type *drive, type *directory, type *file, type *extension)           \
    {                                                                                                                  \
        name_s(path, drive, 3, directory, 256, file, 256, extension, 256);                                             \
    }
/* The parts put together again, with the separators that they lack. */
#define WINMEM_MAKE_PATH(type, name, name_s)                                                                           \
    WINMEM_CRT_INLINE int name_s(type *to, size_t size, const type *drive, const type *directory, const type *file,    \
                                 const type *extension)                                                                \
    {                                                                                                                  \
        size_t at = 0;                                                                                                 \
        if (!to || size == 0)                                                                                          \
            return winmem_invalid_parameter(EINVAL);                                                                   \
        const type *part[4] = {drive, directory, file, extension};                                                     \
        for (int i = 0; i < 4; i++) {                                                                                  \
            const type *from = part[i];                                                                                \
            if (!from || !*from)                                                                                       \
                continue;                                                                                              \
            if (i == 3 && *from != '.' && at < size)                                                                   \
                to[at++] = '.';                                                                                        \
            for (; *from && (i != 0 || from == drive) && at < size; from++)                                            \
                to[at++] = *from;                                                                                      \
            if (i == 0 && at < size)                                                                                   \
                to[at++] = ':';                                                                                        \
            if (i == 1 && at < size && from[-1] != '/' && from[-1] != '\\')                                            \
                to[at++] = '\\';                                                                                       \
        }                                                                                                              \
        to[at < size ? at : 0] = 0;                                                                                    \
        return at < size ? 0 : winmem_invalid_parameter(ERANGE);                                                       \
    }                                                                                                                  \
    WINMEM_CRT_INLINE void name(type *to, const type *drive, const type *directory, const type *file,                  \
                                const type *extension)                                                                 \
    {                                                                                                                  \
        name_s(to, 260, drive, directory, file, extension);                                                            \
    }
#if __SIZEOF_WCHAR_T__ == 2
WINMEM_SPLIT_PATH(wchar_t, _wsplitpath, _wsplitpath_s, winmem_copy_wide_part)
WINMEM_MAKE_PATH(wchar_t, _wmakepath, _wmakepath_s)
#endif

struct winmem_sort {
    int (*compare)(void *context, const void *left, const void *right);
    void *context;
};
WINMEM_CRT_INLINE int winmem_sort_compare(const void *left, const void *right, void *sort)
{
    return ((struct winmem_sort *)sort)->compare(((struct winmem_sort *)sort)->context, left, right);
}
WINMEM_CRT_INLINE void qsort_s(void *base, size_t count, size_t width,
                               int (*compare)(void *, const void *, const void *), void *context)
{
    struct winmem_sort sort = {compare, context};
    winmem_posix_qsort_r(base, count, width, winmem_sort_compare, &sort);
}
WINMEM_CRT_INLINE void *bsearch_s(const void *key, const void *base, size_t count, size_t width,
                                  int (*compare)(void *, const void *, const void *), void *context)
{
    const char *low = (const char *)base;
    while (count) {
        const char *middle = low + count / 2 * width;
        int order = compare(context, key, middle);
        if (order == 0)
            return (void *)(uintptr_t)middle;
        low = order > 0 ? middle + width : low;
        count = order > 0 ? count - count / 2 - 1 : count / 2;
    }
    return (void *)0;
}

#if defined(__cplusplus) && __SIZEOF_WCHAR_T__ == 2
extern "C++" {
template <size_t drive_size, size_t dir_size, size_t name_size, size_t ext_size>
inline int _wsplitpath_s(const wchar_t *path, wchar_t (&drive)[drive_size], wchar_t (&dir)[dir_size],
                         wchar_t (&name)[name_size], wchar_t (&ext)[ext_size])
{
    return _wsplitpath_s(path, drive, drive_size, dir, dir_size, name, name_size, ext, ext_size);
}
}
#endif

#endif
