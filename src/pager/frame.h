/* frame.h: physical memory: one record for every resident page, and the budget as one counter.
 * The budget is the whole truth: resident + store + tables + unpaged + free = budget, always. */
#ifndef WINMEM_PAGER_FRAME_H
#define WINMEM_PAGER_FRAME_H

#include "pager/pte.h"

/* A resident page. Written by the thread that owns the page's transition; kept also by eviction (lock W). */
struct frame {
    uint64_t page;      /* page number in the arena; the next free frame while free */
    uint64_t hash[2];   /* of the contents of `kept` */
    _Atomic place kept; /* 36 low bits: encoded copy that holds the same bytes, 0: none */
};

#define FRAME_NONE UINT32_MAX

struct frame_totals {
    size_t budget;   /* pages */
    size_t resident; /* active */
    size_t resident_peak;
    size_t unpaged; /* what sections have in memory */
    size_t store;   /* the store's buffers */
    size_t tables;  /* PTEs, frames, segments, bounce buffers */
    int64_t free;   /* what is left; below zero: over the budget */
};

int frame_start(size_t budget);
/* Takes up to `want` pages of the budget that are free, but for the reserve; 0: none is. */
size_t frame_take(size_t want);
/* Takes pages although none may be free: the last resort, never to lose data. */
void frame_take_over_budget(size_t count);
void frame_give(size_t count);
/* A record for a page that was taken. FRAME_NONE: no memory for the table. */
uint32_t frame_new(size_t page);
void frame_free(uint32_t frame);
struct frame *frame_get(uint32_t frame);
/* Frames ever used are below this. */
uint32_t frame_end(void);

void frame_account_table(int64_t pages);
void frame_account_store(int64_t pages);
void frame_account_unpaged(int64_t pages);
int64_t frame_available(void);
/* Free pages that faults leave alone: room for the store to grow while it takes pages in. */
int64_t frame_reserve(void);
/* What may become resident: what is free, as far as the hard maximum of the working set allows. */
int64_t frame_room(void);
/* Hard limits in pages: 0 and SIZE_MAX are none. Below the least, eviction asks the store first. */
void frame_set_limits(size_t least, size_t most);
size_t frame_least(void);
/* What the store may have: so many eighths of the budget without the locked pages and what is not paged, and what a
 * hard minimum leaves. */
size_t frame_store_most(size_t locked, unsigned eighths);
/* For the time of a prefetch: so many are to be resident, at the cost of the store. 0: no more. */
void frame_want(size_t pages);
size_t frame_budget(void);
size_t frame_resident(void);
void frame_set_budget(size_t pages);
void frame_get_totals(struct frame_totals *totals);

#endif
