/* space.c: the address space as a whole: start, lock, fork, places, regions. Calls host and pager; never program
 * memory. See space.h. */
#include "mm/space.h"

#include "host/fork.h"
#include "host/futex.h"
#include "host/proc.h"
#include "host/signal.h"
#include "mm/awe.h"
#include "mm/view.h"
#include "mm/writemarks.h"
#include "mm/writewatch.h"
#include "pager/pager.h"

#include <errno.h>
#include <signal.h>

struct mm_state mm_state = {.lock = HOST_LOCK(RANK_ADDRESS_SPACE)};

static __thread bool locked_here;
static __thread unsigned waits_here; /* of this thread in `waiting`: more than one when a signal handler waits too */

/* Threads that met each other at lock A look for places in stretches of their own: allocations of different threads are
 * then not neighbours, whose mappings the kernel would join and split again. 0: from the start of the arena. */
#define STRETCHES 32
/* All of them lie near the arena's anchor: the kernel flushes the TLB when the last mapping of 512 GiB goes. */
#define STRETCH_MOST ((uint64_t)8 << (30 - PAGE_SHIFT))
__thread unsigned space_stretch;

static uint64_t stretch_start(unsigned number)
{
    uint64_t low = mm_state.arena.start >> PAGE_SHIFT, size = ((mm_state.arena.end >> PAGE_SHIFT) - low) / STRETCHES;
    return low + (size < STRETCH_MOST ? size : STRETCH_MOST) * number;
}

/* The kernel keeps some ten mappings in a node of its tree. Two threads whose only ones lie in the same node have it
 * split and joined with its neighbour at every call, or not, as it happens (11.5 us a pair of calls for 7.2); mappings
 * of a page each, that stay, before every stretch keep them apart. Where they cannot be had nothing is lost. */
#define FENCE_POSTS 10
#define FENCE_STEP ((uint64_t)1 << (20 - PAGE_SHIFT))

static void fence_locked(unsigned stretch)
{
    uint64_t start = stretch_start(stretch);
    for (unsigned i = 1; i <= FENCE_POSTS; i++) {
        uint64_t page = start - i * FENCE_STEP;
        struct run run = space_find_locked(page);
        if (run.value == PAGE_IS_FREE && space_prepare_locked(1, 0) == STATUS_SUCCESS &&
            host_hold(page_address(page), HOST_PAGE) == 0)
            space_set_locked(page, page + 1, PAGE_IS_OUTSIDE);
    }
}

__attribute__((noinline, cold)) static void lock_after_another(void)
{
    host_lock_acquire(&mm_state.lock);
    if (space_stretch != 0)
        return;
    bool fresh = mm_state.next_stretch < STRETCHES - 1;
    space_stretch = 1 + mm_state.next_stretch++ % (STRETCHES - 1);
    if (fresh && mm_state.started && !mm_state.arena.held && !pager_on)
        fence_locked(space_stretch);
}

/* A fault in the manager itself whose handlers call it, or a signal handler that does: nobody would ever wake us. */
__attribute__((cold, noreturn)) static void entered_again(void)
{
    static const char message[] =
        "winmem: the memory manager was called by the thread that is inside it (from a signal "
        "handler, or after a fault in the manager)\n";
    host_stderr(message, sizeof message - 1);
    host_signal_die(SIGABRT, NULL);
}

void space_lock_parallel(void)
{
    if (__builtin_expect(locked_here, 0))
        entered_again();
    if (__builtin_expect(!host_lock_try(&mm_state.lock), 0))
        lock_after_another();
    locked_here = true;
}

/* Asleep it is not inside: a signal handler may call the manager, and fork. */
__attribute__((noinline, cold)) static void wait_for_busy_locked(void)
{
    uint32_t turn = atomic_load(&mm_state.turn);
    mm_state.waiting++;
    waits_here++;
    host_lock_stay(); /* ended now it would be counted for ever */
    locked_here = false;
    host_lock_release(&mm_state.lock);
    host_futex_wait(&mm_state.turn, turn, HOST_FOREVER, false);
    host_lock_acquire(&mm_state.lock);
    locked_here = true;
    host_lock_stay_end();
    waits_here--;
    mm_state.waiting--;
}

void space_lock(void)
{
    space_lock_parallel();
    while (__builtin_expect(mm_state.busy != 0, 0))
        wait_for_busy_locked();
}

void space_step_out_locked(void)
{
    host_lock_pretend(); /* stopped now it would keep everybody waiting */
    mm_state.busy++;
    host_lock_release(&mm_state.lock);
}

