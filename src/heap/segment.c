/* segment.c: the back end: segments of 32 MiB cut into slices of 64 KiB, as bitmaps. Gives runs of slices as pages,
 * takes them back coalesced, commits in steps and decommits what stays unused. Calls mm; heap->back guards it all. */
#include "heap/internal.h"

#include <stddef.h>
#include <time.h>

#include "heap/annotate.h"
#include "host/memory.h"
#include "mm/mm.h"

#define PURGE_TICK_MS 500
#define COMMIT_AHEAD_SMALL 4
#define COMMIT_AHEAD_LARGE 16
#define LARGE_HEAP_SLICES 64
#define HUGE_SLICES 32u      /* 2 MiB */
#define HUGE_HEAP_SLICES 256 /* a heap with 16 MiB in pages that it fills may grow by huge pages */
#define RECORD_SMALLEST 6
#define SPARE_LEAST 1280u    /* slices that a heap may keep in spare whatever it has: 80 MiB */
#define SPARE_LARGEST 16384u /* the most that it comes to keep when it takes them again and again */
#define REGROW_MS 10000
#define LOOK_MOST 16u  /* segments that may turn out to have no room */
#define RETIRED_MS 500 /* nobody who looked a wrong pointer up is still at it after so long */

uint64_t heap_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool bit(const uint64_t *map, unsigned at)
{
    return map[at / 64] >> (at % 64) & 1;
}

static void set_bits(uint64_t *map, unsigned first, unsigned count, bool value)
{
    while (count) {
        unsigned shift = first % 64, n = 64 - shift < count ? 64 - shift : count;
        uint64_t mask = (n == 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1) << shift;
        if (value)
            map[first / 64] |= mask;
        else
            map[first / 64] &= ~mask;
        first += n;
        count -= n;
    }
}

static unsigned count_bits(const uint64_t *map)
{
    unsigned count = 0;
    for (unsigned i = 0; i < BITMAP_WORDS; i++)
        count += (unsigned)__builtin_popcountll(map[i]);
    return count;
}

/* First position >= from whose bit is `value`; SLICES when none. */
static unsigned next_bit(const uint64_t *map, unsigned from, bool value)
{
    while (from < SLICES) {
        uint64_t word = (value ? map[from / 64] : ~map[from / 64]) >> (from % 64);
        if (word)
            return from + (unsigned)__builtin_ctzll(word);
        from = (from | 63) + 1;
    }
    return SLICES;
}

/* First run of at least `count` ones; 0 when none (slice 0 is never free). */
static unsigned find_run(const uint64_t *map, unsigned count)
{
    unsigned at = next_bit(map, 0, true);
    while (at < SLICES) {
        unsigned end = next_bit(map, at, false);
        if (end - at >= count)
            return at;
        at = next_bit(map, end, true);
    }
    return 0;
}

static unsigned largest_run(const uint64_t *map, unsigned *length)
{
    unsigned best = 0;
    *length = 0;
    for (unsigned at = next_bit(map, 0, true); at < SLICES;) {
        unsigned end = next_bit(map, at, false);
        if (end - at > *length) {
            best = at;
            *length = end - at;
        }
        at = next_bit(map, end, true);
    }
    return best;
}

struct segment_info *segment_info_of(const void *pointer)
{
    return (struct segment_info *)(void *)segment_of(pointer)->pages[INFO_SLICE].records;
}

static void runs_of(const struct segment_info *info, unsigned kind, uint64_t *map)
{
    for (unsigned i = 0; i < BITMAP_WORDS; i++) {
        map[i] = info->free[i];
        if (kind != RUN_FREE)
            map[i] &= kind == RUN_WRITTEN ? info->committed[i] & ~info->clean[i] : info->committed[i];
    }
}

/* 1, 2 and 3, to 15, to 63, longer ones. */
static unsigned run_class(unsigned length)
{
    return length < 4 ? length / 2 : length < 16 ? 2 : length < 64 ? 3 : 4;
}

