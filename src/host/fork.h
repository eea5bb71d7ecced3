/* fork.h: what a fork must find in order. Before it the locks are taken outermost first, in the order of their ranks,
 * whatever order they were registered in: no thread is in the middle of a change, the child gets a whole state. In the
 * child all locks are free. Entries of one rank are taken in the order in which they came. */
#ifndef WINMEM_HOST_FORK_H
#define WINMEM_HOST_FORK_H

#include "host/lock.h"

/* A plain lock, or functions where more is to be done: prepare takes what parent gives back; child, the locks being
 * reset, comes last. Functions not needed are NULL; `child` may go with a lock. */
struct host_fork {
    enum host_rank rank;
    host_lock *lock;
    void (*prepare)(void);
    void (*parent)(void);
    void (*child)(void);
};
WINMEM_SHARED void host_at_fork(const struct host_fork *entry);
/* From now on no fork may do without (one inside a signal handler that interrupted the library does). */
void host_fork_whole(void);

/* At file level: this lock of the file is one of them. */
#define HOST_LOCK_AT_FORK(its_lock, its_rank)                                                                          \
    __attribute__((constructor)) static void lock_at_fork(void)                                                        \
    {                                                                                                                  \
        host_at_fork(&(struct host_fork){.rank = (its_rank), .lock = &(its_lock)});                                    \
    }

#endif
