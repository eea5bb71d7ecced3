/* evict.c: the clock over pages. One batch: choose victims, encode what is not clean, write-protect them all and see
 * that they are what was encoded, drop all by one call, lift the protection. A batch is in progress over many faults,
 * each of which does a small part of it, so that none pays for all. A page in it stays EVICTING, and anybody may take
 * it back, until it is dropped. Signal-safe; reads program memory, but only pages that it marked EVICTING, whose fault
 * (should one be gone) the fault path repairs without lock W. */
#include "pager/evict.h"

#include <unistd.h>

#include "host/follow.h"
#include "host/futex.h"
#include "host/lock.h"
#include "host/pages.h"
#include "host/uffd.h"
#include "pager/ahead.h"
#include "pager/contents.h"
#include "pager/demand.h"
#include "pager/frame.h"
#include "pager/guard.h"
#include "pager/pagefile.h"
#include "pager/pager.h"
#include "pager/pin.h"
#include "pager/presence.h"
#include "pager/prototype.h"
#include "pager/store.h"
#include "pager/trail.h"
#include "pager/worth.h"

#define BATCH_ENOUGH 512u /* one write-protect, one drop and one shootdown for that many */
#define BATCH_LARGE 1024u /* or for a sixty-fourth of what is resident, up to that many */
#define HELP_ABOVE 512u   /* pages over a hard minimum */
#define ALONE_MOST 2u     /* pages of a fault that is none of a stream */
#define TRAIL_PAGES 384u  /* so many of trails make a batch */
#define LOOK_WINDOWS 8u   /* looked at in one step */
#define POOR_BATCHES 64u
#define COMPARE_EACH 64u /* pages, of which one is packed both ways */
#define STUCK_ASKS 128u
#define STUCK_AGE 15u /* passes until a page is tried again that the kernel would not let go */

enum phase { CHOOSING, ENCODING };

/* What the parts of a batch cost, about a microsecond each. */
enum {
    COST_CHEAP = 1,
    COST_CLEAN = 2,
    COST_TWICE = 2,
    COST_PACKED = 8,
    COST_LOOK = 4,
    CREDIT_MOST = 512,
    SHARE_MOST = 24,
    AHEAD_PART = 48 /* under one hold of lock W */
};
#define EFFORT_ONE 1024 /* of a moving average of costs */

static host_lock evict_mutex = HOST_LOCK(RANK_PAGER);

static struct {
    bool by_thread;               /* faults are resolved by a thread, which does the evicting */
    int process;                  /* this one's number */
    _Atomic bool has_writers;     /* the kernel, or somebody, may write while no thread of the process runs */
    enum phase phase;             /* W */
    unsigned level;               /* W: only pages of this memory priority are chosen, 0: all */
    size_t hand;                  /* W: next page that the clock looks at */
    size_t looked;                /* W: windows, for this batch */
    unsigned idle;                /* W: times that the hand went round and found nothing to do, for this batch */
    size_t locked, locked_so_far; /* W: pages, in the last round of the hand and in this one */
    bool aged;                    /* W: since the hand was at the start it chose a page, or made one older */
    size_t encoded;               /* W: victims encoded so far */
    bool spill;                   /* W: pages go to the paging file: those that do not get smaller too */
    bool ahead;                   /* W: no fault waits for this part of the batch: bytes count more than time */
    bool any_page;                /* W: the batch is of a range that somebody wants out */
    unsigned poor;                /* W: batches in a row that freed little */
    bool no_room;                 /* W: the store could not take the last one */
    int credit;                   /* W: work that faults have paid for */
    int effort;                   /* W: what it costs to encode a page, a moving average */
    size_t lost;                  /* W: victims that were written while they were encoded */
    unsigned stuck;               /* W: asks until it is tried again, after nothing could leave */
    struct batch batch;           /* W */
    struct iovec drops[BATCH];
    uint8_t *buffers; /* W: copy of an unreadable page, encoder output, LZ4 workspace */
    _Atomic unsigned epoch;
    size_t epoch_pages; /* W: evicted in this epoch */
    struct evict_totals totals;
    /* Looked at by whoever has published a pin. */
    _Atomic size_t active_first, active_end;
} evict_state;