static void run_set(struct heap *heap, struct segment_info *info, unsigned kind, unsigned longest)
{
    struct segment_run *run = &info->runs[kind];
    unsigned old = run->longest;
    run->longest = longest;
    if (old && longest && run_class(old) == run_class(longest))
        return;
    if (old) {
        if (run->previous)
            run->previous->runs[kind].next = run->next;
        else
            heap->open[kind][run_class(old)] = run->next;
        if (run->next)
            run->next->runs[kind].previous = run->previous;
    }
    if (longest) {
        struct segment_info **first = &heap->open[kind][run_class(longest)];
        run->previous = NULL;
        run->next = *first;
        if (*first)
            (*first)->runs[kind].previous = info;
        *first = info;
    }
}

/* After the segment's slices changed: before anybody looks for some. */
static void list_segment(struct heap *heap, struct segment_info *info)
{
    uint64_t map[BITMAP_WORDS];
    for (unsigned kind = 0; kind < RUN_KINDS; kind++) {
        unsigned longest;
        runs_of(info, kind, map);
        (void)largest_run(map, &longest);
        run_set(heap, info, kind, longest);
    }
}

/* Ones on both sides of some positions. */
static unsigned neighbours(const uint64_t *map, unsigned first, unsigned count)
{
    unsigned left = 0;
    while (left < first) {
        unsigned at = first - left - 1;
        uint64_t zeros = ~map[at / 64] << (63 - at % 64);
        left += zeros ? (unsigned)__builtin_clzll(zeros) : at % 64 + 1;
        if (zeros)
            break;
    }
    return left + next_bit(map, first + count, false) - (first + count);
}

/* The same when slices became free, or none any more and nothing else has changed: mostly the longest stays. */
static void list_change(struct heap *heap, struct segment_info *info, unsigned first, unsigned count, bool given)
{
    uint64_t map[BITMAP_WORDS];
    for (unsigned kind = 0; kind < RUN_KINDS; kind++) {
        unsigned longest = info->runs[kind].longest, length;
        runs_of(info, kind, map);
        length = neighbours(map, first, count) + count;
        if (length < longest)
            continue;
        if (!given)
            (void)largest_run(map, &length);
        run_set(heap, info, kind, length);
    }
}

static void unlist_segment(struct heap *heap, struct segment_info *info)
{
    for (unsigned kind = 0; kind < RUN_KINDS; kind++)
        run_set(heap, info, kind, 0);
}

/* A segment without pages joins the heap: pointers into it are looked up from now on. */
static void segment_join(struct heap *heap, struct segment_info *info)
{
    info->index = heap->region_count++;
    info->chain = heap->all;
    heap->all = info;
    list_segment(heap, info);
    heap_kind[(uintptr_t)info->base >> SEGMENT_SHIFT] = KIND_SEGMENT;
}

static struct segment_info *segment_new(struct heap *heap)
{
    struct segment_info *info = heap->retired;
    if (info) {
        heap->retired = info->chain;
        segment_join(heap, info);
        return info;
    }
    info = pool_take(sizeof(*info));
    void *base = NULL;
    if (!info)
        return NULL;
    if (mm_heap_reserve(&base, SEGMENT_SIZE, SEGMENT_SIZE, heap->executable) != STATUS_SUCCESS)
        goto no_reserve;
    if ((uintptr_t)base >> ADDRESS_BITS || mm_heap_commit(base, RECORD_AREA + SLICE) != STATUS_SUCCESS)
        goto no_commit;
    info->base = base;
    info->heap = heap;
    info->records_used = (uint32_t)RECORD_AREA;
    info->records_committed = (uint32_t)(RECORD_AREA + SLICE);
    info->free_count = USABLE_SLICES;
    set_bits(info->free, FIRST_SLICE, USABLE_SLICES, true);
    if (!heap->home)
        heap->home = (uintptr_t)base;
    struct segment *segment = base;
    segment->pages[INFO_SLICE].records = (uint32_t *)(void *)info;
    segment_join(heap, info);
    if (heap_state.annotate)
        annotate_region(base, SEGMENT_SIZE, true);
    return info;
no_commit:
    mm_heap_release(base, SEGMENT_SIZE);
no_reserve:
    pool_give(info, sizeof(*info));
    return NULL;
}

