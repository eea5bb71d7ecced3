/* heap.c: heaps themselves: the table of handles, create and destroy, the process heap, fork. Calls mm_start at the
 * first use. */
#include "heap/annotate.h"
#include "heap/internal.h"

#include <pthread.h>
#include <sys/auxv.h>

#include "host/fork.h"
#include "host/memory.h"
#include "host/options.h"
#include "host/wait.h"
#include "mm/mm.h"

#define SLOTS_RESTING 64u
#define TABLE_PIECE ((size_t)64 << 10)
#define FIXED_OVERHEAD ((size_t)0x400 + 0x100 * sizeof(void *))
#define FLAGS_KEPT                                                                                                     \
    (HEAP_NO_SERIALIZE | HEAP_GENERATE_EXCEPTIONS | HEAP_CREATE_ALIGN_16 | HEAP_CREATE_ENABLE_EXECUTE |                \
     HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED | HEAP_DISABLE_COALESCE_ON_FREE)

struct heap_global heap_state = {
    .list_lock = HOST_LOCK(RANK_HEAP_LIST),
    .huge_lock = HOST_LOCK(RANK_HEAP_POOL),
    .pool_lock = HOST_LOCK(RANK_HEAP_POOL),
};
struct heap heap_first;
uint8_t heap_kind[(size_t)1 << (ADDRESS_BITS - SEGMENT_SHIFT)];

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static void heap_init(struct heap *heap, uint32_t number, uint32_t flags, size_t maximum)
{
    memset(heap, 0, sizeof(*heap));
    heap->number = number;
    heap->flags = (flags | heap_state.check_flags) & (uint32_t)FLAGS_KEPT;
    heap->executable = flags & HEAP_CREATE_ENABLE_EXECUTE;
    heap->key = mix(heap_state.secret + ++heap_state.made * 0x9E3779B97F4A7C15u);
    if (maximum) {
        size_t rounded = (maximum + MM_PAGE - 1) & ~(MM_PAGE - 1);
        heap->maximum = rounded > FIXED_OVERHEAD ? rounded - FIXED_OVERHEAD + 16 : 16;
    }
    heap->page_heap = heap_state.page_heap != 0;
    heap->special = maximum || (heap->flags & (HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED)) ||
                    heap->page_heap || heap_state.annotate || heap_state.trace;
    host_lock_init(&heap->lock, RANK_HEAP);
    host_lock_init(&heap->back, RANK_HEAP_SEGMENT);
    atomic_store_explicit(&heap->alive, HEAP_ALIVE, memory_order_release);
}

/* What the options and the tools that watch ask for. */
static void read_options(void)
{
    const char *pages = host_option_text(OPTION_HEAP_PAGES);
    heap_state.page_heap = strcmp(pages, "behind") == 0 ? 1 : strcmp(pages, "before") == 0 ? 2 : 0;
    if (host_option_number(OPTION_HEAP_CHECK))
        heap_state.check_flags = HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED;
    heap_state.trace = host_option_number(OPTION_HEAP_TRACE);
    heap_state.terminate = (uint32_t)host_option_number(OPTION_HEAP_TERMINATE);
    heap_state.annotate = annotate_wanted();
    heap_state.huge_pages = host_option_number(OPTION_RAM) == 0;
}

static void start_once(void)
{
    mm_start();
    const uint64_t *random = (const uint64_t *)getauxval(AT_RANDOM);
    heap_state.secret = random ? mix(random[0] ^ random[1]) : mix((uintptr_t)&random);
    read_options();
    host_barrier_start();
    front_start();
    heap_init(&heap_first, 0, 0, 0);
    heap_state.highest = 1;
}

/* Before a fork takes any lock: who has a heap locked may need one of them until he unlocks it. */
static void wait_for_locked_heaps(void)
{
    for (uint32_t i = 0; i < heap_state.highest; i++) {
        if (heap_at(i)->user.word && !heap_stopped_by_me(heap_at(i)))
            heap_wait_unlocked(heap_at(i));
    }
}

/* The lock is a fork's as well: the child of one beside the very first call finds a heap that is there or is not. */
static void heap_start(void)
{
    host_lock_acquire(&heap_state.list_lock);
    if (!atomic_load(&heap_state.started)) {
        start_once();
        atomic_store(&heap_state.started, 1);
    }
    host_lock_release(&heap_state.list_lock);
}

