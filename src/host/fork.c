/* fork.c: see fork.h. One handler of the C library for all, installed with the first entry; takes no lock of its own.
 */
#include "host/fork.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define ENTRIES 48

static struct {
    struct host_fork entry[ENTRIES]; /* ascending ranks */
    unsigned count;
    _Atomic bool busy; /* somebody registers, or a fork is under way: outside all ranks, so not a host_lock */
} fork_state;

static void enter(void)
{
    while (atomic_exchange_explicit(&fork_state.busy, true, memory_order_acquire))
        sched_yield();
}

static void leave(void)
{
    atomic_store_explicit(&fork_state.busy, false, memory_order_release);
}

static void prepare(void)
{
    enter();
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
    for (unsigned i = fork_state.count; i-- > 0;) {
        const struct host_fork *entry = &fork_state.entry[i];
        if (entry->lock)
            host_lock_release(entry->lock);
        else if (entry->parent)
            entry->parent();
    }
    leave();
}

/* All locks are free before anything else is done in the child: what one entry does may need another's. */
static void in_child(void)
{
    for (unsigned i = fork_state.count; i-- > 0;) {
        if (fork_state.entry[i].lock)
            host_lock_reset(fork_state.entry[i].lock);
    }
    leave();
    for (unsigned i = fork_state.count; i-- > 0;) {
        if (fork_state.entry[i].child)
            fork_state.entry[i].child();
    }
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
