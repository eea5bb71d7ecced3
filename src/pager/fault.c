/* fault.c: the page fault. Signal-safe, runs on the faulting thread (or the handler thread); no lock is held while a
 * page is in transition, only the claim on the page.
 *
 * Case  state       what is done
 *  0    NONE        not ours
 *  1    BAD         in-page error
 *  2A   ZERO        claim a run of such pages, zero-fill
 *  2B   STORED      claim a run, decode into a bounce buffer, copy in
 *  3    VALID       present: another thread was faster, or it is write-protected by an eviction nearby: lift that
 *  4    EVICTING    as 3; the eviction finds that it lost the page
 *  5    the others  somebody is at it: wait
 */
#include "pager/fault.h"

#include <errno.h>
#include <string.h>

#include "host/options.h"
#include "host/pages.h"
#include "host/uffd.h"
#include "pager/demand.h"
#include "pager/evict.h"
#include "pager/frame.h"
#include "pager/pager.h"
#include "pager/presence.h"
#include "pager/prototype.h"
#include "pager/shrink.h"
#include "pager/store.h"
#include "pager/trail.h"
#include "pager/worth.h"
#include "pager/unpaged.h"

#define RUN_MAX 64u
#define BOUNCES 16u
#define STREAM_RUN 16u
#define REFUSED_MOST 1000u
#define FORGET 8u
#define BOUNCE_BYTES ((size_t)RUN_MAX * 4096 + SEGMENT_BYTES + 8192)

struct bounce {
    _Atomic uint32_t busy;
    _Atomic uint32_t high; /* pages that were ever touched, in the budget */
    _Atomic uint32_t io_high;
};

static struct {
    size_t run_limit;
    uint8_t *bounce_memory;
    const uint8_t *zeros; /* never written, so it costs nothing */
    struct bounce bounces[BOUNCES];
    struct {
        _Atomic size_t next;
        _Atomic uint32_t length;
    } streams[STREAMS];
    _Atomic uint32_t process_priority; /* 1 to 5, 0: 5 */
    _Atomic uint32_t stream_hand;
    _Atomic uint32_t frozen, active;
    _Atomic uint64_t faults, demand_zero, soft, hard, write_protect, collided, read_ahead, in_page_errors;
} fault_state;

#define COUNT(field, by) atomic_fetch_add_explicit(&fault_state.field, (by), memory_order_relaxed)

static __thread size_t last_page; /* a page that faults again and again although it is valid */
static __thread unsigned last_repeats;
static __thread unsigned refused;                 /* times in a row that the kernel had no room for a page */
static __thread _Atomic uint32_t thread_priority; /* 1 to 5, 0: the process' */
static __thread bool took_in;                     /* the last fault brought something in */
static __thread bool woke;                        /* the kernel has woken who waited for it */
static __thread bool freezer;                     /* this thread froze the others: it forks, and holds lock W */

int fault_start(size_t budget)
{
    void *at;
    int error = host_table_reserve(BOUNCES * BOUNCE_BYTES, &at);
    if (error)
        return error;
    fault_state.bounce_memory = at;
    error = host_table_reserve(RUN_MAX * PAGE_SIZE_BYTES, &at);
    if (error)
        return error;
    fault_state.zeros = at;
    size_t limit = (size_t)host_option_number(OPTION_READAHEAD);
    limit = limit > RUN_MAX ? RUN_MAX : limit ? limit : 1;
    fault_state.run_limit = limit > budget / 64 ? budget / 64 + 1 : limit;
    return 0;
}

void fault_restart(void)
{
    freezer = false;
    atomic_store(&fault_state.active, 0);
    atomic_store(&fault_state.frozen, 0);
    trail_restart();
    for (unsigned i = 0; i < BOUNCES; i++)
        atomic_store(&fault_state.bounces[i].busy, 0);
}

/* ---- helpers ---- */

