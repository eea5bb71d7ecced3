/* demand.c: the pages that faults asked for last: they stay until they have been used. Signal-safe; calls nobody. */
#include "pager/demand.h"

#include <stdatomic.h>
#include <stdint.h>

#define DEMANDS 40u /* more pages than one instruction can touch */
#define RECENT 8u

static struct {
    _Atomic uint32_t pages[DEMANDS]; /* low halves of their numbers */
    _Atomic uint32_t hand;
    uint32_t young[DEMANDS]; /* W: of pages, when this part of a choice began */
} demand_state;

void demand_note(size_t page)
{
    uint32_t hand = atomic_fetch_add_explicit(&demand_state.hand, 1, memory_order_relaxed) % DEMANDS;
    atomic_store_explicit(&demand_state.pages[hand], (uint32_t)page, memory_order_relaxed);
}

void demand_look(void)
{
    for (unsigned i = 0; i < DEMANDS; i++)
        demand_state.young[i] = atomic_load_explicit(&demand_state.pages[i], memory_order_relaxed);
}

/* Asked for by one of the last faults. Were it taken away now, its thread might not have used it yet, or still need it
 * beside the others of one instruction: it would fault for ever. */
bool demand_is_young(size_t page)
{
    uint32_t found = 0;
    for (unsigned i = 0; i < DEMANDS; i++)
        found |= demand_state.young[i] == (uint32_t)page;
    return found != 0;
}

bool demand_is_recent(size_t page)
{
    uint32_t hand = atomic_load_explicit(&demand_state.hand, memory_order_relaxed);
    for (unsigned i = 1; i <= RECENT; i++) {
        uint32_t at = (hand - i) % DEMANDS;
        if (atomic_load_explicit(&demand_state.pages[at], memory_order_relaxed) == (uint32_t)page)
            return true;
    }
    return false;
}
