/* trail.c: the ring of what streams brought in last; see trail.h. A short lock that is never waited for by a fault:
 * what cannot be noted is the clock's. Calls host_yield. */
#include "pager/trail.h"

#include <stdatomic.h>

#include "host/uffd.h"

#define TRAILS 64u
#define STAYS 8u
#define STALE 4u /* epochs */

static struct {
    _Atomic bool busy;
    _Atomic uint32_t turn;
    struct trail last[STREAMS]; /* busy, as all that follows: what each stream is at */
    struct trail trails[TRAILS];
    uint32_t oldest, next; /* count up for ever */
    _Atomic size_t length;
} trail_state;

bool trail_wanted(unsigned distance)
{
    return distance > 0 && atomic_fetch_add_explicit(&trail_state.turn, 1, memory_order_relaxed) % STAYS;
}

void trail_add(struct trail *trail, size_t page, size_t count)
{
    if (!trail->count)
        trail->first = page;
    for (size_t at = page - trail->first; count && at < TRAIL_SPAN; at++, count--) {
        trail->pages[at / 64] |= (uint64_t)1 << at % 64;
        trail->count++;
    }
}

static struct trail *trail_at(uint32_t number)
{
    return &trail_state.trails[number % TRAILS];
}

static void forget_oldest(void)
{
    atomic_fetch_sub_explicit(&trail_state.length, trail_at(trail_state.oldest++)->count, memory_order_relaxed);
}

static void append(const struct trail *trail)
{
    if (!trail->count)
        return;
    if (trail_state.next - trail_state.oldest == TRAILS)
        forget_oldest();
    *trail_at(trail_state.next++) = *trail;
    atomic_fetch_add_explicit(&trail_state.length, trail->count, memory_order_relaxed);
}

void trail_leave(const struct trail *trail, unsigned stream)
{
    if (atomic_exchange_explicit(&trail_state.busy, true, memory_order_acquire))
        return;
    append(&trail_state.last[stream]);
    trail_state.last[stream] = *trail;
    atomic_store_explicit(&trail_state.busy, false, memory_order_release);
}

size_t trail_length(void)
{
    return atomic_load_explicit(&trail_state.length, memory_order_relaxed);
}

bool trail_take(struct trail *trail, unsigned epoch)
{
    bool found = false;
    while (atomic_exchange_explicit(&trail_state.busy, true, memory_order_acquire))
        host_yield();
    while (!found && trail_state.next != trail_state.oldest) {
        *trail = *trail_at(trail_state.oldest);
        found = ((epoch - trail->epoch) & 255) <= STALE;
        forget_oldest();
    }
    atomic_store_explicit(&trail_state.busy, false, memory_order_release);
    return found;
}

void trail_restart(void)
{
    atomic_store(&trail_state.busy, false);
}
