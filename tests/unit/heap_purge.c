/* heap_purge.c: memory that stays unused goes back to the system though nobody calls the heap; meanwhile a heap without
 * serialization is worked on, walked and validated, and processes are forked. */
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "heap/internal.h"

#define COUNT 2000
#define ENOUGH ((size_t)6 << 20)

static void *blocks[30000];

static size_t committed(struct heap *heap)
{
    struct heap_summary summary;
    heap_summarize(heap, &summary);
    return summary.committed;
}

static void use(struct heap *heap, size_t size, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        REQUIRE((blocks[i] = heap_allocate(heap, 0, size)) != NULL);
        memset(blocks[i], 1, size);
    }
    for (unsigned i = 0; i < count; i++)
        CHECK_EQ(heap_free(heap, 0, blocks[i]), STATUS_SUCCESS);
}

/* Until the heap has given back what it does not need; the loop ends by the test's own time limit. */
static void wait_for(struct heap *heap)
{
    while (committed(heap) > ENOUGH)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static unsigned busy_blocks(struct heap *heap)
{
    struct heap_entry entry = {0};
    unsigned busy = 0;
    NTSTATUS status;
    while ((status = heap_walk(heap, &entry)) == STATUS_SUCCESS)
        busy += entry.kind == HEAP_ENTRY_BUSY;
    CHECK_EQ(status, (NTSTATUS)STATUS_NO_MORE_ENTRIES);
    return busy;
}

/* All that such a heap's one thread may do, while the purge thread is about. */
static void unserialized(void)
{
    struct heap *heap;
    static void *kept[COUNT];
    unsigned seed = 1;
    REQUIRE(heap_create(HEAP_NO_SERIALIZE, 0, 0, &heap) == STATUS_SUCCESS);
    for (unsigned round = 0; round < 20; round++) {
        use(heap, 40000, 300); /* wakes it */
        for (unsigned i = 0; i < 20 * COUNT; i++) {
            seed = seed * 1103515245u + 12345u;
            void **at = &kept[(seed >> 8) % COUNT];
            CHECK_EQ(heap_free(heap, HEAP_NO_SERIALIZE, *at), STATUS_SUCCESS);
            *at = heap_allocate(heap, HEAP_NO_SERIALIZE, 8 + (seed >> 20) % 3000);
            REQUIRE(*at != NULL);
        }
        unsigned count = 0;
        for (unsigned i = 0; i < COUNT; i++)
            count += kept[i] != NULL;
        CHECK(heap_validate(heap, HEAP_NO_SERIALIZE, NULL));
        CHECK_EQ(busy_blocks(heap), count);
    }
    CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
}

#ifndef __SANITIZE_THREAD__
static void in_child(struct heap *heap)
{
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        use(heap, 3000, 10000);
        wait_for(heap);
        _exit(heap_validate(heap, 0, NULL) ? 0 : 1);
    }
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
}
#endif

int main(void)
{
    struct heap *heap;
    REQUIRE(heap_create(0, 0, 0, &heap) == STATUS_SUCCESS);
    if (heap_state.annotate)
        return 77; /* under a tool there is no such thread */
    use(heap, 1000, 30000);
    use(heap_process(), 30000, 1000);
    use(heap, 2000000, 20);
    unserialized();
    wait_for(heap);
    wait_for(heap_process());
    CHECK(heap_validate(heap, 0, NULL));
    CHECK(heap_validate(heap_process(), 0, NULL));
#ifndef __SANITIZE_THREAD__ /* which knows no threads of such a child */
    in_child(heap);
#endif
    CHECK_EQ(heap_destroy(heap), STATUS_SUCCESS);
    return CHECK_DONE();
}
