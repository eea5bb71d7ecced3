/* pool.c: memory for the heap's own records (fronts, segment bookkeeping, huge blocks), away from every user block.
 * Calls host for pages; knows nothing of heaps. Pieces have four sizes a doubling, from 64 bytes to 64 KiB; they are
 * never unmapped. */
#include "heap/internal.h"

#include "host/memory.h"

#define POOL_CHUNK ((size_t)256 << 10)
#define POOL_SMALLEST ((size_t)64)
#define POOL_SIZES 41 /* to 64 KiB */

struct pool_piece {
    struct pool_piece *next;
};

static struct {
    uint8_t *at, *end;                   /* pool_lock */
    struct pool_piece *free[POOL_SIZES]; /* pool_lock */
} pool_state;

/* Which of the sizes, and how much that is. */
static unsigned round_up(size_t *size)
{
    size_t step = POOL_SMALLEST / 4;
    unsigned which = 0;
    for (; step * 8 < *size; step *= 2)
        which += 4;
    unsigned steps = (unsigned)((*size + step - 1) / step);
    if (steps < 4)
        steps = 4;
    *size = steps * step;
    return which + steps - 4;
}

void *pool_take(size_t size)
{
    unsigned which = round_up(&size);
    if (which >= POOL_SIZES)
        return NULL;
    host_lock_acquire(&heap_state.pool_lock);
    struct pool_piece *piece = pool_state.free[which];
    bool used = piece;
    if (used) {
        pool_state.free[which] = piece->next;
    } else {
        uint8_t *at = (uint8_t *)(((uintptr_t)pool_state.at + 63) & ~(uintptr_t)63);
        if (!at || size > (size_t)(pool_state.end - at)) {
            void *chunk = NULL;
            at = host_pages_map(&chunk, POOL_CHUNK) == 0 ? chunk : NULL;
            if (at)
                pool_state.end = at + POOL_CHUNK;
        }
        if (at) {
            pool_state.at = at + size;
            piece = (struct pool_piece *)at;
        }
    }
    host_lock_release(&heap_state.pool_lock);
    return used ? memset(piece, 0, size) : piece; /* what is new is zero, and not touched before it is needed */
}

void pool_give(void *memory, size_t size)
{
    struct pool_piece *piece = memory;
    unsigned which = round_up(&size);
    host_lock_acquire(&heap_state.pool_lock);
    piece->next = pool_state.free[which];
    pool_state.free[which] = piece;
    host_lock_release(&heap_state.pool_lock);
}
