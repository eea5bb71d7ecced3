/* unpaged.h: inside the pager: memory that is not paged but counts in the budget: what sections have in memory. */
#ifndef WINMEM_PAGER_UNPAGED_H
#define WINMEM_PAGER_UNPAGED_H

#include <stdbool.h>
#include <stddef.h>

/* Looks again at what there is, and takes it off the budget: up to three quarters of it, so that paged memory is never
 * squeezed to nothing. Signal-safe. */
void unpaged_count(void);
/* The same now and then: one call in some. */
void unpaged_count_sometimes(void);
/* Pages in memory at the last look, and how many of them are in the budget. */
size_t unpaged_pages(size_t *counted);

#endif
