/* filemisc.c: the smaller calls on open files: times, full names, a look into a pipe. Calls libc and ob; sets
 * the last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fcntl.h>
#include <fileapi.h>
#include <ioapiset.h>
#include <namedpipeapi.h>
#include <ntstatus.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/path.h"
#include "host/utf.h"
#include "ob/file.h"
#include "win32/win32.h"

static struct ob_file *find(HANDLE handle, ACCESS_MASK access)
{
    struct ob_object *object;
    return win32_status(ob_lookup(handle, &ob_file_type, access, &object, NULL)) ? (struct ob_file *)object : NULL;
}

static void store_time(LPFILETIME to, struct timespec time)
{
    uint64_t ticks = (uint64_t)((time.tv_sec + 11644473600ll) * 10000000 + time.tv_nsec / 100);
    if (to)
        *to = (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

BOOL GetFileTime(HANDLE handle, LPFILETIME created, LPFILETIME accessed, LPFILETIME written)
{
    struct stat status;
    struct ob_file *file = find(handle, FILE_READ_ATTRIBUTES);
    if (!file)
        return FALSE;
    int error = fstat(file->fd, &status) == 0 ? 0 : errno;
    ob_dereference(&file->object);
    if (error)
        return win32_status(errno_status(error));
    store_time(created, status.st_ctim);
    store_time(accessed, status.st_atim);
    store_time(written, status.st_mtim);
    return TRUE;
}

/* Zero, and all ones ("do not change"), leave a time as it is. */
static struct timespec take_time(const FILETIME *time)
{
    uint64_t ticks = time ? (uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime : 0;
    if (ticks == 0 || ticks == UINT64_MAX)
        return (struct timespec){.tv_nsec = UTIME_OMIT};
    int64_t since = (int64_t)ticks - 116444736000000000ll, second = since / 10000000, rest = since % 10000000;
    return (struct timespec){.tv_sec = second - (rest < 0), .tv_nsec = (rest < 0 ? rest + 10000000 : rest) * 100};
}

/* The kernel keeps the time of creation to itself: it is checked and ignored. */
BOOL SetFileTime(HANDLE handle, const FILETIME *created, const FILETIME *accessed, const FILETIME *written)
{
    struct ob_file *file = find(handle, FILE_WRITE_ATTRIBUTES);
    (void)created;
    if (!file)
        return FALSE;
    struct timespec times[2] = {take_time(accessed), take_time(written)};
    int error = futimens(file->fd, times) == 0 ? 0 : errno;
    ob_dereference(&file->object);
    return error ? win32_status(errno_status(error)) : TRUE;
}

/* Needs a privilege that nobody has here: it would show what the disk held before. */
BOOL SetFileValidData(HANDLE handle, LONGLONG size)
{
    (void)size;
    struct ob_file *file = find(handle, FILE_WRITE_DATA);
    if (!file)
        return FALSE;
    ob_dereference(&file->object);
    return win32_error(ERROR_PRIVILEGE_NOT_HELD);
}

/* Nothing is ever pending. */
BOOL CancelIo(HANDLE handle)
{
    struct ob_file *file = find(handle, 0);
    if (file)
        ob_dereference(&file->object);
    return file != NULL;
}

BOOL CancelIoEx(HANDLE handle, LPOVERLAPPED overlapped)
{
    (void)overlapped;
    return CancelIo(handle) ? win32_error(ERROR_NOT_FOUND) : FALSE;
}

BOOL GetOverlappedResultEx(HANDLE handle, LPOVERLAPPED overlapped, LPDWORD transferred, DWORD timeout, BOOL alertable)
{
    (void)timeout, (void)alertable;
    return GetOverlappedResult(handle, overlapped, transferred, FALSE);
}

BOOL PeekNamedPipe(HANDLE handle, LPVOID buffer, DWORD size, LPDWORD copied, LPDWORD available, LPDWORD left)
{
    int waiting = 0;
    if (size) /* a pipe of this system cannot be read without taking */
        return win32_error(ERROR_NOT_SUPPORTED);
    (void)buffer;
    struct ob_file *file = find(handle, FILE_READ_DATA);
    if (!file)
        return FALSE;
    int error = ioctl(file->fd, FIONREAD, &waiting) == 0 ? 0 : errno;
    ob_dereference(&file->object);
    if (error)
        return win32_error(ERROR_INVALID_FUNCTION);
    if (copied)
        *copied = 0;
    if (available)
        *available = (DWORD)waiting;
    if (left)
        *left = 0;
    return TRUE;
}

/* An absolute path, its "." and ".." worked out without asking the file system. */
static NTSTATUS full_path(const char *path, char *full, size_t size)
{
    char whole[2 * PATH_MAX + 2];
    size_t length = 0;
    if (path[0] == '/')
        snprintf(whole, sizeof whole, "%s", path);
    else if (getcwd(full, size))
        snprintf(whole, sizeof whole, "%.*s/%s", PATH_MAX, full, path);
    else
        return errno_status(errno);
    for (char *part = whole; *part;) {
        part += strspn(part, "/");
        size_t width = strcspn(part, "/");
        if (width == 2 && memcmp(part, "..", 2) == 0) {
            while (length && full[--length] != '/') {}
        } else if (width && !(width == 1 && *part == '.')) {
            if (length + width + 2 > size)
                return STATUS_NAME_TOO_LONG;
            full[length++] = '/';
            memcpy(full + length, part, width);
            length += width;
        }
        part += width;
    }
    if (length == 0)
        full[length++] = '/';
    full[length] = 0;
    return STATUS_SUCCESS;
}

DWORD GetFullPathNameA(LPCSTR name, DWORD size, LPSTR buffer, LPSTR *file_part)
{
    char path[PATH_MAX], full[PATH_MAX];
    NTSTATUS status = path_translate_pattern(name, path, sizeof path);
    if (status >= 0)
        status = full_path(path, full, sizeof full);
    if (!win32_status(status))
        return 0;
    size_t length = strlen(full);
    if (length + 1 > size)
        return (DWORD)length + 1;
    memcpy(buffer, full, length + 1);
    if (file_part) {
        char *slash = strrchr(buffer, '/');
        *file_part = slash[1] ? slash + 1 : NULL;
    }
    return (DWORD)length;
}

DWORD GetFullPathNameW(LPCWSTR name, DWORD size, LPWSTR buffer, LPWSTR *file_part)
{
    char path[PATH_MAX], full[PATH_MAX];
    NTSTATUS status = path_translate_pattern_wide(name, path, sizeof path);
    if (status >= 0)
        status = full_path(path, full, sizeof full);
    if (!win32_status(status))
        return 0;
    size_t needed = host_utf8_to_utf16(full, SIZE_MAX, NULL, 0, 0);
    if (needed > size)
        return (DWORD)needed;
    host_utf8_to_utf16(full, SIZE_MAX, (uint16_t *)buffer, size, 0);
    if (file_part) {
        WCHAR *last = buffer + needed - 1;
        while (last > buffer && last[-1] != '/')
            last--;
        *file_part = *last ? last : NULL;
    }
    return (DWORD)needed - 1;
}