static unsigned take_bounce(void)
{
    for (unsigned i = 0;; i = (i + 1) % BOUNCES) {
        uint32_t idle = 0;
        if (atomic_compare_exchange_strong(&fault_state.bounces[i].busy, &idle, 1))
            return i;
        if (i + 1 == BOUNCES)
            host_yield();
    }
}

static void account(_Atomic uint32_t *high, uint32_t pages)
{
    uint32_t had = atomic_load(high);
    if (pages > had) {
        atomic_store(high, pages);
        frame_account_table((int64_t)pages - had);
    }
}

/* What is read ahead may not have come, or be gone again; and what follows it may have stayed. A page passed over that
 * is not in memory breaks the run: who strides wants what he touches only. */
static bool continues(size_t page, size_t next, uint32_t length)
{
    if (next == 0 || page + length < next || page > next + RUN_MAX)
        return false;
    while (next < page && pte_resident(pte_load(next)))
        next++;
    return next >= page;
}

static size_t read_ahead(size_t page, unsigned *stream)
{
    *stream = 0;
    if (fault_state.run_limit <= 1)
        return 1;
    for (unsigned i = 0; i < STREAMS; i++) {
        size_t next = atomic_load_explicit(&fault_state.streams[i].next, memory_order_relaxed);
        uint32_t length = atomic_load_explicit(&fault_state.streams[i].length, memory_order_relaxed);
        if (!continues(page, next, length))
            continue;
        length *= 2;
        if (length > fault_state.run_limit)
            length = (uint32_t)fault_state.run_limit;
        atomic_store_explicit(&fault_state.streams[i].length, length, memory_order_relaxed);
        atomic_store_explicit(&fault_state.streams[i].next, page + length, memory_order_relaxed);
        *stream = i;
        return length;
    }
    unsigned hand = COUNT(stream_hand, 1) % STREAMS;
    atomic_store_explicit(&fault_state.streams[hand].length, 1, memory_order_relaxed);
    atomic_store_explicit(&fault_state.streams[hand].next, page + 1, memory_order_relaxed);
    return 1;
}

size_t fault_take_frames(size_t want)
{
    uint64_t signals;
    if (freezer) {
        frame_take_over_budget(1);
        return 1;
    }
    unpaged_count_sometimes(want);
    if (__builtin_expect(presence_is_crowded(), 0))
        shrink_mappings();
    for (unsigned attempt = 0; attempt < 64; attempt++) {
        size_t got = frame_take(want);
        if (got)
            return got;
        evict_lock(&signals);
        bool stuck = frame_room() <= 0 && evict_pages_locked(96) == 0 && frame_room() <= 0;
        evict_unlock(&signals);
        if (stuck)
            break;
    }
    frame_take_over_budget(1); /* nothing can leave: over the budget rather than lose data or hang */
    evict_note_over_budget();
    return 1;
}

/* Claims the run of pages in the state of the first; entries[] get their raw values. */
static size_t claim(size_t page, pte first, size_t most, pte *entries)
{
    pte now = pte_raw(page); /* NONE: of a whole window, or it was decommitted since */
    if ((now != first && pte_load(page) != first) || !pte_cas(page, now, pte_with_state(first, PTE_INCOMING)))
        return 0;
    entries[0] = first;
    size_t stop = (page / WINDOW_PAGES + 1) * WINDOW_PAGES; /* a run stays in its window */
    size_t count = 1;
    while (count < most && page + count < stop) {
        pte raw = pte_raw(page + count);
        pte entry = pte_load(page + count);
        if (pte_state(entry) != pte_state(first) || !pte_cas(page + count, raw, pte_with_state(entry, PTE_INCOMING)))
            break;
        entries[count++] = entry;
    }
    return count;
}

static void unclaim(size_t page, const pte *entries, size_t from, size_t count)
{
    for (size_t i = from; i < count; i++)
        pte_store(page + i, entries[i]);
}

/* The passes of the clock that a page survives which somebody asked for: the sooner it comes back after it left, time
 * and again, the more. Distances are in eighths of the resident set. */
