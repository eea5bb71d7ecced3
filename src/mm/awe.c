/* awe.c: see awe.h and mm.h. Frames are pages of one anonymous file; a table says where each is mapped, a table of each
 * window which frame each page shows. Both tables are internal pages. Calls host, pager and its siblings in mm. The
 * program's arrays are read and written without the lock. */
#include "mm/awe.h"

#include "host/frames.h"
#include "mm/space.h"
#include "pager/pager.h"

#include <errno.h>
#include <string.h>

#define FIRST_FRAMES ((size_t)8192)
#define FIRST_NUMBER ((ULONG_PTR)0x1000) /* frame numbers as the program sees them begin here */
#define FRAME_FREE ((uint64_t)0)
#define FRAME_OWNED ((uint64_t)1)  /* or, when mapped: page << 2 | FRAME_OWNED */
#define FRAME_CHOSEN ((uint64_t)2) /* a mark while one call is checked */

/* All fields: lock A. */
static struct {
    int file; /* 0: none yet */
    uint64_t *frames;
    size_t room;
    size_t next; /* no free frame below */
} awe_state;

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
static size_t take_frames_locked(ULONG_PTR *numbers, size_t count)
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
        awe_state.frames[awe_state.next] = FRAME_OWNED;
        numbers[taken++] = FIRST_NUMBER + awe_state.next;
    }
    return taken;
}

NTSTATUS mm_physical_allocate(ULONG_PTR *count, ULONG_PTR *numbers)
{
    ULONG_PTR batch[128];
    size_t wanted = *count;
    size_t done = 0;
    mm_start();
    while (done < wanted) {
        size_t part = wanted - done < 128 ? wanted - done : 128;
        space_lock();
        size_t taken = take_frames_locked(batch, part);
        space_unlock();
        memcpy(numbers + done, batch, taken * sizeof(*batch));
        done += taken;
        if (taken < part)
            break;
    }
    *count = done; /* documented: fewer than asked for is a success */
    return done || !wanted ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static bool owned(ULONG_PTR number)
{
    return number >= FIRST_NUMBER && number - FIRST_NUMBER < awe_state.room &&
           awe_state.frames[number - FIRST_NUMBER] != FRAME_FREE;
}

static uint32_t *window_slot(const struct region *window, uint64_t page)
{
    return (uint32_t *)window->object + (page - window->start);
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
        awe_state.frames[*slot - 1] = FRAME_OWNED;
        *slot = 0;
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
            awe_state.frames[numbers[k] - FIRST_NUMBER] = (page + k) << 2 | FRAME_OWNED;
            window->committed++;
        }
        i += run;
    }
    space_set_locked(page, page + count, page_value(window, VALUE_COMMITTED | (unsigned)__builtin_ctz(PAGE_READWRITE)));
    return 0;
}

/* Every frame is the program's, named once, and mapped nowhere else than in the range that is about to be replaced. */
static bool all_usable_locked(const ULONG_PTR *numbers, size_t count, uint64_t start, uint64_t end)
{
    size_t checked = 0;
    for (; checked < count; checked++) {
        if (!owned(numbers[checked]))
            break;
        uint64_t *frame = &awe_state.frames[numbers[checked] - FIRST_NUMBER];
        uint64_t at = *frame >> 2;
        if (*frame & FRAME_CHOSEN || (at && (at < start || at >= end)))
            break;
        *frame |= FRAME_CHOSEN;
    }
    for (size_t i = 0; i < checked; i++)
        awe_state.frames[numbers[i] - FIRST_NUMBER] &= ~FRAME_CHOSEN;
    return checked == count;
}

static NTSTATUS find_window_locked(uint64_t start, uint64_t end, struct region **found)
{
    struct region *window = space_region_locked(start);
    if (!window || window->kind != REGION_PHYSICAL || end > window->end)
        return STATUS_INVALID_PARAMETER_1;
    if (!window->object) {
        void *table;
        if (host_pages_map(&table, (window->end - window->start) * sizeof(uint32_t)) != 0)
            return (NTSTATUS)STATUS_NO_MEMORY;
        window->object = table;
    }
    *found = window;
    return space_prepare_locked(4, 0);
}

/* Shows the frames, or nothing when numbers is NULL. On failure the range shows what it did. */
static NTSTATUS remap_locked(uint64_t start, const ULONG_PTR *numbers, size_t count, ULONG_PTR *before)
{
    struct region *window;
    NTSTATUS status = find_window_locked(start, start + count, &window);
    if (!NT_SUCCESS(status))
        return status;
    if (numbers && !all_usable_locked(numbers, count, start, start + count))
        return STATUS_INVALID_PARAMETER_3;
    for (size_t i = 0; i < count; i++) {
        uint32_t slot = *window_slot(window, start + i);
        before[i] = slot ? FIRST_NUMBER + slot - 1 : 0;
    }
    int error = hide_locked(window, start, start + count);
    if (error)
        return space_status(error);
    if (!numbers || show_locked(window, start, numbers, count) == 0)
        return STATUS_SUCCESS;
    hide_locked(window, start, start + count);
    for (size_t i = 0; i < count; i++) {
        if (before[i])
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
    void *copies; /* the program's numbers, and what was mapped before */
    if (host_pages_map(&copies, size * 2) != 0)
        return (NTSTATUS)STATUS_NO_MEMORY;
    if (numbers)
        memcpy(copies, numbers, count * sizeof(ULONG_PTR));
    space_lock();
    NTSTATUS status =
        remap_locked(address >> PAGE_SHIFT, numbers ? copies : NULL, count, (ULONG_PTR *)((char *)copies + size));
    space_unlock();
    host_pages_unmap(copies, size * 2);
    return status;
}

NTSTATUS mm_physical_free(ULONG_PTR *count, const ULONG_PTR *numbers)
{
    size_t done = 0;
    NTSTATUS status = STATUS_SUCCESS;
    mm_start();
    for (; done < *count; done++) {
        ULONG_PTR number = numbers[done];
        space_lock();
        status = owned(number) ? space_prepare_locked(1, 0) : STATUS_INVALID_PARAMETER_2;
        if (NT_SUCCESS(status)) {
            size_t frame = number - FIRST_NUMBER;
            uint64_t page = awe_state.frames[frame] >> 2;
            if (page && hide_locked(space_region_locked(page), page, page + 1) != 0)
                status = (NTSTATUS)STATUS_NO_MEMORY;
            if (NT_SUCCESS(status)) {
                host_frames_drop(awe_state.file, frame, 1);
                awe_state.frames[frame] = FRAME_FREE;
                awe_state.next = frame < awe_state.next ? frame : awe_state.next;
                pager_uncharge(1);
            }
        }
        space_unlock();
        if (!NT_SUCCESS(status))
            break;
    }
    *count = done;
    return status;
}

void awe_close_window_locked(struct region *region)
{
    if (!region->object)
        return;
    for (uint64_t page = region->start; page < region->end; page++) {
        uint32_t slot = *window_slot(region, page);
        if (slot)
            awe_state.frames[slot - 1] = FRAME_OWNED;
    }
    host_pages_unmap(region->object, (region->end - region->start) * sizeof(uint32_t));
    region->object = NULL;
}