void space_step_in(void)
{
    host_lock_acquire(&mm_state.lock);
    if (--mm_state.busy == 0 && mm_state.waiting) {
        atomic_fetch_add(&mm_state.turn, 1);
        host_futex_wake(&mm_state.turn, INT32_MAX, false);
    }
    host_lock_pretend_end();
}

void space_unlock(void)
{
    locked_here = false;
    host_lock_release(&mm_state.lock);
}

bool space_is_locked_here(void)
{
    return locked_here;
}

bool mm_is_inside(void)
{
    return locked_here;
}

static void before_fork(void)
{
    space_lock();
    if (mm_state.started)
        pager_fork_prepare();
}

static void after_fork(void)
{
    if (mm_state.started)
        pager_fork_parent();
    space_unlock();
}

static void after_fork_in_child(void)
{
    locked_here = false;
    mm_state.waiting = waits_here;       /* the parent's other threads are not here */
    atomic_fetch_add(&mm_state.turn, 1); /* and nobody is busy: what a signal handler interrupted goes on */
    host_lock_reset(&mm_state.lock);
    if (!mm_state.started)
        return;
    pager_fork_child_locks();
    space_lock();
    pager_fork_child();
    writewatch_after_fork_locked();
    awe_forked_locked();
    space_unlock();
}

/* When every room of the library is in order again: the C library allocates while it makes a thread. */
static void after_all_in_child(void)
{
    int uffd = mm_state.started ? pager_fork_child_thread() : -ENOTSUP;
    if (uffd == -ENOTSUP)
        return;
    space_lock();
    pager_fork_child_thread_mode(uffd);
    space_unlock();
    pager_fork_child_ahead();
}

int mm_start_paging(void)
{
    int error = 0;
    mm_start();
    space_lock();
    if (pager_due)
        error = pager_turn_on();
    space_unlock();
    return error;
}

/* Every committed private run of the arena, for the pager when it starts. */
static int for_each_committed(pager_visit *visit, void *context)
{
    uint64_t page = mm_state.arena.start >> PAGE_SHIFT;
    uint64_t end = mm_state.arena.end >> PAGE_SHIFT;
    while (page < end) {
        struct run run = space_find_locked(page);
        const struct region *region = value_region(run.value);
        if (region && region->kind == REGION_PRIVATE && !region->large && !region->write_watch &&
            value_committed(run.value)) {
            int stop = visit(context, page_address(page), (run.end - page) << PAGE_SHIFT,
                             protection_access(value_attributes(run.value)));
            if (stop)
                return stop;
        }
        page = run.end;
    }
    return 0;
}

static void start_locked(void)
{
    if (host_arena_start(&mm_state.arena) != 0 || runmap_start(&mm_state.map, SPACE_PAGES, PAGE_IS_OUTSIDE) != 0)
        __builtin_trap(); /* not even sixteen megabytes of address space: nothing can be told to anybody */
    mm_state.regions.object_size = sizeof(struct region);
    uint64_t start = (mm_state.arena.start >> PAGE_SHIFT) + (mm_state.arena.held ? 0 : GRANULE_PAGES);
    if (runmap_prepare(&mm_state.map, 1) != 0)
        __builtin_trap();
    space_set_locked(start, mm_state.arena.end >> PAGE_SHIFT, PAGE_IS_FREE);
    pager_start(mm_state.arena.start, mm_state.arena.end - mm_state.arena.start);
    pager_set_source(for_each_committed, view_tell_pager_locked);
}

__attribute__((noinline)) static void start(void)
{
    space_lock();
    if (!mm_state.started) {
        start_locked();
        __atomic_store_n(&mm_state.started, true, __ATOMIC_RELEASE);
    }
    space_unlock();
}

void mm_start(void)
{
    if (__builtin_expect(!__atomic_load_n(&mm_state.started, __ATOMIC_ACQUIRE), 0))
        start();
}

/* Before there are threads: a fork beside the very first call must find the lock free in the child. */
__attribute__((constructor(120))) static void watch_fork(void)
{
    host_at_fork(&(struct host_fork){RANK_ADDRESS_SPACE, NULL, before_fork, after_fork, after_fork_in_child});
    host_at_fork(&(struct host_fork){.child = after_all_in_child});
}

NTSTATUS space_status(int error)
{
    if (error == -EEXIST)
        return STATUS_CONFLICTING_ADDRESSES;
    if (error == -EDQUOT) /* of the commit charge */
        return (NTSTATUS)STATUS_COMMITMENT_LIMIT;
    return (NTSTATUS)STATUS_NO_MEMORY;
}

