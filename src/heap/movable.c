/* movable.c: the table of movable.h, under one lock that is never held across another call. */
#include "heap/movable.h"
#include "host/fork.h"

#include "heap/internal.h"

#define ENTRIES 65536u
#define BUCKETS 4096u

struct entry {
    void *block;
    uint32_t next; /* + 1: in the free list, or in the chain of its block's bucket */
    uint8_t used, locks, flags;
};
_Static_assert(sizeof(struct entry) == 16, "a handle is its entry's address plus 8");

static struct {
    host_lock lock;
    uint32_t free;    /* + 1 */
    uint32_t highest; /* entries that were ever used */
    uint32_t buckets[BUCKETS];
    _Alignas(16) struct entry entries[ENTRIES];
} movable_state = {.lock = HOST_LOCK(RANK_MOVABLE)};
HOST_LOCK_AT_FORK(movable_state.lock, RANK_MOVABLE)

bool movable_is_handle(const void *value)
{
    uintptr_t offset = (uintptr_t)value - (uintptr_t)movable_state.entries;
    return offset < sizeof(movable_state.entries) && offset % sizeof(struct entry) == 8;
}

static struct entry *entry_locked(const void *handle)
{
    host_lock_assert(&movable_state.lock);
    if (!movable_is_handle(handle))
        return NULL;
    struct entry *entry = (struct entry *)((uintptr_t)handle - 8);
    return entry->used ? entry : NULL;
}

static uint32_t *bucket_of(const void *block)
{
    return &movable_state.buckets[((uintptr_t)block >> 4) * 2654435761u / 65536 % BUCKETS];
}

static void link_locked(struct entry *entry)
{
    if (!entry->block)
        return;
    uint32_t *bucket = bucket_of(entry->block);
    entry->next = *bucket;
    __atomic_store_n(bucket, (uint32_t)(entry - movable_state.entries) + 1, __ATOMIC_RELAXED);
}

static void unlink_locked(struct entry *entry)
{
    if (!entry->block)
        return;
    uint32_t *link = bucket_of(entry->block);
    while (*link && &movable_state.entries[*link - 1] != entry)
        link = &movable_state.entries[*link - 1].next;
    if (*link)
        *link = entry->next;
}

static void state_of(const struct entry *entry, struct movable_state *state)
{
    state->block = entry->block;
    state->locks = entry->locks;
    state->flags = entry->flags;
}

NTSTATUS movable_create(void *block, uint8_t flags, void **handle)
{
    struct entry *entry = NULL;
    host_lock_acquire(&movable_state.lock);
    if (movable_state.free) {
        entry = &movable_state.entries[movable_state.free - 1];
        movable_state.free = entry->next;
    } else if (movable_state.highest < ENTRIES) {
        entry = &movable_state.entries[movable_state.highest++];
    }
    if (entry) {
        *entry = (struct entry){.block = block, .used = 1, .flags = flags};
        link_locked(entry);
        *handle = (uint8_t *)entry + 8;
    }
    host_lock_release(&movable_state.lock);
    return entry ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

NTSTATUS movable_destroy(void *handle, void **block)
{
    host_lock_acquire(&movable_state.lock);
    struct entry *entry = entry_locked(handle);
    if (entry) {
        *block = entry->block;
        unlink_locked(entry);
        *entry = (struct entry){.next = movable_state.free};
        movable_state.free = (uint32_t)(entry - movable_state.entries) + 1;
    }
    host_lock_release(&movable_state.lock);
    return entry ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS movable_query(const void *handle, struct movable_state *state)
{
    host_lock_acquire(&movable_state.lock);
    struct entry *entry = entry_locked(handle);
    if (entry)
        state_of(entry, state);
    host_lock_release(&movable_state.lock);
    return entry ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS movable_update(void *handle, const struct movable_state *seen, void *block, uint8_t flags)
{
    host_lock_acquire(&movable_state.lock);
    struct entry *entry = entry_locked(handle);
    bool same = entry && entry->block == seen->block;
    if (same) {
        unlink_locked(entry);
        entry->block = block;
        entry->flags = flags;
        link_locked(entry);
    }
    host_lock_release(&movable_state.lock);
    return same ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS movable_lock(void *handle, int step, struct movable_state *state)
{
    NTSTATUS status = STATUS_INVALID_HANDLE;
    host_lock_acquire(&movable_state.lock);
    struct entry *entry = entry_locked(handle);
    if (entry) {
        status = STATUS_SUCCESS;
        if (step > 0 && entry->block)
            entry->locks += entry->locks < 255;
        else if (step < 0 && entry->locks)
            entry->locks--;
        else if (step < 0)
            status = STATUS_NOT_LOCKED;
        state_of(entry, state);
    }
    host_lock_release(&movable_state.lock);
    return status;
}

void *movable_of_block(const void *block)
{
    void *handle = NULL;
    if (!__atomic_load_n(bucket_of(block), __ATOMIC_RELAXED)) /* a walk of a heap asks for every block */
        return NULL;
    host_lock_acquire(&movable_state.lock);
    for (uint32_t at = *bucket_of(block); at && !handle; at = movable_state.entries[at - 1].next) {
        if (movable_state.entries[at - 1].block == block)
            handle = (uint8_t *)&movable_state.entries[at - 1] + 8;
    }
    host_lock_release(&movable_state.lock);
    return handle;
}
