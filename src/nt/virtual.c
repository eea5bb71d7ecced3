/* virtual.c: the Nt calls of virtual memory: handles to targets, argument shapes to mm's. Calls mm and ob; sets no last
 * error. */
#include <winternl.h>

#include "host/machine.h"
#include "mm/mm.h"
#include "nt/residency.h"
#include "nt/nt.h"
#include "nt/processcall.h"
#include "nt/probe.h"

#include <stdint.h>
#include <string.h>

#define NO_NODE ((ULONG)-1)
#define TOP_BITS 47    /* of a user address */
#define LOWEST_BITS 11 /* the least that a mask may leave: what 21 zero bits of 32 leave */

/* ZeroBits: as a count of leading zero bits below bit 32, or (above 31) a mask that the address must fit. */
static NTSTATUS constraints_of_zero_bits(ULONG_PTR zero_bits, struct mm_constraints *constraints)
{
    *constraints = (struct mm_constraints){0};
    if (zero_bits == 0)
        return STATUS_SUCCESS;
    if (zero_bits < 32) {
        if (zero_bits > 21)
            return STATUS_INVALID_PARAMETER_3;
        constraints->highest = ((uintptr_t)1 << (32 - zero_bits)) - 1;
        return STATUS_SUCCESS;
    }
    int bits = 64 - __builtin_clzll(zero_bits);
    if (bits < LOWEST_BITS)
        return STATUS_INVALID_PARAMETER_3;
    if (bits < TOP_BITS)
        constraints->highest = ((uintptr_t)1 << bits) - 1;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits, PSIZE_T RegionSize,
                                       ULONG AllocationType, ULONG Protect)
{
    struct mm_constraints constraints;
    NTSTATUS status = constraints_of_zero_bits(ZeroBits, &constraints);
    const ULONG extended = MEM_REPLACE_PLACEHOLDER | MEM_RESERVE_PLACEHOLDER; /* the Ex form's only */
    if (NT_SUCCESS(status) && AllocationType & extended)
        status = STATUS_INVALID_PARAMETER_5;
    if (NT_SUCCESS(status)) /* type and protection alone, before the pointers */
        status = mm_check_allocate(MM_GRANULE, MM_PAGE, AllocationType, Protect);
    if (NT_SUCCESS(status))
        status = nt_probe_range(BaseAddress, RegionSize);
    if (NT_SUCCESS(status))
        status = mm_check_allocate((uintptr_t)*BaseAddress, *RegionSize, AllocationType, Protect);
    bool self;
    if (NT_SUCCESS(status))
        status = nt_process_target(ProcessHandle, PROCESS_VM_OPERATION, &self);
    if (!NT_SUCCESS(status))
        return status;
    if (*BaseAddress)
        constraints = (struct mm_constraints){0};
    const struct mm_constraints *limits = ZeroBits ? &constraints : NULL;
    return self ? mm_allocate(BaseAddress, RegionSize, AllocationType, Protect, limits)
                : nt_remote_allocate(ProcessHandle, BaseAddress, RegionSize, AllocationType, Protect, limits);
}

static NTSTATUS address_requirements(const MEM_ADDRESS_REQUIREMENTS *at, struct mm_constraints *constraints)
{
    const uintptr_t highest = MM_HIGHEST_ADDRESS;
    MEM_ADDRESS_REQUIREMENTS wish;
    NTSTATUS status = nt_copy(&wish, at, sizeof wish);
    if (status)
        return status;
    uintptr_t low = (uintptr_t)wish.LowestStartingAddress;
    uintptr_t high = (uintptr_t)wish.HighestEndingAddress;
    if (low & (MM_GRANULE - 1) || low > highest)
        return STATUS_INVALID_PARAMETER;
    if (high && ((high & (MM_PAGE - 1)) != MM_PAGE - 1 || high > highest || high < low))
        return STATUS_INVALID_PARAMETER;
    if (wish.Alignment && (wish.Alignment < MM_GRANULE || wish.Alignment & (wish.Alignment - 1)))
        return STATUS_INVALID_PARAMETER;
    constraints->lowest = low;
    constraints->highest = high;
    constraints->alignment = wish.Alignment;
    return STATUS_SUCCESS;
}

static NTSTATUS attribute_flags(ULONG64 flags, struct mm_constraints *constraints)
{
    const ULONG64 known = MEM_EXTENDED_PARAMETER_GRAPHICS | MEM_EXTENDED_PARAMETER_NONPAGED |
                          MEM_EXTENDED_PARAMETER_ZERO_PAGES_OPTIONAL | MEM_EXTENDED_PARAMETER_NONPAGED_LARGE |
                          MEM_EXTENDED_PARAMETER_NONPAGED_HUGE | MEM_EXTENDED_PARAMETER_SOFT_FAULT_PAGES |
                          MEM_EXTENDED_PARAMETER_EC_CODE;
    if (flags & ~known)
        return STATUS_INVALID_PARAMETER;
    constraints->flags = (uint32_t)flags;
    return STATUS_SUCCESS;
}

