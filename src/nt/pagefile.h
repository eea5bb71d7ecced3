/* pagefile.h: the paging files that there are: the pager's own, and the kernel's swap behind everything. */
#ifndef WINMEM_NT_PAGEFILE_H
#define WINMEM_NT_PAGEFILE_H

#include <stdbool.h>
#include <stdint.h>

struct nt_pagefile {
    char name[256];
    uint64_t size, in_use, peak; /* pages */
};
/* The n-th paging file; false when there are no more. */
bool nt_pagefile_get(unsigned index, struct nt_pagefile *file);

#endif
