/* huge.c: blocks beyond LARGE_MAX, straight from mm: a reservation larger than the commit, so that growth is in place;
 * and the blocks of page heaps, each with a guard. Found by address through a hash of 32 MiB units. */
#include "heap/internal.h"

#include "heap/annotate.h"
#include "mm/mm.h"

#define QUARANTINE 4096
#define GROWTH_MOST ((size_t)64 << 30)
#define KEPT_MOST ((size_t)128 << 20)
#define KEPT_MS 1000
#define SLACK_MOST ((size_t)64 << 20)
#define PASSED 8

static struct {
    struct huge *buckets[1024]; /* U */
    struct huge *kept;          /* K (the process heap's B): via `next`, the last freed first */
    size_t kept_bytes;          /* K */
    size_t kept_most;           /* K: 0 until sizes came again */
    size_t passed[PASSED];      /* K: bytes of those that were freed last and not kept; 0: none */
    unsigned passed_at;         /* K */
    size_t slack_bytes;         /* K: that blocks which were kept have more than they need */
    uint64_t slack_since;       /* K: when the first of that came, or was last given back, in ms */
} huge_state;

static size_t round_up(size_t value, size_t to)
{
    return (value + to - 1) & ~(to - 1);
}

static struct huge **bucket_of(const void *pointer)
{
    return &huge_state.buckets[((uintptr_t)pointer >> SEGMENT_SHIFT) %
                               (sizeof(huge_state.buckets) / sizeof(*huge_state.buckets))];
}

static void set_kind(struct huge *huge, uint8_t kind)
{
    uintptr_t first = (uintptr_t)huge->base >> SEGMENT_SHIFT;
    memset(&heap_kind[first], kind, huge->reserved >> SEGMENT_SHIFT);
}

static void count_bytes_locked(struct heap *heap, size_t change)
{
    host_lock_assert(&heap->back);
    heap->huge_bytes += change;
    if (heap->huge_bytes > heap->huge_bytes_most)
        heap->huge_bytes_most = heap->huge_bytes;
}

/* What the block has at its end is its own from now on. */
static void keep_slack_locked(const struct heap *heap, struct huge *huge)
{
    host_lock_assert(&heap->back);
    if (!huge->slack)
        return; /* of other heaps: none ever has */
    huge_state.slack_bytes -= huge->slack;
    huge->slack = 0;
}

static void enter(struct huge *huge)
{
    host_lock_acquire(&huge->heap->back);
    huge->index = huge->heap->region_count++;
    huge->next = huge->heap->huge;
    if (huge->next)
        huge->next->previous = huge;
    huge->heap->huge = huge;
    count_bytes_locked(huge->heap, huge->committed);
    if (huge->slack) {
        if (!huge_state.slack_bytes)
            huge_state.slack_since = heap_clock();
        huge_state.slack_bytes += huge->slack;
    }
    if (++huge->heap->huge_count > huge->heap->huge_count_most)
        huge->heap->huge_count_most = huge->heap->huge_count;
    host_lock_acquire(&heap_state.huge_lock);
    struct huge **bucket = bucket_of(huge->data);
    huge->chain = *bucket;
    *bucket = huge;
    host_lock_release(&heap_state.huge_lock);
    set_kind(huge, KIND_HUGE);
    host_lock_release(&huge->heap->back);
}

/* Takes it out of the hash: false when another thread did already, and the record may be another block's by now.
 * heap->back held. */
static bool leave_locked(struct heap *heap, struct huge *huge, const void *block)
{
    host_lock_assert(&heap->back);
    bool found = false;
    host_lock_acquire(&heap_state.huge_lock);
    for (struct huge **link = bucket_of(block); *link && !found; link = &(*link)->chain) {
        if (*link == huge && huge->data == block && huge->heap == heap) {
            *link = huge->chain;
            found = true;
            break;
        }
    }
    host_lock_release(&heap_state.huge_lock);
    if (!found)
        return false;
    if (huge->previous)
        huge->previous->next = huge->next;
    else
        heap->huge = huge->next;
    if (huge->next)
        huge->next->previous = huge->previous;
    heap->huge_bytes -= huge->committed;
    heap->huge_count--;
    keep_slack_locked(heap, huge);
    return true;
}

