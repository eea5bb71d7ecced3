/* residency.c: locked ranges and their quota, prefetch, offers. Calls mm's query, pager and host. A range outside the
 * pager is locked by the kernel. */
#include "nt/residency.h"

#include <errno.h>
#include <string.h>

#include "host/fork.h"
#include "host/lock.h"
#include "host/memory.h"
#include "host/own.h"
#include "host/pageout.h"
#include "mm/discard.h"
#include "mm/mm.h"
#include "nt/probe.h"
#include "nt/workingset.h"
#include "pager/pager.h"

#define OVERHEAD_PAGES 8u /* of the minimum working set, not to be locked */

struct locked {
    uintptr_t start, end;
};

/* Sorted, disjoint, not touching. */
static struct {
    host_lock lock;
    struct locked *ranges; /* O */
    size_t count, room;    /* O */
} residency_state = {.lock = HOST_LOCK(RANK_OBJECT)};
HOST_LOCK_AT_FORK(residency_state.lock, RANK_OBJECT)

static void round_range(uintptr_t address, size_t size, uintptr_t *start, uintptr_t *end)
{
    *start = address & ~(MM_PAGE - 1);
    *end = (address + size + MM_PAGE - 1) & ~(MM_PAGE - 1);
}

static bool in_user_space(uintptr_t address, size_t size)
{
    return size != 0 && address <= MM_HIGHEST_ADDRESS && size - 1 <= MM_HIGHEST_ADDRESS - address;
}

static bool all_committed(uintptr_t start, uintptr_t end)
{
    MEMORY_BASIC_INFORMATION region;
    for (uintptr_t at = start; at < end; at = (uintptr_t)region.BaseAddress + region.RegionSize) {
        if (!NT_SUCCESS(mm_query((void *)at, &region)) || region.State != MEM_COMMIT)
            return false;
    }
    return true;
}

/* What can be unlocked: pages that are there. A reserved one is not locked; where nothing is, there is no page. */
static NTSTATUS check_unlock(uintptr_t start, uintptr_t end)
{
    MEMORY_BASIC_INFORMATION region;
    for (uintptr_t at = start; at < end; at = (uintptr_t)region.BaseAddress + region.RegionSize) {
        if (!NT_SUCCESS(mm_query((void *)at, &region)) || region.State == MEM_FREE)
            return STATUS_ACCESS_VIOLATION;
        if (region.State == MEM_RESERVE)
            return STATUS_NOT_LOCKED;
    }
    return STATUS_SUCCESS;
}

/* Locking touches every page in turn: a guard page is spent by it, and told. */
static NTSTATUS touch_all(uintptr_t start, uintptr_t end)
{
    MEMORY_BASIC_INFORMATION region;
    for (uintptr_t at = start; at < end; at = (uintptr_t)region.BaseAddress + region.RegionSize) {
        if (!NT_SUCCESS(mm_query((void *)at, &region)) || region.State != MEM_COMMIT || region.Protect & PAGE_NOACCESS)
            return STATUS_ACCESS_VIOLATION;
        NTSTATUS status = region.Protect & PAGE_GUARD ? nt_probe_read((void *)at, 1) : STATUS_SUCCESS;
        if (status)
            return status;
    }
    return STATUS_SUCCESS;
}

static size_t locked_pages_locked(void)
{
    size_t pages = 0;
    for (size_t i = 0; i < residency_state.count; i++)
        pages += (residency_state.ranges[i].end - residency_state.ranges[i].start) / MM_PAGE;
    return pages;
}

/* The first range that ends at or after an address. */
static size_t position_locked(uintptr_t address)
{
    size_t i = 0;
    while (i < residency_state.count && residency_state.ranges[i].end < address)
        i++;
    return i;
}

static bool make_room_locked(void)
{
    if (residency_state.count + 1 < residency_state.room)
        return true;
    size_t room = residency_state.room ? residency_state.room * 2 : 16;
    struct locked *ranges = host_own_grow(residency_state.ranges, room * sizeof(*ranges));
    if (!ranges)
        return false;
    residency_state.ranges = ranges;
    residency_state.room = room;
    return true;
}

