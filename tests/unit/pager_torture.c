/* pager_torture.c: threads stamp and verify every page while the budget, the protection and the pages themselves
 * change under them. WINMEM_TORTURE_SECONDS sets the length (1.5 by default), WINMEM_FAULTS who resolves faults. */
/* test traits: protection */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/memory.h"
#include "host/options.h"
#include "mm/discard.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 8192u /* 32 MiB */
#define THREADS 3u

static uint8_t *memory;
static uint32_t version[PAGES]; /* of each page, owned by the thread page % THREADS */
static _Atomic int stop;
static _Atomic unsigned long operations, wrong;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Heap-like, text-like, incompressible and zero pages, all derived from page and version. */
static void stamp(uint8_t *to, uint32_t page, uint32_t stamp_version)
{
    uint64_t seed = ((uint64_t)page << 32 | stamp_version) * 0x9e3779b97f4a7c15u + 1;
    uint64_t words[512];
    for (unsigned i = 0; i < 512; i++) {
        uint64_t value = next(&seed);
        switch (page % 8) {
        case 0:
            words[i] = value; /* does not compress */
            break;
        case 1:
        case 2:
        case 3:
            words[i] = i % 3 ? value & 0xffff : 0; /* sparse */
            break;
        default:
            words[i] = 0x2074736574202020 + (value & 7); /* text-like */
        }
    }
    words[0] = stamp_version ? (uint64_t)page << 32 | stamp_version : 0;
    if (!stamp_version)
        memset(words, 0, sizeof(words));
    memcpy(to, words, sizeof(words));
}

static void verify(uint32_t page)
{
    uint64_t want[512];
    stamp((uint8_t *)want, page, version[page]);
    if (memcmp(memory + (size_t)page * 4096, want, 4096) != 0 && atomic_fetch_add(&wrong, 1) < 5)
        fprintf(stderr, "page %u version %u is wrong: %llx\n", page, version[page],
                *(unsigned long long *)(memory + (size_t)page * 4096));
}

static void write_page(uint32_t page)
{
    version[page]++;
    stamp(memory + (size_t)page * 4096, page, version[page]);
}

static void protect(uint32_t page, ULONG how)
{
    void *base = memory + (size_t)page * 4096;
    size_t size = 4096;
    ULONG old;
    CHECK_EQ(mm_protect(&base, &size, how, &old), 0);
}

static void decommit(uint32_t page)
{
    void *base = memory + (size_t)page * 4096;
    size_t size = 4096;
    CHECK_EQ(mm_free(&base, &size, MEM_DECOMMIT), 0);
    CHECK_EQ(mm_allocate(&base, &size, MEM_COMMIT, PAGE_READWRITE, NULL), 0);
    version[page] = 0;
}

static void discard(uint32_t page)
{
    CHECK_EQ(mm_discard(memory + (size_t)page * 4096, 4096), 0);
    version[page] = 0;
}

static void *worker(void *argument)
{
    uint64_t seed = (uintptr_t)argument * 77 + 13;
    uint32_t own = (uint32_t)(uintptr_t)argument;
    while (!atomic_load(&stop)) {
        uint32_t page = (uint32_t)(next(&seed) % (PAGES / THREADS)) * THREADS + own;
        unsigned what = (unsigned)(next(&seed) % 64);
        if (what < 30)
            verify(page);
        else if (what < 58)
            write_page(page);
        else if (what == 58)
            decommit(page);
        else if (what == 59)
            pager_trim((uintptr_t)memory + (size_t)page * 4096, 64 * 4096);
        else if (what == 60) {
            protect(page, PAGE_NOACCESS);
            pager_trim((uintptr_t)memory + (size_t)page * 4096, 4096);
            protect(page, PAGE_READONLY);
            verify(page);
            protect(page, PAGE_READWRITE);
        } else if (what == 61) {
            CHECK_EQ(pager_lock((uintptr_t)memory + (size_t)page * 4096, 4096), 0);
            pager_unlock((uintptr_t)memory + (size_t)page * 4096, 4096);
        } else if (what == 62) {
            discard(page);
            pager_set_priority((uintptr_t)memory + (size_t)page * 4096, 4096, 1 + page % 5);
        } else {
            for (uint32_t i = 0; i < 40 && page + i * THREADS < PAGES; i++)
                verify(page + i * THREADS);
        }
        atomic_fetch_add(&operations, 1);
    }
    return NULL;
}

