/* unpaged.h: inside the pager: the memory files of sections and physical pages, and what those of them that are not
 * paged (prototype.h) have in memory; and private memory beside what is paged: what a program has written of private
 * views and mappings of files, stacks that the C library made, memory mapped past the library. All of it counts in the
 * budget. */
#ifndef WINMEM_PAGER_UNPAGED_H
#define WINMEM_PAGER_UNPAGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNPAGED_FILES 4096u

/* Looks again at what there is, and takes it off the budget: up to three quarters of it, so that paged memory is never
 * squeezed to nothing. Signal-safe. */
void unpaged_count(void);
/* The same now and then: `pages` are to come in. */
void unpaged_count_sometimes(size_t pages);
/* When paging starts: what private memory there is besides by now is the program's text and data as it began. */
void unpaged_start(void);

/* Pages in memory at the last look, and how many of them are in the budget. */
struct unpaged_totals {
    size_t files, beside, counted;
};
void unpaged_get_totals(struct unpaged_totals *totals);

/* Adds a file; `pages`: its size, if it may be paged, else 0. Returns its number, from 1 on; 0: there are too many. */
uint32_t unpaged_add(int fd, size_t pages);
void unpaged_remove(uint32_t number);
/* Whether the file may be paged: then what there is of it. */
bool unpaged_may_page(uint32_t number, int *fd, size_t *pages);
void unpaged_never_page(uint32_t number);
/* It is paged from now on, or no longer. */
void unpaged_set_paged(uint32_t number, bool paged);
/* Numbers ever given are not above this. */
uint32_t unpaged_last(void);

#endif
