/* codec.c: zero-byte suppression and short words (portable and AVX-512), LZ4, hashes. Pure, but for what entropy.c
 * learns; never allocates. */
#include "pager/codec.h"

#include <errno.h>
#include <immintrin.h>
#include <lz4.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "host/features.h"
#include "pager/delta.h"
#include "pager/entropy.h"
#include "pager/lines.h"
#include "pager/matches.h"
#include "pager/sequences.h"
#include "pager/words.h"

#define PAGE 4096u
#define MAP_BYTES (PAGE / 8) /* one bit a byte: set, the byte is there */
#define WORDS_MAP WORDS_HEAD /* of the words' encoding: base and nibbles */
#define WORTH (PAGE * 7 / 8) /* longer than this, the page may as well stay as it is */
#define TWICE_AREA 16896u    /* of the workspace: behind LZ4's own */

_Static_assert(SEQUENCES_SPACE <= TWICE_AREA && WORDS_SPACE <= TWICE_AREA, "where LZ4 worked there is room");
_Static_assert(SEQUENCES_PARTS <= ENTROPY_PARTS && WORDS_PARTS <= ENTROPY_PARTS, "each part has tables");
_Static_assert(TWICE_AREA + ENTROPY_BOUND <= CODEC_WORKSPACE && WORTH <= ENTROPY_MOST, "the workspace holds it");
#define MATCHES_AREA ((SEQUENCES_SPACE + 15) & ~15u) /* what is found there is done with before anything is packed */
_Static_assert(MATCHES_AREA + MATCHES_SPACE <= CODEC_WORKSPACE, "behind the sequences there is room");

#define VECTOR __attribute__((target("avx512bw,avx512vbmi2,avx512cd,bmi2,popcnt")))

static struct {
    uint64_t seed;
    int vector; /* 0 not asked yet, 1 portable, 2 AVX-512 */
} codec_state;

bool codec_is_zero(const void *page)
{
    const uint64_t *words = page;
    for (unsigned i = 0; i < PAGE / 8; i += 8) {
        if (words[i] | words[i + 1] | words[i + 2] | words[i + 3] | words[i + 4] | words[i + 5] | words[i + 6] |
            words[i + 7])
            return false;
    }
    return true;
}

static bool has_avx512(void)
{
    if (codec_state.vector == 0) {
        codec_state.vector = host_has(HOST_AVX512_PACK) ? 2 : 1;
    }
    return codec_state.vector == 2;
}

const char *codec_vector_name(void)
{
    return has_avx512() ? "avx512" : "portable";
}

void codec_force_portable(bool portable)
{
    codec_state.vector = portable ? 1 : 0;
}

static void load_line(const uint8_t *line, __m128i quarters[4])
{
    for (unsigned i = 0; i < 4; i++)
        quarters[i] = line_quarter(line, i);
}

static uint64_t set_of(const uint8_t *line)
{
    __m128i quarters[4];
    load_line(line, quarters);
    return line_set(quarters);
}

static uint32_t squeeze_portable(const uint8_t *page, uint8_t *out)
{
    uint32_t length = MAP_BYTES;
    for (unsigned line = 0; line < PAGE / 64; line++) {
        uint64_t mask = set_of(page + line * 64);
        memcpy(out + line * 8, &mask, 8);
        if (length + 64 > CODEC_BOUND)
            return PAGE;
        for (uint64_t left = mask; left; left &= left - 1)
            out[length++] = page[line * 64 + (unsigned)__builtin_ctzll(left)];
    }
    return length;
}

VECTOR static uint32_t squeeze_avx512(const uint8_t *page, uint8_t *out)
{
    uint32_t length = MAP_BYTES;
    for (unsigned line = 0; line < PAGE / 64; line++) {
        __m512i bytes = _mm512_loadu_si512(page + line * 64);
        uint64_t mask = _mm512_test_epi8_mask(bytes, bytes);
        memcpy(out + line * 8, &mask, 8);
        if (length + 64 > CODEC_BOUND)
            return PAGE;
        _mm512_storeu_si512(out + length, _mm512_maskz_compress_epi8(mask, bytes));
        length += (uint32_t)__builtin_popcountll(mask);
    }
    return length;
}