void segment_first_locked(struct heap *heap)
{
    host_lock_assert(&heap->back);
    if (!heap->all && !heap->huge)
        (void)segment_new(heap);
}

static unsigned record_log(size_t bytes)
{
    unsigned log = RECORD_SMALLEST;
    while (((size_t)1 << log) < bytes)
        log++;
    return log;
}

static void records_give(struct segment_info *info, uint8_t *piece, size_t bytes)
{
    unsigned log = record_log(bytes);
    memcpy(piece, &info->records_free[log], sizeof(uint32_t));
    info->records_free[log] = (uint32_t)(piece - info->base);
}

/* Records of a page, in the segment's area, all 0; NULL when it is exhausted. */
static uint8_t *records_take(struct segment_info *info, size_t bytes)
{
    unsigned log = record_log(bytes);
    for (unsigned larger = log; larger < sizeof(info->records_free) / sizeof(*info->records_free); larger++) {
        uint32_t offset = info->records_free[larger];
        if (!offset)
            continue;
        uint8_t *piece = info->base + offset;
        memcpy(&info->records_free[larger], piece, sizeof(uint32_t));
        while (larger-- > log)
            records_give(info, piece + ((size_t)1 << larger), (size_t)1 << larger);
        return memset(piece, 0, bytes);
    }
    uint32_t end = info->records_used + (1u << log);
    if (end > RECORD_AREA_END)
        return NULL;
    while (end > info->records_committed) {
        if (mm_heap_commit(info->base + info->records_committed, SLICE) != STATUS_SUCCESS)
            return NULL;
        info->records_committed += (uint32_t)SLICE;
    }
    uint8_t *piece = info->base + info->records_used;
    info->records_used = end;
    return piece;
}

/* A heap that takes again what it has just given back comes and goes: it keeps more the next time. */
static void count_regrown(struct heap *heap, unsigned count)
{
    if (!heap->spared_at)
        return;
    heap->regrown += count;
    if (heap_clock() - heap->spared_at > REGROW_MS) {
        heap->spared_at = 0;
    } else if (heap->regrown >= heap->spared / 2) {
        heap->spared_at = 0;
        heap->spare_most = heap->spare_most < SPARE_LARGEST ? heap->spare_most * 2 : heap->spare_most;
    }
}

static bool commit_exactly(struct heap *heap, struct segment_info *info, unsigned first, unsigned count)
{
    if (mm_heap_commit(info->base + first * SLICE, count * SLICE) != STATUS_SUCCESS)
        return false;
    set_bits(info->committed, first, count, true);
    set_bits(info->clean, first, count, true);
    info->committed_count += count;
    heap->committed_slices += count;
    count_regrown(heap, count);
    return true;
}

/* A large heap grows by whole huge pages: a run of free uncommitted slices that fills one is committed as one. */
static void commit_huge(struct heap *heap, struct segment_info *info, unsigned at)
{
    unsigned first = at & ~(HUGE_SLICES - 1);
    if (!heap_state.huge_pages || heap->dense_slices < HUGE_HEAP_SLICES || first < FIRST_SLICE ||
        first + HUGE_SLICES > LAST_SLICE)
        return;
    if (next_bit(info->free, first, false) < first + HUGE_SLICES ||
        next_bit(info->committed, first, true) < first + HUGE_SLICES)
        return;
    if (!commit_exactly(heap, info, first, HUGE_SLICES))
        return;
    info->huge |= (uint16_t)(1u << first / HUGE_SLICES);
    (void)host_advise_huge(info->base + first * SLICE, HUGE_SLICES * SLICE);
}

