/* internal.h: the heap's structures and the fast paths. Included by src/heap, and for the fast paths by the face of
 * HeapAlloc and the malloc interposer.
 *
 * A heap owns segments of 32 MiB, cut into slices of 64 KiB. A *page* is a run of slices that holds blocks of one
 * size. Pages belong to a *front*: what one thread has of one heap. Only its thread allocates from a front and frees
 * to it, without a lock. Of every block the heap keeps a record of four bytes, outside the user's memory: of a busy one
 * its size, of a free one which is the next in its page's list. Nothing of the heap's
 * stands in a block. Another thread's free marks the record and leaves the rest to the owner. Descriptors and records
 * lie at the segment's start, behind an unmapped guard.
 *
 * Letters: F the front's own thread, or a thread that holds the heap stopped (heap_stop); B heap->back; L heap->lock;
 * H heap_state.list_lock; A atomic. */
#ifndef WINMEM_HEAP_INTERNAL_H
#define WINMEM_HEAP_INTERNAL_H

#include "heap/heap.h"

#include <stdatomic.h>
#include <string.h>

#include "host/lock.h"
#include "host/shared.h"

#define SEGMENT_SHIFT 25
#define SEGMENT_SIZE ((size_t)1 << SEGMENT_SHIFT)
#define SLICE_SHIFT 16
#define SLICE ((size_t)1 << SLICE_SHIFT)
#define SLICES 512
#define RECORD_AREA sizeof(struct segment)    /* the area of records, from here ... */
#define RECORD_AREA_END ((size_t)112 * SLICE) /* ... to here; one guard slice follows */
#define RECORD_LOGS 15                        /* its pieces: powers of two up to 16 KiB */
#define FIRST_SLICE 113
#define INFO_SLICE (FIRST_SLICE - 1) /* in one page of memory with the first descriptors */
#define LAST_SLICE 510               /* the last slice is a guard as well */
#define USABLE_SLICES (LAST_SLICE - FIRST_SLICE + 1)
#define BITMAP_WORDS (SLICES / 64)
#define ADDRESS_BITS 47

#define SMALL_MAX ((size_t)8 << 10)   /* blocks up to here: pages of one slice */
#define MEDIUM_MAX ((size_t)48 << 10) /* up to here: pages of two or four slices; any slack fits a record */
#define FRONT_LARGE_SLICES 16         /* one block a page, kept in the front when free */
#define FRONT_LARGE_MAX (FRONT_LARGE_SLICES * SLICE)
#define LARGE_MAX ((size_t)8 << 20) /* beyond: straight from mm */
#define FAST_MAX ((size_t)2048)     /* sizes whose page the inline path finds by sixteenths */
#define COARSE 256                  /* classes beyond FAST_MAX are multiples of this */
#define SIZE_CLASSES 76             /* 16 ... 48K: every 16 to 128, then eight steps a doubling */
#define CLASS_LARGE 255             /* of pages of one block */
#define BLOCK_MAX ((size_t)1 << 46)

/* Records. Of a free block: the link to the next in its page's list, or 0 at the end, and where none was yet. A link
 * says 1 + the block's index, and where it lies in its page, in units of 8 bytes. Four bytes, as `page.free`: what was
 * written just now is read again several cycles later if it is shorter. */
#define RECORD_REMOTE 0x7fffffffu /* freed by another thread, not yet seen by the page's owner */
#define RECORD_BUSY 0x80000000u   /* and the requested size; of a page of one block page.exact has that */
#define record_is_free(record) ((record) <= RECORD_REMOTE)
#define record_is_listed(record) ((record) < RECORD_REMOTE)
#define LINK_BITS 16
#define LINK_UNIT_LOG 3

struct front;
struct heap;

/* The first line is read by every thread that frees a block of the page, and seldom written. Pages of one block have
 * all they need in it. */
struct page {
    _Alignas(64) uint8_t *start; /* first block; of a page of one block up to LEAD_MOST behind the page's start */
    uint32_t *records;           /* that of a block at 1 + its index: what links call it */
    struct front *front;         /* owner; NULL: a large block of no front, or not a page's first slice */
    uint32_t reciprocal;         /* ceil(2^32 / size); pages of one block: 0 */
    uint32_t size;               /* block size; pages of one block: 0 */
    uint32_t exact;              /* pages of one block: the requested size */
    uint16_t capacity;           /* blocks */
    uint16_t back;               /* bytes back to the descriptor of the page's first slice */
    uint16_t slices;
    uint8_t class;
    uint8_t flags;           /* F: PAGE_*; 0 for a busy page of one block that is like any other */
    uint32_t own_record;     /* the record of a page of one block: RECORD_BUSY or free */
    struct page *large_next; /* F: in front->large */

