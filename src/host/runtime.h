/* runtime.h: the user's runtime directory and files in it that live as long as somebody holds them. One directory per
 * user, mode 0700, its owner verified, no symbolic link followed. A file is alive while any process holds its life lock
 * (an open-file-description lock, which the kernel drops with the last descriptor however its process ends); what is
 * not alive counts as absent and is removed by whoever meets it. 0, a descriptor, or -errno; never calls malloc. */
#ifndef WINMEM_HOST_RUNTIME_H
#define WINMEM_HOST_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/shared.h"

/* The directory (kept open), created at need. -EACCES: it is there but not ours alone. */
int host_runtime_directory(void);
/* Its path, terminated; for messages and socket addresses. */
WINMEM_SHARED const char *host_runtime_path(void);
/* Where another user has his when nothing was wished. */
void host_runtime_path_of(unsigned user, char *path, size_t size);

/* Opens the living file `name`, or makes it when `create`. On success the caller holds its life lock and its gate: no
 * other process opens, makes or leaves it until host_life_ready. -ENOENT, -EACCES, -ETIMEDOUT (the gate's holder is
 * stopped), ... */
int host_life_open(const char *name, bool create, bool *created);
void host_life_ready(int file);
/* Leaves: the last one that holds it removes it, and is told so. Closes the descriptor. */
bool host_life_close(int file, const char *name);
/* Gives up the life lock but keeps the descriptor; false: nobody else holds it (host_life_close must follow). And back:
 * false when nobody else holds it, which means that its name is gone. No gate: two that return at the same moment to a
 * file whose last holder was killed take each other for it; a file that was left in order is marked by its owner. */
bool host_life_leave(int file);
bool host_life_return(int file);
/* Whether somebody holds it; closes nothing. Removes it when not. */
bool host_life_alive(const char *name);
/* Names of the living files that begin with `prefix`, until the function returns false. */
WINMEM_SHARED int host_life_each(const char *prefix, bool (*visit)(void *context, const char *name), void *context);

/* The same for sockets, which are not asked whether they live. */
WINMEM_SHARED int host_runtime_each_socket(const char *prefix, bool (*visit)(void *context, const char *name),
                                           void *context);

int host_runtime_map(int file, uint64_t offset, size_t size, void **base); /* shared, read and write */
int host_runtime_unmap(void *base, size_t size);
int host_runtime_size(int file, uint64_t size);
int host_runtime_anonymous(const char *name); /* a memfd */

#endif
