/* awe.c: see awe.h and mm.h. Frames are pages of one anonymous file; a table says where each is mapped, a table of each
 * window which frame each page shows. Frames of the process show in one place; those of a pool (a section) in any
 * number of places, of which only the count is kept, in windows that are bound to the pool. All tables are internal
 * pages. Calls host, pager and its siblings in mm. The program's arrays are read and written without the lock. */
#include "mm/awe.h"

#include "host/frames.h"
#include "mm/chain.h"
#include "mm/space.h"
#include "pager/pager.h"

#include <errno.h>
#include <string.h>

#define FIRST_FRAMES ((size_t)8192)
#define FIRST_NUMBER ((ULONG_PTR)0x1000) /* frame numbers as the program sees them begin here */
#define FRAME_FREE ((uint64_t)0)
#define FRAME_OWNED ((uint64_t)1)  /* the process'; when mapped: page << FRAME_PAGE | FRAME_OWNED */
#define FRAME_CHOSEN ((uint64_t)2) /* a mark while one call is checked */
#define FRAME_POOLED ((uint64_t)4) /* a pool's: places << FRAME_PLACES | pool << FRAME_POOL | FRAME_POOLED */
#define FRAME_PAGE 3
#define FRAME_POOL 8
#define FRAME_PLACES 32
#define ONE_PLACE ((uint64_t)1 << FRAME_PLACES)
#define MOST_POOLS ((uint32_t)1 << (FRAME_PLACES - FRAME_POOL))
#define PARENTS_POOL (MOST_POOLS - 1) /* of no section: after a fork what the parent has, in its file */
#define FEW 64                        /* pages of a call whose copies are on the stack */
#define MANY 4096                     /* frames that are freed at once */

/* What a region of MEM_PHYSICAL shows; made when it is bound to a pool, or first shows something. */
struct awe_window {
    struct awe_window *next, *previous;
    struct region *region;
    uint32_t pool;
    bool orphan;     /* the pool's section is closed */
    uint64_t cursor; /* behind the pages that were freed last: the next ones are often next */
    uint32_t slot[]; /* frame + 1, or 0 */
};

/* All fields: lock A. */
static struct {
    int file; /* 0: none yet */
    uint64_t *frames;
    size_t room;
    size_t next; /* no free frame below */
    uint32_t last_pool;
    uint64_t *pools; /* a bit of each that is open */
    struct awe_window *windows;
} awe_state;

static uint32_t pool_of(uint64_t frame)
{
    return frame & FRAME_POOLED ? (uint32_t)(frame >> FRAME_POOL) & (MOST_POOLS - 1) : 0;
}

static int grow_locked(void)
{
    size_t room = awe_state.room ? awe_state.room * 2 : FIRST_FRAMES;
    void *table;
    int error = 0;
    if (!awe_state.file) {
        int file = host_frames_open();
        if (file < 0)
            return file;
        awe_state.file = file;
        (void)pager_add_file(file);
    }
    error = host_pages_map(&table, room * sizeof(uint64_t));
    if (error)
        return error;
    error = host_frames_resize(awe_state.file, room);
    if (error) {
        host_pages_unmap(table, room * sizeof(uint64_t));
        return error;
    }
    if (awe_state.frames) {
        memcpy(table, awe_state.frames, awe_state.room * sizeof(uint64_t));
        host_pages_unmap(awe_state.frames, awe_state.room * sizeof(uint64_t));
    }
    awe_state.frames = table;
    awe_state.room = room;
    return 0;
}

/* Up to `count` free frames into a small array; how many. */
static size_t take_frames_locked(uint32_t pool, ULONG_PTR *numbers, size_t count)
{
    size_t taken = 0;
    while (taken < count) {
        while (awe_state.next < awe_state.room && awe_state.frames[awe_state.next] != FRAME_FREE)
            awe_state.next++;
        if (awe_state.next == awe_state.room && grow_locked() != 0)
            break;
        if (awe_state.frames[awe_state.next] != FRAME_FREE)
            continue;
        if (pager_charge(1) != 0)
            break;
        awe_state.frames[awe_state.next] = pool ? (uint64_t)pool << FRAME_POOL | FRAME_POOLED : FRAME_OWNED;
        numbers[taken++] = FIRST_NUMBER + awe_state.next;
    }
    return taken;
}

