/* Every host call of a series of heap operations fails once: each operation either works or leaves the heap whole.
 * Then damage: double frees are found, writes to free blocks and past a block's end do the heap no harm. */
#include "check.h"
#include "heap/heap.h"
#include "heap/internal.h"
#include "host/gate.h"

#include <errno.h>
#include <string.h>

static long countdown;

static int gate(const char *call)
{
    (void)call;
    return --countdown == 0 ? -ENOMEM : 0;
}

static bool series(struct heap *heap)
{
    static const size_t sizes[] = {10, 500, 5000, 50000, 300000, 5000000, 40000000};
    void *blocks[7] = {0}, *moved;
    bool all = true;
    for (int i = 0; i < 7; i++) {
        blocks[i] = heap_allocate(heap, HEAP_ZERO_MEMORY, sizes[i]);
        if (!blocks[i]) {
            all = false;
            continue;
        }
        memset(blocks[i], i + 1, sizes[i]);
        NTSTATUS status = heap_reallocate(heap, 0, blocks[i], sizes[i] * 3, &moved);
        if (status == STATUS_SUCCESS)
            blocks[i] = moved;
        else
            all = false;
        size_t size = 0;
        CHECK_EQ(heap_size(heap, blocks[i], &size), STATUS_SUCCESS);
        CHECK_EQ(size, status == STATUS_SUCCESS ? sizes[i] * 3 : sizes[i]);
        unsigned char *bytes = blocks[i];
        CHECK(bytes[0] == i + 1 && bytes[sizes[i] - 1] == i + 1);
    }
    CHECK(heap_validate(heap, 0, NULL));
    for (int i = 0; i < 7; i++) {
        if (blocks[i])
            CHECK_EQ(heap_free(heap, 0, blocks[i]), STATUS_SUCCESS);
    }
    CHECK(heap_validate(heap, 0, NULL));
    return all;
}

static void fail_each(void)
{
    bool all = false;
    for (long n = 1; !all && n < 500; n++) {
        struct heap *heap;
        countdown = n;
        host_gate = gate;
        NTSTATUS status = heap_create(0, 0, 0, &heap);
        if (status == STATUS_SUCCESS) {
            all = series(heap);
            host_gate = NULL;
            CHECK(series(heap)); /* nothing was lost for good */
            CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
        }
        host_gate = NULL;
        all = all && countdown > 0;
    }
    CHECK(all);
}

static int no_commit_once(const char *call)
{
    return strcmp(call, "commit") == 0 && --countdown == 0 ? -ENOMEM : 0;
}

/* Room far behind segments that have too little is found when there is no memory for another segment. */
static void far_away(void)
{
    enum { SEGMENTS = 20 };
    const size_t most = LARGE_MAX - 2 * SLICE;
    struct heap *heap;
    REQUIRE(heap_create(0, 0, 0, &heap) == STATUS_SUCCESS);
    uint8_t *first = heap_allocate(heap, 0, most), *block = NULL;
    REQUIRE(first && heap_allocate(heap, 0, most) && heap_allocate(heap, 0, 40 * SLICE));
    for (unsigned i = 1; i < SEGMENTS; i++) {
        block = heap_allocate(heap, 0, most);
        REQUIRE(block && heap_allocate(heap, 0, most) && heap_allocate(heap, 0, 40 * SLICE));
    }
    CHECK((uintptr_t)block / SEGMENT_SIZE != (uintptr_t)first / SEGMENT_SIZE);
    CHECK_EQ(heap_free(heap, 0, first), STATUS_SUCCESS);
    (void)heap_compact(heap, 0); /* it is not in memory any more: nothing but its length tells it from the others */
    countdown = 1;
    host_gate = no_commit_once;
    block = heap_allocate(heap, 0, most);
    host_gate = NULL;
    CHECK(countdown < 1); /* another segment was asked for */
    CHECK(block == first);
    CHECK(heap_validate(heap, 0, NULL));
    CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
}

