/* parallel.h: allocation and release beside each other. False: nothing was done, take the ordinary way. */
#ifndef WINMEM_MM_PARALLEL_H
#define WINMEM_MM_PARALLEL_H

#include "mm/mm.h"

/* From this size on (pages) huge pages are asked for, and the call is no longer what costs. */
#define PARALLEL_MOST ((uint64_t)96 << 8)

bool parallel_allocate(uint64_t pages, ULONG protect, unsigned attributes, uint64_t *start);
bool parallel_release(uintptr_t base, uint64_t *start, uint64_t *end);

#endif
