/* srw.c: slim reader/writer locks and condition variables on futex words inside their own eight bytes: a zeroed one is
 * ready. Uncontended: one compare-and-swap to take, one atomic subtraction to release. Must not allocate.
 *
 * Lock word: bits 0-29 readers, all ones = a writer holds it; bit 30 readers sleep on this word, bit 31 writers sleep
 * on the second word, which counts their wake-ups. Nobody overtakes a sleeping writer by taking the lock shared. */
#include <synchapi.h>

#include <errno.h>
#include <limits.h>

#include "base/base.h"
#include "win32/win32.h"

#define COUNT_MASK ((1u << 30) - 1)
#define WRITE_LOCKED COUNT_MASK
#define MAX_READERS (COUNT_MASK - 1)
#define READERS_WAIT (1u << 30)
#define WRITERS_WAIT (1u << 31)
#define SPINS 100

struct srw {
    _Atomic uint32_t state;
    _Atomic uint32_t writer_notify;
};

static struct srw *srw_of(PSRWLOCK lock)
{
    return (struct srw *)lock;
}

static bool is_unlocked(uint32_t state)
{
    return (state & COUNT_MASK) == 0;
}

static bool is_readable(uint32_t state)
{
    return (state & COUNT_MASK) < MAX_READERS && !(state & (READERS_WAIT | WRITERS_WAIT));
}

static bool wake_writer(struct srw *lock)
{
    atomic_fetch_add_explicit(&lock->writer_notify, 1, memory_order_release);
    return host_futex_wake(&lock->writer_notify, 1, false) > 0;
}

/* The lock was just released and somebody sleeps: a writer first, else all readers. */
static __attribute__((noinline)) void wake_next(struct srw *lock, uint32_t state)
{
    if (state == WRITERS_WAIT) {
        if (atomic_compare_exchange_strong(&lock->state, &state, 0)) {
            wake_writer(lock);
            return;
        }
    }
    if (state == (READERS_WAIT | WRITERS_WAIT)) {
        if (!atomic_compare_exchange_strong(&lock->state, &state, READERS_WAIT))
            return; /* taken by another, whose release goes on from here */
        if (wake_writer(lock))
            return;
        state = READERS_WAIT; /* the writers were not asleep yet and come by themselves */
    }
    if (state == READERS_WAIT && atomic_compare_exchange_strong(&lock->state, &state, 0))
        host_futex_wake(&lock->state, INT_MAX, false);
}

static uint32_t spin_while_held(struct srw *lock, bool reader)
{
    for (int i = 0;; i++) {
        uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
        bool held = reader ? state == WRITE_LOCKED : !is_unlocked(state) && !(state & WRITERS_WAIT);
        if (!held || i == SPINS)
            return state;
        __builtin_ia32_pause();
    }
}

static __attribute__((noinline)) void acquire_shared_slow(struct srw *lock)
{
    uint32_t state = spin_while_held(lock, true);
    for (;;) {
        if (is_readable(state)) {
            if (atomic_compare_exchange_weak_explicit(&lock->state, &state, state + 1, memory_order_acquire,
                                                      memory_order_relaxed))
                return;
            continue;
        }
        if (!(state & READERS_WAIT) && !atomic_compare_exchange_weak(&lock->state, &state, state | READERS_WAIT))
            continue;
        host_futex_wait(&lock->state, state | READERS_WAIT, HOST_FOREVER, false);
        state = spin_while_held(lock, true);
    }
}

static __attribute__((noinline)) void acquire_exclusive_slow(struct srw *lock)
{
    uint32_t state = spin_while_held(lock, false);
    uint32_t other_writers = 0; /* once asleep, others may be too: keep the bit when taking it */
    for (;;) {
        if (is_unlocked(state)) {
            if (atomic_compare_exchange_weak_explicit(&lock->state, &state, state | WRITE_LOCKED | other_writers,
                                                      memory_order_acquire, memory_order_relaxed))
                return;
            continue;
        }
        if (!(state & WRITERS_WAIT) && !atomic_compare_exchange_weak(&lock->state, &state, state | WRITERS_WAIT))
            continue;
        other_writers = WRITERS_WAIT;
        uint32_t sequence = atomic_load_explicit(&lock->writer_notify, memory_order_acquire);
        state = atomic_load_explicit(&lock->state, memory_order_relaxed);
        if (is_unlocked(state) || !(state & WRITERS_WAIT))
            continue;
        host_futex_wait(&lock->writer_notify, sequence, HOST_FOREVER, false);
        state = spin_while_held(lock, false);
    }
}

VOID WINAPI InitializeSRWLock(PSRWLOCK SRWLock)
{
    SRWLock->Ptr = NULL;
}

