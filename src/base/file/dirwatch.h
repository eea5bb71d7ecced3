/* dirwatch.h: what changes in a folder, and in those below it: the kernel's inotify, told in Windows' words. Returns
 * NTSTATUS. Nothing here sleeps, but for an instant after half a rename. One lock for all watches, ranked with those of
 * objects; a child of fork watches anew. */
#ifndef WINMEM_BASE_DIRWATCH_H
#define WINMEM_BASE_DIRWATCH_H

#include <stdbool.h>
#include <winternl.h>

struct dirwatch;

struct dir_change {
    DWORD action;     /* FILE_ACTION_*; 0: some changes were lost */
    const char *name; /* from the folder on, with slashes; good until the next call */
};

/* `filter`: FILE_NOTIFY_CHANGE_*. `path` must stay as good as the watch. */
NTSTATUS dirwatch_open(const char *path, DWORD filter, bool subtree, struct dirwatch **watch);
void dirwatch_close(struct dirwatch *watch);
void dirwatch_acquire(void);
void dirwatch_release(void);
/* Watches anew where that is needed; an error: nothing would be told. */
NTSTATUS dirwatch_ready_locked(struct dirwatch *watch);
/* The next change that the filter asks for; false: there is none yet. */
bool dirwatch_next_locked(struct dirwatch *watch, struct dir_change *change);
/* Readable when there may be one; -1: look at once. */
int dirwatch_descriptor_locked(const struct dirwatch *watch);

#endif