static int spread_portable(const uint8_t *in, uint32_t length, uint8_t *page)
{
    uint32_t at = MAP_BYTES;
    for (unsigned line = 0; line < PAGE / 64; line++) {
        uint64_t mask;
        memcpy(&mask, in + line * 8, 8);
        if (at + (uint32_t)__builtin_popcountll(mask) > length)
            return -EIO;
        memset(page + line * 64, 0, 64);
        for (uint64_t left = mask; left; left &= left - 1)
            page[line * 64 + (unsigned)__builtin_ctzll(left)] = in[at++];
    }
    return at == length ? 0 : -EIO;
}

VECTOR static int spread_avx512(const uint8_t *in, uint32_t length, uint8_t *page)
{
    uint32_t at = MAP_BYTES;
    for (unsigned line = 0; line < PAGE / 64; line++) {
        uint64_t mask;
        memcpy(&mask, in + line * 8, 8);
        uint32_t count = (uint32_t)__builtin_popcountll(mask);
        if (at + count > length)
            return -EIO;
        uint64_t have = count == 64 ? ~(uint64_t)0 : ((uint64_t)1 << count) - 1;
        __m512i bytes = _mm512_maskz_loadu_epi8(have, in + at);
        _mm512_storeu_si512(page + line * 64, _mm512_maskz_expand_epi8(mask, bytes));
        at += count;
    }
    return at == length ? 0 : -EIO;
}

/* ---- words: base (4 bytes), a nibble for each of 512 words, then the bytes of the words that are not zero.
 * Nibble 0..8: the word is that many low bytes. 9..13: so many less nine, and its high half is the base, as that of
 * most pointers of a heap is. ---- */

/* The high half that most sampled words with one have; 0: none. */
static uint32_t common_high(const uint8_t *page)
{
    uint32_t base = 0, votes = 0;
    for (unsigned i = 0; i < PAGE / 64; i++) {
        uint32_t high;
        memcpy(&high, page + i * 64 + i % 8 * 8 + 4, 4);
        if (!high)
            continue;
        if (!votes)
            base = high;
        votes += high == base ? 1u : -1u;
    }
    return base;
}

/* Lengths of both encodings. */
static void measure_portable(const uint8_t *page, uint32_t base, uint32_t *bytes, uint32_t *words)
{
    *bytes = MAP_BYTES;
    *words = WORDS_MAP;
    for (unsigned i = 0; i < PAGE; i += LINE_BYTES) {
        __m128i quarters[4];
        load_line(page + i, quarters);
        uint64_t set = line_set(quarters);
        *bytes += line_total(line_counts(set));
        *words += line_total(line_counts(line_below(set & ~line_high(quarters, base))));
    }
}

/* Words without the base, which are those of *is. */
VECTOR static __m512i without_base(__m512i words, __m512i base, __mmask8 *is)
{
    *is = _mm512_cmpeq_epi64_mask(_mm512_srli_epi64(words, 32), base);
    *is &= _mm512_test_epi64_mask(base, base);
    return _mm512_mask_and_epi64(words, *is, words, _mm512_set1_epi64(0xffffffff));
}

VECTOR static __m512i lengths_of(__m512i words)
{
    return _mm512_srli_epi64(_mm512_sub_epi64(_mm512_set1_epi64(71), _mm512_lzcnt_epi64(words)), 3);
}

/* One bit for each byte of the words of these lengths. */
VECTOR static uint64_t mask_of(__m512i lengths)
{
    __m512i one = _mm512_set1_epi64(1);
    __m128i mask = _mm512_cvtepi64_epi8(_mm512_sub_epi64(_mm512_sllv_epi64(one, lengths), one));
    return (uint64_t)_mm_cvtsi128_si64(mask);
}

