/* workloads.c: what allocators are measured with, by malloc and free alone, so that any of them can stand behind.
 * usage: workloads NAME [SCALE]     prints: nanoseconds an operation, then the peak resident memory in KiB
 *        workloads                  lists the names */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <time.h>

static unsigned next_random(unsigned *seed)
{
    unsigned x = *seed;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *seed = x;
}

/* Processor time while there is one thread: what else the machine does counts less. */
static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void *take(size_t size)
{
    char *volatile block = malloc(size);
    if (!block)
        abort();
    block[0] = 1;
    return block;
}

/* --- one thread --- */

static long pairs(size_t size, long count)
{
    for (long i = 0; i < count; i++)
        free(take(size));
    return count;
}

static long pair16(long scale)
{
    return pairs(16, 20000000 * scale);
}
static long pair256(long scale)
{
    return pairs(256, 20000000 * scale);
}
static long pair4k(long scale)
{
    return pairs(4096, 10000000 * scale);
}
static long pair70k(long scale)
{
    return pairs(70000, 5000000 * scale);
}

static long batches(size_t size, int count, long rounds)
{
    void **blocks = malloc((size_t)count * sizeof(*blocks));
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < count; i++)
            blocks[i] = take(size);
        for (int i = 0; i < count; i++)
            free(blocks[i]);
    }
    free(blocks);
    return rounds * count;
}

static long batch64(long scale)
{
    return batches(64, 1000, 10000 * scale);
}
static long batch4k(long scale)
{
    return batches(4096, 1000, 2000 * scale);
}
static long batch70k(long scale)
{
    return batches(70000, 100, 4000 * scale);
}

static long zeroed(long scale)
{
    static const size_t sizes[] = {40, 200, 1000, 5000, 30000, 100000};
    unsigned seed = 1;
    void *blocks[256] = {0};
    long count = 400000 * scale;
    for (long i = 0; i < count; i++) {
        unsigned slot = next_random(&seed) % 256;
        free(blocks[slot]);
        unsigned pick = next_random(&seed) % 64;
        size_t size = sizes[pick < 40 ? 0 : pick < 52 ? 1 : pick < 58 ? 2 : pick < 61 ? 3 : pick < 63 ? 4 : 5];
        char *volatile block = calloc(1, size);
        if (block[0] || block[size - 1])
            abort();
        blocks[slot] = block;
    }
    for (int i = 0; i < 256; i++)
        free(blocks[i]);
    return count;
}

static long zeroed_fresh(long scale)
{
    static void *blocks[64];
    for (long round = 0; round < 4 * scale; round++) {
        for (int i = 0; i < 64; i++) {
            blocks[i] = calloc(1, 1 << 20);
            for (size_t at = 0; at < 1 << 20; at += 4096)
                ((char *)blocks[i])[at] = 1;
        }
        for (int i = 0; i < 64; i++)
            free(blocks[i]);
    }
    return 256 * scale;
}

static long churn(long scale)
{
    enum { LIVE = 10000 };
    static char *blocks[LIVE];
    unsigned seed = 7;
    long count = 5000000 * scale;
    for (long i = 0; i < count; i++) {
        unsigned slot = next_random(&seed) % LIVE;
        free(blocks[slot]);
        blocks[slot] = take(16 + next_random(&seed) % 500);
    }
    for (int i = 0; i < LIVE; i++)
        free(blocks[i]);
    return count;
}

/* Small numbers that live briefly, as a factoring program makes them. */
static long cfrac(long scale)
{
    enum { DEPTH = 64 };
    unsigned seed = 3;
    unsigned *stack[DEPTH];
    int depth = 0;
    long count = 10000000 * scale;
    for (long i = 0; i < count; i++) {
        unsigned random = next_random(&seed);
        if (depth == 0 || (depth < DEPTH && (random & 1))) {
            size_t words = 1 + (random >> 8) % 10;
            unsigned *number = take(words * sizeof(unsigned));
            for (size_t at = 0; at < words; at++)
                number[at] = random;
            stack[depth++] = number;
        } else {
            depth--;
            free(stack[depth]);
        }
    }
    while (depth)
        free(stack[--depth]);
    return count;
}

