/* protect.c: mm_protect. Calls its siblings in mm. */
#include "mm/space.h"

/* Puts back what a failed protection change may have altered. A view's way may have made copy-on-write mappings of
 * shared pages: its own way makes them shared again, or what is written there would never reach the section. */
static void undo_protect(struct region *region, uint64_t start, uint64_t end)
{
    const struct region_ops *ops = region->ops;
    while (start < end) {
        struct run run = space_find_locked(start);
        uint64_t stop = run.end < end ? run.end : end;
        unsigned attributes = value_attributes(run.value);
        if (!ops || !ops->protect || ops->protect(region, start, stop, attributes) != 0)
            pages_protect_locked(start, stop, protection_access(attributes));
        start = stop;
    }
}

static unsigned changed(uint64_t value, unsigned attributes)
{
    return (value_attributes(value) & ~VALUE_PROTECTION) | attributes;
}

/* All of the range must be committed, in one region. *differs: the kernel must be told something; *uniform: the same
 * for all of the range. */
static NTSTATUS check_committed(const struct region *region, uint64_t start, uint64_t end, unsigned attributes,
                                bool *differs, bool *uniform)
{
    *differs = false;
    *uniform = true;
    if (end > region->end)
        return STATUS_CONFLICTING_ADDRESSES;
    unsigned first = protection_access(changed(space_find_locked(start).value, attributes));
    while (start < end) {
        struct run run = space_find_locked(start);
        if (!value_committed(run.value))
            return STATUS_NOT_COMMITTED;
        unsigned access = protection_access(changed(run.value, attributes));
        if (access != first)
            *uniform = false;
        if (access != protection_access(value_attributes(run.value)))
            *differs = true;
        start = run.end;
    }
    return STATUS_SUCCESS;
}

static int protect_pages(uint64_t start, uint64_t end, unsigned attributes, bool uniform)
{
    int error = 0;
    while (start < end && !error) {
        struct run run = space_find_locked(start);
        uint64_t stop = uniform || run.end > end ? end : run.end;
        error = pages_protect_locked(start, stop, protection_access(changed(run.value, attributes)));
        start = stop;
    }
    return error;
}

static NTSTATUS protect_locked(uint64_t start, uint64_t end, ULONG protect, ULONG *old_protect)
{
    unsigned attributes;
    bool differs, uniform;
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
        status = STATUS_INVALID_PARAMETER_4;
    if (NT_SUCCESS(status))
        status = protection_parse(protect, &attributes);
    if (NT_SUCCESS(status))
        status = check_committed(region, start, end, attributes, &differs, &uniform);
    if (NT_SUCCESS(status))
        status = space_prepare_locked(2, 0);
    if (!NT_SUCCESS(status))
        return status;
    struct run first = space_find_locked(start);
    if (differs || (ops && ops->protect)) {
        int error = ops && ops->protect ? ops->protect(region, start, end, attributes)
                                        : protect_pages(start, end, attributes, uniform);
        if (error) {
            undo_protect(region, start, end);
            return space_status(error);
        }
    }
    space_update_locked(start, end, VALUE_PROTECTION, attributes, 0);
    *old_protect = protection_of(value_attributes(first.value));
    return STATUS_SUCCESS;
}

NTSTATUS mm_check_protect(ULONG protect)
{
    unsigned attributes;
    return protection_parse(protect, &attributes);
}

NTSTATUS mm_protect(void **base, size_t *size, ULONG protect, ULONG *old_protect)
{
    mm_start();
    unsigned attributes;
    uintptr_t address = (uintptr_t)*base;
    NTSTATUS status = protection_parse(protect, &attributes);
    if (NT_SUCCESS(status))
        status = protection_check_code(protect);
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
