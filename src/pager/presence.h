/* presence.h: inside the pager: whether the program can reach a page, and write to it. By userfaultfd; where that is
 * refused, by protection: a page that is not there is inaccessible (a fault is SIGSEGV), gets its contents through
 * /proc/self/mem, which asks no protection, and is opened then. Signal-safe; 0, a count, or -errno. */
#ifndef WINMEM_PAGER_PRESENCE_H
#define WINMEM_PAGER_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `uffd` below zero: by protection, if that works here, else its errno is answered. */
int presence_start(int uffd, bool thread_mode, size_t arena_pages);
/* Another descriptor: after fork, and when the child changes to thread mode. */
void presence_set_uffd(int uffd);
int presence_uffd(void);

/* Committed pages become the pager's: the first touch of each is a fault. Fresh: nothing is in them yet. */
int presence_add(void *base, size_t size, unsigned access, bool fresh);
/* Whether the program may use the page so (PAGER_NONE: however it may); always, where the kernel looks after that. */
bool presence_allows(size_t page, unsigned access);
/* By protection only: the program's access to the range changes. Lock W; none of its pages is in an eviction. */
int presence_change_locked(size_t first, size_t end, unsigned access);

/* Makes a claimed run present, with these bytes or zero. Pages done, or for the first: -EEXIST it is present, -EAGAIN
 * the address space changes just now, -ENOENT it is not mapped any more, -ENOMEM. */
int64_t presence_put(size_t page, const uint8_t *bytes, size_t count);
/* Lock W. From here on writes to the victims in the range fault (other pages' may, by protection reads too); or no
 * access to what is there. Their contents may be dropped then. */
int presence_guard_locked(size_t first, size_t end, bool on);
/* Lock W. The range is about to lose its contents: by protection it is out of reach from here on. */
int presence_close_locked(size_t first, size_t end);
/* A page that is present, and faulted. `gone`: it may be missing after all, and then reads as zero. */
int presence_repair(size_t page, bool gone);
/* Thread mode: the page cannot be brought in. Who touches it gets a signal, in whose handler it is asked for again and
 * the in-page error is raised; a system call gets EFAULT. */
void presence_fail(size_t page);
/* Thread mode: who waits for the page looks again. */
void presence_wake(size_t page);

/* By protection every border between what is there and what is not is one between mappings, and the kernel allows only
 * so many. True from time to time, and when one was refused: ask presence_mappings how many there are. */
bool presence_is_crowded(void);
size_t presence_mappings(size_t *most);
void presence_counted(size_t mappings);

#endif
