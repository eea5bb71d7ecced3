/* delta.c: see delta.h. The encoding: the distance (a byte); a bit for each of 512 words: its difference is not zero;
 * of those that are not the length in bytes, a nibble each; their bytes. A difference is negative as often as not: its
 * sign goes to the lowest bit. Words of the first lines, which have none before them, are their own difference. */
#include "pager/delta.h"

#include <errno.h>
#include <immintrin.h>
#include <stddef.h>
#include <string.h>

#include "pager/lines.h"

#define WORDS 512u
#define LINES 64u /* of eight words */
#define MAP 1u
#define NIBBLES (MAP + WORDS / 8)
#define SAMPLE_EACH 4u
#define ALIKE_LEAST 12u /* of the 112 words of a sample */
#define MOST_BYTES 4608u

#define VECTOR __attribute__((target("avx512bw,avx512vbmi2,avx512cd,bmi2,popcnt")))

/* Words: sizes of objects, twice those that are shorter than a line. */
static const uint8_t distances[] = {8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 36, 40};
#define DISTANCES (sizeof(distances) / sizeof(*distances))
#define DISTANCE_LEAST 8u
#define DISTANCE_MOST 40u

static uint64_t word_at(const uint8_t *page, uint32_t index)
{
    uint64_t word;
    memcpy(&word, page + (size_t)index * 8, 8);
    return word;
}

/* The first word that has one before it: whole lines have, or none of their words. */
static uint32_t first_of(uint32_t distance)
{
    return (distance + 7) & ~7u;
}

static uint64_t add_back(uint64_t difference, uint64_t before)
{
    return (difference >> 1 ^ (0 - (difference & 1))) + before;
}

static uint64_t before_of(const uint8_t *page, uint32_t index, uint32_t distance)
{
    return index >= first_of(distance) ? word_at(page, index - distance) : 0;
}

/* ---- which distance ---- */

/* Both halves of a word, or none. */
static __m128i whole_words(__m128i halves)
{
    return _mm_and_si128(halves, _mm_shuffle_epi32(halves, 0xb1));
}

static uint32_t alike_portable(const uint8_t *page, uint32_t distance)
{
    __m128i count = _mm_setzero_si128();
    for (uint32_t line = DISTANCE_MOST / 8; line < LINES; line += SAMPLE_EACH) {
        const uint8_t *from = page + (size_t)line * LINE_BYTES, *before = from - (size_t)distance * 8;
        for (unsigned i = 0; i < 4; i++) {
            __m128i words = line_quarter(from, i);
            __m128i same = whole_words(_mm_cmpeq_epi32(words, line_quarter(before, i)));
            __m128i none = whole_words(_mm_cmpeq_epi32(words, _mm_setzero_si128()));
            count = _mm_sub_epi64(count, _mm_andnot_si128(none, same));
        }
    }
    return (uint32_t)(_mm_cvtsi128_si64(count) + _mm_cvtsi128_si64(_mm_unpackhi_epi64(count, count)));
}

VECTOR static uint32_t alike_avx512(const uint8_t *page, uint32_t distance)
{
    uint32_t count = 0;
    for (uint32_t line = DISTANCE_MOST / 8; line < LINES; line += SAMPLE_EACH) {
        __m512i words = _mm512_loadu_si512(page + line * 64);
        __m512i before = _mm512_loadu_si512(page + line * 64 - distance * 8);
        count += (uint32_t)__builtin_popcount(
            _mm512_mask_cmpeq_epi64_mask(_mm512_test_epi64_mask(words, words), words, before));
    }
    return count;
}

/* Of distances that are as good the shortest: a multiple of the size does as well. */
static uint32_t choose_distance(const uint8_t *page, bool vector)
{
    uint32_t best = 0, most = ALIKE_LEAST;
    for (unsigned i = 0; i < DISTANCES; i++) {
        uint32_t alike = vector ? alike_avx512(page, distances[i]) : alike_portable(page, distances[i]);
        if (alike > most) {
            most = alike;
            best = distances[i];
        }
    }
    return best;
}

