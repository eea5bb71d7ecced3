/* pool.c: memory for the heap's own records (fronts, segment bookkeeping, huge blocks), away from every user block.
 * Calls host for pages; knows nothing of heaps. Pieces are powers of two from 64 bytes to 64 KiB, never unmapped. */
#include "heap/internal.h"

#include "host/memory.h"

#define POOL_CHUNK ((size_t)256 << 10)
#define POOL_SMALLEST 6
#define POOL_LARGEST 16

struct pool_piece {
    struct pool_piece *next;
};

static struct {
    uint8_t *at, *end;                         /* pool_lock */
    struct pool_piece *free[POOL_LARGEST + 1]; /* pool_lock */
} pool_state;

static unsigned log_of(size_t size)
{
    unsigned log = POOL_SMALLEST;
    while (((size_t)1 << log) < size)
        log++;
    return log;
}

void *pool_take(size_t size)
{
    unsigned log = log_of(size);
    if (log > POOL_LARGEST)
        return NULL;
    size = (size_t)1 << log;
    host_lock_acquire(&heap_state.pool_lock);
    struct pool_piece *piece = pool_state.free[log];
    if (piece) {
        pool_state.free[log] = piece->next;
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
    if (piece)
        memset(piece, 0, size);
    return piece;
}

void pool_give(void *memory, size_t size)
{
    struct pool_piece *piece = memory;
    unsigned log = log_of(size);
    host_lock_acquire(&heap_state.pool_lock);
    piece->next = pool_state.free[log];
    pool_state.free[log] = piece;
    host_lock_release(&heap_state.pool_lock);
}
