/* prototype.h: sections that are paged. A section's pages have entries of their own in the page table, behind those of
 * the arena: prototypes, whatever views there are. Windows of these belong to one section each. An entry of a view's
 * page says PROTOTYPE and which; where a view covers a whole window, the window says it for all of its pages.
 *
 * The memory is the section's memory file. A page goes by a hole in the file, after all views of it were
 * write-protected and it was read through the file; it comes by a write to the file, and the kernel maps it where it is
 * touched. Only this process may have the file mapped: a section that another one is to see is brought in whole and is
 * then no longer paged (pager_share_section). W: lock W of evict.h. */
#ifndef WINMEM_PAGER_PROTOTYPE_H
#define WINMEM_PAGER_PROTOTYPE_H

#include "pager/pte.h"

int prototype_start(void);
/* Lock A: every section that may be paged is; then, when mm has added its views, what is in memory becomes valid. */
void prototype_take_sections(void);
void prototype_find_resident(void);
/* Before fork: the child would have the same files. In the child: what could not be brought in is lost there. */
void prototype_before_fork(void);
void prototype_after_fork_child(void);

static inline bool prototype_is(size_t page)
{
    return page >= pte_table.arena_pages;
}
/* The page whose entry tells about a page of the arena: itself, or the section's that a view shows. */
size_t prototype_of(size_t page);

/* For pages of one window of sections. */
bool prototype_may_leave(size_t page);
/* In all views: false when one could not be protected. W. */
bool prototype_protect_locked(size_t first, size_t end, bool on);
/* Calls for each part of a view that shows some of them (pages of the arena) until it returns true. W. */
bool prototype_any_view_locked(size_t first, size_t end, bool (*is_so)(void *context, size_t first, size_t end),
                               void *context);
int prototype_read(size_t page, void *into);
/* As put_pages of fault.c; bytes NULL: zeroes, where nothing is. The pages are claimed. */
int64_t prototype_fill(size_t page, const void *bytes, size_t count);
int prototype_drop(size_t page, size_t count);
/* NULL or what is wrong. W. */
const char *prototype_check_locked(void);

/* pager.c, W: pages become demand-zero; give back all that they hold; a page that is in memory already. */
void pager_pages_come_locked(size_t first, size_t end);
void pager_pages_go_locked(size_t first, size_t end);
void pager_take_over_page(size_t page);

#endif
