/* load.c: one paging load, the same binary for every side of the comparison: plain anonymous memory, filled with mixed
 * pages, then read and written by a pattern, every access verified. It knows nothing of who pages it. Prints one line:
 * operations a second, the median and 99th percentile of the operations that were page faults (slower than 1 us), and
 * the processor time of one operation, which counts on a busy machine.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096u
#define WORDS (PAGE / 8)
#define MAX_THREADS 16
#define PIECE ((size_t)256)
#define BUCKETS 256 /* latency histogram: 8 buckets an octave, from 1 ns */

enum pattern { UNIFORM, ZIPF, SEQUENTIAL };

static struct {
    size_t pages;
    enum pattern pattern;
    unsigned write_percent; /* share of operations that write */
    int spread;             /* a write touches 8 lines of the page instead of one */
    int random;             /* every page incompressible */
    unsigned threads;
    double seconds;
    uint64_t *memory;
    uint32_t *version; /* what each page must hold: the shadow */
    double zipf_zeta, zipf_eta, zipf_alpha;
} load = {.pages = 512 << 8, .write_percent = 0, .threads = 1, .seconds = 5};

struct worker {
    pthread_t thread;
    unsigned index;
    uint64_t random;
    uint64_t operations, errors;
    uint64_t histogram[BUCKETS];
};

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Half heap-like (small numbers, pointers, zeros), two fifths text, one tenth incompressible. */
static void fill(uint64_t *page, size_t number)
{
    static const char vocabulary[] =
        "the memory of a page is not what it was when the working set had room for all of "
        "them and every fault went to disk before the store kept copies in compressed form ";
    uint64_t random = mix(number + 1) | 1;
    unsigned kind = load.random ? 9 : (unsigned)(number % 10);
    char *text = (char *)page;
    if (kind == 9) {
        for (unsigned i = 0; i < WORDS; i++)
            page[i] = next(&random);
    } else if (kind < 5) {
        for (unsigned i = 0; i < WORDS; i++) {
            uint64_t r = next(&random);
            page[i] = r % 8 < 3 ? 0 : r % 8 < 6 ? r >> 52 : 0x00007f3200000000u | ((r >> 20) & 0xfffff0);
        }
    } else {
        for (unsigned at = 0; at < PAGE;) {
            unsigned start = (unsigned)(next(&random) % (sizeof vocabulary - 24));
            unsigned length = 4 + (unsigned)(random % 18);
            for (unsigned i = 0; i < length && at < PAGE; i++)
                text[at++] = vocabulary[start + i];
        }
    }
    page[0] = mix(number);
    page[64] = 0;
}

/* Gray et al., "Quickly generating billion-record synthetic databases": zipfian of theta 0.99. */
static void zipf_prepare(void)
{
    const double theta = 0.99;
    double zeta = 0;
    size_t n = load.pages / load.threads;
    for (size_t i = 1; i <= n; i++)
        zeta += 1 / pow((double)i, theta);
    load.zipf_zeta = zeta;
    load.zipf_alpha = 1 / (1 - theta);
    load.zipf_eta = (1 - pow(2.0 / (double)n, 1 - theta)) / (1 - (1 + pow(0.5, theta)) / zeta);
}

static size_t zipf(uint64_t *random, size_t n)
{
    double u = (double)(next(random) >> 11) / 9007199254740992.0;
    double uz = u * load.zipf_zeta;
    size_t rank = uz < 1 ? 0
                  : uz < 1 + pow(0.5, 0.99)
                      ? 1
                      : (size_t)((double)n * pow(load.zipf_eta * u - load.zipf_eta + 1, load.zipf_alpha));
    if (rank >= n)
        rank = n - 1;
    return mix(rank) % n; /* hot pages are scattered, as in a heap */
}

static size_t choose(struct worker *w)
{
    size_t n = load.pages / load.threads, page;
    switch (load.pattern) {
    case UNIFORM:
        page = next(&w->random) % n;
        break;
    case ZIPF:
        page = zipf(&w->random, n);
        break;
    default:
        n -= n % PIECE;
        page = w->operations % n;
    }
    if (load.pattern != SEQUENTIAL)
        return page * load.threads + w->index;
    /* The threads take pieces of 1 MiB in turn: with a half each, one thread's half could stay in memory as a whole,
     * and its speed would stand for both. */
    size_t own = page / PIECE * load.threads + w->index;
    return own * PIECE + page % PIECE;
}

