/* worth.c: whether what an eviction could do besides has paid lately: moving averages, and a sample that shows when
 * that changes. Signal-safe; calls nobody. */
#include "pager/worth.h"

#include <stdatomic.h>

#define KEPT_MOST 4096
#define KEPT_WORTH (KEPT_MOST / 16 * 11) /* so many of the copies must be good for something */
#define KEPT_SAMPLE 64u                  /* else only those of each 64th page are kept, to see whether that changes */
#define TWICE_MOST 256
#define TWICE_WORTH (TWICE_MOST / 4) /* so many of the pages without zero bytes must get smaller by LZ4 */

#define AVERAGE 64
#define PAGE_BYTES 4096
#define INTERRUPTED 50000 /* nanoseconds */

static struct {
    _Atomic int kept;
    int twice;  /* W */
    bool early; /* W */
    struct {
        int64_t without, with, time; /* W: moving averages: bytes of a page, and the nanoseconds between */
        int64_t since;               /* W: the processor's time at the last look */
        bool pay;                    /* W */
    } codes;
} worth_state = {.kept = KEPT_MOST, .twice = TWICE_MOST};

bool worth_keeping(size_t page, bool streams)
{
    return (streams && worth_state.kept >= KEPT_WORTH) || page % KEPT_SAMPLE == 0;
}

/* Whether kept copies turn out to be the same as their pages, a moving average. */
void worth_note_kept(bool same)
{
    int worth = worth_state.kept;
    worth_state.kept = same ? worth + (KEPT_MOST - worth) / 64 : worth - worth / 64;
}

/* Whether LZ4 makes pages still smaller that have lost their zero bytes: it does for objects, not for numbers. */
void worth_note_twice(bool smaller)
{
    int worth = worth_state.twice;
    worth_state.twice = worth + (smaller ? (TWICE_MOST - worth + 15) / 16 : -(worth + 15) / 16);
}

bool worth_packing_twice(void)
{
    return worth_state.twice >= TWICE_WORTH;
}

void worth_note_codes(uint32_t without, uint32_t with, int64_t nanoseconds)
{
    if (nanoseconds < 0 || nanoseconds > INTERRUPTED)
        return; /* something came between */
    if (!worth_state.codes.without) {
        worth_state.codes.without = without * AVERAGE;
        worth_state.codes.with = with * AVERAGE;
        worth_state.codes.time = nanoseconds;
        return;
    }
    worth_state.codes.without += without - worth_state.codes.without / AVERAGE;
    worth_state.codes.with += with - worth_state.codes.with / AVERAGE;
    worth_state.codes.time += (nanoseconds - worth_state.codes.time) / AVERAGE;
}

/* Were all pages used alike, the faults would be as 1 / (1 - r), where r is what the store makes of a page; so one in
 * (without - with) / (1 - with) is saved, with what it costs. To take codes apart takes three quarters of what it takes
 * to make them. */
static bool codes_pay(int64_t page_time)
{
    int64_t without = worth_state.codes.without / AVERAGE, with = worth_state.codes.with / AVERAGE;
    int64_t saved = page_time * (without - with) / (PAGE_BYTES - with + 1);
    int64_t cost = worth_state.codes.time * 7 / 4;
    return saved > (worth_state.codes.pay ? cost - cost / 8 : cost + cost / 8);
}

void worth_note_time(size_t pages, int64_t nanoseconds)
{
    int64_t page_time = (nanoseconds - worth_state.codes.since) / (int64_t)(pages + 1);
    if (worth_state.codes.since && worth_state.codes.without)
        worth_state.codes.pay = codes_pay(page_time);
    worth_state.codes.since = nanoseconds;
}

bool worth_codes(void)
{
    return worth_state.codes.pay;
}

bool worth_guarding_early(void)
{
    return worth_state.early;
}

void worth_note_written(size_t written, size_t victims)
{
    worth_state.early = written > victims / (worth_state.early ? 16 : 2);
}
