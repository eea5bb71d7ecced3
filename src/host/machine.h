/* machine.h: processors, NUMA nodes and what a process holds of memory, as the kernel tells. Async-signal-safe;
 * allocates nothing; 0 or -errno. */
#ifndef WINMEM_HOST_MACHINE_H
#define WINMEM_HOST_MACHINE_H

#include <stdint.h>
#include <sys/types.h>

struct host_processor_info {
    uint32_t count;                   /* online */
    uint32_t family, model, stepping; /* as cpuid says */
};
void host_processor_info(struct host_processor_info *info);

uint32_t host_numa_highest_node(void); /* 0 where there is one node, or no NUMA */
uint32_t host_numa_node_of(uint32_t processor);
/* Of the page at an address; 0 where there is one node, or the page is not in memory. */
uint32_t host_numa_page_node(uintptr_t address);
int host_numa_free(uint32_t node, uint64_t *bytes);

struct host_process_memory {
    uint64_t virtual_size, virtual_peak; /* bytes mapped */
    uint64_t resident, resident_peak;    /* bytes in memory */
    uint64_t private_resident;           /* anonymous bytes in memory */
    uint64_t swapped;                    /* bytes the kernel swapped out */
    uint64_t page_tables;                /* bytes */
    uint64_t minor_faults, major_faults;
    uint32_t threads;
};
/* Of process `pid`, 0: the own. -ESRCH when it is gone, -EACCES when it may not be read. */
int host_process_memory(pid_t pid, struct host_process_memory *memory);

/* Pages that this process has of its own, mapped to no file: by the kernel's count, which is cheap to ask for and up to
 * HOST_PRIVATE_ERROR pages a processor off. 0: not known, and under a sanitizer. Signal-safe. */
#define HOST_PRIVATE_ERROR 32u
uint64_t host_private_resident(void);

/* For every entry of the directory that is a number: the processes of /proc, the threads of /proc/N/task. `each` may
 * allocate nothing either. */
int host_each_number(const char *directory, void (*each)(void *context, int number), void *context);
/* How many processes and threads run on the machine. */
int host_count_tasks(uint32_t *processes, uint32_t *threads);

#endif
