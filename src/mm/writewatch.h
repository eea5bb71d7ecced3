/* writewatch.h: regions of MEM_WRITE_WATCH: which pages were written since the last reset. Two ways: the kernel keeps
 * the record (WATCH_WHOLE, and WATCH_KERNEL when pages were dropped or left behind by a fork since), or pages are
 * mapped without write access until their first write (WATCH_ARMED), where the kernel cannot. */
#ifndef WINMEM_MM_WRITEWATCH_H
#define WINMEM_MM_WRITEWATCH_H

#include "mm/region.h"

enum { WATCH_NONE, WATCH_WHOLE, WATCH_KERNEL, WATCH_ARMED };

/* Lock A held. Chooses the way for a new region, before anything is committed in it. */
void writewatch_start_locked(struct region *region);
/* Fresh pages were mapped in it (not in the run map yet). -errno: they cannot be watched. */
int writewatch_after_commit_locked(const struct region *region, uint64_t start, uint64_t end);
/* A write fault on a page whose protection allows the write: true when it was the watch's, and is resolved. */
bool writewatch_fault_locked(struct region *region, uint64_t page, uint64_t value);
/* Pages of a watched region are about to lose their contents, and the kernel's mark with them: a written page counts
 * as written until the watch is reset. -errno: nothing may be lost now. */
int writewatch_before_loss_locked(struct region *region, uint64_t start, uint64_t end);
/* Committed pages have lost their contents. */
void writewatch_after_discard_locked(uint64_t start, uint64_t end);
/* In a forked child: the kernel's record is gone; every page that is there counts as written. */
void writewatch_after_fork_locked(void);

#endif
