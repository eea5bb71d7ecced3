/* worth.h: what has paid lately: copies of pages that came in, LZ4 over pages without their zero bytes, codes for the
 * bytes that are left, early guards. */
#ifndef WINMEM_PAGER_WORTH_H
#define WINMEM_PAGER_WORTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the copy of a page that came in is worth its room: if it streams through, as far as copies have paid; of
 * others a sample. Any thread. */
bool worth_keeping(size_t page, bool streams);
/* Lock W. Whether a kept copy turned out to be the same as its page. */
void worth_note_kept(bool same);
/* Lock W. Whether LZ4 made a page smaller that had lost its zero bytes. */
void worth_note_twice(bool smaller);
bool worth_packing_twice(void);
/* Any thread. A page was asked for again when so many had left since it did, in eighths of what is resident. */
void worth_note_return(unsigned eighths);
/* Lock W. What a page took without codes and with them, and the time for them; the processor's time so far, in which
 * `left` pages left since it was told last, and how many pages are resident and in the store now. */
void worth_note_codes(uint32_t without, uint32_t with, int64_t nanoseconds);
void worth_note_time(size_t left, int64_t nanoseconds, size_t resident, size_t stored);
/* Lock W. Whether codes save more time than they take: fewer bytes in the store are more pages in memory, and fewer
 * faults. */
bool worth_codes(void);
/* Lock W. Whether the next batch is to be guarded while it is encoded: of the last one most was written meanwhile, so
 * that it had to stay. */
bool worth_guarding_early(void);
void worth_note_written(size_t written, size_t victims);

#endif