static void damage(void)
{
    struct heap *heap;
    REQUIRE(heap_create(0, 0, 0, &heap) == STATUS_SUCCESS);
    unsigned char *blocks[100];
    for (int i = 0; i < 100; i++)
        blocks[i] = heap_allocate(heap, 0, 48);
    for (int i = 0; i < 100; i += 2)
        CHECK_EQ(heap_free(heap, 0, blocks[i]), STATUS_SUCCESS);
    CHECK_EQ(heap_free(heap, 0, blocks[0]), (NTSTATUS)STATUS_HEAP_CORRUPTION);
    CHECK_EQ(heap_free(heap, 0, blocks[50]), (NTSTATUS)STATUS_HEAP_CORRUPTION);
    CHECK(heap_validate(heap, 0, NULL));
    memset(blocks[50], 0x41, 48); /* written after its free: nothing of the heap's was there */
    CHECK(heap_validate(heap, 0, NULL));
    for (int i = 0; i < 5000; i++) {
        unsigned char *block = heap_allocate(heap, 0, 48);
        REQUIRE(block != NULL);
        for (int j = 1; j < 100; j += 2)
            CHECK(block != blocks[j]); /* never a block that is in use */
        memset(block, 1, 48);
    }
    CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
    REQUIRE(heap_create(0, 0, 0, &heap) == STATUS_SUCCESS);
    unsigned char *block = heap_allocate(heap, 0, 5000); /* its place has 5120 bytes */
    size_t size = 0, place = heap_usable_size(block);
    CHECK_EQ(heap_size(heap, block, &size), STATUS_SUCCESS);
    CHECK(place >= 5000);
    block = heap_allocate(heap, 0, 4700);
    memset(block, 0x41, 5120); /* nothing of the heap's is there */
    CHECK_EQ(heap_size(heap, block, &size), STATUS_SUCCESS);
    CHECK_EQ(size, 4700);
    CHECK(heap_validate(heap, 0, NULL));
    static const struct {
        size_t size, alignment;
    } aligned[] = {{0, 64}, {1, 8192}, {10, 16384}, {40000, 16384}, {5, 32768}, {0, 65536}, {70000, 65536}};
    for (unsigned i = 0; i < sizeof aligned / sizeof *aligned; i++) {
        block = heap_allocate_aligned(heap, 0, aligned[i].size, aligned[i].alignment);
        REQUIRE(block != NULL && (uintptr_t)block % aligned[i].alignment == 0);
        CHECK_EQ(heap_size(heap, block, &size), STATUS_SUCCESS);
        CHECK_EQ(size, aligned[i].size);
        CHECK_EQ(heap_free(heap, 0, block), STATUS_SUCCESS);
    }
    for (size_t from = 100; from < 200000; from += 7001) { /* the most slack there can be */
        void *same = NULL;
        block = heap_allocate(heap, 0, from);
        CHECK_EQ(heap_reallocate(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 0, &same), STATUS_SUCCESS);
        CHECK(same == block);
        CHECK_EQ(heap_size(heap, block, &size), STATUS_SUCCESS);
        CHECK_EQ(size, 0);
        CHECK_EQ(heap_free(heap, 0, block), STATUS_SUCCESS);
    }
    CHECK(heap_validate(heap, 0, NULL));
    CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
}

/* Patterns: what was written past a block's end is met at its free, what was written to a freed block when it is
 * validated or used again. */
static void patterns(void)
{
    static const size_t sizes[] = {16, 37, 500, 3000, 20000};
    struct heap *heap;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes && !heap_state.annotate; i++) {
        for (int how = 0; how < 4; how++) {
            REQUIRE(heap_create(HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED, 0, 0, &heap) ==
                    STATUS_SUCCESS);
            unsigned char *block = heap_allocate(heap, 0, sizes[i]), *other = heap_allocate(heap, 0, sizes[i]);
            REQUIRE(block != NULL && other != NULL);
            memset(block, 1, sizes[i]);
            CHECK(heap_validate(heap, 0, NULL));
            if (how == 1)
                block[sizes[i]] = 0;
            CHECK_EQ(heap_free(heap, 0, block), STATUS_SUCCESS);
            CHECK_EQ(heap_validate(heap, 0, NULL), how != 1);
            if (how >= 2) {
                block[how == 2 ? 0 : sizes[i] - 1] = 7;
                CHECK(!heap_validate(heap, 0, NULL));
            }
            for (int n = 0; n < 300; n++)
                CHECK(heap_allocate(heap, n % 2 ? HEAP_ZERO_MEMORY : 0, sizes[i]) != NULL);
            CHECK_EQ(heap_validate(heap, 0, NULL), how == 0);
            CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
        }
    }
}

/* A block with a mapping of its own has no pattern behind it, however short it becomes; one that is aligned to more
 * than a page of blocks is as long as it was asked for. */
