/* crtpath.c: the C library's calls that take a path, for names as Windows programs write them: with backslashes, a
 * drive letter, or NUL. Other names go to the C library as they are. Set errno, never the last error. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "base/path.h"
#include "base/text/wide.h"

#pragma GCC visibility push(default)
FILE *winmem_freopen(const char *name, const char *mode, FILE *file);
int winmem_remove(const char *name);
int winmem_rename(const char *from, const char *to);
int winmem_open(const char *name, int flags, ...);
int winmem_creat(const char *name, mode_t mode);
int winmem_access(const char *name, int mode);
int winmem_unlink(const char *name);
int winmem_stat(const char *name, struct stat *status);
int winmem_chmod(const char *name, mode_t mode);
int winmem_mkdir(const char *name, mode_t mode);
int winmem_rmdir(const char *name);
int winmem_chdir(const char *name);
int winmem_utime(const char *name, const struct utimbuf *times);
#pragma GCC visibility pop

/* The kernel's name, in `path` if it is another one; NULL and errno for what cannot be one. */
static const char *translated(const char *name, char *path)
{
    if (!name || (!strchr(name, '\\') && (!name[0] || name[1] != ':') && strcasecmp(name, "nul") != 0))
        return name;
    if (path_translate(name, path, PATH_MAX) >= 0)
        return path;
    errno = ENOENT;
    return NULL;
}

FILE *winmem_fopen(const char *name, const char *mode)
{
    char path[PATH_MAX];
    const char *real = translated(name, path);
    return real ? fopen(real, mode) : NULL;
}

/* The one call by which the C++ library opens files, so that its streams understand the same names. Its version is the
 * C library's (cmake/winmem-base.map), as a symbol of another is not taken for it. */
#undef fopen64
__attribute__((visibility("default"))) FILE *fopen64(const char *name, const char *mode);
FILE *fopen64(const char *name, const char *mode)
{
    return winmem_fopen(name, mode);
}

FILE *winmem_freopen(const char *name, const char *mode, FILE *file)
{
    char path[PATH_MAX];
    const char *real = translated(name, path);
    return real || !name ? freopen(real, mode, file) : NULL;
}

int winmem_rename(const char *from, const char *to)
{
    char path[PATH_MAX], other[PATH_MAX];
    const char *real = translated(from, path), *target = translated(to, other);
    return real && target ? rename(real, target) : -1;
}

int winmem_open(const char *name, int flags, ...)
{
    char path[PATH_MAX];
    const char *real = translated(name, path);
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return real ? open(real, flags, mode) : -1;
}

int winmem_stat(const char *name, struct stat *status)
{
    char path[PATH_MAX];
    const char *real = translated(name, path);
    return real ? stat(real, status) : -1;
}

#define WITH_MODE(call, type)                                                                                          \
    int winmem_##call(const char *name, type mode)                                                                     \
    {                                                                                                                  \
        char path[PATH_MAX];                                                                                           \
        const char *real = translated(name, path);                                                                     \
        return real ? call(real, mode) : -1;                                                                           \
    }
#define BY_NAME(call)                                                                                                  \
    int winmem_##call(const char *name)                                                                                \
    {                                                                                                                  \
        char path[PATH_MAX];                                                                                           \
        const char *real = translated(name, path);                                                                     \
        return real ? call(real) : -1;                                                                                 \
    }

WITH_MODE(creat, mode_t)
WITH_MODE(access, int)
WITH_MODE(chmod, mode_t)
WITH_MODE(mkdir, mode_t)
BY_NAME(remove)
BY_NAME(unlink)
BY_NAME(rmdir)
BY_NAME(chdir)

int winmem_utime(const char *name, const struct utimbuf *times)
{
    char path[PATH_MAX];
    const char *real = translated(name, path);
    return real ? utime(real, times) : -1;
}
