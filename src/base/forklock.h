/* forklock.h: mutexes of pthread, in a child of fork: whoever had one is not there. */
#ifndef WINMEM_BASE_FORKLOCK_H
#define WINMEM_BASE_FORKLOCK_H

#include <pthread.h>

static inline void base_free_forked(pthread_mutex_t *lock, pthread_mutex_t fresh)
{
    if (pthread_mutex_trylock(lock) == 0)
        pthread_mutex_unlock(lock);
    else
        *lock = fresh;
}

/* At file level, for a mutex that is none of the recursive ones. */
#define BASE_FREE_FORKED(its_lock)                                                                                     \
    static void free_forked(void)                                                                                      \
    {                                                                                                                  \
        base_free_forked(&(its_lock), (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER);                                     \
    }                                                                                                                  \
    __attribute__((constructor)) static void watch_fork(void)                                                          \
    {                                                                                                                  \
        host_at_fork(&(struct host_fork){.child = free_forked});                                                       \
    }

#endif
