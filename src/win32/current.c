/* current.c: who the caller is: pseudo-handles and identifiers. Async-signal-safe. */
#include <processthreadsapi.h>
#include <pthread.h>
#include <unistd.h>

#include "host/fork.h"

HANDLE GetCurrentProcess(void)
{
    return (HANDLE)(LONG_PTR)-1;
}

HANDLE GetCurrentThread(void)
{
    return (HANDLE)(LONG_PTR)-2;
}

DWORD GetCurrentProcessId(void)
{
    return (DWORD)getpid();
}

/* The kernel's thread id, asked for once a thread; a forked child's only thread asks anew. */
static __thread DWORD own_thread;

static void forget_thread(void)
{
    own_thread = 0;
}

__attribute__((constructor)) static void watch_fork(void)
{
    host_at_fork(&(struct host_fork){.child = forget_thread});
}

DWORD GetCurrentThreadId(void)
{
    if (__builtin_expect(own_thread == 0, 0))
        own_thread = (DWORD)gettid();
    return own_thread;
}
