/* filename.c: the names that a file has: the final one of an open file, long and short ones (which are one here), hard
 * and symbolic links, and searches that say how they want to be answered. Calls libc and ob; sets the last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fileapi.h>
#include <ntstatus.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/copyout.h"
#include "base/path.h"
#include "host/utf.h"
#include "ob/file.h"
#include "win32/win32.h"

#define FINAL_MAX (PATH_MAX + 32)

static BOOL final_path(HANDLE handle, DWORD flags, char *to)
{
    struct ob_object *object;
    char link[32], path[PATH_MAX];
    if (flags & ~(DWORD)(FILE_NAME_OPENED | VOLUME_NAME_NT | VOLUME_NAME_NONE | VOLUME_NAME_GUID))
        return win32_error(ERROR_INVALID_PARAMETER);
    NTSTATUS status = ob_lookup(handle, &ob_file_type, 0, &object, NULL);
    if (status < 0)
        return win32_status(status);
    snprintf(link, sizeof link, "/proc/self/fd/%d", ((struct ob_file *)object)->fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    ob_dereference(object);
    if (length <= 0 || path[0] != '/')
        return win32_error(ERROR_INVALID_FUNCTION); /* a pipe, a stream */
    path[length] = 0;
    switch (flags & (VOLUME_NAME_NT | VOLUME_NAME_NONE | VOLUME_NAME_GUID)) {
    case VOLUME_NAME_DOS:
        snprintf(to, FINAL_MAX, "\\\\?\\%s", path);
        return TRUE;
    case VOLUME_NAME_NT:
        snprintf(to, FINAL_MAX, "\\Device\\HarddiskVolume1%s", path);
        return TRUE;
    case VOLUME_NAME_NONE:
        snprintf(to, FINAL_MAX, "%s", path);
        return TRUE;
    case VOLUME_NAME_GUID:
        return win32_error(ERROR_PATH_NOT_FOUND); /* the volume has none */
    default:
        return win32_error(ERROR_INVALID_PARAMETER);
    }
}

DWORD GetFinalPathNameByHandleA(HANDLE handle, LPSTR to, DWORD size, DWORD flags)
{
    char path[FINAL_MAX];
    return final_path(handle, flags, path) ? copy_out(path, to, size) : 0;
}

DWORD GetFinalPathNameByHandleW(HANDLE handle, LPWSTR to, DWORD size, DWORD flags)
{
    char path[FINAL_MAX];
    return final_path(handle, flags, path) ? copy_out_wide(path, to, size) : 0;
}

/* A file has one name: the long one. It must be there. */
static BOOL is_there(NTSTATUS status, const char *path)
{
    if (status >= 0 && access(path, F_OK) != 0)
        status = path_status(errno, path);
    return win32_status(status);
}

DWORD GetLongPathNameA(LPCSTR name, LPSTR to, DWORD size)
{
    char path[PATH_MAX];
    if (!name)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    return is_there(path_translate(name, path, sizeof path), path) ? copy_out(name, to, size) : 0;
}

DWORD GetLongPathNameW(LPCWSTR name, LPWSTR to, DWORD size)
{
    char path[PATH_MAX];
    if (!name)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    if (!is_there(path_translate_wide(name, path, sizeof path), path))
        return 0;
    size_t length = host_utf16_length((const uint16_t *)name);
    if (length >= size)
        return (DWORD)length + 1;
    memmove(to, name, (length + 1) * sizeof *to);
    return (DWORD)length;
}

DWORD GetShortPathNameA(LPCSTR name, LPSTR to, DWORD size)
{
    return GetLongPathNameA(name, to, size);
}

DWORD GetShortPathNameW(LPCWSTR name, LPWSTR to, DWORD size)
{
    return GetLongPathNameW(name, to, size);
}

static BOOL link_file(NTSTATUS status, const char *path, NTSTATUS existing_status, const char *existing)
{
    if (status < 0 || existing_status < 0)
        return win32_status(status < 0 ? status : existing_status);
    if (link(existing, path) == 0)
        return TRUE;
    if (errno == EEXIST)
        return win32_error(ERROR_ALREADY_EXISTS);
    return win32_status(path_status(errno, existing));
}

BOOL CreateHardLinkA(LPCSTR name, LPCSTR existing, LPSECURITY_ATTRIBUTES security)
{
    char path[PATH_MAX], other[PATH_MAX];
    (void)security; /* must be NULL on Windows */
    return link_file(path_translate(name, path, sizeof path), path, path_translate(existing, other, sizeof other),
                     other);
}

BOOL CreateHardLinkW(LPCWSTR name, LPCWSTR existing, LPSECURITY_ATTRIBUTES security)
{
    char path[PATH_MAX], other[PATH_MAX];
    (void)security;
    return link_file(path_translate_wide(name, path, sizeof path), path,
                     path_translate_wide(existing, other, sizeof other), other);
}

/* The target is taken as it is written, a relative one too; whether it is a directory is its own affair here. */
static BOOLEAN link_symbolic(NTSTATUS status, const char *path, NTSTATUS target_status, const char *target)
{
    if (status < 0 || target_status < 0)
        return (BOOLEAN)win32_status(status < 0 ? status : target_status);
    if (symlink(target, path) == 0)
        return TRUE;
    if (errno == EEXIST)
        return (BOOLEAN)win32_error(ERROR_ALREADY_EXISTS);
    return (BOOLEAN)win32_status(path_status(errno, path));
}

BOOLEAN CreateSymbolicLinkA(LPCSTR name, LPCSTR target, DWORD flags)
{
    char path[PATH_MAX], other[PATH_MAX];
    if (flags & ~(DWORD)(SYMBOLIC_LINK_FLAG_DIRECTORY | SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE))
        return (BOOLEAN)win32_error(ERROR_INVALID_PARAMETER);
    return link_symbolic(path_translate(name, path, sizeof path), path, path_translate(target, other, sizeof other),
                         other);
}

BOOLEAN CreateSymbolicLinkW(LPCWSTR name, LPCWSTR target, DWORD flags)
{
    char path[PATH_MAX], other[PATH_MAX];
    if (flags & ~(DWORD)(SYMBOLIC_LINK_FLAG_DIRECTORY | SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE))
        return (BOOLEAN)win32_error(ERROR_INVALID_PARAMETER);
    return link_symbolic(path_translate_wide(name, path, sizeof path), path,
                         path_translate_wide(target, other, sizeof other), other);
}

/* How much is asked, and in what portions, is advice; "directories only" is advice on Windows too. */
static BOOL may_search(FINDEX_INFO_LEVELS level, FINDEX_SEARCH_OPS operation, LPVOID filter)
{
    if (level >= FindExInfoMaxInfoLevel || filter)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (operation == FindExSearchLimitToDevices)
        return win32_error(ERROR_NOT_SUPPORTED);
    return operation < FindExSearchLimitToDevices ? TRUE : win32_error(ERROR_INVALID_PARAMETER);
}

HANDLE FindFirstFileExA(LPCSTR name, FINDEX_INFO_LEVELS level, LPVOID data, FINDEX_SEARCH_OPS operation, LPVOID filter,
                        DWORD flags)
{
    (void)flags;
    return may_search(level, operation, filter) ? FindFirstFileA(name, data) : INVALID_HANDLE_VALUE;
}

HANDLE FindFirstFileExW(LPCWSTR name, FINDEX_INFO_LEVELS level, LPVOID data, FINDEX_SEARCH_OPS operation, LPVOID filter,
                        DWORD flags)
{
    (void)flags;
    return may_search(level, operation, filter) ? FindFirstFileW(name, data) : INVALID_HANDLE_VALUE;
}
