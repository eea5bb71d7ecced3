/* handle.c: the handle table of the process, and the life of objects. May call host. Must not know any object type.
 * Each entry has a lock of its own, the low bit of its object pointer, held for a few instructions; so lookups of
 * different handles never meet. Free entries queue up behind one lock and are reused late: a stale handle stays wrong
 * for long. */
#include "ob/ob.h"

#include <sched.h>
#include <stddef.h>
#include <stdint.h>

#include "host/fork.h"
#include "host/lock.h"
#include "host/memory.h"

#define CHUNK_ENTRIES 4096u
#define CHUNKS 4096u
#define REUSE_DISTANCE 64u /* closed handles that are kept before the oldest is given out again */
#define ENTRY_LOCK ((uintptr_t)1)

struct entry {
    _Atomic uintptr_t object; /* struct ob_object * | ENTRY_LOCK; 0: free */
    ACCESS_MASK granted;      /* e: the entry's lock */
    uint32_t flags;           /* e */
    uint32_t next_free;       /* H: index + 1 of the next free entry */
};

static struct {
    host_lock lock;                             /* H */
    _Atomic(struct entry *) chunk[CHUNKS];      /* set once, under H */
    _Atomic uint32_t used;                      /* H to write: entries ever given out */
    uint32_t first_free, last_free, free_count; /* H: queue of index + 1 */
    _Atomic unsigned long open;
    _Atomic(ob_pseudo *) pseudo;
} ob_state = {.lock = HOST_LOCK(RANK_HANDLES)};
HOST_LOCK_AT_FORK(ob_state.lock, RANK_HANDLES)

void ob_init(struct ob_object *object, const struct ob_type *type)
{
    object->type = type;
    atomic_init(&object->references, 1);
    atomic_init(&object->handles, 0);
}

void ob_reference(struct ob_object *object)
{
    atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
}

bool ob_reference_living(struct ob_object *object)
{
    long references = atomic_load_explicit(&object->references, memory_order_relaxed);
    while (references > 0)
        if (atomic_compare_exchange_weak_explicit(&object->references, &references, references + 1,
                                                  memory_order_relaxed, memory_order_relaxed))
            return true;
    return false;
}

void ob_dereference(struct ob_object *object)
{
    if (atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) == 1)
        object->type->destroy(object);
}

static void drop_handle(struct ob_object *object)
{
    if (atomic_fetch_sub_explicit(&object->handles, 1, memory_order_acq_rel) == 1 && object->type->last_handle)
        object->type->last_handle(object);
    ob_dereference(object);
}

ACCESS_MASK ob_map_access(const struct ob_type *type, ACCESS_MASK access)
{
    ACCESS_MASK mapped = access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED);
    if (access & GENERIC_READ)
        mapped |= type->mapping.GenericRead;
    if (access & GENERIC_WRITE)
        mapped |= type->mapping.GenericWrite;
    if (access & GENERIC_EXECUTE)
        mapped |= type->mapping.GenericExecute;
    if (access & GENERIC_ALL)
        mapped |= type->mapping.GenericAll;
    if (access & MAXIMUM_ALLOWED)
        mapped |= type->valid_access;
    for (unsigned i = 0; i < 2; i++)
        if (mapped & type->implying[i])
            mapped |= type->implied[i];
    return mapped & type->valid_access;
}

static HANDLE handle_of(uint32_t index)
{
    return (HANDLE)(((uintptr_t)index + 1) * 4);
}

/* The two low bits of a handle are the program's to use, as on Windows. */
static struct entry *entry_of(HANDLE handle)
{
    uintptr_t value = (uintptr_t)handle >> 2;
    if (value == 0 || value > atomic_load_explicit(&ob_state.used, memory_order_acquire))
        return NULL;
    uint32_t index = (uint32_t)value - 1;
    return atomic_load_explicit(&ob_state.chunk[index / CHUNK_ENTRIES], memory_order_acquire) + index % CHUNK_ENTRIES;
}

/* The object of a locked entry; NULL, and nothing locked, when it is free. */
static struct ob_object *lock_entry(struct entry *entry)
{
    host_lock_pretend();
    for (unsigned spins = 0;; spins++) {
        uintptr_t seen = atomic_load_explicit(&entry->object, memory_order_relaxed);
        if (seen == 0) {
            host_lock_pretend_end();
            return NULL;
        }
        if (!(seen & ENTRY_LOCK) && atomic_compare_exchange_weak_explicit(&entry->object, &seen, seen | ENTRY_LOCK,
                                                                          memory_order_acquire, memory_order_relaxed))
            return (struct ob_object *)seen;
        if (spins > 100)
            sched_yield();
    }
}