static void patterns_of_large_blocks(void)
{
    struct heap *heap;
    size_t size = 0;
    void *same;
    REQUIRE(heap_create(HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED, 0, 0, &heap) == STATUS_SUCCESS);
    for (size_t most = 1000; most < (size_t)40 << 20; most *= 9) {
        unsigned char *block = heap_allocate(heap, 0, most);
        REQUIRE(block != NULL);
        memset(block, 0x11, most);
        for (size_t less = most; less > 9; less /= 6) {
            CHECK_EQ(heap_reallocate(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, less, &same), STATUS_SUCCESS);
            CHECK(heap_validate(heap, 0, NULL) && heap_validate(heap, 0, block));
        }
        CHECK_EQ(heap_reallocate(heap, HEAP_ZERO_MEMORY, block, most / 2, &same), STATUS_SUCCESS);
        CHECK(((unsigned char *)same)[0] == 0x11 && ((unsigned char *)same)[most / 2 - 1] == 0);
        CHECK_EQ(heap_free(heap, 0, same), STATUS_SUCCESS);
    }
    void *block = heap_allocate_aligned(heap, 0, 100, SLICE * 4);
    CHECK_EQ(heap_size(heap, block, &size), STATUS_SUCCESS);
    CHECK_EQ(size, 100);
    CHECK_EQ(heap_free(heap, 0, block), STATUS_SUCCESS);
    CHECK(heap_validate(heap, 0, NULL));
    CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
}

/* What a fixed-size heap refuses it refuses to blocks that grow as well, and nothing of its size is lost. */
static void fixed_size(void)
{
    struct heap *heap;
    void *same, *blocks[600];
    REQUIRE(heap_create(0, 0, (size_t)4 << 20, &heap) == STATUS_SUCCESS);
    for (int round = 0; round < 3; round++) {
        void *block = heap_allocate(heap, 0, 900000);
        REQUIRE(block != NULL);
        CHECK(heap_allocate(heap, 0, (size_t)2 << 20) == NULL);
        CHECK_EQ(heap_reallocate(heap, 0, block, (size_t)2 << 20, &same), (NTSTATUS)STATUS_NO_MEMORY);
        CHECK_EQ(heap_reallocate(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 1050000, &same), (NTSTATUS)STATUS_NO_MEMORY);
        CHECK_EQ(heap_free(heap, 0, block), STATUS_SUCCESS);
        int count = 0;
        while (count < 600 && (blocks[count] = heap_allocate(heap, 0, 10000)) != NULL)
            count++;
        CHECK_EQ(count, 418); /* every round */
        while (count--)
            CHECK_EQ(heap_free(heap, 0, blocks[count]), STATUS_SUCCESS);
    }
    CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
}

static void random_pointers(void)
{
    struct heap *heap = heap_process();
    unsigned char *block = heap_allocate(heap, 0, 1000);
    uintptr_t segment = (uintptr_t)block & ~(SEGMENT_SIZE - 1);
    unsigned seed = 1;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1103515245u + 12345u;
        unsigned char *wrong = (unsigned char *)(segment + (seed >> 4) % SEGMENT_SIZE);
        size_t size;
        if (heap_size(heap, wrong, &size) == STATUS_SUCCESS)
            continue; /* met a live block */
        CHECK(heap_free(heap, 0, wrong) != STATUS_SUCCESS);
        CHECK(!heap_validate(heap, 0, wrong));
    }
    CHECK(heap_free(heap, 0, (void *)(uintptr_t)0x8000000000000010u) != STATUS_SUCCESS);
    CHECK(heap_free(heap, 0, (void *)(uintptr_t)0x7ffffffffff0u) != STATUS_SUCCESS);
    CHECK_EQ(heap_free(heap, 0, block), STATUS_SUCCESS);
    CHECK(heap_from_handle(block) == NULL && heap_from_handle(NULL) == NULL);
    CHECK(heap_from_handle((char *)heap + 8) == NULL);
    CHECK(heap_validate(heap, 0, NULL));
}

int main(void)
{
    heap_process();
    if (heap_state.annotate)
        SKIP("a tool watches the blocks");
    heap_purge_off();
    fail_each();
    far_away();
    damage();
    patterns();
    patterns_of_large_blocks();
    fixed_size();
    random_pointers();
    return CHECK_DONE();
}
