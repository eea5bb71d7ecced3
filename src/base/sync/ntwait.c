/* ntwait.c: the native calls for waiting, on what their Win32 faces wait with. */
#include <winternl.h>

#include "base/base.h"
#include "base/thread/thread.h"
#include "ob/wait.h"
#include "win32/win32.h"

/* Nothing: for ever; zero: not at all. */
static int64_t deadline_of(const LARGE_INTEGER *timeout)
{
    if (!timeout)
        return HOST_FOREVER;
    return timeout->QuadPart ? base_due(timeout->QuadPart) : 0;
}

NTSTATUS NTAPI NtWaitForSingleObject(HANDLE handle, BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, NULL, SYNCHRONIZE, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = base_wait_objects(&object, 1, false, deadline_of(timeout), alertable);
    ob_dereference(object);
    return status;
}

NTSTATUS NTAPI NtDelayExecution(BOOLEAN alertable, PLARGE_INTEGER interval)
{
    NTSTATUS status = base_wait_objects(NULL, 0, false, deadline_of(interval), alertable);
    return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;
}

/* Sleepers are woken to the microsecond here, whatever is asked. */
NTSTATUS NTAPI NtQueryTimerResolution(PULONG coarsest, PULONG finest, PULONG current)
{
    *coarsest = 156250;
    *finest = *current = 5000;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSetTimerResolution(ULONG wanted, BOOLEAN set, PULONG current)
{
    (void)wanted, (void)set;
    *current = 5000;
    return STATUS_SUCCESS;
}
