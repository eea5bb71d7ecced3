/* numbers.c: calls of the kernel by number that this library serves (syscall.S): each goes to the function that serves
 * it by name. Calls mmap.c, files.c and async.c. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/async.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

long numbers_call(long number, long a, long b, long c, long d, long e, long f);
long numbers_failed(long result);

long numbers_failed(long result)
{
    errno = (int)-result;
    return -1;
}

static long memory_call(long number, void *at, long b, long c, long d, long e, long f)
{
    switch (number) {
    case SYS_mmap:
        return (long)mmap(at, (size_t)b, (int)c, (int)d, (int)e, f);
    case SYS_mprotect:
        return mprotect(at, (size_t)b, (int)c);
    case SYS_munmap:
        return munmap(at, (size_t)b);
    case SYS_mremap:
        return (long)mremap(at, (size_t)b, (size_t)c, (int)d, (void *)e);
    case SYS_madvise:
        return madvise(at, (size_t)b, (int)c);
    case SYS_mlock:
        return mlock(at, (size_t)b);
    case SYS_munlock:
        return munlock(at, (size_t)b);
    default:
        return mlock2(at, (size_t)b, (unsigned)c);
    }
}

long numbers_call(long number, long a, long b, long c, long d, long e, long f)
{
    switch (number) {
    case SYS_close:
        return close((int)a);
    case SYS_dup2:
        return dup2((int)a, (int)b);
    case SYS_dup3:
        return dup3((int)a, (int)b, (int)c);
    case SYS_close_range:
        return close_range((unsigned)a, (unsigned)b, (int)c);
    case SYS_io_setup:
    case SYS_io_uring_setup:
        return async_setup(number, a, b);
    case SYS_mlockall:
        return mlockall((int)a);
    default:
        return memory_call(number, (void *)a, b, c, d, e, f);
    }
}
