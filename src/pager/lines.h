/* lines.h: eight words of a page at a time without vector registers of more than SSE2, which every x86-64 has: what
 * codec.c and delta.c do where there is no AVX-512. A mask has a bit for each byte of the eight words, so a byte of it
 * for each word; lengths and the like are eight bytes in one number. Pure; calls nothing. */
#ifndef WINMEM_PAGER_LINES_H
#define WINMEM_PAGER_LINES_H

#include <emmintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define LINE_BYTES 64u
#define LINE_WORDS 8u
#define LINE_ONES 0x0101010101010101u /* one in each byte */

static inline __m128i line_quarter(const uint8_t *line, unsigned i)
{
    return _mm_loadu_si128((const __m128i *)(const void *)(line + (size_t)i * 16));
}

/* One bit for each byte that is not zero. */
static inline uint64_t line_set(const __m128i quarters[4])
{
    uint64_t zero = 0;
    for (unsigned i = 0; i < 4; i++)
        zero |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(quarters[i], _mm_setzero_si128())) << i * 16;
    return ~zero;
}

/* The four bits of the high halves that are `high`, which is not 0. */
static inline uint64_t line_high(const __m128i quarters[4], uint32_t high)
{
    uint64_t same = 0;
    __m128i all = _mm_set1_epi32((int)high);
    for (unsigned i = 0; i < 4; i++)
        same |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi32(quarters[i], all)) << i * 16;
    return high ? same & LINE_ONES * 0xf0 : 0;
}

/* Of the highest bit in each byte and all below it. */
static inline uint64_t line_below(uint64_t mask)
{
    mask |= mask >> 1 & LINE_ONES * 0x7f;
    mask |= mask >> 2 & LINE_ONES * 0x3f;
    return mask | (mask >> 4 & LINE_ONES * 0x0f);
}

/* Bits in each byte. */
static inline uint64_t line_counts(uint64_t mask)
{
    mask -= mask >> 1 & LINE_ONES * 0x55;
    mask = (mask & LINE_ONES * 0x33) + (mask >> 2 & LINE_ONES * 0x33);
    return (mask + (mask >> 4)) & LINE_ONES * 0x0f;
}

/* Each byte with those before it; the last one is the sum of all. Not above 255. */
static inline uint64_t line_sums(uint64_t bytes)
{
    return bytes * LINE_ONES;
}
static inline uint32_t line_total(uint64_t bytes)
{
    return (uint32_t)(line_sums(bytes) >> 56);
}

/* Bytes below 16 to nibbles, and back. */
static inline uint32_t line_nibbles(uint64_t bytes)
{
    bytes = (bytes | bytes >> 4) & 0x00ff00ff00ff00ff;
    bytes = (bytes | bytes >> 8) & 0x0000ffff0000ffff;
    return (uint32_t)(bytes | bytes >> 16);
}
static inline uint64_t line_bytes(uint32_t nibbles)
{
    uint64_t bytes = (nibbles | (uint64_t)nibbles << 16) & 0x0000ffff0000ffff;
    bytes = (bytes | bytes << 8) & 0x00ff00ff00ff00ff;
    return (bytes | bytes << 4) & LINE_ONES * 0x0f;
}

/* The low bytes of eight words, as many of each as `lengths` tells, one after another; up to seven more are written
 * behind them. */
static inline void line_put(const uint8_t *words, uint64_t lengths, uint8_t *out)
{
    uint64_t ends = line_sums(lengths) << 8;
    for (unsigned i = 0; i < LINE_WORDS; i++, ends >>= 8)
        memcpy(out + (ends & 255), words + (size_t)i * 8, 8);
}

/* What line_put wrote; what lies up to seven bytes behind it is read. */
static inline void line_get(const uint8_t *in, uint64_t lengths, uint64_t words[LINE_WORDS])
{
    uint64_t ends = line_sums(lengths) << 8;
    for (unsigned i = 0; i < LINE_WORDS; i++, ends >>= 8, lengths >>= 8) {
        unsigned length = (unsigned)lengths & 15;
        memcpy(&words[i], in + (ends & 255), 8);
        words[i] &= (length ? ~(uint64_t)0 : 0) >> ((64 - 8 * length) & 63);
    }
}

/* The same from `at` on in `length` bytes. False: they end before. Nothing behind them is read. */
static inline bool line_get_within(const uint8_t *in, uint32_t length, uint32_t at, uint64_t lengths,
                                   uint64_t words[LINE_WORDS])
{
    uint8_t rest[2 * LINE_BYTES] = {0};
    uint32_t total = line_total(lengths);
    if (__builtin_expect(at + total + 8 <= length, 1)) {
        line_get(in + at, lengths, words);
        return true;
    }
    if (at + total > length)
        return false;
    memcpy(rest, in + at, total);
    line_get(rest, lengths, words);
    return true;
}

#endif
