/* frame.c: the frame records (PFN database) and the budget counter. Lock-free; calls host for table memory only. */
#include "pager/frame.h"

#include <errno.h>

#include "host/pages.h"

/* The free list's head: tag in the high half against ABA, frame in the low half. */
static struct {
    struct frame *frames;
    uint32_t limit;        /* records that the table can hold */
    _Atomic uint32_t used; /* records ever handed out */
    _Atomic uint64_t free_head;
    _Atomic int64_t available;
    _Atomic int64_t resident, store, tables, unpaged;
    _Atomic size_t budget;
    _Atomic int64_t most, least; /* hard limits of the working set */
    _Atomic int64_t wanted;      /* a prefetch makes room for so many */
    _Atomic int64_t peak;        /* of resident */
} frame_state = {.most = INT64_MAX};

#define FRAMES_A_PAGE (PAGE_SIZE_BYTES / sizeof(struct frame))
#define RESERVE 96u      /* pages */
#define STORE_SLACK 128u /* pages of tables beside the store and a hard minimum */
#define FRAME_LIMIT ((uint32_t)1 << 28)

int frame_start(size_t budget)
{
    void *at;
    int error = host_table_reserve(FRAME_LIMIT * sizeof(struct frame), &at);
    if (error)
        return error;
    frame_state.frames = at;
    frame_state.limit = FRAME_LIMIT - 1;
    atomic_store(&frame_state.free_head, FRAME_NONE);
    atomic_store(&frame_state.budget, budget);
    atomic_store(&frame_state.available, (int64_t)budget);
    return 0;
}

static void note_peak(int64_t resident)
{
    int64_t peak = atomic_load_explicit(&frame_state.peak, memory_order_relaxed);
    while (resident > peak && !atomic_compare_exchange_weak_explicit(&frame_state.peak, &peak, resident,
                                                                     memory_order_relaxed, memory_order_relaxed)) {}
}

int64_t frame_reserve(void)
{
    size_t reserve = frame_budget() / 256;
    return (int64_t)(reserve > RESERVE ? RESERVE : reserve);
}

size_t frame_take(size_t want)
{
    int64_t have = atomic_load_explicit(&frame_state.available, memory_order_relaxed);
    int64_t take, reserve = frame_reserve();
    do {
        if (have <= reserve)
            return 0;
        take = have - reserve < (int64_t)want ? have - reserve : (int64_t)want;
    } while (!atomic_compare_exchange_weak(&frame_state.available, &have, have - take));
    int64_t resident = atomic_fetch_add_explicit(&frame_state.resident, take, memory_order_relaxed) + take;
    int64_t over = resident - atomic_load_explicit(&frame_state.most, memory_order_relaxed);
    if (__builtin_expect(over > 0, 0)) {
        over = over < take ? over : take;
        frame_give((size_t)over);
        take -= over;
        resident -= over;
    }
    note_peak(resident);
    return (size_t)take;
}

void frame_take_over_budget(size_t count)
{
    atomic_fetch_sub(&frame_state.available, (int64_t)count);
    note_peak(atomic_fetch_add_explicit(&frame_state.resident, (int64_t)count, memory_order_relaxed) + (int64_t)count);
}

void frame_give(size_t count)
{
    atomic_fetch_sub_explicit(&frame_state.resident, (int64_t)count, memory_order_relaxed);
    atomic_fetch_add(&frame_state.available, (int64_t)count);
}

struct frame *frame_get(uint32_t frame)
{
    return &frame_state.frames[frame];
}

uint32_t frame_end(void)
{
    return atomic_load(&frame_state.used);
}

static uint32_t pop_free(void)
{
    uint64_t head = atomic_load(&frame_state.free_head);
    for (;;) {
        uint32_t frame = (uint32_t)head;
        if (frame == FRAME_NONE)
            return FRAME_NONE;
        uint32_t next = (uint32_t)__atomic_load_n(&frame_state.frames[frame].page, __ATOMIC_RELAXED);
        uint64_t replaced = ((head >> 32) + 1) << 32 | next;
        if (atomic_compare_exchange_weak(&frame_state.free_head, &head, replaced))
            return frame;
    }
}

