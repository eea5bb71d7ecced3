/* pagemap.c: reads /proc/self/pagemap. Calls the kernel only. */
#include "host/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host/gate.h"

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
