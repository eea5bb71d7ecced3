/* writewatch.c: MEM_WRITE_WATCH; see writewatch.h. Calls its siblings in mm and host. Program memory (the result array)
 * is written without the lock. */
#include "mm/writewatch.h"

#include "host/watch.h"
#include "mm/space.h"
#include "mm/writemarks.h"

#include <errno.h>

static bool by_kernel(const struct region *region)
{
    return region->write_watch == WATCH_WHOLE || region->write_watch == WATCH_KERNEL;
}

void writewatch_start_locked(struct region *region)
{
    region->write_watch = host_watch_start() == 0 ? WATCH_WHOLE : WATCH_ARMED;
}

int writewatch_after_commit_locked(const struct region *region, uint64_t start, uint64_t end)
{
    if (!by_kernel(region))
        return 0;
    return host_watch_add(page_address(start), (end - start) << PAGE_SHIFT, true);
}

bool writewatch_fault_locked(struct region *region, uint64_t page, uint64_t value)
{
    unsigned attributes = value_attributes(value);
    if (!(attributes & VALUE_ARMED) || !NT_SUCCESS(space_prepare_locked(1, 0)))
        return false;
    attributes &= ~VALUE_ARMED;
    if (pages_protect_locked(page, page + 1, protection_access(attributes)) != 0)
        return false;
    space_set_locked(page, page + 1, page_value(region, attributes));
    return true;
}

#define FEW 128

static bool written(uint64_t value)
{
    return value_committed(value) && !(value_attributes(value) & VALUE_ARMED);
}

/* Marks what the kernel's record has from `at` on, at most `most` pages. Where the next look begins, or -errno. */
static int mark_recorded_locked(struct region *region, uint64_t at, uint64_t end, bool reset, size_t most,
                                uint64_t *next)
{
    struct host_written runs[FEW];
    uintptr_t stopped = end << PAGE_SHIFT;
    size_t pages = 0;
    int error = writemarks_start_locked(region);
    if (error)
        return error;
    long got = host_watch_scan(at << PAGE_SHIFT, end << PAGE_SHIFT, false, reset, runs, FEW, most, &stopped);
    for (long i = 0; i < got; i++) {
        writemarks_set_locked(region, runs[i].start >> PAGE_SHIFT, runs[i].end >> PAGE_SHIFT);
        pages += (runs[i].end - runs[i].start) >> PAGE_SHIFT;
    }
    *next = got == FEW || (most && pages >= most) ? stopped >> PAGE_SHIFT : end;
    return got < 0 ? (int)got : 0;
}

/* Arms a run again; false when the kernel refuses (then it stays written). */
static bool arm_locked(struct region *region, uint64_t start, uint64_t end, uint64_t value)
{
    unsigned attributes = value_attributes(value) | VALUE_ARMED;
    if (!NT_SUCCESS(space_prepare_locked(1, 0)) || pages_protect_locked(start, end, protection_access(attributes)) != 0)
        return false;
    space_set_locked(start, end, page_value(region, attributes));
    return true;
}

/* The same for pages that are opened by their first write. */
static int mark_opened_locked(struct region *region, uint64_t at, uint64_t end, bool reset, size_t most, uint64_t *next)
{
    int error = writemarks_start_locked(region);
    if (error)
        return error;
    for (size_t pages = 0; at < end && (!most || pages < most);) {
        struct run run = space_find_locked(at);
        uint64_t stop = run.end < end ? run.end : end;
        if (written(run.value)) {
            if (most && stop - at > most - pages)
                stop = at + (most - pages);
            pages += stop - at;
            writemarks_set_locked(region, at, stop);
            if (reset)
                arm_locked(region, at, stop, run.value);
        }
        at = stop;
    }
    *next = at;
    return 0;
}

/* Brings marks of written pages from who keeps them (with `reset`: away from him) to this side: see writemarks.h. A
 * page that has its mark in both places is none the worse. */
static int mark_written_locked(struct region *region, uint64_t at, uint64_t end, bool reset, size_t most,
                               uint64_t *next)
{
    return by_kernel(region) ? mark_recorded_locked(region, at, end, reset, most, next)
                             : mark_opened_locked(region, at, end, reset, most, next);
}

