/* purge.c: memory that stays unused goes back to the system though nobody calls the heap: one thread, made when a heap
 * has some MiB to spare, asleep while none has. Programs whose malloc is ours get none (it could surprise them:
 * unshare, single-threaded sandboxes); there the ticks are those of the calls. Calls pthread once, else the heap only.
 */
#include "heap/internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "host/wait.h"

#define TICK_MS 250
#define WALK_MS 1000
#define QUIET_TICKS 4 /* without anything to do, until the thread sleeps for good */

enum { PURGE_ASLEEP, PURGE_WANTED, PURGE_AWAKE };

static struct {
    _Atomic uint32_t state; /* PURGE_* */
    _Atomic bool thread;    /* is there */
} purge_state;

void heap_purge_want(struct heap *heap)
{
    if (heap_state.malloc || heap_state.annotate) /* tools would speak of the thread's memory */
        return;
    atomic_store_explicit(&heap->purge_wanted, true, memory_order_relaxed);
    if (atomic_load_explicit(&purge_state.state, memory_order_relaxed) == PURGE_ASLEEP) {
        uint32_t asleep = PURGE_ASLEEP;
        atomic_compare_exchange_strong(&purge_state.state, &asleep, PURGE_WANTED);
    }
}

/* One tick of one heap. False: there is nothing left to give back. */
static bool purge_heap(struct heap *heap)
{
    if (heap_clock() - atomic_load(&heap->walked) < WALK_MS || !heap_stop_purge(heap))
        return true; /* its blocks are being looked at, or a thread stands inside: later */
    bool more = front_age_all(heap);
    heap_resume(heap);
    return segment_purge(heap, false) || more;
}

static bool purge_all(void)
{
    bool more = false;
    host_lock_acquire(&heap_state.list_lock); /* no heap is destroyed meanwhile */
    for (uint32_t i = 0; i < heap_state.highest; i++) {
        struct heap *heap = heap_at(i);
        if (!atomic_load_explicit(&heap->purge_wanted, memory_order_relaxed) || !heap_is_alive(heap))
            continue;
        bool left = purge_heap(heap);
        if (!left)
            atomic_store_explicit(&heap->purge_wanted, false, memory_order_relaxed);
        more = more || left;
    }
    host_lock_release(&heap_state.list_lock);
    return more;
}

SELDOM static void *run(void *unused)
{
    static const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
    (void)unused;
    for (unsigned quiet = 0;;) {
        quiet = purge_all() ? 0 : quiet + 1;
        if (quiet >= QUIET_TICKS) {
            uint32_t now = PURGE_ASLEEP;
            atomic_store(&purge_state.state, PURGE_ASLEEP);
            while ((now = atomic_load(&purge_state.state)) != PURGE_AWAKE)
                host_wait(&purge_state.state, now);
            quiet = 0;
        }
        nanosleep(&tick, NULL);
    }
    return NULL;
}

static bool start_thread(void)
{
    sigset_t all, before;
    pthread_t thread;
    pthread_attr_t attributes;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, (size_t)128 << 10);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool made = pthread_create(&thread, &attributes, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return made;
}

void heap_purge_wake(void)
{
    uint32_t wanted = PURGE_WANTED;
    int error = errno;
    if (!atomic_compare_exchange_strong(&purge_state.state, &wanted, PURGE_AWAKE))
        return;
    if (!atomic_exchange(&purge_state.thread, true))
        start_thread(); /* or there is none, and the state says that one is awake: nobody tries again */
    else
        host_wake(&purge_state.state, 1);
    errno = error;
}

bool heap_purge_is_wanted(void)
{
    return atomic_load_explicit(&purge_state.state, memory_order_relaxed) == PURGE_WANTED;
}

void heap_purge_off(void)
{
    atomic_store(&purge_state.state, PURGE_AWAKE); /* none is made: one is said to be awake */
}

/* The child of a fork has no such thread. */
void heap_purge_forked(void)
{
    atomic_store(&purge_state.thread, false);
    atomic_store(&purge_state.state, PURGE_ASLEEP);
}
