/* process.h: other processes as the kernel knows them: a descriptor that cannot mean a later process of the same id,
 * their memory, signals, end. 0 or -errno; never allocates. */
#ifndef WINMEM_HOST_PROCESS_H
#define WINMEM_HOST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/shared.h"

WINMEM_SHARED int host_process_open(int pid); /* a descriptor, or -ESRCH, ... */
WINMEM_SHARED bool host_process_ended(int process);
WINMEM_SHARED int host_process_signal(int process, int number);
struct host_process_times {
    uint64_t user, kernel;  /* 100 ns */
    uint64_t resident_peak; /* bytes */
    uint64_t faults;
    bool known;
};
/* How an ended process ended, in wait()'s encoding; -ENODATA when the kernel cannot say. Reaps a child, and says what
 * it took of processors and memory. */
WINMEM_SHARED int host_process_status(int process, int *status, struct host_process_times *times);
int host_process_peek(int process, int *status); /* the same; a child is left for whoever waits for it */
struct host_process_stat {
    bool dead;             /* only its remains, which nobody has waited for yet */
    uint64_t born;         /* the kernel's clock: with the id it names one process for ever */
    uint64_t user, kernel; /* 100 ns */
    uint64_t faults;
    int parent;
};
/* -ESRCH: no such process; another error: it could not be looked at. */
WINMEM_SHARED int host_process_stat(int pid, struct host_process_stat *stat);
WINMEM_SHARED int host_process_transfers(int pid, uint64_t transfers[4]); /* reads, writes, bytes read, bytes written */
/* All threads of it; those that it starts later take it from their makers. */
WINMEM_SHARED int host_process_set_affinity(int pid, uint64_t mask);
/* Whether the file of a program says that it has this library: by its name, or, linked in, by a variable of its own. */
WINMEM_SHARED bool host_program_has_library(const char *program);
/* Takes off what the kernel adds to the name of a file that has been deleted. The length. */
WINMEM_SHARED size_t host_undeleted(char *path);
/* The file of its program (0: of this process), as it was named. The length; 0, and an empty text, when it is not told.
 */
WINMEM_SHARED size_t host_process_image(int pid, char *path, size_t size);
/* Bytes copied up to the first page that cannot be; -errno when nothing was. pid 0 is not special. */
long host_process_read(int pid, const void *from, void *to, size_t size);
long host_process_write(int pid, void *to, const void *from, size_t size);

#endif