static void splice_locked(size_t at, size_t remove, const struct locked *with, size_t count)
{
    struct locked *ranges = residency_state.ranges;
    memmove(ranges + at + count, ranges + at + remove, (residency_state.count - at - remove) * sizeof(*ranges));
    if (count)
        memcpy(ranges + at, with, count * sizeof(*with));
    residency_state.count += count - remove;
}

static void add_locked(uintptr_t start, uintptr_t end)
{
    size_t first = position_locked(start), stop = first;
    struct locked merged = {start, end};
    while (stop < residency_state.count && residency_state.ranges[stop].start <= end) {
        const struct locked *range = &residency_state.ranges[stop++];
        merged.start = range->start < merged.start ? range->start : merged.start;
        merged.end = range->end > merged.end ? range->end : merged.end;
    }
    splice_locked(first, stop - first, &merged, 1);
}

static bool is_locked_locked(uintptr_t start, uintptr_t end)
{
    size_t i = position_locked(start + 1);
    return i < residency_state.count && residency_state.ranges[i].start <= start &&
           residency_state.ranges[i].end >= end;
}

bool nt_is_locked(uintptr_t page)
{
    host_lock_acquire(&residency_state.lock);
    bool locked = is_locked_locked(page, page + MM_PAGE);
    host_lock_release(&residency_state.lock);
    return locked;
}

static void remove_locked(uintptr_t start, uintptr_t end)
{
    size_t i = position_locked(start + 1);
    struct locked range = residency_state.ranges[i], left[2];
    size_t count = 0;
    if (range.start < start)
        left[count++] = (struct locked){range.start, start};
    if (end < range.end)
        left[count++] = (struct locked){end, range.end};
    splice_locked(i, 1, left, count);
}

/* What of the range is locked is no more; `unlock` unless the pages are gone themselves. */
static void forget_locks(uintptr_t start, uintptr_t end, void (*unlock)(uintptr_t start, uintptr_t end))
{
    if (__atomic_load_n(&residency_state.count, __ATOMIC_RELAXED) == 0)
        return;
    host_lock_acquire(&residency_state.lock);
    for (size_t i = 0; i < residency_state.count;) {
        struct locked range = residency_state.ranges[i];
        uintptr_t from = range.start > start ? range.start : start, to = range.end < end ? range.end : end;
        if (from < to && make_room_locked()) {
            remove_locked(from, to);
            if (unlock)
                unlock(from, to);
        } else {
            i++;
        }
    }
    host_lock_release(&residency_state.lock);
}

void nt_pages_gone(uintptr_t base, size_t size)
{
    pager_forget(base, size);
    forget_locks(base, base + size, NULL);
}

/* Watched memory is not the pager's: see mm. */
static bool is_pagers(uintptr_t start, uintptr_t end)
{
    return mm_is_ours((void *)start, end - start) && pager_covers() && !mm_is_watched((void *)start, end - start);
}

static NTSTATUS keep(uintptr_t start, uintptr_t end)
{
    void *base = (void *)start;
    int error = is_pagers(start, end)              ? pager_lock(start, end - start)
                : mm_is_watched(base, end - start) ? host_lock_unwritten(base, end - start)
                                                   : host_lock_pages(base, end - start);
    if (error == 0)
        return STATUS_SUCCESS;
    return error == -EIO ? (NTSTATUS)STATUS_IN_PAGE_ERROR : (NTSTATUS)STATUS_WORKING_SET_QUOTA;
}

NTSTATUS nt_lock_pages(uintptr_t address, size_t size)
{
    uintptr_t start, end;
    SIZE_T minimum, maximum;
    DWORD flags;
    if (!in_user_space(address, size))
        return STATUS_INVALID_PARAMETER;
    round_range(address, size, &start, &end);
    NTSTATUS status = touch_all(start, end);
    if (status)
        return status;
    status = nt_get_working_set_size((HANDLE)(LONG_PTR)-1, &minimum, &maximum, &flags);
    if (status < 0)
        return status;
    host_lock_acquire(&residency_state.lock);
    size_t quota = minimum / MM_PAGE > OVERHEAD_PAGES ? minimum / MM_PAGE - OVERHEAD_PAGES : 0;
    if (is_locked_locked(start, end)) {
        status = STATUS_WAS_LOCKED;
    } else {
        if (locked_pages_locked() + (end - start) / MM_PAGE > quota)
            status = STATUS_WORKING_SET_QUOTA;
        else if (!make_room_locked())
            status = STATUS_NO_MEMORY;
    }
    if (status == STATUS_SUCCESS) {
        status = keep(start, end);
        if (status == STATUS_SUCCESS)
            add_locked(start, end);
    }
    host_lock_release(&residency_state.lock);
    return status;
}

