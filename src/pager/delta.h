/* delta.h: an encoding for pages of objects of one size, as heaps have them: each word as its difference from the one a
 * fixed distance before it. Pure functions; call nothing; any thread, signal-safe. */
#ifndef WINMEM_PAGER_DELTA_H
#define WINMEM_PAGER_DELTA_H

#include <stdbool.h>
#include <stdint.h>

struct delta {
    uint32_t distance; /* words; 0: no objects of one size are seen */
    uint32_t words;    /* differences that are not zero */
    uint32_t length;   /* of the encoding */
};

/* What the encoding of a page would take. */
struct delta delta_measure(const void *page, bool vector);
/* Writes it: delta.length bytes, and up to 64 behind them. */
void delta_pack(const void *page, struct delta delta, void *out, bool vector);
/* 0, or -EIO when the bytes do not decode to exactly one page. */
int delta_unpack(const void *bytes, uint32_t length, void *page, bool vector);

#endif
