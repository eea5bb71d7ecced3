/* codec.h: a page to fewer bytes and back. Pure functions; call nothing that allocates; any thread, signal-safe. */
#ifndef WINMEM_PAGER_CODEC_H
#define WINMEM_PAGER_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec {
    CODEC_RAW,
    CODEC_ZERO_BYTES,
    CODEC_LZ4,
    CODEC_WORDS,
    CODEC_ZERO_BYTES_LZ4, /* of what one of the others left, LZ4 */
    CODEC_WORDS_LZ4,
    CODEC_DELTA,
    CODEC_DELTA_LZ4,
    CODEC_COUNT,
    CODEC_CODED = 8,      /* with one of these: of what it left, the bytes by codes (entropy.h) */
    CODEC_WORDS_SPLIT = 8 /* codes, of words that are taken apart (words.h) */
};

static inline enum codec codec_base(unsigned codec)
{
    return codec == CODEC_WORDS_SPLIT ? CODEC_WORDS : (enum codec)(codec & (CODEC_CODED - 1));
}

#define CODEC_BOUND 4608u           /* most bytes that an encoder may write */
#define CODEC_WORKSPACE (24u << 10) /* for LZ4, on a 16-byte boundary */

/* True when all 4096 bytes are zero. */
bool codec_is_zero(const void *page);
/* Encodes a page; `page` may be written meanwhile (the result is then worthless but nothing else is harmed).
 * Returns the length; never more than 4096 (CODEC_RAW). `out` has CODEC_BOUND bytes. */
uint32_t codec_encode(const void *page, void *out, void *workspace, enum codec *used);

struct codec_result {
    enum codec codec;
    uint32_t length;
    bool tried_lz4;   /* of the whole page, which takes long */
    bool unpackable;  /* nothing makes it smaller */
    bool tried_twice; /* LZ4, of what is left without zero bytes */
    bool packed_twice;
};
enum codec_how {
    CODEC_NO_LZ4 = 1, /* it does not help where zero bytes do not */
    CODEC_TWICE = 2,  /* what is left without zero bytes may get smaller by LZ4 */
    CODEC_CODES = 4,  /* the bytes that are left get codes: a fifth fewer bytes, half as much time again */
    CODEC_DENSE = 8   /* a tenth fewer bytes still are worth as much time again */
};
/* The same; `how`: of these. Learns from pages: under lock W. */
struct codec_result codec_pack(const void *page, void *out, void *workspace, unsigned how);
/* 0, or -EIO when the bytes do not decode to exactly one page. */
int codec_decode(enum codec codec, const void *bytes, uint32_t length, void *page);
void codec_hash(const void *bytes, size_t length, uint64_t hash[2]);
void codec_seed(uint64_t seed);
/* Goes through every path once: what the loader binds late would be bound in a fault, and its tables may be paged. */
void codec_warm(void);
/* Names the vector path chosen for this CPU: "avx512", "portable". */
const char *codec_vector_name(void);
/* For tests: the portable path from now on. */
void codec_force_portable(bool portable);

#endif
