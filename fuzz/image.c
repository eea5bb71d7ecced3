/* image.c: any bytes as the headers of a PE file: refused, or laid out in parts that follow each other inside the image
 * and inside the file; test traits: timeout=120 */
#include "mm/image.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mm_image image;
    uint64_t file_size = size;
    if (!NT_SUCCESS(mm_image_parse(data, size, file_size, &image)))
        return 0;
    uint64_t next = 0;
    require(image.count >= 1 && image.count <= MM_IMAGE_PARTS);
    for (unsigned i = 0; i < image.count; i++) {
        const struct mm_image_part *part = &image.part[i];
        require(part->start == next && part->size && part->size % MM_PAGE == 0);
        require(part->length <= part->size && (uint64_t)part->offset + part->length <= file_size);
        next += part->size;
    }
    require(next == image.size);
    return 0;
}
