/* async.c: the kernel's asynchronous I/O, for the signal mode. What a ring or a context is told to use is not among its
 * calls' arguments, and is used after them: so there is none, from the start, and programs do without, as on kernels
 * that were built so. (Once paging runs, the dispatcher refuses too whoever asks the kernel by himself.) Calls
 * dispatch; signal-safe. */
#include "preload/async.h"

#include <errno.h>

#include "preload/dispatch.h"
#include "preload/kernel.h"

long async_setup(long number, long a, long b)
{
    if (!dispatch_started())
        return kernel_call3(number, a, b, 0);
    errno = ENOSYS;
    return -1;
}

/* libaio's, which tells its error by its value. */
__attribute__((visibility("default"))) int io_setup(int events, void **context)
{
    int saved = errno;
    int result = (int)async_setup(SYS_io_setup, events, (long)context);
    if (result < 0)
        result = -errno;
    errno = saved;
    return result;
}
