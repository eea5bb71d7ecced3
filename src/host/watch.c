/* watch.c: write watch by the kernel; see watch.h. */
#include "host/watch.h"

#include "host/gate.h"
#include "host/kernel.h"
#include "host/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <stdatomic.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#define FEATURE_WP_UNPOPULATED ((uint64_t)1 << 13)
#define FEATURE_WP_ASYNC ((uint64_t)1 << 15)
#define NOT_OPEN (-1)
#define HIGH_DESCRIPTOR 900 /* out of the way of programs that count on low numbers */

static struct {
    _Atomic int file;           /* userfaultfd + 1; 0: not opened, NOT_OPEN: cannot be had */
    _Atomic bool reads_fill_in; /* set before file: a mere read maps a page of its own */
} watch_state;

static struct host_pm_scan_arg scan_of(uintptr_t start, uintptr_t end, bool reset);

/* Kernels usually map the one zero page for a read of fresh memory, which a scan can tell from a written page. Some map
 * a page at once; there the protection must stand before the read. */
static bool reads_fill_in(void)
{
    long page = host_syscall6(SYS_mmap, 0, HOST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (host_failed(page))
        return false;
    (void)*(volatile char *)page;
    int pagemap = host_watch_open_pagemap();
    struct host_written run;
    struct host_pm_scan_arg scan = scan_of((uintptr_t)page, (uintptr_t)page + HOST_PAGE, false);
    scan.vec = (uintptr_t)&run;
    scan.vec_len = 1;
    long found = host_syscall3(SYS_ioctl, pagemap, (long)HOST_PAGEMAP_SCAN, (long)&scan);
    if (pagemap >= 0)
        host_watch_close_pagemap(pagemap);
    host_syscall3(SYS_munmap, page, HOST_PAGE, 0);
    return found == 1;
}

static int open_watch(void)
{
    long file = host_syscall3(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY, 0, 0);
    if (host_failed(file))
        return -ENOSYS;
    struct uffdio_api api = {.api = UFFD_API, .features = FEATURE_WP_ASYNC};
    bool fill_in = reads_fill_in();
    if (fill_in)
        api.features |= FEATURE_WP_UNPOPULATED;
    long result = host_syscall3(SYS_ioctl, file, (long)UFFDIO_API, (long)&api);
    if (host_failed(result) || !(api.features & FEATURE_WP_ASYNC)) {
        host_syscall3(SYS_close, file, 0, 0);
        return -ENOSYS;
    }
    atomic_store(&watch_state.reads_fill_in, fill_in);
    long high = host_syscall3(SYS_fcntl, file, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
    if (host_failed(high))
        return (int)file;
    host_syscall3(SYS_close, file, 0, 0);
    return (int)high;
}

int host_watch_start(void)
{
    HOST_GATE("watch_start");
    int file = atomic_load(&watch_state.file);
    if (file == 0) {
        file = open_watch();
        file = file < 0 ? NOT_OPEN : file + 1;
        int expected = 0;
        if (!atomic_compare_exchange_strong(&watch_state.file, &expected, file)) {
            if (file > 0)
                host_syscall3(SYS_close, file - 1, 0, 0);
            file = expected;
        }
    }
    return file == NOT_OPEN ? -ENOSYS : 0;
}

void host_watch_forget(void)
{
    int file = atomic_exchange(&watch_state.file, 0);
    if (file > 0)
        host_syscall3(SYS_close, file - 1, 0, 0);
}

int host_watch_add(void *base, size_t size, bool fresh)
{
    HOST_GATE("watch_add");
    /* A huge page would count as 512 written ones. */
    host_syscall3(SYS_madvise, (long)base, (long)size, MADV_NOHUGEPAGE);
    struct uffdio_register range = {
        .range = {.start = (uintptr_t)base, .len = size},
        .mode = UFFDIO_REGISTER_MODE_WP,
    };
    int file = atomic_load(&watch_state.file) - 1;
    long result = host_syscall3(SYS_ioctl, file, (long)UFFDIO_REGISTER, (long)&range);
    if (!host_failed(result) && fresh && atomic_load(&watch_state.reads_fill_in)) {
        struct uffdio_writeprotect protect = {.range = range.range, .mode = UFFDIO_WRITEPROTECT_MODE_WP};
        result = host_syscall3(SYS_ioctl, file, (long)UFFDIO_WRITEPROTECT, (long)&protect);
    }
    return host_failed(result) ? (int)result : 0;
}

int host_watch_open_pagemap(void)
{
    HOST_GATE("watch_open_pagemap");
    return (int)host_syscall6(SYS_openat, AT_FDCWD, (long)"/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0, 0, 0);
}

void host_watch_close_pagemap(int pagemap)
{
    host_syscall3(SYS_close, pagemap, 0, 0);
}

/* A page is written when it is there, not write-protected, and not the zero page that a mere read maps. */
static struct host_pm_scan_arg scan_of(uintptr_t start, uintptr_t end, bool reset)
{
    return (struct host_pm_scan_arg){
        .size = sizeof(struct host_pm_scan_arg),
        .flags = reset ? HOST_PM_SCAN_WP_MATCHING : 0,
        .start = start,
        .end = end,
        .category_inverted = HOST_PAGE_IS_PFNZERO,
        .category_mask = HOST_PAGE_IS_WRITTEN | HOST_PAGE_IS_PFNZERO,
        .category_anyof_mask = HOST_PAGE_IS_PRESENT | HOST_PAGE_IS_SWAPPED,
        .return_mask = HOST_PAGE_IS_WRITTEN,
    };
}

long host_watch_scan(int pagemap, uintptr_t start, uintptr_t end, bool reset, struct host_written *runs, size_t count,
                     size_t max_pages, uintptr_t *stopped)
{
    HOST_GATE("watch_scan");
    struct host_pm_scan_arg scan = scan_of(start, end, reset);
    scan.vec = (uintptr_t)runs;
    scan.vec_len = count;
    scan.max_pages = max_pages;
    long result = host_syscall3(SYS_ioctl, pagemap, (long)HOST_PAGEMAP_SCAN, (long)&scan);
    *stopped = scan.walk_end;
    return result;
}

int host_watch_reset(int pagemap, uintptr_t start, uintptr_t end)
{
    HOST_GATE("watch_reset");
    struct host_pm_scan_arg scan = scan_of(start, end, true);
    long result = host_syscall3(SYS_ioctl, pagemap, (long)HOST_PAGEMAP_SCAN, (long)&scan);
    return host_failed(result) ? (int)result : 0;
}
