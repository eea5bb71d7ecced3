/* thread.c: see thread.h. Calls the C library, which takes memory: not under a lock of the heap or one below. */
#include "host/thread.h"

#include <pthread.h>
#include <signal.h>

#include "host/gate.h"
#include "host/lock.h"

int host_thread_start(void *(*routine)(void *), void *argument)
{
    HOST_GATE("thread_start");
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV); /* what it touches may be paged out */
    sigdelset(&all, SIGBUS);
    host_lock_pretend(); /* who stopped the caller inside malloc would get no memory */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, routine, argument);
    if (!error)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    host_lock_pretend_end();
    return -error;
}
