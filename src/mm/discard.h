/* discard.h: what POSIX programs need of mm beyond the Windows calls: is an address ours, drop contents in place. */
#ifndef WINMEM_MM_DISCARD_H
#define WINMEM_MM_DISCARD_H

#include "host/shared.h"
#include "mm/mm.h"

/* Whether the range touches the arena: memory that only mm maps. No lock; before mm_start: no. */
WINMEM_SHARED bool mm_is_ours(const void *base, size_t size);
/* The committed private pages of the range read as zero from now on; they stay committed and accessible. */
WINMEM_SHARED NTSTATUS mm_discard(void *base, size_t size);

/* OfferVirtualMemory: the private pages of a committed range are out of reach, and need not be kept under a RAM budget
 * (priority 1: first to go, to 4); pages of views are only to leave early. reclaim: they are back; *whole: with what
 * they held. */
NTSTATUS mm_offer(void *base, size_t size, unsigned priority);
NTSTATUS mm_reclaim(void *base, size_t size, bool *whole);

#endif
