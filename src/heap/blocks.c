/* blocks.c: allocate, free, reallocate and size: the paths beyond the inline ones. A call enters the thread's front,
 * waits there while another thread has the heap locked, and works without any lock in the common cases. */
#include "heap/internal.h"

#include <errno.h>
#include <sched.h>

#include "heap/exports.h"
#include "mm/mm.h"

#define GROWTH_LEAST ((size_t)8 << 10) /* a block of this size that grows gets slices of its own */

/* --- entering --- */

/* The front to work in, entered: no other thread will look at it until front_end. Waits while the heap is locked
 * unless the call does without serialization. NULL: no memory for a front. */
static struct front *front_begin(struct heap *heap, uint32_t flags)
{
    for (;;) {
        struct front *front = front_get(heap);
        if (!front) {
            host_lock_acquire(&heap->lock);
            front = front_communal_locked(heap);
            if (!front) {
                host_lock_release(&heap->lock);
                return NULL;
            }
        }
        front_enter(front);
        uint32_t attention = front_attention(front);
        if (likely(!(attention & (ATTENTION_LOCKED | ATTENTION_PURGE))) || heap_stopped_by_me(heap) ||
            ((flags & HEAP_NO_SERIALIZE) && !(attention & ATTENTION_PURGE)))
            return front;
        front_leave(front);
        if (front == heap->communal)
            host_lock_release(&heap->lock);
        if (attention & ATTENTION_PURGE)
            sched_yield();
        else
            heap_wait_unlocked(heap);
    }
}

static void front_end(struct front *front)
{
    struct heap *heap = front->heap;
    front_leave(front);
    if (unlikely(front == heap->communal))
        host_lock_release(&heap->lock);
}

/* --- what is known of a block --- */

static inline struct page *find_block(const void *block, uint32_t *index)
{
    if (heap_kind_of(block) != KIND_SEGMENT)
        return NULL;
    struct page *page = page_of(block);
    if (!page->start)
        return NULL;
    uint32_t size =
        __atomic_load_n(&page->size, __ATOMIC_RELAXED); /* once: a stray pointer's page may be given back now */
    if (!size) {
        *index = 0;
        return block == page->start ? page : NULL;
    }
    size_t offset = (size_t)((const uint8_t *)block - page->start);
    if (likely(first_slice_index(page, offset, index)))
        return *index < page->capacity ? page : NULL;
    if (offset < SLICE)
        return NULL;
    *index = (uint32_t)offset / size;
    return (size_t)*index * size == offset && *index < page->capacity ? page : NULL;
}

struct page *block_find(const void *block, uint32_t *index)
{
    return find_block(block, index);
}

size_t block_capacity(const struct page *page)
{
    if (page->size)
        return page->size;
    if (__atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) & PAGE_GROWS) /* what is more may go any time */
        return page_need(page, page_exact(page)) * SLICE - page_lead(page);
    return page->slices * SLICE - page_lead(page);
}

size_t block_exact(const struct page *page, uint32_t index)
{
    if (!page->size)
        return page_exact(page);
    unsigned exact = record_get(page, index) - RECORD_BUSY;
    return exact <= page->size ? exact : SIZE_MAX;
}

NTSTATUS heap_pointer_status(const void *pointer)
{
    MEMORY_BASIC_INFORMATION information;
    if (mm_query(pointer, &information) == STATUS_SUCCESS && information.State == MEM_COMMIT)
        return STATUS_INVALID_PARAMETER;
    return STATUS_ACCESS_VIOLATION;
}

/* --- allocate --- */

/* A block of a page with blocks of `class`, entered front. `*zero` is cleared when the memory is zero already. */
static void *take_block(struct front *front, unsigned class, size_t exact, bool *zero)
{
    for (;;) {
        struct page *page = front->current[class];
        if (unlikely(!page->free) && !(page = front_find_page(front, class)))
            return NULL;
        size_t index;
        uint8_t *block = page_take(page, &index);
        if (unlikely(!block)) {
            page->free = 0; /* what is left of the list is lost, nothing else */
            heap_damaged(front->heap, "a block was freed by two threads", NULL);
            continue;
        }
        block_mark(page, (uint32_t)index, exact);
        bool untouched = page->untouched == index + 1;
        page->untouched = 0;
        if (untouched && (page->flags & PAGE_FRESH))
            *zero = false; /* its first use since the commit */
        return block;
    }
}

