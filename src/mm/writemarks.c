/* writemarks.c: see writemarks.h: a bit for each page, in zero pages of the kernel's until one is set. Calls host. */
#include "mm/writemarks.h"

#include "mm/space.h"

#define BITS 64u

struct write_marks {
    uint64_t first;     /* the page of the first bit */
    uint64_t low, high; /* no bit is set outside of these pages */
    size_t size;        /* of all of this, bytes */
    uint64_t users;     /* regions: parts of one that was split */
    uint64_t bits[];
};

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

int writemarks_start_locked(struct region *region)
{
    void *pages;
    host_lock_assert(&mm_state.lock);
    if (region->marks)
        return 0;
    size_t words = (region->end - region->start + BITS - 1) / BITS;
    size_t size = (sizeof(struct write_marks) + words * sizeof(uint64_t) + MM_PAGE - 1) & ~(MM_PAGE - 1);
    int error = host_pages_map(&pages, size);
    if (error)
        return error;
    region->marks = pages;
    region->marks->first = region->start;
    region->marks->size = size;
    region->marks->users = 1;
    return 0;
}

/* The bits of one word that are in the range; *at moves on to the next word. */
static uint64_t mask_of(uint64_t *at, uint64_t stop)
{
    unsigned from = (unsigned)(*at % BITS);
    uint64_t count = least(BITS - from, stop - *at);
    *at += count;
    return (count == BITS ? UINT64_MAX : ((uint64_t)1 << count) - 1) << from;
}

void writemarks_set_locked(const struct region *region, uint64_t start, uint64_t end)
{
    struct write_marks *marks = region->marks;
    host_lock_assert(&mm_state.lock);
    bool none = marks->low >= marks->high;
    marks->low = none ? start : least(marks->low, start);
    marks->high = none ? end : most(marks->high, end);
    for (uint64_t at = start - marks->first, stop = end - marks->first; at < stop;) {
        uint64_t *word = &marks->bits[at / BITS];
        *word |= mask_of(&at, stop);
    }
}

void writemarks_clear_locked(const struct region *region, uint64_t start, uint64_t end)
{
    struct write_marks *marks = region->marks;
    host_lock_assert(&mm_state.lock);
    if (!marks)
        return;
    uint64_t from = most(start, marks->low), to = least(end, marks->high);
    if (from >= to)
        return;
    for (uint64_t at = from - marks->first, stop = to - marks->first; at < stop;) {
        uint64_t *word = &marks->bits[at / BITS];
        uint64_t mask = mask_of(&at, stop);
        if (*word & mask)
            *word &= ~mask;
    }
    if (from == marks->low)
        marks->low = to;
    else if (to == marks->high)
        marks->high = from;
}

uint64_t writemarks_next_locked(const struct region *region, uint64_t start, uint64_t end)
{
    const struct write_marks *marks = region->marks;
    host_lock_assert(&mm_state.lock);
    if (!marks)
        return end;
    uint64_t from = most(start, marks->low), to = least(end, marks->high);
    if (from >= to)
        return end;
    for (uint64_t at = from - marks->first, stop = to - marks->first; at < stop;) {
        uint64_t word = at / BITS;
        uint64_t found = marks->bits[word] & mask_of(&at, stop);
        if (found)
            return marks->first + word * BITS + (unsigned)__builtin_ctzll(found);
    }
    return end;
}

void writemarks_share_locked(const struct region *region)
{
    if (region->marks)
        region->marks->users++;
}

void writemarks_drop_locked(struct region *region)
{
    struct write_marks *marks = region->marks;
    region->marks = NULL;
    if (marks && --marks->users == 0)
        (void)host_pages_unmap(marks, marks->size);
}
