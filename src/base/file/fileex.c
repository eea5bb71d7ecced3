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

void base_end_drop(void *context)
{
    struct end *end = context;
    CloseHandle(end->thread);
    host_own_give(end);
}

static VOID tell_end(ULONG_PTR argument)
{
    struct end end = *(struct end *)argument;
    base_end_drop((struct end *)argument);
    end.routine(end.error, end.bytes, end.overlapped);
}

/* The transfer is over: the thread that asked for it is told when it waits alertably. */
void base_end_over(void *context, NTSTATUS status, DWORD bytes)
{
    struct end *end = context;
    end->error = status < 0 ? RtlNtStatusToDosError(status) : NO_ERROR;
    end->bytes = bytes;
    if (!QueueUserAPC(tell_end, end->thread, (ULONG_PTR)end))
        base_end_drop(end);
}

void *base_end_prepare(LPOVERLAPPED overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct end *end = host_own_take(sizeof *end);
    if (!end)
        return NULL;
    *end = (struct end){.routine = routine, .overlapped = overlapped};
    if (DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &end->thread, 0, FALSE,
                        DUPLICATE_SAME_ACCESS))
        return end;
    host_own_give(end);
    return NULL;
}

/* The event's place in the structure is the program's own here. */
static BOOL transfer(HANDLE file, LPVOID buffer, DWORD size, LPOVERLAPPED overlapped,
                     LPOVERLAPPED_COMPLETION_ROUTINE routine, bool write)
{
    if (!overlapped || !routine)
        return win32_error(ERROR_INVALID_PARAMETER);
    void *end = base_end_prepare(overlapped, routine);
    if (!end)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    if (base_transfer(file, buffer, size, overlapped, write, base_end_over, end) ||
        GetLastError() == ERROR_IO_PENDING) {
        SetLastError(ERROR_SUCCESS);
        return TRUE;
    }
    DWORD error = GetLastError();
    base_end_drop(end);
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
