/* sync.c: see sync.h. The state is one small record, private or in the header page of a shared file, consistent at
 * every instruction: a process killed in the middle leaves at worst a sleeper too many on the count, which costs a
 * system call. A mutant is the C library's robust mutex, so that the kernel marks it when its owner dies. */
#include "ob/sync.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/futex.h"
#include "host/lock.h"
#include "host/own.h"
#include "host/runtime.h"

/* The bits of a robust lock word, as the kernel defines them. */
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3FFFFFFFu

struct sync_record {
    _Atomic uint32_t word;     /* event: SIGNALED, and pulses counted above it; semaphore: count */
    _Atomic uint32_t sleepers; /* how many may sleep; never too low */
    int32_t maximum;
    int32_t shared;
    pthread_mutex_t mutex;
    union {
        _Atomic uint32_t abandoned; /* mutant: its owner's thread has ended in order; the next owner is told */
        _Atomic uint32_t ticket;    /* event without manual reset: 1 when a pulse lets one sleeper go */
    };
};
#define SIGNALED 1u
#define PULSE 2u
#define MOVED 0x80000000u /* the object has a new state, or will have it in a moment */
#define PULSES (~(SIGNALED | MOVED))

_Static_assert(sizeof(struct sync_record) <= OB_NAMED_STATE / 16, "fits the private state too");

static struct {
    host_lock lock; /* held by who makes a private object one to be passed on */
} sync_state = {.lock = HOST_LOCK(RANK_OBJECT)};
HOST_LOCK_AT_FORK(sync_state.lock, RANK_OBJECT)

/* The mutants that this thread owns. */
static __thread struct ob_named *own_mutants;

static struct sync_record *state_of(struct ob_object *object)
{
    return __atomic_load_n(&((struct ob_named *)object)->state, __ATOMIC_ACQUIRE);
}

/* The state and its word; who meets one that moves waits for the new one, which is there in a moment. */
static struct sync_record *read_word(struct ob_object *object, uint32_t *value)
{
    struct sync_record *state;
    while (*value = atomic_load(&(state = state_of(object))->word), __builtin_expect(*value & MOVED, 0))
        sched_yield();
    return state;
}

static bool write_word(struct sync_record *state, uint32_t *value, uint32_t next)
{
    return atomic_compare_exchange_strong(&state->word, value, next);
}

static void sleepers(struct ob_object *object, int change)
{
    atomic_fetch_add(&state_of(object)->sleepers, (uint32_t)change);
}

static void wake(struct sync_record *state, int count)
{
    if (atomic_load(&state->sleepers) != 0)
        host_futex_wake(&state->word, count, state->shared);
}

static void word_place(struct ob_object *object, struct ob_wait_place *place)
{
    struct sync_record *state = state_of(object);
    *place = (struct ob_wait_place){.word = &state->word, .shared = state->shared};
}

static void destroy(struct ob_object *object)
{
    struct ob_named *named = (struct ob_named *)object;
    ob_named_destroy(named);
    host_own_give(named);
}

static NTSTATUS create(struct ob_named *named, void *context)
{
    const struct ob_sync_initial *initial = context;
    struct sync_record *state = named->state;
    atomic_init(&state->word, (uint32_t)initial->value);
    state->maximum = initial->maximum;
    state->shared = named->header != NULL;
    return STATUS_SUCCESS;
}

/* Events. */
static NTSTATUS event_try(struct ob_object *object)
{
    uint32_t value;
    for (;;) {
        struct sync_record *state = read_word(object, &value);
        if (!(value & SIGNALED))
            return STATUS_TIMEOUT;
        if (state->maximum || write_word(state, &value, value & ~SIGNALED))
            return STATUS_SUCCESS;
    }
}

static void event_undo(struct ob_object *object)
{
    if (!state_of(object)->maximum)
        ob_event_set(object, true, NULL);
}

static void event_place(struct ob_object *object, struct ob_wait_place *place)
{
    word_place(object, place);
    place->value = atomic_load(place->word) & PULSES;
}

