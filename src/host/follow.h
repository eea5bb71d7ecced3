/* follow.h: a thread that others wait for runs where they run: to wake a processor that sleeps costs several times what
 * a page fault does. And whether there are others. Linux 2.6.8; allocates nothing. */
#ifndef WINMEM_HOST_FOLLOW_H
#define WINMEM_HOST_FOLLOW_H

#include <stdbool.h>

/* Moves the calling thread to the processor that this process' `thread` runs on, or ran on last. 0 or -errno. */
int host_follow(int thread);

/* The calling thread is the only one of its process, and the process is `process`: not the child of a vfork that runs
 * in the memory of another. False: there are others, or it cannot be known. */
bool host_is_alone(int process);

#endif
