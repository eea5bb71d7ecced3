/* descriptor.h: file descriptors that live as long as paging does. They are given high numbers, where a program's own
 * dup2(file, 3) does not meet them, and are known, so that a program that closes whatever is open leaves them alone
 * (src/preload/files.c). Signal-safe. */
#ifndef WINMEM_HOST_DESCRIPTOR_H
#define WINMEM_HOST_DESCRIPTOR_H

#include <stdbool.h>

#include "host/shared.h"

/* Moves it; returns the new number (the old one where there is no room). Negative numbers come back as they are. */
WINMEM_SHARED int host_descriptor_keep(int file);
/* Closes one that was kept. */
void host_descriptor_close(int file);
WINMEM_SHARED bool host_descriptor_kept(int file);
/* The lowest kept descriptor that is not below `from`; -1: none. */
WINMEM_SHARED int host_descriptor_next(int from);

#endif
