/* pager.h: physical memory as mm sees it: commit charge, budget, page-in, trimming, locking. Knows pages of the arena,
 * not VADs and nothing of Windows; returns 0 or -errno; never calls malloc. While no budget is exceeded, every hook
 * is one predicted branch on `pager_on`. */
#ifndef WINMEM_PAGER_PAGER_H
#define WINMEM_PAGER_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern bool pager_on; /* paging machinery is running: hooks below must be called */

/* Access of a committed range as the program may use it. */
enum pager_access { PAGER_NONE = 0, PAGER_READ = 1, PAGER_WRITE = 2, PAGER_EXECUTE = 4 };

/* Commit charge, always counted (pages). -ENOMEM when the limit would be exceeded: nothing is charged then. */
int pager_charge(size_t pages);
void pager_uncharge(size_t pages);

/* Hooks of mm around its kernel calls, address-space lock held, only while pager_on.
 * after_commit: fresh zero pages were mapped (register them). before_decommit: pages are about to vanish. */
int pager_after_commit(void *base, size_t size, unsigned access);
void pager_before_decommit(void *base, size_t size);
void pager_after_protect(void *base, size_t size, unsigned access);

/* A fault in a paged range: 0 resolved; -EAGAIN not the pager's; -EIO the page cannot be brought back. Signal-safe. */
int pager_fault(uintptr_t address, bool write);

#endif