struct huge *huge_find(const void *block)
{
    if (heap_kind_of(block) != KIND_HUGE)
        return NULL;
    host_lock_acquire(&heap_state.huge_lock);
    struct huge *huge = *bucket_of(block);
    while (huge && huge->data != block)
        huge = huge->chain;
    host_lock_release(&heap_state.huge_lock);
    return huge;
}

static bool reserve(struct huge *huge, size_t need, size_t alignment)
{
    size_t extra = need < GROWTH_MOST ? need : GROWTH_MOST;
    if (huge->heap->page_heap)
        extra = 0;
    void *base = NULL;
    for (;; extra = 0) {
        size_t size = round_up(need + extra, SEGMENT_SIZE);
        if (mm_heap_reserve(&base, size, alignment, huge->heap->executable) == STATUS_SUCCESS) {
            if (((uintptr_t)base + size) >> ADDRESS_BITS) {
                mm_heap_release(base, size);
                return false;
            }
            huge->base = base;
            huge->reserved = size;
            return true;
        }
        if (!extra)
            return false;
    }
}

/* --- blocks that come and go ---
 *
 * A program whose malloc is ours takes and frees blocks of the same size again and again, and its first touch of every
 * page costs more than most of what it does there. When a size comes again that was freed lately, as many bytes are
 * kept from then on. A block that takes one which is longer keeps some of that for the next, as long. On Windows freed
 * blocks of this size are gone at once: other heaps do so here too. */

static bool may_keep(const struct heap *heap)
{
    return heap_state.malloc && heap == &heap_first && !heap->special && heap_state.huge_pages;
}

/* Looks at all huge blocks, once a second at most. */
static void release_slack_locked(struct heap *heap, bool everything)
{
    host_lock_assert(&heap->back);
    if (heap != &heap_first || !huge_state.slack_bytes)
        return;
    uint64_t now = heap_clock();
    if (!everything && now - huge_state.slack_since < KEPT_MS)
        return;
    huge_state.slack_since = now;
    for (struct huge *huge = heap->huge; huge; huge = huge->next) {
        size_t rest = huge->committed - huge->slack;
        if (!huge->slack || mm_heap_decommit(huge->base + rest, huge->slack) != STATUS_SUCCESS)
            continue;
        heap->huge_bytes -= huge->slack;
        huge->committed = rest;
        keep_slack_locked(heap, huge);
    }
}

void huge_release_kept_locked(struct heap *heap, bool everything)
{
    host_lock_assert(&heap->back);
    release_slack_locked(heap, everything);
    if (heap != &heap_first || !huge_state.kept)
        return;
    uint64_t before = everything ? UINT64_MAX : heap_clock() - KEPT_MS;
    for (struct huge **link = &huge_state.kept, *huge; (huge = *link) != NULL;) {
        if (huge->freed_at > before) {
            link = &huge->next;
            continue;
        }
        *link = huge->next;
        huge_state.kept_bytes -= huge->committed;
        mm_heap_release(huge->base, huge->reserved);
        pool_give(huge, sizeof(*huge));
    }
}

size_t huge_kept_locked(const struct heap *heap)
{
    host_lock_assert(&heap->back);
    return heap == &heap_first ? huge_state.kept_bytes : 0;
}

/* False: it is not kept. */
static bool keep_locked(struct heap *heap, struct huge *huge)
{
    host_lock_assert(&heap->back);
    if (!may_keep(heap) || huge->committed <= LARGE_MAX)
        return false;
    huge->freed_at = heap_clock();
    huge_release_kept_locked(heap, false);
    if (huge_state.kept_bytes + huge->committed > huge_state.kept_most) {
        huge_state.passed[huge_state.passed_at++ % PASSED] = huge->committed;
        return false;
    }
    huge->next = huge_state.kept;
    huge->previous = NULL;
    huge_state.kept = huge;
    huge_state.kept_bytes += huge->committed;
    return true;
}

