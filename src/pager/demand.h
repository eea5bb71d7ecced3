/* demand.h: pages that a fault has just brought in, for one that the faulting instruction has not used yet. */
#ifndef WINMEM_PAGER_DEMAND_H
#define WINMEM_PAGER_DEMAND_H

#include <stdbool.h>
#include <stddef.h>

/* A fault asks for this page now. Any thread. */
void demand_note(size_t page);
/* Lock W. What demand_is_young goes by is what was asked for up to now. */
void demand_look(void);
bool demand_is_young(size_t page);
/* Whether one of the last few faults asked for this page. Any thread. */
bool demand_is_recent(size_t page);

#endif
