/* pager_sections.c: sections under a RAM budget. Two threads stamp and verify a section of four budgets through two
 * views and through views that come and go, while pages are trimmed, locked and protected and the budget changes; a
 * copy-on-write view, a reserved section, what was there before paging started, sharing, fork. In both fault modes.
 * WINMEM_TORTURE_SECONDS sets the length (1 by default). */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/options.h"
#include "host/section.h"
#include "mm/mm.h"
#include "mm/section.h"
#include "mm/view.h"
#include "pager/pager.h"

#define PAGES 4096u /* 16 MiB */
#define BUDGET ((uint64_t)4 << 20)
#define THREADS 2u
#define PAGE ((size_t)4096)
#define WORDS (PAGE / 8)

static struct mm_section *section;
static uint8_t *views[2];
static uint32_t version[PAGES]; /* of each page, owned by the thread page % THREADS */
static int source;              /* a file of as many pages */
static _Atomic int stop;
static _Atomic unsigned long operations, wrong;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* One page in 32 does not compress; version 0 is zero. */
static uint64_t word(uint32_t page, unsigned i, uint64_t value)
{
    if (page % 32 == 0)
        return value;
    if (page % 8 < 4)
        return i % 3 ? value & 0xffff : 0;
    return 0x207473206574 + (i % 8 ? 0 : value & 7);
}

static void stamp(void *to, uint32_t page, uint32_t of_version)
{
    uint64_t seed = ((uint64_t)page << 32 | of_version) * 0x9e3779b97f4a7c15u + 1, *words = to;
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = of_version ? word(page, i, next(&seed)) : 0;
    if (of_version)
        words[0] = (uint64_t)page << 32 | of_version;
}

static void compare(const void *have, uint32_t page)
{
    uint64_t want[WORDS];
    stamp(want, page, version[page]);
    if (memcmp(have, want, PAGE) != 0 && atomic_fetch_add(&wrong, 1) < 5)
        fprintf(stderr, "page %u version %u is wrong: %llx\n", page, version[page], *(const unsigned long long *)have);
}

static void verify(unsigned view, uint32_t page)
{
    compare(views[view] + page * PAGE, page);
}

static void write_page(unsigned view, uint32_t page)
{
    version[page]++;
    stamp(views[view] + page * PAGE, page, version[page]);
}

static void *map_part(struct mm_section *of, uint64_t offset, size_t size, ULONG protect, size_t commit)
{
    struct mm_view_request request = {.offset = offset, .size = size, .protect = protect, .commit = commit};
    NTSTATUS status = mm_view_map(of, &request);
    CHECK_EQ(status, 0);
    return request.base;
}

static void unmap(void *view)
{
    CHECK_EQ(mm_view_unmap(view, 0), 0);
}

static void protect(uint8_t *at, ULONG how)
{
    void *base = at;
    size_t size = PAGE;
    ULONG old;
    CHECK_EQ(mm_protect(&base, &size, how, &old), 0);
}

/* Through a view of 64 KiB that lives for a moment. */
static void glance(uint32_t page)
{
    uint8_t *view = map_part(section, page / 16 * 16 * PAGE, 16 * PAGE, PAGE_READWRITE, 0);
    compare(view + page % 16 * PAGE, page);
    version[page]++;
    stamp(view + page % 16 * PAGE, page, version[page]);
    unmap(view);
}

/* What the kernel fills for a system call, as `winmem run` has it do where faults are signals: the page is pinned, and
 * writable, whatever a batch in progress does to it and its neighbours. */
static void filled(unsigned view, uint32_t page)
{
    uint64_t bytes[WORDS];
    uint8_t *at = views[view] + page * PAGE;
    version[page]++;
    stamp(bytes, page, version[page]);
    CHECK_EQ(pwrite(source, bytes, PAGE, page * PAGE), PAGE);
    int pin = pager_pin((uintptr_t)at, PAGE);
    pager_touch((uintptr_t)at, false);
    CHECK_EQ(pread(source, at, PAGE, page * PAGE), PAGE);
    pager_unpin(pin);
}