NTSTATUS ob_event_set(struct ob_object *event, bool signaled, int32_t *previous)
{
    struct sync_record *state;
    uint32_t value;
    do
        state = read_word(event, &value);
    while (!write_word(state, &value, signaled ? value | SIGNALED : value & ~SIGNALED));
    if (signaled && !(value & SIGNALED))
        wake(state, state->maximum ? INT_MAX : 1);
    if (previous)
        *previous = (int32_t)(value & SIGNALED);
    return STATUS_SUCCESS;
}

/* Lets those go that sleep now, or one of them; who comes later does not notice. */
NTSTATUS ob_event_pulse(struct ob_object *event)
{
    struct sync_record *state = state_of(event);
    uint32_t value;
    if (atomic_load(&state->sleepers) == 0)
        return ob_event_set(event, false, NULL);
    do {
        state = read_word(event, &value);
        if (!state->maximum)
            atomic_store(&state->ticket, 1);
    } while (!write_word(state, &value, (value + PULSE) & PULSES));
    wake(state, INT_MAX);
    return STATUS_SUCCESS;
}

static bool event_was_pulsed(struct ob_object *object, uint32_t value)
{
    struct sync_record *state = state_of(object);
    uint32_t one = 1;
    return (atomic_load(&state->word) & PULSES) != value &&
           (state->maximum || atomic_compare_exchange_strong(&state->ticket, &one, 0));
}

/* Semaphores. */
static NTSTATUS semaphore_try(struct ob_object *object)
{
    uint32_t count;
    for (;;) {
        struct sync_record *state = read_word(object, &count);
        if (count == 0)
            return STATUS_TIMEOUT;
        if (write_word(state, &count, count - 1))
            return STATUS_SUCCESS;
    }
}

static void semaphore_undo(struct ob_object *object)
{
    struct sync_record *state;
    uint32_t count;
    do
        state = read_word(object, &count);
    while (!write_word(state, &count, count + 1));
    wake(state, 1);
}

NTSTATUS ob_semaphore_release(struct ob_object *semaphore, int32_t count, int32_t *previous)
{
    struct sync_record *state;
    uint32_t before;
    if (count <= 0)
        return STATUS_INVALID_PARAMETER;
    do {
        state = read_word(semaphore, &before);
        if ((int64_t)before + count > state->maximum)
            return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    } while (!write_word(state, &before, before + (uint32_t)count));
    wake(state, count);
    if (previous)
        *previous = (int32_t)before;
    return STATUS_SUCCESS;
}

/* Mutants. The lock word is that of the robust mutex: the owner's id, a bit for sleepers, a bit when the owner died.
 * The owner keeps a reference, because the kernel follows the list of its mutexes through the mapping. */
static _Atomic uint32_t *mutant_word(struct sync_record *state)
{
    return (_Atomic uint32_t *)&state->mutex.__data.__lock;
}

static NTSTATUS mutant_try(struct ob_object *object)
{
    struct sync_record *state;
    uint32_t value;
    int error;
    for (;;) {
        state = read_word(object, &value);
        error = pthread_mutex_trylock(&state->mutex);
        if ((error != 0 && error != EOWNERDEAD) || !(atomic_load(&state->word) & MOVED))
            break;
        pthread_mutex_unlock(&state->mutex); /* the old one's */
    }
    if (error == EOWNERDEAD)
        pthread_mutex_consistent(&state->mutex);
    else if (error != 0)
        return error == EAGAIN ? STATUS_INSUFFICIENT_RESOURCES : (NTSTATUS)STATUS_TIMEOUT;
    if (state->mutex.__data.__count == 1) {
        struct ob_named *named = (struct ob_named *)object;
        ob_reference(object);
        named->next_owned = own_mutants;
        own_mutants = named;
        if (atomic_exchange(&state->abandoned, 0))
            error = EOWNERDEAD;
        if (atomic_load(&state->sleepers) > 0)
            atomic_fetch_or(mutant_word(state), FUTEX_WAITERS);
    }
    return error == EOWNERDEAD ? STATUS_ABANDONED_WAIT_0 : STATUS_SUCCESS;
}

