/* front.c: what a thread has of a heap: pages by size class, remote frees, empty pages that are kept, and the life of
 * fronts when threads end. Calls segment for pages. Only a front's owner works on it, except where it says otherwise.
 */
#include "heap/internal.h"

#include <pthread.h>

#include "mm/mm.h"

#define EXTEND_BYTES ((size_t)4096)
#define EXTEND_MOST 256
#define KEEP_SLICES_LEAST 64u
#define KEEP_SLICES_MOST 256u
#define KEEP_FEW_LEAST 16u
#define AHEAD ((size_t)16 << 10)
#define AHEAD_PAGES 4u /* that a class has before the next is made resident ahead */
#define IDLE_VISIT 16u
#define FLUSH_VISIT 8u
#define NOTICE_LEAST (PURGE_LEAST / 2)
#define GROWING_KEPT 32u   /* slices of a free page for the next block that grows */
#define GROWING_RIVALS 64u /* every so many of them become the growing one, and leave a slice to the last */
#define RIVAL_MOST ((size_t)16 << 10)

struct page front_no_page;
struct front front_none = {.attention = ATTENTION_NONE, .home = NO_HOME}; /* its pages are never looked at */
__thread struct front *heap_process_front = &front_none;
struct front_chunk front_no_chunk;
struct front_root front_no_root = {.chunks = {[0 ... HEAP_SLOTS / FRONT_CHUNK - 1] = &front_no_chunk}};
__thread struct front_root *heap_fronts = &front_no_root;
static __thread uint8_t thread_ends; /* rounds of thread-exit destructors seen */
static __thread bool thread_watched;

static struct {
    pthread_key_t key;
    bool has_key;
} front_state;

/* --- a class's list of pages with room: current is the first --- */

static void set_current(struct front *front, unsigned class, struct page *page)
{
    front->current[class] = page;
    if (class_size(class) > SMALL_MAX)
        return;
    size_t unit = class_size(class) > FAST_MAX ? COARSE : 16;
    struct page **direct = unit == COARSE ? front->coarse : front->direct;
    size_t first = class ? class_size(class - 1) / unit + 1 : 0;
    for (size_t i = first; i <= class_size(class) / unit; i++)
        direct[i] = page;
}

static void list_append(struct front *front, struct page *page)
{
    unsigned class = page->class;
    struct page *last = front->last[class];
    page->next = NULL;
    page->previous = last;
    if (last)
        last->next = page;
    else
        set_current(front, class, page);
    front->last[class] = page;
    page->flags |= PAGE_LISTED;
}

static void list_prepend(struct front *front, struct page *page)
{
    unsigned class = page->class;
    struct page *first = front->last[class] ? front->current[class] : NULL;
    page->previous = NULL;
    page->next = first;
    if (first)
        first->previous = page;
    else
        front->last[class] = page;
    set_current(front, class, page);
    page->flags |= PAGE_LISTED;
}

static void front_unlist(struct front *front, struct page *page)
{
    unsigned class = page->class;
    if (!(page->flags & PAGE_LISTED))
        return;
    page->flags &= (uint8_t)~PAGE_LISTED;
    if (page->previous)
        page->previous->next = page->next;
    else
        set_current(front, class, page->next ? page->next : &front_no_page);
    if (page->next)
        page->next->previous = page->previous;
    else
        front->last[class] = page->previous;
}

static bool page_is_unused(const struct page *page)
{
    return page_taken(page) == 0;
}

static void page_is_used(struct front *front, struct page *page)
{
    if (!(page->flags & PAGE_EMPTY))
        return;
    page->flags &= (uint8_t)~PAGE_EMPTY;
    page->used = (uint32_t)page_taken(page);
    page->hidden = 0;
    front->empty_slices -= page->slices;
}

/* The first block that is freed brings it back. */
static void page_is_full(struct front *front, struct page *page)
{
    front_unlist(front, page);
    page_is_used(front, page);
    page->flags |= PAGE_FULL;
    page->hidden = page_taken(page) - 1;
    page->used = 1;
}