NTSTATUS space_grow_locked(unsigned sets, unsigned regions)
{
    host_lock_assert(&mm_state.lock);
    if (runmap_prepare(&mm_state.map, sets) != 0 || mm_pool_prepare(&mm_state.regions, regions) != 0)
        return STATUS_NO_MEMORY;
    return STATUS_SUCCESS;
}

void space_update_locked(uint64_t start, uint64_t end, unsigned clear, unsigned set, unsigned fresh)
{
    while (start < end) {
        struct run run = space_find_locked(start);
        uint64_t stop = run.end < end ? run.end : end;
        unsigned attributes = value_attributes(run.value);
        if (value_committed(run.value))
            space_set_locked(start, stop, page_value(value_region(run.value), (attributes & ~clear) | set));
        else if (fresh)
            space_set_locked(start, stop, page_value(value_region(run.value), fresh));
        start = stop;
    }
}

/* Gaps between the mappings of others, below `high`: the first that fits, or the last when top_down. */
static bool find_gap(uint64_t pages, uintptr_t low, uintptr_t high, uintptr_t alignment, bool top_down,
                     uintptr_t *found)
{
    size_t size = pages << PAGE_SHIFT;
    bool any = false;
    for (uintptr_t at = low; at < high;) {
        struct host_mapping mapping;
        uintptr_t gap_end = high;
        uintptr_t next = high;
        if (host_mapping_find(at, &mapping, NULL, 0) == 0) {
            gap_end = mapping.start < high ? mapping.start : high;
            next = mapping.end;
        }
        uintptr_t start = (at + alignment - 1) & ~(alignment - 1);
        if (gap_end >= size && start <= gap_end - size) {
            *found = top_down ? (gap_end - size) & ~(alignment - 1) : start;
            any = true;
            if (!top_down)
                return true;
        }
        at = next > at ? next : high;
    }
    return any;
}

static NTSTATUS find_outside(uint64_t pages, uintptr_t low, uintptr_t high, uintptr_t alignment, bool top_down,
                             struct place *place)
{
    for (int attempt = 0; attempt < 8; attempt++) {
        uintptr_t found;
        if (!find_gap(pages, low, high, alignment, top_down, &found))
            return STATUS_NO_MEMORY;
        int error = host_hold((void *)found, pages << PAGE_SHIFT);
        if (error == 0) {
            *place = (struct place){.start = found >> PAGE_SHIFT, .held = true, .outside = true};
            return STATUS_SUCCESS;
        }
        if (error != -EEXIST)
            return space_status(error);
    }
    return STATUS_NO_MEMORY;
}

/* Without a wish the arena is all there is: what lies outside belongs to others. With the pager running memory stays
 * together. */
bool space_find_anywhere_locked(uint64_t pages, struct place *place)
{
    const struct host_arena *arena = &mm_state.arena;
    struct runmap_query query = {
        .size = pages,
        .low = arena->start >> PAGE_SHIFT,
        .high = arena->end >> PAGE_SHIFT,
        .alignment = GRANULE_PAGES,
    };
    place->held = arena->held;
    place->outside = false;
    if (__builtin_expect(space_stretch != 0 && !pager_on, 0)) {
        struct runmap_query own = query;
        own.low = stretch_start(space_stretch);
        if (runmap_find_free(&mm_state.map, &own, &place->start))
            return true;
    }
    return runmap_find_free(&mm_state.map, &query, &place->start);
}

NTSTATUS space_find_place_locked(uint64_t pages, const struct mm_constraints *constraints, bool top_down,
                                 struct place *place)
{
    const struct host_arena *arena = &mm_state.arena;
    bool wish = constraints && (constraints->lowest || constraints->highest || constraints->alignment);
    if (!wish && !top_down)
        return space_find_anywhere_locked(pages, place) ? STATUS_SUCCESS : (NTSTATUS)STATUS_NO_MEMORY;
    uintptr_t low = constraints && constraints->lowest > SPACE_LOWEST ? constraints->lowest : SPACE_LOWEST;
    uintptr_t high = constraints && constraints->highest ? constraints->highest : SPACE_HIGHEST;
    uintptr_t alignment = constraints && constraints->alignment ? constraints->alignment : MM_GRANULE;
    high = (high < SPACE_HIGHEST ? high : SPACE_HIGHEST) + 1;
    struct runmap_query query = {
        .size = pages,
        .low = (low > arena->start ? low : arena->start) >> PAGE_SHIFT,
        .high = (high < arena->end ? high : arena->end) >> PAGE_SHIFT,
        .alignment = alignment >> PAGE_SHIFT,
        .top_down = top_down,
    };
    if (query.low < query.high && runmap_find_free(&mm_state.map, &query, &place->start)) {
        place->held = arena->held;
        place->outside = false;
        return STATUS_SUCCESS;
    }
    if (low == SPACE_LOWEST && high == SPACE_HIGHEST + 1)
        return STATUS_NO_MEMORY;
    if (low < arena->start) {
        NTSTATUS status =
            find_outside(pages, low, high < arena->start ? high : arena->start, alignment, top_down, place);
        if (NT_SUCCESS(status) || high <= arena->end)
            return status;
    }
    if (high <= arena->end)
        return STATUS_NO_MEMORY;
    return find_outside(pages, low > arena->end ? low : arena->end, high, alignment, top_down, place);
}

