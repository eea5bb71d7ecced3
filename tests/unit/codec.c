/* codec.c: every encoding gives back what it was given, on the portable and the vector path, and damaged bytes are an
 * error, never an overrun. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "pager/codec.h"
#include "pager/entropy.h"

static _Alignas(64) uint8_t page[4096], back[4096], out[CODEC_BOUND + 64];
static _Alignas(16) uint8_t workspace[CODEC_WORKSPACE];
static uint64_t seed = 88172645463325252u;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void make(unsigned kind)
{
    for (unsigned i = 0; i < 4096; i++) {
        uint8_t value = (uint8_t)(next() >> 32);
        page[i] = kind == 0   ? 0
                  : kind == 1 ? value
                  : kind < 8  ? (next() % 8 < kind ? 0 : value)
                              : (uint8_t)("text of a page"[i % (kind + 3) % 14]);
    }
    if (kind == 15)
        memset(page, 0, 4095), page[4095] = 1;
    for (unsigned i = 0; i < 512 && kind >= 16; i++) { /* small numbers, pointers, zeros, now and then anything */
        uint64_t value = next(), shape = next() % 16;
        value = shape < 5                 ? 0
                : shape < 10              ? value >> 52
                : shape < 15 || kind < 18 ? 0x00007f3200000000u | (uint32_t)(value >> (kind == 17 ? 40 : 20))
                                          : value;
        memcpy(page + (size_t)i * 8, &value, 8);
    }
}

static void round_trip(unsigned kind)
{
    enum codec codec;
    make(kind);
    uint32_t length = codec_encode(page, out, workspace, &codec);
    CHECK(length <= 4096);
    memset(back, 0xa5, sizeof(back));
    CHECK_EQ(codec_decode(codec, out, length, back), 0);
    CHECK(memcmp(page, back, 4096) == 0);
    CHECK_EQ(codec_is_zero(page), kind == 0);
    if (kind == 1)
        CHECK_EQ(codec, CODEC_RAW);
    if (kind >= 16) {
        CHECK(codec_base(codec) == CODEC_WORDS || codec_base(codec) == CODEC_WORDS_LZ4);
        CHECK(length < 1900);
    }
}

/* Objects of one kind, their types and sizes the same: without zero bytes there is still much alike. */
static void alike(void)
{
    enum codec codec;
    for (unsigned i = 0; i < 512; i++) {
        uint64_t value = i % 8 == 0   ? 1
                         : i % 8 == 1 ? 0x00007f3200123450u
                         : i % 8 == 2 ? 24
                         : i % 8 == 5 ? 0x00007f3200000000u | (next() & 0xfffff0)
                                      : i * 64;
        memcpy(page + (size_t)i * 8, &value, 8);
    }
    struct codec_result once = codec_pack(page, out, workspace, 0);
    CHECK_EQ(once.codec, CODEC_DELTA);
    uint32_t length = codec_encode(page, out, workspace, &codec);
    CHECK_EQ(codec, CODEC_DELTA_LZ4);
    CHECK(length < once.length * 7 / 8);
    CHECK_EQ(codec_decode(codec, out, length, back), 0);
    CHECK(memcmp(page, back, 4096) == 0);
    for (unsigned i = 0; i < length; i++)
        CHECK_EQ(codec_decode(codec, out, i, back), -EIO);
}

static void damaged(void)
{
    enum codec codec;
    for (unsigned i = 0; i < 3000; i++) {
        make(2 + i % 17);
        uint32_t length = codec_encode(page, out, workspace, &codec);
        out[next() % length] ^= (uint8_t)(1u << next() % 8);
        uint32_t shorter = i % 3 ? length : (uint32_t)(next() % (length + 1));
        int result = codec_decode(codec, out, shorter, back);
        CHECK(result == 0 || result == -EIO);
    }
}

/* Both paths write and read the same bytes. */
static void same_on_both_paths(void)
{
    static uint8_t other[CODEC_BOUND + 64];
    enum codec one, two;
    for (unsigned kind = 2; kind < 19; kind++) {
        make(kind);
        codec_force_portable(true);
        uint32_t length = codec_encode(page, out, workspace, &one);
        codec_force_portable(false);
        CHECK_EQ(codec_encode(page, other, workspace, &two), length);
        CHECK_EQ(one, two);
        CHECK(memcmp(out, other, length) == 0);
    }
}

/* A page of letters from one of sixteen on: half of it what came before, so that LZ4 helps. */
static void make_text(char letter)
{
    for (unsigned at = 0, from, count; at < 4096;) {
        count = 1 + next() % 12;
        from = at > 64 && next() % 2 ? at - 1 - (unsigned)(next() % 48) : at;
        for (; count-- && at < 4096; at++)
            page[at] = from < at ? page[from++] : (uint8_t)(letter + next() % 16);
    }
}

static uint32_t text_round_trip(char letter, unsigned *coded)
{
    enum codec codec;
    make_text(letter);
    uint32_t length = codec_encode(page, out, workspace, &codec);
    CHECK_EQ(codec_base(codec), CODEC_LZ4);
    *coded += (codec & CODEC_CODED) != 0;
    memset(back, 0xa5, sizeof(back));
    CHECK_EQ(codec_decode(codec, out, length, back), 0);
    CHECK(memcmp(page, back, 4096) == 0);
    return length;
}

