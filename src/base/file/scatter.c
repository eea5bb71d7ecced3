/* scatter.c: one stretch of a file into many pages and back. Complete when the call returns; sets the last error. */
#include <errno.h>
#include <fileapi.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <winbase.h>
#include <winerror.h>

#include "base/base.h"
#include "base/path.h"
#include "host/guarded.h"
#include "host/keep.h"
#include "mm/mm.h"
#include "ob/file.h"
#include "win32/win32.h"

#pragma weak SetEvent

#define SECTOR 512u
#define AT_ONCE 256u /* pages in a call to the kernel */

struct spread {
    struct ob_file *file;
    const FILE_SEGMENT_ELEMENT *pages;
    DWORD size, done;
    off_t offset;
    bool write;
};

/* The pages of a request that start at the `done`th byte. */
static int fill(const struct spread *s, struct iovec *to)
{
    int count = 0;
    for (DWORD at = s->done; at < s->size && count < (int)AT_ONCE; count++) {
        DWORD left = s->size - at, page = left < MM_PAGE ? left : (DWORD)MM_PAGE;
        to[count] = (struct iovec){s->pages[at / MM_PAGE].Buffer, page};
        at += page;
    }
    return count;
}

static NTSTATUS look(const struct spread *s)
{
    for (DWORD at = 0; at < s->size; at += (DWORD)MM_PAGE) {
        void *page = s->pages[at / MM_PAGE].Buffer;
        if ((uintptr_t)page & (MM_PAGE - 1))
            return STATUS_INVALID_PARAMETER;
        uint32_t bad = s->write ? host_guarded_look(page, MM_PAGE) : host_guarded_touch(page, MM_PAGE);
        if (bad)
            return (NTSTATUS)bad;
        if (!s->write)
            mm_note_kernel_write(page, MM_PAGE);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS run(struct spread *s)
{
    struct iovec pages[AT_ONCE];
    NTSTATUS status = look(s);
    while (status >= 0 && s->done < s->size) {
        int count = fill(s, pages);
        off_t at = s->offset + s->done;
        ssize_t got = s->write ? pwritev(s->file->fd, pages, count, at) : preadv(s->file->fd, pages, count, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EFAULT ? (NTSTATUS)STATUS_ACCESS_VIOLATION : errno_status(errno);
        s->done += (DWORD)got;
        if ((DWORD)got % MM_PAGE || got == 0)
            break; /* the end of the file */
    }
    return status < 0 || s->done || s->size == 0 ? status : (NTSTATUS)STATUS_END_OF_FILE;
}

static BOOL spread(HANDLE handle, const FILE_SEGMENT_ELEMENT *pages, DWORD size, LPOVERLAPPED overlapped, bool write)
{
    HOST_KEEP_ERRNO;
    struct ob_object *object;
    if (!overlapped || size % SECTOR)
        return win32_error(ERROR_INVALID_PARAMETER);
    NTSTATUS status = ob_lookup(handle, &ob_file_type, write ? FILE_WRITE_DATA : FILE_READ_DATA, &object, NULL);
    if (!win32_status(status))
        return FALSE;
    const DWORD needed = FILE_FLAG_OVERLAPPED | FILE_FLAG_NO_BUFFERING;
    struct spread s = {.file = (struct ob_file *)object, .pages = pages, .size = size, .write = write};
    s.offset = (off_t)((ULONGLONG)overlapped->OffsetHigh << 32 | overlapped->Offset);
    if (s.file->kind != FILE_TYPE_DISK || (s.file->flags & needed) != needed)
        status = STATUS_INVALID_PARAMETER;
    else
        status = run(&s);
    overlapped->Internal = (ULONG_PTR)(DWORD)status;
    overlapped->InternalHigh = s.done;
    if (status >= 0 && overlapped->hEvent && SetEvent)
        SetEvent((HANDLE)((ULONG_PTR)overlapped->hEvent & ~(ULONG_PTR)1));
    bool told =
        (ULONG_PTR)overlapped->hEvent & 1 || atomic_load(&s.file->notification) & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS;
    if (status >= 0 && !told)
        base_complete(s.file, STATUS_SUCCESS, s.done, overlapped);
    ob_dereference(object);
    return win32_status(status);
}

BOOL ReadFileScatter(HANDLE file, FILE_SEGMENT_ELEMENT pages[], DWORD size, LPDWORD reserved, LPOVERLAPPED overlapped)
{
    (void)reserved;
    return spread(file, pages, size, overlapped, false);
}

BOOL WriteFileGather(HANDLE file, FILE_SEGMENT_ELEMENT pages[], DWORD size, LPDWORD reserved, LPOVERLAPPED overlapped)
{
    (void)reserved;
    return spread(file, pages, size, overlapped, true);
}