    _Alignas(64) uint32_t free;   /* F: link to the first free block; 0: none */
    uint32_t used;                /* F: blocks taken, less `hidden`; what makes it 0 is for the slow path to see */
    int32_t hidden;               /* F: of a full page, all but one; of an empty one that is known to be: -1 */
    uint32_t extended;            /* F: blocks that have been handed to the stack so far */
    uint32_t untouched;           /* F: block + 1 that was never written since its commit, when fresh; else 0 */
    struct page *next, *previous; /* F: the class's list: pages with room */
};
_Static_assert(sizeof(struct page) == 128, "two cache lines");
_Static_assert(LARGE_MAX / SLICE * sizeof(struct page) <= UINT16_MAX, "back");
#define PAGE_LISTED 1u /* in its class's list */
#define PAGE_FULL 2u
#define PAGE_EMPTY 4u   /* empty and kept */
#define PAGE_FRESH 8u   /* blocks beyond `extended` have never been written since their commit */
#define PAGE_AGED 16u   /* empty at the last tick of the purge thread */
#define PAGE_GROWS 32u  /* of one block: front->growing */
#define PAGE_LONG 64u   /* of one block: too long for front->large */
#define PAGE_AHEAD 128u /* fresh, of a class that grows: its memory is made resident some way ahead */

/* Frees by other threads than the owner. Their blocks' records say so; here is how many the owner has been told of and
 * not yet seen. A page whose count leaves 0 goes to front->delivered. Until the owner took the count the blocks are
 * taken ones. */
struct page_remote {
    _Alignas(64) _Atomic uint32_t count; /* A */
    struct page *next;                   /* A: in front->delivered */
};

/* What a thread freed of another's page and has not yet told its owner: the page's address and the count, which is less
 * than a descriptor's size. 0: none. */
typedef uintptr_t remote_batch;
#define REMOTE_BATCHES 256u
#define REMOTE_BATCH_MOST 32u
#define REMOTE_BATCH_BYTES ((size_t)16384)

struct segment {
    struct page
        pages[SLICES]; /* those below FIRST_SLICE are unused, but for the info's address in pages[INFO_SLICE].records */
    struct page_remote remote[SLICES];
};

/* Free slices by what they cost to use: those that were written are resident already. */
enum { RUN_WRITTEN, RUN_COMMITTED, RUN_FREE, RUN_KINDS };
#define RUN_CLASSES 5 /* by length: see run_class */

/* The longest run of one kind, by which the segment is in one of heap->open; 0: in none. */
struct segment_run {
    struct segment_info *next, *previous;
    unsigned longest;
};

/* Bookkeeping of a segment's slices, outside of it. */
struct segment_info {
    uint8_t *base;
    struct heap *heap;
    struct segment_info *chain;         /* B: in heap->all */
    struct segment_run runs[RUN_KINDS]; /* B */
    uint64_t free[BITMAP_WORDS];        /* B: slices in no page */
    uint64_t committed[BITMAP_WORDS];   /* B */
    uint64_t clean[BITMAP_WORDS];       /* B: committed and never written */
    uint64_t aged[BITMAP_WORDS];        /* B: free at the last tick of the purge clock */
    uint32_t free_count;                /* B */
    uint32_t committed_count;           /* B */
    uint32_t records_used;              /* B: bytes of the record area handed out so far */
    uint32_t records_committed;         /* B */
    uint32_t records_free[RECORD_LOGS]; /* B: per log2 size: offset of the first free piece */
    uint32_t index;                     /* region number, for HeapWalk */
    uint16_t huge;                      /* B: pieces of HUGE_SLICES slices that were committed as huge pages */
};

struct huge {
    uint8_t *base; /* reservation */
    uint8_t *data;
    size_t reserved, committed, size; /* committed: bytes from base */
    size_t lead;                      /* page heap with guards before: bytes of guard in front of the committed ones */
    struct heap *heap;
    struct huge *next, *previous; /* B: of the heap */
    struct huge *chain;           /* U: hash chain */
    uint64_t freed_at;            /* B: of one that is kept: in ms */
    size_t slack;                 /* B: committed bytes at the end that it does not need and may lose any time */
    uint32_t index;
};