/* Before there are threads, and before the first call, which may come from inside. */
__attribute__((constructor(120))) static void watch_fork(void)
{
    host_at_fork(&(struct host_fork){.prepare = wait_for_locked_heaps});
    host_at_fork(&(struct host_fork){RANK_HEAP_LIST, &heap_state.list_lock, NULL, NULL, NULL});
    host_at_fork(&(struct host_fork){RANK_HEAP, NULL, heap_fork_prepare, heap_fork_parent, heap_fork_child});
    host_at_fork(&(struct host_fork){RANK_HEAP_POOL, &heap_state.pool_lock, NULL, NULL, NULL});
}

struct heap *heap_process(void)
{
    if (unlikely(!atomic_load_explicit(&heap_state.started, memory_order_acquire)))
        heap_start();
    return &heap_first;
}

struct heap *heap_from_handle(const void *handle)
{
    struct heap *heap = &heap_first;
    if (handle != heap) {
        uint32_t count = atomic_load_explicit(&heap_state.highest, memory_order_acquire); /* before the table */
        uintptr_t offset = (uintptr_t)handle - (uintptr_t)heap_state.table, number = offset / sizeof(*heap);
        if (offset % sizeof(*heap) || !number || number >= count)
            return NULL;
        heap = heap_at((uint32_t)number);
    }
    return atomic_load_explicit(&heap->alive, memory_order_acquire) == HEAP_ALIVE ? heap : NULL;
}

/* The table has room for a heap in the slot that was never used yet. */
static bool prepare_slot_locked(uint32_t slot)
{
    host_lock_assert(&heap_state.list_lock);
    void *table = NULL;
    if (!heap_state.table) {
        if (host_pages_reserve(&table, HEAP_SLOTS * sizeof(struct heap)) != 0)
            return false;
        heap_state.table = table;
    }
    if (slot * sizeof(struct heap) < heap_state.table_committed)
        return true;
    uint8_t *end = (uint8_t *)heap_state.table + heap_state.table_committed;
    if (host_protect(end, TABLE_PIECE, HOST_READ | HOST_WRITE) != 0)
        return false;
    heap_state.table_committed += TABLE_PIECE;
    return true;
}

/* A slot for a heap, 0 when all are taken. One that was freed rests for a while, so that a stale handle stays wrong. */
static uint32_t take_slot_locked(void)
{
    host_lock_assert(&heap_state.list_lock);
    uint32_t slot = heap_state.highest;
    if (slot < HEAP_SLOTS && heap_state.free_count < SLOTS_RESTING && prepare_slot_locked(slot)) {
        atomic_store_explicit(&heap_state.highest, slot + 1, memory_order_release);
        return slot;
    }
    slot = heap_state.free_first;
    if (!slot)
        return 0;
    heap_state.free_first = heap_at(slot)->next_free;
    heap_state.free_count--;
    return slot;
}

static void give_slot_locked(struct heap *heap)
{
    host_lock_assert(&heap_state.list_lock);
    heap->next_free = 0;
    if (heap_state.free_count++)
        heap_at(heap_state.free_last)->next_free = heap->number;
    else
        heap_state.free_first = heap->number;
    heap_state.free_last = heap->number;
}

/* What a heap is to begin with must be there to commit; it is committed as blocks need it. */
static NTSTATUS check_initial(size_t initial)
{
    void *base = NULL;
    if (initial <= MM_GRANULE)
        return STATUS_SUCCESS;
    NTSTATUS status = mm_allocate(&base, &initial, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, NULL);
    if (status < 0)
        return STATUS_NO_MEMORY;
    initial = 0;
    return mm_free(&base, &initial, MEM_RELEASE);
}

SELDOM NTSTATUS heap_create(uint32_t flags, size_t initial, size_t maximum, struct heap **created)
{
    heap_process();
    if (initial > BLOCK_MAX || maximum > BLOCK_MAX)
        return STATUS_NO_MEMORY;
    NTSTATUS status = check_initial(initial);
    if (status < 0)
        return status;
    status = STATUS_NO_MEMORY;
    host_lock_acquire(&heap_state.list_lock);
    uint32_t slot = take_slot_locked();
    if (slot) {
        heap_init(heap_at(slot), slot, flags, maximum);
        *created = heap_at(slot);
        status = STATUS_SUCCESS;
    }
    host_lock_release(&heap_state.list_lock);
    return status;
}

void heap_set_largest(struct heap *heap, size_t size)
{
    heap->largest = size;
    heap->special = true;
}