/* One block in a page of its own, to LARGE_MAX. `even`: at the page's start. */
static void *take_large(struct front *front, size_t size, size_t exact, bool even, bool *zero)
{
    unsigned slices = (unsigned)((size + SLICE - 1) >> SLICE_SHIFT);
    struct page *page = NULL;
    if (slices <= FRONT_LARGE_SLICES && !(page = front_take_large(front, size))) {
        front_collect(front);
        page = front_take_large(front, size);
    }
    if (!page && !(page = front_fetch_large(front, slices ? slices : 1)))
        return NULL;
    page->exact = (uint32_t)exact;
    page_begin(page, even ? page->slices * SLICE : size);
    if (page->flags & PAGE_FRESH)
        *zero = false;
    page->flags = 0;
    return page->start;
}

/* A class whose blocks all lie at multiples of the alignment. */
static unsigned aligned_class(size_t size, size_t alignment)
{
    unsigned class = size_class(size < alignment ? alignment : size);
    while (class_size(class) & (alignment - 1))
        class ++;
    return class;
}

/* Bytes from the block on that are its own. */
static size_t place_of(const void *block, size_t exact)
{
    uint32_t index;
    struct page *page = block_find(block, &index);
    if (page)
        return block_capacity(page);
    struct huge *huge = huge_find(block);
    return huge ? (size_t)(huge->base + huge->lead + huge->committed - huge->data) : exact;
}

void *raw_allocate(struct heap *heap, uint32_t flags, size_t size, size_t exact, size_t alignment)
{
    bool zero = flags & HEAP_ZERO_MEMORY, huge = size > LARGE_MAX || alignment > SLICE || heap->page_heap;
    struct front *front = front_begin(heap, flags);
    void *block = NULL;
    if (!front)
        return NULL;
    if (huge) {
        block = huge_allocate(heap, flags, size, alignment);
        if (!block) {
            front_give_all(front);
            block = huge_allocate(heap, flags, size, alignment);
        }
    }
    if (unlikely(block && exact != size))
        huge_find(block)->size = exact;
    if (block || (huge && !(heap->page_heap && size <= LARGE_MAX && alignment <= SLICE))) {
        zero = false;
    } else if (size <= MEDIUM_MAX && alignment <= MEDIUM_MAX / 3) {
        unsigned class = alignment > 16 ? aligned_class(size, alignment) : size_class(size);
        block = take_block(front, class, exact, &zero);
    } else {
        block = take_large(front, size, exact, alignment > 16 || heap->special, &zero);
    }
    bool special = unlikely(heap->special) && block;
    if (special)
        special_taken(heap, block, exact, place_of(block, exact), flags & HEAP_ZERO_MEMORY);
    front_end(front);
    if (special)
        special_made(block, exact);
    if (block && zero)
        memset(block, 0, exact);
    return block;
}

/* A block of a class without the ceremony: a front with nothing to look at, a page with a free block. NULL: not done.
 */
static inline void *allocate_quick(struct front *front, unsigned class, size_t exact)
{
    void *block = NULL;
    size_t index;
    front_enter(front);
    struct page *page;
    if (likely(!front_attention(front) && (page = front->current[class])->free) &&
        likely((block = page_take(page, &index)) != NULL)) {
        page->untouched = 0;
        record_set(page, index, RECORD_BUSY + (uint32_t)exact);
    }
    front_leave(front);
    return block;
}

/* The same of sizes beyond FAST_MAX. */
static inline void *allocate_medium(struct front *front, size_t size)
{
    if (size <= SMALL_MAX)
        return front_allocate_small(front, size);
    if (size > MEDIUM_MAX)
        return front_allocate_large(front, size);
    return allocate_quick(front, size_class(size), size);
}