static void give_page(struct front *front, struct page *page)
{
    front_unlist(front, page);
    if (front->pages[page->class] < UINT16_MAX)
        front->pages[page->class]--;
    if (page->flags & PAGE_EMPTY)
        front->empty_slices -= page->slices;
    segment_give(front->heap, page);
}

/* Gives back free pages of one block: all but the first of each length as long as these have no more than `keep`
 * slices, or only the ones that were free at the last tick already. True: there are others. */
static bool drop_large(struct front *front, unsigned keep, bool aged_only)
{
    bool left = false;
    for (unsigned slices = 1; slices <= FRONT_LARGE_SLICES; slices++) {
        struct page **link = &front->large[slices];
        for (unsigned at = 0; *link; at++) {
            struct page *page = *link;
            bool kept = at == 0 && slices <= keep;
            if (kept)
                keep -= slices;
            if (kept || (aged_only && !(page->flags & PAGE_AGED))) {
                page->flags |= PAGE_AGED;
                link = &page->large_next;
                left = true;
                continue;
            }
            *link = page->large_next;
            front->empty_slices -= slices;
            segment_give(front->heap, page);
        }
    }
    return left;
}

static void drop_growing(struct front *front)
{
    struct page *page = front->growing;
    if (!page || !record_is_listed(record_get(page, 0)))
        return;
    front->growing = NULL;
    front->empty_slices -= page->slices;
    segment_give(front->heap, page);
}

/* Gives back the empty pages, all but the first of a class as long as these have no more than `keep` slices. */
static void drop_empty(struct front *front, unsigned keep)
{
    if (!keep)
        drop_growing(front);
    for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
        if (!front->last[class])
            continue;
        for (struct page *page = front->current[class], *next; page; page = next) {
            next = page->next;
            if (!page_is_unused(page))
                page_is_used(front, page);
            else if (page == front->current[class] && page->slices <= keep)
                keep -= page->slices;
            else
                give_page(front, page);
        }
    }
    (void)drop_large(front, keep, false);
}

void front_drop_empty(struct front *front)
{
    drop_empty(front, 0);
}

/* For lack of memory: what the front keeps and what the heap has free goes back to the system. */
void front_give_all(struct front *front)
{
    drop_empty(front, 0);
    (void)segment_purge(front->heap, true);
    segment_unmap_retired(front->heap);
}

/* How much a front may keep in empty pages: in proportion to what the heap has, within limits. */
static uint32_t keep_limit(const struct front *front)
{
    size_t limit = KEEP_SLICES_LEAST + atomic_load_explicit(&front->heap->live_slices, memory_order_relaxed) / 4 * 3;
    return limit < KEEP_SLICES_MOST ? (uint32_t)limit : KEEP_SLICES_MOST;
}

/* How much of that it keeps when it needs others. */
static unsigned keep_few(const struct front *front)
{
    return (unsigned)(KEEP_FEW_LEAST + atomic_load_explicit(&front->heap->live_slices, memory_order_relaxed) / 4);
}

/* More is kept in empty pages than was when somebody last looked. */
static void front_notice(struct front *front)
{
    if (front->empty_slices > keep_limit(front))
        drop_empty(front, keep_few(front));
    if (front->empty_slices >= NOTICE_LEAST)
        heap_purge_want(front->heap);
    uint32_t limit = keep_limit(front);
    front->notice = front->empty_slices < NOTICE_LEAST ? NOTICE_LEAST : limit + 1;
}

void heap_front_notice(struct front *front)
{
    front_notice(front);
    front_leave(front);
    if (unlikely(heap_purge_is_wanted()))
        heap_purge_wake();
}