static void odd_jobs(unsigned what, unsigned view, uint32_t page)
{
    uint8_t *at = views[view] + page * PAGE;
    switch (what) {
    case 0:
        pager_trim((uintptr_t)at, 64 * PAGE);
        break;
    case 1:
        protect(at, PAGE_NOACCESS);
        pager_trim((uintptr_t)at, PAGE);
        protect(at, PAGE_READONLY);
        verify(view, page);
        protect(at, PAGE_READWRITE);
        break;
    case 2:
        CHECK_EQ(pager_lock((uintptr_t)at, PAGE), 0);
        verify(view, page);
        pager_unlock((uintptr_t)at, PAGE);
        break;
    case 3:
        pager_prefetch((uintptr_t)at, 8 * PAGE);
        break;
    default:
        glance(page);
    }
}

static void *worker(void *argument)
{
    uint64_t seed = (uintptr_t)argument * 77 + 13;
    uint32_t own = (uint32_t)(uintptr_t)argument;
    while (!atomic_load(&stop)) {
        uint32_t page = (uint32_t)(next(&seed) % (PAGES / THREADS)) * THREADS + own;
        unsigned what = (unsigned)(next(&seed) % 64), view = (unsigned)(next(&seed) % 2);
        if (what < 30) {
            verify(view, page);
        } else if (what < 50) {
            write_page(view, page);
        } else if (what < 57) {
            filled(view, page);
        } else if (what < 62) {
            odd_jobs(what - 57, view, page);
        } else {
            for (uint32_t i = 0; i < 40 && page + i * THREADS < PAGES; i++)
                verify(view, page + i * THREADS);
        }
        atomic_fetch_add(&operations, 1);
    }
    return NULL;
}

static void valid(void)
{
    const char *bad = pager_validate();
    if (bad)
        fprintf(stderr, "pager_validate: %s\n", bad);
    CHECK(bad == NULL);
    CHECK_EQ(atomic_load(&wrong), 0);
}

static struct pager_statistics statistics(void)
{
    struct pager_statistics s;
    pager_get_statistics(&s);
    return s;
}

/* Nothing of it is unpaged, nothing is over the budget; and the kernel says so too. */
static void within_budget(void)
{
    struct pager_statistics s = statistics();
    CHECK_EQ(s.unpaged, 0);
    CHECK_EQ(s.over_budget, 0);
    CHECK_EQ(s.resident + s.modified + s.tables + s.zeroed, s.budget);
    size_t shared = 0;
    char line[128];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof(line), file))
        sscanf(line, "RssShmem: %zu kB", &shared);
    if (file)
        fclose(file);
    if (!(shared && shared / 4 <= 2 * s.resident + 64))
        fprintf(stderr, "RssShmem %zu pages, resident %lu\n", shared / 4, s.resident);
    CHECK(shared && shared / 4 <= 2 * s.resident + 64); /* a page counts once for each view that shows it */
}

