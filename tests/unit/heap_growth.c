/* heap_growth.c: blocks with pages of their own that grow, together and in turn, whose page is kept for the next one
 * and had a lead; that another thread resizes and frees; frees that are told in batches; much
 * spare memory, given back at once; many that grow once; pages of a class that grows, resident ahead; free
 * slices that are found by the lengths of their runs. */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include "heap/internal.h"
#include "host/memory.h"

#define SMALL 3000
#define SPARE_BLOCKS 120000

static struct heap *heap;
static void *blocks[SPARE_BLOCKS];

static void *resize(void *block, size_t size)
{
    void *moved = NULL;
    REQUIRE(heap_reallocate(heap, 0, block, size, &moved) == STATUS_SUCCESS);
    size_t told = 0;
    CHECK_EQ(heap_size(heap, moved, &told), STATUS_SUCCESS);
    CHECK_EQ(told, size);
    return moved;
}

static bool is_painted(const unsigned char *block, size_t size, int paint)
{
    for (size_t i = 0; i < size; i += 61) {
        if (block[i] != paint)
            return false;
    }
    return size == 0 || block[size - 1] == paint;
}

/* Buffers that grow in turn, by steps that cross slices or do not. */
static void grow_together(unsigned count, size_t step)
{
    unsigned char *buffer[4];
    size_t size = 5000;
    for (unsigned i = 0; i < count; i++) {
        REQUIRE((buffer[i] = heap_allocate(heap, 0, size)) != NULL);
        memset(buffer[i], (int)i + 1, size);
    }
    for (; size < 1500000; size += step + size / 7) {
        for (unsigned i = 0; i < count; i++) {
            buffer[i] = resize(buffer[i], size + step);
            memset(buffer[i], (int)i + 1, size + step);
        }
        for (unsigned i = 0; i < count; i++)
            CHECK(is_painted(buffer[i], size + step, (int)i + 1));
    }
    for (unsigned i = 0; i < count; i++)
        CHECK_EQ(heap_free(heap, 0, buffer[i]), STATUS_SUCCESS);
    CHECK(heap_validate(heap, 0, NULL));
}

/* The page that is kept for the next block that grows may begin with a lead, which is not to be had twice. */
static void use_kept_page(void)
{
    unsigned leads = 0;
    for (unsigned i = 0; i < 64; i++) {
        REQUIRE((blocks[i] = heap_allocate(heap, 0, 60000)) != NULL); /* the next page begins elsewhere */
        unsigned char *first = resize(resize(heap_allocate(heap, 0, 70000), 65536 * 4), 65536 * 5 - 5000);
        CHECK_EQ(heap_free(heap, 0, first), STATUS_SUCCESS);
        size_t last = 65536 * 5 - i * 60;
        unsigned char *grown = resize(heap_allocate(heap, 0, 9000), last);
        const struct page *page = page_of(grown);
        CHECK(page_lead(page) + last <= page->slices * SLICE);
        leads += page_lead(page) != 0;
        CHECK_EQ(heap_free(heap, 0, grown), STATUS_SUCCESS);
        CHECK_EQ(heap_free(heap, 0, grown), (NTSTATUS)STATUS_HEAP_CORRUPTION);
    }
#ifndef __SANITIZE_ADDRESS__ /* there blocks have patterns around them, and no lead */
    CHECK(leads > 0);
#endif
    for (unsigned i = 0; i < 64; i++)
        CHECK_EQ(heap_free(heap, 0, blocks[i]), STATUS_SUCCESS);
}

static void *resize_elsewhere(void *block)
{
    unsigned char *longer = resize(block, heap_usable_size(block));
    CHECK(is_painted(longer, 200000, 5));
    longer = resize(resize(longer, 900000), 12000);
    CHECK(is_painted(longer, 12000, 5));
    CHECK_EQ(heap_free(heap, 0, longer), STATUS_SUCCESS);
    return NULL;
}

