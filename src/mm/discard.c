/* discard.c: contents dropped in place. Calls its siblings in mm, host and pager. */
#include "mm/discard.h"

#include "mm/space.h"
#include "mm/writewatch.h"
#include "pager/pager.h"

#include <errno.h>

bool mm_is_ours(const void *base, size_t size)
{
    uintptr_t start = (uintptr_t)base;
    return __atomic_load_n(&mm_state.started, __ATOMIC_ACQUIRE) && start < mm_state.arena.end &&
           start + size > mm_state.arena.start;
}

NTSTATUS mm_discard(void *base, size_t size)
{
    uint64_t start = page_of(base), end = start + (size >> PAGE_SHIFT);
    NTSTATUS status = STATUS_SUCCESS;
    space_lock();
    for (uint64_t page = start; page < end && NT_SUCCESS(status);) {
        struct run run = space_find_locked(page);
        struct region *region = value_region(run.value);
        uint64_t stop = run.end < end ? run.end : end;
        if (!region || region->kind != REGION_PRIVATE || !value_committed(run.value))
            status = STATUS_NOT_COMMITTED;
        else if (region->write_watch && writewatch_before_loss_locked(region, page, stop) != 0)
            status = STATUS_NO_MEMORY;
        page = stop;
    }
    if (NT_SUCCESS(status)) {
        if (pager_on)
            pager_discard(base, size);
        int error = host_discard(base, size);
        if (error == -EINVAL) /* a locked page keeps what it holds, which is as good as anything */
            error = 0;
        status = error ? space_status(error) : STATUS_SUCCESS;
        writewatch_after_discard_locked(start, end); /* after an error too: a part may be gone */
    }
    space_unlock();
    return status;
}

/* Pages that can be offered: other regions are only to leave early. */
static bool takes_offers(uint64_t value)
{
    const struct region *region = value_region(value);
    return region && region->kind == REGION_PRIVATE && !region->write_watch && !region->large && value_committed(value);
}

/* The access that goes with the flag (or without), from `page` on; how far it came, or -errno. */
static int access_offers(uint64_t page, uint64_t end, unsigned set, unsigned clear, uint64_t *came)
{
    int error = 0;
    for (*came = page; *came < end && !error;) {
        struct run run = space_find_locked(*came);
        uint64_t stop = run.end < end ? run.end : end;
        unsigned before = value_attributes(run.value), after = (before & ~clear) | set;
        if (takes_offers(run.value) && protection_access(before) != protection_access(after))
            error = pages_protect_locked(*came, stop, protection_access(after));
        *came = stop; /* a part may have it, after an error too */
    }
    return error;
}

static NTSTATUS check_offer(uint64_t start, uint64_t end)
{
    for (uint64_t page = start; page < end;) {
        struct run run = space_find_locked(page);
        if (value_region(run.value) && !value_committed(run.value))
            return STATUS_INVALID_PARAMETER;
        page = run.end;
    }
    return space_prepare_locked(2, 0);
}

static NTSTATUS mark_offers(uint64_t start, uint64_t end, unsigned set, unsigned clear)
{
    uint64_t came;
    int error = access_offers(start, end, set, clear, &came);
    if (error) {
        (void)access_offers(start, came, 0, 0, &came);
        return space_status(error);
    }
    for (uint64_t page = start; page < end;) {
        struct run run = space_find_locked(page);
        uint64_t stop = run.end < end ? run.end : end;
        if (takes_offers(run.value))
            space_update_locked(page, stop, clear, set, 0);
        page = stop;
    }
    return STATUS_SUCCESS;
}

static void tell_pager(uint64_t start, uint64_t end, unsigned priority, bool *whole)
{
    for (uint64_t page = start; page < end;) {
        struct run run = space_find_locked(page);
        uint64_t stop = run.end < end ? run.end : end;
        size_t size = (stop - page) << PAGE_SHIFT;
        if (!takes_offers(run.value))
            pager_set_priority((uintptr_t)page_address(page), size, priority ? priority : 5);
        else if (priority)
            pager_offer(page_address(page), size, priority);
        else
            *whole &= pager_reclaim(page_address(page), size);
        page = stop;
    }
}

static NTSTATUS change_offers(void *base, size_t size, unsigned priority, bool *whole)
{
    uint64_t start = page_of(base), end = start + (size >> PAGE_SHIFT);
    unsigned set = priority ? VALUE_OFFERED : 0;
    space_lock();
    NTSTATUS status = check_offer(start, end);
    if (NT_SUCCESS(status))
        status = mark_offers(start, end, set, VALUE_OFFERED & ~set);
    if (NT_SUCCESS(status))
        tell_pager(start, end, priority, whole);
    space_unlock();
    return status;
}

NTSTATUS mm_offer(void *base, size_t size, unsigned priority)
{
    bool whole;
    return change_offers(base, size, priority, &whole);
}

NTSTATUS mm_reclaim(void *base, size_t size, bool *whole)
{
    *whole = true;
    return change_offers(base, size, 0, whole);
}