static unsigned age_of(size_t page, pte entry)
{
    unsigned distance = (evict_epoch() - pte_epoch(entry)) & 255, had = pte_table.heat[page],
             heat = had & PTE_HEAT_MASK;
    worth_note_return(distance);
    if (distance <= 4)
        heat += distance <= 1 ? 2 : 1;
    else if (distance > 8)
        heat -= distance > 16 && heat > 1 ? 2 : heat > 0;
    heat = heat < PTE_HEAT_MOST ? heat : PTE_HEAT_MOST;
    pte_table.heat[page] = (uint8_t)((had & ~PTE_HEAT_MASK) | heat);
    return (1u << heat) - 1;
}

/* A page has the memory priority of the thread that takes it in; a fresh one may have been given a lower one. */
static unsigned priority_of(pte entry)
{
    unsigned priority = atomic_load_explicit(&thread_priority, memory_order_relaxed);
    if (!priority)
        priority = atomic_load_explicit(&fault_state.process_priority, memory_order_relaxed);
    priority = priority ? priority : 5;
    return pte_state(entry) == PTE_ZERO && pte_priority(entry) < priority ? pte_priority(entry) : priority;
}

/* The page is in memory: gives it its frame and makes it valid. `trail`: of a stream, it leaves again soon. */
static void make_valid(size_t page, pte entry, const void *bytes, bool asked_for, bool trail)
{
    uint32_t index = frame_new(page);
    struct frame *frame = frame_get(index);
    place at = pte_state(entry) == PTE_STORED ? pte_payload(entry) : 0;
    entry = pte_with_age(entry, at && asked_for && !trail ? age_of(page, entry) : 0);
    if (at) {
        if (store_in_memory(at) && ((entry & PTE_WAS_DIRTY) || !worth_keeping(page, trail))) {
            /* Its room is worth more as that of another page: only what streams through gains by its copy. */
            store_free(at);
        } else {
            codec_hash(bytes, 4096, frame->hash);
            atomic_store(&frame->kept, at);
        }
        entry &= ~PTE_WAS_DIRTY;
    }
    unsigned priority = priority_of(entry);
    entry = (entry & ~PTE_PRIORITY_MASK) | (pte)(priority == 5 ? 0 : priority) << PTE_PRIORITY_SHIFT;
    pte_window_add(page / WINDOW_PAGES, 1);
    pte_store(page, pte_with(entry, PTE_VALID, index));
    if (priority < 5)
        pte_note_priority(page / WINDOW_PAGES, priority);
}

/* Fills present-making calls over the run; returns pages done, or -errno for the first. */
static int64_t put_pages(size_t page, const uint8_t *bytes, size_t count)
{
    if (prototype_is(page))
        return prototype_fill(page, bytes, count);
    size_t done = 0, most = count;
    for (unsigned attempt = 0; done < count;) {
        size_t part = count - done < most ? count - done : most;
        int64_t put = presence_put(page + done, bytes ? bytes + done * 4096 : NULL, part);
        if (put > 0) {
            done += (size_t)put;
            woke = true;
        } else if (put == -EAGAIN || (put == -ENOMEM && !pager_by_protection)) {
            if (++attempt > 10000)
                return done ? (int64_t)done : put;
            host_yield();
        } else if (put == -ENOENT && most > 1) {
            most = 1; /* the run goes on in another mapping: page by page */
        } else {
            return done ? (int64_t)done : put;
        }
    }
    return (int64_t)done;
}

/* The access is made again: it succeeds, or the page is asked for once more. Not for ever: when the kernel goes on
 * refusing memory, or mappings of them, the thread is told. */
static int again(bool came)
{
    refused = came ? 0 : refused + 1;
    if (refused < REFUSED_MOST)
        return 0;
    refused = 0;
    COUNT(in_page_errors, 1);
    return -EIO;
}

/* ---- the cases ---- */

