/* pages.h: pages for the pager's own tables: zero-filled, private, left out of core dumps, never paged. Signal-safe. */
#ifndef WINMEM_HOST_PAGES_H
#define WINMEM_HOST_PAGES_H

#include <stddef.h>

/* Reserves a zero-filled table; its pages cost memory when touched. -ENOMEM. */
int host_table_reserve(size_t size, void **base);
/* Gives the memory of whole pages of a table back; they read zero afterwards. */
int host_table_drop(void *base, size_t size);
int host_table_release(void *base, size_t size);
/* Cryptographically strong random bytes; 0 or -errno. */
int host_random(void *into, size_t size);

#endif
