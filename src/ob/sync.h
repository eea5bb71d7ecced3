/* sync.h: events, mutants (mutexes) and semaphores, in this process or shared by name. */
#ifndef WINMEM_OB_SYNC_H
#define WINMEM_OB_SYNC_H

#include "ob/directory.h"

WINMEM_SHARED extern const struct ob_class ob_event_class, ob_mutant_class, ob_semaphore_class;

/* What create is told. */
struct ob_sync_initial {
    int32_t value;   /* event: signaled; mutant: owned by the caller; semaphore: count */
    int32_t maximum; /* semaphore: its most; event: 1 manual reset */
};

WINMEM_SHARED NTSTATUS ob_event_set(struct ob_object *event, bool signaled, int32_t *previous);
WINMEM_SHARED NTSTATUS ob_event_pulse(struct ob_object *event);
WINMEM_SHARED NTSTATUS ob_mutant_release(struct ob_object *mutant);
/* One of these that is this process' alone becomes one that can be passed on. STATUS_NOT_SUPPORTED: it is another kind,
 * or a mutant that another thread owns. */
NTSTATUS ob_sync_share(struct ob_object *object);
/* The calling thread ends: its mutants are abandoned, before anybody who waits for the thread sees its end. */
void ob_mutants_abandon(void);
WINMEM_SHARED NTSTATUS ob_semaphore_release(struct ob_object *semaphore, int32_t count, int32_t *previous);

#endif