/* Pages that are written get memory of their own at once: the kernel's page of zeros would fault again for each. */
static int bring_zero(size_t page, pte entry, unsigned access)
{
    pte entries[RUN_MAX];
    unsigned stream;
    size_t want = read_ahead(page, &stream);
    pte_touch_window(page / WINDOW_PAGES);
    size_t frames = fault_take_frames(want);
    size_t count = claim(page, entry, frames, entries);
    if (!count) {
        frame_give(frames);
        return 0;
    }
    bool written = (access & PAGER_WRITE) && !pager_by_protection;
    int64_t put = put_pages(page, written ? fault_state.zeros : NULL, count);
    size_t done = put > 0 ? (size_t)put : 0;
    if (put == -EEXIST)
        done = 1;                     /* the kernel has it already (touched before it was registered) */
    for (size_t i = 0; i < done; i++) /* the claim has filled the entries */
        make_valid(page + i, entries[i], NULL, false, false); // NOLINT(clang-analyzer-core.CallAndMessage)
    unclaim(page, entries, done, count);
    frame_give(frames - done);
    COUNT(demand_zero, 1);
    took_in = done != 0;
    evict_help(done);
    if (done > 1)
        COUNT(read_ahead, done - 1);
    if (done || put == -EAGAIN || put == -ENOMEM)
        return again(done != 0);
    return -EAGAIN; /* -ENOENT: unmapped behind us; what the address means is decided above */
}

static int read_claimed(size_t page, const pte *entries, size_t count, unsigned bounce, bool asked_for)
{
    place places[RUN_MAX];
    uint8_t *memory = fault_state.bounce_memory + bounce * BOUNCE_BYTES;
    bool all_in_memory = true;
    for (size_t i = 0; i < count; i++) {
        places[i] = pte_payload(entries[i]);
        all_in_memory &= store_in_memory(places[i]);
    }
    account(&fault_state.bounces[bounce].high, (uint32_t)count);
    if (!all_in_memory)
        account(&fault_state.bounces[bounce].io_high, count > 2 ? SEGMENT_PAGES : 2);
    if (asked_for && all_in_memory)
        COUNT(soft, 1);
    else if (asked_for)
        COUNT(hard, 1);
    return store_read_run(places, page, count, memory, memory + RUN_MAX * 4096);
}

/* Brings in a run of at most `most` stored pages, and notes them in `trail`, if any. Returns how many (0: somebody else
 * was faster), or -errno: -ENOMEM the kernel would not, -EAGAIN unmapped behind us, -EIO cannot be read. */
static int bring_run(size_t page, pte entry, size_t most, bool asked_for, struct trail *trail)
{
    pte entries[RUN_MAX];
    size_t count = claim(page, entry, most, entries);
    if (!count)
        return 0;
    unsigned bounce = take_bounce();
    uint8_t *memory = fault_state.bounce_memory + bounce * BOUNCE_BYTES;
    int got = read_claimed(page, entries, count, bounce, asked_for);
    int64_t put = got > 0 ? put_pages(page, memory, (size_t)got) : got;
    size_t done = put > 0 ? (size_t)put : 0;
    for (size_t i = 0; i < done; i++)
        // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): the claim has filled the entries
        make_valid(page + i, entries[i], memory + i * 4096, asked_for && i == 0, trail != NULL);
    unclaim(page, entries, done, count);
    atomic_store(&fault_state.bounces[bounce].busy, 0);
    if (trail)
        trail_add(trail, page, done);
    if (done)
        return (int)done;
    if (got > 0 && (put == -EAGAIN || put == -ENOMEM))
        return -ENOMEM;
    return got > 0 && put == -ENOENT ? -EAGAIN : -EIO;
}

