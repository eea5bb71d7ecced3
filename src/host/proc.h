/* proc.h: what the kernel knows of the address space: the mappings of this process, one at a time.
 * No allocation, no stdio; returns 0 or -errno. */
#ifndef WINMEM_HOST_PROC_H
#define WINMEM_HOST_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/shared.h"

struct host_mapping {
    uintptr_t start;
    uintptr_t end;
    unsigned access; /* enum host_access */
    bool shared;
    uint64_t offset; /* in the file, bytes */
    uint64_t device; /* major << 32 | minor */
    uint64_t inode;  /* 0: anonymous */
};

/* The mapping that covers `address`, or else the next one above it. -ENOENT when there is none. `name`, if not NULL,
 * takes the path as /proc/self/maps shows it, terminated and cut to `name_size`. */
int host_mapping_find(uintptr_t address, struct host_mapping *mapping, char *name, size_t name_size);

/* How many mappings this process has now, 0: not known; and may have. Signal-safe. */
size_t host_mapping_count(void);
size_t host_mapping_limit(void);

#define HOST_FD_PATH 32
/* The name under which the process' descriptor can be opened anew. */
void host_fd_path(int fd, char path[HOST_FD_PATH]);

/* The path of an open file, terminated; its length, or -errno (-ENAMETOOLONG when it does not fit). */
long host_file_path(int fd, char *path, size_t size);

/* Whole text of a small file into a terminated buffer; the length, or -errno. For /proc and /sys. */
WINMEM_SHARED long host_read_text(const char *path, char *buffer, size_t size);

#endif
