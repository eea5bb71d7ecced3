/* shrink.c: much of the memory leaves at once, since the budget has shrunk or there are too many mappings: whole
 * windows, as victims that lie together are guarded and dropped by one call. Signal-safe. Calls evict. */
#include "pager/shrink.h"

#include <stddef.h>

#include "pager/evict.h"
#include "pager/frame.h"
#include "pager/presence.h"
#include "pager/pte.h"

#define CROWD_PAGES 1024u
bool shrink_until_room(int64_t (*room)(void))
{
    int64_t over = -room(), most = 8 * over + 1024; /* others may take what comes free */
    for (size_t freed = 1; over > 0 && most > 0 && freed; over = -room()) {
        uint64_t signals;
        evict_lock(&signals); /* whoever faults gets it in between */
        freed = evict_pages_locked(1);
        evict_unlock(&signals);
        most -= (int64_t)freed;
    }
    return over <= 0;
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
