/* heap_twice.c: two threads free the same blocks at the same time, beside the one that allocated them: each block is
 * freed once, the other thread is refused, and the heap stays whole. */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"
#include "heap/internal.h"

#define COUNT 3000
#define THREADS 2

static struct heap *heap;
static void *blocks[COUNT];
static unsigned count;
static _Atomic unsigned freed;
static pthread_barrier_t together;

static void *body(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&together);
    for (unsigned i = 0; i < count; i++) {
        if (heap_free(heap, 0, blocks[i]) == STATUS_SUCCESS)
            atomic_fetch_add(&freed, 1);
    }
    return NULL;
}

int main(void)
{
    static const size_t sizes[] = {0, 48, 3000, 30000, 100000, 2000000, 9000000};
#ifdef __SANITIZE_THREAD__
    return 77; /* it is a race that is tried */
#endif
    pthread_barrier_init(&together, NULL, THREADS);
    heap_purge_off();
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        REQUIRE(heap_create(0, 0, 0, &heap) == STATUS_SUCCESS);
        count = sizes[i] > 1000000 ? 30 : sizes[i] > 20000 ? 300 : COUNT;
        for (int round = 0; round < 5; round++) {
            pthread_t threads[THREADS];
            for (unsigned k = 0; k < count; k++)
                REQUIRE((blocks[k] = heap_allocate(heap, 0, sizes[i])) != NULL);
            atomic_store(&freed, 0);
            for (int k = 0; k < THREADS; k++)
                REQUIRE(pthread_create(&threads[k], NULL, body, NULL) == 0);
            for (int k = 0; k < THREADS; k++)
                pthread_join(threads[k], NULL);
            CHECK_EQ(atomic_load(&freed), count);
            CHECK(heap_validate(heap, 0, NULL));
        }
        CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
    }
    return CHECK_DONE();
}