/* Commits what is missing in a run of free slices, and some slices behind it. `dense`: it will be written all over. */
static bool commit_run(struct heap *heap, struct segment_info *info, unsigned first, unsigned count, bool dense)
{
    unsigned end = first + count;
    for (unsigned at = next_bit(info->committed, first, false); at < end; at = next_bit(info->committed, at, false)) {
        if (dense)
            commit_huge(heap, info, at);
        if (bit(info->committed, at))
            continue;
        unsigned stop = next_bit(info->committed, at, true);
        if (stop > end) {
            unsigned ahead = atomic_load_explicit(&heap->live_slices, memory_order_relaxed) > LARGE_HEAP_SLICES
                                 ? COMMIT_AHEAD_LARGE
                                 : COMMIT_AHEAD_SMALL;
            unsigned limit = next_bit(info->free, at, false);
            unsigned want = at + ahead > end ? at + ahead : end;
            if (want > (at | (HUGE_SLICES - 1)) + 1 && end <= (at | (HUGE_SLICES - 1)) + 1)
                want = (at | (HUGE_SLICES - 1)) + 1; /* the next huge page stays whole */
            want = want < limit ? want : limit;
            want = want < stop ? want : stop;
            if (want > end && commit_exactly(heap, info, at, want - at))
                return true;
            stop = end;
        }
        if (!commit_exactly(heap, info, at, stop - at))
            return false;
        at = stop;
    }
    return true;
}

/* A segment with a run so long; of the class that has some that are too short at most so many are looked at. */
static struct segment_info *find_segment(const struct heap *heap, unsigned kind, unsigned count, size_t most)
{
    unsigned class = run_class(count);
    for (struct segment_info *info = heap->open[kind][class]; info && most; most--) {
        if (info->runs[kind].longest >= count)
            return info;
        info = info->runs[kind].next;
    }
    while (++class < RUN_CLASSES) {
        if (heap->open[kind][class])
            return heap->open[kind][class];
    }
    return NULL;
}

/* A run of free slices: committed ones first, then any, then a new segment's. 0: none. */
static unsigned find_slices(struct heap *heap, unsigned count, bool for_growth, struct segment_info **found)
{
    uint64_t map[BITMAP_WORDS];
    unsigned length;
    if (for_growth && (*found = find_segment(heap, RUN_COMMITTED, count + (count + 1) / 2, LOOK_MOST)) != NULL) {
        runs_of(*found, RUN_COMMITTED, map);
        return largest_run(map, &length);
    }
    for (unsigned kind = 0; kind < RUN_KINDS; kind++) {
        if ((*found = find_segment(heap, kind, count, LOOK_MOST)) != NULL) {
            runs_of(*found, kind, map);
            return find_run(map, count);
        }
    }
    if ((*found = segment_new(heap)) != NULL)
        return FIRST_SLICE;
    /* No memory for another: what is here already, however far one has to look. */
    if ((*found = find_segment(heap, RUN_FREE, count, SIZE_MAX)) == NULL)
        return 0;
    runs_of(*found, RUN_FREE, map);
    return find_run(map, count);
}

/* The records of a page, in fours. */
static size_t records_size(unsigned slices, size_t block_size)
{
    return ((slices * SLICE / block_size + 3) & ~(size_t)3) * sizeof(uint32_t);
}

static void page_setup(struct segment_info *info, unsigned first, unsigned slices, uint8_t *records, size_t block_size)
{
    struct page *page = &((struct segment *)info->base)->pages[first];
    memset(page, 0, sizeof(*page));
    page->slices = (uint16_t)slices;
    page->size = (uint32_t)block_size;
    page->capacity = block_size ? (uint16_t)(slices * SLICE / block_size) : 1;
    page->reciprocal = block_size ? (uint32_t)((((uint64_t)1 << 32) + block_size - 1) / block_size) : 0;
    page->records = (records ? (uint32_t *)(void *)records : &page->own_record) - 1;
    page->extended = block_size ? 0 : 1;
    for (unsigned i = 1; i < slices; i++)
        page[i].back = (uint16_t)(i * sizeof(*page));
    if (next_bit(info->clean, first, false) >= first + slices)
        page->flags = PAGE_FRESH;
    page->start = info->base + first * SLICE;
}