static void random_access(double seconds)
{
    pthread_t threads[THREADS];
    atomic_store(&stop, 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    struct timespec tick = {0, 100000000};
    for (int i = 0; i < (int)(seconds * 10); i++) {
        nanosleep(&tick, NULL);
        pager_set_budget((uint64_t)(3 + i * 5 % 6) << 20);
    }
    atomic_store(&stop, 1);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pager_set_budget(BUDGET);
    for (uint32_t page = 0; page < PAGES; page++)
        verify(page % 2, page);
    valid();
    within_budget();
}

/* A page that is locked while a batch in progress has write-protected its neighbours, and it with them, is writable at
 * once: the kernel may write it (a thread's restartable sequence) and is told of no fault that it could wait for. */
static void locked_between(void)
{
    unsigned refused = 0;
    for (uint32_t page = 0; page < PAGES; page++) {
        verify(0, page);
        if (page % 4)
            continue;
        uint32_t before = (page + PAGES - 40) % PAGES; /* in memory still, or just about to leave */
        uint8_t *at = views[0] + before * PAGE;
        compare(at, before);
        CHECK_EQ(pager_lock((uintptr_t)at, PAGE), 0);
        refused += pread(source, at, 8, 0) != 8;
        stamp(at, before, version[before]);
        pager_unlock((uintptr_t)at, PAGE);
    }
    CHECK_EQ(refused, 0);
}

/* Written pages are the view's own, the others are the section's at any time. */
static void copies(void)
{
    uint8_t *copy = map_part(section, 0, 64 * PAGE, PAGE_WRITECOPY, 0);
    for (uint32_t page = 0; page < 64; page += 2)
        memset(copy + page * PAGE, 0x77, PAGE);
    pager_trim((uintptr_t)views[0], 64 * PAGE);
    for (uint32_t page = 0; page < 64; page++)
        write_page(page % 2, page);
    pager_trim((uintptr_t)views[0], 64 * PAGE);
    for (uint32_t page = 0; page < 64; page++) {
        verify(0, page);
        if (page % 2)
            compare(copy + page * PAGE, page);
        else
            CHECK(copy[page * PAGE] == 0x77 && copy[page * PAGE + 4095] == 0x77);
    }
    unmap(copy);
    /* and a shared view of which a part becomes copy-on-write */
    protect(views[1] + PAGE, PAGE_WRITECOPY);
    views[1][PAGE] ^= 1;
    pager_trim((uintptr_t)views[0], 64 * PAGE);
    CHECK(views[1][PAGE] != views[0][PAGE]);
    verify(0, 1);
    valid();
    protect(views[1] + PAGE, PAGE_READWRITE);
    protect(views[1] + 2 * PAGE, PAGE_WRITECOPY);
    pager_trim((uintptr_t)views[0], 64 * PAGE);
    protect(views[1] + 2 * PAGE, PAGE_READWRITE); /* not written: shared again */
    write_page(1, 2);
    pager_trim((uintptr_t)views[0], 64 * PAGE);
    verify(0, 2);
    unmap(views[1]);
    views[1] = map_part(section, 0, 0, PAGE_READWRITE, 0);
    verify(1, 1);
    valid();
}

static void reserved(void)
{
    struct mm_section *made;
    REQUIRE(mm_section_create((uint64_t)1 << 30, PAGE_READWRITE, SEC_RESERVE, NULL, &made) == 0);
    uint8_t *view = map_part(made, 0, 0, PAGE_READWRITE, 2 * PAGE), *other = map_part(made, 0, 0, PAGE_READWRITE, 0);
    memset(view, 1, 2 * PAGE);
    for (uint32_t at = 0; at < 4096; at += 256) {
        void *base = view + (at + 1000) * PAGE;
        size_t size = 16 * PAGE;
        CHECK_EQ(mm_allocate(&base, &size, MEM_COMMIT, PAGE_READWRITE, NULL), 0);
        memset(base, (int)at / 256 + 1, 16 * PAGE);
        pager_trim((uintptr_t)base, 16 * PAGE);
        CHECK(other[(at + 1007) * PAGE] == at / 256 + 1);
    }
    CHECK(other[PAGE] == 1);
    struct pager_page page;
    pager_trim((uintptr_t)view, PAGE);
    pager_get_page((uintptr_t)other, &page);
    CHECK(page.prototype && page.state == PAGER_PAGE_STORE);
    CHECK(view[0] == 1);
    pager_get_page((uintptr_t)other, &page);
    CHECK(page.prototype && page.state == PAGER_PAGE_RESIDENT);
    valid();
    unmap(view);
    unmap(other);
    mm_section_dereference(made);
    valid();
}

/* Kept by its handle alone; then somebody else is to see it. */
static void without_views(void)
{
    struct mm_section *made;
    REQUIRE(mm_section_create(600 * PAGE, PAGE_READWRITE, SEC_COMMIT, NULL, &made) == 0);
    uint8_t *view = map_part(made, 0, 0, PAGE_READWRITE, 0);
    for (uint32_t page = 0; page < 600; page++)
        stamp(view + page * PAGE, page, 9);
    unmap(view);
    pager_trim(0, SIZE_MAX);
    CHECK_EQ(statistics().unpaged, 0);
    view = map_part(made, 0, 0, PAGE_READWRITE, 0);
    CHECK_EQ(mm_section_share(made), 0);
    CHECK_EQ(statistics().unpaged, 600);
    pager_trim(0, SIZE_MAX);
    CHECK_EQ(statistics().unpaged, 600);
    uint64_t want[WORDS];
    for (uint32_t page = 0; page < 600; page++) {
        stamp(want, page, 9);
        CHECK(memcmp(view + page * PAGE, want, PAGE) == 0);
    }
    uint8_t *again = map_part(made, 0, 0, PAGE_READWRITE, 0);
    CHECK(memcmp(again, view, 600 * PAGE) == 0);
    unmap(again);
    unmap(view);
    mm_section_dereference(made);
    CHECK_EQ(statistics().unpaged, 0);
    valid();
}

/* Parent and child see one section. */
static void forks(void)
{
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        for (uint32_t page = 0; page < PAGES; page++)
            verify(page % 2, page);
        for (uint32_t page = 0; page < PAGES; page += 5)
            write_page(0, page);
        pager_trim(0, SIZE_MAX);
        const char *bad = pager_validate();
        if (bad)
            fprintf(stderr, "in the child: %s\n", bad);
        _exit(atomic_load(&wrong) != 0 || bad);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_EQ(status, 0);
    for (uint32_t page = 0; page < PAGES; page += 5)
        version[page]++;
    pager_trim(0, SIZE_MAX);
    for (uint32_t page = 0; page < PAGES; page++)
        verify(page % 2, page);
    valid();
}

/* Where the kernel would make huge pages of a section's file nothing of it may be paged. */
static void huge_pages(void)
{
    static const struct {
        const char *text;
        bool good;
    } setting[] = {
        {"always within_size advise [never] deny force\n", true},
        {"always within_size [advise] never deny force\n", true},
        {"[always] within_size advise never deny force\n", false},
        {"always [within_size] advise never deny force\n", false},
        {"always within_size advise never deny [force]\n", false},
    };
    char directory[] = "/tmp/winmem-settings-XXXXXX", path[64];
    REQUIRE(mkdtemp(directory));
    CHECK(host_memfile_by_pages(directory));
    snprintf(path, sizeof(path), "%s/shmem_enabled", directory);
    for (size_t i = 0; i < sizeof(setting) / sizeof(setting[0]); i++) {
        FILE *file = fopen(path, "w");
        REQUIRE(file && fputs(setting[i].text, file) >= 0 && fclose(file) == 0);
        CHECK_EQ(host_memfile_by_pages(directory), setting[i].good);
    }
    CHECK(unlink(path) == 0 && rmdir(directory) == 0);
}

static int run(double seconds)
{
    struct mm_section *early;
    REQUIRE(mm_section_create(500 * PAGE, PAGE_READWRITE, SEC_COMMIT, NULL, &early) == 0);
    uint8_t *early_view = map_part(early, 16 * PAGE, 400 * PAGE, PAGE_READWRITE, 0);
    memset(early_view, 0x3c, 300 * PAGE);
    CHECK(!pager_on);
    REQUIRE(mm_section_create((uint64_t)PAGES * PAGE, PAGE_READWRITE, SEC_COMMIT, NULL, &section) == 0);
    if (!pager_on)
        SKIP("no userfaultfd here");
    views[0] = map_part(section, 0, 0, PAGE_READWRITE, 0);
    views[1] = map_part(section, 0, 0, PAGE_READWRITE, 0);
    for (uint32_t page = 0; page < PAGES; page++)
        write_page(page / 64 % 2, page);
    for (uint32_t page = 0; page < PAGES; page++)
        verify(1 - page / 64 % 2, page);
    valid();
    within_budget();
    for (size_t at = 0; at < 400 * PAGE; at++)
        if (early_view[at] != (at < 300 * PAGE ? 0x3c : 0))
            atomic_fetch_add(&wrong, 1);
    unmap(early_view);
    mm_section_dereference(early);
    REQUIRE((source = memfd_create("source", MFD_CLOEXEC)) >= 0);
    CHECK_EQ(ftruncate(source, PAGES * PAGE), 0);
    locked_between();
    random_access(seconds);
    copies();
    reserved();
    without_views();
    forks();
    struct pager_statistics s = statistics();
    printf("operations %lu faults %lu zero %lu soft %lu hard %lu wp %lu collided %lu ahead %lu evicted %lu clean %lu\n",
           atomic_load(&operations), s.faults, s.demand_zero, s.soft, s.hard, s.write_protect, s.collided, s.read_ahead,
           s.evicted, s.evicted_clean);
    unmap(views[0]);
    unmap(views[1]);
    mm_section_dereference(section);
    return CHECK_DONE();
}

int main(void)
{
    const char *length = getenv("WINMEM_TORTURE_SECONDS");
    double seconds = length ? atof(length) : 1;
    int status = -1;
    huge_pages();
    exception_start();
    CHECK_EQ(host_option_set(OPTION_RAM, "4M"), 0);
    CHECK_EQ(host_option_set(OPTION_PAGEFILE, "128M"), 0);
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
        _exit(pager_use_thread() == 0 ? run(seconds / 2) : 0); /* may need a privilege */
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(status == 0 || status == 77 << 8);
    return run(seconds);
}
