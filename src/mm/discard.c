/* discard.c: contents dropped in place. Calls its siblings in mm, host and pager. */
#include "mm/discard.h"

#include "mm/space.h"
#include "mm/writewatch.h"
#include "pager/pager.h"

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
        if (!region || region->kind != REGION_PRIVATE || !value_committed(run.value))
            status = STATUS_NOT_COMMITTED;
        else
            writewatch_after_discard_locked(region);
        page = run.end;
    }
    if (NT_SUCCESS(status)) {
        if (pager_on)
            pager_discard(base, size);
        int error = host_discard(base, size);
        status = error ? space_status(error) : STATUS_SUCCESS;
    }
    space_unlock();
    return status;
}
