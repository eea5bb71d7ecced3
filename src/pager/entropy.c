/* entropy.c: see entropy.h. Each part of what a kind leaves has up to four tables: the first is learnt from all pages,
 * a later one from those that the tables there are serve badly; a packed part has the best of them for it, and names
 * it. Layout: two bytes for each part, the length of its bytes, its table (shifted by 12) and whether it has codes (bit
 * 15); the bytes of those that have none; the lengths of the first three streams (two bytes each); the four streams.
 * Each stream has the codes of a quarter of every part, part after part, the first in the lowest bits: with streams of
 * its own each part would take a dozen bytes more. */
#include "pager/entropy.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "host/pages.h"
#include "pager/frame.h"

#define SYMBOLS 256u
#define CODE_MOST 11u /* bits */
#define CODE_MASK ((1u << CODE_MOST) - 1)
#define TABLES 4u /* of a part, and as many of what was found with care */
#define KINDS (ENTROPY_KINDS + ENTROPY_DENSE)
#define STREAMS 4u
#define HEADER 2u
#define CODED 0x8000u
#define TABLE_SHIFT 12u
#define LENGTH_MASK 0xfffu
#define FEW 128u      /* bytes that are all looked at */
#define PART_LEAST 8u /* shorter ones stay as they are */
#define SIZES ((size_t)2 * (STREAMS - 1))
#define LENGTH_SHIFT 12u  /* in a code */
#define LEARN_FIRST 32u   /* pages until there is a table */
#define LEARN_MOST 2048u  /* pages learnt from between two looks */
#define BITS_FIRST 65536u /* and what they took */
#define PAYS_LEAST 2u     /* 32nds of these that one more table must save, more the fewer are left */
#define WORTH_LEAST 128u  /* in all, as do shorter pages */

/* What the next CODE_MOST bits are: the symbol and, shifted by 8, the bits of its code. A page of memory. */
struct decoder {
    uint16_t entries[1u << CODE_MOST];
};

/* W, but the decoders: those that are named by a page never change. */
struct part {
    uint16_t codes[TABLES][SYMBOLS]; /* and, shifted by 12, their lengths */
    uint64_t lengths[SYMBOLS];       /* of the codes in each table, 16 bits each: four sums at once */
    uint32_t seen[SYMBOLS];          /* bytes learnt */
    uint64_t seen_bits;              /* that the best tables took for them */
    uint32_t tables, pages, learn;
    uint32_t mean; /* bits that a byte takes lately, in 256ths */
};

/* What the codes of a part are: the table, and whether they are fewer bytes. */
struct choice {
    uint32_t table, bits;
    bool codes;
};

struct kind {
    struct part parts[ENTROPY_PARTS];
};

static struct {
    struct decoder *decoders; /* TABLES for each part */
    struct kind *kinds;
} entropy_state;

int entropy_start(void)
{
    void *decoders, *kinds;
    int error = host_table_reserve((size_t)KINDS * ENTROPY_PARTS * TABLES * sizeof(struct decoder), &decoders);
    if (error)
        return error;
    size_t size = (KINDS * sizeof(struct kind) + PAGE_SIZE_BYTES - 1) & ~(PAGE_SIZE_BYTES - 1);
    error = host_table_reserve(size, &kinds);
    if (error)
        return error;
    entropy_state.decoders = decoders;
    entropy_state.kinds = kinds;
    return 0;
}

/* A kind costs memory once there are pages of it. */
static struct kind *kind_of(unsigned number)
{
    struct kind *kind = &entropy_state.kinds[number];
    if (!kind->parts[0].learn) {
        kind->parts[0].learn = LEARN_FIRST;
        frame_account_table((int64_t)(sizeof(*kind) / PAGE_SIZE_BYTES + 1));
    }
    return kind;
}

static struct decoder *decoder_of(unsigned number, unsigned part, unsigned table)
{
    return &entropy_state.decoders[((size_t)number * ENTROPY_PARTS + part) * TABLES + table];
}

/* ---- tables ---- */

