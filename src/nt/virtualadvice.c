/* virtualadvice.c: the Nt calls that say how memory is used: lock, write watch, prefetch, priority. Calls mm; sets no
 * last error. */
#include <winternl.h>

#include "mm/mm.h"
#include "nt/nt.h"
#include "nt/probe.h"
#include "nt/processcall.h"
#include "nt/residency.h"
#include "pager/pager.h"

#include <stdint.h>

#define MAP_PROCESS 1u /* keep in the working set */
#define MAP_SYSTEM 2u  /* keep in physical memory: the same here */

static NTSTATUS own_process(HANDLE process, ACCESS_MASK access)
{
    bool self;
    NTSTATUS status = nt_process_target(process, access, &self);
    return NT_SUCCESS(status) && !self ? STATUS_NOT_SUPPORTED : status;
}

static NTSTATUS check_map_type(ULONG type)
{
    return type == 0 || type & ~(MAP_PROCESS | MAP_SYSTEM) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* The calls say which pages they dealt with. */
static void round_out(PVOID *base, PSIZE_T size)
{
    uintptr_t start = (uintptr_t)*base & ~(MM_PAGE - 1);
    *size = (((uintptr_t)*base + *size + MM_PAGE - 1) & ~(MM_PAGE - 1)) - start;
    *base = (PVOID)start;
}

NTSTATUS NTAPI NtLockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType)
{
    NTSTATUS status = check_map_type(MapType);
    if (NT_SUCCESS(status))
        status = nt_probe_range(BaseAddress, RegionSize);
    bool self = true;
    if (NT_SUCCESS(status))
        status = nt_process_target(ProcessHandle, PROCESS_VM_OPERATION, &self);
    if (NT_SUCCESS(status))
        status = self ? nt_lock_pages((uintptr_t)*BaseAddress, *RegionSize)
                      : nt_remote_advise(ProcessHandle, NT_ADVISE_LOCK, (uintptr_t)*BaseAddress, *RegionSize, 0);
    if (NT_SUCCESS(status))
        round_out(BaseAddress, RegionSize);
    return status;
}

NTSTATUS NTAPI NtUnlockVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType)
{
    NTSTATUS status = check_map_type(MapType);
    if (NT_SUCCESS(status))
        status = nt_probe_range(BaseAddress, RegionSize);
    bool self = true;
    if (NT_SUCCESS(status))
        status = nt_process_target(ProcessHandle, PROCESS_VM_OPERATION, &self);
    if (NT_SUCCESS(status))
        status = self ? nt_unlock_pages((uintptr_t)*BaseAddress, *RegionSize)
                      : nt_remote_advise(ProcessHandle, NT_ADVISE_UNLOCK, (uintptr_t)*BaseAddress, *RegionSize, 0);
    if (NT_SUCCESS(status))
        round_out(BaseAddress, RegionSize);
    return status;
}