/* A page whose blocks will be handed out in turn from memory that nobody has touched yet. */
static bool grows_ahead(const struct heap *heap, const struct segment_info *info, unsigned first, size_t block_size)
{
    return block_size && block_size <= SMALL_MAX && heap_state.huge_pages && !heap->special &&
           !(info->huge >> first / HUGE_SLICES & 1);
}

static void count_live(struct heap *heap, size_t change)
{
    size_t slices = atomic_load_explicit(&heap->live_slices, memory_order_relaxed);
    atomic_store_explicit(&heap->live_slices, slices + change, memory_order_relaxed);
}

/* Slices of a page that are likely to be written all over. Blocks of some tens of KiB, or one that has room to grow,
 * leave much of their pages untouched, which would all be there in a huge one. */
static unsigned dense_slices(const struct page *page)
{
    return page->size ? (page->size <= SMALL_MAX ? page->slices : 0) : page->slices > 1 ? page->slices : 0;
}

static void set_slices(struct heap *heap, struct page *page, unsigned slices)
{
    heap->dense_slices -= dense_slices(page);
    page->slices = (uint16_t)slices;
    heap->dense_slices += dense_slices(page);
}

/* `committed`: more of the segment's memory is, since its runs were looked at. */
static void take_bits(struct heap *heap, struct segment_info *info, unsigned first, unsigned slices, bool committed)
{
    set_bits(info->free, first, slices, false);
    set_bits(info->clean, first, slices, false);
    set_bits(info->aged, first, slices, false);
    info->free_count -= slices;
    count_live(heap, slices);
    if (committed)
        list_segment(heap, info);
    else
        list_change(heap, info, first, slices, false);
}

struct page *segment_take(struct heap *heap, unsigned slices, unsigned class, size_t block_size, bool for_growth)
{
    struct page *page = NULL;
    host_lock_acquire(&heap->back);
    struct segment_info *info = NULL;
    uint8_t *records = NULL;
    size_t size = block_size ? records_size(slices, block_size) : 0;
    huge_release_kept_locked(heap, false); /* of what waits no other call may tell for long */
    unsigned first = find_slices(heap, slices, for_growth, &info);
    if (first && block_size && !(records = records_take(info, size))) {
        info = segment_new(heap); /* the record area of that one is full of larger pieces */
        first = info ? FIRST_SLICE : 0;
        records = info ? records_take(info, size) : NULL;
        if (!records)
            first = 0;
    }
    uint32_t committed = first ? info->committed_count : 0;
    if (first && !commit_run(heap, info, first, slices, !for_growth)) {
        if (records)
            records_give(info, records, size);
        list_segment(heap, info);
        first = 0;
    }
    if (first) {
        page_setup(info, first, slices, records, block_size);
        page = &((struct segment *)info->base)->pages[first];
        page->class = (uint8_t) class;
        if ((page->flags & PAGE_FRESH) && grows_ahead(heap, info, first, block_size))
            page->flags |= PAGE_AHEAD;
        take_bits(heap, info, first, slices, info->committed_count != committed);
        heap->dense_slices += dense_slices(page);
    }
    host_lock_release(&heap->back);
    if (page && heap_state.annotate)
        annotate_places(page->start, slices * SLICE, block_size);
    return page;
}

/* Records of a page that is none any more: whoever frees a block of it just now finds it free. */
static uint32_t no_records[1 + SLICE / 16];

static void page_clear(struct page *page)
{
    page->start = NULL;
    page->records = no_records;
    page->own_record = 0;
    page->front = NULL;
    page->reciprocal = page->size = page->exact = 0;
    page->capacity = page->back = page->slices = 0;
    page->large_next = NULL;
    page->class = page->flags = 0;
    memset(&page->free, 0, sizeof(*page) - offsetof(struct page, free));
}

