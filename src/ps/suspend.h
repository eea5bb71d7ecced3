/* suspend.h: stopping a thread of this process, and its registers while it is stopped. */
#ifndef WINMEM_PS_SUSPEND_H
#define WINMEM_PS_SUSPEND_H

#include "ps/thread.h"

/* *previous: the count before. STATUS_SUSPEND_COUNT_EXCEEDED, STATUS_THREAD_IS_TERMINATING; STATUS_IO_TIMEOUT when the
 * target did not take notice within two seconds. The target stands when ps_suspend returns. */
WINMEM_SHARED NTSTATUS ps_suspend(struct ps_thread *thread, ULONG *previous);
WINMEM_SHARED NTSTATUS ps_resume(struct ps_thread *thread, ULONG *previous);
WINMEM_SHARED void ps_suspend_initially(struct ps_thread *thread); /* by the new thread, before it runs */
WINMEM_SHARED NTSTATUS ps_get_context(struct ps_thread *thread, CONTEXT *context);
WINMEM_SHARED NTSTATUS ps_set_context(struct ps_thread *thread, const CONTEXT *context);
WINMEM_SHARED NTSTATUS ps_terminate(struct ps_thread *thread, uint32_t code); /* returns unless it is the caller */

#endif
