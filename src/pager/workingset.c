/* workingset.c: what the layers above may do with ranges of pages (trim, lock, prefetch, priority), and the reports:
 * one page, statistics. Calls fault and evict; takes lock W itself. */
#include <errno.h>
#include <string.h>

#include "host/machine.h"
#include "host/lock.h"
#include "host/uffd.h"
#include "pager/commit.h"
#include "pager/evict.h"
#include "pager/fault.h"
#include "pager/frame.h"
#include "pager/pagefile.h"
#include "pager/pager.h"
#include "pager/prototype.h"
#include "pager/store.h"
#include "pager/unpaged.h"

#define EARLY_RANGES 256u
#define EARLY_OFFER 8u
#define PREFETCHED_AGE 2u

/* Clips a range to the arena. */
static bool clip(uintptr_t base, size_t size, size_t *first, size_t *end)
{
    uintptr_t low = pte_table.arena, high = low + pte_table.arena_pages * PAGE_SIZE_BYTES;
    uintptr_t stop = size > UINTPTR_MAX - base ? UINTPTR_MAX : base + size;
    if (!pager_on || stop <= low || base >= high)
        return false;
    *first = ((base > low ? base : low) - low) / PAGE_SIZE_BYTES;
    *end = ((stop < high ? stop : high) - low + PAGE_SIZE_BYTES - 1) / PAGE_SIZE_BYTES;
    return true;
}

/* From one window with resident pages to the next: a range may be the whole arena. */
static size_t trim(size_t first, size_t end)
{
    size_t freed = 0;
    while (first < end) {
        uint64_t signals;
        evict_lock(&signals);
        size_t window = pte_next_window(first / WINDOW_PAGES), stop = end;
        if (window != SIZE_MAX && window >= first / WINDOW_PAGES && window * WINDOW_PAGES < end) {
            size_t from = window * WINDOW_PAGES > first ? window * WINDOW_PAGES : first;
            stop = (window + 1) * WINDOW_PAGES < end ? (window + 1) * WINDOW_PAGES : end;
            freed += evict_range_locked(from, stop);
        }
        evict_unlock(&signals);
        first = stop;
    }
    return freed;
}

/* What a range shows of sections, stretch by stretch. */
static size_t trim_shown(size_t first, size_t end)
{
    size_t freed = 0;
    for (size_t page = first, stop; page < end; page = stop) {
        size_t target = prototype_of(page);
        stop = page + 1;
        while (target != page && stop < end && prototype_of(stop) == target + (stop - page))
            stop++;
        if (target != page)
            freed += trim(target, target + (stop - page));
    }
    return freed;
}

size_t pager_trim(uintptr_t base, size_t size)
{
    size_t first, end;
    if (!clip(base, size, &first, &end))
        return 0;
    if (base == 0 && size == SIZE_MAX) /* sections too, whatever shows them */
        return trim(0, pte_table.pages);
    return trim(first, end) + trim_shown(first, end);
}

static void set_bits(size_t first, size_t end, pte clear, pte set)
{
    uint64_t signals;
    evict_lock(&signals);
    for (size_t at = first; at < end; at++) {
        size_t page = prototype_of(at);
        if (set & PTE_LOCKED)
            evict_settle_page_locked(page);
        for (;;) {
            pte raw = pte_raw(page), entry = pte_load(page);
            if (pte_in_transition(entry)) {
                if (!evict_take_back(page))
                    host_yield();
                continue;
            }
            if (pte_state(entry) == PTE_NONE)
                break;
            pte_touch_window(page / WINDOW_PAGES);
            if (pte_cas(page, raw, (entry & ~clear) | set))
                break;
        }
    }
    evict_unlock(&signals);
}

static int bring_in(size_t at)
{
    for (;;) {
        size_t page = prototype_of(at);
        pte entry = pte_load(page);
        enum pte_state state = pte_state(entry);
        if (state == PTE_VALID || state == PTE_NONE)
            return 0;
        int error = fault_resolve(page, PAGER_NONE);
        if (error)
            return error == -EAGAIN ? 0 : error;
    }
}

bool pager_needs_pins(void)
{
    bool thread_mode;
    int error;
    if (!pager_on)
        return false;
    pager_tell_start(&thread_mode, &error);
    return !thread_mode;
}

bool pager_is_paged(uintptr_t address, size_t size)
{
    size_t first, end;
    return clip(address, size, &first, &end);
}

void pager_touch(uintptr_t address, bool again)
{
    size_t page = pager_on ? pte_page(address) : SIZE_MAX;
    if (page == SIZE_MAX)
        return;
    (void)bring_in(page);
    if (again) /* it may be guarded with a batch in progress */
        (void)fault_resolve(page, PAGER_NONE);
}