VECTOR static void measure_avx512(const uint8_t *page, uint32_t base, uint32_t *bytes, uint32_t *words)
{
    __m512i high = _mm512_set1_epi64(base), total = _mm512_setzero_si512();
    uint32_t set = MAP_BYTES;
    for (unsigned i = 0; i < PAGE; i += 64) {
        __mmask8 is;
        __m512i line = _mm512_loadu_si512(page + i);
        set += (uint32_t)__builtin_popcountll(_mm512_test_epi8_mask(line, line));
        total = _mm512_add_epi64(total, lengths_of(without_base(line, high, &is)));
    }
    *bytes = set;
    *words = WORDS_MAP + (uint32_t)_mm512_reduce_add_epi64(total);
}

static void shorten_portable(const uint8_t *page, uint32_t base, uint8_t *out)
{
    uint32_t at = WORDS_MAP;
    memcpy(out, &base, 4);
    for (unsigned line = 0; line < PAGE / LINE_BYTES; line++) {
        __m128i quarters[4];
        load_line(page + line * LINE_BYTES, quarters);
        uint64_t high = line_high(quarters, base);
        uint64_t lengths = line_counts(line_below(line_set(quarters) & ~high));
        uint32_t nibbles = line_nibbles(lengths + (high >> 4 & LINE_ONES) * 9);
        memcpy(out + 4 + line * 4, &nibbles, 4);
        if (at + LINE_BYTES > CODEC_BOUND)
            return; /* written meanwhile */
        line_put(page + line * LINE_BYTES, lengths, out + at);
        at += line_total(lengths);
    }
}

VECTOR static void shorten_avx512(const uint8_t *page, uint32_t base, uint8_t *out)
{
    __m512i high = _mm512_set1_epi64(base);
    uint32_t at = WORDS_MAP;
    memcpy(out, &base, 4);
    for (unsigned line = 0; line < PAGE / 64; line++) {
        __mmask8 is;
        __m512i words = without_base(_mm512_loadu_si512(page + line * 64), high, &is);
        __m512i lengths = lengths_of(words);
        __m512i codes = _mm512_mask_add_epi64(lengths, is, lengths, _mm512_set1_epi64(9));
        uint64_t mask = mask_of(lengths);
        uint32_t nibbles =
            (uint32_t)_pext_u64((uint64_t)_mm_cvtsi128_si64(_mm512_cvtepi64_epi8(codes)), 0x0f0f0f0f0f0f0f0f);
        memcpy(out + 4 + line * 4, &nibbles, 4);
        if (at + 64 > CODEC_BOUND)
            return; /* written meanwhile */
        _mm512_storeu_si512(out + at, _mm512_maskz_compress_epi8(mask, words));
        at += (uint32_t)__builtin_popcountll(mask);
    }
}

static int lengthen_portable(const uint8_t *in, uint32_t length, uint8_t *page)
{
    uint32_t base, at = WORDS_MAP;
    uint64_t bad = 0;
    memcpy(&base, in, 4);
    for (unsigned line = 0; line < PAGE / LINE_BYTES; line++) {
        uint32_t nibbles;
        uint64_t words[LINE_WORDS];
        memcpy(&nibbles, in + 4 + line * 4, 4);
        uint64_t codes = line_bytes(nibbles), based = (codes + LINE_ONES * 0x77) >> 7 & LINE_ONES;
        uint64_t lengths = codes - based * 9;
        bad |= (codes + LINE_ONES * 0x72) & LINE_ONES * 0x80;
        if (!line_get_within(in, length, at, lengths, words))
            return -EIO;
        at += line_total(lengths);
        for (unsigned i = 0; i < LINE_WORDS; i++, based >>= 8)
            words[i] |= (uint64_t)(base & (0 - ((uint32_t)based & 1))) << 32;
        memcpy(page + line * LINE_BYTES, words, LINE_BYTES);
    }
    return at == length && !bad ? 0 : -EIO;
}

