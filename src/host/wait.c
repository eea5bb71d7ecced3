/* wait.c: futex waits and membarrier; see wait.h. Calls the kernel only. */
#include "host/wait.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/gate.h"

static int result(long value)
{
    return value < 0 ? -errno : 0;
}

int host_wait(_Atomic uint32_t *word, uint32_t value)
{
    int saved = errno;
    int error = result(syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0));
    errno = saved;
    return error;
}

int host_wake(_Atomic uint32_t *word, int threads)
{
    int saved = errno;
    int error = result(syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0));
    errno = saved;
    return error;
}

int host_barrier_start(void)
{
    HOST_GATE("host_barrier_start");
    int saved = errno;
    int error = result(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0));
    errno = saved;
    return error;
}

int host_barrier(void)
{
    HOST_GATE("host_barrier");
    int saved = errno;
    int error = result(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
    if (error == -EPERM && (error = host_barrier_start()) == 0)
        error = result(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0));
    if (error)
        error = result(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
    errno = saved;
    return error;
}
