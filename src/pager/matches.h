/* matches.h: what repeats in a page, as sequences taken apart (sequences.h): fewer and shorter ones than LZ4 finds, for
 * some more time. Pure. */
#ifndef WINMEM_PAGER_MATCHES_H
#define WINMEM_PAGER_MATCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "pager/entropy.h"

#define MATCHES_SPACE 2048u /* bytes to work in, for 16-bit words */

/* The parts lie in `space` (SEQUENCES_SPACE bytes). `length` is a page at most, and 16 at least; the bytes may
 * change meanwhile. False: too little repeats. */
bool matches_find(const uint8_t *bytes, uint32_t length, void *workspace, uint8_t *space, struct entropy_part *parts);

#endif