NTSTATUS NTAPI NtGetWriteWatch(HANDLE ProcessHandle, ULONG Flags, PVOID BaseAddress, SIZE_T RegionSize,
                               PVOID *UserAddressArray, PULONG_PTR EntriesInUserAddressArray, PULONG Granularity)
{
    if (Flags & ~WRITE_WATCH_FLAG_RESET)
        return STATUS_INVALID_PARAMETER_2;
    size_t count;
    NTSTATUS status = nt_probe_write(EntriesInUserAddressArray, sizeof(*EntriesInUserAddressArray));
    if (NT_SUCCESS(status))
        status = nt_probe_write(Granularity, sizeof(*Granularity));
    if (!NT_SUCCESS(status))
        return status;
    count = *EntriesInUserAddressArray;
    if (count == 0)
        return STATUS_INVALID_PARAMETER_5;
    if (count > SIZE_MAX / sizeof(PVOID))
        return STATUS_INVALID_PARAMETER_6;
    status = nt_probe_write(UserAddressArray, count * sizeof(PVOID));
    if (NT_SUCCESS(status))
        status = own_process(ProcessHandle, PROCESS_VM_OPERATION);
    if (NT_SUCCESS(status))
        status = mm_get_write_watch(BaseAddress, RegionSize, (Flags & WRITE_WATCH_FLAG_RESET) != 0, UserAddressArray,
                                    &count);
    if (!NT_SUCCESS(status))
        return status;
    *EntriesInUserAddressArray = count;
    *Granularity = (ULONG)MM_PAGE;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtResetWriteWatch(HANDLE ProcessHandle, PVOID BaseAddress, SIZE_T RegionSize)
{
    NTSTATUS status = own_process(ProcessHandle, PROCESS_VM_OPERATION);
    return NT_SUCCESS(status) ? mm_reset_write_watch(BaseAddress, RegionSize) : status;
}

/* The whole pages of an entry; what lies above the user's part of the address space is refused. */
static NTSTATUS pages_of_entry(const MEMORY_RANGE_ENTRY *entry, void **base, size_t *size)
{
    const uintptr_t highest = MM_HIGHEST_ADDRESS;
    uintptr_t start = (uintptr_t)entry->VirtualAddress;
    if (start > highest || entry->NumberOfBytes == 0 || entry->NumberOfBytes - 1 > highest - start)
        return STATUS_INVALID_PARAMETER_4;
    uintptr_t end = (start + entry->NumberOfBytes + MM_PAGE - 1) & ~(MM_PAGE - 1);
    start &= ~(MM_PAGE - 1);
    *base = (void *)start;
    *size = end - start;
    return STATUS_SUCCESS;
}

static NTSTATUS check_information(VIRTUAL_MEMORY_INFORMATION_CLASS class, PVOID information, ULONG length)
{
    if (class != VmPrefetchInformation && class != VmPagePriorityInformation &&
        class != VmRemoveFromWorkingSetInformation)
        return STATUS_INVALID_PARAMETER_2;
    if (!information)
        return STATUS_INVALID_PARAMETER_5;
    if (length != sizeof(ULONG))
        return STATUS_INVALID_PARAMETER_6;
    ULONG value;
    NTSTATUS status = nt_copy(&value, information, sizeof(value));
    if (!NT_SUCCESS(status))
        return status;
    if (class == VmPagePriorityInformation ? value < 1 || value > 5 : value != 0)
        return STATUS_INVALID_PARAMETER_5;
    return STATUS_SUCCESS;
}

static NTSTATUS advise_entry(HANDLE process, bool self, VIRTUAL_MEMORY_INFORMATION_CLASS class, uintptr_t base,
                             size_t size, ULONG value)
{
    if (class == VmPrefetchInformation) {
        if (!self)
            return nt_remote_prefetch(process, base, size);
        (void)nt_prefetch_pages(base, size);
    } else if (!self) {
        return nt_remote_advise(process, class == VmPagePriorityInformation ? NT_ADVISE_PRIORITY : NT_ADVISE_TRIM, base,
                                size, value);
    } else if (class == VmPagePriorityInformation) {
        pager_set_priority(base, size, value);
    } else {
        pager_trim(base, size);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtSetInformationVirtualMemory(HANDLE ProcessHandle, VIRTUAL_MEMORY_INFORMATION_CLASS VmInformationClass,
                                             ULONG_PTR NumberOfEntries, PMEMORY_RANGE_ENTRY VirtualAddresses,
                                             PVOID VmInformation, ULONG VmInformationLength)
{
    NTSTATUS status = check_information(VmInformationClass, VmInformation, VmInformationLength);
    if (!NT_SUCCESS(status))
        return status;
    if (NumberOfEntries == 0)
        return STATUS_INVALID_PARAMETER_3;
    if (NumberOfEntries > SIZE_MAX / sizeof(*VirtualAddresses))
        return STATUS_INVALID_PARAMETER_3;
    status = nt_probe_read(VirtualAddresses, NumberOfEntries * sizeof(*VirtualAddresses));
    bool self = true;
    if (NT_SUCCESS(status))
        status = nt_process_target(ProcessHandle, PROCESS_VM_OPERATION, &self);
    for (ULONG_PTR i = 0; i < NumberOfEntries && NT_SUCCESS(status); i++) {
        void *base;
        size_t size;
        status = pages_of_entry(&VirtualAddresses[i], &base, &size);
    }
    for (ULONG_PTR i = 0; i < NumberOfEntries && NT_SUCCESS(status); i++) {
        void *base = NULL;
        size_t size = 0;
        (void)pages_of_entry(&VirtualAddresses[i], &base, &size);
        status =
            advise_entry(ProcessHandle, self, VmInformationClass, (uintptr_t)base, size, *(const ULONG *)VmInformation);
    }
    return status;
}