/* ---- lines of eight words ---- */

VECTOR static __m512i differences(const uint8_t *page, uint32_t line, uint32_t distance)
{
    __m512i words = _mm512_loadu_si512(page + line * 64);
    if (line * 8 >= first_of(distance))
        words = _mm512_sub_epi64(words, _mm512_loadu_si512(page + line * 64 - distance * 8));
    return _mm512_xor_si512(_mm512_slli_epi64(words, 1), _mm512_srai_epi64(words, 63));
}

VECTOR static __m512i lengths_of(__m512i words)
{
    return _mm512_srli_epi64(_mm512_sub_epi64(_mm512_set1_epi64(71), _mm512_lzcnt_epi64(words)), 3);
}

/* One bit for each byte of words of these lengths. */
VECTOR static uint64_t mask_of(__m512i lengths)
{
    __m512i one = _mm512_set1_epi64(1);
    __m128i mask = _mm512_cvtepi64_epi8(_mm512_sub_epi64(_mm512_sllv_epi64(one, lengths), one));
    return (uint64_t)_mm_cvtsi128_si64(mask);
}

/* The same without AVX-512. */
static void differences_portable(const uint8_t *page, uint32_t line, uint32_t distance, __m128i quarters[4])
{
    const uint8_t *from = page + (size_t)line * LINE_BYTES;
    bool has_before = line * 8 >= first_of(distance);
    for (unsigned i = 0; i < 4; i++) {
        __m128i words = line_quarter(from, i);
        if (has_before)
            words = _mm_sub_epi64(words, line_quarter(from - (size_t)distance * 8, i));
        __m128i sign = _mm_shuffle_epi32(_mm_srai_epi32(words, 31), 0xf5);
        quarters[i] = _mm_xor_si128(_mm_slli_epi64(words, 1), sign);
    }
}

/* ---- measuring ---- */

static void measure_portable(const uint8_t *page, struct delta *delta, uint32_t *bytes)
{
    for (uint32_t line = 0; line < LINES; line++) {
        __m128i by[4];
        differences_portable(page, line, delta->distance, by);
        uint64_t below = line_below(line_set(by));
        delta->words += line_total(below & LINE_ONES);
        *bytes += line_total(line_counts(below));
    }
}

VECTOR static void measure_avx512(const uint8_t *page, struct delta *delta, uint32_t *bytes)
{
    __m512i total = _mm512_setzero_si512();
    for (uint32_t line = 0; line < LINES; line++) {
        __m512i by = differences(page, line, delta->distance);
        delta->words += (uint32_t)__builtin_popcount(_mm512_test_epi64_mask(by, by));
        total = _mm512_add_epi64(total, lengths_of(by));
    }
    *bytes = (uint32_t)_mm512_reduce_add_epi64(total);
}

struct delta delta_measure(const void *page, bool vector)
{
    struct delta delta = {.distance = choose_distance(page, vector)};
    uint32_t bytes = 0;
    if (!delta.distance)
        return delta;
    if (vector)
        measure_avx512(page, &delta, &bytes);
    else
        measure_portable(page, &delta, &bytes);
    delta.length = NIBBLES + (delta.words + 1) / 2 + bytes;
    return delta;
}

/* ---- packing ---- */

/* Nibbles that are not written yet, the first in the lowest bits. */
struct nibbles {
    uint64_t kept;
    unsigned bits;
    uint8_t *at;
};

static void put_nibbles(struct nibbles *nibbles)
{
    if (nibbles->bits < 32)
        return;
    memcpy(nibbles->at, &nibbles->kept, 4);
    nibbles->at += 4;
    nibbles->kept >>= 32;
    nibbles->bits -= 32;
}

