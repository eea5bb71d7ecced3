/* shrink.h: making much of the memory leave at once. */
#ifndef WINMEM_PAGER_SHRINK_H
#define WINMEM_PAGER_SHRINK_H

#include <stdbool.h>
#include <stdint.h>

/* Takes lock W, a batch at a time. Evicts until room() is not negative; false: it still is. */
bool shrink_until_room(int64_t (*room)(void));
/* Makes the process have fewer mappings: there are nearly as many as the kernel allows. No page may be claimed. */
void shrink_mappings(void);

#endif
