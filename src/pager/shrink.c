/* shrink.c: much of the memory leaves at once, since the budget has shrunk or there are too many mappings. Whole
 * windows leave then: victims that lie together are guarded and dropped by one call. Signal-safe. Calls evict. */
#include "pager/shrink.h"

#include <stdatomic.h>
#include <stdint.h>

#include "pager/evict.h"
#include "pager/frame.h"
#include "pager/presence.h"
#include "pager/pte.h"
#include "pager/unpaged.h"

#define CROWD_PAGES 1024u
#define STEP WINDOW_PAGES
#define MUCH 32 /* more than this part of what is resident: ages of pages count for less than how they lie */

static struct {
    _Atomic size_t budget; /* that was asked for last */
} shrink_state;

static bool make_room_locked(bool windows)
{
    size_t freed = 1;
    evict_retry_locked();
    while (frame_available() < 0 && freed) {
        freed = 0;
        if (windows && !atomic_load(&pte_low_priority) && frame_resident() > frame_least() + STEP)
            evict_window_locked(false, &freed);
        if (!freed)
            freed = evict_pages_locked(1);
    }
    return frame_available() >= 0;
}

/* By small steps: who faults meanwhile waits for room for one of them only, and gets lock W in between. True: it is
 * done, or somebody asks for another. */
static bool step_to_budget(size_t pages, bool *fits)
{
    uint64_t signals;
    evict_lock(&signals);
    bool last = true;
    if (atomic_load(&shrink_state.budget) == pages) {
        frame_set_budget(pages);
        unpaged_count(); /* by what the budget will be */
        int64_t used = (int64_t)frame_budget() - frame_available(), over = used - (int64_t)pages;
        last = over <= (int64_t)STEP;
        if (!last)
            frame_set_budget((size_t)used - STEP);
        *fits = make_room_locked(over > (int64_t)(frame_resident() / MUCH));
        if (!*fits) {
            frame_set_budget(pages);
            last = true;
        }
    }
    evict_unlock(&signals);
    return last;
}

void shrink_fork_child(void)
{
    size_t pages = atomic_load(&shrink_state.budget);
    if (pages)
        frame_set_budget(pages);
}

bool shrink_to_budget(size_t pages)
{
    bool fits = true;
    atomic_store(&shrink_state.budget, pages);
    while (!step_to_budget(pages, &fits)) {}
    return fits;
}

bool shrink_to_limits(void)
{
    uint64_t signals;
    evict_lock(&signals);
    evict_retry_locked();
    while (frame_room() + frame_reserve() < 0 && evict_pages_locked(1)) {}
    bool fits = frame_room() + frame_reserve() >= 0;
    evict_unlock(&signals);
    return fits;
}

/* The pieces of their mappings join up. Stops when that does not help (after fork the kernel joins no pieces that both
 * processes have). */
void shrink_mappings(void)
{
    uint64_t signals;
    size_t most, before;
    evict_lock(&signals);
    size_t mappings = presence_mappings(&most);
    do {
        before = mappings;
        for (size_t freed = 0; freed < CROWD_PAGES && mappings > most / 3 * 2; freed++)
            if (!evict_window_locked(true, &freed))
                break;
        mappings = before > most / 3 * 2 ? presence_mappings(&most) : before;
    } while (mappings + CROWD_PAGES / 8 < before);
    presence_counted(mappings);
    evict_unlock(&signals);
}