NTSTATUS mm_physical_allocate(uint32_t pool, ULONG_PTR *count, ULONG_PTR *numbers)
{
    ULONG_PTR batch[128];
    size_t wanted = *count;
    size_t done = 0;
    mm_start();
    while (done < wanted) {
        size_t part = wanted - done < 128 ? wanted - done : 128;
        space_lock();
        size_t taken = take_frames_locked(pool, batch, part);
        space_unlock();
        memcpy(numbers + done, batch, taken * sizeof(*batch));
        done += taken;
        if (taken < part)
            break;
    }
    *count = done; /* documented: fewer than asked for is a success */
    return done || !wanted ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static bool is_parents(ULONG_PTR number)
{
    return pool_of(awe_state.frames[number - FIRST_NUMBER]) == PARENTS_POOL;
}

static bool owned(ULONG_PTR number, uint32_t pool)
{
    if (number < FIRST_NUMBER || number - FIRST_NUMBER >= awe_state.room)
        return false;
    uint64_t frame = awe_state.frames[number - FIRST_NUMBER];
    return frame != FRAME_FREE && pool_of(frame) == pool;
}

static uint32_t *window_slot(const struct region *region, uint64_t page)
{
    return ((struct awe_window *)region->object)->slot + (page - region->start);
}

static size_t window_size(const struct region *region)
{
    return sizeof(struct awe_window) + (region->end - region->start) * sizeof(uint32_t);
}

/* The frame of a slot, which is emptied, has a place less. */
static void leave_place_locked(uint32_t *slot)
{
    uint64_t *frame = &awe_state.frames[*slot - 1];
    *frame = *frame & FRAME_POOLED ? *frame - ONE_PLACE : FRAME_OWNED;
    *slot = 0;
    if (pool_of(*frame) == PARENTS_POOL && *frame < ONE_PLACE)
        pager_uncharge(1); /* nothing here shows it again */
}

/* Makes pages of a window show nothing: frames forgotten, mapping gone. */
static int hide_locked(struct region *window, uint64_t start, uint64_t end)
{
    int error = host_decommit(page_address(start), (end - start) << PAGE_SHIFT, window->held);
    if (error)
        return error;
    for (uint64_t page = start; page < end; page++) {
        uint32_t *slot = window_slot(window, page);
        if (*slot == 0)
            continue;
        leave_place_locked(slot);
        window->committed--;
    }
    space_set_locked(start, end, page_value(window, VALUE_RESERVED));
    return 0;
}

static int show_locked(struct region *window, uint64_t page, const ULONG_PTR *numbers, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t run = 1;
        while (i + run < count && numbers[i + run] == numbers[i] + run)
            run++;
        int error = host_frames_map(awe_state.file, page_address(page + i), numbers[i] - FIRST_NUMBER, run);
        if (error)
            return error;
        for (size_t k = i; k < i + run; k++) {
            *window_slot(window, page + k) = (uint32_t)(numbers[k] - FIRST_NUMBER + 1);
            uint64_t *frame = &awe_state.frames[numbers[k] - FIRST_NUMBER];
            *frame = *frame & FRAME_POOLED ? *frame + ONE_PLACE : (page + k) << FRAME_PAGE | FRAME_OWNED;
            window->committed++;
        }
        i += run;
    }
    space_set_locked(page, page + count, page_value(window, VALUE_COMMITTED | (unsigned)__builtin_ctz(PAGE_READWRITE)));
    return 0;
}

/* Every frame is of the window's pool. A frame of the process is named once, and mapped nowhere else than in the range
 * that is about to be replaced. */