static size_t distance(size_t committed, size_t need)
{
    return committed > need ? committed - need : need - committed;
}

/* None is kept that would do: was one lately that might have been? */
static void learn_locked(const struct heap *heap, size_t need)
{
    host_lock_assert(&heap->back);
    for (unsigned i = 0; i < PASSED; i++) {
        size_t most = huge_state.kept_most + huge_state.passed[i];
        if (distance(huge_state.passed[i], need) > need / 2)
            continue;
        huge_state.kept_most = most < KEPT_MOST ? most : KEPT_MOST;
        huge_state.passed[i] = 0;
        return;
    }
}

/* The one whose length comes nearest: what differs is committed or given back. */
static struct huge *find_kept_locked(const struct heap *heap, size_t need, size_t *slack)
{
    struct huge **best = NULL;
    host_lock_assert(&heap->back);
    for (struct huge **link = &huge_state.kept; *link; link = &(*link)->next) {
        if ((*link)->reserved >= need &&
            (!best || distance((*link)->committed, need) < distance((*best)->committed, need)))
            best = link;
    }
    if (!best) {
        learn_locked(heap, need);
        return NULL;
    }
    struct huge *huge = *best;
    *best = huge->next;
    huge_state.kept_bytes -= huge->committed;
    *slack = huge->committed > need ? huge->committed - need : 0;
    if (*slack > need / 2)
        *slack = need / 2 & ~(MM_PAGE - 1);
    if (*slack + huge_state.slack_bytes > SLACK_MOST)
        *slack = 0;
    return huge;
}

/* One that was kept, as long as is needed now, of no heap yet; NULL: there is none. */
static struct huge *take_kept(struct heap *heap, size_t size)
{
    size_t need = round_up(size, MM_PAGE), slack = 0;
    host_lock_acquire(&heap->back);
    struct huge *huge = find_kept_locked(heap, need, &slack);
    host_lock_release(&heap->back);
    if (!huge)
        return NULL;
    NTSTATUS status = STATUS_SUCCESS;
    need += slack;
    if (huge->committed < need)
        status = mm_heap_commit(huge->base + huge->committed, need - huge->committed);
    else if (huge->committed > need)
        status = mm_heap_decommit(huge->base + need, huge->committed - need);
    if (status != STATUS_SUCCESS) {
        mm_heap_release(huge->base, huge->reserved);
        pool_give(huge, sizeof(*huge));
        return NULL;
    }
    huge->committed = need;
    huge->slack = slack;
    huge->size = size;
    return huge;
}

void *huge_allocate(struct heap *heap, uint32_t flags, size_t size, size_t alignment)
{
    if (size > BLOCK_MAX)
        return NULL;
    struct huge *huge = NULL;
    if (may_keep(heap) && !(flags & HEAP_ZERO_MEMORY) && alignment <= SEGMENT_SIZE && (huge = take_kept(heap, size))) {
        enter(huge);
        return huge->data;
    }
    huge = pool_take(sizeof(*huge)); /* fresh memory is zero */
    if (!huge)
        return NULL;
    huge->heap = heap;
    huge->size = size;
    huge->lead = heap_state.page_heap == 2 && heap->page_heap ? MM_PAGE : 0;
    size_t guards = heap->page_heap ? 2 * MM_PAGE : 0;
    huge->committed = round_up(size ? size : 1, MM_PAGE);
    size_t place = alignment < SEGMENT_SIZE ? SEGMENT_SIZE : alignment;
    if (!reserve(huge, huge->committed + guards, place)) {
        pool_give(huge, sizeof(*huge));
        return NULL;
    }
    if (mm_heap_commit(huge->base + huge->lead, huge->committed) != STATUS_SUCCESS) {
        mm_heap_release(huge->base, huge->reserved);
        pool_give(huge, sizeof(*huge));
        return NULL;
    }
    huge->data = huge->base + huge->lead;
    if (heap->page_heap && !huge->lead) /* the block ends at the guard, as near as its alignment allows */
        huge->data += (huge->committed - size) & ~((alignment > 16 ? alignment : 16) - 1);
    enter(huge);
    if (heap_state.annotate)
        annotate_region(huge->base, huge->reserved, true);
    return huge->data;
}

