/* unitmap.h: which units of a segment's buffer are in use: a bit for each. Freed by any thread, taken under lock W; who
 * walks over the blobs meanwhile finds the header of one that is being freed, or nothing of it. Calls nothing. */
#ifndef WINMEM_PAGER_UNITMAP_H
#define WINMEM_PAGER_UNITMAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pager/pte.h"

#define UNITMAP_WORDS (131072u / PLACE_UNIT / 64)
#define UNITMAP_UNITS (UNITMAP_WORDS * 64)

struct unitmap {
    _Atomic uint64_t words[UNITMAP_WORDS];
};

static inline void unitmap_change(struct unitmap *map, uint32_t from, uint32_t end, bool used)
{
    uint64_t bits = ~(uint64_t)0 >> (64 - (end - from)) << (from & 63);
    if (used)
        atomic_fetch_or_explicit(&map->words[from / 64], bits, memory_order_relaxed);
    else
        atomic_fetch_and_explicit(&map->words[from / 64], ~bits, memory_order_release);
}

/* Sets or clears the bits of a blob, the last word first: its middle is never taken for another one's header. */
static inline void unitmap_mark(struct unitmap *map, place at, bool used)
{
    uint32_t from = place_offset(at) / PLACE_UNIT, end = from + place_length(at) / PLACE_UNIT;
    for (uint32_t start; from < end; end = start) {
        start = (end - 1) & ~63u;
        start = start > from ? start : from;
        unitmap_change(map, start, end, used);
    }
}

/* The next unit at or after `unit` that is in use (or free); the number of units when there is none. */
static inline uint32_t unitmap_next(const struct unitmap *map, uint32_t unit, bool used)
{
    for (uint32_t word = unit / 64; word < UNITMAP_WORDS; word++) {
        uint64_t bits = atomic_load_explicit(&map->words[word], memory_order_acquire);
        bits = used ? bits : ~bits;
        if (word == unit / 64)
            bits &= ~(uint64_t)0 << (unit & 63);
        if (bits)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return UNITMAP_UNITS;
}

/* Bytes in use. */
static inline int32_t unitmap_bytes(const struct unitmap *map)
{
    int32_t units = 0;
    for (uint32_t word = 0; word < UNITMAP_WORDS; word++)
        units += __builtin_popcountll(atomic_load(&map->words[word]));
    return units * (int32_t)PLACE_UNIT;
}

#endif
