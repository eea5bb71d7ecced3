/* pool.c: see pool.h. Grows in small chunks, then by huge pages: thousands of regions are looked up at random, and
 * address translation would cost as much as the lookup. The caller's lock protects it. */
#include "mm/pool.h"

#include "host/memory.h"

#include <stdint.h>
#include <string.h>

#define FIRST_CHUNK ((size_t)64 << 10)
#define SMALL_TOTAL ((size_t)192 << 10)
#define LARGE_CHUNK ((size_t)2 << 20)

static int grow(struct mm_pool *pool)
{
    size_t chunk = pool->total_count * pool->object_size < SMALL_TOTAL ? FIRST_CHUNK : LARGE_CHUNK;
    void *pages;
    int error = host_pages_map(&pages, chunk);
    if (error && chunk == LARGE_CHUNK)
        error = host_pages_map(&pages, chunk = FIRST_CHUNK);
    if (error)
        return error;
    if (chunk == LARGE_CHUNK)
        host_advise_huge(pages, chunk);
    for (; pool->fresh_count; pool->fresh_count--, pool->fresh += pool->object_size) {
        *(void **)(void *)pool->fresh = pool->free_list;
        pool->free_list = pool->fresh;
    }
    size_t count = chunk / pool->object_size;
    pool->fresh = pages;
    pool->fresh_count = count;
    pool->free_count += count;
    pool->total_count += count;
    return 0;
}

int mm_pool_prepare(struct mm_pool *pool, size_t count)
{
    while (pool->free_count < count) {
        int error = grow(pool);
        if (error)
            return error;
    }
    return 0;
}

void *mm_pool_take(struct mm_pool *pool)
{
    void **object = pool->free_list;
    pool->free_count--;
    if (!object) {
        object = (void **)(void *)pool->fresh;
        pool->fresh += pool->object_size;
        pool->fresh_count--;
        return object; /* zero: the kernel's */
    }
    pool->free_list = *object;
    __builtin_prefetch(pool->free_list, 1); /* for the next time */
    if (pool->object_size == 64)            /* a region: no call */
        memset(object, 0, 64);
    else
        memset(object, 0, pool->object_size);
    return object;
}

void mm_pool_give(struct mm_pool *pool, void *object)
{
    *(void **)object = pool->free_list;
    pool->free_list = object;
    pool->free_count++;
}
