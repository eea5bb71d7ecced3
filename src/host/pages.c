/* pages.c: memory for the pager's tables. Calls the kernel only; signal-safe; never allocates. */
#include "host/pages.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/types.h>

#include "host/gate.h"
#include "host/raw.h"

int host_table_reserve(size_t size, void **base)
{
    HOST_GATE("host_table_reserve");
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return -errno;
    madvise(at, size, MADV_DONTDUMP);
    madvise(at, size, MADV_NOHUGEPAGE);
    *base = at;
    return 0;
}

int host_table_drop(void *base, size_t size)
{
    HOST_GATE("host_table_drop");
    return madvise(base, size, MADV_DONTNEED) == 0 ? 0 : -errno;
}

int host_table_release(void *base, size_t size)
{
    HOST_GATE("host_table_release");
    return munmap(base, size) == 0 ? 0 : -errno;
}

int host_random(void *into, size_t size)
{
    HOST_GATE("host_random");
    ssize_t got = getrandom(into, size, 0);
    return got == (ssize_t)size ? 0 : got < 0 ? -errno : -EIO;
}