/* Page heap: the freed block's addresses are not given again until many others were freed. */
static void quarantine(void *base, size_t size)
{
    static struct {
        void *base;
        size_t size;
    } ring[QUARANTINE]; /* U */
    static unsigned at; /* U */
    host_lock_acquire(&heap_state.huge_lock);
    void *old = ring[at].base;
    size_t old_size = ring[at].size;
    ring[at].base = base;
    ring[at].size = size;
    at = (at + 1) % QUARANTINE;
    host_lock_release(&heap_state.huge_lock);
    if (old)
        mm_heap_release(old, old_size);
}

NTSTATUS huge_free(struct heap *heap, struct huge *huge, const void *block)
{
    host_lock_acquire(&heap->back);
    bool mine = leave_locked(heap, huge, block), kept = false;
    if (mine) {
        set_kind(huge, 0);
        kept = keep_locked(heap, huge);
    }
    host_lock_release(&heap->back);
    if (!mine)
        return STATUS_HEAP_CORRUPTION;
    if (kept)
        return STATUS_SUCCESS;
    if (heap_state.annotate) {
        annotate_none(huge->base, huge->reserved);
        annotate_region(huge->base, huge->reserved, false);
    }
    if (heap->page_heap) { /* stays inaccessible for long, so that a use after free faults */
        mm_heap_decommit(huge->base + huge->lead, huge->committed);
        quarantine(huge->base, huge->reserved);
    } else {
        mm_heap_release(huge->base, huge->reserved);
    }
    pool_give(huge, sizeof(*huge));
    return STATUS_SUCCESS;
}

bool huge_resize(struct heap *heap, struct huge *huge, uint32_t flags, size_t size)
{
    if (heap->page_heap || size > huge->reserved)
        return false;
    size_t committed = round_up(size ? size : 1, MM_PAGE);
    host_lock_acquire(&heap->back);
    keep_slack_locked(heap, huge);
    host_lock_release(&heap->back);
    if (committed > huge->committed) {
        if (mm_heap_commit(huge->base + huge->committed, committed - huge->committed) != STATUS_SUCCESS)
            return false;
    } else if (committed < huge->committed) {
        if (mm_heap_decommit(huge->base + committed, huge->committed - committed) != STATUS_SUCCESS)
            return false;
    }
    if (unlikely(heap->special))
        special_resized(heap, huge->data, huge->size, size, committed);
    if ((flags & HEAP_ZERO_MEMORY) && size > huge->size) {
        size_t dirty_end = huge->committed < size ? huge->committed : size;
        if (dirty_end > huge->size)
            memset(huge->data + huge->size, 0, dirty_end - huge->size);
        if (heap_state.annotate)
            annotate_zero(huge->data + huge->size, size - huge->size);
    }
    host_lock_acquire(&heap->back);
    count_bytes_locked(heap, committed - huge->committed);
    huge->committed = committed;
    huge->size = size;
    host_lock_release(&heap->back);
    return true;
}

void huge_release_all(struct heap *heap)
{
    host_lock_acquire(&heap->back);
    while (heap->huge) {
        struct huge *huge = heap->huge;
        leave_locked(heap, huge, huge->data);
        set_kind(huge, 0);
        if (heap_state.annotate) {
            annotate_none(huge->base, huge->reserved);
            annotate_region(huge->base, huge->reserved, false);
        }
        mm_heap_release(huge->base, huge->reserved);
        pool_give(huge, sizeof(*huge));
    }
    host_lock_release(&heap->back);
}
