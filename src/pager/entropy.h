/* entropy.h: what the other encodings leave, by codes whose lengths follow how often each byte occurs in such pages:
 * learnt from them, so that no page carries a table. Signal-safe; allocates table memory only. */
#ifndef WINMEM_PAGER_ENTROPY_H
#define WINMEM_PAGER_ENTROPY_H

#include <stdint.h>

#define ENTROPY_KINDS 8u   /* what leaves much the same bytes has one number, and tables of its own */
#define ENTROPY_MOST 3584u /* bytes that can be packed at once */
#define ENTROPY_BOUND (ENTROPY_MOST / 8 * 11 + 64)

/* Before this nothing is packed. 0 or -errno. */
int entropy_start(void);
/* Lock W. Learns from the bytes; packs them into `out` (ENTROPY_BOUND bytes) and returns the length, 0: not worth it.
 */
uint32_t entropy_pack(unsigned kind, const uint8_t *bytes, uint32_t length, uint8_t *out);
/* The bytes into `out`, which has room for `most`. Returns how many, or -EIO. Any thread. */
int entropy_unpack(unsigned kind, const uint8_t *in, uint32_t length, uint8_t *out, uint32_t most);

#endif
