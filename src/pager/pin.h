/* pin.h: what evictions must know of the pins (pager_pin in pager.h). */
#ifndef WINMEM_PAGER_PIN_H
#define WINMEM_PAGER_PIN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a system call uses some of these pages of the arena. `unused` is for callers that pass it on. */
bool pin_there(void *unused, size_t first, size_t end);
/* After fork, in the child: no call is under way. */
void pin_restart(void);

#endif