static void put_last_nibbles(struct nibbles *nibbles, const uint8_t *end)
{
    for (; nibbles->bits && nibbles->at < end; nibbles->bits -= nibbles->bits < 8 ? nibbles->bits : 8) {
        *nibbles->at++ = (uint8_t)nibbles->kept;
        nibbles->kept >>= 8;
    }
}

static void pack_portable(const uint8_t *page, struct delta delta, uint8_t *out)
{
    uint32_t at = NIBBLES + (delta.words + 1) / 2;
    const uint8_t *end = out + at;
    struct nibbles nibbles = {.at = out + NIBBLES};
    for (uint32_t line = 0; line < LINES; line++) {
        __m128i by[4];
        differences_portable(page, line, delta.distance, by);
        uint64_t below = line_below(line_set(by)), lengths = line_counts(below), left = lengths;
        out[MAP + line] = (uint8_t)((below & LINE_ONES) * 0x0102040810204080 >> 56);
        for (unsigned i = 0; i < LINE_WORDS; i++, left >>= 8) {
            nibbles.kept |= (left & 15) << nibbles.bits;
            nibbles.bits += left & 15 ? 4 : 0;
        }
        if (at + LINE_BYTES > MOST_BYTES || nibbles.at + nibbles.bits / 8 > end)
            return; /* written meanwhile */
        put_nibbles(&nibbles);
        line_put((const uint8_t *)by, lengths, out + at);
        at += line_total(lengths);
    }
    put_last_nibbles(&nibbles, end);
}

/* Lengths of the words of the mask, a nibble each, close together. */
VECTOR static uint64_t nibbles_of(__mmask8 mask, __m512i lengths)
{
    __m128i bytes = _mm512_cvtepi64_epi8(_mm512_maskz_compress_epi64(mask, lengths));
    return _pext_u64((uint64_t)_mm_cvtsi128_si64(bytes), 0x0f0f0f0f0f0f0f0f);
}

VECTOR static void pack_avx512(const uint8_t *page, struct delta delta, uint8_t *out)
{
    uint32_t at = NIBBLES + (delta.words + 1) / 2;
    const uint8_t *end = out + at;
    struct nibbles nibbles = {.at = out + NIBBLES};
    for (uint32_t line = 0; line < LINES; line++) {
        __m512i by = differences(page, line, delta.distance), lengths = lengths_of(by);
        __mmask8 set = _mm512_test_epi64_mask(by, by);
        uint64_t mask = mask_of(lengths);
        out[MAP + line] = set;
        nibbles.kept |= nibbles_of(set, lengths) << nibbles.bits;
        nibbles.bits += 4 * (unsigned)__builtin_popcount(set);
        if (at + 64 > MOST_BYTES || nibbles.at + nibbles.bits / 8 > end)
            return; /* written meanwhile */
        put_nibbles(&nibbles);
        _mm512_storeu_si512(out + at, _mm512_maskz_compress_epi8(mask, by));
        at += (uint32_t)__builtin_popcountll(mask);
    }
    put_last_nibbles(&nibbles, end);
}

void delta_pack(const void *page, struct delta delta, void *out, bool vector)
{
    *(uint8_t *)out = (uint8_t)delta.distance;
    if (vector)
        pack_avx512(page, delta, out);
    else
        pack_portable(page, delta, out);
}

/* ---- unpacking ---- */

/* Eight nibbles from the nibble `at` on; what lies behind the bytes reads as zero. */
static uint32_t nibbles_at(const uint8_t *in, uint32_t length, uint32_t at)
{
    uint64_t value = 0;
    if (at / 2 + 8 <= length)
        memcpy(&value, in + at / 2, 8);
    else
        memcpy(&value, in + at / 2, length - at / 2);
    return (uint32_t)(value >> at % 2 * 4);
}

