/* system.h: what the machine has: memory totals. Async-signal-safe; 0 or -errno. */
#ifndef WINMEM_HOST_SYSTEM_H
#define WINMEM_HOST_SYSTEM_H

#include <stdint.h>

struct host_memory_info {
    uint64_t total, available, swap_total, swap_free; /* bytes */
    uint64_t cached, committed, commit_limit, kernel_slab;
};
/* From /proc/meminfo, or sysinfo where /proc is not mounted (then only the first four are filled). */
int host_memory_info(struct host_memory_info *info);
/* Of these the totals, for little: every program asks at its start. */
int host_memory_totals(uint64_t *memory, uint64_t *swap);

#endif