#define COPY_AREA (evict_state.buffers)
#define OUT_AREA (evict_state.buffers + 4096)
#define WORK_AREA (evict_state.buffers + 3 * 4096)
#define AREA_PAGES (3 + CODEC_WORKSPACE / 4096)

void evict_lock(uint64_t *signals)
{
    host_signals_block(signals);
    host_lock_acquire(&evict_mutex);
}

void evict_unlock(const uint64_t *signals)
{
    host_lock_release(&evict_mutex);
    host_signals_restore(signals);
}

int evict_start(bool thread_mode)
{
    evict_state.by_thread = thread_mode;
    contents_start(thread_mode);
    evict_state.process = getpid();
    void *at;
    int error = host_table_reserve(AREA_PAGES * 4096, &at);
    if (error)
        return error;
    evict_state.buffers = at;
    evict_state.batch.stride = 1;
    evict_state.effort = COST_PACKED * EFFORT_ONE;
    frame_account_table(AREA_PAGES);
    return 0;
}

void evict_restart(void)
{
    evict_state.process = getpid();
    pin_restart();
    host_lock_reset(&evict_mutex);
}

unsigned evict_epoch(void)
{
    return atomic_load_explicit(&evict_state.epoch, memory_order_relaxed) & 255;
}

/* ---- pins ---- */

bool evict_take_back(size_t page)
{
    pte entry = pte_raw(page);
    return pte_state(entry) == PTE_EVICTING && pte_cas(page, entry, pte_with_state(entry, PTE_VALID));
}

void evict_take_back_locked(size_t first, size_t end)
{
    for (size_t i = 0; i < evict_state.batch.count; i++) {
        if (evict_state.batch.victims[i].page >= first && evict_state.batch.victims[i].page < end)
            evict_take_back(evict_state.batch.victims[i].page);
    }
}

/* What a range shows of sections: writable here again, also those of its pages that are only beside the victims. */
static void take_back_shown(size_t first, size_t end)
{
    for (size_t page = first, stop; page < end; page = stop) {
        size_t target = prototype_of(page);
        stop = page + 1;
        if (target == page)
            continue;
        while (stop < end && prototype_of(stop) == target + (stop - page))
            stop++;
        evict_take_back_locked(target, target + (stop - page));
        if (presence_guard_locked(page, stop, false) == 0)
            continue;
        for (size_t at = page; at < stop; at++) /* the view is in pieces */
            (void)presence_guard_locked(at, at + 1, false);
    }
}

void evict_pass_over(size_t first, size_t end)
{
    uint64_t signals;
    if (atomic_load(&evict_state.active_first) >= end || atomic_load(&evict_state.active_end) <= first)
        return;
    evict_lock(&signals);
    evict_take_back_locked(first, end);
    take_back_shown(first, end < pte_table.arena_pages ? end : pte_table.arena_pages);
    for (size_t r = 0; r < evict_state.batch.range_count; r++) {
        struct range part = evict_state.batch.ranges[r];
        part.first = part.first > first ? part.first : first;
        part.end = part.end < end ? part.end : end;
        if (part.guarded && part.first < part.end)
            guard_protect_locked(part.first, part.end, false);
    }
    evict_unlock(&signals);
}

/* ---- choosing ---- */

/* A page that stays for another pass: meanwhile its encoded copy would only take room. */
static void drop_kept(struct frame *frame)
{
    place kept = atomic_load(&frame->kept);
    if (kept && store_in_memory(kept)) {
        atomic_store(&frame->kept, 0);
        store_free(kept);
    }
}

static void choose_page(size_t page, bool any_age, struct range *range)
{
    pte entry = pte_raw(page);
    if (!pte_resident(entry))
        return;
    evict_state.locked_so_far += !any_age && (entry & PTE_LOCKED);
    if (pte_state(entry) == PTE_VALID && !(entry & PTE_LOCKED) &&
        (any_age || evict_state.spill || !(entry & PTE_UNPACKABLE)) &&
        (!evict_state.level || pte_priority(entry) == evict_state.level)) {
        if (!any_age && pte_age(entry) >= evict_state.batch.stride && pte_priority(entry) >= 5) {
            if (pte_cas(page, entry, pte_with_age(entry, pte_age(entry) - evict_state.batch.stride)))
                drop_kept(frame_get((uint32_t)pte_payload(entry)));
            evict_state.aged = true;
        } else if (!evict_state.any_page && demand_is_young(page)) {
            if (pte_priority(entry) < 5)
                pte_note_priority(page / WINDOW_PAGES, pte_priority(entry));
        } else if (pte_cas(page, entry, pte_with_state(entry, PTE_EVICTING))) {
            evict_state.batch.victims[evict_state.batch.count++] = (struct victim){.page = page};
            evict_state.aged = true;
            if (range->first == SIZE_MAX)
                range->first = page;
            range->others += range->behind;
            range->behind = 0;
            range->end = page + 1;
            range->victims++;
            return;
        }
    }
    range->behind += range->victims != 0;
}