/* Ranges that were locked, or given a priority, before paging started, when everything stayed in memory anyway. */
static struct {
    struct {
        uintptr_t base;
        size_t size;
        unsigned priority;  /* 0: locked; EARLY_OFFER: offered */
    } early[EARLY_RANGES];  /* E; size 0: free */
    _Atomic unsigned count; /* E */
    host_lock lock;         /* E */
} lock_state = {.lock = HOST_LOCK(RANK_STORE)};

bool pager_covers(void)
{
    return pager_on || commit_budget() != SIZE_MAX;
}

static void early_lock(uint64_t *signals)
{
    host_signals_block(signals);
    host_lock_acquire(&lock_state.lock);
}

static void early_unlock(const uint64_t *signals)
{
    host_lock_release(&lock_state.lock);
    host_signals_restore(signals);
}

static int note_early(uintptr_t base, size_t size, unsigned priority)
{
    uint64_t signals;
    early_lock(&signals);
    unsigned index = 0, known = 0;
    while (index < lock_state.count && lock_state.early[index].size)
        index++;
    while (known < lock_state.count && !(lock_state.early[known].base == base && lock_state.early[known].size == size &&
                                         lock_state.early[known].priority == priority))
        known++;
    if (known < lock_state.count) {
        index = known;
    } else if (index < EARLY_RANGES) {
        lock_state.early[index].base = base;
        lock_state.early[index].priority = priority;
        lock_state.early[index].size = size;
        if (index == lock_state.count)
            atomic_store(&lock_state.count, index + 1);
    }
    early_unlock(&signals);
    return index < EARLY_RANGES ? 0 : -ENOMEM;
}

/* Takes a part out of every range of the kind. One that is split, and has no room for its second half, stays whole
 * when it is locked, and ends where the part begins when it has a priority. */
static void forget_early(uintptr_t base, size_t size, bool locks)
{
    uint64_t signals;
    if (atomic_load(&lock_state.count) == 0)
        return;
    early_lock(&signals);
    uintptr_t stop = base + size;
    for (unsigned i = 0, end = lock_state.count; i < end; i++) {
        uintptr_t from = lock_state.early[i].base, to = from + lock_state.early[i].size;
        if ((lock_state.early[i].priority == 0) != locks || from >= stop || to <= base)
            continue;
        if (from < base && to > stop) {
            if (lock_state.count < EARLY_RANGES) {
                lock_state.early[lock_state.count] = lock_state.early[i];
                lock_state.early[lock_state.count].base = stop;
                lock_state.early[lock_state.count].size = to - stop;
                atomic_fetch_add(&lock_state.count, 1);
            } else if (locks) {
                continue;
            }
            lock_state.early[i].size = base - from;
        } else if (from < base) {
            lock_state.early[i].size = base - from;
        } else {
            lock_state.early[i].base = to > stop ? stop : from;
            lock_state.early[i].size = to > stop ? to - stop : 0;
        }
    }
    early_unlock(&signals);
}

void pager_forget(uintptr_t base, size_t size)
{
    if (!pager_on && atomic_load_explicit(&lock_state.count, memory_order_relaxed)) {
        forget_early(base, size, true);
        forget_early(base, size, false);
    }
}

void workingset_apply_early_locks(void)
{
    for (unsigned i = 0; i < atomic_load(&lock_state.count) && i < EARLY_RANGES; i++) {
        if (!lock_state.early[i].size)
            continue;
        if (lock_state.early[i].priority & EARLY_OFFER)
            pager_offer((void *)lock_state.early[i].base, lock_state.early[i].size,
                        lock_state.early[i].priority & ~EARLY_OFFER);
        else if (lock_state.early[i].priority)
            pager_set_priority(lock_state.early[i].base, lock_state.early[i].size, lock_state.early[i].priority);
        else
            pager_lock(lock_state.early[i].base, lock_state.early[i].size);
    }
    atomic_store(&lock_state.count, 0);
}

int pager_lock(uintptr_t base, size_t size)
{
    size_t first, end;
    if (!pager_on)
        return note_early(base, size, 0);
    if (!clip(base, size, &first, &end))
        return 0;
    if (end - first + 256 > frame_budget())
        return -ENOMEM;
    set_bits(first, end, 0, PTE_LOCKED);
    for (size_t page = first; page < end; page++) {
        int error = bring_in(page);
        if (error) {
            set_bits(first, end, PTE_LOCKED, 0);
            return error;
        }
    }
    return 0;
}

void pager_unlock(uintptr_t base, size_t size)
{
    size_t first, end;
    if (!pager_on)
        forget_early(base, size, true);
    if (clip(base, size, &first, &end))
        set_bits(first, end, PTE_LOCKED, 0);
}

