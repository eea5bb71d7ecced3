/* pageout.c: MADV_PAGEOUT. Calls the kernel only. */
#include "host/pageout.h"

#include <errno.h>
#include <sys/mman.h>

#include "host/raw.h"

#include "host/gate.h"
#include "host/keep.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

int host_page_out(void *base, size_t size)
{
    HOST_GATE("host_page_out");
    HOST_KEEP_ERRNO;
    return madvise(base, size, MADV_PAGEOUT) == 0 ? 0 : -errno;
}
