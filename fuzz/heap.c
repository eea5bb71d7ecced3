/* Traces of heap operations against a shadow: every three bytes are an operation, a slot and a size; sizes, contents
 * and the whole heap's structure are checked. */
#include "heap/heap.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS 64

static struct {
    unsigned char *block;
    size_t size;
    unsigned char fill;
} slots[SLOTS];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int good)
{
    if (!good)
        abort();
}

static size_t size_of(uint8_t code)
{
    size_t step = (size_t)1 << (code >> 4);
    return code < 16 ? code : step * 16 + (code & 15) * step; /* to about a MiB */
}

static void check(int slot)
{
    size_t size;
    require(heap_size(heap_of_block(slots[slot].block), slots[slot].block, &size) == STATUS_SUCCESS);
    require(size == slots[slot].size);
    if (size)
        require(slots[slot].block[0] == slots[slot].fill && slots[slot].block[size - 1] == slots[slot].fill);
}

static void operate(struct heap *heap, uint8_t operation, int slot, uint8_t code)
{
    size_t size = size_of(code);
    uint32_t flags = operation & 8 ? HEAP_ZERO_MEMORY : 0;
    void *moved;
    if (!slots[slot].block) {
        unsigned char *block = operation & 1 ? heap_allocate_aligned(heap, flags, size, (size_t)16 << (operation >> 5))
                                             : heap_allocate(heap, flags, size);
        if (!block)
            return;
        if (flags && size)
            require(block[0] == 0 && block[size / 2] == 0 && block[size - 1] == 0);
        slots[slot].block = block;
    } else if (operation & 2) {
        check(slot);
        require(heap_free(heap, 0, slots[slot].block) == STATUS_SUCCESS);
        require(heap_free(heap, 0, slots[slot].block) != STATUS_SUCCESS);
        slots[slot].block = NULL;
        return;
    } else {
        check(slot);
        flags |= operation & 4 ? HEAP_REALLOC_IN_PLACE_ONLY : 0;
        if (heap_reallocate(heap, flags, slots[slot].block, size, &moved) != STATUS_SUCCESS)
            return;
        unsigned char *block = moved;
        size_t same = slots[slot].size < size ? slots[slot].size : size;
        require(!same || (block[0] == slots[slot].fill && block[same - 1] == slots[slot].fill));
        if ((flags & HEAP_ZERO_MEMORY) && size > same)
            require(block[same] == 0 && block[size - 1] == 0);
        slots[slot].block = block;
    }
    slots[slot].size = size;
    slots[slot].fill = (unsigned char)(operation ^ code);
    memset(slots[slot].block, slots[slot].fill, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heap *heap;
    uint32_t flags = 0;
    if (size < 4 || size > 4096)
        return 0;
    if (data[0] & 1)
        flags |= HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED;
    if (heap_create(flags, 0, data[0] & 2 ? 1 << 20 : 0, &heap) != STATUS_SUCCESS)
        return 0;
    for (size_t i = 1; i + 2 < size; i += 3)
        operate(heap, data[i], data[i + 1] % SLOTS, data[i + 2]);
    require(heap_validate(heap, 0, NULL));
    if (data[0] & 4)
        heap_compact(heap, 0);
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i].block && (data[0] & 8)) {
            check(i);
            require(heap_free(heap, 0, slots[i].block) == STATUS_SUCCESS);
        }
        slots[i].block = NULL;
    }
    require(heap_validate(heap, 0, NULL));
    require(heap_destroy(heap) == STATUS_SUCCESS);
    return 0;
}
