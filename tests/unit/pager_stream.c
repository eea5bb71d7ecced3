/* pager_stream.c: a sequential run is read ahead although every eighth page of it is in memory already; and who goes
 * round through twice as much as fits finds what fits still there. */
#include <string.h>

#include "check.h"
#include "exception/exception.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 8192u /* 32 MiB, with a budget of 16 */

static uint8_t *memory;

static uint32_t word_of(uint32_t page, uint32_t index)
{
    return index % 64 > 8 && index != 1000 ? 0 : page * 2654435761u + index * (index % 3);
}

static uint64_t faults(uint64_t *brought)
{
    struct pager_statistics s;
    pager_get_statistics(&s);
    *brought = s.soft + s.hard + s.read_ahead;
    return s.soft + s.hard;
}

static void pass(bool write)
{
    for (uint32_t page = 0; page < PAGES; page++) {
        uint32_t *words = (uint32_t *)(memory + (size_t)page * 4096);
        for (uint32_t i = 0; write && i < 1024; i++)
            words[i] = word_of(page, i);
        CHECK(words[7] == word_of(page, 7) && words[1000] == word_of(page, 1000));
    }
}

int main(void)
{
    void *base = NULL;
    size_t size = (size_t)PAGES * 4096;
    uint64_t all = 0;
    CHECK_EQ(host_option_set(OPTION_RAM, "16M"), 0);
    exception_start();
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    memory = base;
    if (!pager_on)
        SKIP("no userfaultfd here");
    for (uint32_t page = 3; page < PAGES; page += 8)
        CHECK_EQ(pager_lock((uintptr_t)memory + (size_t)page * 4096, 4096), 0);
    pass(true);
    for (int i = 0; i < 4; i++) {
        uint64_t had, brought, before = faults(&had);
        pass(false);
        uint64_t now = faults(&brought) - before;
        printf("%llu faults for %u pages, %u of them locked; %llu came\n", (unsigned long long)now, PAGES, PAGES / 8,
               (unsigned long long)(brought - had));
        CHECK(now > 0 && now < PAGES / 32);
        all += brought - had;
    }
    CHECK(all <
          4 * (PAGES / 32 * 25)); /* were the oldest pages to leave, it would be all that are not locked, 28 / 32 */
    CHECK(pager_validate() == NULL);
    return CHECK_DONE();
}
