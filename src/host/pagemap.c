/* pagemap.c: reads /proc/self/pagemap. Calls the kernel only. */
#include "host/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/gate.h"
#include "host/kernel.h"

int host_pagemap_read(uintptr_t address, size_t pages, uint64_t *entries)
{
    HOST_GATE("host_pagemap_read");
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t want = pages * sizeof *entries;
    ssize_t got = pread(fd, entries, want, (off_t)(address / 4096 * sizeof *entries));
    int error = errno;
    close(fd);
    if (got < 0)
        return -error;
    memset((char *)entries + got, 0, want - (size_t)got);
    return 0;
}

uintptr_t host_pagemap_next(uintptr_t start, uintptr_t end)
{
    struct host_page_region found = {.start = start};
    struct host_pm_scan_arg scan = {
        .size = sizeof scan,
        .start = start,
        .end = end,
        .vec = (uintptr_t)&found,
        .vec_len = 1,
        .max_pages = 1,
        .category_mask = HOST_PAGE_IS_PRESENT,
        .return_mask = HOST_PAGE_IS_PRESENT,
    };
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    int runs = fd >= 0 ? ioctl(fd, HOST_PAGEMAP_SCAN, &scan) : -1;
    if (fd >= 0)
        close(fd);
    return runs < 0 ? start : runs > 0 ? found.start : end;
}
