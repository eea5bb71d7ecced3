/* raw.h: the memory calls straight to the kernel. A preloaded library interposes mmap and its kin for the program; the
 * manager underneath must not meet itself. Every file of host that maps memory includes this after <sys/mman.h>. */
#ifndef WINMEM_HOST_RAW_H
#define WINMEM_HOST_RAW_H

#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline void *raw_mmap(void *address, size_t size, int access, int flags, int fd, off_t offset)
{
    return (void *)syscall(SYS_mmap, address, size, access, flags, fd, offset);
}

static inline int raw_munmap(void *address, size_t size)
{
    return (int)syscall(SYS_munmap, address, size);
}

static inline int raw_mprotect(void *address, size_t size, int access)
{
    return (int)syscall(SYS_mprotect, address, size, access);
}

static inline int raw_madvise(void *address, size_t size, int advice)
{
    return (int)syscall(SYS_madvise, address, size, advice);
}

#define mmap raw_mmap
#define munmap raw_munmap
#define mprotect raw_mprotect
#define madvise raw_madvise

#endif
