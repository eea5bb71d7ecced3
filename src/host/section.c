/* section.c: shared memory files and mappings of files; see section.h. Straight system calls; must not allocate. */
#include "host/section.h"

#include "host/gate.h"
#include "host/kernel.h"
#include "host/memory.h"
#include "host/pagemap.h"
#include "host/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMFD_CLOEXEC 1u
#define MEMFD_EXEC 0x10u /* Linux 6.3; older kernels refuse it and allow execution anyway */

static _Atomic bool memfd_exec_refused;

static int as_error(long result)
{
    return host_failed(result) ? (int)result : 0;
}

int host_memfile_create(const char *name, uint64_t size, int *fd)
{
    HOST_GATE("memfile_create");
    bool plain = atomic_load_explicit(&memfd_exec_refused, memory_order_relaxed);
    long made = host_syscall3(SYS_memfd_create, (long)name, plain ? MEMFD_CLOEXEC : MEMFD_CLOEXEC | MEMFD_EXEC, 0);
    if (made == -EINVAL && !plain) {
        atomic_store_explicit(&memfd_exec_refused, true, memory_order_relaxed);
        made = host_syscall3(SYS_memfd_create, (long)name, MEMFD_CLOEXEC, 0);
    }
    if (host_failed(made))
        return (int)made;
    long sized = host_syscall3(SYS_ftruncate, made, (long)size, 0);
    if (host_failed(sized)) {
        host_syscall3(SYS_close, made, 0, 0);
        return (int)sized;
    }
    *fd = (int)made;
    return 0;
}

int host_memfile_close(int fd)
{
    HOST_GATE("memfile_close");
    return as_error(host_syscall3(SYS_close, fd, 0, 0));
}

int64_t host_memfile_read(int fd, void *into, size_t size, uint64_t offset)
{
    HOST_GATE("memfile_read");
    return host_syscall6(SYS_pread64, fd, (long)into, (long)size, (long)offset, 0, 0);
}

int64_t host_memfile_write(int fd, const void *from, size_t size, uint64_t offset)
{
    HOST_GATE("memfile_write");
    return host_syscall6(SYS_pwrite64, fd, (long)from, (long)size, (long)offset, 0, 0);
}

static int allocate(int fd, int mode, uint64_t offset, uint64_t size)
{
    for (;;) {
        long result = host_syscall6(SYS_fallocate, fd, mode | FALLOC_FL_KEEP_SIZE, (long)offset, (long)size, 0, 0);
        if (result != -EINTR)
            return as_error(result);
    }
}

int host_memfile_fill(int fd, uint64_t offset, uint64_t size)
{
    HOST_GATE("memfile_fill");
    return allocate(fd, 0, offset, size);
}

int host_memfile_punch(int fd, uint64_t offset, uint64_t size)
{
    HOST_GATE("memfile_punch");
    return allocate(fd, FALLOC_FL_PUNCH_HOLE, offset, size);
}

static bool makes_huge_pages(const char *settings, unsigned size)
{
    static const char *const harmless[] = {"[never]", "[deny]", "[advise]", "[inherit]"};
    char path[256], text[128];
    int length = size ? snprintf(path, sizeof(path), "%s/hugepages-%ukB/shmem_enabled", settings, size)
                      : snprintf(path, sizeof(path), "%s/shmem_enabled", settings);
    if (length >= (int)sizeof(path) || host_read_text(path, text, sizeof(text)) <= 0)
        return false; /* a kernel without */
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        if (strstr(text, harmless[i]))
            return false;
    }
    return true;
}

bool host_memfile_by_pages(const char *settings)
{
    bool huge = makes_huge_pages(settings, 0);
    for (unsigned size = 8; size <= 2048 && !huge; size *= 2)
        huge = makes_huge_pages(settings, size);
    return !huge;
}

bool host_memfile_stretch(int fd, uint64_t *start, uint64_t *end)
{
    long from = host_syscall3(SYS_lseek, fd, (long)*start, 3 /* SEEK_DATA */);
    long to = host_failed(from) ? from : host_syscall3(SYS_lseek, fd, from, 4 /* SEEK_HOLE */);
    if (host_failed(to))
        return false;
    *start = (uint64_t)from;
    *end = (uint64_t)to;
    return true;
}

int host_file_resize(int fd, uint64_t size)
{
    HOST_GATE("file_resize");
    return as_error(host_syscall3(SYS_ftruncate, fd, (long)size, 0));
}

int host_file_blocks(int fd, uint64_t *inode, uint64_t *pages)
{
    HOST_GATE("file_blocks");
    struct stat status;
    long result = host_syscall3(SYS_fstat, fd, (long)&status, 0);
    if (host_failed(result))
        return (int)result;
    *inode = status.st_ino;
    *pages = (uint64_t)status.st_blocks / (4096 / 512);
    return 0;
}

