/* pager.c: any bytes given to the page decoders are a page or an error; any page comes back from its encoding. */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pager/codec.h"
#include "pager/entropy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(64) uint8_t page[4096], back[4096], out[CODEC_BOUND + 64];
    static _Alignas(16) uint8_t workspace[CODEC_WORKSPACE];
    static bool started;
    if (!started && entropy_start() != 0)
        abort();
    started = true;
    if (size < 2)
        return 0;
    codec_force_portable(data[0] & 1);
    enum codec codec = (enum codec)(data[1] % (2 * CODEC_COUNT));
    uint8_t *exact = malloc(size); /* so that a sanitizer sees a read beyond the end */
    if (!exact)
        return 0;
    memcpy(exact, data, size);
    int result = codec_decode(codec, exact + 2, (uint32_t)(size - 2), page);
    free(exact);
    if (result != 0 && result != -EIO)
        abort();
    for (size_t i = 0; i < sizeof(page); i++)
        page[i] = data[i % size];
    uint32_t length = codec_encode(page, out, workspace, &codec);
    if (length > 4096 || codec_decode(codec, out, length, back) != 0 || memcmp(page, back, sizeof(page)) != 0)
        abort();
    return 0;
}
