/* nbd.h: an NBD export as a paging file, through a helper process of ours (tools/nbd) that speaks the protocol. It is
 * started when first needed, and again should it be gone. Reads from any thread; all else by one user at a time.
 * Signal-safe, never allocates. */
#ifndef WINMEM_HOST_NBD_H
#define WINMEM_HOST_NBD_H

#include <stdbool.h>
#include <stdint.h>

/* nbd://, nbds://, nbd+unix:// and their kin. */
bool host_nbd_is_uri(const char *name);
/* Connects; *size is the export's. Lost connections are tried for `retry` seconds. 0, -ENOENT: this build has no
 * helper, -ECONNREFUSED: nobody answers. */
int host_nbd_open(const char *uri, unsigned retry, uint64_t *size);
int host_nbd_read(void *into, uint32_t size, uint64_t offset);
/* As host_aio_write and host_aio_next. */
int host_nbd_write(const void *bytes, uint32_t size, uint64_t offset, uint32_t tag);
int host_nbd_next(bool wait, uint32_t *tag, int *result);
/* After fork, in the child: the helper is the parent's; the next call starts another. */
void host_nbd_forget(void);
/* The helper's process, 0: none now. */
int host_nbd_helper(void);

#endif
