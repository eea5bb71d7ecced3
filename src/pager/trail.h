/* trail.h: inside the pager: the trail of sequential access. Who goes round through more than fits finds nothing of it
 * again, were the oldest pages to leave: instead what a stream has brought back leaves first, once the stream is past
 * it, and what is in memory otherwise stays. Signal-safe. */
#ifndef WINMEM_PAGER_TRAIL_H
#define WINMEM_PAGER_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAMS 8u /* that are followed at a time */
#define TRAIL_SPAN 128u

/* Pages of one window, from `first` on: bit i is page first + i. */
struct trail {
    size_t first;
    uint64_t pages[TRAIL_SPAN / 64];
    uint32_t count;
    unsigned epoch;
};

/* Whether what a stream brings back now is to leave a trail: not when it had left just before, and each eighth time
 * not either, so that what is used again and again comes to stay. */
bool trail_wanted(unsigned distance);
void trail_add(struct trail *trail, size_t page, size_t count);
static inline bool trail_has(const struct trail *trail, size_t page)
{
    size_t at = page - trail->first;
    return at < TRAIL_SPAN && (trail->pages[at / 64] >> at % 64 & 1);
}
/* The stream has brought these in (none, perhaps), and is past those that it brought in before. */
void trail_leave(const struct trail *trail, unsigned stream);
/* Pages that streams are past. */
size_t trail_length(void);
/* Lock W. The oldest of them, but for those of long ago; false: there is none. */
bool trail_take(struct trail *trail, unsigned epoch);
/* After fork, in the child. */
void trail_restart(void);

#endif
