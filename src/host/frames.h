/* frames.h: pages that a program owns without an address: the frames of one anonymous file, mapped where it says; and
 * huge pages. Returns 0 or -errno; no allocation. */
#ifndef WINMEM_HOST_FRAMES_H
#define WINMEM_HOST_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The file, or -errno. */
int host_frames_open(void);
void host_frames_close(int file);
int host_frames_resize(int file, uint64_t pages);
/* Maps `pages` frames from `frame` on at `base`, over whatever is there. */
int host_frames_map(int file, void *base, uint64_t frame, size_t pages);
/* The frames' memory goes back to the system; they read as zero when mapped again. */
int host_frames_drop(int file, uint64_t frame, size_t pages);

/* host_commit with pages of the huge page size, taken from the system's pool now: -ENOMEM when it has too few. */
int host_commit_huge(void *base, size_t size, unsigned access, bool held);

#endif