/* Takes the victims of [first, end) in as one range, unless a pin is in the way; of a trail only its pages. Returns
 * where it stopped: the batch was full, or a locked page came, which is not guarded: the kernel may write it. */
static size_t choose_range(size_t first, size_t end, bool any_age, size_t enough, const struct trail *trail)
{
    if (evict_state.batch.range_count == RANGES || guard_pinned_locked(first, end) ||
        (prototype_is(first) && !prototype_may_leave(first)))
        return end;
    struct range range = {.first = SIZE_MAX};
    for (;
         first < end && evict_state.batch.count < enough && (range.first == SIZE_MAX || !(pte_raw(first) & PTE_LOCKED));
         first++) {
        if (!trail || trail_has(trail, first))
            choose_page(first, any_age, &range);
        else
            range.behind += range.victims && pte_resident(pte_raw(first));
    }
    if (range.first != SIZE_MAX)
        evict_state.batch.ranges[evict_state.batch.range_count++] = range;
    return first;
}

static size_t batch_size(void)
{
    size_t resident = frame_resident(), enough = resident / 16, large = resident / 64;
    enough = enough > BATCH_ENOUGH ? BATCH_ENOUGH : enough < 16 ? 16 : enough;
    large = large > BATCH_LARGE ? BATCH_LARGE : large;
    return large > enough ? large : enough;
}

/* The pages of one low priority. False: some may be left, because the batch is full or something is in the way. */
static bool choose_level(unsigned level, size_t enough)
{
    bool all = true;
    uint8_t bit = (uint8_t)(1u << level);
    for (size_t window = pte_next_window(0), last = 0; window != SIZE_MAX && window >= last;
         last = window + 1, window = last < pte_table.window_count ? pte_next_window(last) : SIZE_MAX) {
        if (!(atomic_load(&pte_table.windows[window].low) & bit))
            continue;
        if (evict_state.batch.count >= enough || evict_state.batch.range_count == RANGES)
            return false;
        atomic_fetch_and(&pte_table.windows[window].low, (uint8_t)~bit);
        evict_state.level = level;
        size_t end = (window + 1) * WINDOW_PAGES;
        if (guard_pinned_locked(window * WINDOW_PAGES, end) ||
            choose_range(window * WINDOW_PAGES, end, true, enough, NULL) < end) {
            atomic_fetch_or(&pte_table.windows[window].low, bit);
            all = false;
        }
        evict_state.level = 0;
    }
    return all;
}

/* Pages of low memory priority go before all others, the lowest first, whatever the hand would say. */
static void choose_low(size_t enough)
{
    bool all = true;
    atomic_store(&pte_low_priority, false); /* whoever notes one from here on sets it again */
    for (unsigned level = 1; level < 5; level++)
        all &= choose_level(level, enough);
    if (!all)
        atomic_store(&pte_low_priority, true);
}

/* Pages that faults keep free together: what one batch frees, used up while the next one is made. */
static int64_t high_water(void)
{
    size_t size = batch_size();
    return (int64_t)(size + size / 8);
}

/* So many pages of trails make a batch. */
static size_t trail_enough(void)
{
    size_t enough = frame_budget() / 128;
    enough = enough < TRAIL_PAGES ? enough : TRAIL_PAGES;
    return enough < batch_size() / 2 ? enough : batch_size() / 2;
}

/* No batch is begun: there will soon be enough without the clock. */
static bool await_trails(void)
{
    size_t length = trail_length();
    return length && length < trail_enough() && atomic_load(&evict_state.active_end) == 0;
}