/* A sequential run goes on behind pages that stayed in memory. Returns how many pages came. */
static size_t bring_more(size_t page, size_t most, struct trail *trail)
{
    size_t end = (page / WINDOW_PAGES + 1) * WINDOW_PAGES, came = 0;
    end = end - page > 2 * most ? page + 2 * most : end;
    while (page < end && came < most) {
        pte entry = pte_load(page);
        if (pte_resident(entry)) {
            page++;
            continue;
        }
        int got = pte_state(entry) == PTE_STORED ? bring_run(page, entry, most - came, false, trail) : 0;
        if (got <= 0)
            break;
        came += (size_t)got;
        page += (size_t)got;
    }
    return came;
}

/* Objects often lie across the border of two pages. Whether the neighbour on this side (0: behind, 1: before) comes
 * with the page, because both were asked for together the last two times. Now and then that is looked at again. */
static bool has_partner(size_t page, unsigned side)
{
    uint8_t *marks = pte_table.heat + page;
    size_t beside = side ? page - 1 : page + 1;
    unsigned seen = PTE_BESIDE << side * PTE_BESIDE_SHIFT, before = PTE_BESIDE_BEFORE << side * PTE_BESIDE_SHIFT;
    if (fault_state.run_limit <= 1 || (side ? page : beside) % WINDOW_PAGES == 0)
        return false;
    if (demand_is_recent(beside)) {
        __atomic_fetch_or(marks, (uint8_t)seen, __ATOMIC_RELAXED);
        __atomic_fetch_or(pte_table.heat + beside, (uint8_t)(PTE_BESIDE << (1 - side) * PTE_BESIDE_SHIFT),
                          __ATOMIC_RELAXED);
    }
    unsigned now = __atomic_load_n(marks, __ATOMIC_RELAXED);
    if (!(now & seen)) {
        __atomic_fetch_and(marks, (uint8_t)~before, __ATOMIC_RELAXED);
        return false;
    }
    if ((now & before) && (page + evict_epoch()) % FORGET)
        return true;
    __atomic_fetch_or(marks, (uint8_t)before, __ATOMIC_RELAXED);
    __atomic_fetch_and(marks, (uint8_t)~seen, __ATOMIC_RELAXED);
    return false;
}

static size_t bring_partner(size_t page, size_t frames)
{
    pte entry = pte_load(page);
    int got = frames && pte_state(entry) == PTE_STORED ? bring_run(page, entry, 1, false, NULL) : 0;
    return got > 0 ? (size_t)got : 0;
}

static int bring_stored(size_t page, pte entry, unsigned access)
{
    bool next = has_partner(page, 0), last = has_partner(page, 1);
    unsigned stream;
    size_t run = read_ahead(page, &stream), frames = fault_take_frames(run > 1 ? run : 1u + next + last);
    struct trail left = {.epoch = evict_epoch()};
    /* A stream of the program's own, not two pages by chance, nor what is prefetched. */
    bool passes = access != PAGER_NONE && run > 1 && (run >= STREAM_RUN || run == fault_state.run_limit);
    struct trail *trail = passes && trail_wanted((left.epoch - pte_epoch(entry)) & 255) ? &left : NULL;
    int got = bring_run(page, entry, frames < run ? frames : run, true, trail);
    size_t done = got > 0 ? (size_t)got : 0;
    if (done && run > 1 && done < frames)
        done += bring_more(page + done, frames - done, trail);
    if (passes)
        trail_leave(&left, stream);
    if (done && run == 1 && next)
        done += bring_partner(page + 1, frames - done);
    if (done && run == 1 && last)
        done += bring_partner(page - 1, frames - done);
    frame_give(frames - done);
    took_in = done != 0;
    if (done > 1)
        COUNT(read_ahead, done - 1);
    evict_help(done);
    if (got > 0 || got == -ENOMEM)
        return again(got > 0);
    if (got == -EIO)
        COUNT(in_page_errors, 1);
    return got;
}

/* The page is a section's: what shows it is write-protected, or the page is missing after all. */
static int repair(size_t page, size_t at, bool gone)
{
    if (!prototype_is(page))
        return presence_repair(page, gone);
    if (!prototype_is(at))
        (void)presence_repair(at, false);
    return gone && prototype_fill(page, NULL, 1) > 0;
}

