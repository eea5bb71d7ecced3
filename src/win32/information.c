/* information.c: Set/GetProcessInformation and Set/GetThreadInformation, the classes that concern memory. The priority
 * of a thread, or of its process where it has none, goes to the pages that the thread takes in from then on. */
#include <processthreadsapi.h>
#include <stdbool.h>
#include <string.h>
#include <winerror.h>

#include "mm/mm.h"
#include "mm/stack.h"
#include "nt/nt.h"
#include "nt/probe.h"
#include "nt/process.h"
#include "nt/workingset.h"
#include "ob/ob.h"
#include "pager/pager.h"
#include "ps/thread.h"
#include "win32/win32.h"

static NTSTATUS take_priority(const void *information, DWORD size, ULONG *priority)
{
    if (size != sizeof(MEMORY_PRIORITY_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = nt_copy(priority, information, size);
    return status ? status : *priority > MEMORY_PRIORITY_NORMAL ? (NTSTATUS)STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* *own: the process is this one; of others only the priority can be told or set. */
static NTSTATUS target(HANDLE process, ACCESS_MASK access, bool *own)
{
    int pid;
    NTSTATUS status = nt_process_id(process, access, &pid);
    *own = status >= 0 && pid == 0;
    return status;
}

/* How the processor is to save power for this process: kept and told, the kernel decides. Control << 16 | state. */
static _Atomic ULONG throttling;

static NTSTATUS set_throttling(const void *from, DWORD size, bool own)
{
    PROCESS_POWER_THROTTLING_STATE state;
    if (size != sizeof state)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = nt_copy(&state, from, size);
    if (status)
        return status;
    if (state.Version != PROCESS_POWER_THROTTLING_CURRENT_VERSION ||
        state.ControlMask & ~(ULONG)PROCESS_POWER_THROTTLING_VALID_FLAGS || state.StateMask & ~state.ControlMask)
        return STATUS_INVALID_PARAMETER;
    if (!own)
        return STATUS_NOT_SUPPORTED;
    throttling = state.ControlMask << 16 | state.StateMask;
    return STATUS_SUCCESS;
}

static NTSTATUS get_throttling(void *to, DWORD size, bool own)
{
    PROCESS_POWER_THROTTLING_STATE state;
    if (size != sizeof state)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = nt_copy(&state, to, size);
    if (status)
        return status;
    if (state.Version != PROCESS_POWER_THROTTLING_CURRENT_VERSION)
        return STATUS_INVALID_PARAMETER;
    if (!own)
        return STATUS_NOT_SUPPORTED;
    state.ControlMask = throttling >> 16;
    state.StateMask = throttling & 0xFFFF;
    return nt_copy(to, &state, size);
}

/* Whether the process wants to see leap seconds: kept and told, the clock shows none. */
static _Atomic ULONG leap_seconds;

static NTSTATUS set_leap_seconds(const void *from, DWORD size, bool own)
{
    PROCESS_LEAP_SECOND_INFO info;
    if (size != sizeof info)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = nt_copy(&info, from, size);
    if (status)
        return status;
    if (info.Flags & ~(ULONG)PROCESS_LEAP_SECOND_INFO_VALID_FLAGS || info.Reserved)
        return STATUS_INVALID_PARAMETER;
    if (!own)
        return STATUS_NOT_SUPPORTED;
    leap_seconds = info.Flags;
    return STATUS_SUCCESS;
}

static NTSTATUS set_exhaustion(const void *from, DWORD size, bool own)
{
    PROCESS_MEMORY_EXHAUSTION_INFO info;
    if (size != sizeof info)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = nt_copy(&info, from, size);
    if (status)
        return status;
    if (info.Version != PME_CURRENT_VERSION || info.Type != PMETypeFailFastOnCommitFailure || info.Value > 1)
        return STATUS_INVALID_PARAMETER;
    /* commit that fails is an error here, never the end */
    return info.Value || !own ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

BOOL SetProcessInformation(HANDLE process, PROCESS_INFORMATION_CLASS class, LPVOID information, DWORD size)
{
    ULONG priority;
    bool own;
    NTSTATUS status = target(process, PROCESS_SET_INFORMATION, &own);
    if (status < 0)
        return win32_status(status);
    switch (class) {
    case ProcessMemoryPriority:
        status = take_priority(information, size, &priority);
        return win32_status(status < 0 ? status : nt_set_memory_priority(process, priority));
    case ProcessMemoryExhaustionInfo:
        return win32_status(set_exhaustion(information, size, own));
    case ProcessPowerThrottling:
        return win32_status(set_throttling(information, size, own));
    case ProcessLeapSecondInfo:
        return win32_status(set_leap_seconds(information, size, own));
    default:
        return win32_error(ERROR_INVALID_PARAMETER);
    }
}

static void app_memory(APP_MEMORY_INFORMATION *information)
{
    struct pager_commit commit;
    mm_stack_settle();
    pager_get_commit(&commit);
    information->AvailableCommit = commit.limit > commit.total ? (ULONG64)(commit.limit - commit.total) * MM_PAGE : 0;
    information->PrivateCommitUsage = (ULONG64)(commit.total - commit.shared) * MM_PAGE;
    information->PeakPrivateCommitUsage = (ULONG64)commit.peak * MM_PAGE;
    information->TotalCommitUsage = (ULONG64)commit.total * MM_PAGE;
}

BOOL GetProcessInformation(HANDLE process, PROCESS_INFORMATION_CLASS class, LPVOID information, DWORD size)
{
    bool own;
    NTSTATUS status = target(process, PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION, &own);
    if (status < 0)
        return win32_status(status);
    if (class == ProcessMemoryPriority) {
        if (size != sizeof(MEMORY_PRIORITY_INFORMATION))
            return win32_error(ERROR_BAD_LENGTH);
        ULONG priority = 0;
        status = nt_get_memory_priority(process, &priority);
        return win32_status(status < 0 ? status : nt_copy(information, &priority, size));
    }
    if (class == ProcessPowerThrottling)
        return win32_status(get_throttling(information, size, own));
    if (class == ProcessProtectionLevelInfo) {
        const PROCESS_PROTECTION_LEVEL_INFORMATION level = {PROTECTION_LEVEL_NONE};
        return size != sizeof level ? win32_error(ERROR_BAD_LENGTH) : win32_status(nt_copy(information, &level, size));
    }
    if (class == ProcessLeapSecondInfo) {
        const PROCESS_LEAP_SECOND_INFO info = {.Flags = leap_seconds};
        return size != sizeof info ? win32_error(ERROR_BAD_LENGTH)
               : !own              ? win32_error(ERROR_NOT_SUPPORTED)
                                   : win32_status(nt_copy(information, &info, size));
    }
    if (class == ProcessAppMemoryInfo) {
        if (size != sizeof(APP_MEMORY_INFORMATION))
            return win32_error(ERROR_BAD_LENGTH);
        if (!own)
            return win32_error(ERROR_NOT_SUPPORTED);
        APP_MEMORY_INFORMATION memory;
        app_memory(&memory);
        return win32_status(nt_copy(information, &memory, size));
    }
    return win32_error(ERROR_INVALID_PARAMETER);
}

static NTSTATUS own_thread(HANDLE handle, ACCESS_MASK any_of, struct ps_thread **thread)
{
    ACCESS_MASK granted;
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &ps_thread_type, 0, &object, &granted);
    if (status < 0)
        return status;
    *thread = (struct ps_thread *)object;
    status = !(granted & any_of)  ? (NTSTATUS)STATUS_ACCESS_DENIED
             : (*thread)->process ? (NTSTATUS)STATUS_NOT_SUPPORTED
                                  : STATUS_SUCCESS;
    if (status < 0)
        ob_dereference(object);
    return status;
}

BOOL SetThreadInformation(HANDLE thread, THREAD_INFORMATION_CLASS class, LPVOID information, DWORD size)
{
    ULONG priority;
    struct ps_thread *target;
    if (!thread)
        return win32_error(ERROR_INVALID_HANDLE);
    if (class != ThreadMemoryPriority)
        return win32_error(ERROR_INVALID_PARAMETER);
    NTSTATUS status = take_priority(information, size, &priority);
    if (status >= 0)
        status = own_thread(thread, THREAD_SET_INFORMATION, &target);
    if (status < 0)
        return win32_status(status);
    ps_thread_set_memory_priority(target, priority);
    ob_dereference(&target->object);
    return TRUE;
}

BOOL GetThreadInformation(HANDLE thread, THREAD_INFORMATION_CLASS class, LPVOID information, DWORD size)
{
    struct ps_thread *target;
    if (!thread)
        return win32_error(ERROR_INVALID_HANDLE);
    if (class != ThreadMemoryPriority)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (size != sizeof(MEMORY_PRIORITY_INFORMATION))
        return win32_error(ERROR_BAD_LENGTH);
    NTSTATUS status = own_thread(thread, THREAD_QUERY_INFORMATION | THREAD_QUERY_LIMITED_INFORMATION, &target);
    if (status < 0)
        return win32_status(status);
    ps_thread_lock();
    ULONG kept = target->memory_priority;
    ps_thread_unlock();
    ob_dereference(&target->object);
    ULONG priority = kept - 1;
    if (!kept)
        (void)nt_get_memory_priority(NT_CURRENT_PROCESS, &priority);
    return win32_status(nt_copy(information, &priority, size));
}
