/* crtold.c: what programs of older days call in Microsoft's C library: the names from before the underscore, which a
 * program may define itself, bytes locked by descriptor, names for temporary files, files looked for along a variable.
 * Sets errno. */
#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/locking.h>
#include <unistd.h>
#include <windows.h>

#define OLD_NAME __attribute__((weak, visibility("default")))

OLD_NAME char *itoa(int value, char *to, int base)
{
    return _itoa(value, to, base);
}

OLD_NAME char *ltoa(long value, char *to, int base)
{
    return _ltoa(value, to, base);
}

OLD_NAME char *ultoa(unsigned long value, char *to, int base)
{
    return _ultoa(value, to, base);
}

OLD_NAME char *strrev(char *text)
{
    return _strrev(text);
}

OLD_NAME char *strset(char *text, int fill)
{
    return _strset(text, fill);
}

OLD_NAME char *strnset(char *text, int fill, size_t count)
{
    return _strnset(text, fill, count);
}

OLD_NAME int locking(int descriptor, int mode, long count)
{
    return _locking(descriptor, mode, count);
}

OLD_NAME long tell(int descriptor)
{
    return _tell(descriptor);
}

OLD_NAME int eof(int descriptor)
{
    return _eof(descriptor);
}

char *_strerror(const char *title)
{
    static __thread char text[256];
    const char *error = strerror(errno);
    snprintf(text, sizeof text, "%s%s%s\n", title ? title : "", title && *title ? ": " : "", error);
    return text;
}

/* ---- Bytes of a file, locked as LockFileEx does it */

static int lock_result(BOOL done)
{
    if (!done)
        errno = EACCES;
    return done ? 0 : -1;
}

int _locking(int descriptor, int mode, long count)
{
    HANDLE file = (HANDLE)_get_osfhandle(descriptor);
    off_t at = lseek(descriptor, 0, SEEK_CUR);
    if (file == INVALID_HANDLE_VALUE || at < 0)
        return -1;
    if (mode < _LK_UNLCK || mode > _LK_NBRLCK || count < 0) {
        errno = EINVAL;
        return -1;
    }
    OVERLAPPED place = {.Offset = (DWORD)at, .OffsetHigh = (DWORD)((unsigned long long)at >> 32)};
    if (mode == _LK_UNLCK)
        return lock_result(UnlockFileEx(file, 0, (DWORD)count, 0, &place));
    DWORD flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
    bool waits = mode == _LK_LOCK || mode == _LK_RLCK;
    for (int tries = 0; waits && tries < 10; tries++) {
        if (LockFileEx(file, flags, 0, (DWORD)count, 0, &place))
            return 0;
        Sleep(1000);
    }
    if (!waits)
        return lock_result(LockFileEx(file, flags, 0, (DWORD)count, 0, &place));
    errno = EDEADLK;
    return -1;
}

unsigned _getdiskfree(unsigned drive, struct _diskfree_t *room)
{
    DWORD sectors, bytes, left, all;
    char root[] = "C:\\";
    if (drive > 26 || !room) {
        winmem_invalid_parameter(EINVAL);
        return ERROR_INVALID_PARAMETER;
    }
    root[0] = (char)('A' + drive - 1);
    if (!GetDiskFreeSpaceA(drive ? root : NULL, &sectors, &bytes, &left, &all))
        return GetLastError();
    *room = (struct _diskfree_t){all, left, sectors, bytes};
    return 0;
}

/* ---- Names */

int _mktemp_s(char *pattern, size_t size)
{
    size_t length = pattern ? strnlen(pattern, size) : 0;
    if (!pattern || length == size || length < 6 || strcmp(pattern + length - 6, "XXXXXX") != 0) {
        if (pattern && size)
            pattern[0] = 0;
        return winmem_invalid_parameter(EINVAL);
    }
    for (int letter = 'a'; letter <= 'z'; letter++) {
        snprintf(pattern + length - 6, 7, "%c%05u", letter, (unsigned)getpid() % 100000);
        if (_access(pattern, F_OK) != 0)
            return 0;
    }
    pattern[0] = 0;
    errno = EEXIST;
    return EEXIST;
}

char *_mktemp(char *pattern)
{
    size_t length = pattern ? strlen(pattern) : 0;
    if (length < 6 || strcmp(pattern + length - 6, "XXXXXX") != 0) {
        errno = EINVAL;
        return NULL;
    }
    return _mktemp_s(pattern, length + 1) == 0 ? pattern : NULL;
}

char *_fullpath(char *to, const char *path, size_t size)
{
    char whole[4096];
    DWORD length = GetFullPathNameA(path && *path ? path : ".", sizeof whole, whole, NULL);
    if (length == 0 || length >= sizeof whole) {
        errno = length ? ENAMETOOLONG : ENOENT;
        return NULL;
    }
    if (!to)
        return strdup(whole);
    if (length >= size) {
        winmem_invalid_parameter(ERANGE);
        return NULL;
    }
    return memcpy(to, whole, length + 1);
}

int _searchenv_s(const char *file, const char *variable, char *to, size_t size)
{
    if (!to || size == 0 || !file || !variable) {
        if (to && size)
            to[0] = 0;
        return winmem_invalid_parameter(EINVAL);
    }
    to[0] = 0;
    const char *folders = getenv(variable);
    char path[4096];
    bool found = *file && _access(file, F_OK) == 0 && _fullpath(path, file, sizeof path);
    while (!found && *file && folders && *folders) {
        size_t length = strcspn(folders, ":;");
        snprintf(path, sizeof path, "%.*s%s%s", (int)length, folders,
                 folders[length ? length - 1 : 0] == '/' ? "" : "/", file);
        found = length && _access(path, F_OK) == 0;
        folders += length + (folders[length] != 0);
    }
    if (!found) {
        errno = ENOENT;
        return ENOENT;
    }
    size_t length = strlen(path);
    if (length >= size)
        return winmem_invalid_parameter(ERANGE);
    memcpy(to, path, length + 1);
    return 0;
}

void _searchenv(const char *file, const char *variable, char *to)
{
    _searchenv_s(file, variable, to, MAX_PATH);
}
