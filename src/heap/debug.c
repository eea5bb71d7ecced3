/* debug.c: what heaps with limits, patterns or guards do around each call; reports of damage. Writes to descriptor 2
 * only; must not allocate. */
#include "heap/annotate.h"
#include "heap/internal.h"
#include "heap/trace.h"

#include <stdlib.h>
#include <unistd.h>

#define TAIL_BYTES 16
#define TAIL_FILL 0xAB
#define TAIL_MOST ((size_t)0x7F000) /* blocks beyond have no tail pattern */
#define FIXED_BLOCK_MOST ((size_t)0xFF000)
#define ALLOCATED_FILL 0xBAADF00Du
#define FREED_FILL 0xFEEEFEEEu

static void fill(void *block, size_t size, uint32_t pattern)
{
    uint8_t *at = block;
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(pattern >> (i % 4 * 8));
}

static size_t charge_of(size_t size)
{
    return ((size + 15) & ~(size_t)15) + 16;
}

static bool charge(struct heap *heap, size_t charge)
{
    size_t before = atomic_fetch_add(&heap->charged, charge);
    if (before + charge <= heap->maximum)
        return true;
    atomic_fetch_sub(&heap->charged, charge);
    return false;
}

static bool too_large(const struct heap *heap, size_t size)
{
    return heap->largest && size > heap->largest;
}

bool special_charge(struct heap *heap, size_t size)
{
    if (too_large(heap, size))
        return false;
    return !heap->maximum || (size <= FIXED_BLOCK_MOST && charge(heap, charge_of(size)));
}

bool special_charge_growth(struct heap *heap, size_t old, size_t size)
{
    if (too_large(heap, size) && size > old)
        return false;
    if (!heap->maximum || charge_of(size) <= charge_of(old))
        return true;
    return size <= FIXED_BLOCK_MOST && charge(heap, charge_of(size) - charge_of(old));
}

void special_uncharge_growth(struct heap *heap, size_t old, size_t size)
{
    if (heap->maximum && charge_of(size) > charge_of(old))
        atomic_fetch_sub(&heap->charged, charge_of(size) - charge_of(old));
}

void special_uncharge(struct heap *heap, size_t size)
{
    if (heap->maximum)
        atomic_fetch_sub(&heap->charged, charge_of(size));
}

size_t special_tail(const struct heap *heap, size_t size)
{
    return (heap->flags & HEAP_TAIL_CHECKING_ENABLED) && size <= TAIL_MOST && !heap->page_heap ? TAIL_BYTES : 0;
}

size_t special_room(const struct heap *heap, size_t size)
{
    if (heap_state.annotate && size <= TAIL_MOST && !heap->page_heap)
        return TAIL_BYTES; /* a distance between blocks that the tool sees */
    return special_tail(heap, size);
}

void special_mark_tail(struct heap *heap, void *block, size_t exact)
{
    memset((uint8_t *)block + exact, TAIL_FILL, special_tail(heap, exact));
}

/* Bytes from the block on that may be touched: with the pattern behind it. */
static size_t touched(const struct heap *heap, size_t exact, size_t capacity)
{
    size_t size = exact + special_tail(heap, exact);
    return size < capacity ? size : capacity;
}

/* Whether free blocks of this length have the pattern from end to end. */
static bool is_patterned(const struct heap *heap, size_t capacity)
{
    return (heap->flags & HEAP_FREE_CHECKING_ENABLED) && capacity <= MEDIUM_MAX && !heap->page_heap &&
           !heap_state.annotate;
}

bool special_free_intact(const struct heap *heap, const void *block, size_t capacity)
{
    const uint64_t pattern = (uint64_t)FREED_FILL << 32 | FREED_FILL;
    if (!is_patterned(heap, capacity))
        return true;
    for (size_t at = 0; at < capacity; at += sizeof(pattern)) { /* classes are multiples of 16 */
        if (memcmp((const uint8_t *)block + at, &pattern, sizeof(pattern)) != 0)
            return false;
    }
    return true;
}

void special_fresh(struct heap *heap, struct page *page, uint32_t first, uint32_t count)
{
    if (!page->size || !is_patterned(heap, page->size))
        return;
    fill(page->start + (size_t)first * page->size, (size_t)count * page->size, FREED_FILL);
    page->flags &= (uint8_t)~PAGE_FRESH;
}

