/* handlers.h: the threads that resolve faults where threads do. One of them at a time reads what the kernel tells; who
 * has to wait for the disk lets the next one read on, so that threads which fault meanwhile need not wait for the same.
 */
#ifndef WINMEM_PAGER_HANDLERS_H
#define WINMEM_PAGER_HANDLERS_H

/* Starts the first, which reads from this userfaultfd: 0 or -errno. Calls the C library: no lock of ours may be held.
 */
int handlers_start(int uffd);
/* Until it is past the C library's own beginning. */
void handlers_await(void);
/* The others, once; nothing depends on them. As handlers_start; by a thread that may itself fault. */
void handlers_start_more(void);
/* In the child of a fork, which has none of them. */
void handlers_restart(void);
/* Any thread, signal-safe: it is about to wait for the disk or a server. */
void handlers_before_wait(void);

#endif