/* Symbols in the order of their weights. */
static void sort_symbols(const uint32_t *weights, uint8_t *order)
{
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        uint32_t at = i;
        for (; at && weights[order[at - 1]] > weights[i]; at--)
            order[at] = order[at - 1];
        order[at] = (uint8_t)i;
    }
}

/* Huffman's lengths by two queues: leaves in order, and the nodes made of the two lightest, which come in order too. */
static void lengths_of(const uint32_t *weights, const uint8_t *order, uint8_t *lengths)
{
    uint32_t node_weights[SYMBOLS], leaf = 0, node = 0;
    uint16_t parents[2 * SYMBOLS]; /* leaves by order, then nodes */
    uint8_t depths[SYMBOLS];
    for (uint32_t made = 0; made < SYMBOLS - 1; made++) {
        node_weights[made] = 0;
        for (unsigned two = 0; two < 2; two++) {
            bool is_leaf = leaf < SYMBOLS && (node == made || weights[order[leaf]] <= node_weights[node]);
            node_weights[made] += is_leaf ? weights[order[leaf]] : node_weights[node];
            parents[is_leaf ? leaf++ : SYMBOLS + node++] = (uint16_t)made;
        }
    }
    depths[SYMBOLS - 2] = 0;
    for (uint32_t i = SYMBOLS - 2; i-- > 0;)
        depths[i] = (uint8_t)(depths[parents[SYMBOLS + i]] + 1);
    for (uint32_t i = 0; i < SYMBOLS; i++)
        lengths[order[i]] = (uint8_t)(depths[parents[i]] + 1);
}

/* No code is longer than CODE_MOST: those that were take room from the rarest of the shorter ones. */
static void limit_lengths(const uint8_t *order, uint8_t *lengths)
{
    uint32_t room = 1u << CODE_MOST, used = 0;
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        if (lengths[i] > CODE_MOST)
            lengths[i] = CODE_MOST;
        used += room >> lengths[i];
    }
    while (used > room) {
        for (uint32_t i = 0; i < SYMBOLS && used > room; i++) {
            uint8_t *length = &lengths[order[i]];
            if (*length < CODE_MOST) {
                used -= room >> *length;
                used += room >> ++*length;
            }
        }
    }
}

static uint32_t reversed(uint32_t code, uint32_t bits)
{
    uint32_t back = 0;
    for (uint32_t i = 0; i < bits; i++)
        back |= (code >> i & 1) << (bits - 1 - i);
    return back;
}

/* Shorter codes first, those of one length by symbol. What no code begins is never met. */
static void make_codes(const uint8_t *lengths, struct part *part, struct decoder *decoder)
{
    uint32_t next = 0, table = part->tables++;
    for (uint32_t bits = 1; bits <= CODE_MOST; bits++, next <<= 1) {
        for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
            if (lengths[symbol] != bits)
                continue;
            uint32_t code = reversed(next++, bits);
            part->codes[table][symbol] = (uint16_t)(code | bits << LENGTH_SHIFT);
            part->lengths[symbol] |= (uint64_t)bits << table * 16;
            for (uint32_t at = code; at < 1u << CODE_MOST; at += 1u << bits)
                decoder->entries[at] = (uint16_t)(symbol | bits << 8);
        }
    }
}

/* Enough was learnt to see whether one more table is worth it. */
static void look(struct part *part, unsigned number, unsigned index)
{
    uint32_t weights[SYMBOLS];
    uint8_t order[SYMBOLS], lengths[SYMBOLS];
    uint64_t bits = 0;
    for (uint32_t i = 0; i < SYMBOLS; i++)
        weights[i] = part->seen[i] + 1;
    sort_symbols(weights, order);
    lengths_of(weights, order, lengths);
    limit_lengths(order, lengths);
    for (uint32_t i = 0; i < SYMBOLS; i++)
        bits += (uint64_t)part->seen[i] * lengths[i];
    if (bits * 32 < part->seen_bits * (32 - (part->tables ? PAYS_LEAST << part->tables / 2 : 1))) {
        frame_account_table(1);
        make_codes(lengths, part, decoder_of(number, index, part->tables));
    }
    memset(part->seen, 0, sizeof(part->seen));
    part->seen_bits = part->pages = 0;
    part->learn = part->learn < LEARN_MOST ? part->learn * 2 : LEARN_MOST;
}

