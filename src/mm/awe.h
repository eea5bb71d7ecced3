/* awe.h: address windowing: physical pages of the program's own, and windows (MEM_PHYSICAL) to see them through. */
#ifndef WINMEM_MM_AWE_H
#define WINMEM_MM_AWE_H

#include "mm/region.h"

/* Lock A held: the window is about to be released; its frames are unmapped, not freed. */
void awe_close_window_locked(struct region *region);

#endif
