/* ahead.c: see ahead.h. The thread sleeps until a fault finds too few free pages, then takes parts of a batch until
 * there are enough. Calls evict and host; between two parts it holds no lock. */
#include "pager/ahead.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "host/follow.h"
#include "host/futex.h"
#include "host/thread.h"
#include "host/uffd.h"
#include "pager/evict.h"
#include "pager/handlers.h"
#include "pager/store.h"

static struct {
    _Atomic uint32_t thread; /* its number; 0: there is none */
    _Atomic uint32_t asked;  /* and not yet awake */
    int avoided;             /* the processor that it keeps off, + 1; for whoever resolves faults */
} ahead_state;

static void *run(void *unused)
{
    (void)unused;
    host_signals_block_for_life();
    atomic_store(&ahead_state.thread, (uint32_t)host_thread_number());
    for (;;) {
        while (!atomic_exchange(&ahead_state.asked, 0))
            host_futex_wait(&ahead_state.asked, 0, HOST_FOREVER, false);
        while (evict_ahead())
            ;
        if (store_file_pages())
            handlers_start_more();
    }
    return NULL;
}

void ahead_start(void)
{
    if (host_processors() > 1)
        (void)host_thread_start(run, NULL);
}

void ahead_restart(void)
{
    ahead_state.avoided = 0;
    atomic_store(&ahead_state.asked, 0);
    atomic_store(&ahead_state.thread, 0);
}

bool ahead_is_there(void)
{
    return atomic_load_explicit(&ahead_state.thread, memory_order_relaxed) != 0;
}

void ahead_ask(void)
{
    if (!atomic_load_explicit(&ahead_state.asked, memory_order_relaxed) && !atomic_exchange(&ahead_state.asked, 1))
        host_futex_wake(&ahead_state.asked, 1, false);
}

void ahead_avoid(int processor)
{
    int thread = (int)atomic_load(&ahead_state.thread);
    if (!thread || ahead_state.avoided == processor + 1)
        return;
    /* Where it runs is a matter of speed only. */
    if (host_keep_off(thread, ahead_state.avoided - 1, processor) == 0)
        ahead_state.avoided = processor + 1;
}
