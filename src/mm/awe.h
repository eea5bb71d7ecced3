/* awe.h: address windowing: physical pages of the program's own, and windows (MEM_PHYSICAL) to see them through; pools
 * of pages, which belong to a section. */
#ifndef WINMEM_MM_AWE_H
#define WINMEM_MM_AWE_H

#include "mm/region.h"

/* Lock A held: the window is about to be released; its frames are unmapped, not freed. */
void awe_close_window_locked(struct region *region);

/* 0: there have been too many. Closed with its section: its frames go with the last window that is bound to it. */
uint32_t awe_open_pool(void);
void awe_close_pool(uint32_t pool);

/* In the child of a fork, lock A held. */
void awe_forked_locked(void);

#endif
