/* protect.c: mm_protect. Calls its siblings in mm. */
#include "mm/space.h"

/* Puts back what a failed protection change may have altered. */
static void undo_protect(uint64_t start, uint64_t end)
{
    while (start < end) {
        struct run run = space_find_locked(start);
        uint64_t stop = run.end < end ? run.end : end;
        pages_protect_locked(start, stop, protection_access(value_attributes(run.value)));
        start = stop;
    }
}

/* All of the range is committed, in one region: its first page's protection, and whether the kernel must be told. */
static NTSTATUS check_committed(const struct region *region, uint64_t start, uint64_t end, unsigned access, bool *differs)
{
    *differs = false;
    if (end > region->end)
        return STATUS_CONFLICTING_ADDRESSES;
    while (start < end) {
        struct run run = space_find_locked(start);
        if (!value_committed(run.value))
            return STATUS_NOT_COMMITTED;
        if (protection_access(value_attributes(run.value)) != access)
            *differs = true;
        start = run.end;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS protect_locked(uint64_t start, uint64_t end, ULONG protect, ULONG *old_protect)
{
    unsigned attributes;
    bool differs;
    struct region *region = space_region_locked(start);
    if (!region || region->kind == REGION_PLACEHOLDER)
        return region ? STATUS_NOT_COMMITTED : STATUS_CONFLICTING_ADDRESSES;
    if (region->kind == REGION_PHYSICAL)
        return STATUS_CONFLICTING_ADDRESSES;
    const struct region_ops *ops = region->ops;
    if (ops && ops->synchronise && end <= region->end)
        ops->synchronise(region, start, end);
    NTSTATUS status = STATUS_SUCCESS;
    ULONG base = protect & 0xff;
    if (ops && ops->check_protect)
        status = ops->check_protect(region, &protect);
    else if (region->kind == REGION_PRIVATE && (base == PAGE_WRITECOPY || base == PAGE_EXECUTE_WRITECOPY))
        status = STATUS_INVALID_PAGE_PROTECTION;
    if (NT_SUCCESS(status))
        status = protection_parse(protect, &attributes);
    if (NT_SUCCESS(status))
        status = check_committed(region, start, end, protection_access(attributes), &differs);
    if (NT_SUCCESS(status))
        status = space_prepare_locked(1, 0);
    if (!NT_SUCCESS(status))
        return status;
    struct run first = space_find_locked(start);
    if (differs) {
        int error = pages_protect_locked(start, end, protection_access(attributes));
        if (error) {
            undo_protect(start, end);
            return space_status(error);
        }
    }
    space_set_locked(start, end, page_value(region, attributes));
    *old_protect = protection_of(value_attributes(first.value));
    return STATUS_SUCCESS;
}

NTSTATUS mm_protect(void **base, size_t *size, ULONG protect, ULONG *old_protect)
{
    mm_start();
    unsigned attributes;
    uintptr_t address = (uintptr_t)*base;
    NTSTATUS status = protection_parse(protect, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    if (address > SPACE_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    if (*size == 0 || *size - 1 > SPACE_HIGHEST - address)
        return STATUS_INVALID_PARAMETER_3;
    uint64_t start = address >> PAGE_SHIFT;
    uint64_t end = (address + *size + MM_PAGE - 1) >> PAGE_SHIFT;
    ULONG old = 0;
    space_lock();
    status = protect_locked(start, end, protect, &old);
    space_unlock();
    if (!NT_SUCCESS(status))
        return status;
    *base = page_address(start);
    *size = (end - start) << PAGE_SHIFT;
    *old_protect = old;
    return STATUS_SUCCESS;
}