void special_taken(struct heap *heap, void *block, size_t exact, size_t capacity, bool zeroed)
{
    if (heap_kind_of(block) != KIND_HUGE && !special_free_intact(heap, block, capacity))
        heap_damaged(heap, "a freed block was written to", block);
    if (heap_state.annotate)
        annotate_busy(block, touched(heap, exact, capacity), capacity, zeroed);
    special_mark_tail(heap, block, exact);
}

void special_made(void *block, size_t exact)
{
    if (heap_state.trace)
        trace_note(block, exact);
}

void special_check_tail(struct heap *heap, const void *block, size_t exact, size_t capacity)
{
    if (exact <= capacity && !special_tail_intact(heap, block, exact, capacity))
        heap_damaged(heap, "a block was written past its end", block);
}

void special_resized(struct heap *heap, void *block, size_t old, size_t exact, size_t capacity)
{
    if (heap_state.annotate)
        annotate_resized(block, touched(heap, old, SIZE_MAX), touched(heap, exact, capacity), capacity);
    if (heap_state.trace)
        trace_note(block, exact);
}

bool special_tail_intact(const struct heap *heap, const void *block, size_t exact, size_t capacity)
{
    size_t tail = special_tail(heap, exact);
    const uint8_t *at = (const uint8_t *)block + exact;
    if (exact + tail > capacity)
        return true; /* reached its size by growing in place */
    for (size_t i = 0; i < tail; i++) {
        if (at[i] != TAIL_FILL)
            return false;
    }
    return true;
}

void special_freeing(struct heap *heap, void *block, size_t exact, size_t capacity)
{
    if (!special_tail_intact(heap, block, exact, capacity))
        heap_damaged(heap, "a block was written past its end", block);
    if (is_patterned(heap, capacity))
        fill(block, capacity, FREED_FILL);
    else if ((heap->flags & HEAP_FREE_CHECKING_ENABLED) && exact <= TAIL_MOST && exact <= capacity)
        fill(block, exact, FREED_FILL);
    if (heap_state.trace)
        trace_forget(block);
    if (heap_state.annotate) {
        annotate_free(block);
        annotate_rest(block, 0, capacity);
    }
}

/* The heap goes with all its blocks: they are no leaks. */
void special_forget_all(struct heap *heap)
{
    struct heap_entry entry = {0};
    if (!heap_state.trace && !heap_state.annotate)
        return;
    while (heap_walk(heap, &entry) == STATUS_SUCCESS) {
        if (entry.kind != HEAP_ENTRY_BUSY)
            continue;
        trace_forget(entry.data);
        annotate_free(entry.data);
    }
}

void *special_allocate(struct heap *heap, uint32_t flags, size_t size)
{
    if (size > BLOCK_MAX || !special_charge(heap, size))
        return NULL;
    void *block = raw_allocate(heap, flags, size + special_room(heap, size), size, 16);
    if (!block) {
        special_uncharge(heap, size);
        return NULL;
    }
    if ((heap->flags & HEAP_FREE_CHECKING_ENABLED) && !(flags & HEAP_ZERO_MEMORY) && size <= TAIL_MOST)
        fill(block, size, ALLOCATED_FILL);
    return block;
}

void heap_terminate_on_corruption(void)
{
    heap_process(); /* may be the first call of all: the options are read before */
    heap_state.terminate = 1;
}

static void say(const char *text)
{
    ssize_t written = write(2, text, strlen(text));
    (void)written;
}

static void say_damage(const char *what, const void *block)
{
    char address[] = "0x0000000000000000";
    for (unsigned i = 0; i < 16; i++)
        address[17 - i] = "0123456789abcdef"[(uintptr_t)block >> (i * 4) & 15];
    say("winmem: heap corruption: ");
    say(what);
    say(": ");
    say(address);
    say("\n");
}

void heap_die(const char *what, const void *block)
{
    say_damage(what, block);
    abort();
}

void heap_on_corruption(void (*end)(const void *block))
{
    heap_state.end = end;
}

void heap_report(const char *what, const void *block)
{
    if (heap_state.annotate) {
        say_damage(what, block);
        annotate_free((void *)(uintptr_t)block);
    }
    if (!heap_state.terminate)
        return;
    if (heap_state.end) {
        say_damage(what, block);
        heap_state.end(block);
        abort();
    }
    heap_die(what, block);
}

void heap_damaged(struct heap *heap, const char *what, const void *block)
{
    atomic_fetch_add_explicit(&heap->damage, 1, memory_order_relaxed);
    if (heap_state.malloc && heap->number == 0)
        heap_die(what, block);
    heap_report(what, block);
}
