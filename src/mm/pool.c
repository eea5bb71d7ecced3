/* pool.c: see pool.h. Grows in chunks that double up to 1 MiB; the caller's lock protects it. */
#include "mm/pool.h"

#include "host/memory.h"

#include <stdint.h>
#include <string.h>

#define FIRST_CHUNK ((size_t)64 << 10)
#define LARGEST_CHUNK ((size_t)1 << 20)

static int grow(struct mm_pool *pool)
{
    size_t chunk = pool->total_count * pool->object_size;
    chunk = chunk < FIRST_CHUNK ? FIRST_CHUNK : chunk > LARGEST_CHUNK ? LARGEST_CHUNK : chunk;
    chunk = (chunk + HOST_PAGE - 1) & ~(HOST_PAGE - 1);
    void *pages;
    int error = host_pages_map(&pages, chunk);
    if (error)
        return error;
    size_t count = chunk / pool->object_size;
    for (size_t i = count; i-- > 0;) {
        void **object = (void **)((char *)pages + i * pool->object_size);
        *object = pool->free_list;
        pool->free_list = object;
    }
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
    pool->free_list = *object;
    pool->free_count--;
    memset(object, 0, pool->object_size);
    return object;
}

void mm_pool_give(struct mm_pool *pool, void *object)
{
    *(void **)object = pool->free_list;
    pool->free_list = object;
    pool->free_count++;
}