NTSTATUS heap_destroy(struct heap *heap)
{
    if (heap == &heap_first)
        return STATUS_INVALID_HANDLE;
    host_lock_acquire(&heap_state.list_lock);
    uint32_t alive = HEAP_ALIVE;
    bool mine = atomic_compare_exchange_strong(&heap->alive, &alive, 1);
    if (mine) {
        special_forget_all(heap);
        front_release_all(heap);
        huge_release_all(heap);
        segment_release_all(heap);
        atomic_store_explicit(&heap->alive, 0, memory_order_release);
        give_slot_locked(heap);
    }
    host_lock_release(&heap_state.list_lock);
    return mine ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

size_t heap_list(void **handles, size_t count)
{
    size_t found = 0;
    heap_process();
    host_lock_acquire(&heap_state.list_lock);
    for (uint32_t i = 0; i < heap_state.highest; i++) {
        if (atomic_load(&heap_at(i)->alive) != HEAP_ALIVE)
            continue;
        if (found < count)
            handles[found] = heap_at(i);
        found++;
    }
    host_lock_release(&heap_state.list_lock);
    return found;
}

struct heap *heap_next(const struct heap *heap)
{
    struct heap *next = NULL;
    host_lock_acquire(&heap_state.list_lock);
    for (uint32_t i = heap->number + 1; i < heap_state.highest && !next; i++) {
        if (atomic_load(&heap_at(i)->alive) == HEAP_ALIVE)
            next = heap_at(i);
    }
    host_lock_release(&heap_state.list_lock);
    return next;
}

uint32_t heap_flags(const struct heap *heap)
{
    return heap->flags;
}

bool heap_may_be_low_fragmentation(const struct heap *heap)
{
    const uint32_t never = HEAP_NO_SERIALIZE | HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED;
    return !heap->maximum && !(heap->flags & never) && !heap->page_heap;
}

/* A heap says that it is one of low fragmentation from its eighteenth block on, as Windows turns to it by then. */
uint32_t heap_compatibility(struct heap *heap)
{
    struct heap_summary summary;
    if (heap->compatibility || !heap_may_be_low_fragmentation(heap))
        return heap->compatibility;
    heap_summarize(heap, &summary);
    if (summary.blocks > 17 || heap == heap_process())
        heap->compatibility = 2;
    return heap->compatibility;
}

void heap_enable_low_fragmentation(struct heap *heap)
{
    heap->compatibility = 2;
}

/* --- trim --- */

static void trim(struct heap *heap)
{
    heap_stop(heap);
    host_lock_acquire(&heap->lock);
    for (struct front *front = heap->fronts; front; front = front->next) {
        if (!front->busy)
            front_flush(front);
    }
    for (struct front *front = heap->fronts; front; front = front->next) {
        if (!front->busy) {
            front_collect(front);
            front_drop_empty(front);
        }
    }
    host_lock_release(&heap->lock);
    (void)segment_purge(heap, true);
    heap_resume(heap);
}

size_t heap_compact(struct heap *heap, uint32_t flags)
{
    (void)flags;
    trim(heap);
    return heap->maximum ? heap->maximum - atomic_load(&heap->charged) : LARGE_MAX;
}

void heap_trim_all(void)
{
    for (struct heap *heap = heap_process(); heap; heap = heap_next(heap))
        trim(heap);
}

/* --- fork: no other thread is inside an operation when the process is copied --- */

/* The list of heaps is locked. */
void heap_fork_prepare(void)
{
    for (uint32_t i = 0; i < heap_state.highest; i++) {
        if (heap_is_alive(heap_at(i)))
            heap_stop(heap_at(i));
    }
}

void heap_fork_parent(void)
{
    for (uint32_t i = heap_state.highest; i-- > 0;) {
        if (heap_is_alive(heap_at(i)))
            heap_resume(heap_at(i));
    }
}

/* The fronts of threads that are not in the child become idle ones, for its new threads. */
static void orphan_fronts(struct heap *heap)
{
    struct front *own = front_of(heap);
    heap->idle = NULL;
    for (struct front *front = heap->fronts; front; front = front->next) {
        if (front == own || front == heap->communal)
            continue;
        front->slot = NULL;
        front->idle = true;
        atomic_store(&front->busy, 0);
        front->next_idle = heap->idle;
        heap->idle = front;
        atomic_store_explicit(&heap->has_idle, true, memory_order_relaxed);
    }
}

SELDOM void heap_fork_child(void)
{
    heap_purge_forked();
    host_lock_reset(&heap_state.huge_lock);
    for (uint32_t i = heap_state.highest; i-- > 0;) {
        struct heap *heap = heap_at(i);
        if (!heap_is_alive(heap))
            continue;
        host_lock_reset(&heap->lock);
        host_lock_reset(&heap->back);
        orphan_fronts(heap);
        heap_resume(heap);
    }
}
