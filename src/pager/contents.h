/* contents.h: inside the pager: the bytes of a resident page, for who evicts it. All with lock W; signal-safe. */
#ifndef WINMEM_PAGER_CONTENTS_H
#define WINMEM_PAGER_CONTENTS_H

#include "pager/pte.h"

void contents_start(bool by_thread);
/* Thread mode: false when the page is not in memory at all (the program's own madvise dropped it). To touch it would be
 * a fault of the thread that resolves faults, or of one that has lock W. Neighbours are looked at together, and anew
 * after contents_look_again. */
bool contents_there(size_t page);
void contents_look_again(void);
/* The bytes as they are now; those that may be written meanwhile are copied to `copy`. NULL: they cannot be read. */
const void *contents_of(size_t page, pte entry, void *copy);
/* Whether the bytes of a page that is write-protected are those of this hash. */
bool contents_are(size_t page, pte entry, const uint64_t hash[2], void *copy);

#endif
