/* filecontrol.c: control codes of files: those of sparse ones. Every file is sparse here: what was never written, or is
 * zeroed by the code, takes no room. No other device takes codes. Sets the last error. */
#include <winioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <fileapi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/base.h"
#include "base/path.h"
#include "host/keep.h"
#include "ob/file.h"
#include "win32/win32.h"

#pragma weak SetEvent

struct control {
    struct ob_file *file;
    const void *in;
    void *out;
    DWORD in_size, out_size, done;
};

/* Of file systems that cannot take pages out of a file. */
static NTSTATUS write_zeros(int fd, off_t at, off_t end)
{
    static const char zeros[1 << 16];
    while (at < end) {
        size_t left = (size_t)(end - at);
        ssize_t put = pwrite(fd, zeros, left < sizeof zeros ? left : sizeof zeros, at);
        if (put < 0 && errno != EINTR)
            return errno_status(errno);
        at += put > 0 ? put : 0;
    }
    return STATUS_SUCCESS;
}

/* The file's size stays: what lies behind it is left out. */
static NTSTATUS zero(struct control *c)
{
    FILE_ZERO_DATA_INFORMATION range;
    struct stat status;
    if (c->in_size < sizeof range)
        return STATUS_INVALID_PARAMETER;
    memcpy(&range, c->in, sizeof range);
    off_t from = range.FileOffset.QuadPart, end = range.BeyondFinalZero.QuadPart;
    if (from < 0 || end < from)
        return STATUS_INVALID_PARAMETER;
    if (fstat(c->file->fd, &status) != 0)
        return errno_status(errno);
    if (end > status.st_size)
        end = status.st_size;
    if (from >= end)
        return STATUS_SUCCESS;
    if (fallocate(c->file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, end - from) == 0)
        return STATUS_SUCCESS;
    return errno == EOPNOTSUPP || errno == ENOSYS ? write_zeros(c->file->fd, from, end) : errno_status(errno);
}

/* The next stretch with data from `at` on; false: none before `end`. */
static bool next_data(int fd, off_t at, off_t end, off_t *from, off_t *to)
{
    *from = lseek(fd, at, SEEK_DATA);
    if (*from < 0 && errno == EINVAL) /* a file system that does not tell */
        *from = at;
    if (*from < 0 || *from >= end)
        return false;
    *to = lseek(fd, *from, SEEK_HOLE);
    if (*to < 0 || *to > end)
        *to = end;
    return true;
}

/* As many as fit; STATUS_BUFFER_OVERFLOW: there are more. */
static NTSTATUS ranges(struct control *c)
{
    FILE_ALLOCATED_RANGE_BUFFER asked, *to = c->out;
    struct stat status;
    if (c->in_size < sizeof asked)
        return STATUS_INVALID_PARAMETER;
    memcpy(&asked, c->in, sizeof asked);
    off_t at = asked.FileOffset.QuadPart, end;
    if (at < 0 || asked.Length.QuadPart < 0 || __builtin_add_overflow(at, asked.Length.QuadPart, &end))
        return STATUS_INVALID_PARAMETER;
    if (c->out_size < sizeof asked)
        return STATUS_BUFFER_TOO_SMALL;
    if (fstat(c->file->fd, &status) != 0)
        return errno_status(errno);
    if (end > status.st_size)
        end = status.st_size;
    off_t position = lseek(c->file->fd, 0, SEEK_CUR), from, stop;
    NTSTATUS result = STATUS_SUCCESS;
    while (at < end && next_data(c->file->fd, at, end, &from, &stop)) {
        if (c->done + sizeof *to > c->out_size) {
            result = STATUS_BUFFER_OVERFLOW;
            break;
        }
        to->FileOffset.QuadPart = from;
        to->Length.QuadPart = stop - from;
        to++;
        c->done += (DWORD)sizeof *to;
        at = stop;
    }
    if (position >= 0)
        lseek(c->file->fd, position, SEEK_SET);
    return result;
}

static NTSTATUS control(DWORD code, struct control *c, ACCESS_MASK granted)
{
    bool may_write = granted & FILE_WRITE_DATA, may_read = granted & FILE_READ_DATA;
    if (c->file->kind != FILE_TYPE_DISK)
        return STATUS_INVALID_DEVICE_REQUEST;
    switch (code) {
    case FSCTL_SET_SPARSE:
        return granted & (FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES) ? STATUS_SUCCESS : (NTSTATUS)STATUS_ACCESS_DENIED;
    case FSCTL_SET_ZERO_DATA:
        return may_write ? zero(c) : (NTSTATUS)STATUS_ACCESS_DENIED;
    case FSCTL_QUERY_ALLOCATED_RANGES:
        return may_read ? ranges(c) : (NTSTATUS)STATUS_ACCESS_DENIED;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

BOOL DeviceIoControl(HANDLE device, DWORD code, LPVOID in, DWORD in_size, LPVOID out, DWORD out_size, LPDWORD returned,
                     LPOVERLAPPED overlapped)
{
    HOST_KEEP_ERRNO;
    struct ob_object *object;
    ACCESS_MASK granted;
    NTSTATUS status = ob_lookup(device, &ob_file_type, 0, &object, &granted);
    if (!win32_status(status))
        return FALSE;
    struct control c = {(struct ob_file *)object, in, out, in_size, out_size, 0};
    status = control(code, &c, granted);
    if (returned)
        *returned = c.done;
    if (overlapped) {
        overlapped->Internal = (ULONG_PTR)(DWORD)status;
        overlapped->InternalHigh = c.done;
        if (status >= 0 && overlapped->hEvent && SetEvent)
            SetEvent((HANDLE)((ULONG_PTR)overlapped->hEvent & ~(ULONG_PTR)1));
        if (status >= 0 && !((ULONG_PTR)overlapped->hEvent & 1))
            base_complete(c.file, STATUS_SUCCESS, c.done, overlapped);
    }
    ob_dereference(object);
    return win32_status(status);
}

/* ---- what a file takes of the disk ---- */

static DWORD room_of(NTSTATUS status, const char *path, LPDWORD high)
{
    struct stat file;
    if (status >= 0 && stat(path, &file) != 0)
        status = path_status(errno, path);
    if (!win32_status(status))
        return INVALID_FILE_SIZE;
    ULONGLONG bytes = (ULONGLONG)file.st_blocks * 512;
    if (high)
        *high = (DWORD)(bytes >> 32);
    if ((DWORD)bytes == INVALID_FILE_SIZE)
        SetLastError(NO_ERROR);
    return (DWORD)bytes;
}

DWORD GetCompressedFileSizeA(LPCSTR name, LPDWORD high)
{
    HOST_KEEP_ERRNO;
    char path[PATH_MAX];
    return room_of(path_translate(name, path, sizeof path), path, high);
}

DWORD GetCompressedFileSizeW(LPCWSTR name, LPDWORD high)
{
    HOST_KEEP_ERRNO;
    char path[PATH_MAX];
    return room_of(path_translate_wide(name, path, sizeof path), path, high);
}