static void share(void)
{
    for (int round = 0; round < 50; round++) {
        pthread_t thread;
        unsigned char *block = resize(heap_allocate(heap, 0, 9000), 100000);
        block = resize(resize(block, 170000), 200000);
        memset(block, 5, 200000);
        REQUIRE(pthread_create(&thread, NULL, resize_elsewhere, block) == 0);
        for (size_t size = 9000; size < 600000; size += 30000) { /* the other's page is settled meanwhile */
            void *mine = resize(heap_allocate(heap, 0, size), size * 2);
            CHECK_EQ(heap_free(heap, 0, mine), STATUS_SUCCESS);
        }
        pthread_join(thread, NULL);
    }
    CHECK(heap_validate(heap, 0, NULL));
}

static void *free_elsewhere(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < SMALL; i++)
        CHECK_EQ(heap_free(heap, 0, blocks[i]), STATUS_SUCCESS);
    for (unsigned i = 0; i < SMALL; i++) /* what is not yet told is free all the same */
        CHECK_EQ(heap_free(heap, 0, blocks[i]), (NTSTATUS)STATUS_HEAP_CORRUPTION);
    CHECK(heap_validate(heap, 0, NULL));
    return NULL;
}

static void batches(void)
{
    struct heap_summary before, after;
    heap_summarize(heap, &before);
    for (int round = 0; round < 20; round++) {
        pthread_t thread;
        for (unsigned i = 0; i < SMALL; i++)
            REQUIRE((blocks[i] = heap_allocate(heap, 0, 16 + i % 40 * 16)) != NULL);
        REQUIRE(pthread_create(&thread, NULL, free_elsewhere, NULL) == 0);
        pthread_join(thread, NULL);
    }
    heap_summarize(heap, &after);
    CHECK_EQ(after.blocks, before.blocks);
    heap_compact(heap, 0);
    heap_summarize(heap, &after);
    CHECK(after.committed < (size_t)2 << 20);
}

/* Many blocks that grow a little, and no further: slices of their own would be six parts of seven empty. */
static void grow_once(void)
{
    struct heap_summary before, after;
    heap_compact(heap, 0);
    heap_summarize(heap, &before);
    for (unsigned i = 0; i < 4 * SMALL; i++)
        REQUIRE((blocks[i] = heap_allocate(heap, 0, 8192)) != NULL);
    for (unsigned i = 0; i < 4 * SMALL; i++)
        blocks[i] = resize(blocks[i], 9000);
    heap_compact(heap, 0);
    heap_summarize(heap, &after);
    CHECK(after.committed - before.committed < (after.allocated - before.allocated) / 2 * 3);
    for (unsigned i = 0; i < 4 * SMALL; i++)
        CHECK_EQ(heap_free(heap, 0, blocks[i]), STATUS_SUCCESS);
}

static void spare(void)
{
    struct heap_summary summary;
    for (unsigned i = 0; i < SPARE_BLOCKS; i++)
        REQUIRE((blocks[i] = heap_allocate(heap, 0, 1000)) != NULL);
    heap_summarize(heap, &summary);
    CHECK(summary.committed > (size_t)110 << 20);
    for (unsigned i = 0; i < SPARE_BLOCKS; i++)
        CHECK_EQ(heap_free(heap, 0, blocks[i]), STATUS_SUCCESS);
    heap_summarize(heap, &summary);
    CHECK(summary.committed < (size_t)60 << 20);
}

static unsigned longest_run(const struct segment_info *info, unsigned kind)
{
    unsigned longest = 0, length = 0;
    for (unsigned slice = 0; slice < SLICES; slice++) {
        bool committed, is = segment_slice_is(info, slice, &committed);
        bool clean = info->clean[slice / 64] >> slice % 64 & 1;
        is = is && (kind == RUN_FREE || (committed && (kind == RUN_COMMITTED || !clean)));
        length = is ? length + 1 : 0;
        longest = length > longest ? length : longest;
    }
    return longest;
}

