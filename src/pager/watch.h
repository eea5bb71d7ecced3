/* watch.h: a record of the faults that took pages into memory, for who asked for it (GetWsChanges). */
#ifndef WINMEM_PAGER_WATCH_H
#define WINMEM_PAGER_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watch_record {
    uintptr_t pc, address;
    uint64_t thread;
};

/* Starts recording; again: nothing changes. -ENOMEM. */
int watch_start(void);
bool watch_is_on(void);
void watch_restart(void); /* after fork, in the child */
/* One fault. Signal-safe; no lock may be held that ranks as the pager's or above. */
void watch_note(uintptr_t pc, uintptr_t address);
/* Copies all records with `put` and forgets them, if there are at most `room`; returns how many there were, or are.
 * `put` may touch program memory. Then *lost says how many found no place. */
size_t watch_take(size_t room, void (*put)(void *context, size_t index, const struct watch_record *record),
                  void *context, size_t *lost);

#endif
