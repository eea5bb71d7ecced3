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

#include "base/base.h"
#include "base/path.h"
#include "base/file/pending.h"
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

/* Of everything but named pipes and changes of folders nothing is ever pending. */
BOOL CancelIo(HANDLE handle)
{
    struct ob_file *file = find(handle, 0);
    if (!file)
        return FALSE;
    (void)pending_cancel(file, base_tid(), NULL);
    ob_dereference(&file->object);
    return TRUE;
}

BOOL CancelIoEx(HANDLE handle, LPOVERLAPPED overlapped)
{
    struct ob_file *file = find(handle, 0);
    if (!file)
        return FALSE;
    unsigned count = pending_cancel(file, 0, overlapped);
    ob_dereference(&file->object);
    return count ? TRUE : win32_error(ERROR_NOT_FOUND);
}

static BOOL overlapped_result(LPOVERLAPPED overlapped, LPDWORD transferred)
{
    NTSTATUS status = (NTSTATUS)__atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE);
    if (status == STATUS_PENDING)
        return win32_error(ERROR_IO_INCOMPLETE);
    *transferred = (DWORD)overlapped->InternalHigh;
    return win32_status(status);
}

static bool is_pending(const OVERLAPPED *overlapped)
{
    return (NTSTATUS)__atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE) == STATUS_PENDING;
}

/* Who waits waits for the event, where there is one: one that resets itself does so. */
BOOL GetOverlappedResultEx(HANDLE handle, LPOVERLAPPED overlapped, LPDWORD transferred, DWORD timeout, BOOL alertable)
{
    (void)handle;
    if (timeout && is_pending(overlapped)) {
        HANDLE event = (HANDLE)((ULONG_PTR)overlapped->hEvent & ~(ULONG_PTR)1);
        DWORD result = event ? WaitForSingleObjectEx(event, timeout, alertable)
                       : pending_wait(overlapped, base_deadline(timeout)) == STATUS_TIMEOUT ? WAIT_TIMEOUT
                                                                                            : WAIT_OBJECT_0;
        if (result == WAIT_TIMEOUT || result == WAIT_IO_COMPLETION)
            return win32_error(result);
        if (result == WAIT_FAILED)
            return FALSE;
    }
    return overlapped_result(overlapped, transferred);
}

BOOL GetOverlappedResult(HANDLE handle, LPOVERLAPPED overlapped, LPDWORD transferred, BOOL wait)
{
    return GetOverlappedResultEx(handle, overlapped, transferred, wait ? INFINITE : 0, FALSE);
}

NTSTATUS path_full(const char *path, char *full, size_t size)
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
    if (status >= 0) {
        path_strip(path);
        status = path_full(path, full, sizeof full);
    }
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
    if (status >= 0) {
        path_strip(path);
        status = path_full(path, full, sizeof full);
    }
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

/* What completes at once is not told to the port when the caller knows it from the call. It cannot be taken back. */
BOOL SetFileCompletionNotificationModes(HANDLE handle, UCHAR flags)
{
    if (flags & ~(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE))
        return win32_error(ERROR_INVALID_PARAMETER);
    struct ob_file *file = find(handle, 0);
    if (!file)
        return FALSE;
    atomic_fetch_or(&file->notification, flags);
    ob_dereference(&file->object);
    return TRUE;
}
