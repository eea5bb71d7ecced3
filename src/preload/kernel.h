/* kernel.h: the kernel's own calls, past what this library interposes and past the dispatcher: for calls whose
 * arguments are no memory of the program. Errors as libc tells them. */
#ifndef WINMEM_PRELOAD_KERNEL_H
#define WINMEM_PRELOAD_KERNEL_H

#include <errno.h>
#include <sys/syscall.h>

#define KERNEL_ERROR_MAX 4095ul

/* gate.S. The kernel's answer: -errno for an error. */
long dispatch_call(long number, long a, long b, long c, long d, long e, long f);

static inline long kernel_call(long number, long a, long b, long c, long d, long e, long f)
{
    long result = dispatch_call(number, a, b, c, d, e, f);
    if ((unsigned long)result < -KERNEL_ERROR_MAX)
        return result;
    errno = (int)-result;
    return -1;
}

static inline long kernel_call3(long number, long a, long b, long c)
{
    return kernel_call(number, a, b, c, 0, 0, 0);
}

#endif
