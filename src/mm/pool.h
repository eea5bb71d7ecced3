/* pool.h: objects of one size for mm's own structures. Prepared before an operation begins, so that taking one in its
 * middle cannot fail. Objects never go back to the kernel: a stale reader may still look at one. Calls host only. */
#ifndef WINMEM_MM_POOL_H
#define WINMEM_MM_POOL_H

#include <stddef.h>

struct mm_pool {
    size_t object_size; /* multiple of 64 */
    size_t free_count;
    size_t total_count;
    void *free_list; /* linked through the first word of each object */
    char *fresh;     /* never taken so far, and not touched: free as well */
    size_t fresh_count;
};

/* At least `count` objects can be taken; -ENOMEM changes nothing. */
int mm_pool_prepare(struct mm_pool *pool, size_t count);
/* A zeroed object; the pool was prepared. */
void *mm_pool_take(struct mm_pool *pool);
void mm_pool_give(struct mm_pool *pool, void *object);

#endif