/* What one thread has of one heap. The first line is the owner's alone but for `attention`. */
struct front {
    _Atomic uint32_t busy;      /* A: the owner is inside an operation */
    _Atomic uint32_t attention; /* A: ATTENTION_*: leave the fast path */
    struct heap *heap;
    uint32_t random;
    uint32_t empty_slices;                         /* F: kept in empty pages */
    uint32_t notice;                               /* F: this many of them are for the slow path to see */
    uintptr_t home;                                /* base of the heap's first segment, which stays */
    struct front **slot;                           /* where the owner's thread finds it; cleared by heap_destroy */
    uint64_t fetches;                              /* F: pages from the heap so far */
    struct page *growing;                          /* F: the page of the block that grew last, or a free one for the
                                                      next that grows; may be longer than its block needs */
    uint32_t rivals;                               /* F: medium blocks that found another one there */
    struct page *large[FRONT_LARGE_SLICES + 1];    /* F: free pages of one block, by length, the last freed first */
    struct page *direct[FAST_MAX / 16 + 1];        /* F: `current` again, by sixteenths of the size */
    struct page *coarse[SMALL_MAX / COARSE + 1];   /* F: the same, beyond FAST_MAX */
    struct page *current[SIZE_CLASSES];            /* F: first page with room, or the empty page */
    struct page *last[SIZE_CLASSES];               /* F: end of the list */
    uint16_t pages[SIZE_CLASSES];                  /* F: how many, listed or full; the most: so many or more */
    remote_batch batches[REMOTE_BATCHES];          /* F */
    _Alignas(64) _Atomic(struct page *) delivered; /* A: pages with remote frees */
    struct front *next;                            /* L: all fronts of the heap */
    struct front *next_idle;                       /* L: fronts whose thread has gone */
    bool idle;                                     /* L */
};
#define NO_HOME 1            /* no segment's address */
#define ATTENTION_LOCKED 1u  /* the heap is locked by another thread */
#define ATTENTION_PURGE 8u   /* ... by the purge thread, which calls without serialization respect too */
#define ATTENTION_NONE 4u    /* no front at all */
#define ATTENTION_SPECIAL 2u /* the heap has limits, patterns, guards or observers: every call is looked at */

/* A heap's own lock for HeapLock: recursive, held across calls. */
struct heap_user_lock {
    _Atomic uint32_t word;
    uint32_t depth;
    _Atomic(void *) owner; /* an address in the owner's thread-local storage */
};

struct heap {
    _Alignas(256) _Atomic uint32_t alive; /* a power of two: handles become numbers by a shift */
    uint32_t flags;
    uint32_t number;    /* 0: the process heap; else its index in heap_state.table */
    uint32_t next_free; /* H: of a slot without a heap */
    uint32_t compatibility;
    size_t maximum;         /* fixed-size heaps: usable bytes; 0: growable */
    _Atomic size_t charged; /* fixed-size heaps: bytes taken */
    size_t largest;         /* of a block; 0: as large as can be */
    uint64_t key;
    bool special, executable, page_heap;
    _Atomic bool purge_wanted; /* A: the purge thread looks at it */
    _Atomic bool purging;      /* A: it does so now */
    _Atomic uint64_t walked;   /* A: when it was last walked, while a purge is wanted */
    _Atomic uint32_t damage;   /* A: how often overwritten memory of the heap's own was met */
    struct heap_user_lock user;
    host_lock lock;                                    /* RANK_HEAP: fronts */
    struct front *fronts;                              /* L */
    struct front *idle;                                /* L */
    _Atomic bool has_idle;                             /* L to write: there may be idle fronts */
    struct front *communal;                            /* L: for threads that are past their end; used under `lock` */
    host_lock back;                                    /* RANK_HEAP_SEGMENT */
    struct segment_info *open[RUN_KINDS][RUN_CLASSES]; /* B: segments with free slices */
    struct segment_info *all;                          /* B: via `chain` */
    struct segment_info *retired;                      /* B: via `chain`: of nobody any more, to be unmapped soon */
    uint64_t retired_at;                               /* B: when the last of them was, in ms */
    struct huge *huge;                                 /* B */
    uint32_t region_count;                             /* B: next region index */
    _Atomic size_t live_slices;                        /* B to write: slices in pages */
    uint32_t given;                                    /* B: slices given back since heap_purge_want */
    uint64_t purge_at;                                 /* B: next tick, in ms */
    uint32_t purge_skip;                               /* B */
    uint32_t committed_slices;                         /* B */
    uint32_t dense_slices;                             /* B: in pages that are filled: see there */
    uint32_t spare_most;                               /* B: more spare slices go back at once */
    uint32_t spared, regrown;                          /* B: slices that did so last, and what was committed since */
    uint64_t spared_at;                                /* B: when, in ms; 0: not lately */
    uintptr_t home;                                    /* base of the first segment, which stays */
    size_t huge_bytes;                                 /* B: committed by huge blocks */
    uint32_t huge_count, huge_count_most;              /* B: huge blocks; at any time so far */
    size_t huge_bytes_most;                            /* B */
};

