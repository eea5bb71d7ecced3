/* sectionview.c: the Nt calls of views: map, unmap, flush, and whose file an address shows. Calls mm and ob. */
#include "nt/section.h"

#include <string.h>

#include "host/proc.h"
#include "host/section.h"
#include "host/utf.h"
#include "mm/view.h"
#include "nt/nt.h"
#include "nt/probe.h"
#include "nt/processcall.h"

/* What the section's handle must allow for pages of this protection. */
static NTSTATUS view_access(ULONG protect, ACCESS_MASK *access)
{
    switch (protect & 0xff) {
    case PAGE_NOACCESS:
    case PAGE_READONLY:
    case PAGE_WRITECOPY:
        *access = SECTION_MAP_READ;
        return STATUS_SUCCESS;
    case PAGE_READWRITE:
        *access = SECTION_MAP_WRITE;
        return STATUS_SUCCESS;
    case PAGE_EXECUTE:
        *access = SECTION_MAP_EXECUTE;
        return STATUS_SUCCESS;
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_WRITECOPY:
        *access = SECTION_MAP_EXECUTE | SECTION_MAP_READ;
        return STATUS_SUCCESS;
    case PAGE_EXECUTE_READWRITE:
        *access = SECTION_MAP_EXECUTE | SECTION_MAP_WRITE;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PAGE_PROTECTION;
    }
}

static NTSTATUS own_process_only(HANDLE process, ACCESS_MASK access)
{
    bool self;
    NTSTATUS status = nt_process_target(process, access, &self);
    if (NT_SUCCESS(status) && !self)
        return STATUS_NOT_SUPPORTED;
    return status;
}

static NTSTATUS map_view(HANDLE section, HANDLE process, struct mm_view_request *request)
{
    ACCESS_MASK access;
    struct ob_object *object;
    NTSTATUS status = view_access(request->protect, &access);
    bool self = true;
    if (NT_SUCCESS(status))
        status = nt_process_target(process, PROCESS_VM_OPERATION, &self);
    if (NT_SUCCESS(status))
        status = ob_lookup(section, &nt_section_type, access, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    struct mm_section *mapped = ((struct nt_section *)object)->section;
    status = self ? mm_view_map(mapped, request) : nt_remote_map(process, mapped, request);
    ob_dereference(object);
    return status;
}

static NTSTATUS zero_bits(ULONG_PTR bits, struct mm_constraints *constraints)
{
    *constraints = (struct mm_constraints){0};
    if (bits == 0)
        return STATUS_SUCCESS;
    if (bits < 32) {
        if (bits > 21)
            return STATUS_INVALID_PARAMETER_4;
        constraints->highest = ((uintptr_t)1 << (32 - bits)) - 1;
    } else if (64 - __builtin_clzll(bits) < 47) {
        constraints->highest = ((uintptr_t)1 << (64 - __builtin_clzll(bits))) - 1;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS probe_place(PVOID *base, PSIZE_T size, PLARGE_INTEGER from, uint64_t *offset)
{
    NTSTATUS status = nt_probe_range(base, size);
    return NT_SUCCESS(status) && from ? nt_copy(offset, from, sizeof(*offset)) : status;
}

NTSTATUS NTAPI NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
                                  SIZE_T CommitSize, PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize,
                                  SECTION_INHERIT InheritDisposition, ULONG AllocationType, ULONG Win32Protect)
{
    struct mm_constraints constraints;
    if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if (AllocationType & MEM_REPLACE_PLACEHOLDER) /* the Ex form's only */
        return STATUS_INVALID_PARAMETER_9;
    uint64_t offset = 0;
    NTSTATUS status = zero_bits(ZeroBits, &constraints);
    if (NT_SUCCESS(status))
        status = probe_place(BaseAddress, ViewSize, SectionOffset, &offset);
    if (!NT_SUCCESS(status))
        return status;
    if (*BaseAddress && constraints.highest && (uintptr_t)*BaseAddress + *ViewSize > constraints.highest)
        return STATUS_INVALID_PARAMETER_4;
    struct mm_view_request request = {
        .base = *BaseAddress,
        .size = *ViewSize,
        .offset = offset,
        .commit = CommitSize,
        .type = AllocationType,
        .protect = Win32Protect,
        .constraints = *BaseAddress || !ZeroBits ? NULL : &constraints,
    };
    status = map_view(SectionHandle, ProcessHandle, &request);
    if (!NT_SUCCESS(status))
        return status;
    *BaseAddress = request.base;
    *ViewSize = request.size;
    return status; /* of an image: perhaps more to say than success */
}

NTSTATUS NTAPI NtMapViewOfSectionEx(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress,
                                    PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, ULONG AllocationType,
                                    ULONG PageProtection, MEM_EXTENDED_PARAMETER *ExtendedParameters,
                                    ULONG ExtendedParameterCount)
{
    struct mm_constraints constraints;
    uint64_t offset = 0;
    NTSTATUS status = nt_parse_extended(ExtendedParameters, ExtendedParameterCount, &constraints, NULL);
    if (NT_SUCCESS(status))
        status = probe_place(BaseAddress, ViewSize, SectionOffset, &offset);
    if (!NT_SUCCESS(status))
        return status;
    struct mm_view_request request = {
        .base = *BaseAddress,
        .size = *ViewSize,
        .offset = offset,
        .type = AllocationType,
        .protect = PageProtection,
        .constraints = ExtendedParameterCount ? &constraints : NULL,
    };
    status = map_view(SectionHandle, ProcessHandle, &request);
    if (!NT_SUCCESS(status))
        return status;
    *BaseAddress = request.base;
    *ViewSize = request.size;
    return status; /* of an image: perhaps more to say than success */
}

NTSTATUS NTAPI NtUnmapViewOfSectionEx(HANDLE ProcessHandle, PVOID BaseAddress, ULONG Flags)
{
    bool self;
    NTSTATUS status = nt_process_target(ProcessHandle, PROCESS_VM_OPERATION, &self);
    if (!NT_SUCCESS(status))
        return status;
    return self ? mm_view_unmap(BaseAddress, Flags) : nt_remote_unmap(ProcessHandle, BaseAddress, Flags);
}

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE ProcessHandle, PVOID BaseAddress)
{
    return NtUnmapViewOfSectionEx(ProcessHandle, BaseAddress, 0);
}

NTSTATUS NTAPI NtFlushVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                    PIO_STATUS_BLOCK IoStatus)
{
    NTSTATUS status = nt_probe_range(BaseAddress, RegionSize);
    if (NT_SUCCESS(status) && IoStatus)
        status = nt_probe_write(IoStatus, sizeof(*IoStatus));
    if (NT_SUCCESS(status))
        status = own_process_only(ProcessHandle, PROCESS_VM_OPERATION);
    if (NT_SUCCESS(status))
        status = mm_view_flush(BaseAddress, RegionSize);
    if (NT_SUCCESS(status) && IoStatus) {
        IoStatus->Status = STATUS_SUCCESS;
        IoStatus->Information = *RegionSize;
    }
    return status;
}

