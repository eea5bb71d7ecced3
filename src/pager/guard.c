/* guard.c: see guard.h. Each entry of the kernel's that changes costs time, and so does each call, which interrupts the
 * other processors. Signal-safe; calls host, presence, prototype, and evict to take pages back. */
#include "pager/guard.h"

#include "pager/evict.h"
#include "pager/pager.h"
#include "pager/pin.h"
#include "pager/presence.h"
#include "pager/prototype.h"

#define STRIDE_MOST 16u
#define CROWD 8u /* pages beside a victim that are guarded with it rather than making a call of its own */

bool guard_protect_locked(size_t first, size_t end, bool on)
{
    if (prototype_is(first))
        return prototype_protect_locked(first, end, on);
    return presence_guard_locked(first, end, on) == 0;
}

bool guard_pinned_locked(size_t first, size_t end)
{
    return prototype_is(first) ? prototype_any_view_locked(first, end, pin_there, NULL) : pin_there(NULL, first, end);
}

/* A pin that was published after the choice: its range is left alone, unless it took its pages back from the guard. */
void guard_release_pinned_locked(struct batch *batch)
{
    for (size_t r = 0; r < batch->range_count; r++) {
        struct range *range = &batch->ranges[r];
        if (range->guarded || !guard_pinned_locked(range->first, range->end))
            continue;
        evict_take_back_locked(range->first, range->end);
        *range = batch->ranges[--batch->range_count];
        r--;
    }
}

/* A range that could not be protected as a whole (a hole in an old kernel): its victims go back. */
static void take_back_range(const struct batch *batch, const struct range *range)
{
    for (size_t i = 0; i < batch->count; i++) {
        size_t page = batch->victims[i].page;
        if (page >= range->first && page < range->end && !guard_protect_locked(page, page + 1, true))
            evict_take_back(page);
    }
}

/* Pages of sections, and those that are kept away by protection, are guarded while they are encoded; a page of the
 * arena only from the moment when it is seen to be what was encoded to the drop. Most that is written meanwhile is so
 * without a fault; where that is most of a batch, nothing would leave: the next ones are guarded early. */
bool guard_is_early_locked(const struct batch *batch, size_t page)
{
    return pager_by_protection || batch->early || prototype_is(page);
}

void guard_early_locked(struct batch *batch)
{
    for (size_t r = 0; r < batch->range_count; r++) {
        struct range *range = &batch->ranges[r];
        if (!guard_is_early_locked(batch, range->first))
            continue;
        range->guarded = true;
        if (!guard_protect_locked(range->first, range->end, true))
            take_back_range(batch, range);
    }
}

/* The victims of a range alone, those that lie together by one call. Those that leave need not be opened again. */
static void guard_victims(struct batch *batch, const struct range *range)
{
    struct victim *victims = batch->victims;
    for (size_t i = 0, next; i < batch->count; i = next) {
        struct range run = {.first = victims[i].page, .end = victims[i].page + 1};
        next = i + 1;
        if (!victims[i].after || run.first < range->first || run.first >= range->end)
            continue;
        victims[i].alone = true;
        for (; next < batch->count && victims[next].after && victims[next].page == run.end; next++) {
            victims[next].alone = true;
            run.end++;
        }
        if (!guard_protect_locked(run.first, run.end, true))
            take_back_range(batch, &run);
    }
}

/* Few victims in each window are dear to guard: then the hand goes slower, and each of its passes counts more. */
static void adapt_stride(struct batch *batch, size_t victims, size_t others)
{
    unsigned more = others > CROWD * victims ? batch->stride : others > victims;
    if (more)
        batch->stride = batch->stride + more < STRIDE_MOST ? batch->stride + more : STRIDE_MOST;
    else if (others < victims / 2 && batch->stride > 1)
        batch->stride--;
}

/* Each entry that changes costs time, and so does each call, which interrupts the other processors. */
void guard_late_locked(struct batch *batch)
{
    size_t victims = 0, others = 0;
    for (size_t r = 0; r < batch->range_count; r++) {
        struct range *range = &batch->ranges[r];
        if (guard_is_early_locked(batch, range->first))
            continue;
        victims += range->victims;
        others += range->others;
        range->guarded = range->others <= CROWD * range->victims;
        if (!range->guarded)
            guard_victims(batch, range);
        else if (!guard_protect_locked(range->first, range->end, true))
            take_back_range(batch, range);
    }
    adapt_stride(batch, victims, others);
}

/* A page that is valid and in no batch is writable: also one that came in beside the victims after they were chosen. */
void guard_lift_locked(const struct batch *batch)
{
    for (size_t r = 0; r < batch->range_count; r++) {
        if (batch->ranges[r].guarded)
            guard_protect_locked(batch->ranges[r].first, batch->ranges[r].end, false);
    }
    for (size_t i = 0; i < batch->count; i++) {
        size_t page = batch->victims[i].page;
        if (batch->victims[i].alone && !batch->victims[i].after)
            guard_protect_locked(page, page + 1, false);
    }
}
