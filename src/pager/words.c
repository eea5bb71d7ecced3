/* words.c: see words.h. Two kinds of words, those with the page's base and the others; of each kind the lowest bytes
 * and those above them. Without branches: which kind comes next nobody foresees. */
#include "pager/words.h"

#include <errno.h>
#include <string.h>

#define WORDS 512u
#define WITH_BASE 9u
#define CODES 14u

/* Bytes of the word that a nibble tells; a last entry for those that are none. */
static const uint8_t lengths[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 0, 0};

static unsigned code_at(const uint8_t *in, uint32_t word)
{
    return in[WORDS_BASE + word / 2] >> word % 2 * 4 & 15;
}

void words_split(const uint8_t *bytes, uint32_t length, uint8_t *space, struct entropy_part *parts)
{
    uint8_t *low[2] = {space, space + WORDS + 8}, *above[2] = {low[1] + WORDS + 8, low[1] + WORDS + 8 + ENTROPY_MOST};
    uint8_t *const starts[4] = {low[0], above[0], low[1], above[1]};
    uint32_t at = WORDS_HEAD;
    for (uint32_t i = 0; i < WORDS && at <= length; i++) {
        unsigned code = code_at(bytes, i), based = code >= WITH_BASE, size = lengths[code];
        uint64_t word;
        memcpy(&word, bytes + at, 8);
        *low[based] = (uint8_t)word;
        low[based] += size != 0;
        word >>= 8;
        memcpy(above[based], &word, 8);
        above[based] += size - (size != 0);
        at += size;
    }
    parts[0] = (struct entropy_part){bytes, WORDS_HEAD};
    parts[1] = (struct entropy_part){starts[0], (uint32_t)(low[0] - starts[0])};
    parts[2] = (struct entropy_part){starts[1], (uint32_t)(above[0] - starts[1])};
    parts[3] = (struct entropy_part){starts[2], (uint32_t)(low[1] - starts[2])};
    parts[4] = (struct entropy_part){starts[3], (uint32_t)(above[1] - starts[3])};
}

int words_join(const struct entropy_part *parts, uint8_t *page)
{
    const uint8_t *low[2] = {parts[1].bytes, parts[3].bytes}, *above[2] = {parts[2].bytes, parts[4].bytes};
    const uint8_t *head = parts[0].bytes;
    uint32_t base;
    uint64_t bases[2] = {0, 0};
    unsigned bad = 0;
    if (parts[0].length != WORDS_HEAD)
        return -EIO;
    memcpy(&base, head, WORDS_BASE);
    bases[1] = (uint64_t)base << 32;
    for (uint32_t i = 0; i < WORDS; i++, page += 8) {
        unsigned code = code_at(head, i), based = code >= WITH_BASE, size = lengths[code], more = size - (size != 0);
        uint64_t word;
        memcpy(&word, above[based], 8);
        word = (word << 8 | *low[based]) & (size == 8 ? ~(uint64_t)0 : ((uint64_t)1 << size * 8) - 1);
        word |= bases[based];
        memcpy(page, &word, 8);
        low[based] += size != 0;
        above[based] += more;
        bad |= code >= CODES;
        if (low[based] > parts[1 + 2 * based].bytes + parts[1 + 2 * based].length ||
            above[based] > parts[2 + 2 * based].bytes + parts[2 + 2 * based].length)
            return -EIO;
    }
    bad |= low[0] != parts[1].bytes + parts[1].length || above[0] != parts[2].bytes + parts[2].length ||
           low[1] != parts[3].bytes + parts[3].length || above[1] != parts[4].bytes + parts[4].length;
    return bad ? -EIO : 0;
}
