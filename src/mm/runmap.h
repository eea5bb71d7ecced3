/* runmap.h: the whole user address space as runs of pages with equal value: a B+ tree keyed by first page, in which
 * every page belongs to exactly one run, neighbours differ, and each subtree knows its largest free run. One structure
 * answers lookup, query and free-space search in O(log n). Knows nothing of what a value means, except that zero is a
 * free page. Not thread-safe by itself: the address-space lock (A) protects it. */
#ifndef WINMEM_MM_RUNMAP_H
#define WINMEM_MM_RUNMAP_H

#include "mm/pool.h"

#include <stdbool.h>
#include <stdint.h>

#define RUNMAP_LEAF 63
#define RUNMAP_INNER 42
#define RUNMAP_GRANULE 16 /* free space is counted from multiples of 64K, in pages */
/* Free runs are counted up to this size: the great rest of an arena shrinks and grows without a change above it. */
#define RUNMAP_USABLE_MOST ((uint64_t)1 << 24)

struct runmap_node {
    uint32_t count;
    union {
        struct {
            uint64_t key[RUNMAP_LEAF]; /* first page of each run */
            uint64_t value[RUNMAP_LEAF];
        } leaf;
        struct {
            uint64_t key[RUNMAP_INNER]; /* first page of each child */
            struct runmap_node *child[RUNMAP_INNER];
            uint64_t usable[RUNMAP_INNER]; /* largest free run in the child, from a granule boundary, in pages */
        } inner;
    } u;
} __attribute__((aligned(64)));

#define RUNMAP_HEIGHT 12

/* The way from the root to an entry. Level 0 is the leaf. */
struct runmap_path {
    struct runmap_node *node[RUNMAP_HEIGHT];
    unsigned index[RUNMAP_HEIGHT];
    uint64_t limit[RUNMAP_HEIGHT]; /* one past the last page of the node */
};

struct runmap {
    struct runmap_node *root;
    int height;   /* 0: the root is a leaf */
    uint64_t top; /* one past the last page */
    /* The way to the leaf that was changed last: the next change is mostly in the same one. */
    uint64_t finger_start, finger_end; /* pages of that leaf; nothing when the tree has changed its shape since */
    struct runmap_path finger;
    /* Where a search may begin: no free run below skip_to has room for skip_size pages. */
    uint64_t skip_size, skip_to;
    uint64_t free_from; /* no page below this was ever free */
    struct mm_pool nodes;
};

struct run {
    uint64_t start;
    uint64_t end;
    uint64_t value;
    uint64_t next; /* the value of the run behind it; 0 where that is not at hand */
};

/* One run [0, top) of `value`. -ENOMEM. */
int runmap_start(struct runmap *map, uint64_t top, uint64_t value);
/* Each set inserts two keys at most, each of which splits one node a level at most and grows the root once. */
static inline size_t runmap_nodes_for(const struct runmap *map, unsigned sets)
{
    return (size_t)sets * 2 * ((size_t)map->height + 3);
}
/* Makes `sets` calls of runmap_set unable to fail; -ENOMEM. */
int runmap_prepare(struct runmap *map, unsigned sets);
struct run runmap_find(const struct runmap *map, uint64_t page);
/* [start, end) gets `value`, whatever it was; start < end <= top. */
void runmap_set(struct runmap *map, uint64_t start, uint64_t end, uint64_t value);

struct runmap_query {
    uint64_t size;
    uint64_t low; /* the range must lie in [low, high) */
    uint64_t high;
    uint64_t alignment; /* power of two, pages; RUNMAP_GRANULE at least */
    bool top_down;
};
/* The lowest (or highest) free range that fits; false when there is none. */
bool runmap_find_free(struct runmap *map, const struct runmap_query *query, uint64_t *start);

/* Finds and sets at once where that is easy: at the front of the run where the last search ended. False: nothing was
 * done, and a place may be found all the same. */
bool runmap_take(struct runmap *map, uint64_t low, uint64_t size, uint64_t value, uint64_t *start);

/* NULL, or what is wrong with the structure. */
const char *runmap_validate(const struct runmap *map);

#endif
