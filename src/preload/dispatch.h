/* dispatch.h: the dispatcher of system calls in signal mode. */
#ifndef WINMEM_PRELOAD_DISPATCH_H
#define WINMEM_PRELOAD_DISPATCH_H

#include <stdbool.h>

/* Before threads. It begins to work when paging does; false: this kernel has none (before 5.11). */
bool dispatch_start(void);
/* After a call that let the dispatcher go for this thread (new threads and processes), and at a thread's start. */
void dispatch_rearm(void);
/* Whether this thread's system calls are dispatched. */
bool dispatch_runs(void);

#endif
