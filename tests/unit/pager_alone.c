/* pager_alone.c: what is written while a page is on its way out is never lost, in a process of one thread, where
 * nothing is write-protected, when a second thread comes and goes, and in a child of vfork, which is somebody else. */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/follow.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 4096u /* 16 MiB, with a budget of 8 */
#define STEPS 60000u

static uint8_t *memory;
static uint32_t version[PAGES];
static _Atomic unsigned wrong, refused;
static int zeros;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t *word_of(uint32_t page, unsigned index)
{
    return (uint64_t *)(memory + (size_t)page * 4096) + index;
}

/* One line of the page tells how often it was written; the rest is as it was in the beginning. */
static void look(uint32_t page)
{
    unsigned at = 8 * (version[page] % 60);
    if ((*word_of(page, at) != version[page] || *word_of(page, 500) != page * 2654435761u) &&
        atomic_fetch_add(&wrong, 1) < 5)
        fprintf(stderr, "page %u is wrong\n", page);
}

static void change(uint32_t page)
{
    version[page]++;
    *word_of(page, 8 * (version[page] % 60)) = version[page];
}

/* As the library's own calls do: the kernel finds the page there, and writable. */
static void have_kernel_write(uint32_t page)
{
    void *to = word_of(page, 504);
    int pin = pager_pin((uintptr_t)to, 32);
    pager_touch((uintptr_t)to, false);
    if (pin < 0 || read(zeros, to, 32) != 32)
        atomic_fetch_add(&refused, 1);
    pager_unpin(pin);
}

/* Pages of one of two owners. A page is often written again soon after, while it may be on its way out. */
static void work(uint64_t seed, uint32_t owner, unsigned steps)
{
    uint32_t last[64] = {0};
    for (unsigned i = 0; i < steps; i++) {
        uint64_t random = next(&seed);
        uint32_t page = random % 4 ? (uint32_t)(random >> 8) % (PAGES / 2) : last[(random >> 40) % 64];
        last[i % 64] = page;
        look(page * 2 + owner);
        if (random >> 20 & 1)
            change(page * 2 + owner);
        if (i % 8 == 0)
            have_kernel_write(page * 2 + owner);
    }
}

static void *other(void *unused)
{
    (void)unused;
    work(77, 1, STEPS / 20);
    return NULL;
}

static void come_and_go(void)
{
    for (unsigned i = 0; i < 10; i++) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, other, NULL), 0);
        work(i + 1, 0, STEPS / 10 * (i % 3) / 2);
        pthread_join(thread, NULL);
        work(i + 100, i % 2, STEPS / 20);
    }
}

static void write_from_vfork(void)
{
    for (unsigned i = 0; i < 8; i++) {
        int status = -1;
        pid_t child = vfork(); // NOLINT(clang-analyzer-security.insecureAPI.vfork): what it is about
        if (child == 0) {
            work(i + 1000, i % 2, STEPS / 40); // NOLINT(clang-analyzer-unix.Vfork): the parent is stopped
            _exit(0);
        }
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_EQ(status, 0);
    }
}

static void look_at_all(void)
{
    for (uint32_t page = 0; page < PAGES; page++)
        look(page);
    CHECK_EQ(atomic_load(&wrong), 0);
    CHECK_EQ(atomic_load(&refused), 0);
    CHECK(pager_validate() == NULL);
}

static bool is_alone(void)
{
    return host_is_alone(getpid());
}

static void *look_around(void *alone)
{
    *(bool *)alone = is_alone();
    return NULL;
}

static void knows_when_alone(void)
{
    pthread_t thread;
    bool alone = true;
    CHECK(is_alone());
    CHECK(!host_is_alone(getppid()));
    CHECK_EQ(pthread_create(&thread, NULL, look_around, &alone), 0);
    pthread_join(thread, NULL);
    CHECK(!alone);
    for (unsigned i = 0; i < 1000000 && !is_alone(); i++) {} /* the kernel may still be at its end */
    CHECK(is_alone());
}

int main(void)
{
    void *base = NULL;
    size_t size = (size_t)PAGES * 4096;
    struct pager_statistics s;
    knows_when_alone();
    zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    REQUIRE(zeros >= 0);
    CHECK_EQ(host_option_set(OPTION_RAM, "8M"), 0);
    exception_start();
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    memory = base;
    if (!pager_on)
        SKIP("no paging here");
    for (uint32_t page = 0; page < PAGES; page++) {
        for (unsigned i = 0; i < 512; i++)
            *word_of(page, i) = i * page;
        *word_of(page, 500) = page * 2654435761u;
        *word_of(page, 0) = 0;
    }
    for (unsigned i = 0; i < 4; i++)
        work(i + 1, i % 2, STEPS / 4);
    look_at_all();
    pager_get_statistics(&s);
    printf("evicted %llu, taken back %llu, write faults %llu\n", (unsigned long long)s.evicted,
           (unsigned long long)s.taken_back, (unsigned long long)s.write_protect);
    CHECK(s.evicted > STEPS / 4);
    CHECK(s.taken_back > 0); /* written on the way out, and seen */
    CHECK(s.by_protection || s.write_protect == 0);
    come_and_go();
    look_at_all();
    write_from_vfork();
    look_at_all();
    return CHECK_DONE();
}
