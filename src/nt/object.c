/* object.c: the Nt calls of handles. Calls ob; another process' handles are engineered beside it (nt_remote_duplicate).
 */
#include <winternl.h>

#include "nt/nt.h"
#include "nt/probe.h"
#include "ob/ob.h"

#include <stdlib.h>

#define DUPLICATE_SAME_ATTRIBUTES 4

/* Duplication between processes, where source or target is another one. */
NTSTATUS nt_remote_duplicate(HANDLE source_process, HANDLE source, HANDLE target_process, PHANDLE target,
                             ACCESS_MASK access, ULONG attributes, ULONG options) __attribute__((weak));
NTSTATUS nt_remote_close(HANDLE process, HANDLE handle) __attribute__((weak));

NTSTATUS NTAPI NtClose(HANDLE Handle)
{
    return ob_close_handle(Handle);
}

static unsigned flags_of(HANDLE source, ULONG attributes, ULONG options)
{
    unsigned flags = attributes & OBJ_INHERIT ? OB_INHERIT : 0;
    if (options & DUPLICATE_SAME_ATTRIBUTES && !NT_SUCCESS(ob_get_flags(source, &flags)))
        flags = 0;
    return flags;
}

static NTSTATUS duplicate_own(HANDLE source, PHANDLE target, ACCESS_MASK access, ULONG attributes, ULONG options)
{
    HANDLE made = NULL;
    NTSTATUS status = ob_duplicate_handle(source, access, (options & DUPLICATE_SAME_ACCESS) != 0,
                                          flags_of(source, attributes, options), &made);
    if (target)
        *target = made; /* NULL for a source that is no handle: Windows writes that as well */
    else if (NT_SUCCESS(status))
        ob_close_handle(made);
    return status;
}

/* The source is closed whatever came of the duplicate (documented); only closing it needs no target. */
NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle,
                                 PHANDLE TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options)
{
    bool own_source, own_target;
    const bool closes = (Options & DUPLICATE_CLOSE_SOURCE) != 0, close_only = closes && !TargetProcessHandle;
    NTSTATUS status = TargetHandle ? nt_probe_write(TargetHandle, sizeof(*TargetHandle)) : STATUS_SUCCESS;
    if (NT_SUCCESS(status))
        status = nt_process_target(SourceProcessHandle, PROCESS_DUP_HANDLE, &own_source);
    if (!NT_SUCCESS(status))
        return status;
    if (!close_only) {
        status = nt_process_target(TargetProcessHandle, PROCESS_DUP_HANDLE, &own_target);
        if (NT_SUCCESS(status) && own_source && own_target)
            status = duplicate_own(SourceHandle, TargetHandle, DesiredAccess, HandleAttributes, Options);
        else if (NT_SUCCESS(status))
            status = nt_remote_duplicate ? nt_remote_duplicate(SourceProcessHandle, SourceHandle, TargetProcessHandle,
                                                               TargetHandle, DesiredAccess, HandleAttributes, Options)
                                         : (NTSTATUS)STATUS_NOT_SUPPORTED;
    }
    if (closes) {
        NTSTATUS closed = own_source        ? ob_close_handle(SourceHandle)
                          : nt_remote_close ? nt_remote_close(SourceProcessHandle, SourceHandle)
                                            : (NTSTATUS)STATUS_NOT_SUPPORTED;
        status = close_only ? closed : status;
    }
    return status;
}

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    size_t length = 0;
    while (SourceString && SourceString[length])
        length++;
    if (length > 0x7ffe)
        length = 0x7ffe; /* what 16 bits of bytes hold */
    DestinationString->Length = (USHORT)(length * sizeof(WCHAR));
    DestinationString->MaximumLength = SourceString ? (USHORT)((length + 1) * sizeof(WCHAR)) : 0;
    DestinationString->Buffer = (PWSTR)SourceString;
}
