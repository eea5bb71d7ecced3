/* pager_waste.c: where encoded pages fill most of the budget, little of the store is holes: each page of them would be
 * one of the few that can be resident. */
#include <string.h>

#include "check.h"
#include "exception/exception.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 16384u /* 64 MiB, with a budget of 24 */
#define ROUNDS 60000u
#define SAMPLES 20u

static uint8_t *memory;
static uint32_t version[PAGES];

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Rows of text with numbers in them, more or fewer: some 1000 to 2500 bytes by LZ4. */
static void write_page(uint32_t page)
{
    char *at = (char *)memory + (size_t)page * 4096;
    uint64_t state = (uint64_t)page * 77777 + ++version[page];
    unsigned every = 40 + (unsigned)(next(&state) % 60);
    memset(at, ' ', 4096);
    memcpy(at, &page, 4);
    for (unsigned i = 8; i + 24 < 4096; i += every) {
        memcpy(at + i, "a row of text", 13);
        uint64_t number = next(&state);
        memcpy(at + i + 16, &number, 8);
    }
    memcpy(at + 4, &version[page], 4);
}

static void verify(uint32_t page)
{
    uint32_t have[2];
    memcpy(have, memory + (size_t)page * 4096, sizeof(have));
    CHECK_EQ(have[0], page);
    CHECK_EQ(have[1], version[page]);
}

int main(void)
{
    void *base = NULL;
    size_t size = (size_t)PAGES * 4096;
    uint64_t state = 20261130, held = 0, live = 0;
    CHECK_EQ(host_option_set(OPTION_RAM, "24M"), 0);
    exception_start();
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    memory = base;
    if (!pager_on)
        SKIP("no userfaultfd here");
    for (uint32_t page = 0; page < PAGES; page++)
        write_page(page);
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        uint32_t page = (uint32_t)(next(&state) % PAGES);
        verify(page);
        if (round % 4 == 0)
            write_page(page);
        if (round > ROUNDS / 2 && round % (ROUNDS / 2 / SAMPLES) == 0) {
            struct pager_statistics s;
            pager_get_statistics(&s);
            held += s.modified;
            live += s.store_live / 4096;
        }
    }
    printf("store %llu pages, %llu of them in use\n", (unsigned long long)held / SAMPLES,
           (unsigned long long)live / SAMPLES);
    CHECK(held / SAMPLES > 1500);
    CHECK((held - live) * 100 < held * 10);
    CHECK(pager_validate() == NULL);
    return CHECK_DONE();
}
