/* fork.c: see fork.h. One handler of the C library for all, installed with the first entry; takes no lock of its own.
 */
#include "host/fork.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/single_threaded.h>

#define ENTRIES 48

/* The C library's fork locks the list of its streams after these handlers ran. A thread that flushes all streams has it
 * and waits for a stream, whose reader waits for memory, which waits for the fork: so it is taken here first, as the C
 * library does with its own allocator. It is recursive, and the child finds it reset. */
extern void _IO_list_lock(void) __attribute__((weak));
extern void _IO_list_unlock(void) __attribute__((weak));

static struct {
    struct host_fork entry[ENTRIES]; /* ascending ranks */
    unsigned count;
    bool streams;       /* locked for this fork */
    _Atomic bool whole; /* host_fork_whole */
    _Atomic bool busy;  /* somebody registers, or a fork is under way: outside all ranks, so not a host_lock */
} fork_state;

/* Forks of this thread under way that found it inside. */
static __thread unsigned inside;

static void enter(void)
{
    while (atomic_exchange_explicit(&fork_state.busy, true, memory_order_acquire))
        sched_yield();
}

static void leave(void)
{
    atomic_store_explicit(&fork_state.busy, false, memory_order_release);
}

/* A signal handler forks, and the thread it interrupted has locks of ours, or was about to fork itself: nothing is
 * taken, and the child is left as it is. Its only thread goes on like the parent's, with the same locks; the C library
 * does likewise. Not where the child could not do without what its handlers do. */
static bool is_inside(void)
{
    return host_lock_is_held_here() && !atomic_load_explicit(&fork_state.whole, memory_order_relaxed);
}

void host_fork_whole(void)
{
    atomic_store_explicit(&fork_state.whole, true, memory_order_relaxed);
}

static void prepare(void)
{
    if (is_inside()) {
        inside++;
        return;
    }
    host_lock_pretend();
    bool streams = !__libc_single_threaded && _IO_list_lock && _IO_list_unlock;
    if (streams)
        _IO_list_lock();
    enter();
    fork_state.streams = streams;
    for (unsigned i = 0; i < fork_state.count; i++) {
        const struct host_fork *entry = &fork_state.entry[i];
        if (entry->lock)
            host_lock_acquire(entry->lock);
        else if (entry->prepare)
            entry->prepare();
    }
}

static void in_parent(void)
{
    if (inside) {
        inside--;
        return;
    }
    for (unsigned i = fork_state.count; i-- > 0;) {
        const struct host_fork *entry = &fork_state.entry[i];
        if (entry->lock)
            host_lock_release(entry->lock);
        else if (entry->parent)
            entry->parent();
    }
    bool streams = fork_state.streams;
    leave();
    if (streams)
        _IO_list_unlock();
    host_lock_pretend_end();
}

/* All locks are free before anything else is done in the child: what one entry does may need another's. */
static void in_child(void)
{
    if (inside) {
        inside--;
        return;
    }
    host_lock_forget();
    for (unsigned i = fork_state.count; i-- > 0;) {
        if (fork_state.entry[i].lock)
            host_lock_reset(fork_state.entry[i].lock);
    }
    leave();
    for (unsigned i = fork_state.count; i-- > 0;) {
        if (fork_state.entry[i].child)
            fork_state.entry[i].child();
    }
    host_lock_pretend_end();
}

void host_at_fork(const struct host_fork *entry)
{
    enter();
    if (fork_state.count == ENTRIES)
        abort(); /* known when the library is built */
    unsigned at = fork_state.count;
    while (at > 0 && fork_state.entry[at - 1].rank > entry->rank) {
        fork_state.entry[at] = fork_state.entry[at - 1];
        at--;
    }
    fork_state.entry[at] = *entry;
    bool first = fork_state.count++ == 0;
    leave();
    if (first)
        pthread_atfork(prepare, in_parent, in_child);
}
