/* timer.c: see timer.h. The state is two numbers: when the timer is due, and its period. It is signaled when that time
 * has passed; a wait that takes an auto-reset timer moves it on to the next period. Calls host and the directory only.
 */
#include "ob/timer.h"

#include <limits.h>

#include "host/futex.h"
#include "host/own.h"

struct timer_state {
    _Atomic uint32_t word;     /* the number of the setting; sleepers look again when it changes */
    _Atomic uint32_t sleepers; /* how many may sleep; never too low */
    _Atomic int64_t due;
    _Atomic int64_t period;
    int32_t manual; /* constant */
    int32_t shared; /* constant */
};

_Static_assert(sizeof(struct timer_state) <= OB_NAMED_STATE / 16, "fits the private state too");

static struct timer_state *state_of(struct ob_object *object)
{
    return ((struct ob_named *)object)->state;
}

static void changed(struct timer_state *state)
{
    if (atomic_load(&state->sleepers) != 0)
        host_futex_wake(&state->word, INT_MAX, state->shared);
}

uint32_t ob_timer_set(struct ob_object *timer, int64_t due, int64_t period)
{
    struct timer_state *state = state_of(timer);
    atomic_store(&state->due, OB_TIMER_NEVER);
    atomic_store(&state->period, period);
    atomic_store(&state->due, due);
    uint32_t setting = atomic_fetch_add(&state->word, 1) + 1;
    changed(state);
    return setting;
}

void ob_timer_cancel(struct ob_object *timer)
{
    struct timer_state *state = state_of(timer);
    atomic_store(&state->period, 0);
    int64_t due = atomic_load(&state->due);
    while (due > host_now() && !atomic_compare_exchange_weak(&state->due, &due, OB_TIMER_NEVER))
        ;
    atomic_fetch_add(&state->word, 1);
    changed(state);
}

uint32_t ob_timer_setting(struct ob_object *timer)
{
    return atomic_load(&state_of(timer)->word);
}

static NTSTATUS timer_try(struct ob_object *object)
{
    struct timer_state *state = state_of(object);
    for (;;) {
        int64_t due = atomic_load(&state->due), now;
        if (due == OB_TIMER_NEVER || due > (now = host_now()))
            return STATUS_TIMEOUT;
        if (state->manual)
            return STATUS_SUCCESS;
        int64_t period = atomic_load(&state->period);
        int64_t next = period > 0 ? due + ((now - due) / period + 1) * period : OB_TIMER_NEVER;
        if (atomic_compare_exchange_strong(&state->due, &due, next))
            return STATUS_SUCCESS;
    }
}

/* Due again at once; a period keeps its beat. */
static void timer_undo(struct ob_object *object)
{
    struct timer_state *state = state_of(object);
    if (state->manual)
        return;
    int64_t period = atomic_load(&state->period), due = atomic_load(&state->due);
    int64_t before = period > 0 && due != OB_TIMER_NEVER ? due - period : host_now();
    if (atomic_compare_exchange_strong(&state->due, &due, before))
        changed(state);
}

static void timer_place(struct ob_object *object, struct ob_wait_place *place)
{
    struct timer_state *state = state_of(object);
    *place = (struct ob_wait_place){.word = &state->word, .value = atomic_load(&state->word), .shared = state->shared};
    int64_t due = atomic_load(&state->due);
    if (due != OB_TIMER_NEVER)
        place->until = due;
}

static void sleepers(struct ob_object *object, int change)
{
    atomic_fetch_add(&state_of(object)->sleepers, (uint32_t)change);
}

static void destroy(struct ob_object *object)
{
    struct ob_named *named = (struct ob_named *)object;
    ob_named_destroy(named);
    host_own_give(named);
}

static NTSTATUS create(struct ob_named *named, void *context)
{
    const struct ob_timer_initial *initial = context;
    struct timer_state *state = named->state;
    atomic_init(&state->due, OB_TIMER_NEVER);
    state->manual = initial->manual;
    state->shared = named->header != NULL;
    return STATUS_SUCCESS;
}

static const struct ob_type timer_type = {
    .name = "Timer",
    .valid_access = TIMER_ALL_ACCESS,
    .mapping = {READ_CONTROL | TIMER_QUERY_STATE, READ_CONTROL | TIMER_MODIFY_STATE, READ_CONTROL | SYNCHRONIZE,
                TIMER_ALL_ACCESS},
    .destroy = destroy,
    .last_handle = ob_named_last_handle,
    .try_wait = timer_try,
    .undo_wait = timer_undo,
    .wait_place = timer_place,
    .sleepers = sleepers,
};

const struct ob_class ob_timer_class = {&timer_type, 6, sizeof(struct ob_named), create, NULL, NULL, NULL};

__attribute__((constructor(140))) static void register_type(void)
{
    ob_register_class(&ob_timer_class);
}
