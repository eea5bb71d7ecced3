/* vectored.c: the two lists of vectored handlers. A handler runs without the lock and may add or remove any entry,
 * itself included: an entry in use stays linked until its last user is done. Entries come from a pool of their own. */
#include <stdatomic.h>

#include "exception/internal.h"
#include "host/lock.h"

struct entry {
    struct entry *next, *previous; /* E */
    PVECTORED_EXCEPTION_HANDLER handler;
    unsigned users;                /* E: threads that are in it, one for the list */
    bool removed;                  /* E */
};
#define ENTRIES 256

static struct {
    host_lock lock;         /* E */
    struct entry *head[2];  /* E, read without it for emptiness */
    struct entry *tail[2];  /* E */
    struct entry *unused;   /* E */
    unsigned taken;         /* E: of the pool, ever */
    struct entry pool[ENTRIES];
} vectored_state = {.lock = HOST_LOCK(RANK_EXCEPTION)};

static struct entry *entry_new_locked(void)
{
    struct entry *entry = vectored_state.unused;
    if (entry)
        vectored_state.unused = entry->next;
    else if (vectored_state.taken < ENTRIES)
        entry = &vectored_state.pool[vectored_state.taken++];
    return entry;
}

static void entry_drop_locked(enum exception_vector list, struct entry *entry)
{
    if (--entry->users)
        return;
    *(entry->previous ? &entry->previous->next : &vectored_state.head[list]) = entry->next;
    *(entry->next ? &entry->next->previous : &vectored_state.tail[list]) = entry->previous;
    entry->next = vectored_state.unused;
    vectored_state.unused = entry;
}

void *exception_vector_add(enum exception_vector list, bool first, PVECTORED_EXCEPTION_HANDLER handler)
{
    host_lock_acquire(&vectored_state.lock);
    struct entry *entry = entry_new_locked();
    if (entry) {
        *entry = (struct entry){.handler = handler, .users = 1};
        if (first) {
            entry->next = vectored_state.head[list];
            *(entry->next ? &entry->next->previous : &vectored_state.tail[list]) = entry;
            __atomic_store_n(&vectored_state.head[list], entry, __ATOMIC_RELEASE);
        } else {
            entry->previous = vectored_state.tail[list];
            vectored_state.tail[list] = entry;
            __atomic_store_n(entry->previous ? &entry->previous->next : &vectored_state.head[list], entry,
                             __ATOMIC_RELEASE);
        }
    }
    host_lock_release(&vectored_state.lock);
    return entry;
}

bool exception_vector_remove(enum exception_vector list, void *handle)
{
    host_lock_acquire(&vectored_state.lock);
    struct entry *entry = vectored_state.head[list];
    while (entry && (entry != handle || entry->removed))
        entry = entry->next;
    if (entry) {
        entry->removed = true;
        entry_drop_locked(list, entry);
    }
    host_lock_release(&vectored_state.lock);
    return entry != NULL;
}

/* The next live entry after `entry` (from the head for NULL), held; lets go of `entry`. */
static struct entry *entry_advance(enum exception_vector list, struct entry *entry)
{
    host_lock_acquire(&vectored_state.lock);
    struct entry *next = entry ? entry->next : vectored_state.head[list];
    while (next && next->removed)
        next = next->next;
    if (next)
        next->users++;
    if (entry)
        entry_drop_locked(list, entry);
    host_lock_release(&vectored_state.lock);
    return next;
}

LONG vector_call(enum exception_vector list, EXCEPTION_POINTERS *pointers)
{
    if (!__atomic_load_n(&vectored_state.head[list], __ATOMIC_ACQUIRE))
        return EXCEPTION_CONTINUE_SEARCH;
    LONG verdict = EXCEPTION_CONTINUE_SEARCH;
    struct entry *entry = entry_advance(list, NULL);
    while (entry) {
        verdict = entry->handler(pointers);
        if (verdict == EXCEPTION_CONTINUE_EXECUTION) {
            host_lock_acquire(&vectored_state.lock);
            entry_drop_locked(list, entry);
            host_lock_release(&vectored_state.lock);
            return verdict;
        }
        entry = entry_advance(list, entry);
    }
    return EXCEPTION_CONTINUE_SEARCH;
}