/* One access to one page: verify the stamp and the version; maybe write the next version. */
static void operate(struct worker *w, size_t number)
{
    uint64_t *page = load.memory + number * WORDS;
    if (page[0] != mix(number) || page[64] != load.version[number])
        w->errors++;
    if (next(&w->random) % 100 >= load.write_percent)
        return;
    page[64] = ++load.version[number];
    if (load.spread)
        for (unsigned i = 1; i < 8; i++)
            page[i * 64 + 32] = page[64];
}

static unsigned bucket(uint64_t ns)
{
    if (ns < 8)
        return (unsigned)ns;
    unsigned octave = 63 - (unsigned)__builtin_clzll(ns);
    unsigned b = octave * 8 + (unsigned)((ns >> (octave - 3)) & 7);
    return b < BUCKETS ? b : BUCKETS - 1;
}

static double bucket_ns(unsigned b)
{
    return b < 8 ? b : (double)((8 + (uint64_t)(b & 7)) << (b / 8 - 3));
}

static void *work(void *argument)
{
    struct worker *w = argument;
    uint64_t end = now() + (uint64_t)(load.seconds * 1e9), before = now();
    while (before < end) {
        operate(w, choose(w));
        w->operations++;
        uint64_t after = now();
        w->histogram[bucket(after - before)]++;
        before = after;
    }
    return NULL;
}

static double percentile(const uint64_t *histogram, double part)
{
    uint64_t total = 0, seen = 0;
    for (unsigned b = bucket(1000); b < BUCKETS; b++)
        total += histogram[b];
    for (unsigned b = bucket(1000); b < BUCKETS; b++) {
        seen += histogram[b];
        if (total && (double)seen >= part * (double)total)
            return bucket_ns(b) / 1000;
    }
    return 0;
}

static void usage(void)
{
    fprintf(stderr, "usage: load [mib=512] [pattern=uniform|zipf|seq] [write=0..100] [spread=0|1] [random=0|1] "
                    "[threads=1] [seconds=5]\n");
    exit(2);
}

static void parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (!value)
            usage();
        *value++ = 0;
        if (!strcmp(argv[i], "mib"))
            load.pages = strtoul(value, NULL, 10) << 8;
        else if (!strcmp(argv[i], "pattern"))
            load.pattern = *value == 'z' ? ZIPF : *value == 's' ? SEQUENTIAL : UNIFORM;
        else if (!strcmp(argv[i], "write"))
            load.write_percent = (unsigned)atoi(value);
        else if (!strcmp(argv[i], "spread"))
            load.spread = atoi(value);
        else if (!strcmp(argv[i], "random"))
            load.random = atoi(value);
        else if (!strcmp(argv[i], "threads"))
            load.threads = (unsigned)atoi(value);
        else if (!strcmp(argv[i], "seconds"))
            load.seconds = atof(value);
        else
            usage();
    }
    if (load.pages < PIECE * MAX_THREADS || !load.threads || load.threads > MAX_THREADS)
        usage();
}

int main(int argc, char **argv)
{
    static struct worker workers[MAX_THREADS];
    static uint64_t histogram[BUCKETS];
    parse(argc, argv);
    load.memory = mmap(NULL, load.pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    load.version = calloc(load.pages, sizeof *load.version);
    if (load.memory == MAP_FAILED || !load.version) {
        fprintf(stderr, "load: %s\n", strerror(errno));
        return 1;
    }
    for (size_t i = 0; i < load.pages; i++)
        fill(load.memory + i * WORDS, i);
    if (load.pattern == ZIPF)
        zipf_prepare();
    double before = processor_seconds();
    uint64_t operations = 0, errors = 0, start = now();
    for (unsigned i = 0; i < load.threads; i++) {
        workers[i].index = i;
        workers[i].random = mix(i + 77) | 1;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < load.threads; i++) {
        pthread_join(workers[i].thread, NULL);
        operations += workers[i].operations;
        errors += workers[i].errors;
        for (unsigned b = 0; b < BUCKETS; b++)
            histogram[b] += workers[i].histogram[b];
    }
    double seconds = (double)(now() - start) / 1e9;
    printf("%.0f ops/s  fault p50 %.1f us  p99 %.1f us  errors %llu  processor %.3f us\n", (double)operations / seconds,
           percentile(histogram, 0.5), percentile(histogram, 0.99), (unsigned long long)errors,
           (processor_seconds() - before) * 1e6 / (double)operations);
    return errors != 0;
}