/* What LZ4 leaves is packed again once it is known which bytes are frequent in it; when other bytes become so, that is
 * learnt too, and pages from before still come back. */
static void frequent_bytes(void)
{
    static uint8_t kept[CODEC_BOUND + 64], old[4096];
    unsigned coded = 0;
    enum codec codec;
    make_text('a');
    uint32_t before = codec_encode(page, out, workspace, &codec);
    CHECK_EQ(codec, CODEC_LZ4);
    CHECK_EQ(entropy_start(), 0);
    for (unsigned i = 0; i < 64; i++)
        (void)text_round_trip('a', &coded);
    CHECK(coded >= 32);
    make_text('a');
    uint32_t length = codec_encode(page, out, workspace, &codec);
    CHECK_EQ(codec, CODEC_LZ4 | CODEC_CODED);
    CHECK(length < before * 7 / 8);
    memcpy(old, page, sizeof(old));
    memcpy(kept, out, length);
    for (unsigned i = 0; i < length; i++)
        CHECK_EQ(codec_decode(codec, out, i, back), -EIO);
    uint32_t first = 0, last = 0;
    for (unsigned i = 0; i < 4096; i++) {
        uint32_t now = text_round_trip('A', &coded);
        first += i < 64 ? now : 0;
        last += i >= 4096 - 64 ? now : 0;
    }
    CHECK(last < first / 32 * 31);
    CHECK_EQ(codec_decode(CODEC_LZ4 | CODEC_CODED, kept, length, back), 0);
    CHECK(memcmp(old, back, 4096) == 0);
}

/* Rows of a table: what repeats lies as far back as in the row before, time and again. */
static void make_rows(void)
{
    char row[64];
    for (unsigned at = 0, number = (unsigned)(next() % 100000); at < 4096; number++) {
        int length = snprintf(row, sizeof(row), "row %06u of the table; its value is %03u;", number, number * 7 % 1000);
        unsigned rest = 4096 - at < (unsigned)length ? 4096 - at : (unsigned)length;
        memcpy(page + at, row, rest);
        at += rest;
    }
}

/* Packed with care, and back. Returns the length. */
static uint32_t dense_round_trip(enum codec *codec)
{
    struct codec_result made = codec_pack(page, out, workspace, CODEC_TWICE | CODEC_DENSE);
    memset(back, 0xa5, sizeof(back));
    CHECK_EQ(codec_decode(made.codec, out, made.length, back), 0);
    CHECK(memcmp(page, back, 4096) == 0);
    *codec = made.codec;
    return made.length;
}

static void rows(void)
{
    enum codec codec;
    uint32_t length = 0;
    for (unsigned i = 0; i < 256; i++) {
        make_rows();
        length = dense_round_trip(&codec);
    }
    CHECK_EQ(codec, CODEC_LZ4 | CODEC_CODED);
    uint32_t sparse = codec_encode(page, out, workspace, &codec);
    CHECK(length < sparse * 7 / 8); /* LZ4 does not name the last distance again */
    (void)dense_round_trip(&codec);
    for (unsigned i = 0; i < length; i++)
        CHECK_EQ(codec_decode(codec, out, i, back), -EIO);
}

/* Of words the bytes that mean one thing have codes together. */
static void words(void)
{
    enum codec codec;
    uint32_t length = 0;
    for (unsigned i = 0; i < 256; i++) {
        make(16);
        length = dense_round_trip(&codec);
    }
    CHECK_EQ(codec, CODEC_WORDS_SPLIT);
    CHECK_EQ(codec_base(codec), CODEC_WORDS);
    uint32_t sparse = codec_encode(page, out, workspace, &codec);
    CHECK(length < sparse * 15 / 16);
    (void)dense_round_trip(&codec);
    for (unsigned i = 0; i < length; i++)
        CHECK_EQ(codec_decode(codec, out, i, back), -EIO);
}

/* Whatever the page is, and whatever became of its bytes. */
static void dense(void)
{
    enum codec codec;
    for (unsigned i = 0; i < 4000; i++) {
        make(i % 19);
        uint32_t length = dense_round_trip(&codec);
        out[next() % length] ^= (uint8_t)(1u << next() % 8);
        int result = codec_decode(codec, out, i % 3 ? length : (uint32_t)(next() % (length + 1)), back);
        CHECK(result == 0 || result == -EIO);
    }
}

int main(void)
{
    for (int portable = 1; portable >= 0; portable--) {
        codec_force_portable(portable);
        for (unsigned i = 0; i < 400; i++)
            round_trip(i % 19);
        damaged();
        alike();
    }
    same_on_both_paths();
    frequent_bytes();
    rows();
    words();
    dense();
    for (unsigned i = 0; i < 800; i++)
        round_trip(i % 19);
    damaged();
    printf("vector path: %s\n", codec_vector_name());
    return CHECK_DONE();
}