static bool all_usable_locked(uint32_t pool, const ULONG_PTR *numbers, size_t count, uint64_t start, uint64_t end)
{
    size_t checked = 0;
    for (; checked < count; checked++) {
        if (!owned(numbers[checked], pool))
            break;
        if (pool)
            continue;
        uint64_t *frame = &awe_state.frames[numbers[checked] - FIRST_NUMBER];
        uint64_t at = *frame >> FRAME_PAGE;
        if (*frame & FRAME_CHOSEN || (at && (at < start || at >= end)))
            break;
        *frame |= FRAME_CHOSEN;
    }
    for (size_t i = 0; i < checked && !pool; i++)
        awe_state.frames[numbers[i] - FIRST_NUMBER] &= ~FRAME_CHOSEN;
    return checked == count;
}

static bool open_window_locked(struct region *region, uint32_t pool)
{
    void *table;
    if (host_pages_map(&table, window_size(region)) != 0)
        return false;
    struct awe_window *window = table;
    window->region = region;
    window->pool = pool;
    CHAIN_ADD(awe_state.windows, window);
    region->object = window;
    return true;
}

static NTSTATUS find_window_locked(uint64_t start, uint64_t end, struct region **found)
{
    struct region *window = space_region_locked(start);
    if (!window || window->kind != REGION_PHYSICAL || end > window->end)
        return STATUS_INVALID_PARAMETER_1;
    if (!window->object && !open_window_locked(window, 0))
        return (NTSTATUS)STATUS_NO_MEMORY;
    *found = window;
    return space_prepare_locked(4, 0);
}

/* Shows the frames, or nothing when numbers is NULL. On failure the range shows what it did. */
static NTSTATUS remap_locked(uint64_t start, const ULONG_PTR *numbers, size_t count, ULONG_PTR *before)
{
    struct region *window;
    bool shows = false;
    NTSTATUS status = find_window_locked(start, start + count, &window);
    if (!NT_SUCCESS(status))
        return status;
    uint32_t pool = ((struct awe_window *)window->object)->pool;
    if (numbers && !all_usable_locked(pool, numbers, count, start, start + count))
        return STATUS_INVALID_PARAMETER_3;
    for (size_t i = 0; i < count; i++) {
        uint32_t slot = *window_slot(window, start + i);
        before[i] = slot ? FIRST_NUMBER + slot - 1 : 0;
        shows |= slot != 0;
    }
    int error = shows ? hide_locked(window, start, start + count) : 0;
    if (error)
        return space_status(error);
    if (!numbers || show_locked(window, start, numbers, count) == 0)
        return STATUS_SUCCESS;
    hide_locked(window, start, start + count);
    for (size_t i = 0; i < count; i++) {
        if (before[i] && !is_parents(before[i])) /* whose file is not at hand */
            show_locked(window, start + i, &before[i], 1);
    }
    return (NTSTATUS)STATUS_NO_MEMORY;
}

NTSTATUS mm_physical_map(void *base, size_t count, const ULONG_PTR *numbers)
{
    uintptr_t address = (uintptr_t)base;
    mm_start();
    if (address & (MM_PAGE - 1) || address > SPACE_HIGHEST)
        return STATUS_INVALID_PARAMETER_1;
    if (count == 0)
        return STATUS_SUCCESS;
    if (count > (SPACE_HIGHEST + 1 - address) >> PAGE_SHIFT)
        return STATUS_INVALID_PARAMETER_2;
    size_t size = count * sizeof(ULONG_PTR);
    size = (size + MM_PAGE - 1) & ~(MM_PAGE - 1);
    ULONG_PTR few[2 * FEW];
    void *copies = few; /* the program's numbers, and what was mapped before */
    if (count <= FEW)
        size = sizeof few / 2;
    else if (host_pages_map(&copies, size * 2) != 0)
        return (NTSTATUS)STATUS_NO_MEMORY;
    if (numbers)
        memcpy(copies, numbers, count * sizeof(ULONG_PTR));
    space_lock();
    NTSTATUS status =
        remap_locked(address >> PAGE_SHIFT, numbers ? copies : NULL, count, (ULONG_PTR *)((char *)copies + size));
    space_unlock();
    if (count > FEW)
        host_pages_unmap(copies, size * 2);
    return status;
}