_Static_assert(sizeof(struct heap) == 512, "a power of two");
#define HEAP_ALIVE 0x48454150u

/* Handles are addresses in one table, which is reserved with the first private heap and committed as far as there were
 * some; the process heap's is apart. A thread finds its front of a heap through a root and chunks of pointers. */
#define HEAP_SLOTS 65536
#define FRONT_CHUNK 256
struct front_chunk {
    struct front *fronts[FRONT_CHUNK];
};
struct front_root {
    struct front_chunk *chunks[HEAP_SLOTS / FRONT_CHUNK]; /* never NULL: front_no_chunk */
};

struct heap_global {
    _Atomic uint32_t started;
    host_lock list_lock; /* RANK_HEAP_LIST: H */
    host_lock huge_lock; /* RANK_HEAP_POOL: U */
    host_lock pool_lock; /* RANK_POOL */
    uint64_t secret;
    uint64_t made; /* H: heaps so far */
    uint32_t terminate;
    void (*end)(const void *block); /* how to end the process on corruption; set once, before main */
    bool malloc;                    /* the process heap is the C library's: its damage ends the process */
    bool annotate, trace;           /* a tool watches; every block's call stack is kept */
    uint8_t page_heap;              /* WINMEM_HEAP_PAGES: 1 guard behind, 2 before every block */
    uint32_t check_flags;           /* WINMEM_HEAP_CHECK: for every heap */
    bool huge_pages;                /* no RAM budget: large heaps may grow by huge pages */
    struct heap *table;             /* H to set: HEAP_SLOTS of them, of which the first is not used; or NULL */
    size_t table_committed;         /* H: bytes */
    _Atomic uint32_t highest;       /* H to set: slots from here on were never used */
    uint32_t free_first, free_last; /* H: slots of destroyed heaps, the longest free first; 0: none */
    uint32_t free_count;            /* H */
};

/* Visible to libwinmem-malloc.so, which has the fast paths inline. */
extern WINMEM_SHARED struct heap_global heap_state;
extern struct heap heap_first; /* the process heap */
/* One byte per 32 MiB of address space: 0 nothing of ours, 1 a segment, 2 a huge block. */
#define KIND_SEGMENT 1
#define KIND_HUGE 2
extern WINMEM_SHARED uint8_t heap_kind[(size_t)1 << (ADDRESS_BITS - SEGMENT_SHIFT)];

/* Never NULL: a thread without a front has front_none, which always wants attention. */
extern WINMEM_SHARED __thread struct front *heap_process_front;
extern struct front front_none;
extern __thread struct front_root *heap_fronts; /* by heap number; never NULL */
extern struct front_root front_no_root;
extern struct front_chunk front_no_chunk;

static inline struct heap *heap_at(uint32_t number)
{
    return number ? &heap_state.table[number] : &heap_first;
}

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
/* Not what every program runs: not in the first pages of the text (cmake/first.ld). */
#define SELDOM __attribute__((cold))

static inline unsigned heap_kind_of(const void *pointer)
{
    uintptr_t index = (uintptr_t)pointer >> SEGMENT_SHIFT;
    return likely(index < sizeof(heap_kind)) ? heap_kind[index] : 0;
}

static inline struct segment *segment_of(const void *pointer)
{
    return (struct segment *)((uintptr_t)pointer & ~(uintptr_t)(SEGMENT_SIZE - 1));
}

/* The page of an address in a segment; for slices in no page start is NULL. */
static inline struct page *page_of(const void *pointer)
{
    struct page *page = &segment_of(pointer)->pages[((uintptr_t)pointer >> SLICE_SHIFT) & (SLICES - 1)];
    return (struct page *)((uint8_t *)page - page->back);
}