static void let_go(uintptr_t start, uintptr_t end, bool out)
{
    bool paged = is_pagers(start, end);
    if (out && paged) {
        pager_ask();
        (void)mm_start_paging();
    }
    if (out && paged)
        pager_trim(start, end - start);
    else if (out)
        (void)host_page_out((void *)start, end - start);
    else if (paged)
        pager_unlock(start, end - start);
    if (!out && (!paged || !pager_budget())) /* without a budget it may have been locked before paging started */
        (void)host_unlock_pages((void *)start, end - start);
}

static void let_stay(uintptr_t start, uintptr_t end)
{
    let_go(start, end, false);
}

NTSTATUS nt_unlock_pages(uintptr_t address, size_t size)
{
    uintptr_t start, end;
    if (!in_user_space(address, size))
        return STATUS_INVALID_PARAMETER;
    round_range(address, size, &start, &end);
    NTSTATUS status = check_unlock(start, end);
    if (status)
        return status;
    host_lock_acquire(&residency_state.lock);
    bool locked = is_locked_locked(start, end);
    bool room = locked && make_room_locked();
    if (room) {
        remove_locked(start, end);
        let_go(start, end, false);
    }
    host_lock_release(&residency_state.lock);
    if (!locked)
        let_go(start, end, true);
    return !locked ? (NTSTATUS)STATUS_NOT_LOCKED : room ? STATUS_SUCCESS : (NTSTATUS)STATUS_NO_MEMORY;
}

NTSTATUS nt_prefetch_pages(uintptr_t address, size_t size)
{
    uintptr_t start, end;
    if (!in_user_space(address, size))
        return STATUS_INVALID_PARAMETER;
    round_range(address, size, &start, &end);
    if (mm_is_ours((void *)start, end - start))
        pager_prefetch(start, end - start);
    else
        (void)host_will_need((void *)start, end - start);
    return STATUS_SUCCESS;
}

static NTSTATUS check_whole(uintptr_t address, size_t size)
{
    if (size == 0 || (address | size) & (MM_PAGE - 1) || size > UINTPTR_MAX - address)
        return STATUS_INVALID_PARAMETER;
    return all_committed(address, address + size) ? STATUS_SUCCESS : (NTSTATUS)STATUS_INVALID_PARAMETER;
}

NTSTATUS nt_offer_pages(uintptr_t address, size_t size, unsigned priority)
{
    NTSTATUS status = check_whole(address, size);
    if (NT_SUCCESS(status))
        status = mm_offer((void *)address, size, priority);
    if (NT_SUCCESS(status))
        forget_locks(address, address + size, let_stay); /* documented: an offer unlocks */
    return status;
}

NTSTATUS nt_reclaim_pages(uintptr_t address, size_t size, bool *whole)
{
    NTSTATUS status = check_whole(address, size);
    return NT_SUCCESS(status) ? mm_reclaim((void *)address, size, whole) : status;
}

NTSTATUS nt_discard_pages(uintptr_t address, size_t size)
{
    MEMORY_BASIC_INFORMATION region;
    NTSTATUS status = check_whole(address, size);
    for (uintptr_t at = address; NT_SUCCESS(status) && at < address + size;
         at = (uintptr_t)region.BaseAddress + region.RegionSize) {
        status = mm_query((void *)at, &region);
        if (NT_SUCCESS(status) && region.Protect != PAGE_READWRITE) /* documented: no other protection will do */
            status = STATUS_INVALID_PAGE_PROTECTION;
    }
    return NT_SUCCESS(status) ? mm_discard((void *)address, size) : status;
}
