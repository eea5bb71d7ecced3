/* worth.c: whether what an eviction could do besides has paid lately: moving averages, and a sample that shows when
 * that changes. Signal-safe; calls nobody. */
#include "pager/worth.h"

#include <stdatomic.h>

#define KEPT_MOST 4096
#define KEPT_WORTH (KEPT_MOST / 16 * 11) /* so many of the copies must be good for something */
#define KEPT_SAMPLE 64u                  /* else only those of each 64th page are kept, to see whether that changes */
#define TWICE_MOST 256
#define TWICE_WORTH (TWICE_MOST / 4) /* so many of the pages without zero bytes must get smaller by LZ4 */

static struct {
    _Atomic int kept;
    int twice;  /* W */
    bool early; /* W */
} worth_state = {.kept = KEPT_MOST, .twice = TWICE_MOST};

bool worth_keeping(size_t page, bool streams)
{
    return (streams && worth_state.kept >= KEPT_WORTH) || page % KEPT_SAMPLE == 0;
}

/* Whether kept copies turn out to be the same as their pages, a moving average. */
void worth_note_kept(bool same)
{
    int worth = worth_state.kept;
    worth_state.kept = same ? worth + (KEPT_MOST - worth) / 64 : worth - worth / 64;
}

/* Whether LZ4 makes pages still smaller that have lost their zero bytes: it does for objects, not for numbers. */
void worth_note_twice(bool smaller)
{
    int worth = worth_state.twice;
    worth_state.twice = worth + (smaller ? (TWICE_MOST - worth + 15) / 16 : -(worth + 15) / 16);
}

bool worth_packing_twice(void)
{
    return worth_state.twice >= TWICE_WORTH;
}

bool worth_guarding_early(void)
{
    return worth_state.early;
}

void worth_note_written(size_t written, size_t victims)
{
    worth_state.early = written > victims / (worth_state.early ? 16 : 2);
}
