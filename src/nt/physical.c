/* physical.c: the Nt calls of address windowing. The privilege to lock memory is what the kernel calls it: CAP_IPC_LOCK
 * or an unlimited RLIMIT_MEMLOCK. Calls mm; sets no last error. */
#include <winternl.h>

#include "host/capability.h"
#include "mm/mm.h"
#include "nt/nt.h"
#include "nt/probe.h"

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

static NTSTATUS own_process(HANDLE process)
{
    bool self;
    NTSTATUS status = nt_process_target(process, PROCESS_VM_OPERATION, &self);
    return NT_SUCCESS(status) && !self ? STATUS_NOT_SUPPORTED : status;
}

NTSTATUS NTAPI NtAllocateUserPhysicalPages(HANDLE ProcessHandle, PULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray)
{
    NTSTATUS status = probe_pages(NumberOfPages, UserPfnArray, true);
    if (NT_SUCCESS(status))
        status = own_process(ProcessHandle);
    if (!NT_SUCCESS(status))
        return status;
    const struct host_capabilities *machine = host_capabilities();
    if (!machine->may_lock_all && machine->lock_limit != UINT64_MAX)
        return STATUS_PRIVILEGE_NOT_HELD;
    return mm_physical_allocate(NumberOfPages, UserPfnArray);
}

NTSTATUS NTAPI NtFreeUserPhysicalPages(HANDLE ProcessHandle, PULONG_PTR NumberOfPages, PULONG_PTR UserPfnArray)
{
    NTSTATUS status = probe_pages(NumberOfPages, UserPfnArray, false);
    if (NT_SUCCESS(status))
        status = own_process(ProcessHandle);
    return NT_SUCCESS(status) ? mm_physical_free(NumberOfPages, UserPfnArray) : status;
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
