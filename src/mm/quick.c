/* quick.c: the two commonest calls, a fresh allocation anywhere and the release of a whole region: the map is changed
 * before the kernel is asked, while it lies in the processor's caches, and changed back when the kernel refuses.
 * Threads that met at lock A make the kernel's call outside it. Calls host and pager. */
#include "mm/quick.h"

#include "mm/space.h"
#include "pager/pager.h"

#include <errno.h>

/* The pager's bookkeeping goes with the mapping under one lock. */
static bool paging(void)
{
    return __builtin_expect(pager_on || pager_due, 0);
}

static void fill_region(struct region *region, uint64_t start, uint64_t pages, ULONG protect)
{
    region->start = start;
    region->end = start + pages;
    region->committed = pages;
    region->allocation_protect = protect; /* REGION_PRIVATE, and the rest, are zero */
    region->held = mm_state.arena.held;
}

/* A place in the map for a region; the kernel knows nothing of it yet. NULL: there is none, or no memory for it. */
static struct region *take_place_locked(uint64_t pages, ULONG protect, unsigned attributes)
{
    struct place place;
    if (space_prepare_locked(4, 1) != STATUS_SUCCESS)
        return NULL;
    struct region *region = mm_pool_take(&mm_state.regions);
    uint64_t low = mm_state.arena.start >> PAGE_SHIFT, start;
    if (!space_has_rivals() && runmap_take(&mm_state.map, low, pages, page_value(region, attributes), &start)) {
        mm_state.changes++;
        fill_region(region, start, pages, protect);
        return region;
    }
    if (!space_find_anywhere_locked(pages, &place)) {
        mm_pool_give(&mm_state.regions, region);
        return NULL;
    }
    fill_region(region, place.start, pages, protect);
    space_set_locked(region->start, region->end, page_value(region, attributes));
    return region;
}

/* The kernel's call outside the lock, where others want that; `region` is nobody else's meanwhile. */
__attribute__((always_inline)) static inline int call_kernel_locked(struct region *region, bool commit, unsigned access)
{
    void *base = page_address(region->start);
    size_t size = (region->end - region->start) << PAGE_SHIFT;
    bool rivals = space_has_rivals();
    region->busy = rivals;
    if (__builtin_expect(rivals, 0))
        space_step_out_locked();
    int error = commit ? host_commit(base, size, access, region->held) : host_decommit(base, size, region->held);
    if (__builtin_expect(rivals, 0))
        space_step_in();
    region->busy = false;
    return error;
}

bool quick_allocate(uint64_t pages, ULONG protect, unsigned attributes, uint64_t *start, NTSTATUS *status)
{
    if (paging() || pages >= QUICK_MOST)
        return false;
    if (__builtin_expect(pager_charge(pages) != 0, 0)) {
        *status = STATUS_COMMITMENT_LIMIT; /* a refusal is counted: it is asked for once */
        return true;
    }
    space_lock_parallel();
    struct region *region = mm_state.waiting || paging() ? NULL : take_place_locked(pages, protect, attributes);
    if (__builtin_expect(!region, 0)) {
        space_unlock();
        pager_uncharge(pages);
        return false;
    }
    *start = region->start;
    bool usual = attributes == (VALUE_COMMITTED | VALUE_READWRITE);
    unsigned access = __builtin_expect(usual, 1) ? (unsigned)(HOST_READ | HOST_WRITE) : protection_access(attributes);
    int error = call_kernel_locked(region, true, access);
    if (__builtin_expect(error != 0, 0))
        region_destroy_locked(region);
    space_unlock();
    if (__builtin_expect(!error, 1))
        return true;
    pager_uncharge(pages);
    *status = error == -ENOMEM ? STATUS_COMMITMENT_LIMIT : space_status(error);
    return error != -EEXIST; /* something of others is in the way: the ordinary way looks for another place */
}

/* Nothing about it that release would have to look at. */
static inline bool is_plain(const struct region *region, uint64_t start)
{
    unsigned other = region->kind | region->busy | region->outside | region->large | region->write_watch |
                     region->from_placeholder; /* REGION_PRIVATE is 0 */
    return other == 0 && region->start == start && region->committed != 0;
}

bool quick_release(uintptr_t base, uint64_t *start, uint64_t *end, NTSTATUS *status)
{
    if (paging())
        return false;
    space_lock_parallel();
    struct run run = space_find_locked(base >> PAGE_SHIFT);
    struct region *region = value_region(run.value);
    bool able = region && !mm_state.waiting && !paging() && is_plain(region, base >> PAGE_SHIFT);
    if (__builtin_expect(!able, 0) || space_prepare_locked(4, 1) != STATUS_SUCCESS) {
        space_unlock();
        return false;
    }
    __builtin_prefetch(value_region(run.next), 1);              /* what is released next, very often */
    bool early = !space_has_rivals() && run.end == region->end; /* one run: put back by one change */
    uint64_t committed = region->committed;
    *start = region->start;
    *end = region->end;
    if (__builtin_expect(early, 1))
        space_set_locked(*start, *end, PAGE_IS_FREE);
    int error = call_kernel_locked(region, false, HOST_NONE);
    if (__builtin_expect(!error && early, 1))
        mm_pool_give(&mm_state.regions, region);
    else if (!error)
        region_destroy_locked(region);
    else if (early)
        space_set_locked(*start, *end, run.value);
    space_unlock();
    if (__builtin_expect(!error, 1))
        pager_uncharge(committed);
    else
        *status = space_status(error);
    return true;
}
