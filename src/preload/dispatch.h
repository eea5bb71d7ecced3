/* dispatch.h: the dispatcher of system calls in signal mode. */
#ifndef WINMEM_PRELOAD_DISPATCH_H
#define WINMEM_PRELOAD_DISPATCH_H

#include <stdbool.h>

/* Before threads. It begins to work when paging does; false: this kernel has none (before 5.11). */
bool dispatch_start(void);
/* After a call that let the dispatcher go for this thread (new threads and processes), and at a thread's start. */
void dispatch_rearm(void);
/* A thread of the program begins: it gets a stack for faults, given back when it ends. */
void dispatch_thread_start(void);
/* Whether it was started: in thread mode it is not, and new threads are none of its business (one is the pager's). */
bool dispatch_started(void);
/* What the program asks for SIGSYS, which stays ours: kept, and told. False: it is not ours. */
struct sigaction;
bool dispatch_program_action(const struct sigaction *action, struct sigaction *old);
/* Whether this thread's system calls are dispatched. */
bool dispatch_runs(void);

#endif
