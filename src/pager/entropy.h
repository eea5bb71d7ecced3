/* entropy.h: what the other encodings leave, by codes whose lengths follow how often each byte occurs in such pages:
 * learnt from them, so that no page carries a table. Signal-safe; allocates table memory only. */
#ifndef WINMEM_PAGER_ENTROPY_H
#define WINMEM_PAGER_ENTROPY_H

#include <stdint.h>

#define ENTROPY_KINDS 8u   /* what leaves much the same bytes has one number, and tables of its own */
#define ENTROPY_DENSE 8u   /* with a kind: found with more care, packed by tables of its own */
#define ENTROPY_PARTS 5u   /* and so has each part of it: bytes that mean one thing */
#define ENTROPY_MOST 3584u /* bytes that can be packed at once */
#define ENTROPY_BOUND (ENTROPY_MOST / 8 * 11 + 128)

struct entropy_part {
    const uint8_t *bytes;
    uint32_t length;
};

/* Before this nothing is packed. 0 or -errno. */
int entropy_start(void);
/* Lock W. Learns from the parts; packs them into `out` (ENTROPY_BOUND bytes) and returns the length, 0: not worth it.
 */
uint32_t entropy_pack(unsigned kind, const struct entropy_part *parts, unsigned count, uint8_t *out);
/* As many parts, one after another into `out`, which has room for `most`. Returns the bytes, or -EIO. Any thread. */
int entropy_unpack(unsigned kind, const uint8_t *in, uint32_t length, uint8_t *out, uint32_t most,
                   struct entropy_part *parts, unsigned count);

#endif