static int unpack_portable(const uint8_t *in, uint32_t length, uint32_t at, uint8_t *page)
{
    uint32_t nibble = NIBBLES * 2, distance = in[0];
    for (uint32_t line = 0; line < LINES; line++) {
        uint64_t words[LINE_WORDS], lengths = 0;
        uint32_t set = in[MAP + line], few = nibbles_at(in, length, nibble);
        for (unsigned i = 0; i < LINE_WORDS; i++) {
            uint32_t is = set >> i & 1;
            lengths |= (uint64_t)(few & 15 & (0 - is)) << i * 8;
            few >>= is * 4;
            nibble += is;
        }
        if (((lengths + LINE_ONES * 0x77) & LINE_ONES * 0x80) || !line_get_within(in, length, at, lengths, words))
            return -EIO;
        at += line_total(lengths);
        for (uint32_t i = 0; i < LINE_WORDS; i++) {
            uint64_t word = add_back(words[i], before_of(page, line * 8 + i, distance));
            memcpy(page + ((size_t)line * 8 + i) * 8, &word, 8);
        }
    }
    return at == length ? 0 : -EIO;
}

/* The eight words `distance` before a line. Two whole lines are read, as they were written: a read across both would
 * wait for them to reach the cache. */
VECTOR static __m512i before_line(const uint8_t *line, uint32_t distance)
{
    const uint8_t *later = line - (size_t)(distance / 8) * 64;
    __m512i words = _mm512_loadu_si512(later);
    if (distance % 8 == 0)
        return words;
    __m512i from = _mm512_add_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi64(8 - distance % 8));
    return _mm512_permutex2var_epi64(_mm512_loadu_si512(later - 64), from, words);
}

VECTOR static int unpack_avx512(const uint8_t *in, uint32_t length, uint32_t at, uint8_t *page)
{
    uint32_t nibble = NIBBLES * 2, distance = in[0], first = first_of(distance);
    __mmask8 bad = 0;
    for (uint32_t line = 0; line < LINES; line++) {
        __mmask8 set = in[MAP + line];
        uint64_t few = _pdep_u64(nibbles_at(in, length, nibble), 0x0f0f0f0f0f0f0f0f);
        __m512i lengths = _mm512_maskz_expand_epi64(set, _mm512_cvtepu8_epi64(_mm_cvtsi64_si128((long long)few)));
        bad |= _mm512_cmpgt_epu64_mask(lengths, _mm512_set1_epi64(8));
        uint64_t mask = mask_of(lengths);
        uint32_t count = (uint32_t)__builtin_popcountll(mask);
        if (at + count > length)
            return -EIO;
        uint64_t have = count == 64 ? ~(uint64_t)0 : ((uint64_t)1 << count) - 1;
        __m512i by = _mm512_maskz_expand_epi8(mask, _mm512_maskz_loadu_epi8(have, in + at));
        __m512i sign = _mm512_sub_epi64(_mm512_setzero_si512(), _mm512_and_si512(by, _mm512_set1_epi64(1)));
        by = _mm512_xor_si512(_mm512_srli_epi64(by, 1), sign);
        if (line * 8 >= first)
            by = _mm512_add_epi64(by, before_line(page + line * 64, distance));
        _mm512_storeu_si512(page + line * 64, by);
        nibble += (uint32_t)__builtin_popcount(set);
        at += count;
    }
    return at == length && !bad ? 0 : -EIO;
}

int delta_unpack(const void *bytes, uint32_t length, void *page, bool vector)
{
    const uint8_t *in = bytes;
    uint32_t words = 0;
    if (length < NIBBLES || in[0] < DISTANCE_LEAST || in[0] > DISTANCE_MOST)
        return -EIO;
    for (uint32_t i = 0; i < WORDS / 8; i++)
        words += (uint32_t)__builtin_popcount(in[MAP + i]);
    uint32_t at = NIBBLES + (words + 1) / 2;
    if (at > length)
        return -EIO;
    return vector ? unpack_avx512(in, length, at, page) : unpack_portable(in, length, at, page);
}
