/* Many threads, random sizes and heaps, blocks freed by other threads, checked against a shadow; threads that come
 * and go; HeapLock stops the others; fork in the middle; large blocks that come and go, as of a program whose malloc is
 * ours. test traits: tsan */
#include "check.h"
#include "heap/internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 4
#define SLOTS 512

struct slot {
    _Atomic(void *) block;
    size_t size;
    unsigned char fill;
};
static struct slot slots[SLOTS];
static struct heap *heap;
static atomic_int failures;

static unsigned random_of(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 8;
}

static size_t random_size(unsigned *seed)
{
    unsigned kind = random_of(seed) % 100;
    if (kind < 70)
        return random_of(seed) % 300;
    if (kind < 95)
        return random_of(seed) % 20000;
    return random_of(seed) % (kind == 99 ? 3000000 : 200000);
}

static void check_fill(const unsigned char *block, size_t size, unsigned char fill)
{
    if (size && (block[0] != fill || block[size / 2] != fill || block[size - 1] != fill))
        atomic_fetch_add(&failures, 1);
}

/* A slot belongs to whoever exchanged its pointer away; the fill is in the block's first bytes' shadow. */
static void *worker(void *argument)
{
    unsigned seed = (unsigned)(size_t)argument * 7919 + 1;
    for (int i = 0; i < 20000; i++) {
        struct slot *slot = &slots[random_of(&seed) % SLOTS];
        unsigned char *block = atomic_exchange(&slot->block, (void *)1);
        if (block == (void *)1)
            continue; /* somebody is at it */
        size_t size = slot->size;
        void *moved;
        if (block && random_of(&seed) % 4 == 0) {
            size_t fresh = random_size(&seed);
            check_fill(block, size, slot->fill);
            if (heap_reallocate(heap, 0, block, fresh, &moved) != STATUS_SUCCESS)
                atomic_fetch_add(&failures, 1);
            else
                block = moved;
            check_fill(block, size < fresh ? size : 0, slot->fill);
            memset(block, slot->fill, fresh);
            slot->size = fresh;
            atomic_store(&slot->block, block);
            continue;
        }
        if (block) {
            size_t exact;
            check_fill(block, size, slot->fill);
            if (heap_size(heap, block, &exact) != STATUS_SUCCESS || exact != size ||
                heap_free(heap, 0, block) != STATUS_SUCCESS)
                atomic_fetch_add(&failures, 1);
            block = NULL;
        } else {
            size = random_size(&seed);
            bool zero = random_of(&seed) % 2;
            block = heap_allocate(heap, zero ? HEAP_ZERO_MEMORY : 0, size);
            if (!block) {
                atomic_fetch_add(&failures, 1);
            } else {
                if (zero)
                    check_fill(block, size, 0);
                slot->fill = (unsigned char)random_of(&seed);
                slot->size = size;
                memset(block, slot->fill, size);
            }
        }
        atomic_store(&slot->block, block);
    }
    return NULL;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < THREADS; i++)
            REQUIRE(pthread_create(&threads[i], NULL, worker, (void *)(size_t)(round * THREADS + i)) == 0);
        for (int i = 0; i < 10; i++) {
            CHECK(heap_validate(heap, 0, NULL));
            usleep(2000);
        }
        pid_t child = fork();
        if (child == 0) {
            void *block = heap_allocate(heap, 0, 100);
            _exit(block && heap_validate(heap, 0, NULL) && heap_free(heap, 0, block) == STATUS_SUCCESS ? 0 : 1);
        }
        int status = -1;
        waitpid(child, &status, 0);
        CHECK_EQ(status, 0);
        for (int i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        CHECK_EQ(failures, 0);
        CHECK(heap_validate(heap, 0, NULL));
    }
    for (int i = 0; i < SLOTS; i++) {
        void *block = slots[i].block;
        if (block)
            CHECK_EQ(heap_free(heap, 0, block), STATUS_SUCCESS);
        slots[i].block = NULL;
    }
    struct heap_summary summary;
    heap_compact(heap, 0);
    heap_summarize(heap, &summary);
    if (heap != heap_process())
        CHECK_EQ(summary.blocks, 0);
}

static atomic_int progress;
static atomic_bool stop_it;

static void *allocator(void *unused)
{
    (void)unused;
    while (!atomic_load(&stop_it)) {
        void *block = heap_allocate(heap, 0, 24);
        heap_free(heap, 0, block);
        atomic_fetch_add(&progress, 1);
    }
    return NULL;
}

static void locking(void)
{
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, allocator, NULL) == 0);
    while (atomic_load(&progress) < 1000)
        usleep(100);
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(heap_lock(heap), STATUS_SUCCESS);
        CHECK_EQ(heap_lock(heap), STATUS_SUCCESS);
        CHECK_EQ(heap_unlock(heap), STATUS_SUCCESS);
        int before = atomic_load(&progress);
        usleep(1000);
        CHECK(atomic_load(&progress) - before <= 1); /* the count of an operation that had ended */
        void *own = heap_allocate(heap, 0, 24);
        CHECK(own != NULL);
        heap_free(heap, 0, own);
        CHECK_EQ(heap_unlock(heap), STATUS_SUCCESS);
        usleep(200);
    }
    CHECK(heap_unlock(heap) != STATUS_SUCCESS);
    atomic_store(&stop_it, true);
    pthread_join(thread, NULL);
}

/* Blocks of 9 to 29 MiB, first and last bytes written: kept when they are freed, with slack, given back meanwhile. */
static void *large_in_turn(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    unsigned char *mine[3] = {0};
    size_t sizes[3] = {0};
    for (int i = 0; i < 150; i++) {
        unsigned at = random_of(&seed) % 3;
        size_t size = ((size_t)9 << 20) + random_of(&seed) % (20u << 20);
        void *moved = mine[at];
        if (mine[at] && (mine[at][0] != at || mine[at][sizes[at] - 1] != at))
            atomic_fetch_add(&failures, 1);
        if (mine[at] && i % 4 == 0) {
            if (heap_reallocate(heap, 0, mine[at], size, &moved) != STATUS_SUCCESS)
                atomic_fetch_add(&failures, 1);
        } else {
            heap_free(heap, 0, mine[at]);
            moved = heap_allocate(heap, 0, size);
        }
        mine[at] = moved;
        sizes[at] = size;
        mine[at][0] = mine[at][size - 1] = (unsigned char)at;
        if (i % 50 == 49)
            heap_compact(heap, 0);
    }
    for (unsigned at = 0; at < 3; at++)
        heap_free(heap, 0, mine[at]);
    return NULL;
}

static void keeping(void)
{
    pthread_t threads[THREADS];
    heap_state.malloc = true;
    for (uintptr_t i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, large_in_turn, (void *)(i + 1)) == 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQ(failures, 0);
    CHECK(heap_validate(heap, 0, NULL));
    struct heap_summary summary;
    heap_compact(heap, 0);
    heap_summarize(heap, &summary);
    CHECK_EQ(summary.huge_blocks, 0);
    CHECK(summary.committed < (size_t)64 << 20);
    heap_state.malloc = false;
}

int main(void)
{
    struct heap *own;
    heap = heap_process();
    keeping(); /* first: there is no thread yet that gives memory back */
    REQUIRE(heap_create(0, 0, 0, &own) == STATUS_SUCCESS);
    heap = own;
    run_threads();
    locking();
    heap = heap_process();
    run_threads();
    CHECK_EQ(heap_destroy(own), STATUS_SUCCESS);
    return CHECK_DONE();
}