static void choose_trails(size_t enough)
{
    struct trail trail;
    while (evict_state.batch.count < enough && evict_state.batch.range_count < RANGES &&
           trail_take(&trail, evict_epoch())) {
        size_t at = trail.first, window = (at / WINDOW_PAGES + 1) * WINDOW_PAGES, span = at + TRAIL_SPAN;
        while (at < window && at < span && evict_state.batch.count < enough && evict_state.batch.range_count < RANGES)
            at = choose_range(at, window < span ? window : span, false, enough, &trail);
    }
}

/* The clock's hand goes on over a few windows. True: there are victims enough, or there will be no more. */
static bool choose(void)
{
    size_t enough = batch_size();
    demand_look();
    if (atomic_load_explicit(&pte_low_priority, memory_order_relaxed) && !evict_state.batch.count &&
        !evict_state.looked) {
        choose_low(enough);
        if (evict_state.batch.count)
            return true;
    }
    if (!evict_state.batch.count && !evict_state.looked && trail_length()) {
        choose_trails(enough);
        if (evict_state.batch.count && evict_state.batch.count >= trail_enough())
            return true;
    }
    for (unsigned i = 0; i < LOOK_WINDOWS; i++) {
        size_t window = pte_next_window(evict_state.hand / WINDOW_PAGES);
        if (window == SIZE_MAX)
            return true;
        size_t from = window * WINDOW_PAGES, end = from + WINDOW_PAGES;
        if (end <= evict_state.hand || !evict_state.hand) { /* round */
            evict_state.idle = evict_state.aged ? 0 : evict_state.idle + 1;
            evict_state.aged = false;
            evict_state.locked = evict_state.locked_so_far;
            evict_state.locked_so_far = 0;
            if (evict_state.idle > 1)
                return true;
        }
        if (evict_state.hand > from && evict_state.hand < end)
            from = evict_state.hand;
        size_t stop = choose_range(from, end, false, enough, NULL);
        evict_state.hand = stop < pte_table.pages ? stop : 0;
        evict_state.looked += stop == end;
        if (evict_state.batch.count >= enough || evict_state.batch.range_count == RANGES)
            return true;
    }
    return evict_state.looked >= 4096 || (evict_state.looked >= 128 && evict_state.batch.count >= enough / 4);
}

/* ---- encoding ---- */

static void set_active(size_t first, size_t end)
{
    atomic_store(&evict_state.active_first, first);
    atomic_store(&evict_state.active_end, end);
    atomic_thread_fence(memory_order_seq_cst);
}

/* Makes a range of the arena part of another. */
static bool widen(void *context, size_t first, size_t end)
{
    struct range *whole = context;
    whole->first = first < whole->first ? first : whole->first;
    whole->end = end > whole->end ? end : whole->end;
    return false;
}

/* From here to the drop the only thread there is is in this function. */
static bool nobody_writes(void)
{
    return !evict_state.by_thread && !atomic_load(&evict_state.has_writers) && host_is_alone(evict_state.process);
}

void pager_expect_writers(void)
{
    atomic_store(&evict_state.has_writers, true);
}

static void begin_encoding(void)
{
    struct range whole = {.first = SIZE_MAX};
    for (size_t r = 0; r < evict_state.batch.range_count; r++) {
        struct range *range = &evict_state.batch.ranges[r];
        if (prototype_is(range->first))
            prototype_any_view_locked(range->first, range->end, widen, &whole);
        else
            widen(&whole, range->first, range->end);
    }
    set_active(whole.first, whole.end);
    guard_release_pinned_locked(&evict_state.batch);
    evict_state.batch.early = worth_guarding_early();
    guard_early_locked(&evict_state.batch);
    evict_state.encoded = 0;
    evict_state.no_room = false;
    evict_state.phase = ENCODING;
}

/* An encoded copy that was kept is of the same contents. */
static bool still_same(const struct frame *frame, const uint64_t hash[2])
{
    return hash[0] == frame->hash[0] && hash[1] == frame->hash[1];
}

static place append(size_t page, enum codec codec, uint32_t length)
{
    place at = store_append_locked(page, codec, OUT_AREA, length);
    if (!at && store_prepare_locked(false))
        at = store_append_locked(page, codec, OUT_AREA, length);
    return at;
}

