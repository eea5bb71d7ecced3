/* sync.c: see sync.h. The state is one small record, private or in the header page of a shared file, consistent at
 * every instruction: a process killed in the middle leaves at worst a sleeper too many on the count, which costs a
 * system call. A mutant is the C library's robust mutex, so that the kernel marks it when its owner dies. */
#include "ob/sync.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/futex.h"

/* The bits of a robust lock word, as the kernel defines them. */
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_TID_MASK 0x3FFFFFFFu

struct sync_state {
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

_Static_assert(sizeof(struct sync_state) <= OB_NAMED_STATE / 16, "fits the private state too");

/* The mutants that this thread owns. */
static __thread struct ob_named *own_mutants;

static struct sync_state *state_of(struct ob_object *object)
{
    return ((struct ob_named *)object)->state;
}

static void sleepers(struct ob_object *object, int change)
{
    atomic_fetch_add(&state_of(object)->sleepers, (uint32_t)change);
}

static void wake(struct sync_state *state, int count)
{
    if (atomic_load(&state->sleepers) != 0)
        host_futex_wake(&state->word, count, state->shared);
}

static void word_place(struct ob_object *object, struct ob_wait_place *place)
{
    struct sync_state *state = state_of(object);
    *place = (struct ob_wait_place){.word = &state->word, .shared = state->shared};
}

static void destroy(struct ob_object *object)
{
    struct ob_named *named = (struct ob_named *)object;
    ob_named_destroy(named);
    free(named);
}

static NTSTATUS create(struct ob_named *named, void *context)
{
    const struct ob_sync_initial *initial = context;
    struct sync_state *state = named->state;
    atomic_init(&state->word, (uint32_t)initial->value);
    state->maximum = initial->maximum;
    state->shared = named->header != NULL;
    return STATUS_SUCCESS;
}

/* Events. */
static NTSTATUS event_try(struct ob_object *object)
{
    struct sync_state *state = state_of(object);
    uint32_t value = atomic_load(&state->word);
    if (state->maximum)
        return value & SIGNALED ? STATUS_SUCCESS : STATUS_TIMEOUT;
    while (value & SIGNALED)
        if (atomic_compare_exchange_weak(&state->word, &value, value & ~SIGNALED))
            return STATUS_SUCCESS;
    return STATUS_TIMEOUT;
}

static void event_undo(struct ob_object *object)
{
    if (!state_of(object)->maximum)
        ob_event_set(object, true, NULL);
}

static void event_place(struct ob_object *object, struct ob_wait_place *place)
{
    word_place(object, place);
    place->value = atomic_load(place->word) & ~SIGNALED;
}

NTSTATUS ob_event_set(struct ob_object *event, bool signaled, int32_t *previous)
{
    struct sync_state *state = state_of(event);
    uint32_t before =
        (signaled ? atomic_fetch_or(&state->word, SIGNALED) : atomic_fetch_and(&state->word, ~SIGNALED)) & SIGNALED;
    if (signaled && !before)
        wake(state, state->maximum ? INT_MAX : 1);
    if (previous)
        *previous = (int32_t)before;
    return STATUS_SUCCESS;
}

/* Lets those go that sleep now, or one of them; who comes later does not notice. */
NTSTATUS ob_event_pulse(struct ob_object *event)
{
    struct sync_state *state = state_of(event);
    if (atomic_load(&state->sleepers) == 0)
        return ob_event_set(event, false, NULL);
    uint32_t value = atomic_load(&state->word);
    if (!state->maximum)
        atomic_store(&state->ticket, 1);
    while (!atomic_compare_exchange_weak(&state->word, &value, (value + PULSE) & ~SIGNALED)) {}
    wake(state, INT_MAX);
    return STATUS_SUCCESS;
}

static bool event_was_pulsed(struct ob_object *object, uint32_t value)
{
    struct sync_state *state = state_of(object);
    uint32_t one = 1;
    return (atomic_load(&state->word) & ~SIGNALED) != value &&
           (state->maximum || atomic_compare_exchange_strong(&state->ticket, &one, 0));
}

/* Semaphores. */
static NTSTATUS semaphore_try(struct ob_object *object)
{
    struct sync_state *state = state_of(object);
    uint32_t count = atomic_load(&state->word);
    while (count > 0)
        if (atomic_compare_exchange_weak(&state->word, &count, count - 1))
            return STATUS_SUCCESS;
    return STATUS_TIMEOUT;
}

static void semaphore_undo(struct ob_object *object)
{
    struct sync_state *state = state_of(object);
    atomic_fetch_add(&state->word, 1);
    wake(state, 1);
}

NTSTATUS ob_semaphore_release(struct ob_object *semaphore, int32_t count, int32_t *previous)
{
    struct sync_state *state = state_of(semaphore);
    if (count <= 0)
        return STATUS_INVALID_PARAMETER;
    uint32_t before = atomic_load(&state->word);
    do {
        if ((int64_t)before + count > state->maximum)
            return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    } while (!atomic_compare_exchange_weak(&state->word, &before, before + (uint32_t)count));
    wake(state, count);
    if (previous)
        *previous = (int32_t)before;
    return STATUS_SUCCESS;
}

/* Mutants. The lock word is that of the robust mutex: the owner's id, a bit for sleepers, a bit when the owner died.
 * The owner keeps a reference, because the kernel follows the list of its mutexes through the mapping. */
static _Atomic uint32_t *mutant_word(struct sync_state *state)
{
    return (_Atomic uint32_t *)&state->mutex.__data.__lock;
}

static NTSTATUS mutant_try(struct ob_object *object)
{
    struct sync_state *state = state_of(object);
    int error = pthread_mutex_trylock(&state->mutex);
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
    struct sync_state *state = state_of(mutant);
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
        struct sync_state *state = named->state;
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
    struct sync_state *state = state_of(object);
    _Atomic uint32_t *word = mutant_word(state);
    uint32_t value = atomic_load(word);
    while ((value & FUTEX_TID_MASK) && !(value & (FUTEX_WAITERS | FUTEX_OWNER_DIED)) &&
           !atomic_compare_exchange_weak(word, &value, value | FUTEX_WAITERS))
        ;
    if ((value & FUTEX_TID_MASK) && !(value & FUTEX_OWNER_DIED))
        value |= FUTEX_WAITERS;
    *place = (struct ob_wait_place){.word = word, .value = value, .shared = true, .watched_in_slices = true};
}

static NTSTATUS mutant_create(struct ob_named *named, void *context)
{
    const struct ob_sync_initial *initial = context;
    struct sync_state *state = named->state;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    int error = pthread_mutex_init(&state->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    state->shared = 1;
    if (error)
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

__attribute__((constructor(140))) static void register_types(void)
{
    ob_register_class(&ob_event_class);
    ob_register_class(&ob_mutant_class);
    ob_register_class(&ob_semaphore_class);
}
