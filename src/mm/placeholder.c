/* placeholder.c: see placeholder.h. A placeholder is a reserved region of its own kind; splitting makes regions that
 * are page- and not 64K-aligned. Calls its siblings in mm. */
#include "mm/placeholder.h"

#include "mm/space.h"
#include "mm/writemarks.h"
#include "mm/writewatch.h"

NTSTATUS placeholder_take_locked(uint64_t start, uint64_t end, struct region **region)
{
    struct region *found = space_region_locked(start);
    if (!found || found->kind != REGION_PLACEHOLDER || found->start != start || found->end != end)
        return STATUS_CONFLICTING_ADDRESSES;
    found->from_placeholder = 1;
    *region = found;
    return STATUS_SUCCESS;
}

void placeholder_restore_locked(struct region *region)
{
    if (region->write_watch)
        writemarks_drop_locked(region);
    region->kind = REGION_PLACEHOLDER;
    region->ops = NULL;
    region->object = NULL;
    region->offset = 0;
    region->write_watch = 0;
    region->from_placeholder = 0;
    region->allocation_protect = PAGE_NOACCESS;
    space_set_locked(region->start, region->end, page_value(region, VALUE_RESERVED));
}

NTSTATUS placeholder_replace_locked(uint64_t start, uint64_t end, ULONG type, ULONG protect, unsigned attributes)
{
    struct region *region;
    NTSTATUS status = placeholder_take_locked(start, end, &region);
    if (!NT_SUCCESS(status))
        return status;
    region->kind = REGION_PRIVATE;
    if (type & MEM_WRITE_WATCH)
        writewatch_start_locked(region);
    if (type & MEM_COMMIT)
        status = region_commit_locked(region, start, end, attributes);
    if (!NT_SUCCESS(status)) {
        region->kind = REGION_PLACEHOLDER;
        region->from_placeholder = 0;
        region->write_watch = WATCH_NONE;
        return status;
    }
    region->allocation_protect = protect;
    return STATUS_SUCCESS;
}

/* Splits a placeholder into up to three, or turns a whole private region that replaced one back into it. */
NTSTATUS placeholder_preserve_locked(uint64_t start, uint64_t end)
{
    struct region *region = space_region_locked(start);
    if (!region)
        return STATUS_MEMORY_NOT_ALLOCATED;
    NTSTATUS status = space_prepare_locked(4, 2);
    if (!NT_SUCCESS(status))
        return status;
    if (region->kind == REGION_PRIVATE && region->from_placeholder) {
        if (region->start != start || region->end != end)
            return STATUS_CONFLICTING_ADDRESSES;
        uint8_t watch = region->write_watch;
        region->write_watch = WATCH_NONE; /* all of it goes: no marks are kept, for which there may be no memory */
        status = region_decommit_locked(region, start, end);
        region->write_watch = watch;
        if (NT_SUCCESS(status))
            placeholder_restore_locked(region);
        return status;
    }
    if (region->kind != REGION_PLACEHOLDER || end > region->end || (region->start == start && region->end == end))
        return STATUS_CONFLICTING_ADDRESSES;
    if (region->start < start)
        region = region_split_locked(region, start);
    if (end < region->end)
        region_split_locked(region, end);
    return STATUS_SUCCESS;
}

NTSTATUS placeholder_coalesce_locked(uint64_t start, uint64_t end)
{
    struct region *first = space_region_locked(start);
    unsigned pieces = 0;
    if (!first || first->start != start)
        return STATUS_CONFLICTING_ADDRESSES;
    for (uint64_t page = start; page < end; pieces++) {
        const struct region *piece = space_region_locked(page);
        if (!piece || piece->kind != REGION_PLACEHOLDER || piece->end > end || piece->outside != first->outside)
            return STATUS_CONFLICTING_ADDRESSES;
        page = piece->end;
    }
    if (pieces < 2)
        return STATUS_CONFLICTING_ADDRESSES;
    NTSTATUS status = space_prepare_locked(1, 0);
    if (!NT_SUCCESS(status))
        return status;
    for (uint64_t page = first->end; page < end;) {
        struct region *piece = space_region_locked(page);
        page = piece->end;
        mm_pool_give(&mm_state.regions, piece);
    }
    first->end = end;
    space_set_locked(start, end, page_value(first, VALUE_RESERVED));
    return STATUS_SUCCESS;
}
