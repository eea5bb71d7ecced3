/* files.c: what closes descriptors. Programs close or reuse numbers that they never opened: daemons and launchers close
 * all there are. Those that paging needs are left alone: they look closed. Signal-safe; calls host and the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/descriptor.h"
#include "preload/kernel.h"

#define EXPORT __attribute__((visibility("default")))

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

EXPORT int close(int fd)
{
    if (host_descriptor_kept(fd)) {
        errno = EBADF;
        return -1;
    }
    return (int)kernel_call3(SYS_close, fd, 0, 0);
}

EXPORT int dup2(int from, int to)
{
    if (from != to && host_descriptor_kept(to)) {
        errno = EBUSY;
        return -1;
    }
    return (int)kernel_call3(SYS_dup2, from, to, 0);
}

EXPORT int dup3(int from, int to, int flags)
{
    if (host_descriptor_kept(to)) {
        errno = EBUSY;
        return -1;
    }
    return (int)kernel_call3(SYS_dup3, from, to, flags);
}

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    int kept = first <= INT_MAX ? host_descriptor_next((int)first) : -1;
    if (first > last || kept < 0 || (unsigned)kept > last)
        return (int)kernel_call3(SYS_close_range, first, last, flags);
    while (kept >= 0 && (unsigned)kept <= last) {
        if ((unsigned)kept > first && kernel_call3(SYS_close_range, first, kept - 1, flags) != 0)
            return -1;
        first = (unsigned)kept + 1;
        kept = host_descriptor_next((int)first);
    }
    return first <= last ? (int)kernel_call3(SYS_close_range, first, last, flags) : 0;
}

EXPORT void closefrom(int first)
{
    (void)close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0);
}
