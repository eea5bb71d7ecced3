/* ahead.h: room is made ahead of the faults by a thread of its own, as NT's balance set manager does: what a fault then
 * costs is bringing its page in. Beside a handler thread only (a program that has no thread of ours gets none), and
 * with two processors or more. */
#ifndef WINMEM_PAGER_AHEAD_H
#define WINMEM_PAGER_AHEAD_H

#include <stdbool.h>

/* Starts the thread; nothing depends on it. Calls the C library: no lock of ours may be held. */
void ahead_start(void);
/* In the child of a fork, which has no such thread. */
void ahead_restart(void);
/* Any thread, signal-safe. */
bool ahead_is_there(void);
/* There are too few free pages: it goes on until there are enough. */
void ahead_ask(void);
/* Who resolves faults runs on this processor: the thread keeps off it. One thread calls this. */
void ahead_avoid(int processor);

#endif