VECTOR static int lengthen_avx512(const uint8_t *in, uint32_t length, uint8_t *page)
{
    uint32_t base, at = WORDS_MAP;
    memcpy(&base, in, 4);
    const __m512i nine = _mm512_set1_epi64(9), high = _mm512_slli_epi64(_mm512_set1_epi64(base), 32);
    __mmask8 bad = 0;
    for (unsigned line = 0; line < PAGE / 64; line++) {
        uint32_t nibbles;
        memcpy(&nibbles, in + 4 + line * 4, 4);
        __m512i codes = _mm512_cvtepu8_epi64(_mm_cvtsi64_si128((long long)_pdep_u64(nibbles, 0x0f0f0f0f0f0f0f0f)));
        __mmask8 is = _mm512_cmpge_epu64_mask(codes, nine);
        bad |= _mm512_cmpgt_epu64_mask(codes, _mm512_set1_epi64(13));
        uint64_t mask = mask_of(_mm512_mask_sub_epi64(codes, is, codes, nine));
        uint32_t count = (uint32_t)__builtin_popcountll(mask);
        if (at + count > length)
            return -EIO;
        uint64_t have = count == 64 ? ~(uint64_t)0 : ((uint64_t)1 << count) - 1;
        __m512i words = _mm512_maskz_expand_epi8(mask, _mm512_maskz_loadu_epi8(have, in + at));
        _mm512_storeu_si512(page + line * 64, _mm512_mask_or_epi64(words, is, words, high));
        at += count;
    }
    return at == length && !bad ? 0 : -EIO;
}

static uint32_t squeeze(const void *page, void *out)
{
    return has_avx512() ? squeeze_avx512(page, out) : squeeze_portable(page, out);
}

/* The best of the three that take away zero bytes, if it is shorter than `most`. A page that is written meanwhile may
 * come out as anything. */
static struct codec_result without_zeros(const void *page, void *out, uint32_t most)
{
    uint32_t bytes, words, base = common_high(page);
    if (has_avx512())
        measure_avx512(page, base, &bytes, &words);
    else
        measure_portable(page, base, &bytes, &words);
    struct delta delta = delta_measure(page, has_avx512());
    if (delta.distance && delta.length < most && delta.length < words && delta.length < bytes) {
        delta_pack(page, delta, out, has_avx512());
        return (struct codec_result){.codec = CODEC_DELTA, .length = delta.length};
    }
    if (words >= most && bytes >= most)
        return (struct codec_result){.codec = CODEC_RAW, .length = PAGE};
    if (bytes < words)
        return (struct codec_result){.codec = CODEC_ZERO_BYTES, .length = squeeze(page, out)};
    if (has_avx512())
        shorten_avx512(page, base, out);
    else
        shorten_portable(page, base, out);
    return (struct codec_result){.codec = CODEC_WORDS, .length = words};
}

/* What repeats in the page, put into codes. False: LZ4 is not to be asked either. */
static bool find_matches(struct codec_result *result, const void *page, void *out, void *workspace)
{
    struct entropy_part parts[ENTROPY_PARTS];
    uint8_t *shorter = (uint8_t *)workspace + TWICE_AREA;
    uint32_t left = 0;
    if (!matches_find(page, PAGE, (uint8_t *)workspace + MATCHES_AREA, workspace, parts))
        return false;
    for (unsigned i = 0; i < SEQUENCES_PARTS; i++)
        left += parts[i].length;
    uint32_t packed = left < WORTH ? entropy_pack(CODEC_LZ4 | ENTROPY_DENSE, parts, SEQUENCES_PARTS, shorter) : 0;
    if (packed) {
        memcpy(out, shorter, packed);
        result->codec = CODEC_LZ4 | CODEC_CODED;
        result->length = packed;
    }
    return left < WORTH;
}

