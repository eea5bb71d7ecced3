/* spawn.h: a program that is started but stands before its first instruction until it gets SIGCONT. */
#ifndef WINMEM_HOST_SPAWN_H
#define WINMEM_HOST_SPAWN_H

#include <sys/types.h>

#include "host/shared.h"

#define HOST_SPAWN_FILES 4040u

struct host_spawn {
    const char *program, *directory; /* directory: NULL for the caller's */
    char *const *arguments, *const *environment;
    unsigned files;
    struct {
        int from, to; /* equal: stays open in the program */
    } file[HOST_SPAWN_FILES];
};
/* 0 or -errno, of the exec too. Where processes may not be traced: -EPERM, and nothing was started. */
WINMEM_SHARED int host_spawn_held(const struct host_spawn *spawn, pid_t *pid);

#endif