int writewatch_before_loss_locked(struct region *region, uint64_t start, uint64_t end)
{
    int error = 0;
    while (start < end && !error)
        error = mark_written_locked(region, start, end, false, 0, &start);
    return error;
}

void writewatch_after_discard_locked(uint64_t start, uint64_t end)
{
    while (start < end) {
        struct run run = space_find_locked(start);
        struct region *region = value_region(run.value);
        uint64_t stop = run.end < end ? run.end : end;
        if (region && by_kernel(region) && host_watch_again(page_address(start), (stop - start) << PAGE_SHIFT) != 0)
            region->write_watch = WATCH_KERNEL;
        start = stop;
    }
}

void writewatch_after_fork_locked(void)
{
    host_watch_forget();
    bool started = false;
    for (uint64_t page = 0; page < SPACE_PAGES;) {
        struct run run = space_find_locked(page);
        struct region *region = value_region(run.value);
        if (region && by_kernel(region) && value_committed(run.value)) {
            region->write_watch = WATCH_KERNEL;
            started = started || host_watch_start() == 0;
            if (started)
                host_watch_add(page_address(page), (run.end - page) << PAGE_SHIFT, false);
        }
        page = run.end;
    }
}

/* The way the range is watched, or WATCH_NONE when it is not one watched region's. WATCH_WHOLE: all of it is committed.
 * *marked: some of it has marks on this side. */
static int watched_as(uint64_t start, uint64_t end, bool *marked)
{
    space_lock();
    const struct region *region = space_region_locked(start);
    int how = region && end <= region->end ? region->write_watch : WATCH_NONE;
    struct run run = space_find_locked(start);
    if (how == WATCH_WHOLE && !(value_committed(run.value) && end <= run.end))
        how = WATCH_KERNEL;
    *marked = how != WATCH_NONE && writemarks_next_locked(region, start, end) < end;
    space_unlock();
    return how;
}

static NTSTATUS check_range(const void *base, size_t size, uint64_t *start, uint64_t *end)
{
    uintptr_t address = (uintptr_t)base;
    if (address > SPACE_HIGHEST)
        return STATUS_INVALID_PARAMETER_2;
    if (size == 0 || size - 1 > SPACE_HIGHEST - address)
        return STATUS_INVALID_PARAMETER_3;
    *start = address >> PAGE_SHIFT;
    *end = (address + size + MM_PAGE - 1) >> PAGE_SHIFT;
    return STATUS_SUCCESS;
}

/* What is looked at where there is room for `most` runs at a time. */
struct scan {
    uint64_t start, end;
    bool whole, reset;
    struct host_written *runs;
    size_t most;
};

static NTSTATUS get_from_kernel(const struct scan *scan, void **addresses, size_t *count)
{
    uintptr_t at = scan->start << PAGE_SHIFT;
    uintptr_t stop = scan->end << PAGE_SHIFT;
    size_t found = 0;
    while (at < stop && found < *count) {
        uintptr_t next = stop;
        long got = host_watch_scan(at, stop, scan->whole, scan->reset, scan->runs, scan->most, *count - found, &next);
        if (got < 0 && found == 0)
            return (NTSTATUS)STATUS_NO_MEMORY;
        if (got < 0 || next <= at)
            break;
        for (long i = 0; i < got; i++) {
            for (uintptr_t page = scan->runs[i].start; page < scan->runs[i].end; page += MM_PAGE)
                addresses[found++] = (void *)page;
        }
        at = (size_t)got < scan->most ? stop : next; /* fewer than there is room for: that was all */
    }
    *count = found;
    return STATUS_SUCCESS;
}

static NTSTATUS get_watched(uint64_t start, uint64_t end, int how, bool reset, void **addresses, size_t *count)
{
    struct host_written few[FEW];
    struct scan scan = {start, end, how == WATCH_WHOLE, reset, few, FEW};
    struct host_written *room = end - start > 2 * FEW ? host_watch_borrow() : NULL;
    if (room) {
        scan.runs = room;
        scan.most = HOST_WATCH_RUNS;
    }
    NTSTATUS status = get_from_kernel(&scan, addresses, count);
    if (room)
        host_watch_return(room);
    return status;
}