static void give_bits(struct heap *heap, struct segment_info *info, unsigned first, unsigned slices)
{
    set_bits(info->free, first, slices, true);
    info->free_count += slices;
    count_live(heap, -(size_t)slices);
    list_change(heap, info, first, slices, true);
    heap->given += slices;
    if (heap->given >= PURGE_LEAST) {
        heap->given = 0;
        heap_purge_want(heap);
    }
}

SELDOM static bool segment_purge_locked(struct heap *heap, bool everything);

/* What is committed beyond the heap's pages, when it is much: to the system at once. */
static void give_spare_locked(struct heap *heap)
{
    host_lock_assert(&heap->back);
    size_t live = atomic_load_explicit(&heap->live_slices, memory_order_relaxed);
    size_t spare = heap->committed_slices - live;
    if (spare <= SPARE_LEAST || spare <= live / 2)
        return;
    if (!heap->spare_most)
        heap->spare_most = SPARE_LEAST;
    if (spare <= heap->spare_most)
        return;
    (void)segment_purge_locked(heap, true);
    heap->spared = (uint32_t)spare;
    heap->regrown = 0;
    heap->spared_at = heap_clock();
}

void segment_give(struct heap *heap, struct page *page)
{
    host_lock_acquire(&heap->back);
    struct segment_info *info = segment_info_of(page);
    unsigned slices = page->slices;
    unsigned first = (unsigned)(page - ((struct segment *)info->base)->pages);
    if (page->size)
        records_give(info, (uint8_t *)record_at(page, 0), records_size(slices, page->size));
    if (heap_state.annotate)
        annotate_none(page->start - page_lead(page), slices * SLICE);
    heap->dense_slices -= dense_slices(page);
    page_clear(page);
    for (unsigned i = 1; i < slices; i++)
        page[i].back = 0;
    give_bits(heap, info, first, slices);
    if (++heap->purge_skip >= 16) {
        heap->purge_skip = 0;
        uint64_t now = heap_clock();
        if (now >= heap->purge_at) {
            heap->purge_at = now + PURGE_TICK_MS;
            (void)segment_purge_locked(heap, false);
        }
    }
    give_spare_locked(heap);
    host_lock_release(&heap->back);
}

bool segment_extend(struct heap *heap, struct page *page, unsigned slices)
{
    host_lock_acquire(&heap->back);
    struct segment_info *info = segment_info_of(page);
    unsigned first = (unsigned)(page - ((struct segment *)info->base)->pages);
    unsigned have = page->slices;
    uint32_t committed = info->committed_count;
    bool done = next_bit(info->free, first + have, false) >= first + slices &&
                commit_run(heap, info, first + have, slices - have, true);
    if (done) {
        take_bits(heap, info, first + have, slices - have, info->committed_count != committed);
        for (unsigned i = have; i < slices; i++) {
            memset(&page[i], 0, sizeof(*page));
            page[i].back = (uint16_t)(i * sizeof(*page));
        }
        set_slices(heap, page, slices);
    } else {
        list_segment(heap, info); /* some may be committed */
    }
    host_lock_release(&heap->back);
    return done;
}

void segment_shrink(struct heap *heap, struct page *page, unsigned slices)
{
    host_lock_acquire(&heap->back);
    struct segment_info *info = segment_info_of(page);
    unsigned first = (unsigned)(page - ((struct segment *)info->base)->pages);
    unsigned have = page->slices;
    for (unsigned i = slices; i < have; i++)
        page[i].back = 0;
    set_slices(heap, page, slices);
    if (heap_state.annotate)
        annotate_none(info->base + (first + slices) * SLICE, (have - slices) * SLICE);
    give_bits(heap, info, first + slices, have - slices);
    host_lock_release(&heap->back);
}

static void unmap_segment(struct segment_info *info)
{
    mm_heap_release(info->base, SEGMENT_SIZE);
    pool_give(info, sizeof(*info));
}

static void segment_leave(struct heap *heap, struct segment_info *info)
{
    struct segment_info **link = &heap->all;
    while (*link != info)
        link = &(*link)->chain;
    *link = info->chain;
    unlist_segment(heap, info);
    heap->committed_slices -= info->committed_count;
    heap_kind[(uintptr_t)info->base >> SEGMENT_SHIFT] = 0;
}