/* Each segment is listed by the longest of its free runs, among those like it, and once. */
static void runs_agree(const struct heap *of)
{
    unsigned segments = 0, listed[RUN_KINDS] = {0}, due[RUN_KINDS] = {0};
    for (const struct segment_info *info = of->all; info; info = info->chain, segments++) {
        for (unsigned kind = 0; kind < RUN_KINDS; kind++) {
            CHECK_EQ(info->runs[kind].longest, longest_run(info, kind));
            due[kind] += info->runs[kind].longest != 0;
        }
    }
    static const unsigned least[RUN_CLASSES + 1] = {1, 2, 4, 16, 64, SLICES + 1};
    for (unsigned kind = 0; kind < RUN_KINDS; kind++) {
        for (unsigned class = 0; class < RUN_CLASSES; class ++) {
            const struct segment_info *before = NULL;
            for (const struct segment_info *info = of->open[kind][class]; info; info = info->runs[kind].next) {
                CHECK(info->runs[kind].longest >= least[class] && info->runs[kind].longest < least[class + 1]);
                CHECK(info->runs[kind].previous == before);
                before = info;
                listed[kind]++;
            }
        }
        CHECK_EQ(listed[kind], due[kind]);
    }
    CHECK(segments > 0);
}

/* Blocks of many lengths in many segments. */
static void runs(void)
{
    enum { LIVE = 300 };
    struct heap *large;
    unsigned seed = 5;
    void *live[LIVE] = {0};
    uint32_t regions = 0;
    REQUIRE(heap_create(0, 0, 0, &large) == STATUS_SUCCESS);
    for (int i = 0; i < 6000; i++) {
        seed = seed * 1103515245 + 12345;
        unsigned at = seed / 65536 % LIVE, kind = seed >> 28;
        CHECK(!live[at] || heap_free(large, 0, live[at]) == STATUS_SUCCESS);
        size_t size = kind < 10 ? (size_t)60000 * (1 + kind) : (size_t)200000 * kind;
        REQUIRE((live[at] = heap_allocate(large, 0, size)) != NULL);
        if (i % 1500 == 100)
            runs_agree(large);
        if (i == 3000)
            regions = large->region_count;
        if (i % 2000 == 1999)
            heap_compact(large, 0);
    }
    runs_agree(large);
    CHECK(large->region_count <= regions + regions / 2); /* what is free is found again */
    CHECK_EQ(heap_destroy(large), STATUS_SUCCESS);
}

/* The memory of a class's fifth page comes by pieces of four pages; the first one's does not. */
static void ahead(void)
{
    struct heap *fresh;
    unsigned char there[4];
    unsigned char *block = NULL, *first = NULL;
    REQUIRE(heap_create(0, 0, 0, &fresh) == STATUS_SUCCESS);
    for (unsigned i = 0; i <= 4 * SLICE / 512; i++) {
        REQUIRE((block = heap_allocate(fresh, 0, 512)) != NULL);
        *block = 1;
        if (i == 0) {
            first = (unsigned char *)((uintptr_t)block & ~(SLICE - 1));
            CHECK_EQ(mincore(first + 4096, 4096, there), 0);
            CHECK(!(there[0] & 1) || first[4096] == 0); /* by a huge page, where the system makes them unasked */
        }
    }
    unsigned char *page = (unsigned char *)((uintptr_t)block & ~(SLICE - 1));
    CHECK(page != first);
    CHECK_EQ(mincore(page, sizeof(there) * 4096, there), 0);
    if (heap_state.huge_pages && !fresh->special && host_populate(page, 4096, true) == 0)
        CHECK(there[0] & there[1] & there[2] & there[3] & 1);
    CHECK_EQ(heap_destroy(fresh), STATUS_SUCCESS);
}

int main(void)
{
    heap_purge_off();
    REQUIRE(heap_create(0, 0, 0, &heap) == STATUS_SUCCESS);
    grow_together(1, 100);
    grow_together(2, 300);
    grow_together(4, 20000);
    use_kept_page();
    share();
    batches();
    spare();
    grow_once();
    ahead();
    runs();
    CHECK(heap_validate(heap, 0, NULL));
    CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
    return CHECK_DONE();
}