/* A page that was prefetched is not touched yet, and so would be the first to go. */
static void keep_for_a_while(size_t at)
{
    size_t page = prototype_of(at);
    pte entry = pte_raw(page);
    if (pte_state(entry) == PTE_VALID && pte_age(entry) < PREFETCHED_AGE)
        (void)pte_cas(page, entry, pte_with_age(entry, PREFETCHED_AGE));
}

void pager_prefetch(uintptr_t base, size_t size)
{
    size_t first, end;
    if (!clip(base, size, &first, &end))
        return;
    size_t most = frame_budget() / 2;
    end = end - first > most ? first + most : end;
    size_t resident = frame_resident();
    frame_want(resident + (end - first) < most ? resident + (end - first) : most);
    for (size_t page = first; page < end; page++) {
        if (pte_state(pte_load(prototype_of(page))) != PTE_STORED || bring_in(page) == 0)
            keep_for_a_while(page); /* what came with the page before it, too */
    }
    frame_want(0);
}

static void set_priority(size_t first, size_t end, unsigned priority)
{
    set_bits(first, end, PTE_PRIORITY_MASK, (pte)(priority == 5 ? 0 : priority & 7) << PTE_PRIORITY_SHIFT);
    for (size_t page = first, stop; priority < 5 && page < end; page = stop) {
        stop = (page / WINDOW_PAGES + 1) * WINDOW_PAGES;
        stop = stop < end ? stop : end;
        pte_note_priority(prototype_of(page) / WINDOW_PAGES, priority); /* two windows of a section at most */
        pte_note_priority(prototype_of(stop - 1) / WINDOW_PAGES, priority);
    }
}

void pager_set_priority(uintptr_t base, size_t size, unsigned priority)
{
    size_t first, end;
    if (!pager_on && pager_covers()) {
        forget_early(base, size, false);
        if (priority < 5)
            (void)note_early(base, size, priority); /* no room: it was a hint */
    }
    if (clip(base, size, &first, &end))
        set_priority(first, end, priority);
}

void workingset_note_offer(uintptr_t base, size_t size, unsigned priority)
{
    if (!pager_covers())
        return;
    forget_early(base, size, true);
    forget_early(base, size, false);
    (void)note_early(base, size, priority | EARLY_OFFER); /* no room: then it is kept */
}

size_t pager_budget(void)
{
    size_t budget = commit_budget();
    return budget == SIZE_MAX ? 0 : budget;
}

size_t pager_available(void)
{
    unpaged_count();
    int64_t free = pager_on ? frame_available() : 0;
    return free > 0 ? (size_t)free : 0;
}

size_t pager_in_use(void)
{
    struct pager_commit commit;
    struct host_process_memory own = {0};
    if (pager_on) {
        size_t budget = pager_budget(), free = pager_available();
        return budget > free ? budget - free : 0;
    }
    pager_get_commit(&commit);
    (void)host_process_memory(0, &own);
    uint64_t resident = own.private_resident / 4096;
    return (commit.total < resident ? commit.total : resident) + pager_file_pages();
}

static void tell_place(place at, struct pager_page *page)
{
    const struct segment *segment = store_segment(place_segment(at));
    page->segment = place_segment(at);
    page->offset = place_offset(at);
    page->length = place_length(at);
    page->file_offset = (uint64_t)segment->slot * SEGMENT_BYTES + page->offset;
}

void pager_get_page(uintptr_t address, struct pager_page *page)
{
    memset(page, 0, sizeof(*page));
    size_t number = pager_on ? pte_page(address) : SIZE_MAX;
    if (number == SIZE_MAX)
        return;
    number = prototype_of(number);
    pte entry = pte_load(number);
    page->prototype = prototype_is(number) ? number - pte_table.arena_pages + 1 : 0;
    page->entry = entry;
    page->priority = pte_priority(entry);
    page->locked = entry & PTE_LOCKED;
    switch (pte_state(entry)) {
    case PTE_NONE:
        break;
    case PTE_ZERO:
        page->state = PAGER_PAGE_ZERO;
        break;
    case PTE_BAD:
        page->state = PAGER_PAGE_BAD;
        break;
    case PTE_STORED:
        page->state = store_in_memory(pte_payload(entry)) ? PAGER_PAGE_STORE : PAGER_PAGE_FILE;
        tell_place(pte_payload(entry), page);
        break;
    case PTE_INCOMING:
        page->state = PAGER_PAGE_TRANSITION;
        break;
    default:
        page->state = pte_state(entry) == PTE_VALID || pte_state(entry) == PTE_EVICTING ? PAGER_PAGE_RESIDENT
                                                                                        : PAGER_PAGE_TRANSITION;
        page->frame = (uint32_t)pte_payload(entry);
        page->age = (uint8_t)pte_age(entry);
        place kept = atomic_load(&frame_get(page->frame)->kept);
        page->kept = kept != 0;
        if (kept)
            tell_place(kept, page);
    }
}

