/* pager_full.c: a paging file that is hardly larger than what is in it, of pages that do not get smaller and are
 * written over and over: what nobody needs any more makes room, and the budget is kept. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 7680u /* 30 MiB, with a budget of 8 and a paging file of 24 */
#define ROUNDS 9000u
#define WRITTEN 512u /* pages that are written beside a child */

static uint8_t *memory;
static uint32_t version[PAGES];

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void write_page(uint32_t page)
{
    uint64_t *at = (uint64_t *)(memory + (size_t)page * 4096);
    uint64_t state = (uint64_t)(page + 1) * 0x9e3779b97f4a7c15u + ++version[page];
    for (unsigned i = 0; i < 512; i++)
        at[i] = next(&state);
    at[0] = (uint64_t)version[page] << 32 | page;
}

static bool is_whole(uint32_t page)
{
    const uint64_t *at = (const uint64_t *)(memory + (size_t)page * 4096);
    uint64_t state = (uint64_t)(page + 1) * 0x9e3779b97f4a7c15u + version[page];
    (void)next(&state);
    if (at[0] != ((uint64_t)version[page] << 32 | page))
        return false;
    for (unsigned i = 1; i < 512; i++)
        if (at[i] != next(&state))
            return false;
    return true;
}

static uint64_t over_budget(void)
{
    struct pager_statistics s;
    pager_get_statistics(&s);
    return s.over_budget * 4096;
}

/* A child that sleeps may read every slot of its time. What is written over meanwhile has to stay in memory, but no
 * more than that: to clean the file would bring back what is in it, and free nothing. When the child has ended all is
 * as before. */
static void beside_a_child(void)
{
    uint64_t state = 20261202, most = 0;
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        pause();
        _exit(0);
    }
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        uint32_t page = (uint32_t)(next(&state) % WRITTEN) * (PAGES / WRITTEN);
        REQUIRE(is_whole(page));
        write_page(page);
        if (round % 100 == 0)
            most = most > over_budget() ? most : over_budget();
    }
    printf("beside a child: %llu KiB over the budget at most, %u KiB written over\n", (unsigned long long)most >> 10,
           WRITTEN * 4);
    CHECK(most < WRITTEN * 4096 + (1 << 20));
    kill(child, SIGKILL);
    REQUIRE(waitpid(child, NULL, 0) == child);
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        uint32_t page = (uint32_t)(next(&state) % PAGES);
        REQUIRE(is_whole(page));
        write_page(page);
    }
    CHECK_EQ(over_budget(), 0);
    CHECK(pager_validate() == NULL);
}

int main(void)
{
    void *base = NULL;
    size_t size = (size_t)PAGES * 4096;
    uint64_t state = 20261201;
    unsigned over = 0;
    struct pager_statistics s;
    CHECK_EQ(host_option_set(OPTION_RAM, "8M"), 0);
    CHECK_EQ(host_option_set(OPTION_PAGEFILE, "24M"), 0);
    exception_start();
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    memory = base;
    if (!pager_on)
        SKIP("no userfaultfd here");
    for (uint32_t page = 0; page < PAGES; page++)
        write_page(page);
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        uint32_t page = (uint32_t)(next(&state) % PAGES);
        REQUIRE(is_whole(page));
        write_page(page);
        if (round % 500 == 0) {
            pager_get_statistics(&s);
            over += s.over_budget != 0;
        }
    }
    pager_get_statistics(&s);
    printf("written %llu MiB, paging file %llu MiB, over the budget %u times of %u\n",
           (unsigned long long)(s.file_writes * 128 / 1024), (unsigned long long)(s.file_peak >> 20), over,
           ROUNDS / 500);
    CHECK_EQ(over, 0);
    CHECK(s.file_writes * 128 / 1024 > 26); /* slots were used again */
    CHECK(pager_validate() == NULL);
    beside_a_child();
    for (uint32_t page = 0; page < PAGES; page++)
        REQUIRE(is_whole(page));
    return CHECK_DONE();
}
