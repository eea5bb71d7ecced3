/* free.c: mm_free: decommit, release, placeholders. Calls its siblings in mm, host and pager. */
#include "mm/awe.h"
#include "mm/placeholder.h"
#include "mm/quick.h"
#include "mm/space.h"
#include "pager/pager.h"

/* What release and decommit agree on: the range in pages, inside one region. */
struct request {
    uintptr_t base;
    size_t size;
    uint64_t start, end;
};

static NTSTATUS check_type(ULONG type)
{
    switch (type) {
    case MEM_DECOMMIT:
    case MEM_RELEASE:
    case MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER:
    case MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS:
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER_4;
    }
}

static NTSTATUS find_range(struct request *request, struct region **found)
{
    struct region *region = space_region_locked(request->base >> PAGE_SHIFT);
    if (!region)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (region->kind == REGION_VIEW)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    if (request->size == 0) { /* the whole region, by any address in its first page */
        if (request->base >> PAGE_SHIFT != region->start)
            return STATUS_FREE_VM_NOT_AT_BASE;
        request->start = region->start;
        request->end = region->end;
    } else {
        request->start = request->base >> PAGE_SHIFT;
        request->end = (request->base + request->size + MM_PAGE - 1) >> PAGE_SHIFT;
        if (request->end > region->end)
            return STATUS_UNABLE_TO_FREE_VM;
    }
    *found = region;
    return STATUS_SUCCESS;
}

/* Unmaps a range that is about to be forgotten. */
static NTSTATUS unmap_locked(const struct region *region, uint64_t start, uint64_t end)
{
    uint64_t committed = start == region->start && end == region->end
                             ? region->committed
                             : region_count_committed_locked(region, start, end);
    if (committed == 0 && !region->outside)
        return STATUS_SUCCESS;
    int error = pages_decommit_locked(region, start, end, region->held && !region->outside);
    if (error)
        return space_status(error);
    if (region->kind == REGION_PRIVATE)
        pager_uncharge(committed);
    return STATUS_SUCCESS;
}

/* The Nt call releases parts of a private region too: what is left are one or two regions of their own. */
static NTSTATUS release_locked(struct region *region, uint64_t start, uint64_t end)
{
    if (region->kind == REGION_PHYSICAL || region->large) {
        if (start != region->start || end != region->end)
            return STATUS_UNABLE_TO_FREE_VM;
    }
    NTSTATUS status = space_prepare_locked(4, 2);
    if (NT_SUCCESS(status))
        status = unmap_locked(region, start, end);
    if (!NT_SUCCESS(status))
        return status;
    if (region->kind == REGION_PHYSICAL)
        awe_close_window_locked(region);
    if (start > region->start)
        region = region_split_locked(region, start);
    if (end < region->end)
        region_split_locked(region, end);
    region_destroy_locked(region);
    return STATUS_SUCCESS;
}

static NTSTATUS decommit_locked(struct region *region, uint64_t start, uint64_t end)
{
    if (region->kind != REGION_PRIVATE || region->large)
        return STATUS_UNABLE_TO_FREE_VM;
    return region_decommit_locked(region, start, end);
}

static NTSTATUS placeholder_free_locked(struct request *request, ULONG type)
{
    request->start = request->base >> PAGE_SHIFT;
    request->end = (request->base + request->size + MM_PAGE - 1) >> PAGE_SHIFT;
    if (type & MEM_PRESERVE_PLACEHOLDER)
        return placeholder_preserve_locked(request->start, request->end);
    return placeholder_coalesce_locked(request->start, request->end);
}

static NTSTATUS free_locked(struct request *request, ULONG type)
{
    struct region *region;
    if (type & (MEM_PRESERVE_PLACEHOLDER | MEM_COALESCE_PLACEHOLDERS))
        return placeholder_free_locked(request, type);
    NTSTATUS status = find_range(request, &region);
    if (!NT_SUCCESS(status))
        return status;
    if (type == MEM_DECOMMIT)
        return decommit_locked(region, request->start, request->end);
    return release_locked(region, request->start, request->end);
}

__attribute__((noinline)) static NTSTATUS free_range(void **base, size_t *size, ULONG type)
{
    struct request request = {.base = (uintptr_t)*base, .size = *size};
    NTSTATUS status = check_type(type);
    if (!NT_SUCCESS(status))
        return status;
    if (request.base > SPACE_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    if (request.size && request.size - 1 > SPACE_HIGHEST - request.base)
        return STATUS_INVALID_PARAMETER_3;
    if (request.size == 0 && type & (MEM_PRESERVE_PLACEHOLDER | MEM_COALESCE_PLACEHOLDERS))
        return STATUS_INVALID_PARAMETER_3;
    space_lock();
    status = free_locked(&request, type);
    space_unlock();
    if (!NT_SUCCESS(status))
        return status;
    *base = page_address(request.start);
    *size = (request.end - request.start) << PAGE_SHIFT;
    return STATUS_SUCCESS;
}

NTSTATUS mm_free(void **base, size_t *size, ULONG type)
{
    NTSTATUS status = STATUS_SUCCESS;
    uint64_t start, end;
    space_start();
    if (type != MEM_RELEASE || *size != 0 || (uintptr_t)*base > SPACE_HIGHEST ||
        !quick_release((uintptr_t)*base, &start, &end, &status))
        return free_range(base, size, type);
    if (NT_SUCCESS(status)) {
        *base = page_address(start);
        *size = (end - start) << PAGE_SHIFT;
    }
    return status;
}
