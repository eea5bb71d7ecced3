/* movable.h: the one table of 65 536 movable handles that the Global and Local families share. A handle is the address
 * of its entry plus 8, which no block can be. The rules of the two families are the faces'; this is the table. */
#ifndef WINMEM_HEAP_MOVABLE_H
#define WINMEM_HEAP_MOVABLE_H

#include "heap/heap.h"

#define MOVABLE_DISCARDABLE 1u
#define MOVABLE_DDESHARE 2u

struct movable_state {
    void *block; /* NULL: discarded */
    uint8_t locks;
    uint8_t flags;
};

/* Whether a value has the form of a handle (it may still not be one that lives). */
bool movable_is_handle(const void *value);
/* A new handle for a block (NULL: discarded at once). STATUS_NO_MEMORY when the table is full. */
NTSTATUS movable_create(void *block, uint8_t flags, void **handle);
/* Forgets the handle and says its block. STATUS_INVALID_HANDLE. */
NTSTATUS movable_destroy(void *handle, void **block);
NTSTATUS movable_query(const void *handle, struct movable_state *state);
/* Gives the handle another block and other flags, if nothing else has happened to it since `seen`. */
NTSTATUS movable_update(void *handle, const struct movable_state *seen, void *block, uint8_t flags);
/* Adds 1 or -1 to the lock count, within 0 ... 255; *state is the one after. Unlocking at 0: STATUS_NOT_LOCKED. */
NTSTATUS movable_lock(void *handle, int step, struct movable_state *state);
/* The handle whose block this is, or NULL. */
void *movable_of_block(const void *block);

#endif