/* What is left without zero bytes, by LZ4, if that saves another eighth: objects of one kind leave much alike. */
static void again(struct codec_result *result, void *out, void *workspace)
{
    uint8_t *shorter = (uint8_t *)workspace + TWICE_AREA;
    int packed = LZ4_compress_fast_extState(workspace, out, (char *)shorter, (int)result->length,
                                            (int)(result->length * 7 / 8), 1);
    result->tried_twice = true;
    if (packed <= 0)
        return;
    memcpy(out, shorter, (size_t)packed);
    result->codec = result->codec == CODEC_WORDS   ? CODEC_WORDS_LZ4
                    : result->codec == CODEC_DELTA ? CODEC_DELTA_LZ4
                                                   : CODEC_ZERO_BYTES_LZ4;
    result->packed_twice = true;
    result->length = (uint32_t)packed;
}

static bool is_lz4(enum codec codec)
{
    return codec == CODEC_LZ4 || codec == CODEC_ZERO_BYTES_LZ4 || codec == CODEC_WORDS_LZ4 || codec == CODEC_DELTA_LZ4;
}

/* What is left is not spread evenly over the values of a byte: over those of lengths, distances and literals each in
 * its own way. */
static void code(struct codec_result *result, void *out, void *workspace, bool dense)
{
    uint8_t *shorter = (uint8_t *)workspace + TWICE_AREA;
    struct entropy_part parts[ENTROPY_PARTS] = {{out, result->length}};
    enum codec coded = result->codec | CODEC_CODED;
    unsigned count = 1;
    if (is_lz4(result->codec)) {
        if (!sequences_split(out, result->length, workspace, parts))
            return;
        count = SEQUENCES_PARTS;
    } else if (result->codec == CODEC_WORDS && dense) {
        words_split(out, result->length, workspace, parts);
        coded = CODEC_WORDS_SPLIT;
        count = WORDS_PARTS;
    }
    uint32_t length = entropy_pack(coded - CODEC_CODED, parts, count, shorter);
    if (!length)
        return;
    memcpy(out, shorter, length);
    result->codec = coded;
    result->length = length;
}

static struct codec_result pack_whole(const void *page, void *out, void *workspace, bool dense)
{
    struct codec_result result = {.codec = CODEC_RAW, .length = PAGE, .tried_lz4 = true};
    bool worth = !dense || find_matches(&result, page, out, workspace);
    if (result.codec != CODEC_RAW)
        return result;
    int packed = worth ? LZ4_compress_fast_extState(workspace, page, out, PAGE, (int)WORTH, 1) : 0;
    if (packed > 0) {
        result.codec = CODEC_LZ4;
        result.length = (uint32_t)packed;
    } else {
        result.unpackable = true;
        memcpy(out, page, PAGE);
    }
    return result;
}

struct codec_result codec_pack(const void *page, void *out, void *workspace, unsigned how)
{
    struct codec_result result = without_zeros(page, out, WORTH);
    bool dense = how & CODEC_DENSE;
    if (result.codec != CODEC_RAW) {
        if (how & CODEC_TWICE)
            again(&result, out, workspace);
    } else if (how & CODEC_NO_LZ4) {
        result.unpackable = true;
        memcpy(out, page, PAGE);
    } else {
        result = pack_whole(page, out, workspace, dense);
    }
    if (result.codec != CODEC_RAW && !(result.codec & CODEC_CODED) && (how & (CODEC_CODES | CODEC_DENSE)))
        code(&result, out, workspace, dense);
    return result;
}

uint32_t codec_encode(const void *page, void *out, void *workspace, enum codec *used)
{
    struct codec_result result = codec_pack(page, out, workspace, CODEC_TWICE | CODEC_CODES);
    *used = result.codec;
    return result.length;
}

/* What LZ4 was given. */
static enum codec before_lz4(enum codec codec)
{
    return codec == CODEC_ZERO_BYTES_LZ4 ? CODEC_ZERO_BYTES
           : codec == CODEC_WORDS_LZ4    ? CODEC_WORDS
           : codec == CODEC_DELTA_LZ4    ? CODEC_DELTA
                                         : CODEC_RAW;
}

