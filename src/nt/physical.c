/* physical.c: the Nt calls of address windowing. The privilege to lock memory is what the kernel calls it: CAP_IPC_LOCK
 * or an unlimited RLIMIT_MEMLOCK. Calls mm; sets no last error. */
#include <winternl.h>

#include "host/capability.h"
#include "mm/mm.h"
#include "mm/section.h"
#include "nt/nt.h"
#include "nt/probe.h"
#include "nt/section.h"

#include <stdint.h>

/* Both arrays of a call: the count is taken and answered, the numbers are read or written. */
static NTSTATUS probe_pages(ULONG_PTR *count, ULONG_PTR *numbers, bool write)
{
    NTSTATUS status = nt_probe_write(count, sizeof(*count));
    if (!NT_SUCCESS(status))
        return status;
    if (*count > SIZE_MAX / sizeof(*numbers))
        return STATUS_INVALID_PARAMETER_2;
    size_t size = *count * sizeof(*numbers);
    return write ? nt_probe_write(numbers, size) : nt_probe_read(numbers, size);
}

NTSTATUS nt_physical_section(HANDLE handle, uint32_t *pool, struct ob_object **object)
{
    struct ob_object *found;
    NTSTATUS status = ob_lookup(handle, &nt_section_type, SECTION_MAP_WRITE, &found, NULL);
    if (!NT_SUCCESS(status))
        return status;
    *pool = ((struct nt_section *)found)->section->pool;
    if (*pool) {
        *object = found;
        return STATUS_SUCCESS;
    }
    ob_dereference(found);
    return STATUS_INVALID_PARAMETER_1;
}

/* Whose pages are meant: this process' (*section is NULL then) or a section's. */
static NTSTATUS owner_of(HANDLE handle, uint32_t *pool, struct ob_object **section)
{
    bool self;
    *section = NULL;
    *pool = 0;
    NTSTATUS status = nt_process_target(handle, PROCESS_VM_OPERATION, &self);
    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        return nt_physical_section(handle, pool, section);
    return NT_SUCCESS(status) && !self ? STATUS_NOT_SUPPORTED : status;
}

NTSTATUS NTAPI NtAllocateUserPhysicalPages(HANDLE ProcessHandle, PULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray)
{
    uint32_t pool;
    struct ob_object *section = NULL;
    NTSTATUS status = probe_pages(NumberOfPages, UserPfnArray, true);
    if (NT_SUCCESS(status))
        status = owner_of(ProcessHandle, &pool, &section);
    if (!NT_SUCCESS(status))
        return status;
    const struct host_capabilities *machine = host_capabilities();
    if (!machine->may_lock_all && machine->lock_limit != UINT64_MAX)
        status = STATUS_PRIVILEGE_NOT_HELD;
    else
        status = mm_physical_allocate(pool, NumberOfPages, UserPfnArray);
    if (section)
        ob_dereference(section);
    return status;
}

NTSTATUS NTAPI NtFreeUserPhysicalPages(HANDLE ProcessHandle, PULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray)
{
    uint32_t pool;
    struct ob_object *section = NULL;
    NTSTATUS status = probe_pages(NumberOfPages, UserPfnArray, false);
    if (NT_SUCCESS(status))
        status = owner_of(ProcessHandle, &pool, &section);
    if (NT_SUCCESS(status))
        status = mm_physical_free(pool, NumberOfPages, UserPfnArray);
    if (section)
        ob_dereference(section);
    return status;
}

NTSTATUS NTAPI NtMapUserPhysicalPages(PVOID VirtualAddress, ULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray)
{
    NTSTATUS status = UserPfnArray ? probe_pages(&NumberOfPages, UserPfnArray, false) : STATUS_SUCCESS;
    return NT_SUCCESS(status) ? mm_physical_map(VirtualAddress, NumberOfPages, UserPfnArray) : status;
}

/* Page by page; what was mapped before a failure stays: documented to leave an undefined subset. */
NTSTATUS NTAPI NtMapUserPhysicalPagesScatter(PVOID *VirtualAddresses, ULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray)
{
    NTSTATUS status = probe_pages(&NumberOfPages, (ULONG_PTR *)VirtualAddresses, false);
    if (NT_SUCCESS(status) && UserPfnArray)
        status = probe_pages(&NumberOfPages, UserPfnArray, false);
    for (ULONG_PTR i = 0; i < NumberOfPages && NT_SUCCESS(status); i++) {
        const ULONG_PTR *number = UserPfnArray && UserPfnArray[i] ? &UserPfnArray[i] : NULL;
        status = mm_physical_map(VirtualAddresses[i], 1, number);
    }
    return status;
}