int host_file_identify(int fd, struct host_file_id *id)
{
    HOST_GATE("file_identify");
    struct stat status;
    long result = host_syscall3(SYS_fstat, fd, (long)&status, 0);
    if (host_failed(result))
        return (int)result;
    *id = (struct host_file_id){
        .device = status.st_dev,
        .inode = status.st_ino,
        .size = (uint64_t)status.st_size,
        .regular = S_ISREG(status.st_mode),
    };
    return 0;
}

static int kernel_protection(unsigned access)
{
    return (access & HOST_READ ? PROT_READ : 0) | (access & HOST_WRITE ? PROT_READ | PROT_WRITE : 0) |
           (access & HOST_EXECUTE ? PROT_READ | PROT_EXEC : 0);
}

int host_file_map(void **base, size_t size, int fd, uint64_t offset, unsigned access, bool copy, enum host_where where)
{
    HOST_GATE("file_map");
    int flags = copy ? MAP_PRIVATE | MAP_NORESERVE : MAP_SHARED;
    flags |= where == HOST_OVER ? MAP_FIXED : where == HOST_NOT_OVER ? MAP_FIXED_NOREPLACE : 0;
    void *wanted = where == HOST_ANYWHERE ? NULL : *base;
    long result = host_syscall6(SYS_mmap, (long)wanted, (long)size, kernel_protection(access), flags, fd, (long)offset);
    if (host_failed(result))
        return (int)result;
    if (wanted && (void *)result != wanted) { /* a kernel that does not know NOREPLACE */
        host_syscall3(SYS_munmap, result, (long)size, 0);
        return -EEXIST;
    }
    *base = (void *)result;
    return 0;
}

int host_file_sync(void *base, size_t size)
{
    HOST_GATE("file_sync");
    return as_error(host_syscall3(SYS_msync, (long)base, (long)size, MS_SYNC));
}

static _Atomic int pagemap_fd = -1; /* of this process: a forked child opens its own */
static _Atomic int pagemap_owner;

static int open_pagemap(void)
{
    int self = (int)host_syscall3(SYS_getpid, 0, 0, 0);
    int fd = atomic_load(&pagemap_fd);
    if (fd >= 0 && atomic_load(&pagemap_owner) == self)
        return fd;
    long opened = host_syscall6(SYS_openat, AT_FDCWD, (long)"/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0, 0, 0);
    if (host_failed(opened))
        return (int)opened;
    atomic_store(&pagemap_owner, self);
    atomic_store(&pagemap_fd, (int)opened);
    return (int)opened;
}

/* Where the kernel has no PAGEMAP_SCAN: entry by entry. */
static int private_pages_by_reading(uintptr_t base, size_t size, uintptr_t *start, uintptr_t *end)
{
    uint64_t entries[256];
    bool inside = false;
    *start = *end = base + size;
    for (size_t done = 0; done < size;) {
        size_t pages = (size - done) / HOST_PAGE;
        pages = pages < 256 ? pages : 256;
        int error = host_pagemap_read(base + done, pages, entries);
        if (error)
            return error;
        for (size_t i = 0; i < pages; i++) {
            bool own =
                entries[i] & (HOST_PAGEMAP_PRESENT | HOST_PAGEMAP_SWAPPED) && !(entries[i] & HOST_PAGEMAP_SHARED);
            if (own == inside)
                continue;
            *(inside ? end : start) = base + done + i * HOST_PAGE;
            if (inside)
                return 0;
            inside = true;
        }
        done += pages * HOST_PAGE;
    }
    return 0;
}

int host_private_pages(uintptr_t base, size_t size, uintptr_t *start, uintptr_t *end)
{
    HOST_GATE("private_pages");
    struct host_page_region found = {0};
    struct host_pm_scan_arg scan = {
        .size = sizeof(scan),
        .start = base,
        .end = base + size,
        .vec = (uint64_t)(uintptr_t)&found,
        .vec_len = 1,
        .category_inverted = HOST_PAGE_IS_FILE,
        .category_mask = HOST_PAGE_IS_FILE,
        .category_anyof_mask = HOST_PAGE_IS_PRESENT | HOST_PAGE_IS_SWAPPED,
        .return_mask = HOST_PAGE_IS_FILE,
    };
    int fd = open_pagemap();
    if (fd < 0)
        return fd;
    long regions = host_syscall3(SYS_ioctl, fd, (long)HOST_PAGEMAP_SCAN, (long)&scan);
    if (host_failed(regions))
        return private_pages_by_reading(base, size, start, end);
    *start = regions > 0 ? found.start : base + size;
    *end = regions > 0 ? found.end : base + size;
    return 0;
}
