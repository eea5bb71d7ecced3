/* nativeobject.c: the native calls that make and open events, mutants and semaphores. The last error is left alone. */
#include <synchapi.h>
#include <winbase.h>
#include <winmem_native.h>

#include "base/base.h"
#include "nt/objectname.h"
#include "nt/probe.h"
#include "ob/sync.h"

static NTSTATUS make(const struct ob_class *class, PHANDLE answer, ACCESS_MASK access,
                     const OBJECT_ATTRIBUTES *attributes, struct ob_sync_initial initial)
{
    const WCHAR *text = NULL;
    size_t length = 0;
    HANDLE handle = NULL;
    NTSTATUS status = attributes ? nt_object_name(attributes, true, &text, &length) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    bool inherit = attributes && attributes->Attributes & OBJ_INHERIT;
    unsigned flags = inherit ? OB_INHERIT : 0;
    unsigned how = OB_CREATE | (attributes && attributes->Attributes & OBJ_OPENIF ? 0 : OB_CREATE_NEW_ONLY);
    if ((status = nt_probe_write(answer, sizeof *answer)) != STATUS_SUCCESS)
        return status;
    status = text ? ob_open_named(class, text, length, how, access, flags, &initial, &handle)
                  : ob_open_unnamed(class, inherit, access, flags, &initial, &handle);
    if (NT_SUCCESS(status))
        *answer = handle;
    return status;
}

static NTSTATUS find(const struct ob_class *class, PHANDLE answer, ACCESS_MASK access,
                     const OBJECT_ATTRIBUTES *attributes)
{
    const WCHAR *text;
    size_t length;
    HANDLE handle = NULL;
    NTSTATUS status =
        attributes ? nt_object_name(attributes, false, &text, &length) : (NTSTATUS)STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        return status;
    if (!text)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if ((status = nt_probe_write(answer, sizeof *answer)) != STATUS_SUCCESS)
        return status;
    unsigned flags = attributes->Attributes & OBJ_INHERIT ? OB_INHERIT : 0;
    status = ob_open_named(class, text, length, OB_OPEN, access, flags, NULL, &handle);
    if (!NT_SUCCESS(status))
        return status;
    *answer = handle;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                             EVENT_TYPE EventType, BOOLEAN InitialState)
{
    if (EventType != NotificationEvent && EventType != SynchronizationEvent)
        return STATUS_INVALID_PARAMETER;
    return make(&ob_event_class, EventHandle, DesiredAccess, ObjectAttributes,
                (struct ob_sync_initial){.value = InitialState != 0, .maximum = EventType == NotificationEvent});
}

NTSTATUS NTAPI NtOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return find(&ob_event_class, EventHandle, DesiredAccess, ObjectAttributes);
}

NTSTATUS NTAPI NtCreateMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                              BOOLEAN InitialOwner)
{
    return make(&ob_mutant_class, MutantHandle, DesiredAccess, ObjectAttributes,
                (struct ob_sync_initial){.value = InitialOwner != 0});
}

NTSTATUS NTAPI NtOpenMutant(PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return find(&ob_mutant_class, MutantHandle, DesiredAccess, ObjectAttributes);
}

NTSTATUS NTAPI NtCreateSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess,
                                 POBJECT_ATTRIBUTES ObjectAttributes, LONG InitialCount, LONG MaximumCount)
{
    if (MaximumCount <= 0 || InitialCount < 0 || InitialCount > MaximumCount)
        return STATUS_INVALID_PARAMETER;
    return make(&ob_semaphore_class, SemaphoreHandle, DesiredAccess, ObjectAttributes,
                (struct ob_sync_initial){.value = InitialCount, .maximum = MaximumCount});
}

NTSTATUS NTAPI NtOpenSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    return find(&ob_semaphore_class, SemaphoreHandle, DesiredAccess, ObjectAttributes);
}
