/* pager_residency.c: what the Windows calls ask of the pager, all at once: priorities, locks, limits, prefetch,
 * sections that grow, a record of faults, and budgets that change, while threads stamp and verify pages. */
/* test traits: protection */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/options.h"
#include "host/section.h"
#include "mm/mm.h"
#include "pager/pager.h"
#include "pager/watch.h"

#define PAGES 6144u /* 24 MiB */
#define THREADS 3u
#define SECTION_PAGES 256u

static uint8_t *memory;
static uint32_t version[PAGES]; /* of the thread page % THREADS */
static _Atomic int stop;
static _Atomic unsigned long wrong, records;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint32_t word_of(uint32_t page, uint32_t index)
{
    return (page * 2654435761u ^ version[page] * 40503u) + (page % 3 ? index / 16 : index * 977);
}

static void write_page(uint32_t page)
{
    version[page]++;
    for (uint32_t i = 0; i < 1024; i += 2)
        ((volatile uint32_t *)(memory + (size_t)page * 4096))[i] = word_of(page, i);
}

static void verify(uint32_t page)
{
    for (uint32_t i = 0; i < 1024; i += 2) {
        uint32_t have = ((volatile uint32_t *)(memory + (size_t)page * 4096))[i];
        if (have != (version[page] ? word_of(page, i) : 0) && atomic_fetch_add(&wrong, 1) < 5)
            fprintf(stderr, "page %u version %u word %u is %x\n", page, version[page], i, have);
    }
}

static void *worker(void *argument)
{
    uint32_t own = (uint32_t)(uintptr_t)argument;
    uint64_t seed = own * 77 + 13;
    while (!atomic_load(&stop)) {
        uint32_t page = (uint32_t)(next(&seed) % (PAGES / THREADS)) * THREADS + own;
        uintptr_t at = (uintptr_t)memory + (size_t)page * 4096;
        size_t some = (next(&seed) % 200 + 1) * 4096;
        unsigned what = (unsigned)(next(&seed) % 64);
        some = some < (PAGES - page) * 4096ul ? some : (PAGES - page) * 4096ul;
        if (what < 26)
            verify(page);
        else if (what < 52)
            write_page(page);
        else if (what < 56)
            pager_set_priority(at, some, (unsigned)(next(&seed) % 5 + 1));
        else if (what < 58)
            pager_trim(at, some);
        else if (what < 60)
            pager_prefetch(at, some);
        else if (what == 60)
            atomic_store(pager_thread_priority(), (uint32_t)(next(&seed) % 6));
        else if (what == 61) {
            CHECK_EQ(pager_lock(at, 3 * 4096), 0);
            verify(page);
            pager_unlock(at, 3 * 4096);
        } else if (what == 62)
            pager_set_process_priority((unsigned)(next(&seed) % 5 + 1));
        else
            (void)pager_standby();
    }
    return NULL;
}

static void count_record(void *context, size_t index, const struct watch_record *record)
{
    (void)context, (void)index;
    atomic_fetch_add(&records, record->pc != 0 && record->address != 0 && record->thread != 0);
}

/* A section's memory comes and goes. */
static void section_round(uint64_t *seed)
{
    int fd;
    void *base = NULL;
    REQUIRE(host_memfile_create("test", SECTION_PAGES * 4096, &fd) == 0);
    CHECK_EQ(pager_add_file(fd), 0);
    base = mmap(NULL, SECTION_PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    REQUIRE(base != MAP_FAILED);
    size_t used = next(seed) % SECTION_PAGES + 1;
    memset(base, 1, used * 4096);
    CHECK(pager_file_pages() >= used);
    munmap(base, SECTION_PAGES * 4096);
    pager_remove_file(fd);
    host_memfile_close(fd);
}

static void manage(void)
{
    size_t lost;
    uint64_t seed = 4711;
    const char *seconds = getenv("WINMEM_TORTURE_SECONDS");
    struct timespec now, end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    double length = seconds ? atof(seconds) : 1.5;
    end.tv_sec += (time_t)length;
    end.tv_nsec += (long)((length - (double)(time_t)length) * 1e9);
    do {
        struct pager_statistics s;
        switch (next(&seed) % 5) {
        case 0:
            pager_set_limits(0, next(&seed) % 1024 + 512);
            break;
        case 1:
            pager_set_limits(next(&seed) % 700, SIZE_MAX);
            break;
        case 2:
            pager_set_budget((next(&seed) % 8 + 8) << 20);
            break;
        case 3:
            section_round(&seed);
            break;
        default:
            (void)watch_take(32768, count_record, NULL, &lost);
        }
        pager_get_statistics(&s);
        usleep(3000);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
}

int main(void)
{
    pthread_t threads[THREADS];
    void *base = NULL;
    size_t size = (size_t)PAGES * 4096;
    size_t lost;
    struct pager_statistics s;
    CHECK_EQ(host_option_set(OPTION_RAM, "10M"), 0);
    CHECK_EQ(host_option_set(OPTION_PAGEFILE, "128M"), 0);
    exception_start();
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    memory = base;
    CHECK_EQ(pager_watch_faults(), 0);
    if (mm_start_paging() != 0 || !pager_on)
        SKIP("no userfaultfd here");
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    manage();
    atomic_store(&stop, 1);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pager_set_limits(0, SIZE_MAX);
    for (uint32_t page = 0; page < PAGES; page++)
        verify(page);
    CHECK_EQ(atomic_load(&wrong), 0);
    (void)watch_take(32768, count_record, NULL, &lost);
    CHECK(atomic_load(&records) > 0);
    const char *bad = pager_validate();
    if (bad)
        fprintf(stderr, "%s\n", bad);
    CHECK(bad == NULL);
    pager_get_statistics(&s);
    CHECK_EQ(s.resident + s.modified + s.tables + s.zeroed + s.unpaged, s.budget + s.over_budget);
    CHECK_EQ(s.in_page_errors, 0);
    CHECK_EQ(mm_free(&base, &size, MEM_DECOMMIT), 0);
    CHECK(pager_validate() == NULL);
    return CHECK_DONE();
}
