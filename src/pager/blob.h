/* blob.h: an encoded page as it stands in a segment: a header, then the bytes, padded to 16. Any thread; calls codec.
 */
#ifndef WINMEM_PAGER_BLOB_H
#define WINMEM_PAGER_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pager/codec.h"
#include "pager/pte.h"

#define BLOB_HEADER 16u
#define BLOB_MAX (BLOB_HEADER + 4096u)

struct blob_header {
    uint64_t what;     /* page 40 bits, codec 4, length 16 */
    uint64_t checksum; /* of `what` and the bytes, made when the segment goes to the file */
};

/* Once, before the first checksum. */
int blob_start(void);
static inline size_t blob_page(const struct blob_header *header)
{
    return header->what & 0xffffffffff;
}
static inline uint32_t blob_length(const struct blob_header *header)
{
    return (uint32_t)(header->what >> 44) & 0xffff;
}
/* What so many encoded bytes take of a segment. */
static inline uint32_t blob_total_of(uint32_t length)
{
    return (BLOB_HEADER + length + PLACE_UNIT - 1) & ~(PLACE_UNIT - 1);
}
void blob_make(struct blob_header *header, size_t page, enum codec codec, const void *bytes, uint32_t length);
uint64_t blob_checksum(const struct blob_header *header);
/* Blobs of no page over a hole, so that they follow each other without a gap. Both ends are multiples of 16. */
void blob_fill_hole(uint8_t *bytes, uint32_t from, uint32_t end);
/* The page; -EIO when it is not the one that was asked for, or damaged: `checked` looks at the checksum too. */
int blob_decode(const struct blob_header *header, uint32_t room, size_t page, void *into, bool checked);

#endif
