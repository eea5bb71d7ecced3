/* follow.h: a thread that others wait for runs where they run: to wake a processor that sleeps costs several times what
 * a page fault does. Linux 2.6.8; allocates nothing. */
#ifndef WINMEM_HOST_FOLLOW_H
#define WINMEM_HOST_FOLLOW_H

/* Moves the calling thread to the processor that this process' `thread` runs on, or ran on last. 0 or -errno. */
int host_follow(int thread);

#endif
