/* wait.h: waiting for a word to change, and a barrier in every thread of the process. 0 or -errno; signal-safe. */
#ifndef WINMEM_HOST_WAIT_H
#define WINMEM_HOST_WAIT_H

#include <stdatomic.h>
#include <stdint.h>

/* Sleeps while *word is `value`; may return early. */
int host_wait(_Atomic uint32_t *word, uint32_t value);
int host_wake(_Atomic uint32_t *word, int threads);
/* When it returns, every running thread of the process has passed a full memory barrier since the call. The first call
 * registers; host_barrier_start does so beforehand. -ENOSYS where the kernel lacks it. */
int host_barrier_start(void);
int host_barrier(void);

#endif
