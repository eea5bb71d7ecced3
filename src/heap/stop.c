/* stop.c: HeapLock: a recursive lock held across calls, and the handshake that waits until no other thread is inside
 * an operation. The other threads' fast paths pay two plain stores; the barrier is this side's. */
#include "heap/internal.h"

#include <limits.h>
#include <sched.h>

#include "host/wait.h"

static void *self(void)
{
    return &heap_process_front;
}

bool heap_stopped_by_me(struct heap *heap)
{
    return atomic_load_explicit(&heap->user.owner, memory_order_relaxed) == self();
}

static void user_acquire(struct heap_user_lock *lock)
{
    uint32_t free_word = 0;
    if (!atomic_compare_exchange_strong(&lock->word, &free_word, 1)) {
        while (atomic_exchange(&lock->word, 2) != 0)
            host_wait(&lock->word, 2);
    }
    atomic_store_explicit(&lock->owner, self(), memory_order_relaxed);
    lock->depth = 1;
}

static void user_release(struct heap_user_lock *lock)
{
    atomic_store_explicit(&lock->owner, NULL, memory_order_relaxed);
    if (atomic_exchange(&lock->word, 0) == 2)
        host_wake(&lock->word, 1);
}

void heap_wait_unlocked(struct heap *heap)
{
    user_acquire(&heap->user);
    user_release(&heap->user);
}

/* The user lock is held: true when no other thread is inside an operation, after `patience` looks at each. */
static bool stop_others(struct heap *heap, uint32_t attention, unsigned patience)
{
    host_lock_acquire(&heap->lock);
    struct front *own = front_of(heap);
    bool others = false;
    for (struct front *front = heap->fronts; front; front = front->next) {
        if (front == own)
            continue;
        others = true;
        atomic_fetch_or(&front->attention, attention);
    }
    if (others)
        host_barrier();
    for (struct front *front = heap->fronts; front; front = front->next) {
        if (front == own || front == heap->communal)
            continue;
        for (unsigned look = 0; atomic_load_explicit(&front->busy, memory_order_acquire); look++) {
            if (look >= patience) {
                host_lock_release(&heap->lock);
                return false;
            }
            host_lock_release(&heap->lock); /* it may be waiting for this one */
            sched_yield();
            host_lock_acquire(&heap->lock);
        }
    }
    host_lock_release(&heap->lock);
    return true;
}

void heap_stop(struct heap *heap)
{
    if (heap_stopped_by_me(heap)) {
        heap->user.depth++;
        return;
    }
    user_acquire(&heap->user);
    (void)stop_others(heap, ATTENTION_LOCKED, UINT_MAX);
}

/* The user lock when it is free. */
static bool user_try(struct heap_user_lock *lock)
{
    uint32_t free_word = 0;
    if (!atomic_compare_exchange_strong(&lock->word, &free_word, 1))
        return false;
    atomic_store_explicit(&lock->owner, self(), memory_order_relaxed);
    lock->depth = 1;
    return true;
}

bool heap_stop_purge(struct heap *heap)
{
    if (!user_try(&heap->user))
        return false;
    atomic_store(&heap->purging, true);
    if (stop_others(heap, ATTENTION_LOCKED | ATTENTION_PURGE, 100))
        return true;
    heap_resume(heap);
    return false;
}

bool heap_hold_purge(struct heap *heap)
{
    while (!user_try(&heap->user)) {
        if (!atomic_load(&heap->purging))
            return false; /* another has it, this thread or by the caller's word nobody's concern */
        sched_yield();
    }
    return true;
}

void heap_resume(struct heap *heap)
{
    if (--heap->user.depth)
        return;
    host_lock_acquire(&heap->lock);
    for (struct front *front = heap->fronts; front; front = front->next)
        atomic_fetch_and(&front->attention, ~(ATTENTION_LOCKED | ATTENTION_PURGE));
    atomic_store(&heap->purging, false);
    user_release(&heap->user);
    host_lock_release(&heap->lock);
}

NTSTATUS heap_lock(struct heap *heap)
{
    if (!(heap->flags & HEAP_NO_SERIALIZE))
        heap_stop(heap);
    return STATUS_SUCCESS;
}

NTSTATUS heap_unlock(struct heap *heap)
{
    if (heap->flags & HEAP_NO_SERIALIZE)
        return STATUS_SUCCESS;
    if (!heap_stopped_by_me(heap))
        return STATUS_RESOURCE_NOT_OWNED;
    heap_resume(heap);
    return STATUS_SUCCESS;
}
