/* entropy.c: see entropy.h. Each part of what a kind leaves has up to four tables, one after another as what it packs
 * changes; a packed part names its own. Layout, part by part: two bytes, the length of the part's bytes, its table
 * (shifted by 12) and whether it has codes at all (bit 15), else the bytes follow; the lengths of its four streams (a
 * byte each, two in a long part), which each have the codes of a quarter of the bytes, the first in the lowest bits. */
#include "pager/entropy.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "host/pages.h"
#include "pager/frame.h"

#define SYMBOLS 256u
#define CODE_MOST 11u /* bits */
#define TABLES 4u     /* of a part */
#define STREAMS 4u
#define HEADER 2u
#define CODED 0x8000u
#define TABLE_SHIFT 12u
#define LENGTH_MASK 0xfffu
#define LONG 512u         /* bytes: the streams of shorter parts have less than 256 */
#define PART_LEAST 24u    /* shorter ones stay as they are */
#define LEARN_EACH 8u     /* pages, once there is a table */
#define LEARN_FIRST 32u   /* pages until there is one */
#define LEARN_MOST 2048u  /* pages learnt from between two looks at the table */
#define BYTES_FIRST 8192u /* and bytes */
#define WORTH_LEAST 128u  /* in all, as do shorter pages */

/* What the next CODE_MOST bits are: the symbol and, shifted by 8, the bits of its code. A page of memory. */
struct decoder {
    uint16_t entries[1u << CODE_MOST];
};

/* W, but the decoders: those that are named by a page never change. */
struct part {
    uint32_t codes[SYMBOLS]; /* and, shifted by 16, their lengths */
    uint32_t seen[SYMBOLS];  /* bytes learnt */
    uint32_t tables, pages, learn;
    uint32_t turn;
    bool pays;
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
    int error = host_table_reserve((size_t)ENTROPY_KINDS * ENTROPY_PARTS * TABLES * sizeof(struct decoder), &decoders);
    if (error)
        return error;
    size_t size = (ENTROPY_KINDS * sizeof(struct kind) + PAGE_SIZE_BYTES - 1) & ~(PAGE_SIZE_BYTES - 1);
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
static void make_codes(const uint8_t *lengths, uint32_t *codes, struct decoder *decoder)
{
    uint32_t next = 0;
    for (uint32_t bits = 1; bits <= CODE_MOST; bits++, next <<= 1) {
        for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
            if (lengths[symbol] != bits)
                continue;
            uint32_t code = reversed(next++, bits);
            codes[symbol] = code | bits << 16;
            for (uint32_t at = code; at < 1u << CODE_MOST; at += 1u << bits)
                decoder->entries[at] = (uint16_t)(symbol | bits << 8);
        }
    }
}

static uint64_t cost_of(const struct part *kind, const uint8_t *lengths)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < SYMBOLS; i++)
        bits += (uint64_t)kind->seen[i] * (lengths ? lengths[i] : kind->codes[i] >> 16);
    return bits;
}

/* Enough was learnt to look whether there is a better table; what comes later counts more next time. */
static void look(struct part *kind, unsigned number, unsigned part)
{
    uint32_t weights[SYMBOLS];
    uint8_t order[SYMBOLS], lengths[SYMBOLS];
    uint64_t total = 0;
    for (uint32_t i = 0; i < SYMBOLS; i++) {
        total += kind->seen[i];
        weights[i] = kind->seen[i] + 1;
    }
    sort_symbols(weights, order);
    lengths_of(weights, order, lengths);
    limit_lengths(order, lengths);
    uint64_t best = cost_of(kind, lengths);
    if (kind->tables < TABLES && (!kind->tables || best * 32 < cost_of(kind, NULL) * 31)) {
        frame_account_table(1);
        make_codes(lengths, kind->codes, decoder_of(number, part, kind->tables++));
    }
    kind->pays = kind->tables && cost_of(kind, NULL) * 16 < total * 8 * 15;
    for (uint32_t i = 0; i < SYMBOLS; i++)
        kind->seen[i] /= 2;
    kind->pages = 0;
    kind->learn = kind->learn < LEARN_MOST ? kind->learn * 2 : LEARN_MOST;
}

static void learn(struct part *kind, unsigned number, unsigned part, const uint8_t *bytes, uint32_t length)
{
    uint32_t total = 0;
    if (kind->tables && ++kind->turn % LEARN_EACH)
        return;
    for (uint32_t i = 0; i < length; i++)
        kind->seen[bytes[i]]++;
    kind->learn = kind->learn ? kind->learn : LEARN_FIRST;
    if (++kind->pages < kind->learn)
        return;
    for (uint32_t i = 0; i < SYMBOLS && total < BYTES_FIRST; i++)
        total += kind->seen[i];
    if (total >= BYTES_FIRST)
        look(kind, number, part);
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

static uint8_t *pack_stream(const uint32_t *codes, const uint8_t *bytes, uint32_t count, uint8_t *out)
{
    uint64_t held = 0;
    uint32_t bits = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t code = codes[bytes[i]];
        held |= (uint64_t)(code & 0xffff) << bits;
        bits += code >> 16;
        if (i % 4 == 3) { /* 44 bits, and 7 from before */
            memcpy(out, &held, 8);
            out += bits / 8;
            held >>= bits & ~7u;
            bits &= 7;
        }
    }
    memcpy(out, &held, 8);
    return out + (bits + 7) / 8;
}

