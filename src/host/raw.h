/* raw.h: the memory calls straight to the kernel. A preloaded library interposes mmap and its kin, and syscall(), for
 * the program; the manager underneath must not meet itself. Every file of host that maps memory includes this after
 * <sys/mman.h>. */
#ifndef WINMEM_HOST_RAW_H
#define WINMEM_HOST_RAW_H

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "host/kernel.h"

static inline long raw_answer(long result)
{
    if (!host_failed(result))
        return result;
    errno = (int)-result;
    return -1;
}

static inline void *raw_mmap(void *address, size_t size, int access, int flags, int fd, off_t offset)
{
    return (void *)raw_answer(host_syscall6(SYS_mmap, (long)address, (long)size, access, flags, fd, offset));
}

static inline int raw_munmap(void *address, size_t size)
{
    return (int)raw_answer(host_syscall3(SYS_munmap, (long)address, (long)size, 0));
}

static inline int raw_mprotect(void *address, size_t size, int access)
{
    return (int)raw_answer(host_syscall3(SYS_mprotect, (long)address, (long)size, access));
}

static inline int raw_madvise(void *address, size_t size, int advice)
{
    return (int)raw_answer(host_syscall3(SYS_madvise, (long)address, (long)size, advice));
}

#define mmap raw_mmap
#define munmap raw_munmap
#define mprotect raw_mprotect
#define madvise raw_madvise

#endif