static void unlock_entry(struct entry *entry, struct ob_object *object)
{
    atomic_store_explicit(&entry->object, (uintptr_t)object, memory_order_release);
    host_lock_pretend_end();
}

static NTSTATUS grow_locked(void)
{
    host_lock_assert(&ob_state.lock);
    uint32_t used = atomic_load_explicit(&ob_state.used, memory_order_relaxed);
    if (used == CHUNKS * CHUNK_ENTRIES)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (atomic_load_explicit(&ob_state.chunk[used / CHUNK_ENTRIES], memory_order_relaxed))
        return STATUS_SUCCESS;
    void *pages;
    if (host_pages_map(&pages, CHUNK_ENTRIES * sizeof(struct entry)) != 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    atomic_store_explicit(&ob_state.chunk[used / CHUNK_ENTRIES], pages, memory_order_release);
    return STATUS_SUCCESS;
}

static struct entry *entry_at(uint32_t index)
{
    return atomic_load_explicit(&ob_state.chunk[index / CHUNK_ENTRIES], memory_order_relaxed) + index % CHUNK_ENTRIES;
}

static NTSTATUS take_index_locked(uint32_t *index)
{
    uint32_t used = atomic_load_explicit(&ob_state.used, memory_order_relaxed);
    bool reuse = ob_state.free_count > REUSE_DISTANCE;
    if (!reuse) {
        NTSTATUS status = grow_locked();
        if (!NT_SUCCESS(status) && ob_state.free_count == 0)
            return status;
        reuse = !NT_SUCCESS(status);
    }
    if (!reuse) {
        *index = used;
        atomic_store_explicit(&ob_state.used, used + 1, memory_order_release);
        return STATUS_SUCCESS;
    }
    *index = ob_state.first_free - 1;
    ob_state.first_free = entry_at(*index)->next_free;
    if (--ob_state.free_count == 0)
        ob_state.last_free = 0;
    return STATUS_SUCCESS;
}

static void give_index(uint32_t index)
{
    host_lock_acquire(&ob_state.lock);
    entry_at(index)->next_free = 0;
    if (ob_state.free_count++ == 0)
        ob_state.first_free = index + 1;
    else
        entry_at(ob_state.last_free - 1)->next_free = index + 1;
    ob_state.last_free = index + 1;
    host_lock_release(&ob_state.lock);
}

NTSTATUS ob_create_handle(struct ob_object *object, ACCESS_MASK access, unsigned flags, HANDLE *handle)
{
    uint32_t index;
    host_lock_acquire(&ob_state.lock);
    NTSTATUS status = take_index_locked(&index);
    host_lock_release(&ob_state.lock);
    if (!NT_SUCCESS(status))
        return status;
    ob_reference(object);
    atomic_fetch_add_explicit(&object->handles, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&ob_state.open, 1, memory_order_relaxed);
    struct entry *entry = entry_at(index);
    entry->granted = access;
    entry->flags = flags;
    atomic_store_explicit(&entry->object, (uintptr_t)object, memory_order_release);
    *handle = handle_of(index);
    return STATUS_SUCCESS;
}

NTSTATUS ob_open_handle(struct ob_object *object, ACCESS_MASK access, unsigned flags, HANDLE *handle)
{
    return access ? ob_create_handle(object, access, flags, handle) : (NTSTATUS)STATUS_ACCESS_DENIED;
}

bool ob_is_pseudo(HANDLE handle)
{
    intptr_t value = (intptr_t)handle;
    return value < 0 && value >= -6 && value != -3;
}

void ob_set_pseudo(ob_pseudo *resolve)
{
    atomic_store(&ob_state.pseudo, resolve);
}

static NTSTATUS lookup_pseudo(HANDLE handle, struct ob_object **object)
{
    ob_pseudo *resolve = atomic_load(&ob_state.pseudo);
    return resolve ? resolve(handle, object) : (NTSTATUS)STATUS_INVALID_HANDLE;
}

static NTSTATUS lookup_any(HANDLE handle, struct ob_object **object, ACCESS_MASK *granted, unsigned *flags)
{
    if (ob_is_pseudo(handle)) {
        NTSTATUS status = lookup_pseudo(handle, object);
        if (NT_SUCCESS(status)) {
            *granted = (*object)->type->valid_access;
            *flags = 0;
        }
        return status;
    }
    struct entry *entry = entry_of(handle);
    struct ob_object *found = entry ? lock_entry(entry) : NULL;
    if (!found)
        return STATUS_INVALID_HANDLE;
    ob_reference(found);
    *granted = entry->granted;
    *flags = entry->flags;
    unlock_entry(entry, found);
    *object = found;
    return STATUS_SUCCESS;
}

NTSTATUS ob_lookup(HANDLE handle, const struct ob_type *type, ACCESS_MASK access, struct ob_object **object,
                   ACCESS_MASK *granted)
{
    struct ob_object *found;
    ACCESS_MASK rights;
    unsigned flags;
    NTSTATUS status = lookup_any(handle, &found, &rights, &flags);
    if (!NT_SUCCESS(status))
        return status;
    if (type && found->type != type)
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if ((access & rights) != access)
        status = STATUS_ACCESS_DENIED;
    if (!NT_SUCCESS(status)) {
        ob_dereference(found);
        return status;
    }
    *object = found;
    if (granted)
        *granted = rights;
    return STATUS_SUCCESS;
}

NTSTATUS ob_close_handle(HANDLE handle)
{
    if (ob_is_pseudo(handle))
        return STATUS_SUCCESS;
    struct entry *entry = entry_of(handle);
    struct ob_object *object = entry ? lock_entry(entry) : NULL;
    if (!object)
        return STATUS_INVALID_HANDLE;
    if (entry->flags & OB_PROTECT_FROM_CLOSE) {
        unlock_entry(entry, object);
        return STATUS_HANDLE_NOT_CLOSABLE;
    }
    unlock_entry(entry, NULL);
    atomic_fetch_sub_explicit(&ob_state.open, 1, memory_order_relaxed);
    give_index((uint32_t)((uintptr_t)handle >> 2) - 1);
    drop_handle(object);
    return STATUS_SUCCESS;
}

NTSTATUS ob_duplicate_handle(HANDLE source, ACCESS_MASK access, bool same_access, unsigned flags, HANDLE *target)
{
    struct ob_object *object;
    ACCESS_MASK granted;
    unsigned old_flags;
    NTSTATUS status = lookup_any(source, &object, &granted, &old_flags);
    if (!NT_SUCCESS(status))
        return status;
    ACCESS_MASK wanted = same_access ? granted : ob_map_access(object->type, access);
    if (object->type->access_is_fixed && (wanted & ~granted))
        status = STATUS_ACCESS_DENIED;
    struct ob_object *copy = object;
    if (NT_SUCCESS(status) && object->type->duplicate)
        status = object->type->duplicate(object, &copy);
    if (NT_SUCCESS(status))
        status = ob_create_handle(copy, wanted, flags, target);
    if (copy != object)
        ob_dereference(copy);
    ob_dereference(object);
    return status;
}

NTSTATUS ob_get_flags(HANDLE handle, unsigned *flags)
{
    struct ob_object *object;
    ACCESS_MASK granted;
    if (ob_is_pseudo(handle))
        return STATUS_INVALID_HANDLE;
    NTSTATUS status = lookup_any(handle, &object, &granted, flags);
    if (NT_SUCCESS(status))
        ob_dereference(object);
    return status;
}

NTSTATUS ob_set_flags(HANDLE handle, unsigned mask, unsigned flags)
{
    struct entry *entry = ob_is_pseudo(handle) ? NULL : entry_of(handle);
    struct ob_object *object = entry ? lock_entry(entry) : NULL;
    if (!object)
        return STATUS_INVALID_HANDLE;
    entry->flags = (entry->flags & ~mask) | (flags & mask);
    unlock_entry(entry, object);
    return STATUS_SUCCESS;
}

unsigned long ob_handle_count(void)
{
    return atomic_load(&ob_state.open);
}

void ob_for_each_handle(ob_visit *visit, void *context)
{
    uint32_t used = atomic_load_explicit(&ob_state.used, memory_order_acquire);
    for (uint32_t index = 0; index < used; index++) {
        struct ob_object *object;
        ACCESS_MASK granted;
        unsigned flags;
        HANDLE handle = handle_of(index);
        if (!NT_SUCCESS(lookup_any(handle, &object, &granted, &flags)))
            continue;
        bool more = visit(context, handle, object, granted, flags);
        ob_dereference(object);
        if (!more)
            return;
    }
}