void *heap_malloc_medium(size_t size)
{
    if (unlikely(!heap_state.malloc))
        heap_malloc_start();
    if (likely(size > FAST_MAX && size <= FRONT_LARGE_MAX && heap_process_front != &front_none)) {
        void *block = allocate_medium(heap_process_front, size);
        if (likely(block))
            return block;
    }
    void *block = heap_allocate_slow(heap_process(), 0, size);
    if (unlikely(!block))
        errno = ENOMEM;
    return block;
}

void *heap_allocate_slow(struct heap *heap, uint32_t flags, size_t size)
{
    if (unlikely(heap->special))
        return special_allocate(heap, flags, size);
    if (unlikely(size > BLOCK_MAX))
        return NULL;
    struct front *front = front_of(heap);
    if (likely(front && size > FAST_MAX && size <= FRONT_LARGE_MAX && !(flags & HEAP_ZERO_MEMORY))) {
        void *block = allocate_medium(front, size);
        if (likely(block))
            return block;
    }
    return raw_allocate(heap, flags, size, size, 16);
}

void *heap_allocate(struct heap *heap, uint32_t flags, size_t size)
{
    struct front *front = front_of(heap);
    if (likely(size <= FAST_MAX && front)) {
        void *block = front_allocate(front, size);
        if (likely(block)) {
            if (flags & HEAP_ZERO_MEMORY)
                memset(block, 0, size);
            return block;
        }
    }
    return heap_allocate_slow(heap, flags, size);
}

void *heap_allocate_aligned(struct heap *heap, uint32_t flags, size_t size, size_t alignment)
{
    if (alignment <= 16)
        return heap_allocate(heap, flags, size);
    if (size > BLOCK_MAX || alignment > BLOCK_MAX)
        return NULL;
    struct front *front = front_of(heap);
    if (likely(front && size <= MEDIUM_MAX && alignment <= MEDIUM_MAX / 3 && !(flags & HEAP_ZERO_MEMORY))) {
        void *quick = allocate_quick(front, aligned_class(size, alignment), size);
        if (likely(quick))
            return quick;
    }
    if (heap->special && !special_charge(heap, size))
        return NULL;
    size_t room = heap->special ? special_room(heap, size) : 0;
    void *block = raw_allocate(heap, flags, size + room, size, alignment);
    if (heap->special && !block)
        special_uncharge(heap, size);
    return block;
}

/* --- free --- */

/* The block's record turns to free exactly once. */
static bool claim(struct page *page, uint32_t index)
{
    _Atomic uint32_t *record = (_Atomic uint32_t *)record_at(page, index);
    uint32_t old = atomic_load_explicit(record, memory_order_relaxed);
    while (!record_is_free(old)) {
        if (atomic_compare_exchange_weak_explicit(record, &old, RECORD_REMOTE, memory_order_acq_rel,
                                                  memory_order_relaxed))
            return true;
    }
    return false;
}

static void page_put_slow(struct front *front, struct page *page, uint32_t index)
{
    if (!page->size)
        front_keep_large(front, page);
    else if (page_put(page, index, (size_t)index * page->size))
        front_trigger(front, page);
}

static NTSTATUS free_in_segment(struct heap *heap, struct front *front, struct page *page, void *block, uint32_t index)
{
    if (record_is_free(record_get(page, index)))
        return STATUS_HEAP_CORRUPTION;
    size_t exact = block_exact(page, index);
    if (unlikely(exact == SIZE_MAX)) { /* freed all the same: the block itself is not in doubt */
        heap_damaged(heap, "a block was written past its end", block);
        exact = block_capacity(page);
    }
    if (unlikely(heap->special)) {
        special_uncharge(heap, exact);
        special_freeing(heap, block, exact, block_capacity(page));
    }
    if (page->front == front) {
        page_put_slow(front, page, index);
        return STATUS_SUCCESS;
    }
    if (!claim(page, index))
        return STATUS_HEAP_CORRUPTION;
    if (!page->front)
        segment_give(heap, page);
    else
        front_deliver(front, page);
    return STATUS_SUCCESS;
}

