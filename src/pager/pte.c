/* pte.c: the page table and the windows' bitmaps. Calls host and the budget of frame.c. */
#include "pager/pte.h"

#include "host/pages.h"
#include "pager/frame.h"

#define SECTION_WINDOWS_LEAST ((size_t)512)

struct pte_table pte_table;
_Atomic bool pte_low_priority;

static int reserve(size_t size, void **base)
{
    return host_table_reserve((size + PAGE_SIZE_BYTES - 1) & ~(PAGE_SIZE_BYTES - 1), base);
}

int pte_table_start(uintptr_t arena, size_t arena_size)
{
    size_t arena_windows = arena_size / (WINDOW_PAGES * PAGE_SIZE_BYTES);
    size_t windows =
        arena_windows + (arena_windows / 8 > SECTION_WINDOWS_LEAST ? arena_windows / 8 : SECTION_WINDOWS_LEAST);
    void *at;
    int error = reserve(windows * WINDOW_PAGES * sizeof(pte), &at);
    if (error)
        return error;
    pte_table.entries = at;
    error = reserve(windows * WINDOW_PAGES, &at);
    if (error)
        return error;
    pte_table.heat = at;
    error = reserve(windows * sizeof(struct window), &at);
    if (error)
        return error;
    pte_table.windows = at;
    size_t bits = windows;
    for (int level = 0; level < 3; level++) {
        size_t words = (bits + 63) / 64;
        error = reserve(words * 8, &at);
        if (error)
            return error;
        pte_table.bitmap[level] = at;
        bits = words;
    }
    pte_table.arena = arena;
    pte_table.arena_pages = arena_windows * WINDOW_PAGES;
    pte_table.window_count = windows;
    pte_table.pages = windows * WINDOW_PAGES;
    return 0;
}

void pte_touch_window(size_t window)
{
    if (atomic_load_explicit(&pte_table.windows[window].touched, memory_order_relaxed) ||
        atomic_exchange_explicit(&pte_table.windows[window].touched, 1, memory_order_relaxed))
        return;
    bool heated = atomic_exchange_explicit(&pte_table.windows[window & ~(size_t)7].heated, 1, memory_order_relaxed);
    frame_account_table(heated ? 1 : 2);
}

static void mark(int level, size_t bit)
{
    for (; level < 3; level++) {
        uint64_t old = atomic_fetch_or(&pte_table.bitmap[level][bit / 64], (uint64_t)1 << (bit % 64));
        if (old)
            return;
        bit /= 64;
    }
}

/* A mark that comes between the two levels would be lost: look again after the upper level was cleared. */
static void unmark(int level, size_t bit)
{
    uint64_t mask = (uint64_t)1 << (bit % 64);
    uint64_t old = atomic_fetch_and(&pte_table.bitmap[level][bit / 64], ~mask);
    if ((old & ~mask) || level == 2)
        return;
    unmark(level + 1, bit / 64);
    if (atomic_load(&pte_table.bitmap[level][bit / 64]))
        mark(level + 1, bit / 64);
}

void pte_window_add(size_t window, int pages)
{
    uint16_t old = atomic_fetch_add(&pte_table.windows[window].resident, (uint16_t)pages);
    if (old == 0 && pages > 0)
        mark(0, window);
    if (window >= pte_table.arena_pages / WINDOW_PAGES)
        atomic_fetch_add_explicit(&pte_table.of_sections, pages, memory_order_relaxed);
}

/* First set bit at or after `from` on a level, SIZE_MAX if none; looks at the level above to skip empty words. */
static size_t next_bit(int level, size_t from, size_t bits)
{
    if (from >= bits)
        return SIZE_MAX;
    size_t word = from / 64;
    uint64_t value = atomic_load(&pte_table.bitmap[level][word]) & (~(uint64_t)0 << (from % 64));
    size_t words = (bits + 63) / 64;
    for (;;) {
        if (value) {
            size_t bit = word * 64 + (size_t)__builtin_ctzll(value);
            return bit < bits ? bit : SIZE_MAX;
        }
        if (level == 2) {
            if (++word >= words)
                return SIZE_MAX;
        } else {
            word = next_bit(level + 1, word + 1, words);
            if (word == SIZE_MAX)
                return SIZE_MAX;
        }
        value = atomic_load(&pte_table.bitmap[level][word]);
    }
}

size_t pte_next_window(size_t from)
{
    bool wrapped = false;
    for (;;) {
        size_t window = next_bit(0, from, pte_table.window_count);
        if (window == SIZE_MAX) {
            if (wrapped)
                return SIZE_MAX;
            wrapped = true;
            from = 0;
            continue;
        }
        if (atomic_load(&pte_table.windows[window].resident))
            return window;
        unmark(0, window);
        if (atomic_load(&pte_table.windows[window].resident))
            mark(0, window);
        from = window + 1;
    }
}
