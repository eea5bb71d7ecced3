/* bench.h: the one way of measuring here: two sides run alternately in one process, so that both see the same machine;
 * what is reported is the median time of each side and the median of the rounds' ratios. It pins nothing. */
#ifndef WINMEM_BENCH_BENCH_H
#define WINMEM_BENCH_BENCH_H

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

#define BENCH_ROUNDS 31

/* Does the operation `count` times. */
typedef void bench_side(unsigned count, SIZE_T size);

static inline double bench_now(void) /* nanoseconds */
{
    static double scale;
    LARGE_INTEGER value;
    if (scale == 0) {
        QueryPerformanceFrequency(&value);
        scale = 1e9 / (double)value.QuadPart;
    }
    QueryPerformanceCounter(&value);
    return (double)value.QuadPart * scale;
}

static inline double bench_time(bench_side *side, unsigned count, SIZE_T size)
{
    double start = bench_now();
    side(count, size);
    return (bench_now() - start) / count;
}

static inline int bench_compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static inline double bench_median(double *value, unsigned count)
{
    qsort(value, count, sizeof *value, bench_compare);
    return count % 2 ? value[count / 2] : (value[count / 2 - 1] + value[count / 2]) / 2;
}

struct bench_result {
    double ours, raw; /* ns per operation, medians */
    double ratio;     /* median of the rounds' ratios; 0 without a raw side */
};

/* How many operations take about ten milliseconds; what a side does once is done before it is timed. */
static inline unsigned bench_calibrate(bench_side *side, SIZE_T size)
{
    unsigned count = 1;
    side(1, size);
    for (;;) {
        double start = bench_now();
        side(count, size);
        double spent = bench_now() - start;
        if (spent > 2e6 || count > 50000000)
            return (unsigned)(count * (spent < 1e7 ? 1e7 / (spent + 1) : 1)) + 1;
        count *= 4;
    }
}

/* count 0: found by trying. `raw` NULL: one side only. The order alternates from round to round. */
static inline struct bench_result bench_pair(bench_side *ours, bench_side *raw, SIZE_T size, unsigned count,
                                             unsigned rounds)
{
    double a[BENCH_ROUNDS], b[BENCH_ROUNDS], ratio[BENCH_ROUNDS];
    struct bench_result result = {0, 0, 0};
    if (rounds > BENCH_ROUNDS)
        rounds = BENCH_ROUNDS;
    if (count == 0)
        count = bench_calibrate(ours, size);
    for (unsigned i = 0; i < rounds; i++) {
        if (i % 2 == 0)
            a[i] = bench_time(ours, count, size);
        b[i] = raw ? bench_time(raw, count, size) : 0;
        if (i % 2 == 1)
            a[i] = bench_time(ours, count, size);
        ratio[i] = raw ? a[i] / b[i] : 0;
    }
    result.ours = bench_median(a, rounds);
    result.raw = bench_median(b, rounds);
    result.ratio = bench_median(ratio, rounds);
    return result;
}

static inline void bench_fail(const char *what)
{
    fprintf(stderr, "%s failed: error %lu\n", what, (unsigned long)GetLastError());
    exit(1);
}

#endif