/* Present, or ours and gone behind our back (somebody's madvise): lift the protection; after repeats, zero-fill. `at`
 * is where it was touched: the page, or one that shows it. */
static int fix_present(size_t page, pte entry, size_t at)
{
    if (!pte_cas(page, entry, pte_with_state(entry, PTE_FIXING)))
        return 0;
    last_repeats = last_page == page ? last_repeats + 1 : 0;
    last_page = page;
    int repaired = repair(page, at, last_repeats >= 2 || pte_state(entry) == PTE_EVICTING);
    if (repaired > 0)
        last_repeats = 0;
    pte_store(page, pte_with_state(entry, PTE_VALID));
    if (!prototype_is(at))
        presence_wake(at);
    COUNT(write_protect, 1);
    if (repaired != -ENOMEM)
        return 0;
    if (!freezer)
        shrink_mappings();
    return again(false);
}

static void enter(void)
{
    for (;;) {
        atomic_fetch_add(&fault_state.active, 1);
        if (!atomic_load(&fault_state.frozen) || freezer)
            return;
        atomic_fetch_sub(&fault_state.active, 1);
        host_yield();
    }
}

void fault_freeze(void)
{
    atomic_store(&fault_state.frozen, 1);
    freezer = true;
    while (atomic_load(&fault_state.active))
        host_yield();
}

void fault_thaw(void)
{
    freezer = false;
    atomic_store(&fault_state.frozen, 0);
}

static int resolve(size_t page, unsigned access, size_t at)
{
    for (unsigned waited = 0;; waited++) {
        pte entry = pte_load(page);
        if (!presence_allows(page, access))
            return -EAGAIN;
        switch (pte_state(entry)) {
        case PTE_NONE:
            return -EAGAIN;
        case PTE_BAD:
            COUNT(in_page_errors, 1);
            return -EIO;
        case PTE_ZERO:
            demand_note(page);
            return bring_zero(page, entry, access);
        case PTE_STORED:
            demand_note(page);
            return bring_stored(page, entry, access);
        case PTE_VALID:
        case PTE_EVICTING:
            if (waited) {
                COUNT(collided, 1);
                return 0;
            }
            return fix_present(page, entry, at);
        default:
            if (waited < 200)
                __builtin_ia32_pause();
            else
                host_yield();
        }
    }
}

int fault_resolve(size_t page, unsigned access)
{
    uint64_t signals;
    host_signals_block(&signals); /* a handler that touches the page this thread has claimed would wait for itself */
    enter();
    COUNT(faults, 1);
    took_in = woke = false;
    size_t target = prototype_of(page);
    int result = resolve(target, access, page);
    if (result == -EAGAIN && target != page && prototype_of(page) != target)
        result = 0; /* its section is no longer paged: the kernel knows what the address means */
    atomic_fetch_sub(&fault_state.active, 1);
    host_signals_restore(&signals);
    if (!woke && !prototype_is(page))
        presence_wake(page);
    return result;
}

_Atomic uint32_t *pager_thread_priority(void)
{
    return &thread_priority;
}

void pager_set_process_priority(unsigned priority)
{
    atomic_store(&fault_state.process_priority, priority);
}

bool fault_took_in(void)
{
    return took_in;
}

void fault_get_totals(struct fault_totals *totals)
{
    totals->faults = atomic_load(&fault_state.faults);
    totals->demand_zero = atomic_load(&fault_state.demand_zero);
    totals->soft = atomic_load(&fault_state.soft);
    totals->hard = atomic_load(&fault_state.hard);
    totals->write_protect = atomic_load(&fault_state.write_protect);
    totals->collided = atomic_load(&fault_state.collided);
    totals->read_ahead = atomic_load(&fault_state.read_ahead);
    totals->in_page_errors = atomic_load(&fault_state.in_page_errors);
}