/* What does not fit goes to the file, or soon will: bytes count more than time. */
static bool is_tight(void)
{
    return evict_state.spill || store_pages() * 2 > frame_budget();
}

/* A few pages are packed both ways, which tells what codes take and what they save. */
static void compare_codes(const void *bytes, unsigned how)
{
    int64_t start = host_now();
    uint32_t without = codec_pack(bytes, OUT_AREA, WORK_AREA, how).length;
    int64_t between = host_now();
    uint32_t with = codec_pack(bytes, OUT_AREA, WORK_AREA, how | CODEC_CODES).length;
    worth_note_codes(without, with, (host_now() - between) - (between - start));
}

static struct codec_result pack(size_t number, const void *bytes, bool unpackable)
{
    bool sample = number % 16 == 0;
    unsigned how = (unpackable && !sample ? CODEC_NO_LZ4 : 0u) | (sample || worth_packing_twice() ? CODEC_TWICE : 0u);
    if (number % COMPARE_EACH == 0)
        compare_codes(bytes, how);
    if (is_tight())
        how |= CODEC_DENSE;
    else if (worth_codes())
        how |= evict_state.ahead ? CODEC_DENSE : CODEC_CODES;
    return codec_pack(bytes, OUT_AREA, WORK_AREA, how);
}

/* Where the page's bytes are from now on: `after` stays 0 when the store has no room. Returns the cost. */
static int encode_page(struct victim *victim, pte entry, struct frame *frame)
{
    const void *bytes = contents_of(victim->page, entry, COPY_AREA);
    if (!bytes)
        return COST_CHEAP;
    pte base = (entry & ~(PTE_EPOCH_MASK | PTE_WAS_DIRTY | PTE_UNPACKABLE)) | (pte)evict_epoch() << PTE_EPOCH_SHIFT;
    place kept = atomic_load(&frame->kept);
    if (kept || !guard_is_early_locked(&evict_state.batch, victim->page))
        codec_hash(bytes, 4096, victim->hash);
    bool same = kept && still_same(frame, victim->hash);
    if (kept)
        worth_note_kept(same);
    if (same) {
        victim->after = pte_with(base, PTE_STORED, kept);
        evict_state.totals.clean++;
        return COST_CLEAN;
    }
    if (codec_is_zero(bytes)) {
        victim->after = pte_with(base | (entry & PTE_DISCARDED), PTE_ZERO, 0);
        evict_state.totals.zero++;
        return COST_CHEAP;
    }
    struct codec_result made = pack(victim->page + evict_epoch(), bytes, (entry & PTE_UNPACKABLE) != 0);
    if (made.tried_twice)
        worth_note_twice(made.packed_twice);
    if (made.codec == CODEC_RAW && !evict_state.spill && !evict_state.any_page) {
        pte_cas(victim->page, entry, pte_with_state(entry, PTE_VALID) | PTE_UNPACKABLE);
        return COST_PACKED; /* it would take as much room in the store */
    }
    place at = append(victim->page, made.codec, made.length);
    if (!at) {
        evict_state.no_room = true;
        return COST_PACKED;
    }
    if (evict_state.spill)
        store_spill_locked(false);
    victim->fresh = true;
    victim->after =
        pte_with(base | (kept ? PTE_WAS_DIRTY : 0) | (made.unpackable ? PTE_UNPACKABLE : 0), PTE_STORED, at);
    evict_state.totals.encoded++;
    return made.tried_lz4 ? COST_PACKED : made.tried_twice ? COST_TWICE : COST_CHEAP;
}

/* A page that is not in memory at all goes back; its next fault makes it zero, as the kernel would have it. */
static int encode_next(void)
{
    struct victim *victim = &evict_state.batch.victims[evict_state.encoded++];
    pte entry = pte_raw(victim->page);
    if (pte_state(entry) != PTE_EVICTING) {
        evict_state.lost++;
        return 0;
    }
    if (entry & PTE_OFFERED) {
        pte left = entry & ~(PTE_EPOCH_MASK | PTE_UNPACKABLE);
        victim->after = pte_with(left | PTE_DISCARDED, PTE_ZERO, 0);
        return COST_CHEAP;
    }
    int cost = COST_CHEAP;
    if (!evict_state.no_room && contents_there(victim->page))
        cost = encode_page(victim, entry, frame_get((uint32_t)pte_payload(entry)));
    if (!victim->after)
        evict_take_back(victim->page);
    return cost;
}