static NTSTATUS free_in_huge(struct heap *heap, void *block)
{
    struct huge *huge = huge_find(block);
    if (!huge)
        return heap_pointer_status(block);
    if (huge->heap != heap)
        return STATUS_INVALID_PARAMETER;
    if (heap->special) {
        special_uncharge(heap, huge->size);
        special_freeing(heap, block, huge->size, huge->size);
    }
    return huge_free(heap, huge, block);
}

/* A record that will be written lies in another processor's cache: it comes in one step, and while others are looked
 * at. */
static inline void expect_record(const struct page *page, uint32_t index)
{
    __asm__ volatile("prefetchw %0" : : "m"(*record_at(page, index)));
}

bool heap_free_quick(struct front *front, struct heap *heap, void *block)
{
    uint32_t index;
    struct page *page = find_block(block, &index);
    if (unlikely(!page || !page->front))
        return false;
    if (page->front != front) {
        expect_record(page, index);
        if (unlikely(heap_of_page(page) != heap))
            return false;
    }
    front_enter(front); /* for a remote free too: nobody stops the heap meanwhile */
    if (unlikely(front_attention(front) || record_is_free(record_get(page, index)))) {
        front_leave(front);
        return false;
    }
    bool done = true;
    if (page->front == front)
        page_put_slow(front, page, index);
    else if ((done = claim(page, index)))
        front_deliver(front, page);
    front_leave(front);
    return done;
}

NTSTATUS heap_free_slow(struct heap *heap, uint32_t flags, void *block)
{
    struct front *mine = front_of(heap);
    if (likely(mine && heap_free_quick(mine, heap, block))) {
        if (unlikely(heap_purge_is_wanted()))
            heap_purge_wake();
        return STATUS_SUCCESS;
    }
    uint32_t index = 0;
    unsigned kind = heap_kind_of(block);
    struct page *page = kind == KIND_SEGMENT ? block_find(block, &index) : NULL;
    NTSTATUS status;
    if (kind != KIND_HUGE && !page) {
        status = heap_pointer_status(block);
        heap_report("free of a pointer that is no block", block);
        return status;
    }
    struct front *front = front_begin(heap, flags);
    if (!front)
        return STATUS_NO_MEMORY;
    if (kind == KIND_HUGE)
        status = free_in_huge(heap, block);
    else if (heap_of_page(page) != heap)
        status = STATUS_INVALID_PARAMETER;
    else
        status = free_in_segment(heap, front, page, block, index);
    front_end(front);
    if (unlikely(heap_purge_is_wanted()))
        heap_purge_wake();
    if (status == (NTSTATUS)STATUS_HEAP_CORRUPTION)
        heap_report("a block was freed twice", block);
    else if (status != STATUS_SUCCESS)
        heap_report("free of a pointer that is no block of the heap", block);
    return status;
}

NTSTATUS heap_free(struct heap *heap, uint32_t flags, void *block)
{
    struct front *front = front_of(heap);
    if (likely(front && front_free(front, block)))
        return STATUS_SUCCESS;
    return block ? heap_free_slow(heap, flags, block) : STATUS_SUCCESS;
}

/* --- size --- */

/* Finds a busy block of the heap (any heap when NULL); page or huge is set. */
static NTSTATUS find_busy(const struct heap *heap, const void *block, struct page **page, uint32_t *index,
                          struct huge **huge)
{
    *huge = NULL;
    *page = block_find(block, index);
    if (*page) {
        if (heap && heap_of_page(*page) != heap)
            return STATUS_INVALID_PARAMETER;
        return record_is_free(record_get(*page, *index)) ? (NTSTATUS)STATUS_HEAP_CORRUPTION : STATUS_SUCCESS;
    }
    *huge = huge_find(block);
    if (*huge)
        return heap && (*huge)->heap != heap ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    return heap_pointer_status(block);
}

