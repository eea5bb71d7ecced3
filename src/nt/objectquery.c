/* objectquery.c: NtQueryObject: what a handle grants, how many there are, what kind of object is behind it. */
#include <winternl.h>

#include <string.h>

#include "nt/probe.h"
#include "ob/ob.h"

static NTSTATUS query_basic(HANDLE handle, struct ob_object *object, ACCESS_MASK granted, void *to, ULONG size,
                            ULONG *needed)
{
    PUBLIC_OBJECT_BASIC_INFORMATION about = {0};
    unsigned flags = 0;
    *needed = sizeof about;
    if (size != sizeof about)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!ob_is_pseudo(handle))
        ob_get_flags(handle, &flags);
    about.Attributes = flags & OB_INHERIT ? OBJ_INHERIT : 0;
    about.GrantedAccess = granted;
    about.HandleCount = (ULONG)atomic_load(&object->handles);
    about.PointerCount = (ULONG)atomic_load(&object->references) - 1; /* not the caller's of this query */
    memcpy(to, &about, sizeof about);
    return STATUS_SUCCESS;
}

/* The name stands behind the structure. */
static NTSTATUS query_type(const struct ob_object *object, void *to, ULONG size, ULONG *needed)
{
    PUBLIC_OBJECT_TYPE_INFORMATION *about = to;
    size_t length = strlen(object->type->name);
    *needed = (ULONG)(sizeof *about + (length + 1) * sizeof(WCHAR));
    if (size < *needed)
        return STATUS_INFO_LENGTH_MISMATCH;
    memset(about, 0, sizeof *about);
    WCHAR *text = (WCHAR *)(about + 1);
    for (size_t i = 0; i <= length; i++)
        text[i] = (WCHAR)(unsigned char)object->type->name[i];
    about->TypeName = (UNICODE_STRING){(USHORT)(length * sizeof(WCHAR)), (USHORT)((length + 1) * sizeof(WCHAR)), text};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass, PVOID ObjectInformation,
                             ULONG ObjectInformationLength, PULONG ReturnLength)
{
    struct ob_object *object;
    ACCESS_MASK granted = 0;
    ULONG needed = 0;
    if (ObjectInformationClass != ObjectBasicInformation && ObjectInformationClass != ObjectTypeInformation)
        return STATUS_INVALID_INFO_CLASS;
    NTSTATUS status = ObjectInformationLength ? nt_probe_write(ObjectInformation, ObjectInformationLength) : 0;
    if (NT_SUCCESS(status) && ReturnLength)
        status = nt_probe_write(ReturnLength, sizeof *ReturnLength);
    if (NT_SUCCESS(status))
        status = ob_lookup(Handle, NULL, 0, &object, &granted);
    if (!NT_SUCCESS(status))
        return status;
    if (ObjectInformationClass == ObjectBasicInformation)
        status = query_basic(Handle, object, granted, ObjectInformation, ObjectInformationLength, &needed);
    else
        status = query_type(object, ObjectInformation, ObjectInformationLength, &needed);
    ob_dereference(object);
    if (ReturnLength)
        *ReturnLength = needed;
    return status;
}