/* A buffer that grows while its program allocates what it is about: it cannot stay at the end of the heap. */
static long realloc_growth(long scale)
{
    enum { PIECES = 64 };
    void *pieces[PIECES];
    unsigned seed = 4;
    long steps = 0;
    for (long round = 0; round < 4000 * scale; round++) {
        size_t size = 16;
        char *block = malloc(size);
        int count = 0;
        while (size < 1 << 20) {
            pieces[count++] = take(16 + next_random(&seed) % 200);
            size += size / 2;
            block = realloc(block, size);
            block[size - 1] = 1;
            steps++;
        }
        free(block);
        while (count)
            free(pieces[--count]);
    }
    return steps;
}

static long realloc_buffers(long scale)
{
    enum { BUFFERS = 100 };
    char *buffers[BUFFERS] = {0};
    size_t sizes[BUFFERS] = {0};
    unsigned seed = 5;
    long count = 300000 * scale;
    for (long i = 0; i < count; i++) {
        unsigned at = next_random(&seed) % BUFFERS;
        sizes[at] += 1 + next_random(&seed) % 1000;
        if (sizes[at] > 300000)
            sizes[at] = 10;
        buffers[at] = realloc(buffers[at], sizes[at]);
        buffers[at][sizes[at] - 1] = 1;
    }
    for (int i = 0; i < BUFFERS; i++)
        free(buffers[i]);
    return count;
}

/* A program that builds a large structure and takes it down: fresh memory counts. */
struct node {
    struct node *left, *right;
    unsigned long key;
    char *text;
};

static struct node *build(int depth, unsigned *seed)
{
    struct node *node = take(sizeof(*node));
    node->key = next_random(seed);
    node->text = take(8 + node->key % 60);
    node->left = depth ? build(depth - 1, seed) : NULL;
    node->right = depth ? build(depth - 1, seed) : NULL;
    return node;
}

static void take_down(struct node *node)
{
    if (!node)
        return;
    take_down(node->left);
    take_down(node->right);
    free(node->text);
    free(node);
}

static long trees(long scale)
{
    unsigned seed = 9;
    for (long round = 0; round < 3 * scale; round++)
        take_down(build(18, &seed));
    return 3 * scale * 2 * (2 << 18);
}

/* --- threads --- */

#define MOST_THREADS 4
static int threads_count = 2;

static void run_threads(void *(*body)(void *))
{
    pthread_t threads[MOST_THREADS];
    for (long i = 0; i < threads_count; i++)
        pthread_create(&threads[i], NULL, body, (void *)i);
    for (int i = 0; i < threads_count; i++)
        pthread_join(threads[i], NULL);
}

static long thread_scale;

/* larson: a server whose threads end and hand their blocks to the next one. */
enum { LARSON_BLOCKS = 1000, LARSON_ROUNDS = 60, LARSON_STEPS = 40000 };
static void *larson_blocks[MOST_THREADS][LARSON_BLOCKS];

static void *larson_body(void *argument)
{
    long self = (long)argument;
    unsigned seed = (unsigned)self * 31 + 17;
    for (int i = 0; i < LARSON_STEPS; i++) {
        unsigned at = next_random(&seed) % LARSON_BLOCKS;
        free(larson_blocks[self][at]);
        larson_blocks[self][at] = take(8 + next_random(&seed) % 1000);
    }
    return NULL;
}

static long larson(long scale)
{
    for (int round = 0; round < LARSON_ROUNDS * scale; round++)
        run_threads(larson_body);
    return (long)LARSON_ROUNDS * scale * LARSON_STEPS * threads_count;
}

/* xmalloc: one thread allocates, the other frees. */
enum { RING = 8192 };
static _Atomic(void *) ring[RING];

static void *consumer(void *argument)
{
    long count = (long)argument;
    for (long i = 0; i < count; i++) {
        void *block;
        while (!(block = atomic_exchange_explicit(&ring[i % RING], NULL, memory_order_acq_rel)))
            sched_yield();
        free(block);
    }
    return NULL;
}

static long xmalloc(long scale)
{
    long count = 3000000 * scale;
    unsigned seed = 11;
    pthread_t thread;
    pthread_create(&thread, NULL, consumer, (void *)count);
    for (long i = 0; i < count; i++) {
        void *block = take(16 + next_random(&seed) % 300);
        while (atomic_load_explicit(&ring[i % RING], memory_order_acquire))
            sched_yield();
        atomic_store_explicit(&ring[i % RING], block, memory_order_release);
    }
    pthread_join(thread, NULL);
    return count;
}

/* mstress: threads with mixed sizes that exchange blocks through a shared table. */
enum { TRANSFER = 1000 };
static _Atomic(void *) transfer[TRANSFER];

