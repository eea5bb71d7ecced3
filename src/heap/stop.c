/* stop.c: HeapLock: a recursive lock held across calls, and the handshake that waits until no other thread is inside
 * an operation. The other threads' fast paths pay two plain stores; the barrier is this side's. */
#include "heap/internal.h"

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

void heap_stop(struct heap *heap)
{
    if (heap_stopped_by_me(heap)) {
        heap->user.depth++;
        return;
    }
    user_acquire(&heap->user);
    host_lock_acquire(&heap->lock);
    struct front *own = front_of(heap);
    bool others = false;
    for (struct front *front = heap->fronts; front; front = front->next) {
        if (front == own)
            continue;
        others = true;
        atomic_fetch_or(&front->attention, ATTENTION_LOCKED);
    }
    if (others)
        host_barrier();
    for (struct front *front = heap->fronts; front; front = front->next) {
        if (front == own || front == heap->communal)
            continue;
        while (atomic_load_explicit(&front->busy, memory_order_acquire)) {
            host_lock_release(&heap->lock); /* it may be waiting for this one */
            sched_yield();
            host_lock_acquire(&heap->lock);
        }
    }
    host_lock_release(&heap->lock);
}

void heap_resume(struct heap *heap)
{
    if (--heap->user.depth)
        return;
    host_lock_acquire(&heap->lock);
    for (struct front *front = heap->fronts; front; front = front->next)
        atomic_fetch_and(&front->attention, ~ATTENTION_LOCKED);
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
