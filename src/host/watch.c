/* watch.c: write watch by the kernel; see watch.h. */
#include "host/watch.h"

#include "host/gate.h"
#include "host/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <stdatomic.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#define FEATURE_WP_ASYNC ((uint64_t)1 << 15)
#define NOT_OPEN (-1)
#define HIGH_DESCRIPTOR 900 /* out of the way of programs that count on low numbers */

static struct {
    _Atomic int file; /* userfaultfd + 1; 0: not opened, NOT_OPEN: cannot be had */
} watch_state;

static int open_watch(void)
{
    long file = host_syscall3(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY, 0, 0);
    if (host_failed(file))
        return -ENOSYS;
    struct uffdio_api api = {.api = UFFD_API, .features = FEATURE_WP_ASYNC};
    long result = host_syscall3(SYS_ioctl, file, (long)UFFDIO_API, (long)&api);
    if (host_failed(result) || !(api.features & FEATURE_WP_ASYNC)) {
        host_syscall3(SYS_close, file, 0, 0);
        return -ENOSYS;
    }
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

int host_watch_add(void *base, size_t size)
{
    HOST_GATE("watch_add");
    /* A huge page would count as 512 written ones. */
    host_syscall3(SYS_madvise, (long)base, (long)size, MADV_NOHUGEPAGE);
    struct uffdio_register range = {
        .range = {.start = (uintptr_t)base, .len = size},
        .mode = UFFDIO_REGISTER_MODE_WP,
    };
    long result = host_syscall3(SYS_ioctl, atomic_load(&watch_state.file) - 1, (long)UFFDIO_REGISTER, (long)&range);
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
