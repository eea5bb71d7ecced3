/* guard.h: what a batch of eviction consists of, and its write-protection: from the moment when its pages are seen to
 * be what was encoded, or from before they are encoded, until they are dropped. Lock W, all of it. */
#ifndef WINMEM_PAGER_GUARD_H
#define WINMEM_PAGER_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pager/pte.h"

#define BATCH 1024u
#define RANGES 64u

struct victim {
    size_t page;
    pte after;        /* its entry once dropped, 0: taken back or could not be encoded */
    bool fresh;       /* `after` names a blob that was appended for it */
    bool alone;       /* guarded alone, not with its range */
    uint64_t hash[2]; /* of what was encoded, if it was not write-protected then or a copy is kept */
};
struct range {
    size_t first, end; /* pages */
    size_t victims;    /* in it */
    size_t others;     /* resident pages that are none, in it */
    size_t behind;     /* and behind it so far */
    bool guarded;      /* write-protected as a whole */
};

struct batch {
    struct victim victims[BATCH];
    size_t count;
    struct range ranges[RANGES];
    size_t range_count;
    unsigned stride; /* by which a pass of the clock makes pages older */
    bool early;      /* all of it is guarded while it is encoded */
};

bool guard_pinned_locked(size_t first, size_t end);
/* Write-protects a range, which lies in the arena or belongs to a section, or lifts that. False: it could not. */
bool guard_protect_locked(size_t first, size_t end, bool on);
/* Leaves out the ranges that are pinned by now, unless they are guarded. */
void guard_release_pinned_locked(struct batch *batch);
/* Whether this page of the batch is guarded from before it is encoded. */
bool guard_is_early_locked(const struct batch *batch, size_t page);
/* Guards what is to be guarded from before it is encoded; then, before the drop, the rest. */
void guard_early_locked(struct batch *batch);
void guard_late_locked(struct batch *batch);
/* After the drop. */
void guard_lift_locked(const struct batch *batch);

#endif
