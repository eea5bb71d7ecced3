/* nativeobject.c: the native calls that make and open events, mutants and semaphores. The last error is left alone. */
#include <synchapi.h>
#include <winbase.h>
#include <winmem_native.h>

#include "base/base.h"
#include "nt/probe.h"
#include "ob/sync.h"

/* What follows \BaseNamedObjects\ of a name; none of an object without a name. */
static NTSTATUS object_name(const OBJECT_ATTRIBUTES *attributes, const WCHAR **text, size_t *length)
{
    static const char directory[] = "\\BaseNamedObjects\\";
    const size_t prefix = sizeof directory - 1;
    *text = NULL;
    *length = 0;
    if (!attributes)
        return STATUS_SUCCESS;
    if (attributes->Length != sizeof *attributes)
        return STATUS_INVALID_PARAMETER;
    const UNICODE_STRING *name = attributes->ObjectName;
    if (!name || !name->Length)
        return STATUS_SUCCESS;
    size_t count = name->Length / sizeof(WCHAR), i = 0;
    if (name->Length % sizeof(WCHAR))
        return STATUS_OBJECT_NAME_INVALID;
    if (attributes->RootDirectory)
        return STATUS_INVALID_HANDLE; /* handles of directories of objects are not given out */
    if (name->Buffer[0] != '\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    while (i < prefix && i < count && name->Buffer[i] == (WCHAR)directory[i])
        i++;
    if (i < prefix || count == prefix)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    *text = name->Buffer + prefix;
    *length = count - prefix;
    return STATUS_SUCCESS;
}

static NTSTATUS make(const struct ob_class *class, PHANDLE answer, ACCESS_MASK access,
                     const OBJECT_ATTRIBUTES *attributes, struct ob_sync_initial initial)
{
    const WCHAR *text;
    size_t length;
    HANDLE handle = NULL;
    NTSTATUS status = object_name(attributes, &text, &length);
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
    NTSTATUS status = attributes ? object_name(attributes, &text, &length) : (NTSTATUS)STATUS_INVALID_PARAMETER;
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