NTSTATUS heap_size(struct heap *heap, const void *block, size_t *size)
{
    struct page *page;
    struct huge *huge;
    uint32_t index = 0;
    NTSTATUS status = find_busy(heap, block, &page, &index, &huge);
    if (status != STATUS_SUCCESS)
        return status;
    size_t exact = page ? block_exact(page, index) : huge->size;
    if (exact == SIZE_MAX)
        return STATUS_HEAP_CORRUPTION;
    *size = exact;
    return STATUS_SUCCESS;
}

size_t heap_usable_size(const void *block)
{
    struct page *page;
    struct huge *huge;
    uint32_t index = 0;
    if (find_busy(NULL, block, &page, &index, &huge) != STATUS_SUCCESS)
        return 0;
    if (huge)
        return huge->size;
    if (heap_of_page(page)->special)
        return block_exact(page, index);
    size_t capacity = block_capacity(page);
    if (block_exact(page, index) != capacity)
        block_mark(page, index, capacity); /* the caller may write all of it, and a reallocation keeps it */
    return capacity;
}

struct heap *heap_of_block(const void *block)
{
    struct page *page;
    struct huge *huge;
    uint32_t index = 0;
    if (find_busy(NULL, block, &page, &index, &huge) != STATUS_SUCCESS)
        return NULL;
    return page ? heap_of_page(page) : huge->heap;
}

/* --- reallocate --- */

/* The page of one block has room for `size`: as it is, or longer; shorter where that is cheap. Of another thread's page
 * no more may be had than its block has now. */
static bool resize_large(struct heap *heap, struct front *front, struct page *page, size_t size)
{
    unsigned slices = page_need(page, size);
    if (page_lead(page) + size > LARGE_MAX)
        return false;
    if (page->front && page->front != front)
        return size <= block_capacity(page);
    if (page->front && slices > page->slices && !heap->special) { /* patterns and annotations go by the whole place */
        bool again = front->growing == page;
        unsigned more = again ? slices + slices / 2 : slices; /* what grew twice will grow on */
        front_grows(front, page);
        return (again && more <= LARGE_MAX / SLICE && segment_extend(heap, page, more)) ||
               segment_extend(heap, page, slices);
    }
    if (slices > page->slices)
        return segment_extend(heap, page, slices);
    if (slices < page->slices && !page->front)
        segment_shrink(heap, page, slices);
    return true;
}

/* Resizes where the block stands. `keep`: it stays however much of its place it leaves unused. */
static bool resize_in_place(struct heap *heap, struct front *front, struct page *page, uint32_t index, uint32_t flags,
                            size_t size, bool keep)
{
    size_t old = block_exact(page, index), capacity = block_capacity(page);
    size_t room = heap->special ? special_room(heap, size) : 0;
    if (!page->size) {
        if (size < GROWTH_LEAST && !keep)
            return false;
        if (!resize_large(heap, front, page, size + room))
            return false;
    } else if (size + room > capacity || (!keep && size < capacity / 2 && capacity > 128)) {
        return false;
    }
    if (unlikely(heap->special)) {
        uint8_t *block = page->start + (size_t)index * page->size;
        special_check_tail(heap, block, old, block_capacity(page));
        special_resized(heap, block, old, size, block_capacity(page));
    }
    if ((flags & HEAP_ZERO_MEMORY) && size > old)
        memset(page->start + (size_t)index * page->size + old, 0, size - old);
    block_mark(page, index, size);
    if (unlikely(heap->special))
        special_mark_tail(heap, page->start + (size_t)index * page->size, size);
    return true;
}

/* A larger block that is likely to grow again gets room behind it. */
static void *allocate_for_growth(struct heap *heap, uint32_t flags, size_t old, size_t size)
{
    struct page *page = NULL;
    if (!heap->special && old >= GROWTH_LEAST && size > old && size <= LARGE_MAX) {
        struct front *front = front_begin(heap, flags);
        if (!front)
            return NULL;
        page = front_take_growing(front, size);
        if (page) {
            page->exact = (uint32_t)size;
            page->flags = PAGE_GROWS;
        }
        front_end(front);
    }
    return page ? page->start : heap_allocate(heap, flags & ~(uint32_t)HEAP_ZERO_MEMORY, size);
}

