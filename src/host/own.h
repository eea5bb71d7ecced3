/* own.h: memory of the library's own objects and of texts that it makes on the way: handles' objects, waiting requests,
 * names. Not malloc: its locks are the program's. A thread may be suspended while it has them (or ended), and whoever
 * is to resume it must not need them for an event; and one that is suspended in a call of ours would keep everybody
 * from malloc. Here a thread that has the lock is not stopped. What a program frees itself is malloc's. In builds with
 * a sanitizer it is malloc after all, so that wrong uses are seen. */
#ifndef WINMEM_HOST_OWN_H
#define WINMEM_HOST_OWN_H

#include <stddef.h>

#include "host/shared.h"

/* NULL when there is none. As malloc, calloc, realloc, free, strdup, strndup. */
WINMEM_SHARED void *host_own_take(size_t size);
WINMEM_SHARED void *host_own_zero(size_t count, size_t size);
WINMEM_SHARED void *host_own_grow(void *old, size_t size);
WINMEM_SHARED void host_own_give(void *memory);
WINMEM_SHARED char *host_own_text(const char *text);
WINMEM_SHARED char *host_own_part(const char *text, size_t most);

#endif
