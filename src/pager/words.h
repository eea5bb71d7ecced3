/* words.h: the words' encoding of a page (codec.c) taken apart by what its bytes mean, and the page from these parts. A
 * head of 4 bytes of base and a nibble for each word, then the bytes of the words. Pure. */
#ifndef WINMEM_PAGER_WORDS_H
#define WINMEM_PAGER_WORDS_H

#include <stdint.h>

#include "pager/entropy.h"

#define WORDS_BASE 4u
#define WORDS_HEAD (WORDS_BASE + 4096u / 16)
#define WORDS_PARTS 5u
#define WORDS_SPACE (2 * (512 + 8) + 2 * ENTROPY_MOST + 16)
#define WORDS_BEYOND 8u /* bytes that are read behind the end */

/* Into `space`; `length` at most ENTROPY_MOST. The bytes are the encoding of some page. */
void words_split(const uint8_t *bytes, uint32_t length, uint8_t *space, struct entropy_part *parts);
/* 0, or -EIO when these are not the parts of a page. */
int words_join(const struct entropy_part *parts, uint8_t *page);

#endif
