/* aio.h: the paging file's input and output: opening, growing, reads, and writes with depth through io_uring (plain
 * writes where the kernel refuses it). One user at a time for everything but host_file_read. Never allocates. */
#ifndef WINMEM_HOST_AIO_H
#define WINMEM_HOST_AIO_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_AIO_DEPTH 32

/* Opens `path` (a file, created if absent, or a block device), or an unlinked file in a directory. Direct I/O where
 * it can be. The descriptor, or -errno (-EBUSY: `path` is the paging file of another process); *size is the room of a
 * block device, 0 for a file. */
int host_paging_file_open(const char *path, bool directory, uint64_t *size);
int host_file_reserve(int fd, uint64_t offset, uint64_t size);
int host_file_read(int fd, void *into, uint32_t size, uint64_t offset);
void host_file_close(int fd);
/* A duplicate of the directory that temporary paging files go to. */
const char *host_temporary_directory(void);

int host_aio_start(void);
/* Starts a write; -EBUSY when HOST_AIO_DEPTH are under way. */
int host_aio_write(int fd, const void *bytes, uint32_t size, uint64_t offset, uint32_t tag);
/* One finished write: 1 and its tag and result (0 or -errno); 0 when none is finished and `wait` is false. */
int host_aio_next(bool wait, uint32_t *tag, int *result);
/* After fork, in the child: the ring is the parent's. */
void host_aio_forget(void);

#endif
