/* futex.c: the futex calls of futex.h. A word whose page is paged out makes the kernel answer EFAULT: it is touched and
 * the call repeated. Must not allocate. */
#include "host/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/gate.h"

#define SYS_FUTEX_WAITV 449
#define WAITV_32 2u
#define WAITV_PRIVATE 128u
#define FALLBACK_SLICE 1000000 /* ns: kernels before 5.16 look again this often */

struct waitv {
    uint64_t value;
    uint64_t address;
    uint32_t flags;
    uint32_t reserved;
};

int64_t host_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t host_process_time(void)
{
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t host_deadline(int64_t relative_ns)
{
    if (relative_ns < 0)
        return HOST_FOREVER;
    int64_t now = host_now();
    return relative_ns > INT64_MAX - now ? INT64_MAX : now + relative_ns;
}

static struct timespec *timespec_of(int64_t deadline, struct timespec *storage)
{
    if (deadline < 0)
        return NULL;
    storage->tv_sec = deadline / 1000000000;
    storage->tv_nsec = deadline % 1000000000;
    return storage;
}

int host_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t deadline, bool shared)
{
    HOST_GATE("futex_wait");
    struct timespec storage, *until = timespec_of(deadline, &storage);
    int operation = FUTEX_WAIT_BITSET | (shared ? 0 : FUTEX_PRIVATE_FLAG);
    for (int tries = 0;; tries++) {
        if (syscall(SYS_futex, word, operation, value, until, NULL, FUTEX_BITSET_MATCH_ANY) == 0)
            return 0;
        if (errno != EFAULT || tries == 3)
            return -errno;
        (void)atomic_load(word);
    }
}

int host_futex_wake(_Atomic uint32_t *word, int count, bool shared)
{
    long woken = syscall(SYS_futex, word, FUTEX_WAKE | (shared ? 0 : FUTEX_PRIVATE_FLAG), count, NULL, NULL, 0);
    return woken < 0 ? 0 : (int)woken;
}

static int wait_in_slices(const struct host_wait_word *words, unsigned count, int64_t deadline)
{
    for (unsigned i = 0; i < count; i++)
        if (atomic_load(words[i].word) != words[i].value)
            return -EAGAIN;
    int64_t slice = host_now() + FALLBACK_SLICE;
    bool last = deadline >= 0 && deadline <= slice;
    int error = host_futex_wait(words[0].word, words[0].value, last ? deadline : slice, words[0].shared);
    return error == -ETIMEDOUT && !last ? 0 : error;
}

int host_futex_wait_any(const struct host_wait_word *words, unsigned count, int64_t deadline)
{
    HOST_GATE("futex_wait_any");
    if (count == 1)
        return host_futex_wait(words[0].word, words[0].value, deadline, words[0].shared);
    struct timespec storage, *until = timespec_of(deadline, &storage);
    struct waitv vector[HOST_WAIT_WORDS];
    for (unsigned i = 0; i < count; i++)
        vector[i] = (struct waitv){words[i].value, (uintptr_t)words[i].word,
                                   WAITV_32 | (words[i].shared ? 0 : WAITV_PRIVATE), 0};
    for (int tries = 0;; tries++) {
        if (syscall(SYS_FUTEX_WAITV, vector, count, 0, until, CLOCK_MONOTONIC) >= 0)
            return 0;
        if (errno == ENOSYS)
            return wait_in_slices(words, count, deadline);
        if (errno != EFAULT || tries == 3)
            return -errno;
        for (unsigned i = 0; i < count; i++)
            (void)atomic_load(words[i].word);
    }
}
