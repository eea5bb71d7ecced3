/* directorychanges.c: ReadDirectoryChangesW. The first call on a handle decides what is watched for as long as it is
 * open; changes between calls are kept for the next. Sets the last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include "base/file/directorychanges.h"

#include <fileapi.h>
#include <ntstatus.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <winbase.h>
#include <winerror.h>

#include "base/base.h"
#include "base/file/dirwatch.h"
#include "base/file/pending.h"
#include "host/guarded.h"
#include "host/own.h"
#include "host/utf.h"
#include "win32/win32.h"

#define FILTERS 0x17fu         /* every FILE_NOTIFY_CHANGE_* there is */
#define MOST ((size_t)1 << 20) /* of records in one answer */

struct directory_watch {
    struct dirwatch *watch; /* constant */
    char root[40];          /* constant: the folder, wherever it may be moved */
};

static void gone(struct ob_file *file)
{
    struct directory_watch *w = file->watch;
    dirwatch_close(w->watch);
    host_own_give(w);
}

static void closed(struct ob_file *file)
{
    (void)pending_end(file, 0, NULL, STATUS_NOTIFY_CLEANUP); /* a success: FsRtlNotifyCleanup's page */
}

static NTSTATUS start(struct ob_file *file, bool subtree, DWORD filter)
{
    if (__atomic_load_n(&file->watch, __ATOMIC_ACQUIRE))
        return STATUS_SUCCESS;
    struct directory_watch *w = host_own_zero(1, sizeof *w), *none = NULL;
    if (!w)
        return STATUS_NO_MEMORY;
    snprintf(w->root, sizeof w->root, "/proc/self/fd/%d", file->fd);
    NTSTATUS status = dirwatch_open(w->root, filter, subtree, &w->watch);
    if (status < 0) {
        host_own_give(w);
        return status;
    }
    file->closed = closed;
    file->gone = gone;
    if (!__atomic_compare_exchange_n((struct directory_watch **)&file->watch, &none, w, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) { /* another thread was quicker */
        dirwatch_close(w->watch);
        host_own_give(w);
    }
    return STATUS_SUCCESS;
}

/* Appends a record; false: no room. *last: where the last one begins, which learns where this one does. */
static bool append(char *buffer, size_t size, size_t *at, size_t *last, const struct dir_change *change)
{
    const size_t head = offsetof(FILE_NOTIFY_INFORMATION, FileName);
    size_t begin = (*at + 3) & ~(size_t)3;
    size_t units = host_utf8_to_utf16(change->name, strlen(change->name), NULL, 0, 0);
    if (begin + head + units * sizeof(WCHAR) > size)
        return false;
    FILE_NOTIFY_INFORMATION *record = (FILE_NOTIFY_INFORMATION *)(void *)(buffer + begin);
    record->NextEntryOffset = 0;
    record->Action = change->action;
    record->FileNameLength = (DWORD)(units * sizeof(WCHAR));
    host_utf8_to_utf16(change->name, strlen(change->name), (uint16_t *)record->FileName, units, 0);
    for (size_t i = 0; i < units; i++)
        if (record->FileName[i] == '/')
            record->FileName[i] = '\\';
    if (*at)
        ((FILE_NOTIFY_INFORMATION *)(void *)(buffer + *last))->NextEntryOffset = (DWORD)(begin - *last);
    *last = begin;
    *at = begin + head + units * sizeof(WCHAR);
    return true;
}

/* All that there is, or nothing of it. */
static NTSTATUS collect_locked(struct dirwatch *watch, char *buffer, size_t size, size_t *done)
{
    struct dir_change change;
    size_t at = 0, last = 0;
    NTSTATUS status = dirwatch_ready_locked(watch);
    if (status < 0)
        return status;
    bool any = false, whole = true;
    while (dirwatch_next_locked(watch, &change)) {
        any = true;
        whole = whole && change.action && append(buffer, size, &at, &last, &change);
    }
    *done = whole ? at : 0;
    return !any ? STATUS_PENDING : whole ? STATUS_SUCCESS : STATUS_NOTIFY_ENUM_DIR;
}

NTSTATUS directory_changes(struct ob_file *file, void *buffer, size_t size, size_t *done)
{
    struct directory_watch *w = file->watch;
    size_t room = size < MOST ? size : MOST;
    char *records = host_own_take(room + 1);
    if (!records)
        return STATUS_NO_MEMORY;
    dirwatch_acquire();
    NTSTATUS status = collect_locked(w->watch, records, room, done);
    dirwatch_release();
    uint32_t bad = *done ? host_guarded_copy(buffer, records, *done) : 0;
    host_own_give(records);
    return bad ? (NTSTATUS)bad : status;
}

int directory_changes_watched(struct ob_file *file)
{
    struct directory_watch *w = file->watch;
    dirwatch_acquire();
    int fd = dirwatch_descriptor_locked(w->watch);
    dirwatch_release();
    return fd;
}

static NTSTATUS check(const struct ob_file *file, const void *buffer, DWORD size, DWORD filter)
{
    struct stat status;
    if (filter == 0 || filter & ~FILTERS || fstat(file->fd, &status) != 0 || !S_ISDIR(status.st_mode))
        return STATUS_INVALID_PARAMETER;
    if ((uintptr_t)buffer & (sizeof(DWORD) - 1))
        return STATUS_DATATYPE_MISALIGNMENT;
    return (NTSTATUS)host_guarded_touch((void *)(uintptr_t)buffer, size);
}

BOOL ReadDirectoryChangesW(HANDLE handle, LPVOID buffer, DWORD size, BOOL subtree, DWORD filter, LPDWORD returned,
                           LPOVERLAPPED overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &ob_file_type, FILE_LIST_DIRECTORY, &object, NULL);
    if (status < 0)
        return win32_status(status);
    struct ob_file *file = (struct ob_file *)object;
    struct pending request = {
        .kind = PENDING_CHANGES, .file = file, .buffer = buffer, .size = size, .overlapped = overlapped};
    status = check(file, buffer, size, filter);
    if (status >= 0 && !overlapped && file->flags & FILE_FLAG_OVERLAPPED)
        status = STATUS_INVALID_PARAMETER;
    if (status >= 0)
        status = start(file, subtree != 0, filter);
    if (status >= 0 && routine && overlapped && file->flags & FILE_FLAG_OVERLAPPED) {
        request.end_context = base_end_prepare(overlapped, routine);
        request.end = base_end_over;
        status = request.end_context ? status : STATUS_NO_MEMORY;
    }
    if (status >= 0)
        status = pending_run(&request);
    if (status < 0 && request.end_context)
        base_end_drop(request.end_context);
    if (status >= 0 && status != STATUS_PENDING && returned)
        *returned = (DWORD)request.done;
    ob_dereference(object);
    return win32_status(status < 0 ? status : STATUS_SUCCESS); /* one that is under way was begun with success */
}
