/* codec.c: zero-byte suppression (portable and AVX-512), LZ4, hashes. Pure; never allocates. */
#include "pager/codec.h"

#include <errno.h>
#include <immintrin.h>
#include <lz4.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define PAGE 4096u
#define MAP_BYTES (PAGE / 8)       /* one bit a byte: set, the byte is there */
#define ZERO_BYTES_GOOD (PAGE / 2) /* shorter than this, LZ4 is not tried */

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
        __builtin_cpu_init();
        bool yes = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
        codec_state.vector = yes ? 2 : 1;
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

/* Non-zero bytes of a 64-byte line as a mask. */
static uint64_t line_mask(const uint8_t *line)
{
    uint64_t mask = 0;
    for (unsigned word = 0; word < 8; word++) {
        uint64_t bytes;
        memcpy(&bytes, line + word * 8, 8);
        uint64_t low = bytes & 0x7f7f7f7f7f7f7f7f;
        uint64_t set = ((low + 0x7f7f7f7f7f7f7f7f) | bytes) & 0x8080808080808080; /* 0x80 for each non-zero byte */
        mask |= ((set >> 7) * 0x0102040810204080 >> 56) << (word * 8);
    }
    return mask;
}

static uint32_t squeeze_portable(const uint8_t *page, uint8_t *out, uint32_t limit)
{
    uint32_t length = MAP_BYTES;
    for (unsigned line = 0; line < PAGE / 64; line++) {
        uint64_t mask = line_mask(page + line * 64);
        memcpy(out + line * 8, &mask, 8);
        if (length + 64 > limit)
            return PAGE;
        for (uint64_t left = mask; left; left &= left - 1)
            out[length++] = page[line * 64 + (unsigned)__builtin_ctzll(left)];
    }
    return length;
}

__attribute__((target("avx512bw,avx512vbmi2"))) static uint32_t squeeze_avx512(const uint8_t *page, uint8_t *out,
                                                                               uint32_t limit)
{
    uint32_t length = MAP_BYTES;
    for (unsigned line = 0; line < PAGE / 64; line++) {
        __m512i bytes = _mm512_loadu_si512(page + line * 64);
        uint64_t mask = _mm512_test_epi8_mask(bytes, bytes);
        memcpy(out + line * 8, &mask, 8);
        if (length + 64 > limit)
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

__attribute__((target("avx512bw,avx512vbmi2"))) static int spread_avx512(const uint8_t *in, uint32_t length,
                                                                         uint8_t *page)
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

static uint32_t squeeze(const void *page, void *out)
{
    return has_avx512() ? squeeze_avx512(page, out, CODEC_BOUND - 64) : squeeze_portable(page, out, CODEC_BOUND - 64);
}

struct codec_result codec_pack(const void *page, void *out, void *workspace, bool without_lz4)
{
    struct codec_result result = {.codec = CODEC_ZERO_BYTES, .length = squeeze(page, out), .unpackable = without_lz4};
    if (result.length <= ZERO_BYTES_GOOD)
        return (struct codec_result){.codec = CODEC_ZERO_BYTES, .length = result.length};
    if (!without_lz4) {
        /* Not sparse enough: LZ4, if it saves at least an eighth more than what there is already. */
        uint32_t limit = result.length < PAGE * 7 / 8 ? result.length * 7 / 8 : PAGE * 7 / 8;
        int packed = LZ4_compress_fast_extState(workspace, page, out, PAGE, (int)limit, 1);
        result.tried_lz4 = true;
        if (packed > 0) {
            result.codec = CODEC_LZ4;
            result.length = (uint32_t)packed;
            return result;
        }
        result.unpackable = true;
        if (result.length < PAGE * 7 / 8)
            result.length = squeeze(page, out);
    }
    if (result.length >= PAGE * 7 / 8) {
        memcpy(out, page, PAGE);
        result.codec = CODEC_RAW;
        result.length = PAGE;
    }
    return result;
}

uint32_t codec_encode(const void *page, void *out, void *workspace, enum codec *used)
{
    struct codec_result result = codec_pack(page, out, workspace, false);
    *used = result.codec;
    return result.length;
}

int codec_decode(enum codec codec, const void *bytes, uint32_t length, void *page)
{
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
    case CODEC_LZ4:
        return LZ4_decompress_safe(bytes, page, (int)length, PAGE) == PAGE ? 0 : -EIO;
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
    for (unsigned kind = 0; kind < 4; kind++) {
        uint32_t state = 1;
        for (unsigned i = 0; i < sizeof(page); i++) {
            state = state * 1664525u + 1013904223u;
            uint8_t noise = (uint8_t)(state >> 24);
            page[i] = kind == 0   ? (uint8_t)text[i % sizeof(text)]
                      : kind == 1 ? noise
                      : kind == 2 ? (i % 8 ? 0 : noise)
                                  : (uint8_t)(noise % 5 + 1);
        }
        enum codec codec;
        uint32_t length = codec_encode(page, out, workspace, &codec);
        (void)codec_decode(codec, out, length, back);
    }
}

void codec_hash(const void *bytes, size_t length, uint64_t hash[2])
{
    XXH128_hash_t value = XXH3_128bits_withSeed(bytes, length, codec_state.seed);
    hash[0] = value.low64;
    hash[1] = value.high64;
}