static void page_is_empty(struct front *front, struct page *page)
{
    if (page->flags & PAGE_EMPTY)
        return;
    page->flags = (uint8_t)((page->flags | PAGE_EMPTY) & ~PAGE_AGED);
    page->used = 1; /* what is taken of it and comes back is no news */
    page->hidden = -1;
    front->empty_slices += page->slices;
    if (front->empty_slices >= front->notice)
        front_notice(front);
}

void front_trigger(struct front *front, struct page *page)
{
    if (unlikely(page_taken(page) < 0)) {
        page->used = (uint32_t)-page->hidden;
        heap_damaged(front->heap, "a block was freed by two threads", NULL);
    }
    if (page->flags & PAGE_FULL) {
        page->flags &= (uint8_t)~PAGE_FULL;
        page->used = (uint32_t)page_taken(page);
        page->hidden = 0;
        list_append(front, page);
    }
    if (page_is_unused(page))
        page_is_empty(front, page);
}

void heap_front_trigger(struct front *front, struct page *page)
{
    front_trigger(front, page);
    front_leave(front);
    if (unlikely(heap_purge_is_wanted()))
        heap_purge_wake();
}

/* --- pages of one block --- */

void front_keep_large(struct front *front, struct page *page)
{
    if (page->flags & PAGE_GROWS && page->slices <= GROWING_KEPT) {
        record_set(page, 0, 0);
        page->flags = PAGE_GROWS;
        front->empty_slices += page->slices;
        if (front->empty_slices >= front->notice)
            front_notice(front);
    } else if (page->slices > FRONT_LARGE_SLICES) {
        if (front->growing == page)
            front->growing = NULL;
        segment_give(front->heap, page);
    } else {
        if (front->growing == page)
            front->growing = NULL;
        page->flags = 0;
        if (front_put_large(front, page))
            front_notice(front);
    }
}

/* What the block that grew last has too much of goes back. It may be freed meanwhile by another thread, which leaves
 * the page as it is. */
static void settle_growing(struct front *front)
{
    struct page *page = front->growing;
    drop_growing(front);
    if (!page || !front->growing)
        return;
    unsigned need = page_need(page, page_exact(page));
    front->growing = NULL;
    if (need < page->slices)
        segment_shrink(front->heap, page, need);
    __atomic_store_n(&page->flags, page->slices > FRONT_LARGE_SLICES ? PAGE_LONG : 0, __ATOMIC_RELEASE);
}

void front_grows(struct front *front, struct page *page)
{
    if (front->growing == page)
        return;
    settle_growing(front);
    front->growing = page;
    page->flags = PAGE_GROWS;
}

struct page *front_take_growing(struct front *front, size_t size)
{
    unsigned slices = (unsigned)((size + SLICE - 1) >> SLICE_SHIFT);
    front_collect(front);
    struct page *page = front->growing;
    bool free = page && record_is_listed(record_get(page, 0));
    if (page && !free && size <= RIVAL_MOST && ++front->rivals % GROWING_RIVALS)
        return NULL;
    if (free && page_need(page, size) <= page->slices) {
        front->empty_slices -= page->slices;
        page->own_record = RECORD_BUSY;
        return page;
    }
    settle_growing(front);
    (void)drop_large(front, 0, false); /* what they leave free may be just behind */
    for (int attempt = 0; attempt < 2; attempt++) {
        page = segment_take(front->heap, slices, CLASS_LARGE, 0, true);
        if (page) {
            page->front = front;
            front->growing = page;
            page->flags = PAGE_GROWS;
            page->own_record = RECORD_BUSY;
            return page;
        }
        front_give_all(front);
    }
    return NULL;
}

/* --- remote frees --- */

