/* filelock.c: LockFile, LockFileEx and their undoing. Calls ob; sets the last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <fileapi.h>
#include <ntstatus.h>
#include <synchapi.h>
#include <winbase.h>
#include <winerror.h>

#include "ob/file.h"
#include "win32/win32.h"

static uint64_t join(DWORD high, DWORD low)
{
    return (uint64_t)high << 32 | low;
}

static NTSTATUS lock(HANDLE handle, uint64_t offset, uint64_t size, bool exclusive, bool wait)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &ob_file_type, 0, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    struct ob_file *file = (struct ob_file *)object;
    status = file->readable || file->writable ? ob_file_lock(file, offset, size, exclusive, wait)
                                              : (NTSTATUS)STATUS_ACCESS_DENIED;
    ob_dereference(object);
    return status;
}

static NTSTATUS unlock(HANDLE handle, uint64_t offset, uint64_t size)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &ob_file_type, 0, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_file_unlock((struct ob_file *)object, offset, size);
    ob_dereference(object);
    return status;
}

/* Nothing is ever pending: what was asked for has happened when the call returns. */
static BOOL complete(NTSTATUS status, LPOVERLAPPED overlapped)
{
    if (NT_SUCCESS(status)) {
        overlapped->Internal = STATUS_SUCCESS;
        overlapped->InternalHigh = 0;
        if (overlapped->hEvent)
            SetEvent((HANDLE)((ULONG_PTR)overlapped->hEvent & ~(ULONG_PTR)1));
    }
    return win32_status(status);
}

BOOL LockFile(HANDLE file, DWORD offset_low, DWORD offset_high, DWORD size_low, DWORD size_high)
{
    return win32_status(lock(file, join(offset_high, offset_low), join(size_high, size_low), true, false));
}

BOOL LockFileEx(HANDLE file, DWORD flags, DWORD reserved, DWORD size_low, DWORD size_high, LPOVERLAPPED overlapped)
{
    if (reserved || !overlapped)
        return win32_error(ERROR_INVALID_PARAMETER);
    return complete(lock(file, join(overlapped->OffsetHigh, overlapped->Offset), join(size_high, size_low),
                         (flags & LOCKFILE_EXCLUSIVE_LOCK) != 0, !(flags & LOCKFILE_FAIL_IMMEDIATELY)),
                    overlapped);
}

BOOL UnlockFile(HANDLE file, DWORD offset_low, DWORD offset_high, DWORD size_low, DWORD size_high)
{
    return win32_status(unlock(file, join(offset_high, offset_low), join(size_high, size_low)));
}

BOOL UnlockFileEx(HANDLE file, DWORD reserved, DWORD size_low, DWORD size_high, LPOVERLAPPED overlapped)
{
    if (reserved || !overlapped)
        return win32_error(ERROR_INVALID_PARAMETER);
    return complete(unlock(file, join(overlapped->OffsetHigh, overlapped->Offset), join(size_high, size_low)),
                    overlapped);
}
