/* pager.h: physical memory as mm sees it: commit charge, budget, page-in, trimming, locking. Knows pages of the arena,
 * not VADs and nothing of Windows; returns 0 or -errno; never calls malloc. While no budget is exceeded, every hook
 * is one predicted branch on `pager_on`.
 *
 * What mm does: pager_start once; pager_charge before every commit; when pager_due is set after a charge,
 * pager_turn_on; then, while pager_on, the hooks around its kernel calls, all under the address-space lock. In its
 * fault handler, before it takes any lock: `if (pager_on && pager_fault(address, write) == 0) resolved`. */
#ifndef WINMEM_PAGER_PAGER_H
#define WINMEM_PAGER_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern bool pager_on;  /* paging machinery is running: hooks below must be called */
extern bool pager_due; /* commit has exceeded the budget, or the budget shrank: mm should call pager_turn_on */

/* Access of a committed range as the program may use it. */
enum pager_access { PAGER_NONE = 0, PAGER_READ = 1, PAGER_WRITE = 2, PAGER_EXECUTE = 4 };

/* Once, before anything else: the arena whose committed private memory is paged. */
void pager_start(uintptr_t arena, size_t arena_size);

/* Commit charge, always counted (pages). -ENOMEM when the limit would be exceeded: nothing is charged then.
 * No locks are taken; may be called with or without the address-space lock. */
int pager_charge(size_t pages);
void pager_uncharge(size_t pages);
struct pager_commit {
    size_t total, peak, limit; /* pages */
};
void pager_get_commit(struct pager_commit *commit);

/* mm's iterator over every committed private run of the arena; called under the address-space lock only. It stops
 * and returns what `visit` returned when that is not 0. */
typedef int pager_visit(void *context, void *base, size_t size, unsigned access);
typedef int pager_for_each(pager_visit *visit, void *context);
void pager_set_source(pager_for_each *for_each_committed);
/* Starts paging: registers everything committed. Address-space lock held. On failure paging stays off, pager_due is
 * cleared and the program runs unpaged (the reason is kept for statistics). */
int pager_turn_on(void);

/* Hooks of mm around its kernel calls, address-space lock held, only while pager_on.
 * after_commit: fresh zero pages were mapped (register them; on failure mm unmaps them again).
 * before_decommit: pages are about to vanish; their contents are gone when this returns.
 * before_protect and after_protect: around mprotect, with the access that the range is given. */
int pager_after_commit(void *base, size_t size, unsigned access);
void pager_before_decommit(void *base, size_t size);
void pager_before_protect(void *base, size_t size, unsigned access);
void pager_after_protect(void *base, size_t size, unsigned access);
/* MEM_RESET, discard: contents become zero, the range stays committed. */
void pager_discard(void *base, size_t size);

/* A fault in a paged range: 0 resolved; -EAGAIN not the pager's; -EIO the page cannot be brought back. Signal-safe. */
int pager_fault(uintptr_t address, bool write);

#endif
