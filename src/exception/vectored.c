/* vectored.c: the two lists of vectored handlers. A handler runs without the lock and may add or remove any entry,
 * itself included, or leave by a jump: nothing is held for it, its place is remembered by a number. */
#include "exception/internal.h"
#include "host/fork.h"
#include "host/lock.h"

struct entry {
    struct entry *next;                  /* E */
    PVECTORED_EXCEPTION_HANDLER handler; /* E */
    int64_t place;                       /* E: ascending in its list, never given twice */
};
#define ENTRIES 512

static struct {
    host_lock lock;        /* E */
    struct entry *head[2]; /* E; read without it for emptiness */
    int64_t first, last;   /* E: places given, downwards and upwards */
    struct entry *unused;  /* E */
    unsigned taken;        /* E: of the pool, ever */
    struct entry pool[ENTRIES];
} vectored_state = {.lock = HOST_LOCK(RANK_EXCEPTION)};
HOST_LOCK_AT_FORK(vectored_state.lock, RANK_EXCEPTION)

static struct entry *entry_new_locked(void)
{
    struct entry *entry = vectored_state.unused;
    if (entry)
        vectored_state.unused = entry->next;
    else if (vectored_state.taken < ENTRIES)
        entry = &vectored_state.pool[vectored_state.taken++];
    return entry;
}

void *exception_vector_add(enum exception_vector list, bool first, PVECTORED_EXCEPTION_HANDLER handler)
{
    host_lock_acquire(&vectored_state.lock);
    struct entry *entry = entry_new_locked();
    if (entry) {
        struct entry **link = &vectored_state.head[list];
        while (*link && !first)
            link = &(*link)->next;
        entry->handler = handler;
        entry->place = first ? --vectored_state.first : ++vectored_state.last;
        entry->next = *link;
        __atomic_store_n(link, entry, __ATOMIC_RELEASE);
    }
    host_lock_release(&vectored_state.lock);
    return entry;
}

bool exception_vector_remove(enum exception_vector list, void *handle)
{
    host_lock_acquire(&vectored_state.lock);
    struct entry **link = &vectored_state.head[list], *entry;
    while ((entry = *link) && entry != handle)
        link = &entry->next;
    if (entry) {
        *link = entry->next;
        entry->next = vectored_state.unused;
        vectored_state.unused = entry;
    }
    host_lock_release(&vectored_state.lock);
    return entry != NULL;
}

/* The handler of the first entry after *place, which it moves there; NULL at the end. */
static PVECTORED_EXCEPTION_HANDLER next_handler(enum exception_vector list, int64_t *place)
{
    PVECTORED_EXCEPTION_HANDLER handler = NULL;
    host_lock_acquire(&vectored_state.lock);
    struct entry *entry = vectored_state.head[list];
    while (entry && entry->place <= *place)
        entry = entry->next;
    if (entry) {
        handler = entry->handler;
        *place = entry->place;
    }
    host_lock_release(&vectored_state.lock);
    return handler;
}

LONG vector_call(enum exception_vector list, EXCEPTION_POINTERS *pointers)
{
    if (!__atomic_load_n(&vectored_state.head[list], __ATOMIC_ACQUIRE))
        return EXCEPTION_CONTINUE_SEARCH;
    int64_t place = INT64_MIN;
    PVECTORED_EXCEPTION_HANDLER handler;
    while ((handler = next_handler(list, &place)) != NULL) {
        if (handler(pointers) == EXCEPTION_CONTINUE_EXECUTION)
            return EXCEPTION_CONTINUE_EXECUTION;
    }
    return EXCEPTION_CONTINUE_SEARCH;
}
