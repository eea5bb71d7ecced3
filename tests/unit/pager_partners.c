/* pager_partners.c: two pages that are always used one after the other come by one fault; pages that are used each for
 * itself come alone. */
#include <string.h>

#include "check.h"
#include "exception/exception.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 4096u /* 16 MiB, with a budget of 8 */
#define ROUNDS 12000u

static uint8_t *memory;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint32_t word_of(uint32_t page, uint32_t index)
{
    return page * 2654435761u ^ index * 40503u;
}

static void verify(uint32_t page)
{
    uint32_t have;
    memcpy(&have, memory + (size_t)page * 4096 + 400, 4);
    CHECK_EQ(have, word_of(page, 100));
}

static struct pager_statistics statistics(void)
{
    struct pager_statistics s;
    pager_get_statistics(&s);
    return s;
}

int main(void)
{
    void *base = NULL;
    size_t size = (size_t)PAGES * 4096;
    uint64_t state = 20261130, single;
    CHECK_EQ(host_option_set(OPTION_RAM, "8M"), 0);
    exception_start();
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    memory = base;
    if (!pager_on)
        SKIP("no userfaultfd here");
    for (uint32_t page = 0; page < PAGES; page++)
        for (uint32_t i = 0; i < 1024; i++)
            ((uint32_t *)memory)[page * 1024 + i] = word_of(page, i);
    for (uint32_t round = 0; round < ROUNDS / 2; round++)
        verify((uint32_t)(next(&state) % PAGES));
    struct pager_statistics before = statistics(), now;
    for (uint32_t round = 0; round < ROUNDS / 2; round++)
        verify((uint32_t)(next(&state) % PAGES));
    now = statistics();
    single = now.soft + now.hard - before.soft - before.hard;
    printf("alone: %llu faults, %llu pages read ahead\n", (unsigned long long)single,
           (unsigned long long)(now.read_ahead - before.read_ahead));
    CHECK((now.read_ahead - before.read_ahead) * 20 < single);
    for (uint32_t round = 0; round < 2 * ROUNDS; round++) {
        uint32_t page = (uint32_t)(next(&state) % (PAGES / 2)) * 2;
        if (round == ROUNDS)
            before = statistics();
        verify(page);
        verify(page + 1);
    }
    now = statistics();
    printf("two together %u times: %llu faults, %llu pages read ahead\n", ROUNDS,
           (unsigned long long)(now.soft + now.hard - before.soft - before.hard),
           (unsigned long long)(now.read_ahead - before.read_ahead));
    CHECK(now.soft + now.hard - before.soft - before.hard < ROUNDS / 6 * 7);
    CHECK(pager_validate() == NULL);
    return CHECK_DONE();
}