/* Of every page until there is a table, then of those that need more bits than most: what is learnt is what they need.
 */
static void learn(struct part *part, unsigned number, unsigned index, const struct entropy_part *from, uint32_t bits)
{
    uint32_t mean = from->length ? bits * 256 / from->length : 0;
    if (part->tables == TABLES || from->length < PART_LEAST)
        return;
    part->mean += (mean >> 5) - (part->mean >> 5);
    if (part->tables && mean <= part->mean)
        return;
    for (uint32_t i = 0; i < from->length; i++)
        part->seen[from->bytes[i]]++;
    part->seen_bits += bits;
    part->learn = part->learn ? part->learn : LEARN_FIRST;
    if (++part->pages >= part->learn && part->seen_bits >= BITS_FIRST)
        look(part, number, index);
}

/* Bits of the bytes by each table; of many, those of a half tell enough. */
static uint64_t sums_of(const struct part *part, const uint8_t *bytes, uint32_t length)
{
    uint64_t sums = 0, more = 0; /* at most 3584 * 11 each */
    uint32_t i = 0, step = length < FEW ? 8 : 16;
    for (; i + 8 <= length; i += step) {
        sums += part->lengths[bytes[i]] + part->lengths[bytes[i + 1]] + part->lengths[bytes[i + 2]] +
                part->lengths[bytes[i + 3]];
        more += part->lengths[bytes[i + 4]] + part->lengths[bytes[i + 5]] + part->lengths[bytes[i + 6]] +
                part->lengths[bytes[i + 7]];
    }
    if (step == 16)
        return (sums + more) * 2;
    for (; i < length; i++)
        sums += part->lengths[bytes[i]];
    return sums + more;
}

/* The best table for these bytes; without one they take eight bits each. */
static struct choice choose_table(const struct part *part, const uint8_t *bytes, uint32_t length)
{
    struct choice best = {.bits = length * 8};
    if (!part->tables || length < PART_LEAST)
        return best;
    uint64_t sums = sums_of(part, bytes, length);
    for (uint32_t table = 0; table < part->tables; table++, sums >>= 16) {
        if ((sums & 0xffff) < best.bits)
            best = (struct choice){.table = table, .bits = sums & 0xffff, .codes = true};
    }
    return best;
}

/* ---- packing ---- */

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static uint32_t get16(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

struct writer {
    uint64_t held;
    uint32_t bits;
    uint8_t *at;
};

static inline void put_code(struct writer *writer, uint32_t code)
{
    writer->held |= (uint64_t)(code & CODE_MASK) << writer->bits;
    writer->bits += code >> LENGTH_SHIFT;
}

static inline void put_bytes(struct writer *writer)
{
    memcpy(writer->at, &writer->held, 8);
    writer->at += writer->bits / 8;
    writer->held >>= writer->bits & ~7u;
    writer->bits &= 7;
}

static void pack_bytes(struct writer *to, const uint16_t *codes, const uint8_t *bytes, uint32_t count)
{
    struct writer writer = *to;
    uint32_t i = 0;
    for (; i + 4 <= count; i += 4) { /* 44 bits, and 7 from before */
        put_code(&writer, codes[bytes[i]]);
        put_code(&writer, codes[bytes[i + 1]]);
        put_code(&writer, codes[bytes[i + 2]]);
        put_code(&writer, codes[bytes[i + 3]]);
        put_bytes(&writer);
    }
    for (; i < count; i++)
        put_code(&writer, codes[bytes[i]]);
    put_bytes(&writer);
    *to = writer;
}

/* A quarter of each part that has codes: the same ones that the reader takes from this stream. */
static uint8_t *pack_stream(const struct kind *kind, const struct entropy_part *parts, const struct choice *choices,
                            unsigned count, uint32_t stream, uint8_t *out)
{
    struct writer writer = {.at = out};
    for (unsigned i = 0; i < count; i++) {
        uint32_t quarter = (parts[i].length + STREAMS - 1) / STREAMS, from = stream * quarter;
        if (choices[i].codes)
            pack_bytes(&writer, kind->parts[i].codes[choices[i].table], parts[i].bytes + from,
                       stream + 1 < STREAMS ? quarter : parts[i].length - from);
    }
    memcpy(writer.at, &writer.held, 8);
    return writer.at + (writer.bits + 7) / 8;
}

/* Learns from the parts and chooses their tables. Returns the bytes that they will take, about. */
static uint32_t choose_all(struct kind *kind, unsigned number, const struct entropy_part *parts, unsigned count,
                           struct choice *choices)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < count; i++) {
        choices[i] = choose_table(&kind->parts[i], parts[i].bytes, parts[i].length);
        learn(&kind->parts[i], number, i, &parts[i], choices[i].bits);
        bits += choices[i].bits;
    }
    return bits / 8 + HEADER * count + (uint32_t)SIZES + STREAMS / 2;
}