/* Each type of parameter may stand once. */
NTSTATUS nt_parse_extended(const MEM_EXTENDED_PARAMETER *parameters, ULONG count, struct mm_constraints *constraints,
                           HANDLE *physical)
{
    unsigned seen = 0;
    *constraints = (struct mm_constraints){0};
    if (physical)
        *physical = NULL;
    if (count && !parameters)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = nt_probe_read(parameters, count * sizeof(*parameters));
    for (ULONG i = 0; i < count && status == STATUS_SUCCESS; i++) {
        const MEM_EXTENDED_PARAMETER *parameter = &parameters[i];
        if (parameter->Type == 0 || parameter->Type >= MemExtendedParameterMax || parameter->Reserved ||
            seen & (1u << parameter->Type))
            return STATUS_INVALID_PARAMETER;
        seen |= 1u << parameter->Type;
        switch (parameter->Type) {
        case MemExtendedParameterAddressRequirements:
            if (!parameter->Pointer)
                return STATUS_INVALID_PARAMETER;
            status = address_requirements(parameter->Pointer, constraints);
            break;
        case MemExtendedParameterNumaNode:
            if (parameter->ULong != NO_NODE && parameter->ULong > host_numa_highest_node())
                return STATUS_INVALID_PARAMETER;
            constraints->node = parameter->ULong + 1; /* preferred only: honoured where it costs nothing */
            break;
        case MemExtendedParameterAttributeFlags:
            status = attribute_flags(parameter->ULong64, constraints);
            break;
        case MemExtendedParameterUserPhysicalHandle:
            if (!physical || !parameter->Handle)
                return STATUS_INVALID_PARAMETER;
            *physical = parameter->Handle;
            break;
        default: /* partitions, image machines: not here */
            status = STATUS_INVALID_PARAMETER;
        }
    }
    return status;
}

/* MEM_64K_PAGES: a hint on pages of 64 KiB; they want address and size to fit (documented). */
static NTSTATUS take_page_hint(uintptr_t base, SIZE_T size, ULONG *type)
{
    if ((*type & MEM_64K_PAGES) != MEM_64K_PAGES)
        return STATUS_SUCCESS;
    *type &= ~(ULONG)MEM_64K_PAGES;
    return (base | size) & (MM_GRANULE - 1) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* A window that shows the pages of a section. */
static NTSTATUS allocate_bound(HANDLE physical, PVOID *base, PSIZE_T size, ULONG type, ULONG protect,
                               const struct mm_constraints *constraints)
{
    uint32_t pool;
    struct ob_object *section;
    if (!(type & MEM_PHYSICAL))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = nt_physical_section(physical, &pool, &section);
    if (!NT_SUCCESS(status))
        return status;
    void *at = *base;
    size_t length = *size;
    status = mm_allocate(&at, &length, type, protect, constraints);
    if (NT_SUCCESS(status)) {
        status = mm_physical_bind(at, pool);
        if (NT_SUCCESS(status)) {
            *base = at;
            *size = length;
        } else {
            length = 0;
            mm_free(&at, &length, MEM_RELEASE);
        }
    }
    ob_dereference(section);
    return status;
}

NTSTATUS NTAPI NtAllocateVirtualMemoryEx(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize,
                                         ULONG AllocationType, ULONG PageProtection,
                                         PMEM_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParameterCount)
{
    struct mm_constraints constraints;
    HANDLE physical;
    NTSTATUS status = nt_parse_extended(ExtendedParameters, ExtendedParameterCount, &constraints, &physical);
    bool self;
    if (NT_SUCCESS(status))
        status = nt_probe_range(BaseAddress, RegionSize);
    if (NT_SUCCESS(status))
        status = take_page_hint((uintptr_t)*BaseAddress, *RegionSize, &AllocationType);
    if (NT_SUCCESS(status))
        status = mm_check_allocate((uintptr_t)*BaseAddress, *RegionSize, AllocationType, PageProtection);
    if (NT_SUCCESS(status))
        status = nt_process_target(ProcessHandle, PROCESS_VM_OPERATION, &self);
    if (!NT_SUCCESS(status))
        return status;
    if (physical)
        return self ? allocate_bound(physical, BaseAddress, RegionSize, AllocationType, PageProtection, &constraints)
                    : STATUS_NOT_SUPPORTED;
    return self ? mm_allocate(BaseAddress, RegionSize, AllocationType, PageProtection, &constraints)
                : nt_remote_allocate(ProcessHandle, BaseAddress, RegionSize, AllocationType, PageProtection,
                                     &constraints);
}

NTSTATUS nt_free_own(PVOID *base, SIZE_T *size, ULONG type)
{
    NTSTATUS status = mm_free(base, size, type);
    if (NT_SUCCESS(status))
        nt_pages_gone((uintptr_t)*base, *size);
    return status;
}

NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType)
{
    bool self;
    NTSTATUS status = nt_probe_range(BaseAddress, RegionSize);
    if (NT_SUCCESS(status))
        status = nt_process_target(ProcessHandle, PROCESS_VM_OPERATION, &self);
    if (!NT_SUCCESS(status))
        return status;
    return self ? nt_free_own(BaseAddress, RegionSize, FreeType)
                : nt_remote_free(ProcessHandle, BaseAddress, RegionSize, FreeType);
}

NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG NewProtect,
                                      PULONG OldProtect)
{
    bool self;
    NTSTATUS status = mm_check_protect(NewProtect);
    if (NT_SUCCESS(status))
        status = nt_probe_range(BaseAddress, RegionSize);
    if (NT_SUCCESS(status))
        status = nt_probe_write(OldProtect, sizeof(*OldProtect));
    if (NT_SUCCESS(status))
        status = nt_process_target(ProcessHandle, PROCESS_VM_OPERATION, &self);
    if (!NT_SUCCESS(status))
        return status;
    return self ? mm_protect(BaseAddress, RegionSize, NewProtect, OldProtect)
                : nt_remote_protect(ProcessHandle, BaseAddress, RegionSize, NewProtect, OldProtect);
}
