/* delta.c: see delta.h. The encoding: the distance (a byte); a bit for each of 512 words: its difference is not zero;
 * of those that are not the length in bytes, a nibble each; their bytes. A difference is negative as often as not: its
 * sign goes to the lowest bit. Words of the first lines, which have none before them, are their own difference. */
#include "pager/delta.h"

#include <errno.h>
#include <immintrin.h>
#include <stddef.h>
#include <string.h>

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

static uint64_t difference(uint64_t word, uint64_t before)
{
    uint64_t by = word - before;
    return by << 1 ^ (by >> 63 ? ~(uint64_t)0 : 0);
}

static uint64_t add_back(uint64_t difference, uint64_t before)
{
    return (difference >> 1 ^ (difference & 1 ? ~(uint64_t)0 : 0)) + before;
}

static unsigned bytes_of(uint64_t word)
{
    return word ? (71 - (unsigned)__builtin_clzll(word)) / 8 : 0;
}

static uint64_t before_of(const uint8_t *page, uint32_t index, uint32_t distance)
{
    return index >= first_of(distance) ? word_at(page, index - distance) : 0;
}

/* ---- which distance ---- */

static uint32_t alike_portable(const uint8_t *page, uint32_t distance)
{
    uint32_t count = 0;
    for (uint32_t line = DISTANCE_MOST / 8; line < LINES; line += SAMPLE_EACH) {
        for (uint32_t i = line * 8; i < line * 8 + 8; i++) {
            uint64_t word = word_at(page, i);
            count += word != 0 && word == word_at(page, i - distance);
        }
    }
    return count;
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

/* ---- measuring ---- */

static void measure_portable(const uint8_t *page, struct delta *delta, uint32_t *bytes)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        uint64_t by = difference(word_at(page, i), before_of(page, i, delta->distance));
        delta->words += by != 0;
        *bytes += bytes_of(by);
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

static void pack_portable(const uint8_t *page, struct delta delta, uint8_t *out)
{
    uint32_t nibble = NIBBLES * 2, at = NIBBLES + (delta.words + 1) / 2, end = at * 2;
    memset(out + MAP, 0, at - MAP);
    for (uint32_t i = 0; i < WORDS; i++) {
        uint64_t by = difference(word_at(page, i), before_of(page, i, delta.distance));
        unsigned length = bytes_of(by);
        if (!length)
            continue;
        if (nibble == end || at + 8 > MOST_BYTES)
            return; /* written meanwhile */
        out[MAP + i / 8] |= (uint8_t)(1u << i % 8);
        out[nibble / 2] |= (uint8_t)(length << nibble % 2 * 4);
        memcpy(out + at, &by, 8);
        nibble++;
        at += length;
    }
}

/* Lengths of the words of the mask, a nibble each, close together. */
VECTOR static uint64_t nibbles_of(__mmask8 mask, __m512i lengths)
{
    __m128i bytes = _mm512_cvtepi64_epi8(_mm512_maskz_compress_epi64(mask, lengths));
    return _pext_u64((uint64_t)_mm_cvtsi128_si64(bytes), 0x0f0f0f0f0f0f0f0f);
}

VECTOR static void pack_avx512(const uint8_t *page, struct delta delta, uint8_t *out)
{
    uint32_t nibble = NIBBLES, at = NIBBLES + (delta.words + 1) / 2, end = at;
    uint64_t kept = 0;
    unsigned bits = 0;
    for (uint32_t line = 0; line < LINES; line++) {
        __m512i by = differences(page, line, delta.distance), lengths = lengths_of(by);
        __mmask8 set = _mm512_test_epi64_mask(by, by);
        uint64_t mask = mask_of(lengths);
        out[MAP + line] = set;
        kept |= nibbles_of(set, lengths) << bits;
        bits += 4 * (unsigned)__builtin_popcount(set);
        if (at + 64 > MOST_BYTES || nibble + bits / 8 > end)
            return; /* written meanwhile */
        if (bits >= 32) {
            memcpy(out + nibble, &kept, 4);
            nibble += 4;
            kept >>= 32;
            bits -= 32;
        }
        _mm512_storeu_si512(out + at, _mm512_maskz_compress_epi8(mask, by));
        at += (uint32_t)__builtin_popcountll(mask);
    }
    for (; bits && nibble < end; bits -= bits < 8 ? bits : 8, kept >>= 8)
        out[nibble++] = (uint8_t)kept;
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

static int unpack_portable(const uint8_t *in, uint32_t length, uint32_t at, uint8_t *page)
{
    uint32_t nibble = NIBBLES * 2, distance = in[0];
    for (uint32_t i = 0; i < WORDS; i++) {
        uint64_t by = 0;
        if (in[MAP + i / 8] >> i % 8 & 1) {
            unsigned bytes = in[nibble / 2] >> nibble % 2 * 4 & 15;
            nibble++;
            if (bytes > 8 || at + bytes > length)
                return -EIO;
            memcpy(&by, in + at, bytes);
            at += bytes;
        }
        by = add_back(by, before_of(page, i, distance));
        memcpy(page + (size_t)i * 8, &by, 8);
    }
    return at == length ? 0 : -EIO;
}

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