static size_t mixed_size(unsigned *seed)
{
    unsigned kind = next_random(seed) % 1000;
    if (kind < 900)
        return 8 + next_random(seed) % 256;
    if (kind < 995)
        return 256 + next_random(seed) % 8000;
    return 10000 + next_random(seed) % 100000;
}

static void *mstress_body(void *argument)
{
    unsigned seed = (unsigned)(long)argument * 77 + 5;
    enum { KEEP = 2000 };
    void **kept = calloc(KEEP, sizeof(*kept));
    for (long i = 0; i < 1000000 * thread_scale; i++) {
        unsigned random = next_random(&seed);
        if (random % 8 == 0) {
            free(atomic_exchange(&transfer[(random >> 8) % TRANSFER], take(mixed_size(&seed))));
        } else {
            unsigned at = (random >> 8) % KEEP;
            free(kept[at]);
            kept[at] = take(mixed_size(&seed));
        }
    }
    for (int i = 0; i < KEEP; i++)
        free(kept[i]);
    free(kept);
    return NULL;
}

static long mstress(long scale)
{
    thread_scale = scale;
    run_threads(mstress_body);
    for (int i = 0; i < TRANSFER; i++)
        free(atomic_exchange(&transfer[i], NULL));
    return 1000000 * scale * threads_count;
}

/* cache-scratch: blocks of one thread must not share cache lines with another's. */
static void *scratch_first[MOST_THREADS];

static void *scratch_body(void *argument)
{
    long self = (long)argument;
    free(scratch_first[self]);
    for (int round = 0; round < 300 * thread_scale; round++) {
        volatile char *block = malloc(8);
        for (int i = 0; i < 20000; i++)
            block[i % 8]++;
        free((void *)block);
    }
    return NULL;
}

static long cache_scratch(long scale)
{
    thread_scale = scale;
    for (int i = 0; i < MOST_THREADS; i++)
        scratch_first[i] = malloc(8);
    run_threads(scratch_body);
    return 300 * scale * threads_count * 20;
}

/* Threads that come, allocate, and go. */
static void *short_body(void *argument)
{
    unsigned seed = (unsigned)(long)argument + 1;
    void *blocks[200];
    for (int i = 0; i < 200; i++)
        blocks[i] = take(mixed_size(&seed) % 2000 + 1);
    for (int i = 0; i < 200; i++)
        free(blocks[i]);
    return NULL;
}

static long thread_churn(long scale)
{
    for (int round = 0; round < 3000 * scale; round++)
        run_threads(short_body);
    return 3000 * scale * threads_count * 200;
}

static const struct {
    const char *name;
    long (*run)(long scale);
    int threads;
} workloads[] = {
    {"pair16", pair16, 0},
    {"pair256", pair256, 0},
    {"pair4k", pair4k, 0},
    {"pair70k", pair70k, 0},
    {"batch64", batch64, 0},
    {"batch4k", batch4k, 0},
    {"batch70k", batch70k, 0},
    {"zeroed", zeroed, 0},
    {"zeroed-fresh", zeroed_fresh, 0},
    {"churn", churn, 0},
    {"cfrac", cfrac, 0},
    {"realloc-growth", realloc_growth, 0},
    {"realloc-buffers", realloc_buffers, 0},
    {"trees", trees, 0},
    {"larson", larson, 1},
    {"xmalloc", xmalloc, 1},
    {"mstress", mstress, 1},
    {"cache-scratch", cache_scratch, 1},
    {"thread-churn", thread_churn, 1},
};

/* VmHWM: unlike getrusage's figure it begins with this program, not with what started it. */
static long peak_resident(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "VmHWM: %ld", &kib) == 1)
            break;
    }
    if (file)
        fclose(file);
    return kib;
}

int main(int argc, char **argv)
{
    size_t count = sizeof(workloads) / sizeof(*workloads);
    for (size_t i = 0; i < count; i++) {
        if (argc < 2) {
            puts(workloads[i].name);
            continue;
        }
        if (strcmp(argv[1], workloads[i].name) != 0)
            continue;
        clockid_t clock = workloads[i].threads ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID;
        double start = now(clock);
        long operations = workloads[i].run(argc > 2 ? atol(argv[2]) : 1);
        double elapsed = now(clock) - start;
        printf("%.3f %ld\n", elapsed / (double)operations, peak_resident());
        return 0;
    }
    return argc < 2 ? 0 : 2;
}
