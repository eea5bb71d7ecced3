/* shrink.h: making much of the memory leave at once. All take lock W. */
#ifndef WINMEM_PAGER_SHRINK_H
#define WINMEM_PAGER_SHRINK_H

#include <stdbool.h>
#include <stddef.h>

/* Sets the budget, in pages, and evicts until it is kept. False: it is set, but not everything above it can leave now.
 * When several threads set it, the last one counts. */
bool shrink_to_budget(size_t pages);
/* The child of fork: who was at it in the parent is not here; faults do the rest. */
void shrink_fork_child(void);
/* Evicts until the hard maximum of the working set is kept; false: not everything can leave now. */
bool shrink_to_limits(void);
/* Makes the process have fewer mappings: there are nearly as many as the kernel allows. No page may be claimed. */
void shrink_mappings(void);

#endif
