/* address.c: WaitOnAddress. Sleepers stand in a list by hash of the address, each with a word of its own to sleep on,
 * so that waking one wakes just the one. The program's memory is read without a lock held. Must not allocate. */
#include <synchapi.h>

#include <errno.h>
#include <string.h>

#include "base/base.h"
#include "host/fork.h"
#include "host/lock.h"
#include "win32/win32.h"

#define BUCKETS 256u

struct sleeper {
    struct sleeper *next, **link;
    const volatile void *address;
    _Atomic uint32_t woken;
};

struct bucket {
    host_lock lock;         /* B: this bucket */
    struct sleeper *first;  /* B */
    struct sleeper **last;  /* B */
    _Atomic uint32_t count; /* B to write */
};

static struct bucket address_state[BUCKETS] = {[0 ... BUCKETS - 1] = {.lock = HOST_LOCK(RANK_HOST)}};

/* Whoever slept is not in the child. */
static void forget_after_fork(void)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        host_lock_reset(&address_state[i].lock);
        address_state[i].first = NULL;
        atomic_store(&address_state[i].count, 0);
    }
}

__attribute__((constructor)) static void watch_fork(void)
{
    host_at_fork(&(struct host_fork){.child = forget_after_fork});
}

static struct bucket *bucket_of(const volatile void *address)
{
    uintptr_t hash = (uintptr_t)address * 0x9E3779B97F4A7C15u;
    return &address_state[hash >> 56];
}

static void unlink_locked(struct bucket *bucket, struct sleeper *sleeper)
{
    host_lock_assert(&bucket->lock);
    *sleeper->link = sleeper->next;
    if (sleeper->next)
        sleeper->next->link = sleeper->link;
    else
        bucket->last = sleeper->link;
    sleeper->link = NULL;
    atomic_fetch_sub(&bucket->count, 1);
}

static void enqueue(struct bucket *bucket, struct sleeper *sleeper)
{
    host_lock_acquire(&bucket->lock);
    if (!bucket->first)
        bucket->last = &bucket->first;
    sleeper->link = bucket->last;
    *bucket->last = sleeper;
    bucket->last = &sleeper->next;
    atomic_fetch_add(&bucket->count, 1);
    host_lock_release(&bucket->lock);
}

/* False when it had been woken meanwhile. */
static bool dequeue(struct bucket *bucket, struct sleeper *sleeper)
{
    host_lock_acquire(&bucket->lock);
    bool still_there = sleeper->link != NULL;
    if (still_there)
        unlink_locked(bucket, sleeper);
    host_lock_release(&bucket->lock);
    return still_there;
}

static bool same_value(volatile void *address, void *compare, SIZE_T size)
{
    switch (size) {
    case 1:
        return __atomic_load_n((volatile uint8_t *)address, __ATOMIC_SEQ_CST) == *(uint8_t *)compare;
    case 2:
        return __atomic_load_n((volatile uint16_t *)address, __ATOMIC_SEQ_CST) == *(uint16_t *)compare;
    case 4:
        return __atomic_load_n((volatile uint32_t *)address, __ATOMIC_SEQ_CST) == *(uint32_t *)compare;
    default:
        return __atomic_load_n((volatile uint64_t *)address, __ATOMIC_SEQ_CST) == *(uint64_t *)compare;
    }
}

BOOL WINAPI WaitOnAddress(volatile VOID *Address, PVOID CompareAddress, SIZE_T AddressSize, DWORD dwMilliseconds)
{
    if (AddressSize != 1 && AddressSize != 2 && AddressSize != 4 && AddressSize != 8)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!same_value(Address, CompareAddress, AddressSize))
        return TRUE;
    if (dwMilliseconds == 0)
        return win32_error(ERROR_TIMEOUT);
    struct bucket *bucket = bucket_of(Address);
    struct sleeper self = {.address = Address};
    int64_t deadline = base_deadline(dwMilliseconds);
    enqueue(bucket, &self);
    int error = 0;
    if (same_value(Address, CompareAddress, AddressSize)) {
        while (!atomic_load(&self.woken) && error != -ETIMEDOUT)
            error = host_futex_wait(&self.woken, 0, deadline, false);
    }
    if (dequeue(bucket, &self) && error == -ETIMEDOUT)
        return win32_error(ERROR_TIMEOUT);
    return TRUE;
}

static void wake(const void *address, bool all)
{
    struct bucket *bucket = bucket_of(address);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&bucket->count, memory_order_relaxed) == 0)
        return;
    host_lock_acquire(&bucket->lock);
    struct sleeper *next;
    for (struct sleeper *sleeper = bucket->first; sleeper; sleeper = next) {
        next = sleeper->next;
        if (sleeper->address != address)
            continue;
        unlink_locked(bucket, sleeper);
        atomic_store(&sleeper->woken, 1); /* its stack cannot go: the sleeper takes this lock before it leaves */
        host_futex_wake(&sleeper->woken, 1, false);
        if (!all)
            break;
    }
    host_lock_release(&bucket->lock);
}

VOID WINAPI WakeByAddressSingle(PVOID Address)
{
    wake(Address, false);
}

VOID WINAPI WakeByAddressAll(PVOID Address)
{
    wake(Address, true);
}