/* The next block from `index` on that another thread freed; UINT32_MAX: none. */
static uint32_t next_remote(const struct page *page, uint32_t index)
{
    const uint64_t ones = UINT64_C(0x0000000100000001);
    while (index < page->extended) {
        if (index % 4 == 0) {
            const _Atomic uint64_t *four = (const _Atomic uint64_t *)(const void *)record_at(page, index);
            uint64_t a = atomic_load_explicit(four, memory_order_relaxed) ^ RECORD_REMOTE * ones;
            uint64_t b = atomic_load_explicit(four + 1, memory_order_relaxed) ^ RECORD_REMOTE * ones;
            if (!((((a - ones) & ~a) | ((b - ones) & ~b)) & ones << 31)) {
                index += 4; /* none of these */
                continue;
            }
        }
        if (__atomic_load_n(record_at(page, index), __ATOMIC_ACQUIRE) == RECORD_REMOTE)
            return index;
        index++;
    }
    return UINT32_MAX;
}

/* Takes over what other threads freed in one page. */
static void collect_page(struct front *front, struct page *page)
{
    uint32_t wanted = atomic_exchange_explicit(&remote_of(page)->count, 0, memory_order_acq_rel);
    if (!page->size) {
        if (likely(wanted == 1 && record_get(page, 0) == RECORD_REMOTE))
            front_keep_large(front, page);
        else
            heap_damaged(front->heap, "a block was freed by two threads", NULL);
        return;
    }
    for (uint32_t at = 0; wanted; wanted--, at++) {
        at = next_remote(page, at);
        if (unlikely(at == UINT32_MAX || page_taken(page) <= 0)) {
            heap_damaged(front->heap, "a block was freed by two threads", NULL);
            break;
        }
        page_put(page, at, (size_t)at * page->size);
    }
    if ((page->flags & PAGE_FULL) || page_is_unused(page))
        front_trigger(front, page);
}

void front_collect(struct front *front)
{
    if (!atomic_load_explicit(&front->delivered, memory_order_relaxed))
        return;
    struct page *page = atomic_exchange_explicit(&front->delivered, NULL, memory_order_acq_rel);
    while (page) {
        struct page *next = remote_of(page)->next; /* before the page can be delivered again */
        collect_page(front, page);
        page = next;
    }
}

/* Nothing of the page may be touched afterwards. */
static void deliver(struct page *page, uint32_t count)
{
    struct front *front = page->front;
    struct page_remote *remote = remote_of(page);
    if (atomic_fetch_add_explicit(&remote->count, count, memory_order_acq_rel))
        return;
    struct page *head = atomic_load_explicit(&front->delivered, memory_order_relaxed);
    do {
        remote->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&front->delivered, &head, page, memory_order_release,
                                                    memory_order_relaxed));
}

static void deliver_batch(remote_batch *batch)
{
    uintptr_t count = *batch % sizeof(struct page);
    struct page *page = (struct page *)(*batch - count);
    *batch = 0;
    if (count)
        deliver(page, (uint32_t)count);
}

void front_deliver(struct front *mine, struct page *page)
{
    remote_batch *batch = &mine->batches[(uintptr_t)page / sizeof(*page) % REMOTE_BATCHES];
    if (!page->size || mine == mine->heap->communal) {
        deliver(page, 1);
        return;
    }
    uintptr_t count = *batch - (uintptr_t)page;
    if (count >= sizeof(*page)) { /* another's, or none */
        deliver_batch(batch);
        count = 0;
    }
    count++;
    *batch = (uintptr_t)page + count;
    if (count >= REMOTE_BATCH_MOST || count * page->size >= REMOTE_BATCH_BYTES)
        deliver_batch(batch);
}

void front_flush(struct front *front)
{
    for (unsigned i = 0; i < REMOTE_BATCHES; i++)
        deliver_batch(&front->batches[i]);
}

/* --- pages for a class --- */

static uint32_t next_random(struct front *front)
{
    uint32_t x = front->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return front->random = x;
}

/* Memory of a page that blocks from `first` on are handed out of for the first time: by pieces, the rest of the first
 * page of memory's piece with it. One call of the kernel for four pages costs about half of their four faults. */
