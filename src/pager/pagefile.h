/* pagefile.h: the paging file: slots of one segment, created on first need, written in batches through io_uring.
 * Lock W for everything but pagefile_read. */
#ifndef WINMEM_PAGER_PAGEFILE_H
#define WINMEM_PAGER_PAGEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pagefile_totals {
    uint64_t size, maximum, in_use, peak; /* bytes */
    uint64_t reads, writes, read_bytes, written_bytes, read_errors, write_errors;
    int last_error;
};

/* Reads the options; creates nothing yet. */
void pagefile_start(uint64_t maximum_bytes);
void pagefile_set_maximum(uint64_t bytes);
/* Whether a segment could be written now: there is a file (or there may be one) and it is not full. */
bool pagefile_usable_locked(void);
/* Fewer segments may still be written. Not while the file fails: nothing is to be read from it then. */
bool pagefile_has_fewer_locked(uint32_t slots);
/* Of a segment in the file: its slot would be free at once, since it is in our file, not one that we inherited, and no
 * child reads it. `look` is all zero at first, then what was found last: whether children that were forked since are
 * there (1) or not (-1). */
struct pagefile_look {
    uint32_t forks;
    int claimed;
};
bool pagefile_gives_back_locked(uint32_t segment, struct pagefile_look *look);
/* Starts to write a segment; store_written_locked is called from pagefile_reap_locked when it ended. -ENOSPC, ... */
int pagefile_write_locked(uint32_t segment);
/* Takes what was finished; waits for at least one of the started writes when `wait`. Returns how many ended. */
int pagefile_reap_locked(bool wait);
unsigned pagefile_in_flight_locked(void);
/* Nothing of the segment is in use any more. */
void pagefile_free_slot_locked(uint32_t segment);
/* Any thread: reads aligned bytes of a segment that is in the file. 0 or -EIO. */
int pagefile_read(uint32_t segment, uint32_t offset, uint32_t length, void *into);
void pagefile_get_totals(struct pagefile_totals *totals);
/* The name for reports: a path, "(unlinked)", an URI. */
const char *pagefile_name(void);
/* Around a fork. The child reads what is in the file, and writes to one of its own; a slot that it may read is not used
 * again while it lives, or one that it forked (host/claim.h). */
void pagefile_before_fork_locked(void);
void pagefile_after_fork_parent_locked(void);
void pagefile_after_fork_child(void);

#endif
