/* fileex.c: transfers whose end is told by a procedure in the caller's own thread. */
#include <fileapi.h>
#include <ioapiset.h>

#include <winbase.h>
#include <winerror.h>

#include "base/base.h"
#include "host/own.h"
#include "win32/win32.h"

struct end {
    LPOVERLAPPED_COMPLETION_ROUTINE routine;
    LPOVERLAPPED overlapped;
    HANDLE thread;
    DWORD error, bytes;
};

static void drop(struct end *end)
{
    CloseHandle(end->thread);
    host_own_give(end);
}

static VOID tell_end(ULONG_PTR argument)
{
    struct end end = *(struct end *)argument;
    drop((struct end *)argument);
    end.routine(end.error, end.bytes, end.overlapped);
}

/* The transfer is over: the thread that asked for it is told when it waits alertably. */
static void over(void *context, NTSTATUS status, DWORD bytes)
{
    struct end *end = context;
    end->error = status < 0 ? RtlNtStatusToDosError(status) : NO_ERROR;
    end->bytes = bytes;
    if (!QueueUserAPC(tell_end, end->thread, (ULONG_PTR)end))
        drop(end);
}

/* The event's place in the structure is the program's own here. */
static BOOL transfer(HANDLE file, LPVOID buffer, DWORD size, LPOVERLAPPED overlapped,
                     LPOVERLAPPED_COMPLETION_ROUTINE routine, bool write)
{
    if (!overlapped || !routine)
        return win32_error(ERROR_INVALID_PARAMETER);
    struct end *end = host_own_take(sizeof *end);
    if (!end)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    *end = (struct end){.routine = routine, .overlapped = overlapped};
    if (!DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &end->thread, 0, FALSE,
                         DUPLICATE_SAME_ACCESS)) {
        host_own_give(end);
        return FALSE;
    }
    if (base_transfer(file, buffer, size, overlapped, write, over, end) || GetLastError() == ERROR_IO_PENDING) {
        SetLastError(ERROR_SUCCESS);
        return TRUE;
    }
    DWORD error = GetLastError();
    drop(end);
    return win32_error(error);
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
