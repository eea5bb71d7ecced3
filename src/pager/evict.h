/* evict.h: taking pages out of memory; lock W, which excludes evictions and mm's hooks from each other. */
#ifndef WINMEM_PAGER_EVICT_H
#define WINMEM_PAGER_EVICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lock W, taken with every signal blocked: a handler that faults while its thread holds it would wait for itself. */
void evict_lock(uint64_t *signals);
void evict_unlock(const uint64_t *signals);

int evict_start(bool thread_mode);
/* After fork, in the child. */
void evict_restart(void);
/* After a fault brought pages in: does a bounded part of the eviction that makes room for the next ones. Signals are
 * blocked but for faults; does nothing when another thread is at it. */
void evict_help(size_t pages);
/* A part of the same, for the thread that works ahead of faults. False: there is enough, or nothing can leave now. */
bool evict_ahead(void);
/* Takes lock W. What a batch in progress has of a range goes back, and is writable again. */
void evict_pass_over(size_t first, size_t end);
/* Lock W. Ends the batch in progress. */
void evict_settle_locked(void);
/* Lock W. The same if this page lies between its victims: before it is locked, for locked pages are never guarded. */
void evict_settle_page_locked(size_t page);
/* Lock W. Takes a page out of the batch in progress; it stays in memory. False: it was not in it. */
bool evict_take_back(size_t page);
/* Lock W. The same for all pages of a range. */
void evict_take_back_locked(size_t first, size_t end);
/* Lock W. Makes at least `want` pages of the budget free if it can; returns pages that it freed. */
size_t evict_pages_locked(size_t want);
/* Lock W. After a time in which nothing could leave: the next call tries at once. */
void evict_retry_locked(void);
/* Lock W. Takes out every unlocked page of a range (EmptyWorkingSet, VirtualUnlock), whatever its age. */
size_t evict_range_locked(size_t first, size_t end);
/* Lock W. The next window with resident pages, from the clock's hand on, leaves as a whole, whatever its pages' age;
 * *freed grows by the pages that left. `any_page`: also those that do not get smaller. False: there is none. */
bool evict_window_locked(bool any_page, size_t *freed);
/* The epoch: an eighth of the resident set evicted is one step. */
unsigned evict_epoch(void);
struct evict_totals {
    uint64_t evicted, clean, encoded, zero, taken_back, batches, ahead, over_budget;
};
void evict_get_totals(struct evict_totals *totals);
void evict_note_over_budget(void);

#endif
