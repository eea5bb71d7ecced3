/* sequences.c: see sequences.h. A sequence of LZ4 is a token (lengths, 15 in each half: more follow), the literals, the
 * distance of what repeats (two bytes); the last one has literals only. Its documentation of the block format says so.
 */
#include "pager/sequences.h"

#include <errno.h>
#include <string.h>

#define MORE SEQUENCES_MORE
#define SHORTEST SEQUENCES_SHORTEST
#define ROOM 48u /* for 14 literals and what three words of 8 bytes write behind them */

enum { TOKENS, LITERALS, LOW, HIGH, LENGTHS };

/* The rest of a length, byte by byte until one is not 255. False: the bytes end before it does. */
static bool split_length(const uint8_t **at, const uint8_t *end, uint8_t *to, uint32_t *count, uint32_t *length)
{
    uint8_t byte;
    do {
        if (*at == end)
            return false;
        byte = *(*at)++;
        to[(*count)++] = byte;
        *length += byte;
    } while (byte == 255);
    return true;
}

bool sequences_split(const uint8_t *bytes, uint32_t length, uint8_t *space, struct entropy_part *parts)
{
    uint8_t *tokens = space, *low = tokens + SEQUENCES_COUNT, *high = low + SEQUENCES_COUNT;
    uint8_t *literals = high + SEQUENCES_COUNT, *lengths = literals + ENTROPY_MOST;
    uint32_t count = 0, copied = 0, more = 0, pairs = 0;
    const uint8_t *at = bytes, *end = bytes + length;
    while (at < end) {
        uint8_t token = *at++;
        uint32_t run = token >> 4, match = 0;
        tokens[count++] = token;
        if (run == MORE && !split_length(&at, end, lengths, &more, &run))
            return false;
        if (run > (size_t)(end - at))
            return false;
        memcpy(literals + copied, at, run);
        copied += run;
        at += run;
        if (at == end)
            break;
        if (end - at < 2 || count == SEQUENCES_COUNT)
            return false;
        low[pairs] = *at++;
        high[pairs++] = *at++;
        if ((token & MORE) == MORE && !split_length(&at, end, lengths, &more, &match))
            return false;
    }
    parts[TOKENS] = (struct entropy_part){tokens, count};
    parts[LITERALS] = (struct entropy_part){literals, copied};
    parts[LOW] = (struct entropy_part){low, pairs};
    parts[HIGH] = (struct entropy_part){high, pairs};
    parts[LENGTHS] = (struct entropy_part){lengths, more};
    return pairs + 1 == count;
}

/* The length that half of a token tells, UINT32_MAX when there is none. */
static uint32_t join_length(uint32_t half, const uint8_t **more, const uint8_t *end)
{
    uint32_t length = half;
    for (uint8_t byte = half == MORE ? 255 : 0; byte == 255; length += byte) {
        if (*more == end)
            return UINT32_MAX;
        byte = *(*more)++;
    }
    return length;
}

/* What lies nearer than it is long repeats itself. */
static void repeat(uint8_t *to, uint32_t distance, uint32_t length)
{
    const uint8_t *from = to - distance;
    if (distance >= 8) {
        for (; length >= 8; length -= 8, to += 8, from += 8)
            memcpy(to, from, 8);
    }
    while (length--)
        *to++ = *from++;
}

/* A short sequence where there is room: more is copied than counts, and written over by the next one. */
static void join_short(uint8_t *to, const uint8_t *literals, uint32_t run, uint32_t distance, uint32_t match)
{
    memcpy(to, literals, SEQUENCES_BEYOND);
    to += run;
    if (distance < 8) {
        repeat(to, distance, match);
        return;
    }
    memcpy(to, to - distance, 8);
    memcpy(to + 8, to + 8 - distance, 8);
    memcpy(to + 16, to + 16 - distance, 8);
}

int sequences_join(const struct entropy_part *parts, uint8_t *into, uint32_t most)
{
    const uint8_t *literals = parts[LITERALS].bytes, *literals_end = literals + parts[LITERALS].length;
    const uint8_t *more = parts[LENGTHS].bytes, *more_end = more + parts[LENGTHS].length;
    const uint8_t *tokens = parts[TOKENS].bytes, *low = parts[LOW].bytes, *high = parts[HIGH].bytes;
    uint32_t made = 0, last = 0, pairs = parts[LOW].length;
    if (parts[HIGH].length != pairs || parts[TOKENS].length != pairs + 1)
        return -EIO;
    for (uint32_t i = 0;; i++) {
        uint32_t run = tokens[i] >> 4, match = tokens[i] & MORE;
        bool is_short = run < MORE && match < MORE && most - made >= ROOM && i < pairs;
        run = is_short ? run : join_length(run, &more, more_end);
        if (run > (size_t)(literals_end - literals) || run > most - made)
            return -EIO;
        if (i == pairs) {
            memcpy(into + made, literals, run);
            return literals + run == literals_end && more == more_end ? (int)(made + run) : -EIO;
        }
        uint32_t distance = low[i] | (uint32_t)high[i] << 8;
        last = distance = distance ? distance : last;
        match = is_short ? match : join_length(match, &more, more_end);
        if (distance > made + run || !distance || match > most || match + SHORTEST > most - made - run)
            return -EIO;
        if (is_short) {
            join_short(into + made, literals, run, distance, match + SHORTEST);
        } else {
            memcpy(into + made, literals, run);
            repeat(into + made + run, distance, match + SHORTEST);
        }
        literals += run;
        made += run + match + SHORTEST;
    }
}