/* Pages with marks on this side, and on the other: a batch under the lock at a time; the program's array is filled
 * between them. */
static NTSTATUS get_marked(uint64_t start, uint64_t end, bool reset, void **addresses, size_t *count)
{
    size_t found = 0;
    while (start < end && found < *count) {
        void *few[FEW];
        size_t most = *count - found < FEW ? *count - found : FEW, got = 0;
        uint64_t next = end;
        space_lock();
        struct region *region = space_region_locked(start);
        if (region && region->end < end) /* it is another by now: the marks end with it */
            next = end = region->end;
        int error = region && region->write_watch ? mark_written_locked(region, start, end, reset, most, &next) : 0;
        bool watched = region && region->write_watch && !error;
        for (uint64_t page = start; watched && got < most; page++) {
            page = writemarks_next_locked(region, page, next);
            if (page == next)
                break;
            if (reset)
                writemarks_clear_locked(region, page, page + 1);
            few[got++] = page_address(page);
            if (got == most)
                next = page + 1;
        }
        space_unlock();
        if (error && found == 0)
            return STATUS_NO_MEMORY;
        for (size_t i = 0; i < got; i++)
            addresses[found++] = few[i];
        start = error ? end : next;
    }
    *count = found;
    return STATUS_SUCCESS;
}

NTSTATUS mm_get_write_watch(void *base, size_t size, bool reset, void **addresses, size_t *count)
{
    mm_start();
    uint64_t start, end;
    NTSTATUS status = check_range(base, size, &start, &end);
    if (!NT_SUCCESS(status))
        return status;
    bool marked;
    int how = watched_as(start, end, &marked);
    if (how == WATCH_NONE)
        return STATUS_INVALID_PARAMETER_1;
    return how == WATCH_ARMED || marked ? get_marked(start, end, reset, addresses, count)
                                        : get_watched(start, end, how, reset, addresses, count);
}

NTSTATUS mm_reset_write_watch(void *base, size_t size)
{
    mm_start();
    uint64_t start, end;
    NTSTATUS status = check_range(base, size, &start, &end);
    if (!NT_SUCCESS(status))
        return status;
    bool marked;
    int how = watched_as(start, end, &marked);
    if (how == WATCH_NONE)
        return STATUS_INVALID_PARAMETER_1;
    /* The kernel first, which may refuse. */
    if (how != WATCH_ARMED && host_watch_reset(start << PAGE_SHIFT, end << PAGE_SHIFT) != 0)
        return STATUS_NO_MEMORY;
    space_lock();
    const struct region *region = space_region_locked(start);
    if (region && region->write_watch && end <= region->end)
        writemarks_clear_locked(region, start, end);
    for (uint64_t page = start; how == WATCH_ARMED && page < end;) {
        struct run run = space_find_locked(page);
        uint64_t stop = run.end < end ? run.end : end;
        if (written(run.value) && value_region(run.value)->write_watch == WATCH_ARMED)
            arm_locked(value_region(run.value), page, stop, run.value);
        page = stop;
    }
    space_unlock();
    return STATUS_SUCCESS;
}

bool mm_is_watched(void *base, size_t size)
{
    uint64_t start, end;
    bool marked;
    return NT_SUCCESS(check_range(base, size, &start, &end)) && watched_as(start, end, &marked) != WATCH_NONE;
}

void mm_note_kernel_write(void *base, size_t size)
{
    uint64_t start, end;
    mm_start();
    if (!NT_SUCCESS(check_range(base, size, &start, &end)))
        return;
    bool marked;
    if (watched_as(start, end, &marked) == WATCH_NONE)
        return;
    while (start < end) {
        space_lock();
        struct run run = space_find_locked(start);
        space_unlock();
        unsigned access = protection_access(value_attributes(run.value) & ~VALUE_ARMED);
        bool writable = value_committed(run.value) && (access & HOST_WRITE); /* the call itself refuses the others */
        uint64_t stop = run.end < end ? run.end : end;
        for (uint64_t page = start; writable && page < stop; page++)
            __atomic_fetch_or((char *)page_address(page), 0, __ATOMIC_RELAXED);
        start = stop;
    }
}