static uint32_t size_bytes(uint32_t length)
{
    return length >= LONG ? 2 : 1;
}

/* The part by codes behind its header. Returns the end; NULL: not worth it. */
static uint8_t *pack_part(const struct part *part, const uint8_t *bytes, uint32_t length, uint8_t *out)
{
    uint32_t quarter = (length + STREAMS - 1) / STREAMS, wide = size_bytes(length);
    uint8_t *sizes = out + HEADER, *at = sizes + (size_t)wide * STREAMS;
    put16(out, length | (part->tables - 1) << TABLE_SHIFT | CODED);
    for (uint32_t i = 0; i < STREAMS; i++) {
        uint32_t from = i * quarter, count = i + 1 < STREAMS ? quarter : length - from;
        uint8_t *end = pack_stream(part->codes, bytes + from, count, at);
        sizes[i * wide] = (uint8_t)(end - at);
        if (wide == 2)
            put16(sizes + 2 * (size_t)i, (uint32_t)(end - at));
        at = end;
    }
    return (uint32_t)(at - out) < HEADER + length ? at : NULL;
}

uint32_t entropy_pack(unsigned number, const struct entropy_part *parts, unsigned count, uint8_t *out)
{
    uint32_t length = 0;
    for (unsigned i = 0; i < count; i++)
        length += parts[i].length;
    if (!entropy_state.kinds || length < WORTH_LEAST || length > ENTROPY_MOST)
        return 0;
    struct kind *kind = kind_of(number);
    uint8_t *at = out;
    bool pays = false;
    for (unsigned i = 0; i < count; i++) {
        struct part *part = &kind->parts[i];
        learn(part, number, i, parts[i].bytes, parts[i].length);
        pays |= part->pays;
    }
    for (unsigned i = 0; i < count && pays; i++) {
        bool may = kind->parts[i].pays && parts[i].length >= PART_LEAST;
        uint8_t *end = may ? pack_part(&kind->parts[i], parts[i].bytes, parts[i].length, at) : NULL;
        if (!end) {
            put16(at, parts[i].length);
            memcpy(at + HEADER, parts[i].bytes, parts[i].length);
            end = at + HEADER + parts[i].length;
        }
        at = end;
    }
    uint32_t packed = (uint32_t)(at - out);
    return pays && packed + 16 <= length ? packed : 0;
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
    uint16_t entry = decoder->entries[stream->held & ((1u << CODE_MOST) - 1)];
    stream->held >>= entry >> 8;
    stream->bits -= entry >> 8;
    return (uint8_t)entry;
}

static void unpack_streams(struct stream *streams, const struct decoder *decoder, const uint8_t *end, uint8_t *out,
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
    streams[0] = s0, streams[1] = s1, streams[2] = s2, streams[3] = s3;
    for (uint32_t s = 0; s < STREAMS; s++) {
        for (uint32_t k = i; k < (s + 1 < STREAMS ? part : last); k++) {
            refill(&streams[s], end);
            out[s * part + k] = next(&streams[s], decoder);
        }
    }
}

/* One part with codes. Returns its end; NULL: it is damaged. */
static const uint8_t *unpack_part(const struct decoder *decoder, const uint8_t *sizes, const uint8_t *end, uint8_t *out,
                                  uint32_t length)
{
    struct stream streams[STREAMS] = {0};
    const uint8_t *ends[STREAMS];
    uint32_t wide = size_bytes(length);
    if (length < PART_LEAST || (size_t)(end - sizes) < (size_t)wide * STREAMS)
        return NULL;
    const uint8_t *at = sizes + (size_t)wide * STREAMS;
    for (uint32_t i = 0; i < STREAMS; i++) {
        uint32_t size = wide == 2 ? get16(sizes + 2 * (size_t)i) : sizes[i];
        streams[i].at = at;
        if ((ptrdiff_t)size > end - at)
            return NULL;
        ends[i] = at += size;
    }
    unpack_streams(streams, decoder, end, out, length);
    for (uint32_t i = 0; i < STREAMS; i++) {
        if (streams[i].at - streams[i].bits / 8 != ends[i])
            return NULL; /* each ends where the next begins */
    }
    return at;
}

int entropy_unpack(unsigned number, const uint8_t *in, uint32_t length, uint8_t *out, uint32_t most,
                   struct entropy_part *parts, unsigned count)
{
    const uint8_t *at = in, *end = in + length;
    uint32_t made = 0;
    if (!entropy_state.decoders || number >= ENTROPY_KINDS || count > ENTROPY_PARTS)
        return -EIO;
    for (unsigned i = 0; i < count; i++) {
        if (end - at < (ptrdiff_t)HEADER)
            return -EIO;
        uint32_t header = get16(at), bytes = header & LENGTH_MASK, table = (header & ~CODED) >> TABLE_SHIFT;
        at += HEADER;
        if (bytes > most - made || table >= TABLES || (!(header & CODED) && (ptrdiff_t)bytes > end - at))
            return -EIO;
        if (header & CODED) {
            at = unpack_part(decoder_of(number, i, table), at, end, out + made, bytes);
        } else {
            memcpy(out + made, at, bytes);
            at += bytes;
        }
        if (!at)
            return -EIO;
        parts[i] = (struct entropy_part){out + made, bytes};
        made += bytes;
    }
    return at == end ? (int)made : -EIO;
}
