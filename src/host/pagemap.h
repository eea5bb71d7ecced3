/* pagemap.h: which pages of this process are in memory, as /proc/self/pagemap tells. Signal-safe; no allocation. */
#ifndef WINMEM_HOST_PAGEMAP_H
#define WINMEM_HOST_PAGEMAP_H

#include <stddef.h>
#include <stdint.h>

#define HOST_PAGEMAP_PRESENT (1ull << 63)
#define HOST_PAGEMAP_SWAPPED (1ull << 62)
#define HOST_PAGEMAP_SHARED (1ull << 61) /* of a file or of shared memory, not the process's own anonymous page */
#define HOST_PAGEMAP_ONE_MAPPER (1ull << 56)
#define HOST_PAGEMAP_FRAME(entry) ((entry) & ((1ull << 55) - 1)) /* 0 unless privileged */

/* The entries of `pages` pages from `address` on; 0 or -errno. */
int host_pagemap_read(uintptr_t address, size_t pages, uint64_t *entries);
/* The first page of a range that is in memory, or its end; `start` itself when the kernel cannot say (before
 * Linux 6.7). */
uintptr_t host_pagemap_next(uintptr_t start, uintptr_t end);

#endif