static void populate(const struct page *page, uint32_t first, uint32_t count)
{
    size_t from = (size_t)first * page->size, to = from + (size_t)count * page->size - 1;
    if (first && (from - 1) / AHEAD == to / AHEAD)
        return;
    from &= ~(size_t)4095;
    to = (to / AHEAD + 1) * AHEAD;
    mm_heap_expect(page->start + from, to - from);
}

/* Hands the next blocks of a page to its list, beginning at a random one. */
static void page_extend(struct front *front, struct page *page)
{
    uint32_t room = page->capacity - page->extended;
    uint32_t count = page->size && page->size < EXTEND_BYTES ? (uint32_t)(EXTEND_BYTES / page->size) : 1;
    if (count > room)
        count = room;
    if (page->flags & PAGE_AHEAD)
        populate(page, page->extended, count);
    uint32_t first = page->extended, at = (uint32_t)((uint64_t)next_random(front) * count >> 32);
    for (uint32_t i = 0; i < count; i++) { /* from the last to the first: neighbours are handed out in turn */
        at = at ? at - 1 : count - 1;
        record_set(page, first + at, page->free);
        page->free = link_to(first + at, (size_t)(first + at) * page->size);
    }
    page->extended += count;
    page->untouched = count == 1 ? page->extended : 0;
    if (unlikely(front->heap->special))
        special_fresh(front->heap, page, first, count);
}

static struct page *new_page(struct front *front, unsigned class)
{
    size_t size = class_size(class);
    unsigned slices = size <= SMALL_MAX ? 1 : size > MEDIUM_MAX / 3 * 2 ? 4 : 2;
    struct page *page = segment_take(front->heap, slices, class, size, false);
    if (!page)
        return NULL;
    page->front = front;
    front->home = front->heap->home;
    if (front->pages[class] < AHEAD_PAGES)
        page->flags &= (uint8_t)~PAGE_AHEAD;
    if (front->pages[class] < UINT16_MAX)
        front->pages[class]++;
    list_prepend(front, page);
    return page;
}

static void visit_idle(struct heap *heap);

/* A page near the head of the list that has free blocks becomes the head: used memory before untouched memory. */
static struct page *prefer_used(struct front *front, struct page *head)
{
    struct page *page = head->next;
    for (int i = 0; page && i < 8; i++, page = page->next) {
        if (!page->free)
            continue;
        front_unlist(front, page);
        list_prepend(front, page);
        return page;
    }
    return NULL;
}

/* Before a page is fetched from the heap: what this front does not need goes back, so that it may be what comes. The
 * communal front is used under the lock that a visit takes. */
static void before_fetch(struct front *front)
{
    uint64_t fetches = front->fetches++;
    if (fetches % FLUSH_VISIT == 0)
        front_flush(front);
    if (front->empty_slices)
        drop_empty(front, keep_few(front));
    if (fetches % IDLE_VISIT == 0 && front != front->heap->communal &&
        atomic_load_explicit(&front->heap->has_idle, memory_order_relaxed))
        visit_idle(front->heap);
}

static struct page *fetch_page(struct front *front, unsigned class)
{
    before_fetch(front);
    struct page *page = new_page(front, class);
    if (page)
        return page;
    front_give_all(front);
    return new_page(front, class);
}

/* A busy page of one block from the heap. */
struct page *front_fetch_large(struct front *front, unsigned slices)
{
    before_fetch(front);
    struct page *page = segment_take(front->heap, slices, CLASS_LARGE, 0, false);
    if (!page) {
        front_give_all(front);
        page = segment_take(front->heap, slices, CLASS_LARGE, 0, false);
    }
    if (!page)
        return NULL;
    page->own_record = RECORD_BUSY;
    if (slices <= FRONT_LARGE_SLICES)
        page->front = front;
    front->home = front->heap->home;
    return page;
}

/* The first page of the class with a free block in its list; NULL for lack of memory. */
struct page *front_find_page(struct front *front, unsigned class)
{
    front_collect(front);
    for (;;) {
        struct page *page = front->current[class];
        if (page == &front_no_page && !(page = fetch_page(front, class)))
            return NULL;
        if (page->free)
            return page;
        if (page->extended == page->capacity) {
            page_is_full(front, page);
            continue;
        }
        struct page *used = prefer_used(front, page);
        if (used)
            return used;
        page_extend(front, page);
        return page;
    }
}

