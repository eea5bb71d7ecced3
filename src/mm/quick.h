/* quick.h: the two commonest calls by a short way. False: nothing was done, take the ordinary one. True: it is done, or
 * *status says what the kernel refused. */
#ifndef WINMEM_MM_QUICK_H
#define WINMEM_MM_QUICK_H

#include "mm/mm.h"

/* From this size on (pages) huge pages are asked for, and the call is no longer what costs. */
#define QUICK_MOST ((uint64_t)96 << 8)

bool quick_allocate(uint64_t pages, ULONG protect, unsigned attributes, uint64_t *start, NTSTATUS *status);
bool quick_release(uintptr_t base, uint64_t *start, uint64_t *end, NTSTATUS *status);

#endif