/* The path of the file mapped at an address. */
static NTSTATUS file_at(PVOID address, struct host_mapping *mapping, char *path, size_t size)
{
    struct mm_region_information region;
    NTSTATUS status = mm_query_region(address, &region);
    if (!NT_SUCCESS(status) || region.type == MEM_PRIVATE)
        return STATUS_INVALID_ADDRESS;
    if (region.pagefile)
        return STATUS_FILE_INVALID;
    struct host_file_id id;
    status = mm_view_image_file(address, path, size, &id);
    if (status != (NTSTATUS)STATUS_NOT_MAPPED_VIEW)
        return status;
    if (host_mapping_find((uintptr_t)address, mapping, path, size) != 0 || mapping->start > (uintptr_t)address ||
        path[0] != '/')
        return STATUS_INVALID_ADDRESS;
    return STATUS_SUCCESS;
}

/* MemoryMappedFilenameInformation: a UNICODE_STRING and its text. The Linux root is a volume of the device tree. */
NTSTATUS nt_query_mapped_filename(PVOID address, void *buffer, SIZE_T length, PSIZE_T returned);
NTSTATUS nt_query_mapped_filename(PVOID address, void *buffer, SIZE_T length, PSIZE_T returned)
{
    static const char volume[] = "\\Device\\HarddiskVolume1";
    char path[sizeof(volume) + 4096];
    struct host_mapping mapping;
    memcpy(path, volume, sizeof(volume));
    char *rest = path + sizeof(volume) - 1;
    NTSTATUS status = file_at(address, &mapping, rest, sizeof(path) - sizeof(volume));
    if (!NT_SUCCESS(status))
        return status;
    for (char *at = rest; *at; at++)
        if (*at == '/')
            *at = '\\';
    size_t units = host_utf8_to_utf16(path, SIZE_MAX, NULL, 0, 0);
    size_t needed = sizeof(UNICODE_STRING) + units * sizeof(WCHAR);
    if (returned)
        *returned = needed;
    if (length < needed)
        return length < sizeof(UNICODE_STRING) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    UNICODE_STRING *name = buffer;
    name->Buffer = (WCHAR *)(name + 1);
    name->MaximumLength = (USHORT)(units * sizeof(WCHAR));
    name->Length = (USHORT)((units - 1) * sizeof(WCHAR));
    host_utf8_to_utf16(path, SIZE_MAX, (uint16_t *)name->Buffer, units, 0);
    return STATUS_SUCCESS;
}

static bool identify(PVOID address, struct host_file_id *id)
{
    struct host_mapping mapping;
    if (NT_SUCCESS(mm_view_image_file(address, NULL, 0, id)))
        return true;
    if (host_mapping_find((uintptr_t)address, &mapping, NULL, 0) != 0)
        return false;
    *id = (struct host_file_id){.device = mapping.device, .inode = mapping.inode};
    return true;
}

NTSTATUS NTAPI NtAreMappedFilesTheSame(PVOID File1MappedAsAnImage, PVOID File2MappedAsFile)
{
    PVOID address[2] = {File1MappedAsAnImage, File2MappedAsFile};
    MEMORY_BASIC_INFORMATION information[2];
    struct host_file_id file[2];
    for (int i = 0; i < 2; i++) {
        if (!NT_SUCCESS(mm_query(address[i], &information[i])) || information[i].State == MEM_FREE)
            return STATUS_INVALID_ADDRESS;
    }
    for (int i = 0; i < 2; i++) {
        if (information[i].Type == MEM_PRIVATE)
            return STATUS_CONFLICTING_ADDRESSES;
        if (!identify(address[i], &file[i]))
            return STATUS_INVALID_ADDRESS;
    }
    if (information[0].Type != MEM_IMAGE || information[1].Type != MEM_IMAGE)
        return STATUS_NOT_SAME_DEVICE;
    bool same = file[0].device == file[1].device && file[0].inode == file[1].inode;
    return same ? STATUS_SUCCESS : (NTSTATUS)STATUS_NOT_SAME_DEVICE;
}
