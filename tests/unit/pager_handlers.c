/* pager_handlers.c: where threads of the library resolve faults, a thread that waits for the disk holds up no other:
 * while its read is under way, others get their pages, from memory and from the file. test traits: no-tsan */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "exception/exception.h"
#include "host/follow.h"
#include "host/gate.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 4096u /* 16 MiB, with a budget of 4 */

static uint8_t *memory;
static _Atomic int waits; /* 0: reads are made; 1: the next one waits; 2: it does */

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static int gate(const char *call)
{
    int next = 1;
    if (strcmp(call, "host_file_read") == 0 && atomic_compare_exchange_strong(&waits, &next, 2))
        while (atomic_load(&waits) == 2)
            nap();
    return 0;
}

static uint64_t word(uint32_t page, unsigned i)
{
    uint64_t value = ((uint64_t)page << 20 | i) * 0x9e3779b97f4a7c15u;
    return value ^ value >> 29;
}

static bool is_whole(uint32_t page)
{
    const volatile uint64_t *at = (const volatile uint64_t *)(memory + (size_t)page * 4096);
    return at[0] == word(page, 0) && at[511] == word(page, 511);
}

static uint32_t page_in_file(uint32_t after)
{
    for (uint32_t page = after + 1; page < PAGES; page++) {
        struct pager_page info;
        pager_get_page((uintptr_t)memory + (size_t)page * 4096, &info);
        if (info.state == PAGER_PAGE_FILE)
            return page;
    }
    return 0;
}

/* Some pages by a thread of its own, beside this one: the handlers see that there are several. */
static void *read_some(void *step)
{
    bool good = true;
    for (uint32_t page = 0; page < PAGES; page += (uint32_t)(uintptr_t)step)
        good &= is_whole(page);
    return (void *)(uintptr_t)good;
}

static void *read_one(void *page)
{
    return (void *)(uintptr_t)is_whole((uint32_t)(uintptr_t)page);
}

static void round_of(unsigned round)
{
    pthread_t thread;
    void *good = NULL;
    size_t fresh_size = 65536;
    void *fresh = NULL;
    REQUIRE(pthread_create(&thread, NULL, read_some, (void *)(uintptr_t)37) == 0);
    CHECK(read_some((void *)(uintptr_t)41) != NULL);
    CHECK(pthread_join(thread, &good) == 0 && good);
    REQUIRE(mm_allocate(&fresh, &fresh_size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    for (unsigned i = 0; i < 20; i++) /* the other handlers are started, and go to sleep, in their own time */
        nap();
    uint32_t page = page_in_file(100 * round);
    REQUIRE(page != 0);
    atomic_store(&waits, 1);
    REQUIRE(pthread_create(&thread, NULL, read_one, (void *)(uintptr_t)page) == 0);
    while (atomic_load(&waits) != 2)
        nap();
    memset(fresh, 1, fresh_size);
    uint32_t other = page_in_file(page + 64);
    CHECK(other && is_whole(other)); /* of the file, too */
    CHECK_EQ(atomic_load(&waits), 2);
    atomic_store(&waits, 0);
    CHECK(pthread_join(thread, &good) == 0 && good);
    CHECK(mm_free(&fresh, &(size_t){0}, MEM_RELEASE) == 0);
}

int main(void)
{
    size_t size = (size_t)PAGES * 4096;
    alarm(50);
    CHECK_EQ(host_option_set(OPTION_RAM, "4M"), 0);
    CHECK_EQ(host_option_set(OPTION_PAGEFILE, "64M"), 0);
    exception_start();
    if (host_processors() < 2 || pager_use_thread() != 0)
        SKIP("no thread may resolve faults here, or one processor");
    REQUIRE(mm_allocate((void **)&memory, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    if (mm_start_paging() != 0 || !pager_on)
        SKIP("no userfaultfd here");
    for (uint32_t page = 0; page < PAGES; page++)
        for (unsigned i = 0; i < 512; i++)
            ((volatile uint64_t *)(memory + (size_t)page * 4096))[i] = word(page, i);
    host_gate = gate;
    for (unsigned round = 0; round < 20; round++)
        round_of(round);
    CHECK(pager_validate() == NULL);
    return CHECK_DONE();
}
