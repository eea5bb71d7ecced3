/* thread.h: what waits need of the calling thread. */
#ifndef WINMEM_BASE_THREAD_H
#define WINMEM_BASE_THREAD_H

#include <stdatomic.h>
#include <stdint.h>

_Atomic uint32_t *base_thread_alert(void); /* not zero when procedures are queued for the caller; NULL: no memory */
void base_thread_run_apcs(void);

#endif
