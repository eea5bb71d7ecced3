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
    _Atomic int file;                  /* userfaultfd + 1; 0: not opened, NOT_OPEN: cannot be had */
    _Atomic int pagemap;               /* + 1; 0: not opened */
    struct host_written *_Atomic room; /* NULL: none yet, or lent */
} watch_state;

static int raise_descriptor(long file)
{
    long high = host_syscall3(SYS_fcntl, file, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
    if (host_failed(high))
        return (int)file;
    host_syscall3(SYS_close, file, 0, 0);
    return (int)high;
}

/* Keeps what was opened just now, or what another thread was quicker with. */
static int keep(_Atomic int *place, int expected, int value)
{
    if (atomic_compare_exchange_strong(place, &expected, value))
        return value;
    if (value > 0)
        host_syscall3(SYS_close, value - 1, 0, 0);
    return expected;
}

static int open_watch(void)
{
    long file = host_syscall3(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY, 0, 0);
    if (host_failed(file))
        return -ENOSYS;
    struct uffdio_api api = {.api = UFFD_API, .features = FEATURE_WP_ASYNC | FEATURE_WP_UNPOPULATED};
    long result = host_syscall3(SYS_ioctl, file, (long)UFFDIO_API, (long)&api);
    if (host_failed(result) || !(api.features & FEATURE_WP_ASYNC)) {
        host_syscall3(SYS_close, file, 0, 0);
        return -ENOSYS;
    }
    return raise_descriptor(file);
}

int host_watch_start(void)
{
    HOST_GATE("watch_start");
    int file = atomic_load(&watch_state.file);
    if (file == 0) {
        file = open_watch();
        file = keep(&watch_state.file, 0, file < 0 ? NOT_OPEN : file + 1);
    }
    return file == NOT_OPEN ? -ENOSYS : 0;
}

void host_watch_forget(void)
{
    int file = atomic_exchange(&watch_state.file, 0), pagemap = atomic_exchange(&watch_state.pagemap, 0);
    if (file > 0)
        host_syscall3(SYS_close, file - 1, 0, 0);
    if (pagemap > 0)
        host_syscall3(SYS_close, pagemap - 1, 0, 0);
}

int host_watch_again(void *base, size_t size)
{
    HOST_GATE("watch_again");
    struct uffdio_writeprotect protect = {
        .range = {.start = (uintptr_t)base, .len = size},
        .mode = UFFDIO_WRITEPROTECT_MODE_WP,
    };
    long result =
        host_syscall3(SYS_ioctl, atomic_load(&watch_state.file) - 1, (long)UFFDIO_WRITEPROTECT, (long)&protect);
    return host_failed(result) ? (int)result : 0;
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
    if (host_failed(result))
        return (int)result;
    return fresh ? host_watch_again(base, size) : 0;
}

/* A page is written when it is there, not write-protected, and not the zero page that a mere read maps. Where every
 * page carries the protection, there or not, the kernel has a shorter way. */
static struct host_pm_scan_arg scan_of(uintptr_t start, uintptr_t end, bool whole, bool reset)
{
    struct host_pm_scan_arg scan = {
        .size = sizeof(struct host_pm_scan_arg),
        .flags = reset ? HOST_PM_SCAN_WP_MATCHING : 0,
        .start = start,
        .end = end,
        .category_mask = HOST_PAGE_IS_WRITTEN,
        .return_mask = HOST_PAGE_IS_WRITTEN,
    };
    if (!whole) {
        scan.category_inverted = HOST_PAGE_IS_PFNZERO;
        scan.category_mask |= HOST_PAGE_IS_PFNZERO;
        scan.category_anyof_mask = HOST_PAGE_IS_PRESENT | HOST_PAGE_IS_SWAPPED;
    }
    return scan;
}

struct host_written *host_watch_borrow(void)
{
    struct host_written *room = atomic_exchange(&watch_state.room, NULL);
    void *pages;
    if (room)
        return room;
    return host_pages_map(&pages, HOST_WATCH_RUNS * sizeof *room) == 0 ? pages : NULL;
}

void host_watch_return(struct host_written *room)
{
    struct host_written *none = NULL;
    if (!atomic_compare_exchange_strong(&watch_state.room, &none, room))
        host_pages_unmap(room, HOST_WATCH_RUNS * sizeof *room);
}

static int open_pagemap(int before)
{
    HOST_GATE("watch_open_pagemap");
    long file = host_syscall6(SYS_openat, AT_FDCWD, (long)"/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0, 0, 0);
    return host_failed(file) ? (int)file : keep(&watch_state.pagemap, before, raise_descriptor(file) + 1);
}

/* The descriptor is kept; a program that closes what it did not open has it opened again. */
static long scan_pagemap(struct host_pm_scan_arg *scan)
{
    int pagemap = atomic_load(&watch_state.pagemap);
    for (bool opened = false;; opened = true) {
        long result =
            pagemap ? host_syscall3(SYS_ioctl, pagemap - 1, (long)HOST_PAGEMAP_SCAN, (long)scan) : -(long)EBADF;
        if (opened || (result != -EBADF && result != -ENOTTY))
            return result;
        pagemap = open_pagemap(pagemap);
        if (pagemap < 0)
            return pagemap;
    }
}

long host_watch_scan(uintptr_t start, uintptr_t end, bool whole, bool reset, struct host_written *runs, size_t count,
                     size_t max_pages, uintptr_t *stopped)
{
    HOST_GATE("watch_scan");
    struct host_pm_scan_arg scan = scan_of(start, end, whole, reset);
    scan.vec = (uintptr_t)runs;
    scan.vec_len = count;
    scan.max_pages = max_pages;
    long result = scan_pagemap(&scan);
    *stopped = scan.walk_end;
    /* Linux 6.18 leaves the place where its own buffer was full last (512 runs) there, though it went on: seen. */
    if (result > 0 && runs[result - 1].end > *stopped)
        *stopped = runs[result - 1].end;
    return result;
}

int host_watch_reset(uintptr_t start, uintptr_t end)
{
    HOST_GATE("watch_reset");
    struct host_pm_scan_arg scan = scan_of(start, end, false, true);
    long result = scan_pagemap(&scan);
    return host_failed(result) ? (int)result : 0;
}