/* ---- dropping ---- */

/* A new place that no entry refers to is given back. */
static void give_up(struct victim *victim)
{
    if (victim->fresh)
        store_free(pte_payload(victim->after));
    victim->after = 0;
    evict_state.totals.taken_back++;
}

/* Whether a guarded page is still what was encoded of it. Of what was offered nothing was. */
static bool unchanged(const struct victim *victim, pte entry)
{
    return guard_is_early_locked(&evict_state.batch, victim->page) || (entry & PTE_OFFERED) ||
           contents_are(victim->page, entry, victim->hash, COPY_AREA);
}

static size_t build_drops(void)
{
    size_t drops = 0;
    contents_look_again();
    for (size_t i = 0; i < evict_state.batch.count; i++) {
        struct victim *victim = &evict_state.batch.victims[i];
        pte entry = pte_raw(victim->page);
        if (!victim->after)
            continue;
        if (pte_state(entry) == PTE_EVICTING && !unchanged(victim, entry))
            evict_take_back(victim->page);
        entry = pte_raw(victim->page);
        if (pte_state(entry) != PTE_EVICTING || !pte_cas(victim->page, entry, pte_with_state(entry, PTE_DROPPING))) {
            give_up(victim); /* written meanwhile, or its writer took it back */
            evict_state.lost++;
            continue;
        }
        if (prototype_is(victim->page))
            continue;
        uint8_t *at = pte_address(victim->page);
        struct iovec *last = drops ? &evict_state.drops[drops - 1] : NULL;
        if (last && (uint8_t *)last->iov_base + last->iov_len == at)
            last->iov_len += 4096;
        else
            evict_state.drops[drops++] = (struct iovec){at, 4096};
    }
    return drops;
}

static void publish(struct victim *victim, bool dropped)
{
    pte entry = pte_raw(victim->page);
    uint32_t index = (uint32_t)pte_payload(entry);
    struct frame *frame = frame_get(index);
    if (!dropped) {
        give_up(victim);
        pte_store(victim->page, pte_with_age(pte_with_state(entry, PTE_VALID), STUCK_AGE));
        return;
    }
    place kept = atomic_load(&frame->kept);
    if (kept && kept != pte_payload(victim->after))
        store_free(kept);
    atomic_store(&frame->kept, 0);
    pte_store(victim->page, victim->after);
    pte_window_add(victim->page / WINDOW_PAGES, -1);
    frame_free(index);
    frame_give(1);
}

/* Pages of sections that follow each other go by one hole. */
static size_t drop_of_sections(void)
{
    struct victim *victims = evict_state.batch.victims;
    size_t count = 0;
    for (size_t i = 0, next; i < evict_state.batch.count; i = next) {
        next = i + 1;
        if (!victims[i].after || !prototype_is(victims[i].page))
            continue;
        while (next < evict_state.batch.count && victims[next].after &&
               victims[next].page == victims[next - 1].page + 1 && victims[next].page % WINDOW_PAGES)
            next++;
        bool dropped = prototype_drop(victims[i].page, next - i) == 0;
        count += dropped ? next - i : 0;
        for (size_t at = i; at < next; at++)
            publish(&victims[at], dropped);
    }
    return count;
}

/* What one call did not drop as a whole it may have dropped in part (memory that the program has locked by mlock is in
 * the middle): each page is asked for alone. */
static bool drop_page(size_t page)
{
    return host_drop_pages(&(struct iovec){pte_address(page), PAGE_SIZE_BYTES}, 1) > 0;
}

