/* writewatch.h: regions of MEM_WRITE_WATCH: which pages were written since the last reset. */
#ifndef WINMEM_MM_WRITEWATCH_H
#define WINMEM_MM_WRITEWATCH_H

#include "mm/region.h"

/* Lock A held. Begins to watch a new region; after_commit: fresh pages (not written yet) were mapped in it. */
NTSTATUS writewatch_start_locked(struct region *region);
void writewatch_after_commit_locked(struct region *region, uint64_t start, uint64_t end);
/* A write fault on a watched page whose protection allows the write: true when it was the watch's, and is resolved. */
bool writewatch_fault_locked(struct region *region, uint64_t page);

#endif