NTSTATUS space_take_place_locked(uint64_t start, uint64_t end, struct place *place)
{
    struct run run = space_find_locked(start);
    if (run.end < end || (run.value != PAGE_IS_FREE && run.value != PAGE_IS_OUTSIDE))
        return STATUS_CONFLICTING_ADDRESSES;
    *place = (struct place){.start = start, .held = mm_state.arena.held};
    if (run.value == PAGE_IS_FREE)
        return STATUS_SUCCESS;
    int error = host_hold(page_address(start), (end - start) << PAGE_SHIFT);
    if (error)
        return space_status(error);
    place->held = true;
    place->outside = true;
    return STATUS_SUCCESS;
}

void space_drop_place_locked(const struct place *place, uint64_t pages)
{
    if (place->outside)
        host_decommit(page_address(place->start), pages << PAGE_SHIFT, false);
}

void space_note_foreign_locked(uint64_t start, uint64_t end)
{
    struct host_mapping mapping;
    if (host_mapping_find(start << PAGE_SHIFT, &mapping, NULL, 0) != 0 || space_prepare_locked(1, 0) != STATUS_SUCCESS)
        return;
    uint64_t first = mapping.start >> PAGE_SHIFT;
    uint64_t last = mapping.end >> PAGE_SHIFT;
    first = first > start ? first : start;
    last = last < end ? last : end;
    if (first < last && space_find_locked(first).value == PAGE_IS_FREE && space_find_locked(first).end >= last)
        space_set_locked(first, last, PAGE_IS_OUTSIDE);
}

struct region *region_create_locked(const struct place *place, uint64_t end, enum region_kind kind, ULONG protect)
{
    struct region *region = mm_pool_take(&mm_state.regions);
    region->start = place->start;
    region->end = end;
    region->kind = (uint8_t)kind;
    region->held = place->held;
    region->outside = place->outside;
    region->allocation_protect = protect;
    return region;
}

void region_destroy_locked(struct region *region)
{
    if (region->write_watch)
        writemarks_drop_locked(region);
    space_set_locked(region->start, region->end, region->outside ? PAGE_IS_OUTSIDE : PAGE_IS_FREE);
    mm_pool_give(&mm_state.regions, region);
}

struct region *region_split_locked(struct region *region, uint64_t at)
{
    struct region *upper = mm_pool_take(&mm_state.regions);
    *upper = *region;
    upper->start = at;
    upper->committed = region_count_committed_locked(region, at, region->end);
    region->committed -= upper->committed;
    region->end = at;
    if (region->write_watch)
        writemarks_share_locked(region);
    if (region->kind == REGION_VIEW)
        upper->offset += (at - region->start) << PAGE_SHIFT;
    for (uint64_t page = at; page < upper->end;) {
        struct run run = space_find_locked(page);
        uint64_t end = run.end < upper->end ? run.end : upper->end;
        space_set_locked(page, end, page_value(upper, value_attributes(run.value)));
        page = end;
    }
    return upper;
}

uint64_t region_count_committed_locked(const struct region *region, uint64_t start, uint64_t end)
{
    uint64_t count = 0;
    if (region->committed == 0)
        return 0;
    while (start < end) {
        struct run run = space_find_locked(start);
        uint64_t stop = run.end < end ? run.end : end;
        if (value_committed(run.value))
            count += stop - start;
        start = stop;
    }
    return count;
}

const char *space_validate(void)
{
    mm_start();
    space_lock();
    const char *wrong = runmap_validate(&mm_state.map);
    for (uint64_t page = 0; page < SPACE_PAGES && !wrong;) {
        struct run run = space_find_locked(page);
        const struct region *region = value_region(run.value);
        if (region && (region->start > run.start || region->end < run.end))
            wrong = "a run reaches beyond its region";
        if (region && region->start == run.start && region->kind == REGION_PRIVATE &&
            region->committed != region_count_committed_locked(region, region->start, region->end))
            wrong = "the committed pages of a region are miscounted";
        page = run.end;
    }
    space_unlock();
    return wrong;
}
