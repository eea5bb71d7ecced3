/* base.c: the caller's thread id, cached where every lock can read it in one instruction. */
#include "base/base.h"
#include "host/fork.h"

#include <processthreadsapi.h>
#include <pthread.h>

__thread DWORD base_thread_id __attribute__((tls_model("initial-exec")));

DWORD base_thread_id_slow(void)
{
    return base_thread_id = GetCurrentThreadId();
}

static void forget_after_fork(void)
{
    base_thread_id = 0;
}

__attribute__((constructor)) static void watch_fork(void)
{
    host_at_fork(&(struct host_fork){.child = forget_after_fork});
}
