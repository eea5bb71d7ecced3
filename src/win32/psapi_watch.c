/* psapi_watch.c: the faces of InitializeProcessForWsWatch, GetWsChanges and GetWsChangesEx: arrays that end with a
 * record that has no place in the program and says how many records were lost. The K32 names are the same functions. */
#include <ntstatus.h>
#include <psapi.h>
#include <winbase.h>
#include <winerror.h>

#include "nt/probe.h"
#include "nt/workingset.h"
#include "pager/watch.h"
#include "win32/win32.h"

#define K32(name) __attribute__((alias(#name))) BOOL K32##name

BOOL InitializeProcessForWsWatch(HANDLE process)
{
    return win32_status(nt_watch_working_set(process));
}
K32(InitializeProcessForWsWatch)(HANDLE);

static BOOL taken(NTSTATUS status)
{
    return status == STATUS_BUFFER_TOO_SMALL  ? win32_error(ERROR_INSUFFICIENT_BUFFER)
           : status == STATUS_NO_MORE_ENTRIES ? win32_error(ERROR_NO_MORE_ITEMS)
                                              : win32_status(status);
}

static void put_plain(void *context, size_t index, const struct watch_record *record)
{
    PSAPI_WS_WATCH_INFORMATION *into = context;
    into[index] = (PSAPI_WS_WATCH_INFORMATION){(void *)record->pc, (void *)record->address};
}

BOOL GetWsChanges(HANDLE process, PPSAPI_WS_WATCH_INFORMATION information, DWORD size)
{
    size_t count, lost = 0, room = size / sizeof *information;
    NTSTATUS status = nt_probe_write(information, size);
    if (status == STATUS_SUCCESS)
        status = nt_take_watched(process, room ? room - 1 : 0, put_plain, information, &count, &lost);
    if (status < 0 || status == STATUS_NO_MORE_ENTRIES)
        return taken(status);
    information[count] = (PSAPI_WS_WATCH_INFORMATION){.FaultingVa = (PVOID)lost};
    return TRUE;
}
K32(GetWsChanges)(HANDLE, PPSAPI_WS_WATCH_INFORMATION, DWORD);

static void put_extended(void *context, size_t index, const struct watch_record *record)
{
    PSAPI_WS_WATCH_INFORMATION_EX *into = context;
    into[index] = (PSAPI_WS_WATCH_INFORMATION_EX){
        .BasicInfo = {(void *)record->pc, (void *)record->address},
        .FaultingThreadId = record->thread,
    };
}

BOOL GetWsChangesEx(HANDLE process, PPSAPI_WS_WATCH_INFORMATION_EX information, PDWORD size)
{
    DWORD bytes = 0;
    NTSTATUS status = nt_probe_write(size, sizeof *size);
    if (status == STATUS_SUCCESS)
        status = nt_probe_write(information, bytes = *size);
    size_t count = 0, lost = 0, room = bytes / sizeof *information;
    if (status == STATUS_SUCCESS)
        status = nt_take_watched(process, room ? room - 1 : 0, put_extended, information, &count, &lost);
    if (count)
        *size = (DWORD)((count + 1) * sizeof *information);
    if (status < 0 || status == STATUS_NO_MORE_ENTRIES || !information)
        return taken(status);
    information[count] = (PSAPI_WS_WATCH_INFORMATION_EX){.BasicInfo = {.FaultingVa = (PVOID)lost}};
    return TRUE;
}
K32(GetWsChangesEx)(HANDLE, PPSAPI_WS_WATCH_INFORMATION_EX, PDWORD);