/* --- life of fronts --- */

static void front_init(struct front *front, struct heap *heap)
{
    front->heap = heap;
    front->home = NO_HOME;
    front->random = (uint32_t)(heap->key ^ heap->key >> 32 ^ (uintptr_t)front >> 4) | 1;
    front->notice = NOTICE_LEAST;
    for (unsigned i = 0; i < SIZE_CLASSES; i++)
        set_current(front, i, &front_no_page);
    if (heap->special)
        atomic_store_explicit(&front->attention, ATTENTION_SPECIAL, memory_order_relaxed);
}

/* A thread that frees all it has may leave its front's pages full of remote frees: somebody must look at them. */
static void visit_idle(struct heap *heap)
{
    host_lock_acquire(&heap->lock);
    struct front *front = heap->idle;
    if (front) {
        struct front *last = front;
        while (last->next_idle)
            last = last->next_idle;
        if (last != front) { /* to the end of the list: each has its turn */
            heap->idle = front->next_idle;
            front->next_idle = NULL;
            last->next_idle = front;
        }
        front_flush(front);
        front_collect(front);
        drop_empty(front, 0);
    }
    atomic_store_explicit(&heap->has_idle, heap->idle != NULL, memory_order_relaxed);
    host_lock_release(&heap->lock);
}

static struct front *front_adopt(struct heap *heap)
{
    host_lock_acquire(&heap->lock);
    struct front *front = heap->idle;
    if (front) {
        heap->idle = front->next_idle;
        front->idle = false;
    } else if ((front = pool_take(sizeof(*front))) != NULL) {
        front_init(front, heap);
        front->next = heap->fronts;
        heap->fronts = front;
    }
    if (front) {
        bool locked = atomic_load(&heap->user.word) && !heap_stopped_by_me(heap);
        uint32_t special = heap->special ? ATTENTION_SPECIAL : 0;
        atomic_store_explicit(&front->attention, special | (locked ? ATTENTION_LOCKED : 0), memory_order_seq_cst);
    }
    host_lock_release(&heap->lock);
    return front;
}

static void front_retire(struct front *front)
{
    struct heap *heap = front->heap;
    host_lock_acquire(&heap->lock);
    front_flush(front);
    if (!(front_attention(front) & ATTENTION_LOCKED)) { /* else somebody looks at the heap: leave it as it is */
        front_collect(front);
        drop_empty(front, 0);
    }
    front->slot = NULL;
    front->idle = true;
    front->next_idle = heap->idle;
    heap->idle = front;
    atomic_store_explicit(&heap->has_idle, true, memory_order_relaxed);
    host_lock_release(&heap->lock);
}

/* The fronts that a thread at its end has of private heaps, and its way to them. */
static void retire_private(void)
{
    struct front_root *root = heap_fronts;
    if (root == &front_no_root)
        return;
    heap_fronts = &front_no_root;
    host_lock_acquire(&heap_state.list_lock); /* no heap is destroyed meanwhile */
    for (unsigned i = 0; i < HEAP_SLOTS / FRONT_CHUNK; i++) {
        struct front_chunk *chunk = root->chunks[i];
        if (chunk == &front_no_chunk)
            continue;
        for (unsigned k = 0; k < FRONT_CHUNK; k++) {
            if (chunk->fronts[k])
                front_retire(chunk->fronts[k]);
        }
        pool_give(chunk, sizeof(*chunk));
    }
    host_lock_release(&heap_state.list_lock);
    pool_give(root, sizeof(*root));
}