uint32_t frame_new(size_t page)
{
    uint32_t frame = pop_free();
    if (frame == FRAME_NONE) {
        frame = atomic_fetch_add(&frame_state.used, 1);
        if (frame >= frame_state.limit) {
            atomic_fetch_sub(&frame_state.used, 1);
            return FRAME_NONE;
        }
        if (frame % FRAMES_A_PAGE == 0)
            frame_account_table(1);
    }
    struct frame *record = frame_get(frame);
    __atomic_store_n(&record->page, page, __ATOMIC_RELAXED);
    atomic_store_explicit(&record->kept, 0, memory_order_relaxed);
    return frame;
}

void frame_free(uint32_t frame)
{
    uint64_t head = atomic_load(&frame_state.free_head);
    uint64_t replaced;
    do {
        __atomic_store_n(&frame_get(frame)->page, (uint32_t)head, __ATOMIC_RELAXED);
        replaced = ((head >> 32) + 1) << 32 | frame;
    } while (!atomic_compare_exchange_weak(&frame_state.free_head, &head, replaced));
}

void frame_account_table(int64_t pages)
{
    atomic_fetch_add_explicit(&frame_state.tables, pages, memory_order_relaxed);
    atomic_fetch_sub(&frame_state.available, pages);
}

void frame_account_unpaged(int64_t pages)
{
    atomic_fetch_add_explicit(&frame_state.unpaged, pages, memory_order_relaxed);
    atomic_fetch_sub(&frame_state.available, pages);
}

void frame_account_store(int64_t pages)
{
    atomic_fetch_add_explicit(&frame_state.store, pages, memory_order_relaxed);
    atomic_fetch_sub(&frame_state.available, pages);
}

int64_t frame_available(void)
{
    return atomic_load_explicit(&frame_state.available, memory_order_relaxed);
}

int64_t frame_room(void)
{
    int64_t available = frame_available() - frame_reserve();
    int64_t left = atomic_load_explicit(&frame_state.most, memory_order_relaxed) -
                   atomic_load_explicit(&frame_state.resident, memory_order_relaxed);
    return left < available ? left : available;
}

void frame_set_limits(size_t least, size_t most)
{
    atomic_store(&frame_state.least, (int64_t)least);
    atomic_store(&frame_state.most, most == SIZE_MAX ? INT64_MAX : (int64_t)most);
}

size_t frame_least(void)
{
    int64_t least = atomic_load_explicit(&frame_state.least, memory_order_relaxed);
    int64_t wanted = atomic_load_explicit(&frame_state.wanted, memory_order_relaxed);
    return (size_t)(least > wanted ? least : wanted);
}

size_t frame_store_most(size_t locked, unsigned eighths)
{
    int64_t unpaged = atomic_load_explicit(&frame_state.unpaged, memory_order_relaxed);
    size_t least = frame_least(), budget = frame_budget();
    budget = unpaged <= 0 ? budget : budget > (size_t)unpaged ? budget - (size_t)unpaged : 0;
    size_t most = budget > locked ? (budget - locked) / 8 * eighths : 0;
    if (least && most + least + STORE_SLACK > budget)
        most = budget > least + STORE_SLACK ? budget - least - STORE_SLACK : 0;
    return most;
}

void frame_want(size_t pages)
{
    atomic_store_explicit(&frame_state.wanted, (int64_t)pages, memory_order_relaxed);
}

size_t frame_budget(void)
{
    return atomic_load_explicit(&frame_state.budget, memory_order_relaxed);
}

size_t frame_resident(void)
{
    int64_t resident = atomic_load_explicit(&frame_state.resident, memory_order_relaxed);
    return resident > 0 ? (size_t)resident : 0;
}

void frame_set_budget(size_t pages)
{
    size_t old = atomic_exchange(&frame_state.budget, pages);
    atomic_fetch_add(&frame_state.available, (int64_t)pages - (int64_t)old);
}

void frame_get_totals(struct frame_totals *totals)
{
    totals->budget = frame_budget();
    totals->resident = frame_resident();
    totals->resident_peak = (size_t)atomic_load(&frame_state.peak);
    totals->unpaged = (size_t)atomic_load_explicit(&frame_state.unpaged, memory_order_relaxed);
    totals->store = (size_t)atomic_load_explicit(&frame_state.store, memory_order_relaxed);
    totals->tables = (size_t)atomic_load_explicit(&frame_state.tables, memory_order_relaxed);
    totals->free = frame_available();
}