NTSTATUS mm_physical_bind(void *base, uint32_t pool)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER_1;
    mm_start();
    space_lock();
    struct region *region = space_region_locked((uintptr_t)base >> PAGE_SHIFT);
    if (region && region->kind == REGION_PHYSICAL && !region->object)
        status = open_window_locked(region, pool) ? STATUS_SUCCESS : (NTSTATUS)STATUS_NO_MEMORY;
    space_unlock();
    return status;
}

/* The chosen frames are no more in a window of theirs; *places, where they show, are so many fewer. */
static int hide_chosen_locked(struct awe_window *window, uint64_t *places)
{
    struct region *region = window->region;
    uint64_t pages = region->committed ? region->end - region->start : 0;
    uint64_t first = window->cursor < pages ? window->cursor : 0;
    for (uint64_t looked = 0, run; looked < pages && *places; looked += run ? run : 1) {
        uint64_t at = first + looked < pages ? first + looked : first + looked - pages;
        run = 0;
        while (at + run < pages && looked + run < pages && window->slot[at + run] &&
               awe_state.frames[window->slot[at + run] - 1] & FRAME_CHOSEN)
            run++;
        if (run == 0)
            continue;
        int error = NT_SUCCESS(space_prepare_locked(4, 0)) ? 0 : -ENOMEM;
        if (!error)
            error = hide_locked(region, region->start + at, region->start + at + run);
        if (error)
            return error;
        *places -= run;
        window->cursor = at + run;
    }
    return 0;
}

/* Where the chosen frames are mapped they are no more: a frame of the process says where that is, for a pool's its
 * windows are looked through, once. */
static int unmap_everywhere_locked(uint32_t pool, const ULONG_PTR *numbers, size_t count)
{
    int error = 0;
    uint64_t places = 0;
    for (size_t i = 0; i < count && !error; i++) {
        uint64_t frame = awe_state.frames[numbers[i] - FIRST_NUMBER], page = pool ? 0 : frame >> FRAME_PAGE;
        places += pool ? frame >> FRAME_PLACES : 0;
        if (page && !NT_SUCCESS(space_prepare_locked(4, 0)))
            error = -ENOMEM;
        else if (page)
            error = hide_locked(space_region_locked(page), page, page + 1);
    }
    for (struct awe_window *window = awe_state.windows; window && places && !error; window = window->next)
        if (window->pool == pool)
            error = hide_chosen_locked(window, &places);
    return error;
}

static void drop_frame_locked(size_t number)
{
    host_frames_drop(awe_state.file, number, 1);
    awe_state.frames[number] = FRAME_FREE;
    awe_state.next = number < awe_state.next ? number : awe_state.next;
    pager_uncharge(1);
}

/* Frees up to the first that cannot be: *done of them. */
static NTSTATUS free_frames_locked(uint32_t pool, const ULONG_PTR *numbers, size_t count, size_t *done)
{
    size_t chosen = 0, freed = 0;
    for (; chosen < count && owned(numbers[chosen], pool); chosen++) {
        uint64_t *frame = &awe_state.frames[numbers[chosen] - FIRST_NUMBER];
        if (*frame & FRAME_CHOSEN) /* named twice: it is free by then */
            break;
        *frame |= FRAME_CHOSEN;
    }
    NTSTATUS status = chosen == count ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER_2;
    if (unmap_everywhere_locked(pool, numbers, chosen) != 0)
        status = (NTSTATUS)STATUS_NO_MEMORY;
    for (size_t i = 0; i < chosen; i++) {
        uint64_t *frame = &awe_state.frames[numbers[i] - FIRST_NUMBER];
        bool shows = pool ? *frame >= ONE_PLACE : *frame >> FRAME_PAGE != 0;
        *frame &= ~FRAME_CHOSEN;
        if (freed == i && !shows) {
            drop_frame_locked(numbers[i] - FIRST_NUMBER);
            freed++;
        }
    }
    *done = freed;
    return status;
}