/* Class of a size up to MEDIUM_MAX. */
static inline unsigned size_class(size_t size)
{
    if (size <= 128)
        return size ? (unsigned)((size - 1) >> 4) : 0;
    unsigned log = 63u - (unsigned)__builtin_clzll(size - 1);
    return 8 + (log - 7) * 8 + (unsigned)(((size - 1) >> (log - 3)) & 7);
}

static inline size_t class_size(unsigned class)
{
    if (class < 8)
        return ((size_t) class + 1) << 4;
    unsigned log = 7 + (class - 8) / 8;
    return ((size_t)1 << log) + (((size_t) class & 7) + 1) * ((size_t)1 << (log - 3));
}

extern struct page front_no_page;

static inline struct page_remote *remote_of(struct page *page)
{
    struct segment *segment = segment_of(page);
    return &segment->remote[page - segment->pages];
}

static inline void front_enter(struct front *front)
{
    atomic_store_explicit(&front->busy, 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void front_leave(struct front *front)
{
    atomic_store_explicit(&front->busy, 0, memory_order_release);
}

static inline uint32_t front_attention(struct front *front)
{
    return atomic_load_explicit(&front->attention, memory_order_acquire); /* what was done while the heap was stopped */
}

void *heap_allocate_slow(struct heap *heap, uint32_t flags, size_t size);
/* Frees a block of a page that a front of the heap owns, this one or another. False: not done. */
bool heap_free_quick(struct front *front, struct heap *heap, void *block);
/* The small blocks of this front, to sizes up to SMALL_MAX. NULL: not done. */
void *heap_reallocate_quick(struct front *front, void *block, size_t size);
NTSTATUS heap_free_slow(struct heap *heap, uint32_t flags, void *block);
void front_trigger(struct front *front, struct page *page);
/* The same, then leaves the front. */
WINMEM_SHARED void heap_front_trigger(struct front *front, struct page *page);
/* What front->notice asks for; then leaves the front. */
WINMEM_SHARED void heap_front_notice(struct front *front);

/* Index of a block that starts at `offset` in its page's first slice; false when no block starts there. */
static inline bool first_slice_index(const struct page *page, size_t offset, uint32_t *index)
{
    uint64_t product = (uint64_t)(uint32_t)offset * page->reciprocal;
    *index = (uint32_t)(product >> 32);
    return likely((uint32_t)product < page->reciprocal && offset < SLICE); /* no remainder */
}

static inline uint32_t *record_at(const struct page *page, size_t index)
{
    return &page->records[1 + index];
}

static inline unsigned record_get(const struct page *page, size_t index)
{
    return __atomic_load_n(record_at(page, index), __ATOMIC_RELAXED);
}

/* The page's owner may look at a record meanwhile, for blocks that were freed. */
static inline void record_set(struct page *page, size_t index, uint32_t record)
{
    __atomic_store_n(record_at(page, index), record, __ATOMIC_RELAXED);
}

static inline uint32_t link_to(size_t index, size_t offset)
{
    return (uint32_t)((offset << (LINK_BITS - LINK_UNIT_LOG)) + 1 + index);
}

static inline size_t link_index(uint32_t link)
{
    return (uint16_t)link - (size_t)1;
}

static inline size_t link_offset(uint32_t link)
{
    return (size_t)(link >> LINK_BITS) << LINK_UNIT_LOG;
}

/* Records the requested size of a busy block. */
static inline void block_mark(struct page *page, uint32_t index, size_t exact)
{
    if (!page->size)
        __atomic_store_n(&page->exact, (uint32_t)exact, __ATOMIC_RELAXED);
    record_set(page, index, RECORD_BUSY + (page->size ? (uint32_t)exact : 0));
}

static inline int32_t page_taken(const struct page *page)
{
    return (int32_t)page->used + page->hidden;
}

/* Takes the first free block of a page, which has one. NULL: its record says otherwise, as after frees by two
 * threads at once. The link says where the block is: neither the program nor the next allocation waits for a
 * multiplication. */
static inline uint8_t *page_take(struct page *page, size_t *index)
{
    uint32_t link = page->free;
    size_t at = link_index(link);
    uint32_t next = record_get(page, at);
    *index = at;
    if (unlikely(!record_is_listed(next)))
        return NULL;
    page->free = next;
    page->used++;
    uint8_t *block = page->start + link_offset(link);
    if (!block)
        __builtin_unreachable();
    return block;
}

/* The fast path: sizes up to FAST_MAX, a front with nothing to look at, a page with a free block. */
static inline void *front_allocate(struct front *front, size_t size)
{
    size_t index;
    void *block;
    struct page *page; /* looked up inside and when nobody stops the heap: who does may give it back */
    front_enter(front);
    if (unlikely(front_attention(front) || !(page = front->direct[(size + 15) >> 4])->free) ||
        !(block = page_take(page, &index))) {
        front_leave(front);
        return NULL;
    }
    record_set(page, index, RECORD_BUSY + (uint32_t)size);
    front_leave(front);
    return block;
}

/* Sizes beyond FAST_MAX up to SMALL_MAX: the same, with room for more slack. */
static inline void *front_allocate_small(struct front *front, size_t size)
{
    size_t index;
    void *block;
    struct page *page;
    front_enter(front);
    if (unlikely(front_attention(front) || !(page = front->coarse[(size + COARSE - 1) / COARSE])->free) ||
        !(block = page_take(page, &index))) {
        front_leave(front);
        return NULL;
    }
    page->untouched = 0;
    record_set(page, index, RECORD_BUSY + (uint32_t)size);
    front_leave(front);
    return block;
}

/* Blocks in pages of their own begin at different places of their first cache set: programs that look at the beginnings
 * of many of them would else meet a few sets only. */
#define LEAD_MOST ((size_t)4096 - 64)

static inline size_t page_lead(const struct page *page)
{
    return (uintptr_t)page->start & (SLICE - 1);
}

static inline size_t page_exact(const struct page *page)
{
    return __atomic_load_n(&page->exact, __ATOMIC_RELAXED);
}

/* Slices that a page of one block needs for this size. */
static inline unsigned page_need(const struct page *page, size_t size)
{
    size_t end = page_lead(page) + size;
    return end ? (unsigned)((end + SLICE - 1) >> SLICE_SHIFT) : 1;
}

static inline void page_begin(struct page *page, size_t size)
{
    size_t lead = ((uintptr_t)page / sizeof(*page) * 5 * 64) & LEAD_MOST;
    uint8_t *first = (uint8_t *)((uintptr_t)page->start & ~(uintptr_t)(SLICE - 1));
    uint8_t *start = size + lead <= page->slices * SLICE ? first + lead : first;
    if (page->start != start)
        page->start = start;
}

/* A free page of one block, which is then busy; NULL: there is none. */
static inline struct page *front_take_large(struct front *front, size_t size)
{
    size_t slices = (size + SLICE - 1) >> SLICE_SHIFT;
    struct page *page = front->large[slices];
    if (unlikely(!page))
        return NULL;
    front->large[slices] = page->large_next;
    front->empty_slices -= (uint32_t)slices;
    page->flags = 0;
    page->own_record = RECORD_BUSY;
    page->exact = (uint32_t)size;
    page_begin(page, size);
    return page;
}

/* Sizes beyond MEDIUM_MAX up to FRONT_LARGE_MAX: a front with nothing to look at that has a free page of the length. */
static inline void *front_allocate_large(struct front *front, size_t size)
{
    front_enter(front);
    struct page *page = unlikely(front_attention(front)) ? NULL : front_take_large(front, size);
    void *block = page ? page->start : NULL;
    front_leave(front);
    return block;
}

/* True: front_notice is due. */
static inline bool front_put_large(struct front *front, struct page *page)
{
    record_set(page, 0, 0);
    page->large_next = front->large[page->slices];
    front->large[page->slices] = page;
    front->empty_slices += page->slices;
    return front->empty_slices >= front->notice;
}

static inline bool front_free_large(struct front *front, struct page *page, void *block)
{
    if (unlikely(page->size || page->start != block))
        return false;
    front_enter(front);
    if (unlikely(front_attention(front) || page->flags || record_is_free(record_get(page, 0)))) {
        front_leave(front);
        return false;
    }
    if (unlikely(front_put_large(front, page))) {
        heap_front_notice(front); /* leaves */
        return true;
    }
    front_leave(front);
    return true;
}

/* A block of a page that the entered front owns: to the page's list. True: front_trigger should see the page. */
static inline bool page_put(struct page *page, size_t index, size_t offset)
{
    record_set(page, index, page->free);
    page->free = link_to(index, offset);
    return --page->used == 0;
}

/* What will be written may lie in another processor's cache, or in none: it comes in one step, and meanwhile. */
static inline void expect_write(const void *memory)
{
    __asm__ volatile("prefetchw %0" : : "m"(*(const char *)memory));
}

/* The fast path of free: a block in the first slice of a page that this front owns. False: not done. */
static inline bool front_free(struct front *front, void *block)
{
    struct segment *segment = segment_of(block);
    if (unlikely((uintptr_t)segment != front->home) && heap_kind_of(block) != KIND_SEGMENT)
        return false;
    struct page *page = &segment->pages[((uintptr_t)block >> SLICE_SHIFT) & (SLICES - 1)];
    uint32_t index;
    if (unlikely(page->front != front))
        return false;
    if (unlikely(!first_slice_index(page, (uintptr_t)block & (SLICE - 1), &index)))
        return front_free_large(front, page, block);
    front_enter(front);
    if (unlikely(front_attention(front) || record_is_free(record_get(page, index)))) {
        front_leave(front);
        return false;
    }
    expect_write(block);
    if (unlikely(page_put(page, index, (uintptr_t)block & (SLICE - 1)))) {
        heap_front_trigger(front, page); /* leaves: a tail call */
        return true;
    }
    front_leave(front);
    return true;
}

/* The calling thread's front of a heap, or NULL when it has none yet. */
static inline struct front *front_of(struct heap *heap)
{
    if (likely(heap == &heap_first))
        return heap_process_front != &front_none ? heap_process_front : NULL;
    return heap_fronts->chunks[heap->number / FRONT_CHUNK]->fronts[heap->number % FRONT_CHUNK];
}

/* The calling thread's front of whatever heap a handle names; front_none when there is none, or no such heap. */
static inline struct front *front_of_handle(const void *handle)
{
    if (likely(handle == &heap_first))
        return heap_process_front;
    uintptr_t offset = (uintptr_t)handle - (uintptr_t)heap_state.table, number = offset / sizeof(struct heap);
    if (unlikely(offset % sizeof(struct heap) || number >= HEAP_SLOTS))
        return &front_none;
    struct front *front = heap_fronts->chunks[number / FRONT_CHUNK]->fronts[number % FRONT_CHUNK];
    return likely(front != NULL) ? front : &front_none;
}

/* segment.c */
struct page *segment_take(struct heap *heap, unsigned slices, unsigned class, size_t block_size, bool for_growth);
void segment_give(struct heap *heap, struct page *page);
/* A heap without anything gets its first segment: a heap that is walked has a region. */
void segment_first_locked(struct heap *heap);
bool segment_extend(struct heap *heap, struct page *page, unsigned slices);
void segment_shrink(struct heap *heap, struct page *page, unsigned slices);
/* True: something was given back, or may be at the next tick. */
bool segment_purge(struct heap *heap, bool everything);
/* For lack of memory: those that wait to be unmapped wait no longer. */
void segment_unmap_retired(struct heap *heap);
void segment_release_all(struct heap *heap);
struct segment_info *segment_info_of(const void *pointer);
/* Whether a slice is free (in no page), and whether it is committed. heap->back held. */
bool segment_slice_is(const struct segment_info *info, unsigned slice, bool *committed);
uint64_t heap_clock(void);

static inline struct heap *heap_of_page(const struct page *page)
{
    return segment_info_of(page)->heap;
}

/* huge.c */
void *huge_allocate(struct heap *heap, uint32_t flags, size_t size, size_t alignment);
struct huge *huge_find(const void *block); /* by exact block address */
struct huge *huge_at(const void *pointer); /* by any address in the reservation */
NTSTATUS huge_free(struct heap *heap, struct huge *huge, const void *block);
bool huge_resize(struct heap *heap, struct huge *huge, uint32_t flags, size_t size);
void huge_release_all(struct heap *heap);
/* What is kept of freed ones for the next, in blocks or behind them: given back, all of it or what stayed unused;
 * bytes. */
void huge_release_kept_locked(struct heap *heap, bool everything);
size_t huge_kept_locked(const struct heap *heap);

/* pool.c: memory of the heap itself; zeroed */
void *pool_take(size_t size);
void pool_give(void *piece, size_t size);

/* front.c */
void front_start(void);
/* The thread's front, made if need be; NULL: the thread is past its end, or no memory. */
struct front *front_get(struct heap *heap);
struct front *front_communal_locked(struct heap *heap);
void front_collect(struct front *front);
void front_drop_empty(struct front *front);
void front_give_all(struct front *front);
/* The heap is stopped: gives back the pages that stayed empty since the last call. True: there may be more next time.
 */
bool front_age_all(struct heap *heap);
/* A page of one block whose block is free again. */
void front_keep_large(struct front *front, struct page *page);
/* A page for a block that grows, at least so long, busy. NULL: no memory; or of several blocks that grow and are not
 * large yet it is another's turn: were each to have slices of its own, most of these would stay empty. */
struct page *front_take_growing(struct front *front, size_t size);
/* The page of a block of this front that grows is the growing one from now on. */
void front_grows(struct front *front, struct page *page);
struct page *front_fetch_large(struct front *front, unsigned slices);
/* Tells the owner of a page about a block that was freed, whose record says so already; soon. */
void front_deliver(struct front *mine, struct page *page);
/* Now. Of any front whose thread is not inside. */
void front_flush(struct front *front);
struct page *front_find_page(struct front *front, unsigned class);
void front_release_all(struct heap *heap);

/* blocks.c */
/* The page and index of an address that starts a block of a segment, busy or free; NULL otherwise. */
struct page *block_find(const void *block, uint32_t *index);
size_t block_capacity(const struct page *page);
/* Requested size of a busy block; SIZE_MAX when its record was damaged. */
size_t block_exact(const struct page *page, uint32_t index);

/* debug.c: what heaps with limits, patterns or guards do around each call */
void special_forget_all(struct heap *heap);
void *special_allocate(struct heap *heap, uint32_t flags, size_t size);
/* While the front of a new block is still entered, before its memory is touched: who stops the heap then finds it with
 * its patterns. Afterwards; after its size changed in place; before it is given up. */
void special_taken(struct heap *heap, void *block, size_t exact, size_t capacity, bool zeroed);
void special_made(void *block, size_t exact);
void special_resized(struct heap *heap, void *block, size_t old, size_t exact, size_t capacity);
/* Before that; not of huge blocks, which have no pattern however short they become. */
void special_check_tail(struct heap *heap, const void *block, size_t exact, size_t capacity);
void special_freeing(struct heap *heap, void *block, size_t exact, size_t capacity);
/* Blocks that are handed to a page's list for the first time; whether a free block is as it was left. */
void special_fresh(struct heap *heap, struct page *page, uint32_t first, uint32_t count);
bool special_free_intact(const struct heap *heap, const void *block, size_t capacity);
bool special_tail_intact(const struct heap *heap, const void *block, size_t exact, size_t capacity);
/* Bytes a block of `size` takes from a fixed-size heap. */
bool special_charge(struct heap *heap, size_t size);
void special_uncharge(struct heap *heap, size_t size);
/* A block that is to grow, or grew no more, or shrank (then from its new size to the old one). Nothing has to be
 * charged again: somebody else may have taken the room meanwhile. */
bool special_charge_growth(struct heap *heap, size_t old, size_t size);
void special_uncharge_growth(struct heap *heap, size_t old, size_t size);
size_t special_tail(const struct heap *heap, size_t size);
/* Bytes to have behind a block besides its own: for the pattern, or for a tool. */
size_t special_room(const struct heap *heap, size_t size);
void special_mark_tail(struct heap *heap, void *block, size_t exact);
void *raw_allocate(struct heap *heap, uint32_t flags, size_t size, size_t exact, size_t alignment);

static inline bool heap_is_alive(const struct heap *heap)
{
    return atomic_load(&heap->alive) == HEAP_ALIVE;
}

/* purge.c */
#define PURGE_LEAST 64u /* slices to spare that are worth a thread's while */
/* Any time, under any lock: the heap has memory to give back. The thread is woken by whoever next is outside. */
void heap_purge_want(struct heap *heap);
bool heap_purge_is_wanted(void);
void heap_purge_wake(void);
void heap_purge_forked(void);
void heap_purge_off(void); /* for tests that count calls; before any thread was made */

/* stop.c */
void heap_stop(struct heap *heap);       /* takes the user lock, then waits until no other thread is inside */
bool heap_stop_purge(struct heap *heap); /* of the purge thread; false: it is locked, or a thread stays inside */
/* Keeps the purge thread away from a heap that is not serialized. True: heap_resume is due. */
bool heap_hold_purge(struct heap *heap);
void heap_resume(struct heap *heap);
void heap_wait_unlocked(struct heap *heap);
bool heap_stopped_by_me(struct heap *heap);

#endif