static NTSTATUS move_block(struct heap *heap, uint32_t flags, void *block, size_t old, size_t size, void **moved)
{
    uint8_t *fresh = allocate_for_growth(heap, flags, old, size);
    if (!fresh)
        return STATUS_NO_MEMORY;
    memcpy(fresh, block, old < size ? old : size);
    if ((flags & HEAP_ZERO_MEMORY) && size > old)
        memset(fresh + old, 0, size - old);
    NTSTATUS status = heap_free(heap, flags, block);
    if (status != STATUS_SUCCESS) { /* freed meanwhile by another thread: its doing, not ours */
        heap_free(heap, flags, fresh);
        return status;
    }
    *moved = fresh;
    return STATUS_SUCCESS;
}

/* A block with a page of its own that stays in it, as long as it does not leave too much of it unused. */
static void *reallocate_large_quick(struct front *front, struct page *page, size_t size)
{
    front_enter(front);
    bool grows = page->flags & PAGE_GROWS;
    bool stays = !front_attention(front) && !record_is_free(record_get(page, 0)) && size >= GROWTH_LEAST &&
                 size <= LARGE_MAX &&
                 (grows ? page_lead(page) + size <= page->slices * SLICE : page_need(page, size) == page->slices);
    if (stays)
        block_mark(page, 0, size);
    front_leave(front);
    return stays ? page->start : NULL;
}

void *heap_reallocate_quick(struct front *front, void *block, size_t size)
{
    uint32_t index;
    struct page *page = find_block(block, &index);
    if (unlikely(!page || page->front != front))
        return NULL;
    if (!page->size)
        return reallocate_large_quick(front, page, size);
    if (unlikely(size > SMALL_MAX))
        return NULL;
    front_enter(front);
    size_t place = page->size, old = record_get(page, index) - RECORD_BUSY; /* of a free one: too much */
    bool good = !front_attention(front) && old <= place;
    bool stays = good && size <= place && (size >= place / 2 || place <= 128);
    if (stays)
        record_set(page, index, RECORD_BUSY + (uint32_t)size);
    front_leave(front);
    if (stays || !good)
        return stays ? block : NULL;
    void *moved = size <= FAST_MAX ? front_allocate(front, size) : front_allocate_small(front, size);
    if (unlikely(!moved))
        return NULL;
    memcpy(moved, block, old < size ? old : size);
    if (unlikely(!front_free(front, block)))
        (void)heap_free_slow(front->heap, 0, block);
    return moved;
}

NTSTATUS heap_reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, void **moved)
{
    struct page *page;
    struct huge *huge;
    uint32_t index = 0;
    NTSTATUS status = find_busy(heap, block, &page, &index, &huge);
    if (status != STATUS_SUCCESS) {
        heap_report("reallocation of a pointer that is no block", block);
        return status;
    }
    size_t old = page ? block_exact(page, index) : huge->size;
    if (old == SIZE_MAX) {
        heap_damaged(heap, "a block's record was overwritten", block);
        return STATUS_HEAP_CORRUPTION;
    }
    if (size > BLOCK_MAX || (heap->special && !special_charge_growth(heap, old, size)))
        return STATUS_NO_MEMORY;
    struct front *front = front_begin(heap, flags);
    if (!front) {
        if (heap->special)
            special_uncharge_growth(heap, old, size);
        return STATUS_NO_MEMORY;
    }
    bool in_place = flags & HEAP_REALLOC_IN_PLACE_ONLY, done = false;
    if (page)
        done = resize_in_place(heap, front, page, index, flags, size, in_place);
    else if (size > LARGE_MAX / 2 || in_place)
        done = huge_resize(heap, huge, flags, size);
    front_end(front);
    if (done) {
        if (heap->special)
            special_uncharge_growth(heap, size, old);
        *moved = block;
        return STATUS_SUCCESS;
    }
    if (heap->special)
        special_uncharge_growth(heap, old, size); /* a move charges both while it lasts */
    return in_place ? (NTSTATUS)STATUS_NO_MEMORY : move_block(heap, flags, block, old, size, moved);
}