static size_t drop(void)
{
    guard_release_pinned_locked(&evict_state.batch); /* those that are not guarded yet */
    if (nobody_writes())
        evict_state.batch.stride = 1;
    else
        guard_late_locked(&evict_state.batch);
    size_t drops = build_drops();
    int64_t dropped = drops ? host_drop_pages(evict_state.drops, drops) : 0;
    int64_t left = dropped > 0 ? dropped / 4096 : 0;
    size_t count = drop_of_sections();
    for (size_t i = 0; i < evict_state.batch.count; i++) {
        if (!evict_state.batch.victims[i].after || prototype_is(evict_state.batch.victims[i].page))
            continue;
        bool gone = left > 0 || drop_page(evict_state.batch.victims[i].page);
        publish(&evict_state.batch.victims[i], gone);
        count += gone;
        left--;
    }
    evict_state.totals.evicted += count;
    evict_state.epoch_pages += count;
    if (evict_state.epoch_pages >= frame_resident() / 8 + 1) {
        worth_note_time(evict_state.epoch_pages, host_process_time(), frame_resident(), store_stored());
        evict_state.epoch_pages = 0;
        evict_state.spill &= store_file_pages() > frame_budget() / 64;
        atomic_fetch_add_explicit(&evict_state.epoch, 1, memory_order_relaxed);
    }
    return count;
}

/* The store may have most of what is not locked; once not all fits anyway the coldest pages are for the file. */
static void balance_store(void)
{
    store_tidy_locked();
    size_t most = frame_store_most(evict_state.locked, evict_state.spill ? 3 : 6);
    size_t have = store_pages() - pagefile_in_flight_locked() * SEGMENT_PAGES;
    if (store_pages() > most && have > most) {
        evict_state.spill = true;
        store_shrink_locked(have - most < STORE_STEP ? have - most : STORE_STEP);
    }
    if (evict_state.spill)
        store_spill_locked(true);
    store_prepare_locked(false);
}

static size_t finish_batch(void)
{
    size_t count = drop();
    guard_lift_locked(&evict_state.batch);
    worth_note_written(evict_state.lost, evict_state.batch.count);
    set_active(0, 0);
    evict_state.poor = count > evict_state.batch.count / 4 ? 0 : evict_state.poor + 1;
    evict_state.spill |= evict_state.poor >= POOR_BATCHES;
    evict_state.batch.count = evict_state.batch.range_count = 0;
    evict_state.encoded = evict_state.looked = evict_state.lost = 0;
    evict_state.idle = 0;
    evict_state.phase = CHOOSING;
    evict_state.totals.batches++;
    balance_store();
    return count;
}

/* ---- the batch in progress ---- */

/* One part of the work; returns its cost. *freed: pages that left memory. *ended: the batch is over. */
static int step(size_t *freed, bool *ended)
{
    if (evict_state.phase == CHOOSING) {
        if (!choose())
            return COST_LOOK;
        if (evict_state.batch.count) {
            begin_encoding();
        } else {
            evict_state.looked = evict_state.idle = 0;
            balance_store();
            *ended = true;
        }
        return COST_LOOK;
    }
    if (evict_state.encoded < evict_state.batch.count) {
        int cost = encode_next();
        evict_state.effort += (cost * EFFORT_ONE - evict_state.effort) / 64;
        return cost;
    }
    *freed += finish_batch();
    *ended = true;
    return COST_PACKED;
}

static size_t whole_batch(void)
{
    size_t freed = 0;
    bool ended = false;
    contents_look_again();
    while (!ended)
        step(&freed, &ended);
    return freed;
}

void evict_settle_locked(void)
{
    if (evict_state.batch.count && evict_state.phase == CHOOSING)
        begin_encoding();
    if (evict_state.batch.count)
        whole_batch();
}

void evict_settle_page_locked(size_t page)
{
    for (size_t r = 0; r < evict_state.batch.range_count; r++) {
        if (page >= evict_state.batch.ranges[r].first && page < evict_state.batch.ranges[r].end) {
            evict_settle_locked();
            return;
        }
    }
}

/* The work that a page which came in has to pay for: the batch is to be done when most of what is free is used up. */
static int share(int64_t have)
{
    int64_t left = (int64_t)batch_size() - (int64_t)evict_state.encoded, spare = have - high_water() / 16;
    if (left < 1 || spare < 1)
        return SHARE_MOST;
    int64_t work = left * evict_state.effort / EFFORT_ONE / spare + 1;
    return work < SHARE_MOST ? (int)work : SHARE_MOST;
}

/* Nothing is to be freed by the way: there is enough, there will be soon, or it would be of no use. */
static bool has_enough(int64_t high)
{
    int64_t have = frame_room();
    size_t least = frame_least();
    return have >= high || evict_state.stuck || (least && frame_resident() <= least + HELP_ABOVE) ||
           (have > high / 2 && await_trails());
}

