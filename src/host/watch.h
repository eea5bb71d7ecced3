/* watch.h: which pages of a range were written: userfaultfd in asynchronous write-protect mode, read by PAGEMAP_SCAN.
 * Needs Linux 6.7; -ENOSYS where that is not to be had. Returns 0 or -errno; no allocation. */
#ifndef WINMEM_HOST_WATCH_H
#define WINMEM_HOST_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens the watch once for the process; later calls are free. After a fork the child opens its own. */
int host_watch_start(void);
void host_watch_forget(void); /* in a forked child */
/* Watches pages. Fresh ones: none counts as written; else, after a fork, those that are in memory may. */
int host_watch_add(void *base, size_t size, bool fresh);
/* Added pages have been dropped: none of them counts as written, also those that are not there (some kernels map a
 * page of its own for a read). */
int host_watch_again(void *base, size_t size);

struct host_written {
    uint64_t start;
    uint64_t end;
    uint64_t categories;
};
/* Room for many runs, kept from one scan to the next: each call of the kernel more would show. NULL: there is none. */
#define HOST_WATCH_RUNS ((size_t)4096)
struct host_written *host_watch_borrow(void);
void host_watch_return(struct host_written *room);
/* Written runs in [start, end), ascending, at most `count` runs and `max_pages` pages (0: no limit). With `reset` the
 * pages found count as unwritten afterwards. `whole`: each page was added fresh and not dropped since (quicker).
 * *stopped: where a next call goes on. The number of runs or -errno. */
long host_watch_scan(uintptr_t start, uintptr_t end, bool whole, bool reset, struct host_written *runs, size_t count,
                     size_t max_pages, uintptr_t *stopped);
/* Resets without looking. */
int host_watch_reset(uintptr_t start, uintptr_t end);

#endif
