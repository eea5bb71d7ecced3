/* virtualquery.c: NtQueryVirtualMemory. Calls mm; sets no last error. */
#include <winternl.h>

#include "mm/mm.h"
#include "nt/nt.h"
#include "nt/probe.h"
#include "nt/processcall.h"
#include "nt/workingset.h"

#include <stddef.h>
#include <stdint.h>

static NTSTATUS query_basic(PVOID address, void *buffer, SIZE_T length, PSIZE_T returned)
{
    if (length < sizeof(MEMORY_BASIC_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    MEMORY_BASIC_INFORMATION answer;
    NTSTATUS status = mm_query(address, &answer);
    if (NT_SUCCESS(status))
        status = nt_copy(buffer, &answer, sizeof(answer));
    if (NT_SUCCESS(status) && returned)
        *returned = sizeof(MEMORY_BASIC_INFORMATION);
    return status;
}

/* A buffer may end before CommitSize, or before PartitionId: older forms of the structure. */
static NTSTATUS query_region(PVOID address, void *buffer, SIZE_T length, PSIZE_T returned)
{
    const size_t shortest = offsetof(MEMORY_REGION_INFORMATION, CommitSize);
    struct mm_region_information region;
    if (length < shortest)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = mm_query_region(address, &region);
    if (!NT_SUCCESS(status))
        return status;
    MEMORY_REGION_INFORMATION full = {
        .AllocationBase = region.base,
        .AllocationProtect = region.allocation_protect,
        .RegionSize = region.size,
        .CommitSize = region.committed,
    };
    full.Private = region.type == MEM_PRIVATE;
    full.MappedDataFile = region.type == MEM_MAPPED && !region.pagefile;
    full.MappedPageFile = region.type == MEM_MAPPED && region.pagefile;
    full.MappedImage = region.type == MEM_IMAGE;
    full.MappedAwe = region.physical;
    full.MappedWriteWatch = region.write_watch;
    full.PageSizeLarge = region.large;
    full.PlaceholderReservation = region.placeholder;
    size_t filled = length >= sizeof(full) ? sizeof(full)
                    : length >= offsetof(MEMORY_REGION_INFORMATION, PartitionId)
                        ? offsetof(MEMORY_REGION_INFORMATION, PartitionId)
                        : shortest;
    status = nt_copy(buffer, &full, filled);
    if (NT_SUCCESS(status) && returned)
        *returned = filled;
    return status;
}

/* The image that holds the address: where it begins and how far it reaches. */
static NTSTATUS query_image(PVOID address, void *buffer, SIZE_T length, PSIZE_T returned)
{
    struct mm_region_information region;
    if (length < sizeof(MEMORY_IMAGE_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = mm_query_region(address, &region);
    if (!NT_SUCCESS(status))
        return status;
    if (region.type != MEM_IMAGE)
        return STATUS_INVALID_ADDRESS;
    MEMORY_IMAGE_INFORMATION answer = {.ImageBase = region.base, .SizeOfImage = region.size};
    status = nt_copy(buffer, &answer, sizeof answer);
    if (NT_SUCCESS(status) && returned)
        *returned = sizeof answer;
    return status;
}

/* What sections know: the name of the file behind a view. */
NTSTATUS nt_query_mapped_filename(PVOID address, void *buffer, SIZE_T length, PSIZE_T returned) __attribute__((weak));

static NTSTATUS query_working_set_ex(HANDLE process, void *buffer, SIZE_T length, PSIZE_T returned)
{
    size_t count = length / sizeof(MEMORY_WORKING_SET_EX_INFORMATION); /* a part of an entry is left alone */
    NTSTATUS status = nt_query_working_set_ex(process, buffer, count);
    if (NT_SUCCESS(status) && returned)
        *returned = count * sizeof(MEMORY_WORKING_SET_EX_INFORMATION);
    return status;
}

/* The least that a class takes; 0: there is no such class. A name is looked for first, and tells the length that it
 * needs whatever the buffer's is. */
static SIZE_T least_of(MEMORY_INFORMATION_CLASS class)
{
    switch (class) {
    case MemoryBasicInformation:
    case MemoryPrivilegedBasicInformation:
    case MemoryBasicInformationCapped:
        return sizeof(MEMORY_BASIC_INFORMATION);
    case MemoryRegionInformation:
    case MemoryRegionInformationEx:
        return offsetof(MEMORY_REGION_INFORMATION, CommitSize);
    case MemoryWorkingSetInformation:
        return sizeof(ULONG_PTR);
    case MemoryWorkingSetExInformation:
        return sizeof(MEMORY_WORKING_SET_EX_INFORMATION);
    case MemoryImageInformation:
        return sizeof(MEMORY_IMAGE_INFORMATION);
    default:
        return 0;
    }
}

/* What is wrong whatever process is asked: told before the handle is looked at. */
static NTSTATUS check_question(const void *address, MEMORY_INFORMATION_CLASS class, SIZE_T length)
{
    SIZE_T least = least_of(class);
    if (least == 0 && class != MemoryMappedFilenameInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (length < least)
        return STATUS_INFO_LENGTH_MISMATCH;
    bool by_address = class != MemoryWorkingSetInformation && class != MemoryWorkingSetExInformation;
    return by_address && (uintptr_t)address > MM_HIGHEST_ADDRESS ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* The classes whose answer is written piece by piece: the whole buffer must be good before. */
static bool written_in_pieces(MEMORY_INFORMATION_CLASS class)
{
    return class == MemoryMappedFilenameInformation || class == MemoryWorkingSetInformation ||
           class == MemoryWorkingSetExInformation;
}

NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress,
                                    MEMORY_INFORMATION_CLASS MemoryInformationClass, PVOID MemoryInformation,
                                    SIZE_T MemoryInformationLength, PSIZE_T ReturnLength)
{
    bool self;
    NTSTATUS status = check_question(BaseAddress, MemoryInformationClass, MemoryInformationLength);
    if (NT_SUCCESS(status) && written_in_pieces(MemoryInformationClass))
        status = nt_probe_write(MemoryInformation, MemoryInformationLength);
    if (NT_SUCCESS(status) && ReturnLength)
        status = nt_probe_write(ReturnLength, sizeof(*ReturnLength));
    if (NT_SUCCESS(status))
        status = nt_process_target(ProcessHandle, PROCESS_QUERY_INFORMATION, &self);
    if (!NT_SUCCESS(status))
        return status;
    if (MemoryInformationClass == MemoryWorkingSetInformation) /* these two know the way to other processes */
        return nt_query_working_set(ProcessHandle, MemoryInformation, MemoryInformationLength);
    if (MemoryInformationClass == MemoryWorkingSetExInformation)
        return query_working_set_ex(ProcessHandle, MemoryInformation, MemoryInformationLength, ReturnLength);
    if (!self) {
        status = nt_probe_write(MemoryInformation, MemoryInformationLength);
        return status ? status
                      : nt_remote_query(ProcessHandle, BaseAddress, MemoryInformationClass, MemoryInformation,
                                        MemoryInformationLength, ReturnLength);
    }
    switch (MemoryInformationClass) {
    case MemoryBasicInformation:
    case MemoryPrivilegedBasicInformation:
    case MemoryBasicInformationCapped:
        return query_basic(BaseAddress, MemoryInformation, MemoryInformationLength, ReturnLength);
    case MemoryRegionInformation:
    case MemoryRegionInformationEx:
        return query_region(BaseAddress, MemoryInformation, MemoryInformationLength, ReturnLength);
    case MemoryMappedFilenameInformation:
        if (!nt_query_mapped_filename)
            return STATUS_NOT_IMPLEMENTED;
        return nt_query_mapped_filename(BaseAddress, MemoryInformation, MemoryInformationLength, ReturnLength);
    case MemoryImageInformation:
        return query_image(BaseAddress, MemoryInformation, MemoryInformationLength, ReturnLength);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}
