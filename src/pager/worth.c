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
#define RETURNS 16        /* eighths of what is resident; then the rest */
#define INTERRUPTED 50000 /* nanoseconds */

static struct {
    _Atomic int kept;
    int twice;  /* W */
    bool early; /* W */
    _Atomic uint32_t returns[RETURNS + 1];
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

void worth_note_return(unsigned eighths)
{
    atomic_fetch_add_explicit(&worth_state.returns[eighths < RETURNS ? eighths : RETURNS], 1, memory_order_relaxed);
}

/* Of 1024 pages that came back, how many would not have left if so many more were resident (in 64ths of what is). An
 * entry of the table stands for an eighth around it. */
static int64_t saved_by(int64_t more)
{
    int64_t all = 0, saved = 0, from = -4;
    for (unsigned i = 0; i <= RETURNS; i++, from += 8) {
        int64_t count = atomic_load_explicit(&worth_state.returns[i], memory_order_relaxed);
        int64_t start = from < 0 ? 0 : from, part = more - start, width = from + 8 - start;
        all += count;
        if (part > 0 && i < RETURNS)
            saved += count * (part < width ? part : width) * 1024 / width;
    }
    return all ? saved / all : 0;
}

/* What codes leave out of the store is room for resident pages. To take codes apart takes three quarters of what it
 * takes to make them. */
static bool codes_pay(int64_t page_time, size_t resident, size_t stored)
{
    int64_t room = (int64_t)stored * (worth_state.codes.without - worth_state.codes.with) / (AVERAGE * PAGE_BYTES);
    int64_t saved = page_time * saved_by(room * 64 / (int64_t)(resident + 1)) / 1024;
    int64_t cost = worth_state.codes.time * 7 / 4;
    return saved > (worth_state.codes.pay ? cost - cost / 8 : cost + cost / 8);
}

void worth_note_time(size_t left, int64_t nanoseconds, size_t resident, size_t stored)
{
    int64_t page_time = (nanoseconds - worth_state.codes.since) / (int64_t)(left + 1);
    if (worth_state.codes.since && worth_state.codes.without)
        worth_state.codes.pay = codes_pay(page_time, resident, stored);
    worth_state.codes.since = nanoseconds;
    for (unsigned i = 0; i <= RETURNS; i++) { /* what is told meanwhile may be lost: a sample */
        uint32_t count = atomic_load_explicit(&worth_state.returns[i], memory_order_relaxed);
        atomic_store_explicit(&worth_state.returns[i], count / 2, memory_order_relaxed);
    }
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
