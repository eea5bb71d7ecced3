/* pager_progress.c: a thread always gets on: a page that a fault brought in stays until the instruction that asked for
 * it, and needs others beside it, has used them all; whatever the priority of its pages and however few fit. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "check.h"
#include "exception/exception.h"
#include "host/options.h"
#include "mm/mm.h"
#include "pager/pager.h"

#define PAGES 4096u /* 16 MiB, with a budget of 3 */
#define LOCKED 300u

static uint8_t *memory;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint8_t *page_at(uint64_t page)
{
    return memory + (size_t)page * 4096;
}

static uint64_t faults(void)
{
    struct pager_statistics s;
    pager_get_statistics(&s);
    return s.faults;
}

/* One instruction that touches four pages. */
static void move_across(uint8_t *to, const uint8_t *from)
{
    uint64_t value;
    __asm__ volatile("mov (%1), %0\n\tmov %0, (%2)" : "=&r"(value) : "r"(from), "r"(to) : "memory");
    __asm__ volatile("movsq" : "+D"(to), "+S"(from) : : "memory");
}

/* Gathers from eight places, each across two pages. */
__attribute__((target("avx2"))) static uint64_t gather(const uint8_t *base, const int *offsets)
{
    int sum[8];
    __asm__ volatile("vmovdqu (%1), %%ymm0\n\t"
                     "vpcmpeqd %%ymm1, %%ymm1, %%ymm1\n\t"
                     "vpgatherdd %%ymm1, (%2,%%ymm0,1), %%ymm2\n\t"
                     "vmovdqu %%ymm2, (%0)\n\t"
                     "vzeroupper"
                     :
                     : "r"(sum), "r"(offsets), "r"(base)
                     : "xmm0", "xmm1", "xmm2", "memory");
    uint64_t all = 0;
    for (int i = 0; i < 8; i++)
        all += (unsigned)sum[i];
    return all;
}

static void round_of(unsigned priority, uint64_t *seed)
{
    uint64_t before = faults();
    pager_set_priority((uintptr_t)memory, (size_t)PAGES * 4096, priority);
    atomic_store(pager_thread_priority(), (uint32_t)priority);
    const uint64_t count = 400;
    for (uint64_t i = 0; i < count; i++) {
        uint8_t *to = page_at(next(seed) % (PAGES - LOCKED - 1)) + 4092;
        const uint8_t *from = page_at(next(seed) % (PAGES - LOCKED - 1)) + 4092;
        move_across(to, from);
        CHECK(page_at((uint64_t)(to - memory) / 4096)[4092] == *from);
        if (i % 8 == 0 && __builtin_cpu_supports("avx2")) {
            int offsets[8];
            for (int j = 0; j < 8; j++)
                offsets[j] = (int)(next(seed) % (PAGES - LOCKED - 1)) * 4096 + 4094;
            (void)gather(memory, offsets);
        }
    }
    if (getenv("WINMEM_TEST_VERBOSE"))
        fprintf(stderr, "priority %u: %llu faults\n", priority, (unsigned long long)(faults() - before));
    CHECK(faults() - before < count * 40);
}

/* Only pages that are to go first come in, while all the others stay: zero pages, one by one. */
static void read_low(void)
{
    uint64_t before = faults(), sum = 0;
    pager_set_priority((uintptr_t)memory, (size_t)PAGES * 4096, 5);
    atomic_store(pager_thread_priority(), 5);
    for (uint64_t page = 0; page < PAGES / 2; page++)
        *page_at(page) = 1;
    for (uint32_t priority = 1; priority < 5; priority++) {
        atomic_store(pager_thread_priority(), priority);
        for (uint64_t page = PAGES / 2; page < PAGES; page += priority)
            sum += *page_at(page);
    }
    CHECK_EQ(sum, 0);
    CHECK(faults() - before < PAGES * 8);
    atomic_store(pager_thread_priority(), 5);
}

int main(void)
{
    void *base = NULL;
    size_t size = (size_t)PAGES * 4096;
    uint64_t seed = 99;
    struct rlimit limit = {30, 31}; /* processor time: a livelock ends, a busy machine does not matter */
    setrlimit(RLIMIT_CPU, &limit);
    CHECK_EQ(host_option_set(OPTION_RAM, "3M"), 0);
    CHECK_EQ(host_option_set(OPTION_PAGEFILE, "64M"), 0);
    exception_start();
    REQUIRE(mm_allocate(&base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL) == 0);
    memory = base;
    if (mm_start_paging() != 0 || !pager_on)
        SKIP("no userfaultfd here");
    read_low();
    for (unsigned priority = 1; priority <= 5; priority++)
        round_of(priority, &seed);
    for (uint64_t page = 0; page < PAGES - LOCKED; page += 3)
        for (unsigned i = 0; i < 4096; i += 8) /* nothing that gets smaller */
            *(uint64_t *)(page_at(page) + i) = next(&seed);
    for (unsigned priority = 1; priority <= 5; priority += 2)
        round_of(priority, &seed);
    CHECK_EQ(pager_lock((uintptr_t)page_at(PAGES - LOCKED), (size_t)LOCKED * 4096), 0);
    round_of(1, &seed);
    round_of(5, &seed);
    CHECK(pager_set_limits(0, 340) || 1);
    round_of(2, &seed);
    round_of(5, &seed);
    const char *bad = pager_validate();
    CHECK(bad == NULL);
    return CHECK_DONE();
}