VOID WINAPI AcquireSRWLockExclusive(PSRWLOCK SRWLock)
{
    struct srw *lock = srw_of(SRWLock);
    uint32_t expected = 0;
    if (__builtin_expect(!atomic_compare_exchange_strong_explicit(&lock->state, &expected, WRITE_LOCKED,
                                                                  memory_order_acquire, memory_order_relaxed),
                         0))
        acquire_exclusive_slow(lock);
}

VOID WINAPI ReleaseSRWLockExclusive(PSRWLOCK SRWLock)
{
    struct srw *lock = srw_of(SRWLock);
    uint32_t state = atomic_fetch_sub_explicit(&lock->state, WRITE_LOCKED, memory_order_release) - WRITE_LOCKED;
    if (__builtin_expect(state != 0, 0))
        wake_next(lock, state);
}

VOID WINAPI AcquireSRWLockShared(PSRWLOCK SRWLock)
{
    struct srw *lock = srw_of(SRWLock);
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    if (__builtin_expect(!is_readable(state) ||
                             !atomic_compare_exchange_strong_explicit(&lock->state, &state, state + 1,
                                                                      memory_order_acquire, memory_order_relaxed),
                         0))
        acquire_shared_slow(lock);
}

VOID WINAPI ReleaseSRWLockShared(PSRWLOCK SRWLock)
{
    struct srw *lock = srw_of(SRWLock);
    uint32_t state = atomic_fetch_sub_explicit(&lock->state, 1, memory_order_release) - 1;
    if (__builtin_expect(is_unlocked(state) && (state & WRITERS_WAIT), 0))
        wake_next(lock, state);
}

BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK SRWLock)
{
    struct srw *lock = srw_of(SRWLock);
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    while (is_unlocked(state))
        if (atomic_compare_exchange_weak_explicit(&lock->state, &state, state | WRITE_LOCKED, memory_order_acquire,
                                                  memory_order_relaxed))
            return TRUE;
    return FALSE;
}

BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK SRWLock)
{
    struct srw *lock = srw_of(SRWLock);
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    while (is_readable(state))
        if (atomic_compare_exchange_weak_explicit(&lock->state, &state, state + 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return TRUE;
    return FALSE;
}

/* Condition variable: a count of wake-ups that sleepers wait on, and how many sleep (so that a wake-up that nobody
 * waits for costs no system call). */
struct condition {
    _Atomic uint32_t sequence;
    _Atomic uint32_t sleepers;
};

static BOOL condition_wait(struct condition *condition, uint32_t sequence, DWORD milliseconds)
{
    int64_t deadline = base_deadline(milliseconds);
    int error;
    do
        error = host_futex_wait(&condition->sequence, sequence, deadline, false);
    while (error == -EINTR);
    atomic_fetch_sub(&condition->sleepers, 1);
    return error != -ETIMEDOUT;
}

static void condition_wake(PCONDITION_VARIABLE variable, int count)
{
    struct condition *condition = (struct condition *)variable;
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&condition->sleepers, memory_order_relaxed) == 0)
        return;
    atomic_fetch_add(&condition->sequence, 1);
    host_futex_wake(&condition->sequence, count, false);
}

VOID WINAPI InitializeConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
    ConditionVariable->Ptr = NULL;
}

VOID WINAPI WakeConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
    condition_wake(ConditionVariable, 1);
}

VOID WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
    condition_wake(ConditionVariable, INT_MAX);
}

BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE ConditionVariable, PCRITICAL_SECTION CriticalSection,
                                     DWORD dwMilliseconds)
{
    struct condition *condition = (struct condition *)ConditionVariable;
    atomic_fetch_add(&condition->sleepers, 1);
    uint32_t sequence = atomic_load(&condition->sequence);
    LeaveCriticalSection(CriticalSection);
    BOOL woken = condition_wait(condition, sequence, dwMilliseconds);
    EnterCriticalSection(CriticalSection);
    return woken ? TRUE : win32_error(ERROR_TIMEOUT);
}

BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE ConditionVariable, PSRWLOCK SRWLock, DWORD dwMilliseconds,
                                      ULONG Flags)
{
    if (Flags & ~(ULONG)CONDITION_VARIABLE_LOCKMODE_SHARED)
        return win32_error(ERROR_INVALID_PARAMETER);
    bool shared_mode = Flags & CONDITION_VARIABLE_LOCKMODE_SHARED;
    struct condition *condition = (struct condition *)ConditionVariable;
    atomic_fetch_add(&condition->sleepers, 1);
    uint32_t sequence = atomic_load(&condition->sequence);
    if (shared_mode)
        ReleaseSRWLockShared(SRWLock);
    else
        ReleaseSRWLockExclusive(SRWLock);
    BOOL woken = condition_wait(condition, sequence, dwMilliseconds);
    if (shared_mode)
        AcquireSRWLockShared(SRWLock);
    else
        AcquireSRWLockExclusive(SRWLock);
    return woken ? TRUE : win32_error(ERROR_TIMEOUT);
}