static int decode_twice(enum codec codec, const void *bytes, uint32_t length, void *page)
{
    uint8_t shorter[WORTH];
    int unpacked = LZ4_decompress_safe(bytes, (char *)shorter, (int)length, (int)sizeof(shorter));
    return unpacked < 0 ? -EIO : codec_decode(before_lz4(codec), shorter, (uint32_t)unpacked, page);
}

static int decode_coded(enum codec codec, const void *bytes, uint32_t length, void *page)
{
    uint8_t longer[ENTROPY_MOST + SEQUENCES_BEYOND], shorter[WORTH];
    struct entropy_part parts[ENTROPY_PARTS];
    bool lz4 = is_lz4(codec), split = codec == CODEC_RAW;
    unsigned count = lz4 ? SEQUENCES_PARTS : split ? WORDS_PARTS : 1;
    int unpacked = entropy_unpack(codec, bytes, length, longer, ENTROPY_MOST, parts, count);
    if (unpacked < 0)
        return -EIO;
    if (split)
        return words_join(parts, page);
    if (!lz4)
        return codec_decode(codec, longer, (uint32_t)unpacked, page);
    if (codec == CODEC_LZ4)
        return sequences_join(parts, page, PAGE) == PAGE ? 0 : -EIO;
    int joined = sequences_join(parts, shorter, sizeof(shorter));
    return joined < 0 ? -EIO : codec_decode(before_lz4(codec), shorter, (uint32_t)joined, page);
}

int codec_decode(enum codec codec, const void *bytes, uint32_t length, void *page)
{
    if (codec & CODEC_CODED)
        return decode_coded(codec - CODEC_CODED, bytes, length, page);
    switch (codec) {
    case CODEC_RAW:
        if (length != PAGE)
            return -EIO;
        memcpy(page, bytes, PAGE);
        return 0;
    case CODEC_ZERO_BYTES:
        if (length < MAP_BYTES)
            return -EIO;
        return has_avx512() ? spread_avx512(bytes, length, page) : spread_portable(bytes, length, page);
    case CODEC_WORDS:
        if (length < WORDS_MAP)
            return -EIO;
        return has_avx512() ? lengthen_avx512(bytes, length, page) : lengthen_portable(bytes, length, page);
    case CODEC_LZ4:
        return LZ4_decompress_safe(bytes, page, (int)length, PAGE) == PAGE ? 0 : -EIO;
    case CODEC_ZERO_BYTES_LZ4:
    case CODEC_WORDS_LZ4:
    case CODEC_DELTA_LZ4:
        return decode_twice(codec, bytes, length, page);
    case CODEC_DELTA:
        return delta_unpack(bytes, length, page, has_avx512());
    default:
        return -EIO;
    }
}

void codec_seed(uint64_t seed)
{
    codec_state.seed = seed;
}

void codec_warm(void)
{
    static _Alignas(16) uint8_t workspace[CODEC_WORKSPACE], page[4096], out[CODEC_BOUND], back[4096];
    static const char text[] = "what compresses well but has no zero bytes: 0123456789 ";
    for (unsigned kind = 0; kind < 5; kind++) {
        uint32_t state = 1;
        for (unsigned i = 0; i < sizeof(page); i++) {
            state = state * 1664525u + 1013904223u;
            uint8_t noise = (uint8_t)(state >> 24);
            page[i] = kind == 0   ? (uint8_t)text[i % sizeof(text)]
                      : kind == 1 ? noise
                      : kind == 2 ? (i % 8 ? 0 : noise)
                      : kind == 3 ? (i % 8 == 7 ? noise : 0)
                                  : (uint8_t)(noise % 5 + 1);
        }
        enum codec codec;
        uint32_t length = codec_encode(page, out, workspace, &codec);
        (void)codec_decode(codec, out, length, back);
        (void)codec_pack(page, out, workspace, CODEC_TWICE | CODEC_DENSE);
    }
}

void codec_hash(const void *bytes, size_t length, uint64_t hash[2])
{
    XXH128_hash_t value = XXH3_128bits_withSeed(bytes, length, codec_state.seed);
    hash[0] = value.low64;
    hash[1] = value.high64;
}
