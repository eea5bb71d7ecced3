/* Wrong pointers into memory that the heap gives back at that moment: they are found wrong, and nothing faults. */
#include "check.h"
#include "heap/heap.h"
#include "heap/internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define COUNT 2400 /* blocks of 40 KiB: three segments */

static struct heap *heap;
static _Atomic(char *) wrong;
static atomic_bool done;
static atomic_uint asked, accepted;

/* Inside a block: no block starts there, ever. */
static void *stray(void *unused)
{
    (void)unused;
    unsigned found = 0;
    for (unsigned i = 0; !atomic_load(&done); i++) {
        char *pointer = atomic_load(&wrong) + (size_t)i % 30 * SLICE * 8;
        size_t size;
        uint32_t index;
        for (int n = 0; n < 200; n++) /* the look-up of them all: what follows it takes long */
            found += block_find(pointer, &index) != NULL;
        bool good = i % 4 == 0   ? heap_free(heap, 0, pointer) == STATUS_SUCCESS
                    : i % 4 == 1 ? heap_size(heap, pointer, &size) == STATUS_SUCCESS
                    : i % 4 == 2 ? heap_validate(heap, 0, pointer)
                                 : heap_usable_size(pointer) != 0;
        atomic_fetch_add_explicit(&accepted, good, memory_order_relaxed);
        atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed);
    }
    atomic_fetch_add(&accepted, found);
    return NULL;
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void come_and_go(void)
{
    static void *blocks[COUNT];
    for (int i = 0; i < COUNT; i++)
        REQUIRE((blocks[i] = heap_allocate(heap, 0, 40000)) != NULL);
    atomic_store(&wrong, (char *)segment_of(blocks[COUNT - 1]) + FIRST_SLICE * SLICE + 8);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQ(heap_free(heap, 0, blocks[i]), STATUS_SUCCESS);
    (void)heap_compact(heap, 0);
}

int main(void)
{
    pthread_t threads[2];
    REQUIRE(heap_create(0, 0, 0, &heap) == STATUS_SUCCESS);
    if (heap_state.annotate)
        SKIP("a tool watches the blocks");
    come_and_go();
    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&threads[i], NULL, stray, NULL) == 0);
    uint64_t end = now_ms() + 1000;
    unsigned rounds = 0;
    do
        come_and_go();
    while (now_ms() < end || ++rounds < 20);
    for (unsigned i = 0; i < 150 && heap->retired; i++) /* the thread that purges unmaps what is left */
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    CHECK(heap->retired == NULL);
    atomic_store(&done, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK(asked > 1000);
    CHECK_EQ(accepted, 0);
    CHECK(heap_validate(heap, 0, NULL));
    CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
    return CHECK_DONE();
}
