/* lock.c: the futex mutex of lock.h. Calls the kernel only when contended; must not allocate. */
#include "host/lock.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/futex.h"

#define HELD 1u
#define WAITED_FOR 2u
#define STARVING 4u

/* Counted before a lock is taken and after it is free, so that a signal handler never sees too few. */
static __thread volatile unsigned locks_here;
static __thread volatile unsigned stays_here;

static __thread void (*volatile put_off)(void);

bool host_lock_put_off(void (*again)(void))
{
    bool later = locks_here || stays_here;
    if (later)
        put_off = again;
    return later;
}

/* Seen in this order: who asks in between finds no lock, or has left word. */
static void leave(void)
{
    locks_here--;
    void (*again)(void) = put_off;
    if (__builtin_expect(again != NULL, 0) && !locks_here && !stays_here) {
        put_off = NULL;
        again();
    }
}

void host_lock_stay(void)
{
    stays_here++;
}

/* Under a lock, whose release looks at what was put off. */
void host_lock_stay_end(void)
{
    stays_here--;
}

void host_lock_pretend(void)
{
    locks_here++;
}

void host_lock_pretend_end(void)
{
    leave();
}

bool host_lock_is_held_here(void)
{
    return locks_here != 0;
}

void host_lock_forget(void)
{
    put_off = NULL; /* asked by another thread, of the parent */
    locks_here = 1;
}

#ifdef WINMEM_DEBUG
#define MAX_HELD 60
static __thread struct {
    uint8_t rank[MAX_HELD];
    int depth;
    int beyond; /* a fork takes all there are, those of every heap included: not looked at */
    int tid;
} held;

static int own_tid(void)
{
    if (held.tid == 0)
        held.tid = (int)syscall(SYS_gettid);
    return held.tid;
}

static void note_acquired(host_lock *lock)
{
    int depth = held.depth;
    if (lock->rank == 0 || (depth > 0 && held.rank[depth - 1] > lock->rank))
        abort(); /* the lock order is broken, or the lock was never given a rank */
    if (depth == MAX_HELD) {
        held.beyond++;
    } else {
        held.rank[depth] = (uint8_t)lock->rank;
        held.depth = depth + 1;
    }
    atomic_store_explicit(&lock->owner, own_tid(), memory_order_relaxed);
}

static void note_released(host_lock *lock)
{
    if (atomic_load_explicit(&lock->owner, memory_order_relaxed) != own_tid())
        abort(); /* released by a thread that does not hold it */
    atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
    for (int i = held.depth - 1; i >= 0; i--) {
        if (held.rank[i] != lock->rank)
            continue;
        for (int j = i; j + 1 < held.depth; j++)
            held.rank[j] = held.rank[j + 1];
        held.depth--;
        return;
    }
    if (held.beyond-- == 0)
        abort();
}
#else
static void note_acquired(host_lock *lock)
{
    (void)lock;
}
static void note_released(host_lock *lock)
{
    (void)lock;
}
#endif

void host_lock_init(host_lock *lock, enum host_rank rank)
{
    (void)rank;
    atomic_init(&lock->state, 0);
#ifdef WINMEM_DEBUG
    lock->rank = rank;
    atomic_init(&lock->owner, 0);
#endif
}

bool host_lock_try(host_lock *lock)
{
    uint32_t free_state = 0;
    locks_here++;
    if (!atomic_compare_exchange_strong_explicit(&lock->state, &free_state, 1, memory_order_acquire,
                                                 memory_order_relaxed)) {
        locks_here--;
        return false;
    }
    note_acquired(lock);
    return true;
}

/* What is done under a lock is a few system calls at most: waiting that long costs less than sleeping. */
#define SPINS 400

/* A lock that is free may be taken by whoever comes; a thread that was woken for it finds it taken again, and that any
 * number of times. Who has waited this long says so (STARVING): from then on a free lock is only taken by such a one.
 */
#define PATIENCE 2000000 /* ns */

static bool spin(host_lock *lock)
{
    for (int spin = 0; spin < SPINS; spin++) {
        uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
        if (state == 0 && atomic_compare_exchange_weak_explicit(&lock->state, &state, HELD, memory_order_acquire,
                                                                memory_order_relaxed))
            return true;
        __builtin_ia32_pause();
    }
    return false;
}

static void acquire_contended(host_lock *lock)
{
    int64_t since = 0;
    bool starving = false;
    if (spin(lock))
        return;
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    for (;;) {
        bool take = !(state & HELD) && (starving || !(state & STARVING));
        uint32_t next = take ? HELD | WAITED_FOR : state | WAITED_FOR | (starving ? STARVING : 0);
        if (next != state && !atomic_compare_exchange_weak_explicit(&lock->state, &state, next, memory_order_acquire,
                                                                    memory_order_relaxed))
            continue;
        if (take)
            return;
        syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, next, NULL, NULL, 0);
        int64_t now = host_now();
        since = since ? since : now;
        starving |= now - since > PATIENCE;
        state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    }
}

static void release_contended(host_lock *lock, uint32_t state)
{
    uint32_t next;
    do
        next = state & STARVING ? state & ~HELD : 0;
    while (
        !atomic_compare_exchange_weak_explicit(&lock->state, &state, next, memory_order_release, memory_order_relaxed));
    syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, next ? INT_MAX : 1, NULL, NULL, 0);
}

void host_lock_acquire(host_lock *lock)
{
    uint32_t free_state = 0;
    locks_here++;
    if (__builtin_expect(!atomic_compare_exchange_strong_explicit(&lock->state, &free_state, 1, memory_order_acquire,
                                                                  memory_order_relaxed),
                         0))
        acquire_contended(lock);
    note_acquired(lock);
}

void host_lock_release(host_lock *lock)
{
    uint32_t state = HELD;
    note_released(lock);
    if (__builtin_expect(!atomic_compare_exchange_strong_explicit(&lock->state, &state, 0, memory_order_release,
                                                                  memory_order_relaxed),
                         0))
        release_contended(lock, state);
    leave();
}

#ifdef WINMEM_DEBUG
void host_lock_assert(const host_lock *lock)
{
    if (atomic_load_explicit(&lock->owner, memory_order_relaxed) != own_tid())
        abort();
}
#endif

void host_lock_reset(host_lock *lock)
{
    atomic_store_explicit(&lock->state, 0, memory_order_relaxed);
#ifdef WINMEM_DEBUG
    atomic_store_explicit(&lock->owner, 0, memory_order_relaxed);
    held.depth = held.beyond = 0;
    held.tid = 0;
#endif
}
