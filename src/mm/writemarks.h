/* writemarks.h: marks of written pages that nobody else keeps: a page of a watched region that is decommitted or
 * discarded takes the kernel's mark with it, and still counts as written until the watch is reset. Lock A everywhere.
 */
#ifndef WINMEM_MM_WRITEMARKS_H
#define WINMEM_MM_WRITEMARKS_H

#include "mm/region.h"

/* There is room for the marks of the whole region; -ENOMEM. */
int writemarks_start_locked(struct region *region);
/* Pages of the region; started before. */
void writemarks_set_locked(const struct region *region, uint64_t start, uint64_t end);
void writemarks_clear_locked(const struct region *region, uint64_t start, uint64_t end);
/* The first marked page in the range, or its end. */
uint64_t writemarks_next_locked(const struct region *region, uint64_t start, uint64_t end);
/* A region that was split: both parts have the marks from now on, each its own pages'. */
void writemarks_share_locked(const struct region *region);
/* The region goes, or is watched no more. */
void writemarks_drop_locked(struct region *region);

#endif