uint64_t pager_standby(void)
{
    uint64_t bytes = 0, signals;
    if (!pager_on)
        return 0;
    evict_lock(&signals);
    for (uint32_t i = 0, end = frame_end(); i < end; i++) {
        size_t page = __atomic_load_n(&frame_get(i)->page, __ATOMIC_RELAXED);
        place kept = atomic_load(&frame_get(i)->kept);
        pte entry = page < pte_table.pages ? pte_raw(page) : 0;
        if (kept && pte_state(entry) == PTE_VALID && pte_payload(entry) == i && store_in_memory(kept))
            bytes += place_length(kept);
    }
    evict_unlock(&signals);
    return bytes / PAGE_SIZE_BYTES;
}

static void paging_totals(struct pager_statistics *s)
{
    struct frame_totals frames;
    struct store_totals store;
    struct pagefile_totals file;
    unpaged_count();
    struct unpaged_totals unpaged;
    unpaged_get_totals(&unpaged);
    frame_get_totals(&frames);
    store_get_totals(&store);
    pagefile_get_totals(&file);
    bool limited = pager_budget() != 0;
    s->budget = limited ? frames.budget : 0;
    s->resident = frames.resident;
    s->unpaged = limited ? unpaged.files : 0;
    s->beside = limited ? unpaged.beside : 0;
    s->modified = frames.store;
    s->tables = frames.tables;
    s->zeroed = limited && frames.free > 0 ? (uint64_t)frames.free : 0;
    s->over_budget = (frames.free < 0 ? (uint64_t)-frames.free : 0) +
                     (limited ? unpaged.files + unpaged.beside - unpaged.counted : 0);
    s->resident_peak = frames.resident_peak;
    s->encoded_raw = store.encoded[CODEC_RAW];
    s->encoded_zero_bytes = store.encoded[CODEC_ZERO_BYTES] + store.encoded[CODEC_WORDS] + store.encoded[CODEC_DELTA];
    s->encoded_lz4 = store.encoded[CODEC_LZ4] + store.encoded[CODEC_WORDS_LZ4] + store.encoded[CODEC_ZERO_BYTES_LZ4] +
                     store.encoded[CODEC_DELTA_LZ4];
    s->bytes_in = store.bytes_in;
    s->bytes_out = store.bytes_out;
    s->store_live = store.live_bytes;
    s->kept_dropped = store.kept_dropped;
    s->compacted = store.compacted;
    s->moved = store.moved;
    s->migrated = store.migrated;
    s->checksum_errors = store.checksum_errors;
    s->file_size = file.size;
    s->file_maximum = file.maximum;
    s->file_in_use = file.in_use;
    s->file_peak = file.peak;
    s->file_reads = file.reads;
    s->file_writes = file.writes;
    s->file_read_bytes = file.read_bytes;
    s->file_written_bytes = file.written_bytes;
    s->file_read_errors = file.read_errors;
    s->file_write_errors = file.write_errors;
    s->file_last_error = file.last_error;
}

void pager_get_statistics(struct pager_statistics *s)
{
    memset(s, 0, sizeof(*s));
    struct pager_commit commit;
    pager_get_commit(&commit);
    s->commit = commit.total;
    s->commit_peak = commit.peak;
    s->commit_limit = commit.limit;
    s->on = pager_on;
    s->by_protection = pager_on && pager_by_protection;
    pager_tell_start(&s->thread_mode, &s->start_error);
    if (!pager_on)
        return;
    struct fault_totals faults;
    struct evict_totals evicted;
    fault_get_totals(&faults);
    evict_get_totals(&evicted);
    paging_totals(s);
    s->faults = faults.faults;
    s->demand_zero = faults.demand_zero;
    s->soft = faults.soft;
    s->hard = faults.hard;
    s->write_protect = faults.write_protect;
    s->collided = faults.collided;
    s->read_ahead = faults.read_ahead;
    s->in_page_errors = faults.in_page_errors;
    s->evicted = evicted.evicted;
    s->evicted_clean = evicted.clean;
    s->evicted_zero = evicted.zero;
    s->encoded = evicted.encoded;
    s->taken_back = evicted.taken_back;
    s->batches = evicted.batches;
    s->ahead = evicted.ahead;
    s->times_over_budget = evicted.over_budget;
}

const char *pager_file_name(void)
{
    return pagefile_name();
}
