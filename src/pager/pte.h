/* pte.h: the pager's page table: one 8-byte entry a page of the arena, found by arithmetic, changed by
 * compare-and-swap; and behind the arena's pages those of sections (prototype.h), which are numbers without an address.
 * May call nothing but host; any thread, any time.
 *
 *  state      payload            means                                            who may change it
 *  NONE       -                  not committed, or in a whole window: as ZERO      after_commit
 *  ZERO       -                  demand-zero                                      a fault -> INCOMING
 *  STORED     place              encoded, in the store or the paging file          a fault -> INCOMING; compaction
 *  INCOMING   place or 0         a thread brings it in                            that thread
 *  VALID      frame              resident                                         eviction -> EVICTING; fault -> FIXING
 *  FIXING     frame              resident, its protection is being repaired       the thread that repairs
 *  EVICTING   frame              resident, being encoded; write-protected at last  eviction; a writer -> FIXING
 *  DROPPING   frame              leaves memory now                                eviction
 *  BAD        -                  contents are lost: in-page error                 decommit, discard
 *  PROTOTYPE  page               of a view: the entry of the section's page says  lock W
 */
#ifndef WINMEM_PAGER_PTE_H
#define WINMEM_PAGER_PTE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE_BYTES ((size_t)4096)
#define WINDOW_PAGES 512u /* pages of a window: the unit of the clock and of one page of PTEs */

typedef uint64_t pte;
/* Where encoded bytes are: segment, offset and length in units of 16 bytes; 0 is nowhere. */
typedef uint64_t place;

enum pte_state {
    PTE_NONE,
    PTE_ZERO,
    PTE_STORED,
    PTE_INCOMING,
    PTE_VALID,
    PTE_FIXING,
    PTE_EVICTING,
    PTE_DROPPING,
    PTE_BAD,
    PTE_PROTOTYPE,
};

/* Bits: 0-3 state, 4 no read access, 5 written in its last residence, 6 locked, 7 LZ4 did not help last time,
 * 8-15 epoch of the eviction, or while it is resident its age (passes of the clock that it survives), 16-60 payload,
 * 61-63 memory priority (0 stands for the usual 5). */
#define PTE_STATE_MASK ((pte)15)
#define PTE_NO_READ ((pte)1 << 4)
#define PTE_WAS_DIRTY ((pte)1 << 5)
#define PTE_LOCKED ((pte)1 << 6)
#define PTE_UNPACKABLE ((pte)1 << 7)
#define PTE_DISCARDED PTE_WAS_DIRTY /* of a page of zeros, resident or not: what it held was offered, and dropped */
#define PTE_OFFERED ((pte)1 << 15)  /* of a resident page: it need not be kept. Ages stay below it */
#define PTE_EPOCH_SHIFT 8
#define PTE_EPOCH_MASK ((pte)255 << PTE_EPOCH_SHIFT)
#define PTE_PAYLOAD_SHIFT 16
#define PTE_PAYLOAD_BITS 45
#define PTE_PAYLOAD_MASK ((((pte)1 << PTE_PAYLOAD_BITS) - 1) << PTE_PAYLOAD_SHIFT)
#define PTE_PRIORITY_SHIFT 61
#define PTE_PRIORITY_MASK ((pte)7 << PTE_PRIORITY_SHIFT)

static inline enum pte_state pte_state(pte entry)
{
    return (enum pte_state)(entry & PTE_STATE_MASK);
}
static inline uint64_t pte_payload(pte entry)
{
    return (entry & PTE_PAYLOAD_MASK) >> PTE_PAYLOAD_SHIFT;
}
static inline pte pte_with(pte entry, enum pte_state state, uint64_t payload)
{
    return (entry & ~(PTE_STATE_MASK | PTE_PAYLOAD_MASK)) | (pte)state | (payload << PTE_PAYLOAD_SHIFT);
}
static inline pte pte_with_state(pte entry, enum pte_state state)
{
    return (entry & ~PTE_STATE_MASK) | (pte)state;
}
static inline unsigned pte_priority(pte entry)
{
    unsigned priority = (unsigned)(entry >> PTE_PRIORITY_SHIFT);
    return priority ? priority : 5;
}
static inline unsigned pte_epoch(pte entry)
{
    return (unsigned)(entry >> PTE_EPOCH_SHIFT) & 255;
}
static inline unsigned pte_age(pte entry)
{
    return pte_epoch(entry) & 127;
}
static inline pte pte_with_age(pte entry, unsigned age)
{
    return (entry & ~PTE_EPOCH_MASK) | (pte)age << PTE_EPOCH_SHIFT;
}
static inline bool pte_in_transition(pte entry)
{
    enum pte_state state = pte_state(entry);
    return state == PTE_INCOMING || state == PTE_FIXING || state == PTE_EVICTING || state == PTE_DROPPING;
}
static inline bool pte_resident(pte entry)
{
    enum pte_state state = pte_state(entry);
    return state >= PTE_VALID && state <= PTE_DROPPING;
}