/* While it is owned still: from then on the next owner may link it. */
static bool unlink_owned(struct ob_named *mutant)
{
    struct ob_named **link = &own_mutants;
    while (*link && *link != mutant)
        link = &(*link)->next_owned;
    if (!*link)
        return false;
    *link = mutant->next_owned;
    return true;
}

NTSTATUS ob_mutant_release(struct ob_object *mutant)
{
    struct sync_record *state = state_of(mutant);
    bool last = state->mutex.__data.__count == 1 && unlink_owned((struct ob_named *)mutant);
    int error = pthread_mutex_unlock(&state->mutex);
    if (last)
        ob_dereference(mutant);
    return error ? (NTSTATUS)STATUS_MUTANT_NOT_OWNED : STATUS_SUCCESS;
}

void ob_mutants_abandon(void)
{
    while (own_mutants) {
        struct ob_named *named = own_mutants;
        struct sync_record *state = named->state;
        /* In a forked child they are the parent's. */
        bool mine = (atomic_load(mutant_word(state)) & FUTEX_TID_MASK) == (uint32_t)gettid();
        own_mutants = named->next_owned;
        if (mine)
            atomic_store(&state->abandoned, 1);
        for (unsigned count = mine ? state->mutex.__data.__count : 0; count; count--)
            pthread_mutex_unlock(&state->mutex);
        ob_dereference(&named->object);
    }
}

static void mutant_undo(struct ob_object *object)
{
    ob_mutant_release(object);
}

static void mutant_place(struct ob_object *object, struct ob_wait_place *place)
{
    struct sync_record *state = state_of(object);
    _Atomic uint32_t *word = mutant_word(state);
    uint32_t value = atomic_load(word);
    while ((value & FUTEX_TID_MASK) && !(value & (FUTEX_WAITERS | FUTEX_OWNER_DIED)) &&
           !atomic_compare_exchange_weak(word, &value, value | FUTEX_WAITERS))
        ;
    if ((value & FUTEX_TID_MASK) && !(value & FUTEX_OWNER_DIED))
        value |= FUTEX_WAITERS;
    *place = (struct ob_wait_place){.word = word, .value = value, .shared = true, .watched_in_slices = true};
}

static int init_mutex(struct sync_record *state)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    int error = pthread_mutex_init(&state->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    state->shared = 1;
    return error;
}