NTSTATUS mm_physical_free(uint32_t pool, ULONG_PTR *count, const ULONG_PTR *numbers)
{
    ULONG_PTR few[FEW];
    void *copies = few; /* the program's numbers: others may change them */
    size_t wanted = *count, room = FEW, done = 0, part;
    NTSTATUS status = STATUS_SUCCESS;
    mm_start();
    if (wanted > FEW && host_pages_map(&copies, MANY * sizeof(ULONG_PTR)) == 0)
        room = MANY;
    for (; done < wanted && NT_SUCCESS(status); done += part) {
        size_t some = wanted - done < room ? wanted - done : room;
        memcpy(copies, numbers + done, some * sizeof(ULONG_PTR));
        space_lock();
        status = free_frames_locked(pool, copies, some, &part);
        space_unlock();
    }
    if (room == MANY)
        host_pages_unmap(copies, MANY * sizeof(ULONG_PTR));
    *count = done;
    return status;
}

static uint64_t *pool_word(uint32_t pool)
{
    return &awe_state.pools[pool / 64];
}

/* The next number that is free, after the last: one is not given again soon. */
static uint32_t take_pool_locked(void)
{
    void *bits;
    if (!awe_state.pools && host_pages_map(&bits, MOST_POOLS / 8) != 0)
        return 0;
    awe_state.pools = awe_state.pools ? awe_state.pools : bits;
    for (uint32_t tried = 1; tried < PARENTS_POOL; tried++) {
        uint32_t pool = awe_state.last_pool + 1 < PARENTS_POOL ? awe_state.last_pool + 1 : 1;
        awe_state.last_pool = pool;
        if (*pool_word(pool) & (uint64_t)1 << pool % 64)
            continue;
        *pool_word(pool) |= (uint64_t)1 << pool % 64;
        return pool;
    }
    return 0;
}

uint32_t awe_open_pool(void)
{
    space_lock();
    uint32_t pool = take_pool_locked();
    space_unlock();
    return pool;
}

static bool pool_is_seen_locked(uint32_t pool)
{
    for (const struct awe_window *window = awe_state.windows; window; window = window->next)
        if (window->pool == pool)
            return true;
    return false;
}

static void drop_pool_locked(uint32_t pool)
{
    for (size_t number = 0; number < awe_state.room; number++)
        if (pool_of(awe_state.frames[number]) == pool)
            drop_frame_locked(number);
    *pool_word(pool) &= ~((uint64_t)1 << pool % 64);
}

void awe_close_pool(uint32_t pool)
{
    space_lock();
    for (struct awe_window *window = awe_state.windows; window; window = window->next)
        window->orphan |= window->pool == pool;
    if (!pool_is_seen_locked(pool))
        drop_pool_locked(pool);
    space_unlock();
}

void awe_close_window_locked(struct region *region)
{
    struct awe_window *window = region->object;
    if (!window)
        return;
    for (uint64_t page = region->start; page < region->end; page++) {
        uint32_t *slot = window_slot(region, page);
        if (*slot)
            leave_place_locked(slot);
    }
    CHAIN_REMOVE(awe_state.windows, window);
    if (window->orphan && !pool_is_seen_locked(window->pool))
        drop_pool_locked(window->pool);
    host_pages_unmap(window, window_size(region));
    region->object = NULL;
}

/* What windows show stays in sight, in common with the parent. The numbers are the parent's: here they name nothing, so
 * that neither frees, nor takes for itself, what is the other's. What shows nowhere is not charged here any more. New
 * pages come from a file of our own. */
void awe_forked_locked(void)
{
    size_t gone = 0;
    for (size_t number = 0; number < awe_state.room; number++) {
        uint64_t *frame = &awe_state.frames[number];
        bool shows = *frame & FRAME_OWNED && *frame >> FRAME_PAGE;
        uint64_t places = *frame & FRAME_POOLED ? *frame & -ONE_PLACE : shows ? ONE_PLACE : 0;
        gone += *frame != FRAME_FREE && pool_of(*frame) != PARENTS_POOL && !places;
        *frame = places | (uint64_t)PARENTS_POOL << FRAME_POOL | FRAME_POOLED;
    }
    pager_uncharge_forked(gone);
    if (awe_state.file) {
        pager_remove_file(awe_state.file);
        host_frames_close(awe_state.file);
    }
    awe_state.next = awe_state.room;
    awe_state.file = 0;
}