static void in_child(void)
{
    for (uint32_t page = 0; page < PAGES; page += 7)
        verify(page);
    for (uint32_t page = 0; page < PAGES; page += 5)
        write_page(page);
    for (uint32_t page = 0; page < PAGES; page++)
        verify(page);
    const char *bad = pager_validate();
    if (bad)
        fprintf(stderr, "in the child: %s\n", bad);
    _exit(atomic_load(&wrong) != 0 || bad);
}

static void fork_children(void)
{
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0)
            in_child();
        for (uint32_t page = 0; page < PAGES; page += 3)
            write_page(page);
        int status = -1;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_EQ(status, 0);
    }
}

/* In the child of a process whose threads were at work: no page may read as zero that was not. Each thread may have
 * been between a page's loss and the note of it, or have shut one. */
static void look_from_child(uint32_t page)
{
    unsigned strange = 0;
    for (; page < PAGES; page += 23) {
        uint64_t word = 0;
        bool read = host_copy(&word, memory + (size_t)page * 4096, sizeof(word)) == sizeof(word);
        strange += !read || (word == 0) != (version[page] == 0) || (word && word >> 32 != page);
    }
    const char *bad = pager_validate();
    if (strange > THREADS || bad)
        fprintf(stderr, "in a child of many threads: %u pages are wrong, %s\n", strange, bad ? bad : "else valid");
    _exit(strange > THREADS || bad);
}

static void fork_under_load(uint32_t first)
{
    int status = -1;
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
        look_from_child(first % 23);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_EQ(status, 0);
}

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void run(double seconds)
{
    pthread_t threads[THREADS];
    atomic_store(&stop, 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    struct timespec tick = {0, 100000000};
    double end = now() + seconds;
    for (int i = 0; now() < end; i++) {
        nanosleep(&tick, NULL);
        pager_set_budget((uint64_t)(6 + i * 5 % 12) << 20);
        if (i % 10 == 5)
            fork_under_load((uint32_t)i);
    }
    atomic_store(&stop, 1);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (uint32_t page = 0; page < PAGES; page++)
        verify(page);
    CHECK_EQ(atomic_load(&wrong), 0);
    const char *bad = pager_validate();
    if (bad)
        fprintf(stderr, "pager_validate: %s\n", bad);
    CHECK(bad == NULL);
}

static void report(void)
{
    struct pager_statistics s;
    pager_get_statistics(&s);
    printf("operations %lu faults %lu zero %lu soft %lu hard %lu wp %lu collided %lu ahead %lu\n",
           atomic_load(&operations), s.faults, s.demand_zero, s.soft, s.hard, s.write_protect, s.collided,
           s.read_ahead);
    printf("budget %lu resident %lu store %lu tables %lu free %lu over %lu (times %lu)\n", s.budget, s.resident,
           s.modified, s.tables, s.zeroed, s.over_budget, s.times_over_budget);
    printf("evicted %lu clean %lu zero %lu encoded %lu (raw %lu zb %lu lz4 %lu) back %lu batches %lu\n", s.evicted,
           s.evicted_clean, s.evicted_zero, s.encoded, s.encoded_raw, s.encoded_zero_bytes, s.encoded_lz4, s.taken_back,
           s.batches);
    printf("store live %lu compacted %lu moved %lu migrated %lu file %lu/%lu errors %d\n", s.store_live, s.compacted,
           s.moved, s.migrated, s.file_in_use, s.file_size, s.file_last_error);
}

int main(void)
{
    exception_start();
    const char *length = getenv("WINMEM_TORTURE_SECONDS");
    bool by_protection = strcmp(host_option_text(OPTION_FAULTS), "protection") == 0;
    if (strcmp(host_option_text(OPTION_FAULTS), "thread") == 0 && pager_use_thread() != 0)
        SKIP("no thread may resolve faults here");
    CHECK_EQ(host_option_set(OPTION_RAM, "12M"), 0);
    CHECK_EQ(host_option_set(OPTION_PAGEFILE, "128M"), 0);
    size_t size = (size_t)PAGES * 4096;
    REQUIRE(mm_allocate((void **)&memory, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    if (!pager_on)
        SKIP("no paging here");
    CHECK_EQ(pager_by_protection, by_protection);
    for (uint32_t page = 0; page < PAGES; page++)
        write_page(page);
    for (uint32_t page = 0; page < PAGES; page++)
        verify(page);
    report();
    CHECK_EQ(atomic_load(&wrong), 0);
    CHECK(pager_validate() == NULL);
    run(length ? atof(length) : 1.5);
    fork_children();
    report();
    CHECK_EQ(atomic_load(&wrong), 0);
    return CHECK_DONE();
}
