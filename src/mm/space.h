/* space.h: the address space as a whole: its lock, its run map, places in it. For the rooms of mm only. */
#ifndef WINMEM_MM_SPACE_H
#define WINMEM_MM_SPACE_H

#include "host/lock.h"
#include "host/memory.h"
#include "mm/region.h"

#define SPACE_LOWEST ((uintptr_t)0x10000)
#define SPACE_HIGHEST MM_HIGHEST_ADDRESS
#define SPACE_PAGES ((uint64_t)1 << 35)

struct mm_state {
    host_lock lock;          /* A */
    bool started;            /* written once under A */
    struct host_arena arena; /* constant once started */
    struct runmap map;       /* A */
    struct mm_pool regions;  /* A */
    unsigned long changes;   /* A: of the map, counted */
    unsigned next_stretch;   /* A */
    unsigned busy;           /* A: threads between space_step_out_locked and space_step_in */
    unsigned waiting;        /* A: threads that want to see none of those */
    _Atomic uint32_t turn;   /* changes when there are none; what the waiting ones sleep on */
};
extern struct mm_state mm_state;

static inline void space_start(void)
{
    if (__builtin_expect(!__atomic_load_n(&mm_state.started, __ATOMIC_ACQUIRE), 0))
        mm_start();
}

/* The lock A. A thread that holds it never touches program memory; mm_fault asks space_is_locked_here first. */
void space_lock(void);
void space_unlock(void);
bool space_is_locked_here(void);
/* For quick.c: the lock without waiting for those who are busy outside it; and such a stay outside, with a region
 * marked busy that nobody else touches then. A thread counts as holding the lock throughout. */
void space_lock_parallel(void);
void space_step_out_locked(void);
void space_step_in(void);
/* Has this thread met another at the lock? */
extern __thread unsigned space_stretch; /* not 0: yes; where in the arena it looks for places since */
static inline bool space_has_rivals(void)
{
    return __builtin_expect(space_stretch != 0, 0);
}

static inline uint64_t page_of(const void *address)
{
    return (uintptr_t)address >> PAGE_SHIFT;
}
static inline void *page_address(uint64_t page)
{
    return (void *)(uintptr_t)(page << PAGE_SHIFT);
}
static inline bool in_arena(uint64_t page)
{
    return page >= mm_state.arena.start >> PAGE_SHIFT && page < mm_state.arena.end >> PAGE_SHIFT;
}

/* Makes `sets` changes of the map and `regions` new regions unable to fail. */
NTSTATUS space_grow_locked(unsigned sets, unsigned regions);
static inline NTSTATUS space_prepare_locked(unsigned sets, unsigned regions)
{
    host_lock_assert(&mm_state.lock);
    bool ready = mm_state.map.nodes.free_count >= runmap_nodes_for(&mm_state.map, sets) &&
                 mm_state.regions.free_count >= regions;
    return __builtin_expect(ready, 1) ? STATUS_SUCCESS : space_grow_locked(sets, regions);
}
static inline struct run space_find_locked(uint64_t page)
{
    return runmap_find(&mm_state.map, page);
}
static inline void space_set_locked(uint64_t start, uint64_t end, uint64_t value)
{
    mm_state.changes++;
    runmap_set(&mm_state.map, start, end, value);
}
/* For every committed run in the range: takes the bits of `clear` away and puts those of `set` in; what is not
 * committed gets `fresh` (0: stays). Two sets were prepared. */
void space_update_locked(uint64_t start, uint64_t end, unsigned clear, unsigned set, unsigned fresh);
/* The region that a page belongs to, or NULL. */
static inline struct region *space_region_locked(uint64_t page)
{
    return value_region(runmap_find(&mm_state.map, page).value);
}

/* A place for `pages` as the constraints ask; nothing is marked yet. In the open arena the place is unmapped; anywhere
 * else it is held by an inaccessible mapping when this returns. NO_MEMORY when there is none. */
struct place {
    uint64_t start;
    bool held;
    bool outside;
};
bool space_find_anywhere_locked(uint64_t pages, struct place *place);
NTSTATUS space_find_place_locked(uint64_t pages, const struct mm_constraints *constraints, bool top_down,
                                 struct place *place);
/* The same for a given address: CONFLICTING_ADDRESSES when any of it is in use. */
NTSTATUS space_take_place_locked(uint64_t start, uint64_t end, struct place *place);
/* Gives a place back that never became a region. */
void space_drop_place_locked(const struct place *place, uint64_t pages);
/* After -EEXIST at an address of the open arena: marks what somebody else mapped there. */
void space_note_foreign_locked(uint64_t start, uint64_t end);

/* A new region over a place, not in the map yet; the pool was prepared. */
struct region *region_create_locked(const struct place *place, uint64_t end, enum region_kind kind, ULONG protect);
/* Takes the whole region out of the map and gives its address range back (its pages are gone already). */
void region_destroy_locked(struct region *region);
/* Splits at a page: the region keeps the lower part, the new one gets the upper. A set and a region were prepared. */
struct region *region_split_locked(struct region *region, uint64_t at);
/* Committed pages in a range of one region. */
uint64_t region_count_committed_locked(const struct region *region, uint64_t start, uint64_t end);

/* Status of a host error in a call that could not be completed. */
NTSTATUS space_status(int error);

/* commit.c: pages of private regions. Everything or nothing. The map was not prepared. */
NTSTATUS region_commit_locked(struct region *region, uint64_t start, uint64_t end, unsigned attributes);
NTSTATUS region_decommit_locked(struct region *region, uint64_t start, uint64_t end);
/* Fresh pages where nothing is committed, charged and told to the pager (region NULL: a private one that is not there
 * yet); the map is the caller's business. */
int pages_commit_locked(const struct region *region, uint64_t start, uint64_t end, unsigned attributes, bool held);
/* The same with huge pages of the system's pool. */
int pages_commit_huge_locked(uint64_t start, uint64_t end, unsigned attributes, bool held);
/* Pages go, with the pager's hooks (held: an inaccessible mapping stays); all of them are still there after an error.
 */
int pages_decommit_locked(const struct region *region, uint64_t start, uint64_t end, bool held);
/* mprotect with the pager's hooks around it. */
int pages_protect_locked(uint64_t start, uint64_t end, unsigned access);

/* NULL, or what is wrong with the map and the regions in it. For tests and debugging. */
const char *space_validate(void);

#endif