uint32_t entropy_pack(unsigned number, const struct entropy_part *parts, unsigned count, uint8_t *out)
{
    uint32_t length = 0;
    struct choice choices[ENTROPY_PARTS];
    for (unsigned i = 0; i < count; i++)
        length += parts[i].length;
    if (!entropy_state.kinds || length < WORTH_LEAST || length > ENTROPY_MOST)
        return 0;
    struct kind *kind = kind_of(number);
    uint32_t dense = number & ENTROPY_DENSE ? TABLES : 0;
    if (choose_all(kind, number, parts, count, choices) + 16 > length)
        return 0;
    uint8_t *at = out + (size_t)HEADER * count;
    for (unsigned i = 0; i < count; i++) {
        put16(out + (size_t)HEADER * i,
              parts[i].length | (choices[i].codes ? (choices[i].table + dense) << TABLE_SHIFT | CODED : 0));
        if (!choices[i].codes) {
            memcpy(at, parts[i].bytes, parts[i].length);
            at += parts[i].length;
        }
    }
    uint8_t *sizes = at;
    at += SIZES;
    for (uint32_t i = 0; i < STREAMS; i++) {
        uint8_t *end = pack_stream(kind, parts, choices, count, i, at);
        if (i + 1 < STREAMS)
            put16(sizes + 2 * (size_t)i, (uint32_t)(end - at));
        at = end;
    }
    return at - out + 16 <= (ptrdiff_t)length ? (uint32_t)(at - out) : 0;
}

/* ---- unpacking ---- */

struct stream {
    uint64_t held;
    uint32_t bits;
    const uint8_t *at;
};

/* At least 56 bits are held then; behind the end there are zeros. */
static inline void refill(struct stream *stream, const uint8_t *end)
{
    uint64_t more = 0;
    if (end - stream->at >= 8)
        memcpy(&more, stream->at, 8);
    else if (end > stream->at)
        memcpy(&more, stream->at, (size_t)(end - stream->at));
    stream->held |= more << stream->bits;
    stream->at += (63 - stream->bits) / 8;
    stream->bits |= 56;
}

static inline uint8_t next(struct stream *stream, const struct decoder *decoder)
{
    uint16_t entry = decoder->entries[stream->held & CODE_MASK];
    stream->held >>= entry >> 8;
    stream->bits -= entry >> 8;
    return (uint8_t)entry;
}

