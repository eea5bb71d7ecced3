/* handlers.c: see handlers.h. Who reads is told by a flag of the thread; the right to read goes to a sleeping one
 * through a futex. Calls fault's way in, ahead and host; holds no lock. */
#include "pager/handlers.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/follow.h"
#include "host/futex.h"
#include "host/thread.h"
#include "host/uffd.h"
#include "pager/ahead.h"
#include "pager/pager.h"
#include "pager/presence.h"
#include "pager/pte.h"

#define HANDLERS_MORE 3u
#define FOLLOW_EACH 64   /* faults; asking takes as long as one */
#define SEVERAL_FOR 1024 /* faults since another thread than before faulted: to wake a handler takes time */

static struct {
    int uffd;
    _Atomic uint32_t ready;  /* the first is past the C library's own beginning */
    _Atomic uint32_t turns;  /* given and not yet taken */
    _Atomic uint32_t asleep; /* handlers that wait for a turn */
    _Atomic bool more;       /* they have been started */
    int last;                /* the reader's: the thread that faulted last, and how long ago it was another one */
    unsigned several;
} handlers_state;

static __thread bool reads; /* this handler does */

static void take_turn(void)
{
    atomic_fetch_add(&handlers_state.asleep, 1);
    for (uint32_t turns = atomic_load(&handlers_state.turns);;) {
        if (turns == 0) {
            host_futex_wait(&handlers_state.turns, 0, HOST_FOREVER, false);
            turns = atomic_load(&handlers_state.turns);
        } else if (atomic_compare_exchange_weak(&handlers_state.turns, &turns, turns - 1)) {
            break;
        }
    }
    atomic_fetch_sub(&handlers_state.asleep, 1);
    reads = true;
}

/* Only the one that reads gives its turn away, and only to one that sleeps: there is never more than one turn. */
void handlers_before_wait(void)
{
    if (!reads || !handlers_state.several || !atomic_load(&handlers_state.asleep))
        return;
    reads = false;
    atomic_fetch_add(&handlers_state.turns, 1);
    host_futex_wake(&handlers_state.turns, 1, false);
}

static void resolve(uintptr_t address, bool write)
{
    int error = pager_fault(address, write ? PAGER_WRITE : PAGER_READ);
    if (error == -EIO)
        presence_fail(pte_page(address));
    if (error) /* else whoever waited has been woken */
        host_uffd_wake(handlers_state.uffd, (void *)(address & ~(uintptr_t)4095), PAGE_SIZE_BYTES);
}

static void note_thread(int thread)
{
    if (thread != handlers_state.last)
        handlers_state.several = handlers_state.last ? SEVERAL_FOR : 0;
    else if (handlers_state.several)
        handlers_state.several--;
    handlers_state.last = thread;
}

static void *handle(void *first)
{
    uintptr_t address;
    bool write;
    int thread;
    host_signals_block_for_life();
    reads = first != NULL;
    if (first) {
        atomic_store(&handlers_state.ready, 1);
        host_futex_wake(&handlers_state.ready, 1, false);
    }
    for (unsigned faults = 0;; faults++) {
        if (!reads)
            take_turn();
        int error = host_uffd_next(handlers_state.uffd, &address, &write, &thread);
        if (error == -EINTR || error == -EAGAIN)
            continue;
        if (error)
            return NULL;
        note_thread(thread);
        if (faults % FOLLOW_EACH == 0) {
            int processor = host_follow(thread);
            if (processor >= 0)
                ahead_avoid(processor);
        }
        resolve(address, write);
    }
}

int handlers_start(int uffd)
{
    handlers_state.uffd = uffd;
    return host_thread_start(handle, &handlers_state);
}

void handlers_await(void)
{
    while (!atomic_load(&handlers_state.ready))
        host_futex_wait(&handlers_state.ready, 0, HOST_FOREVER, false);
}

void handlers_start_more(void)
{
    if (atomic_exchange(&handlers_state.more, true))
        return;
    for (unsigned i = 0; i < HANDLERS_MORE; i++)
        (void)host_thread_start(handle, NULL);
}

void handlers_restart(void)
{
    atomic_store(&handlers_state.ready, 0);
    atomic_store(&handlers_state.turns, 0);
    atomic_store(&handlers_state.asleep, 0);
    atomic_store(&handlers_state.more, false);
    handlers_state.several = 0;
    handlers_state.last = 0;
}