/* So much of a batch; returns the pages that it freed. */
static size_t work(int *credit, bool *ended)
{
    size_t freed = 0;
    contents_look_again();
    while (*credit > 0 && !*ended)
        *credit -= step(&freed, ended);
    return freed;
}

bool evict_ahead(void)
{
    int credit = AHEAD_PART;
    bool ended = false;
    host_lock_acquire(&evict_mutex);
    bool wanted = !has_enough(high_water());
    evict_state.ahead = true;
    size_t freed = wanted ? work(&credit, &ended) : 0;
    evict_state.ahead = false;
    evict_state.totals.ahead += freed;
    host_lock_release(&evict_mutex);
    return wanted && (!ended || freed);
}

void evict_help(size_t pages)
{
    int64_t high = high_water(), have = frame_room();
    /* Whoever resolves the faults of a stream works while its pages are used: there a third thread is in the way. */
    if (pages <= ALONE_MOST && ahead_is_there()) {
        if (have < high - high / 4)
            ahead_ask();
        if (have > high / 8)
            return;
    }
    if (has_enough(high) || !host_lock_try(&evict_mutex))
        return;
    int credit = evict_state.credit + share(have) * (int)pages;
    bool ended = false;
    credit = credit < CREDIT_MOST ? credit : CREDIT_MOST;
    work(&credit, &ended);
    evict_state.credit = credit;
    host_lock_release(&evict_mutex);
}

void evict_retry_locked(void)
{
    evict_state.stuck = 0;
}

size_t evict_pages_locked(size_t want)
{
    host_lock_assert(&evict_mutex);
    size_t freed = 0;
    unsigned idle = 0;
    if (evict_state.stuck) {
        evict_state.stuck--;
        return 0;
    }
    /* A batch that freed enough is the end, whoever takes what it freed: who waits for lock W waits for one. */
    while (frame_room() < (int64_t)want && idle < 8 && freed < want) {
        store_prepare_locked(idle > 2);
        size_t got = 0, least = frame_least();
        if (!least || frame_resident() > least || frame_available() >= (int64_t)want || idle > 4)
            got = whole_batch();
        else
            balance_store();
        freed += got;
        idle = got ? 0 : idle + 1;
        evict_state.spill |= idle > 0;
        if (frame_resident() <= 32 + least || idle > 4)
            store_shrink_locked(want + SEGMENT_PAGES);
    }
    if (!freed && frame_room() <= 0)
        evict_state.stuck = STUCK_ASKS;
    return freed;
}

/* One batch of pages of whatever age; *stop tells how far it goes. */
static size_t leave(size_t first, size_t end, bool any_page, size_t *stop)
{
    store_prepare_locked(true);
    evict_state.any_page = any_page;
    demand_look();
    *stop = choose_range(first, end, true, BATCH_ENOUGH, NULL);
    if (evict_state.batch.count)
        begin_encoding();
    size_t freed = evict_state.batch.count ? whole_batch() : 0;
    evict_state.any_page = false;
    return freed;
}

size_t evict_range_locked(size_t first, size_t end)
{
    host_lock_assert(&evict_mutex);
    size_t freed = 0;
    evict_settle_locked();
    while (first < end) {
        size_t stop = (first / WINDOW_PAGES + 1) * WINDOW_PAGES;
        stop = stop < end ? stop : end;
        if (atomic_load(&pte_table.windows[first / WINDOW_PAGES].resident))
            freed += leave(first, stop, true, &stop);
        first = stop;
    }
    return freed;
}

bool evict_window_locked(bool any_page, size_t *freed)
{
    evict_settle_locked();
    size_t window = pte_next_window(evict_state.hand / WINDOW_PAGES), stop;
    if (window == SIZE_MAX)
        return false;
    *freed += leave(window * WINDOW_PAGES, (window + 1) * WINDOW_PAGES, any_page, &stop);
    evict_state.hand = stop < pte_table.pages ? stop : 0;
    return true;
}

void evict_get_totals(struct evict_totals *totals)
{
    *totals = evict_state.totals;
}

void evict_note_over_budget(void)
{
    evict_state.totals.over_budget++;
}
