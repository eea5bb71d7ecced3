/* follow.h: a thread that others wait for runs where they run: to wake a processor that sleeps costs several times what
 * a page fault does; and one that works beside them keeps away. And whether there are others. Linux 2.6.8; allocates
 * nothing. */
#ifndef WINMEM_HOST_FOLLOW_H
#define WINMEM_HOST_FOLLOW_H

#include <stdbool.h>

/* The calling thread, as the kernel numbers it. */
int host_thread_number(void);
/* How many processors it may run on; 1 where that is not known. */
unsigned host_processors(void);

/* Moves the calling thread to the processor that this process' `thread` runs on, or ran on last. Which one, or -errno.
 */
int host_follow(int thread);
/* From now on `thread` keeps off `processor`, if there is another for it; to `before` it may go again (-1: there is
 * none), if the process' first thread may: the process' affinity may have changed. 0 or -errno. */
int host_keep_off(int thread, int before, int processor);

/* The calling thread is the only one of its process, and the process is `process`: not the child of a vfork that runs
 * in the memory of another. False: there are others, or it cannot be known. */
bool host_is_alone(int process);

#endif