/* place: 13 bits offset/16, 9 bits length/16, 23 bits segment + 1. */
#define PLACE_UNIT 16u
static inline place place_make(uint32_t segment, uint32_t offset, uint32_t length)
{
    return (place)(offset / PLACE_UNIT) | (place)(length / PLACE_UNIT) << 13 | (place)(segment + 1) << 22;
}
static inline uint32_t place_segment(place at)
{
    return (uint32_t)(at >> 22) - 1;
}
static inline uint32_t place_offset(place at)
{
    return (uint32_t)(at & 0x1fff) * PLACE_UNIT;
}
static inline uint32_t place_length(place at)
{
    return (uint32_t)(at >> 13 & 0x1ff) * PLACE_UNIT;
}

/* A window: 512 pages. */
struct window {
    _Atomic uint16_t resident; /* pages VALID..DROPPING */
    _Atomic uint8_t heated;    /* in the first of 8 windows: their page of heat costs memory */
    _Atomic uint8_t touched;   /* its page of PTEs costs memory */
    _Atomic uint8_t whole;     /* NONE counts as ZERO: committed as a whole, PTEs not written yet */
    _Atomic uint8_t low;       /* bit p: pages of memory priority p (1..4) may be resident */
    _Atomic uint32_t view;     /* all of it shows a section: which view of prototype.c, 0: none */
};

#define PTE_HEAT_MOST 6u
#define PTE_HEAT_MASK 7u
/* Beside the heat: the page behind this one, or the one before it (bits shifted by 2), was asked for soon after or
 * before this one, since it came in last; and the time before too. */
#define PTE_BESIDE 8u
#define PTE_BESIDE_BEFORE 16u
#define PTE_BESIDE_SHIFT 2u

struct pte_table {
    _Atomic pte *entries;
    uint8_t *heat; /* how soon each page tends to come back, 0..PTE_HEAT_MOST, and marks; its claimer's */
    struct window *windows;
    uintptr_t arena;
    size_t arena_pages; /* a page below this one has an address */
    size_t pages;       /* and those from there to here are sections' */
    size_t window_count;
    _Atomic int64_t of_sections; /* resident pages without an address */
    _Atomic uint64_t *bitmap[3]; /* windows with resident pages: 1 bit a window, then a bit a non-zero word */
};
extern struct pte_table pte_table;
extern _Atomic bool pte_low_priority; /* some window may have a bit in `low` */
/* A resident page of the window has this priority (1..4). */
static inline void pte_note_priority(size_t window, unsigned priority)
{
    atomic_fetch_or(&pte_table.windows[window].low, (uint8_t)(1u << priority));
    atomic_store(&pte_low_priority, true);
}

int pte_table_start(uintptr_t arena, size_t arena_size);
/* The page number of an address; SIZE_MAX outside the arena. */
static inline size_t pte_page(uintptr_t address)
{
    uintptr_t offset = address - pte_table.arena;
    size_t page = offset / PAGE_SIZE_BYTES;
    return page < pte_table.arena_pages ? page : SIZE_MAX;
}
static inline void *pte_address(size_t page)
{
    return (void *)(pte_table.arena + page * PAGE_SIZE_BYTES);
}
/* The raw entry: NONE in a whole window reads NONE (and a CAS must expect it). */
static inline pte pte_raw(size_t page)
{
    return atomic_load_explicit(&pte_table.entries[page], memory_order_acquire);
}
/* The entry with NONE of a whole window read as ZERO. */
static inline pte pte_load(size_t page)
{
    pte entry = pte_raw(page);
    if (entry == PTE_NONE && atomic_load_explicit(&pte_table.windows[page / WINDOW_PAGES].whole, memory_order_acquire))
        return PTE_ZERO;
    return entry;
}
static inline bool pte_cas(size_t page, pte expected, pte desired)
{
    return atomic_compare_exchange_strong_explicit(&pte_table.entries[page], &expected, desired, memory_order_acq_rel,
                                                   memory_order_acquire);
}
static inline void pte_store(size_t page, pte entry)
{
    atomic_store_explicit(&pte_table.entries[page], entry, memory_order_release);
}
/* The page of PTEs of this window is about to be written: counts it once. */
void pte_touch_window(size_t window);
/* A page of the window became, or ceased to be, resident. */
void pte_window_add(size_t window, int pages);
/* The next window at or after `from` that may have resident pages, wrapping; SIZE_MAX: none. Lock W. */
size_t pte_next_window(size_t from);

#endif