static void release_segment(struct heap *heap, struct segment_info *info)
{
    segment_leave(heap, info);
    if (heap_state.annotate) {
        annotate_none(info->base, SEGMENT_SIZE);
        annotate_region(info->base, SEGMENT_SIZE, false);
    }
    unmap_segment(info);
}

/* A segment that nobody needs: another thread may just be looking a wrong pointer into it up, without any lock, so its
 * descriptors stay for a while. They are those of free slices. The next new segment is this one. */
static void retire_segment(struct heap *heap, struct segment_info *info)
{
    if (heap_state.annotate) {
        release_segment(heap, info);
        return;
    }
    segment_leave(heap, info);
    info->chain = heap->retired;
    heap->retired = info;
    heap->retired_at = heap_clock();
    heap_purge_want(heap);
}

static void unmap_retired_locked(struct heap *heap)
{
    host_lock_assert(&heap->back);
    for (struct segment_info *info; (info = heap->retired) != NULL;) {
        heap->retired = info->chain;
        unmap_segment(info);
    }
}

void segment_unmap_retired(struct heap *heap)
{
    host_lock_acquire(&heap->back);
    unmap_retired_locked(heap);
    host_lock_release(&heap->back);
}

/* True: there is committed free memory left. */
static bool purge_segment(struct heap *heap, struct segment_info *info, bool everything)
{
    uint64_t idle[BITMAP_WORDS];
    for (unsigned i = 0; i < BITMAP_WORDS; i++)
        idle[i] = info->free[i] & info->committed[i] & (everything ? ~(uint64_t)0 : info->aged[i]);
    for (unsigned at = next_bit(idle, 0, true); at < SLICES;) {
        unsigned end = next_bit(idle, at, false);
        if (mm_heap_decommit(info->base + at * SLICE, (end - at) * SLICE) == STATUS_SUCCESS) {
            set_bits(info->committed, at, end - at, false);
            set_bits(info->clean, at, end - at, false);
            for (unsigned piece = at / HUGE_SLICES; piece <= (end - 1) / HUGE_SLICES; piece++)
                info->huge &= (uint16_t) ~(1u << piece);
        }
        at = next_bit(idle, end, true);
    }
    list_segment(heap, info);
    uint32_t committed = count_bits(info->committed);
    heap->committed_slices -= info->committed_count - committed;
    info->committed_count = committed;
    uint64_t left = 0;
    for (unsigned i = 0; i < BITMAP_WORDS; i++)
        left |= info->aged[i] = info->free[i] & info->committed[i];
    return left != 0;
}

static bool segment_purge_locked(struct heap *heap, bool everything)
{
    host_lock_assert(&heap->back);
    bool left = false;
    huge_release_kept_locked(heap, everything);
    if (heap->retired && heap_clock() - heap->retired_at > RETIRED_MS)
        unmap_retired_locked(heap);
    for (struct segment_info *info = heap->all, *next; info; info = next) {
        next = info->chain;
        left = purge_segment(heap, info, everything) || left;
        if (info->free_count == USABLE_SLICES && info->committed_count == 0 && (uintptr_t)info->base != heap->home)
            retire_segment(heap, info);
    }
    return left || heap->retired;
}

bool segment_purge(struct heap *heap, bool everything)
{
    host_lock_acquire(&heap->back);
    bool left = segment_purge_locked(heap, everything);
    heap->purge_at = heap_clock() + PURGE_TICK_MS;
    host_lock_release(&heap->back);
    return left;
}

void segment_release_all(struct heap *heap)
{
    host_lock_acquire(&heap->back);
    while (heap->all)
        release_segment(heap, heap->all);
    unmap_retired_locked(heap);
    host_lock_release(&heap->back);
}

bool segment_slice_is(const struct segment_info *info, unsigned slice, bool *committed)
{
    *committed = bit(info->committed, slice);
    return bit(info->free, slice);
}
