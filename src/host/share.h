/* share.h: marks on a file that every process of this library sees: who uses it how, what they do not share, how far
 * sections need it. They are read locks of the open file description, far beyond any byte that a file has: the kernel
 * drops them with the description however its process ends. Marks of one description do not meet themselves. A file
 * system that knows no such locks has no marks; nothing meets there. */
#ifndef WINMEM_HOST_SHARE_H
#define WINMEM_HOST_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "host/shared.h"

#define HOST_SHARE_BEGIN ((uint64_t)1 << 62) /* locks of the program's own end here */

enum {
    HOST_USES_READ = 1,
    HOST_USES_WRITE = 2,
    HOST_USES_DELETE = 4,
    HOST_DENIES_READ = 8,
    HOST_DENIES_WRITE = 16,
    HOST_DENIES_DELETE = 32,
};

/* Marks the file; false: others have one of the marks that `against` names, and nothing is marked. */
bool host_share_take(int fd, unsigned marks, unsigned against);
void host_share_leave(int fd);
WINMEM_SHARED bool host_share_met(int fd, unsigned against);

/* Sections of this description need the first `size` bytes, and more if more was needed before; or no more than those.
 */
void host_share_need(int fd, uint64_t size);
void host_share_need_only(int fd, uint64_t size);
/* Whether sections of other descriptions need more than `size` bytes. */
bool host_share_needed(int fd, uint64_t size);

#endif
