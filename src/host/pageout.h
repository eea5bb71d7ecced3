/* pageout.h: asks the kernel to take pages out of memory. */
#ifndef WINMEM_HOST_PAGEOUT_H
#define WINMEM_HOST_PAGEOUT_H

#include <stddef.h>

/* The range's pages leave memory for the kernel's swap or their file, as far as there is one. 0 or -errno. */
int host_page_out(void *base, size_t size);

#endif
