/* thread.h: what waits need of the calling thread. */
#ifndef WINMEM_BASE_THREAD_H
#define WINMEM_BASE_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <winnt.h>

_Atomic uint32_t *base_thread_alert(void); /* not zero when procedures are queued for the caller; NULL: no memory */
void base_thread_run_apcs(void);

/* local.c: the fiber slots of the fiber that runs: others in their place, those before come back. And their end. */
struct base_fls;
struct base_fls *base_fls_swap(struct base_fls *fls);
void base_fls_end(struct base_fls *fls);

/* The procedures of waitable timers that the calling thread set: when the first is due (HOST_FOREVER: none is set);
 * calls those that are due and says whether there was one. */
int64_t base_timers_due(void);
bool base_timers_run(void);

/* synchapi.c: ob_wait; alertable: with the calling thread's procedures. */
struct ob_object;
NTSTATUS base_wait_objects(struct ob_object *const *objects, unsigned count, bool all, int64_t deadline,
                           bool alertable);

#endif
