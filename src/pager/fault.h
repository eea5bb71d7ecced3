/* fault.h: inside the pager: bringing pages in. */
#ifndef WINMEM_PAGER_FAULT_H
#define WINMEM_PAGER_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int fault_start(size_t budget);
void fault_restart(void);
/* Resolves a fault on one page, of an access (PAGER_NONE: any): 0, -EAGAIN (not ours), -EIO. */
int fault_resolve(size_t page, unsigned access);
/* Whether this thread's last fault took a page into memory. */
bool fault_took_in(void);
/* Takes pages of the budget, evicting if need be; at least 1, at most `want`. */
size_t fault_take_frames(size_t want);
/* No new fault begins from here on, and none is in progress when it returns. Ended by fault_thaw. */
void fault_freeze(void);
void fault_thaw(void);

/* workingset.c: what was locked before paging started. */
void workingset_apply_early_locks(void);
void workingset_note_offer(uintptr_t base, size_t size, unsigned priority);
/* pager.c: how paging was started. */
void pager_tell_start(bool *thread_mode, int *error);

struct fault_totals {
    uint64_t faults, demand_zero, soft, hard, write_protect, collided, read_ahead, in_page_errors;
};
void fault_get_totals(struct fault_totals *totals);

#endif