static NTSTATUS mutant_create(struct ob_named *named, void *context)
{
    const struct ob_sync_initial *initial = context;
    if (init_mutex(named->state) != 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    return initial->value ? mutant_try(&named->object) : STATUS_SUCCESS;
}

static const struct ob_type event_type = {
    .name = "Event",
    .valid_access = EVENT_ALL_ACCESS,
    .mapping = {READ_CONTROL | 1, READ_CONTROL | EVENT_MODIFY_STATE, READ_CONTROL | SYNCHRONIZE, EVENT_ALL_ACCESS},
    .destroy = destroy,
    .last_handle = ob_named_last_handle,
    .try_wait = event_try,
    .undo_wait = event_undo,
    .wait_place = event_place,
    .was_pulsed = event_was_pulsed,
    .sleepers = sleepers,
};
static const struct ob_type mutant_type = {
    .name = "Mutant",
    .valid_access = MUTANT_ALL_ACCESS,
    .mapping = {READ_CONTROL | 1, READ_CONTROL, READ_CONTROL | SYNCHRONIZE, MUTANT_ALL_ACCESS},
    .destroy = destroy,
    .last_handle = ob_named_last_handle,
    .try_wait = mutant_try,
    .undo_wait = mutant_undo,
    .wait_place = mutant_place,
    .sleepers = sleepers,
};
static const struct ob_type semaphore_type = {
    .name = "Semaphore",
    .valid_access = SEMAPHORE_ALL_ACCESS,
    .mapping = {READ_CONTROL | 1, READ_CONTROL | SEMAPHORE_MODIFY_STATE, READ_CONTROL | SYNCHRONIZE,
                SEMAPHORE_ALL_ACCESS},
    .destroy = destroy,
    .last_handle = ob_named_last_handle,
    .try_wait = semaphore_try,
    .undo_wait = semaphore_undo,
    .wait_place = word_place,
    .sleepers = sleepers,
};

const struct ob_class ob_event_class = {&event_type, 2, sizeof(struct ob_named), create, NULL, NULL, NULL};
const struct ob_class ob_mutant_class = {&mutant_type, 3, sizeof(struct ob_named), mutant_create, NULL, NULL, NULL};
const struct ob_class ob_semaphore_class = {&semaphore_type, 4, sizeof(struct ob_named), create, NULL, NULL, NULL};

/* Into the new state: who sleeps by the old one is woken and finds the new. That many may sleep is said for ever. */
#define SLEEPERS_BEFORE 0x10000000u

static void move_word(struct sync_record *from, struct sync_record *to)
{
    to->maximum = from->maximum;
    to->shared = 1;
    atomic_init(&to->sleepers, SLEEPERS_BEFORE + atomic_load(&from->sleepers));
    atomic_init(&to->ticket, atomic_load(&from->ticket));
    atomic_init(&to->word, atomic_fetch_or(&from->word, MOVED));
}

/* As often as the caller owns it, or not at all. */
static NTSTATUS move_mutant(struct sync_record *from, struct sync_record *to, int *owned)
{
    int error = pthread_mutex_trylock(&from->mutex);
    if (error != 0 && error != EOWNERDEAD)
        return STATUS_NOT_SUPPORTED;
    if (error == EOWNERDEAD)
        pthread_mutex_consistent(&from->mutex);
    *owned = (int)from->mutex.__data.__count - 1;
    if (init_mutex(to) != 0) {
        pthread_mutex_unlock(&from->mutex);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (int i = 0; i < *owned; i++)
        pthread_mutex_lock(&to->mutex);
    atomic_init(&to->abandoned, atomic_load(&from->abandoned) || error == EOWNERDEAD);
    atomic_init(&to->sleepers, SLEEPERS_BEFORE + atomic_load(&from->sleepers));
    atomic_fetch_or(&from->word, MOVED);
    return STATUS_SUCCESS;
}

static NTSTATUS share_locked(struct ob_named *named, uint32_t kind)
{
    struct ob_named_header *header;
    struct sync_record *from = named->state;
    int file, owned = 0;
    NTSTATUS status = ob_named_new_file(kind, &file, &header);
    if (!NT_SUCCESS(status))
        return status;
    struct sync_record *to = (struct sync_record *)header->state;
    if (kind == ob_mutant_class.kind)
        status = move_mutant(from, to, &owned);
    else
        move_word(from, to);
    if (!NT_SUCCESS(status)) {
        close(file);
        host_runtime_unmap(header, sizeof(*header));
        return status;
    }
    ob_named_use_file(named, file, header);
    if (kind != ob_mutant_class.kind) {
        host_futex_wake(&from->word, INT_MAX, false);
        return STATUS_SUCCESS;
    }
    for (int i = 0; i <= owned; i++)
        pthread_mutex_unlock(&from->mutex);
    host_futex_wake(mutant_word(from), INT_MAX, true);
    return STATUS_SUCCESS;
}

NTSTATUS ob_sync_share(struct ob_object *object)
{
    const struct ob_class *class = object->type == &event_type       ? &ob_event_class
                                   : object->type == &mutant_type    ? &ob_mutant_class
                                   : object->type == &semaphore_type ? &ob_semaphore_class
                                                                     : NULL;
    struct ob_named *named = (struct ob_named *)object;
    if (!class)
        return STATUS_NOT_SUPPORTED;
    host_lock_acquire(&sync_state.lock);
    NTSTATUS status = named->header ? STATUS_SUCCESS : share_locked(named, class->kind);
    host_lock_release(&sync_state.lock);
    return status;
}

__attribute__((constructor(140))) static void register_types(void)
{
    ob_register_class(&ob_event_class);
    ob_register_class(&ob_mutant_class);
    ob_register_class(&ob_semaphore_class);
}
