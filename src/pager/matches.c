/* matches.c: see matches.h. Of each hash of five bytes the last place is known; a match waits for the one that begins a
 * byte later, if that is longer. Nothing repeats in the last bytes, as LZ4 has it too: words are read as a whole. */
#include "pager/matches.h"

#include <string.h>

#include "pager/sequences.h"

#define HASH_BITS 10u
#define LEAST SEQUENCES_SHORTEST /* at the last distance; else one more */
#define END_LITERALS 5u          /* no match goes on into these bytes */
#define END_SEARCH 12u           /* and none begins in these */
#define LONG_ENOUGH 24u          /* nothing longer is looked for */
#define SKIP_SHIFT 5u            /* so many bytes without a match, and every second place is looked at */
#define NOTE_EACH 2u             /* places in a match */
#define SAME_DISTANCE 2u         /* bytes that a match at the last distance may be shorter: it takes less */

_Static_assert(MATCHES_SPACE == sizeof(uint16_t) << HASH_BITS, "one place for each hash");

struct finder {
    const uint8_t *bytes, *end; /* of what a match may cover */
    uint16_t *places;           /* the last ones with a hash */
    uint32_t last;              /* distance of the last match */
};
struct match {
    uint32_t length, distance, worth;
};

static inline uint32_t four(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, 4);
    return value;
}

static inline uint64_t eight(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, 8);
    return value;
}

static inline uint16_t *place_of(const struct finder *finder, uint32_t at)
{
    return &finder->places[(eight(finder->bytes + at) << 24) * 889523592379u >> (64 - HASH_BITS)];
}

/* Bytes that are the same from both on; `later` ends first. */
static inline uint32_t common(const uint8_t *later, const uint8_t *before, const uint8_t *end)
{
    const uint8_t *from = later;
    for (; later + 8 <= end; later += 8, before += 8) {
        uint64_t differ = eight(later) ^ eight(before);
        if (differ)
            return (uint32_t)(later - from) + (uint32_t)__builtin_ctzll(differ) / 8;
    }
    while (later < end && *later == *before)
        later++, before++;
    return (uint32_t)(later - from);
}

/* The best match at a place, which is noted; worth 0: none. */
static inline struct match find(const struct finder *finder, uint32_t at)
{
    const uint8_t *here = finder->bytes + at;
    uint16_t *noted = place_of(finder, at);
    uint32_t place = *noted, value = four(here);
    struct match best = {0};
    *noted = (uint16_t)at;
    if (finder->last && finder->last <= at && four(here - finder->last) == value) {
        uint32_t length = LEAST + common(here + LEAST, here + LEAST - finder->last, finder->end);
        best = (struct match){length, finder->last, length + SAME_DISTANCE};
    }
    if (place < at && four(finder->bytes + place) == value) {
        uint32_t length = LEAST + common(here + LEAST, finder->bytes + place + LEAST, finder->end);
        if (length > best.worth && length > LEAST)
            best = (struct match){length, at - place, length};
    }
    return best;
}

static uint8_t *put_length(uint8_t *to, uint32_t length)
{
    for (; length >= 255; length -= 255)
        *to++ = 255;
    *to++ = (uint8_t)length;
    return to;
}

/* The parts while they are made. */
struct maker {
    uint8_t *tokens, *literals, *low, *high, *lengths, *literals_end;
};

/* False: no room for the literals. */
static bool put_literals(struct maker *maker, const uint8_t *bytes, uint32_t run, uint32_t match)
{
    if (run > (size_t)(maker->literals_end - maker->literals))
        return false;
    *maker->tokens++ = (uint8_t)((run < SEQUENCES_MORE ? run : SEQUENCES_MORE) << 4 |
                                 (match < SEQUENCES_MORE ? match : SEQUENCES_MORE));
    if (run >= SEQUENCES_MORE)
        maker->lengths = put_length(maker->lengths, run - SEQUENCES_MORE);
    memcpy(maker->literals, bytes, run);
    maker->literals += run;
    return true;
}

static bool put_sequence(struct maker *maker, const uint8_t *literals, uint32_t run, uint32_t distance, uint32_t length)
{
    uint32_t match = length - LEAST;
    if (!put_literals(maker, literals, run, match))
        return false;
    *maker->low++ = (uint8_t)distance;
    *maker->high++ = (uint8_t)(distance >> 8);
    if (match >= SEQUENCES_MORE)
        maker->lengths = put_length(maker->lengths, match - SEQUENCES_MORE);
    return true;
}

/* The first match from here on that no later one betters, from where it begins to repeat. False: there is none. */
static bool next_match(struct finder *finder, uint32_t taken, uint32_t stop, uint32_t *at, struct match *match)
{
    uint32_t here = taken ? taken : 1;
    for (;; here += 1 + ((here - taken) >> SKIP_SHIFT)) {
        if (here >= stop)
            return false;
        *match = find(finder, here);
        if (match->worth)
            break;
    }
    while (match->length < LONG_ENOUGH && here + 1 < stop) {
        struct match later = find(finder, here + 1);
        if (later.worth <= match->worth)
            break;
        *match = later;
        here++;
    }
    while (here > taken && here > match->distance &&
           finder->bytes[here - 1] == finder->bytes[here - 1 - match->distance])
        here--, match->length++;
    *at = here;
    return true;
}

bool matches_find(const uint8_t *bytes, uint32_t length, void *workspace, uint8_t *space, struct entropy_part *parts)
{
    struct finder finder = {.bytes = bytes, .end = bytes + length - END_LITERALS, .places = workspace};
    struct maker maker = {.tokens = space};
    uint32_t taken = 0, at, stop = length - END_SEARCH;
    struct match match;
    maker.low = maker.tokens + SEQUENCES_COUNT;
    maker.high = maker.low + SEQUENCES_COUNT;
    maker.literals = maker.high + SEQUENCES_COUNT;
    maker.lengths = maker.literals_end = maker.literals + ENTROPY_MOST;
    memset(workspace, 0, MATCHES_SPACE);
    struct maker start = maker;
    while (next_match(&finder, taken, stop, &at, &match)) {
        if (!put_sequence(&maker, bytes + taken, at - taken, match.distance == finder.last ? 0 : match.distance,
                          match.length))
            return false;
        finder.last = match.distance;
        taken = at + match.length;
        for (at += NOTE_EACH; at < taken && at < stop; at += NOTE_EACH)
            *place_of(&finder, at) = (uint16_t)at;
    }
    if (!put_literals(&maker, bytes + taken, length - taken, 0))
        return false;
    parts[0] = (struct entropy_part){start.tokens, (uint32_t)(maker.tokens - start.tokens)};
    parts[1] = (struct entropy_part){start.literals, (uint32_t)(maker.literals - start.literals)};
    parts[2] = (struct entropy_part){start.low, (uint32_t)(maker.low - start.low)};
    parts[3] = (struct entropy_part){start.high, (uint32_t)(maker.high - start.high)};
    parts[4] = (struct entropy_part){start.lengths, (uint32_t)(maker.lengths - start.lengths)};
    return true;
}