static void thread_end(void *unused)
{
    (void)unused;
    if (thread_ends < 2 && pthread_setspecific(front_state.key, &thread_ends) == 0) {
        thread_ends++; /* others' destructors may still call us: come again */
        return;
    }
    thread_ends = 3;
    struct front *process = heap_process_front;
    heap_process_front = &front_none;
    if (process != &front_none)
        front_retire(process);
    retire_private();
    if (heap_purge_is_wanted())
        heap_purge_wake();
}

static void watch_thread(void)
{
    thread_watched = true;
    if (!front_state.has_key)
        return;
    thread_watched = pthread_setspecific(front_state.key, &thread_ends) == 0;
}

void front_start(void)
{
    front_state.has_key = pthread_key_create(&front_state.key, thread_end) == 0;
}

/* Where the calling thread keeps its front of a private heap; NULL: no memory. */
static struct front **front_slot(const struct heap *heap)
{
    if (heap_fronts == &front_no_root) {
        struct front_root *root = pool_take(sizeof(*root));
        if (!root)
            return NULL;
        *root = front_no_root;
        heap_fronts = root;
    }
    struct front_chunk **chunk = &heap_fronts->chunks[heap->number / FRONT_CHUNK];
    if (*chunk == &front_no_chunk) {
        struct front_chunk *fresh = pool_take(sizeof(*fresh));
        if (!fresh)
            return NULL;
        *chunk = fresh;
    }
    return &(*chunk)->fronts[heap->number % FRONT_CHUNK];
}

struct front *front_get(struct heap *heap)
{
    struct front *front = front_of(heap);
    if (front || thread_ends >= 3)
        return front;
    struct front **slot = &heap_process_front;
    if (heap->number && !(slot = front_slot(heap)))
        return NULL;
    front = front_adopt(heap);
    if (!front)
        return NULL;
    front->slot = slot;
    *slot = front;
    if (!thread_watched)
        watch_thread(); /* may allocate: the front stands already */
    return front;
}

/* The front for threads that are past their end or could get none of their own; heap->lock held. */
struct front *front_communal_locked(struct heap *heap)
{
    host_lock_assert(&heap->lock);
    if (!heap->communal && (heap->communal = pool_take(sizeof(struct front))) != NULL) {
        front_init(heap->communal, heap);
        heap->communal->next = heap->fronts;
        heap->fronts = heap->communal;
    }
    return heap->communal;
}

static bool age_empty(struct front *front)
{
    struct page *growing = front->growing;
    bool more = drop_large(front, 0, true);
    front->notice = NOTICE_LEAST;
    if (growing && record_is_listed(record_get(growing, 0))) {
        more = true;
        if (growing->flags & PAGE_AGED)
            drop_growing(front);
        else
            growing->flags |= PAGE_AGED;
    }
    for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
        if (!front->last[class])
            continue;
        for (struct page *page = front->current[class], *next; page; page = next) {
            next = page->next;
            if (!(page->flags & PAGE_EMPTY))
                continue;
            more = true;
            if (!page_is_unused(page))
                page_is_used(front, page);
            else if (page->flags & PAGE_AGED)
                give_page(front, page);
            else
                page->flags |= PAGE_AGED;
        }
    }
    return more;
}

SELDOM bool front_age_all(struct heap *heap)
{
    bool more = false;
    host_lock_acquire(&heap->lock);
    for (struct front *front = heap->fronts; front; front = front->next)
        front_flush(front);
    for (struct front *front = heap->fronts; front; front = front->next) {
        front_collect(front);
        more = age_empty(front) || more;
    }
    host_lock_release(&heap->lock);
    return more;
}

/* heap_destroy: no thread uses the heap any more. */
void front_release_all(struct heap *heap)
{
    host_lock_acquire(&heap->lock);
    struct front *front = heap->fronts;
    heap->fronts = heap->idle = heap->communal = NULL;
    while (front) {
        struct front *next = front->next;
        if (front->slot)
            *front->slot = NULL;
        pool_give(front, sizeof(*front));
        front = next;
    }
    host_lock_release(&heap->lock);
}
