/* section.h: what sections need of the kernel: shared memory files, sizes, mappings of files. The written contract:
 * addresses and sizes are multiples of the page; 0 or -errno; after an error everything is as it was. Signal-safe. */
#ifndef WINMEM_HOST_SECTION_H
#define WINMEM_HOST_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A memory file of `size` bytes that read as zero; it may be mapped executable. */
int host_memfile_create(const char *name, uint64_t size, int *fd);
int host_memfile_close(int fd);
/* Its pages without a mapping: read (a hole reads as zero); write; zeroes where nothing is; give up. Read and write
 * return bytes, or -errno when there were none. */
int64_t host_memfile_read(int fd, void *into, size_t size, uint64_t offset);
int64_t host_memfile_write(int fd, const void *from, size_t size, uint64_t offset);
int host_memfile_fill(int fd, uint64_t offset, uint64_t size);
int host_memfile_punch(int fd, uint64_t offset, uint64_t size);
/* The first stretch at or behind *start that is there: false when there is none. */
/* Whether a write of a page to a memory file makes that page only: where the kernel is told (in this directory) to make
 * huge pages of such files, holes around it would read as zero from then on. */
bool host_memfile_by_pages(const char *settings);
bool host_memfile_stretch(int fd, uint64_t *start, uint64_t *end);
int host_file_resize(int fd, uint64_t size);

struct host_file_id {
    uint64_t device, inode, size;
    bool regular;
};
/* Its identity, and the pages of memory that it has. */
int host_file_blocks(int fd, uint64_t *inode, uint64_t *pages);
int host_file_identify(int fd, struct host_file_id *id);

/* Where a mapping goes: over nothing (-EEXIST when there is something), or over what is there. */
enum host_where { HOST_ANYWHERE, HOST_NOT_OVER, HOST_OVER };
/* Maps a part of a file; `copy`: writes stay private. With HOST_ANYWHERE *base is chosen by the kernel. */
int host_file_map(void **base, size_t size, int fd, uint64_t offset, unsigned access, bool copy, enum host_where where);
/* Waits until the range's changes are on the disk. */
int host_file_sync(void *base, size_t size);
/* The first stretch of [base, base + size) whose pages are the process's own copies; *end == *start when none is. */
int host_private_pages(uintptr_t base, size_t size, uintptr_t *start, uintptr_t *end);

#endif