/* The quarters of one part, a byte of each at a time. */
static void unpack_part(struct stream *streams, const struct decoder *decoder, const uint8_t *end, uint8_t *out,
                        uint32_t length)
{
    uint32_t part = (length + STREAMS - 1) / STREAMS, last = length - (STREAMS - 1) * part, i = 0;
    struct stream s0 = streams[0], s1 = streams[1], s2 = streams[2], s3 = streams[3];
    for (; i + 4 <= last; i += 4) {
        refill(&s0, end);
        refill(&s1, end);
        refill(&s2, end);
        refill(&s3, end);
        for (uint32_t k = i; k < i + 4; k++) {
            out[k] = next(&s0, decoder);
            out[part + k] = next(&s1, decoder);
            out[2 * part + k] = next(&s2, decoder);
            out[3 * part + k] = next(&s3, decoder);
        }
    }
    refill(&s0, end);
    refill(&s1, end);
    refill(&s2, end);
    refill(&s3, end);
    for (; i < last; i++) { /* three at most */
        out[i] = next(&s0, decoder);
        out[part + i] = next(&s1, decoder);
        out[2 * part + i] = next(&s2, decoder);
        out[3 * part + i] = next(&s3, decoder);
    }
    refill(&s0, end);
    refill(&s1, end);
    refill(&s2, end);
    for (; i < part; i++) { /* three more */
        out[i] = next(&s0, decoder);
        out[part + i] = next(&s1, decoder);
        out[2 * part + i] = next(&s2, decoder);
    }
    streams[0] = s0, streams[1] = s1, streams[2] = s2, streams[3] = s3;
}

/* Lengths and tables of the parts. Returns where the first bytes are, or NULL. */
static const uint8_t *read_headers(const uint8_t *in, const uint8_t *end, uint32_t most, uint32_t *headers,
                                   unsigned count)
{
    uint32_t made = 0;
    if (end - in < (ptrdiff_t)((size_t)HEADER * count))
        return NULL;
    for (unsigned i = 0; i < count; i++, in += HEADER) {
        headers[i] = get16(in);
        uint32_t bytes = headers[i] & LENGTH_MASK;
        if (bytes > most - made || ((headers[i] & CODED) && bytes < PART_LEAST))
            return NULL;
        made += bytes;
    }
    return in;
}

/* Where each stream begins and ends. */
static bool begin_streams(const uint8_t *at, const uint8_t *end, struct stream *streams, const uint8_t **ends)
{
    if (end - at < (ptrdiff_t)SIZES)
        return false;
    const uint8_t *sizes = at;
    at += SIZES;
    for (uint32_t i = 0; i < STREAMS; i++) {
        streams[i] = (struct stream){.at = at};
        ptrdiff_t size = i + 1 < STREAMS ? (ptrdiff_t)get16(sizes + 2 * (size_t)i) : end - at;
        if (size > end - at)
            return false;
        ends[i] = at += size;
    }
    return true;
}

int entropy_unpack(unsigned number, const uint8_t *in, uint32_t length, uint8_t *out, uint32_t most,
                   struct entropy_part *parts, unsigned count)
{
    const uint8_t *end = in + length, *ends[STREAMS];
    uint32_t made = 0, headers[ENTROPY_PARTS];
    struct stream streams[STREAMS];
    if (!entropy_state.decoders || number >= ENTROPY_KINDS || count > ENTROPY_PARTS)
        return -EIO;
    const uint8_t *at = read_headers(in, end, most, headers, count);
    if (!at)
        return -EIO;
    for (unsigned i = 0; i < count; i++) {
        uint32_t bytes = headers[i] & LENGTH_MASK;
        parts[i] = (struct entropy_part){out + made, bytes};
        if (!(headers[i] & CODED)) {
            if ((ptrdiff_t)bytes > end - at)
                return -EIO;
            memcpy(out + made, at, bytes);
            at += bytes;
        }
        made += bytes;
    }
    if (!begin_streams(at, end, streams, ends))
        return -EIO;
    for (unsigned i = 0; i < count; i++) {
        uint32_t table = (headers[i] & ~CODED) >> TABLE_SHIFT;
        if (headers[i] & CODED)
            unpack_part(streams, decoder_of(number | (table / TABLES * ENTROPY_DENSE), i, table % TABLES), end,
                        out + (parts[i].bytes - out), parts[i].length);
    }
    for (uint32_t i = 0; i < STREAMS; i++) {
        if (streams[i].at - streams[i].bits / 8 != ends[i])
            return -EIO; /* each ends where the next begins */
    }
    return (int)made;
}
