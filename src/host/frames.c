/* frames.c: see frames.h. Straight system calls. */
#include "host/frames.h"

#include "host/gate.h"
#include "host/kernel.h"
#include "host/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/memfd.h>

#define HIGH_DESCRIPTOR 900

int host_frames_open(void)
{
    HOST_GATE("frames_open");
    long file = host_syscall3(SYS_memfd_create, (long)"winmem-physical", MFD_CLOEXEC, 0);
    if (host_failed(file))
        return (int)file;
    long high = host_syscall3(SYS_fcntl, file, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
    if (host_failed(high))
        return (int)file;
    host_syscall3(SYS_close, file, 0, 0);
    return (int)high;
}

void host_frames_close(int file)
{
    host_syscall3(SYS_close, file, 0, 0);
}

int host_frames_resize(int file, uint64_t pages)
{
    HOST_GATE("frames_resize");
    long result = host_syscall3(SYS_ftruncate, file, (long)(pages * HOST_PAGE), 0);
    return host_failed(result) ? (int)result : 0;
}

int host_frames_map(int file, void *base, uint64_t frame, size_t pages)
{
    HOST_GATE("frames_map");
    long result = host_syscall6(SYS_mmap, (long)base, (long)(pages * HOST_PAGE), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_FIXED, file, (long)(frame * HOST_PAGE));
    return host_failed(result) ? (int)result : 0;
}

int host_frames_drop(int file, uint64_t frame, size_t pages)
{
    HOST_GATE("frames_drop");
    long result = host_syscall6(SYS_fallocate, file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                (long)(frame * HOST_PAGE), (long)(pages * HOST_PAGE), 0, 0);
    return host_failed(result) ? (int)result : 0;
}

int host_commit_huge(void *base, size_t size, unsigned access, bool held)
{
    HOST_GATE("commit_huge");
    int protection = (access & HOST_READ ? PROT_READ : 0) | (access & HOST_WRITE ? PROT_WRITE : 0) |
                     (access & HOST_EXECUTE ? PROT_EXEC : 0);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (held ? MAP_FIXED : MAP_FIXED_NOREPLACE);
    long result = host_syscall6(SYS_mmap, (long)base, (long)size, protection, flags, -1, 0);
    return host_failed(result) ? (int)result : 0;
}
