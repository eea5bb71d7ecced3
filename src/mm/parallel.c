/* parallel.c: the two commonest calls for threads that met at lock A: a fresh allocation anywhere and the release of a
 * whole region, with the kernel's call made outside the lock. Whatever cannot be done so is left to the ordinary way:
 * nothing has changed then. Calls host and pager. */
#include "mm/parallel.h"

#include "mm/space.h"
#include "pager/pager.h"

/* The pager's bookkeeping goes with the mapping under one lock. */
static bool worthwhile(void)
{
    return space_has_rivals() && !pager_on && !pager_due;
}

bool parallel_allocate(uint64_t pages, ULONG protect, unsigned attributes, uint64_t *start)
{
    struct place place;
    if (!worthwhile() || pages >= PARALLEL_MOST || pager_charge(pages) != 0)
        return false;
    space_lock_parallel();
    if (mm_state.waiting || pager_on || space_prepare_locked(4, 1) != STATUS_SUCCESS ||
        space_find_place_locked(pages, NULL, false, &place) != STATUS_SUCCESS) {
        space_unlock();
        pager_uncharge(pages);
        return false;
    }
    struct region *region = region_create_locked(&place, place.start + pages, REGION_PRIVATE, protect);
    region->committed = pages;
    region->busy = true;
    space_set_locked(region->start, region->end, page_value(region, attributes));
    space_step_out_locked();
    int error = host_commit(page_address(place.start), pages << PAGE_SHIFT, protection_access(attributes), place.held);
    space_step_in();
    if (error)
        region_destroy_locked(region); /* the ordinary way meets the same and says what it was */
    else
        region->busy = false;
    space_unlock();
    if (error)
        pager_uncharge(pages);
    *start = place.start;
    return error == 0;
}

bool parallel_release(uintptr_t base, uint64_t *start, uint64_t *end)
{
    if (!worthwhile())
        return false;
    space_lock_parallel();
    struct region *region = space_region_locked(base >> PAGE_SHIFT);
    if (mm_state.waiting || !region || region->busy || region->kind != REGION_PRIVATE ||
        region->start != base >> PAGE_SHIFT || region->outside || region->large || region->write_watch ||
        region->from_placeholder || pager_on || region->committed == 0 ||
        space_prepare_locked(4, 1) != STATUS_SUCCESS) {
        space_unlock();
        return false;
    }
    uint64_t committed = region->committed;
    *start = region->start;
    *end = region->end;
    region->busy = true;
    space_step_out_locked();
    int error = host_decommit(page_address(*start), (*end - *start) << PAGE_SHIFT, region->held);
    space_step_in();
    region->busy = false;
    if (!error)
        region_destroy_locked(region);
    space_unlock();
    if (!error)
        pager_uncharge(committed);
    return error == 0;
}
