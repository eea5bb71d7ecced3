/* futex.h: sleeping on a 32-bit word, in this process or shared with others, until another thread wakes it. Deadlines
 * are absolute, on CLOCK_MONOTONIC, in nanoseconds; HOST_FOREVER never comes. Returns 0 or -errno; never allocates. */
#ifndef WINMEM_HOST_FUTEX_H
#define WINMEM_HOST_FUTEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/shared.h"

#define HOST_FOREVER ((int64_t)-1)
#define HOST_WAIT_WORDS 128u

struct host_wait_word {
    _Atomic uint32_t *word;
    uint32_t value; /* sleep only while the word holds this */
    bool shared;    /* the word lies in memory shared between processes */
};

/* 0 woken (perhaps for nothing), -EAGAIN the word has another value, -ETIMEDOUT, -EINTR. */
WINMEM_SHARED int host_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t deadline, bool shared);
/* How many were woken. */
WINMEM_SHARED int host_futex_wake(_Atomic uint32_t *word, int count, bool shared);
/* Until any of up to HOST_WAIT_WORDS words is woken; the same answers. */
WINMEM_SHARED int host_futex_wait_any(const struct host_wait_word *words, unsigned count, int64_t deadline);

WINMEM_SHARED int64_t host_now(void);                     /* CLOCK_MONOTONIC in ns */
int64_t host_process_time(void);                          /* the processor time of all threads, in ns */
WINMEM_SHARED int64_t host_deadline(int64_t relative_ns); /* from now; negative: HOST_FOREVER */

#endif
