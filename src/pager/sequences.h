/* sequences.h: what LZ4 made, taken apart by what its bytes mean, and the page from these parts. Pure. */
#ifndef WINMEM_PAGER_SEQUENCES_H
#define WINMEM_PAGER_SEQUENCES_H

#include <stdbool.h>
#include <stdint.h>

#include "pager/entropy.h"

#define SEQUENCES_PARTS 5u                     /* tokens, literals, offsets' low and high bytes, lengths */
#define SEQUENCES_COUNT (ENTROPY_MOST / 3 + 1) /* of sequences in as many bytes */
#define SEQUENCES_SHORTEST 4u                  /* match */
#define SEQUENCES_MORE 15u                     /* in a half of a token: a length goes on */
#define SEQUENCES_SPACE (3 * SEQUENCES_COUNT + 2 * ENTROPY_MOST) /* bytes */

/* Into `space`; `length` at most ENTROPY_MOST. False: these are no whole sequences. */
bool sequences_split(const uint8_t *bytes, uint32_t length, uint8_t *space, struct entropy_part *parts);
/* A distance of 0 is the last one again. Returns the bytes that were made, or -EIO. Literals are read up to
 * SEQUENCES_BEYOND bytes behind their end. */
#define SEQUENCES_BEYOND 16u
int sequences_join(const struct entropy_part *parts, uint8_t *into, uint32_t most);

#endif
