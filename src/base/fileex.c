/* fileex.c: transfers whose end is told by a procedure in the caller's own thread, and several packets of a port at
 * once.
 */
#include <fileapi.h>
#include <ioapiset.h>

#include <stdlib.h>
#include <winbase.h>
#include <winerror.h>

#include "win32/win32.h"

struct end {
    LPOVERLAPPED_COMPLETION_ROUTINE routine;
    LPOVERLAPPED overlapped;
    DWORD bytes;
};

static VOID tell_end(ULONG_PTR argument)
{
    struct end end = *(struct end *)argument;
    free((void *)argument);
    end.routine(NO_ERROR, end.bytes, end.overlapped);
}

/* The transfer is complete when it returns; the event's place in the structure is the program's own here. */
static BOOL transfer(HANDLE file, LPVOID buffer, DWORD size, LPOVERLAPPED overlapped,
                     LPOVERLAPPED_COMPLETION_ROUTINE routine, bool write)
{
    if (!overlapped || !routine)
        return win32_error(ERROR_INVALID_PARAMETER);
    struct end *end = malloc(sizeof *end);
    if (!end)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    OVERLAPPED own = *overlapped;
    own.hEvent = NULL;
    *end = (struct end){routine, overlapped, 0};
    BOOL done =
        write ? WriteFile(file, buffer, size, &end->bytes, &own) : ReadFile(file, buffer, size, &end->bytes, &own);
    overlapped->Internal = own.Internal;
    overlapped->InternalHigh = own.InternalHigh;
    if (done && QueueUserAPC(tell_end, GetCurrentThread(), (ULONG_PTR)end)) {
        SetLastError(ERROR_SUCCESS);
        return TRUE;
    }
    free(end);
    return FALSE;
}

BOOL ReadFileEx(HANDLE file, LPVOID buffer, DWORD size, LPOVERLAPPED overlapped,
                LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    return transfer(file, buffer, size, overlapped, routine, false);
}

BOOL WriteFileEx(HANDLE file, LPCVOID buffer, DWORD size, LPOVERLAPPED overlapped,
                 LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    return transfer(file, (LPVOID)buffer, size, overlapped, routine, true);
}

BOOL GetQueuedCompletionStatusEx(HANDLE port, LPOVERLAPPED_ENTRY entries, ULONG count, PULONG removed,
                                 DWORD milliseconds, BOOL alertable)
{
    if (!entries || !count || !removed)
        return win32_error(ERROR_INVALID_PARAMETER);
    *removed = 0;
    if (alertable && SleepEx(0, TRUE) == WAIT_IO_COMPLETION)
        return win32_error(WAIT_IO_COMPLETION);
    for (ULONG i = 0; i < count; i++) {
        OVERLAPPED_ENTRY entry = {0};
        BOOL done = GetQueuedCompletionStatus(port, &entry.dwNumberOfBytesTransferred, &entry.lpCompletionKey,
                                              &entry.lpOverlapped, i ? 0 : milliseconds);
        if (!done && !entry.lpOverlapped)
            break;
        entries[(*removed)++] = entry;
    }
    return *removed != 0;
}
