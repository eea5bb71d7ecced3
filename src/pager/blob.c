/* blob.c: see blob.h. Signal-safe; calls codec, and host once for its seed. */
#include "pager/blob.h"

#include <errno.h>
#include <string.h>

#include "host/pages.h"

#define NO_PAGE 0xffffffffffu

static struct {
    uint64_t seed; /* of checksums: what another process wrote is not ours */
} blob_state;

int blob_start(void)
{
    return host_random(&blob_state.seed, sizeof(blob_state.seed));
}

void blob_make(struct blob_header *header, size_t page, enum codec codec, const void *bytes, uint32_t length)
{
    uint8_t *at = (uint8_t *)(header + 1);
    header->what = (uint64_t)page | (uint64_t)codec << 40 | (uint64_t)length << 44;
    header->checksum = 0;
    memcpy(at, bytes, length);
    memset(at + length, 0, blob_total_of(length) - BLOB_HEADER - length);
}

uint64_t blob_checksum(const struct blob_header *header)
{
    uint64_t hash[2];
    codec_hash(header + 1, blob_length(header), hash);
    return hash[0] ^ (header->what * 0x9e3779b97f4a7c15u) ^ blob_state.seed;
}

void blob_fill_hole(uint8_t *bytes, uint32_t from, uint32_t end)
{
    const uint32_t most = 32768;
    for (uint32_t total; from < end; from += total) {
        total = end - from < most ? end - from : most;
        struct blob_header *header = (struct blob_header *)(bytes + from);
        header->what = NO_PAGE | (uint64_t)(total - BLOB_HEADER) << 44;
        header->checksum = 0;
    }
}

int blob_decode(const struct blob_header *header, uint32_t room, size_t page, void *into, bool checked)
{
    uint32_t length = blob_length(header);
    if (length + BLOB_HEADER > room || blob_page(header) != page ||
        (checked && blob_checksum(header) != header->checksum))
        return -EIO;
    return codec_decode((enum codec)(header->what >> 40 & 15), header + 1, length, into);
}
