/* wait.c: see wait.h. An object names the word that changes when it is signaled; the word is read before the object is
 * tried, so that a change in between ends the sleep at once. Objects without a word are looked at in slices. */
#include "ob/wait.h"

#include <errno.h>

#define SLICE 5000000    /* ns between two looks at an object without a word */
#define LOOK 20000000    /* ns between two looks at an object whose state is asked, not kept */
#define SAFETY 250000000 /* ns between two looks at a word that a dying owner may leave without a wake-up */

struct waiting {
    struct host_wait_word word[OB_WAIT_MAXIMUM + 1];
    unsigned which[OB_WAIT_MAXIMUM]; /* of the objects each is */
    unsigned count;
    int64_t slice; /* longest sleep, or HOST_FOREVER */
    int64_t until; /* when the first of them changes by itself, or HOST_FOREVER */
};

static NTSTATUS try_object(struct ob_object *object)
{
    if (object->type->try_wait)
        return object->type->try_wait(object);
    return object->type->wait(object, 0);
}

static void watch(struct waiting *waiting, struct ob_object *const *objects, unsigned which)
{
    struct ob_object *object = objects[which];
    if (!object->type->wait_place) {
        waiting->slice = SLICE;
        return;
    }
    struct ob_wait_place place;
    object->type->wait_place(object, &place);
    if (place.until && (waiting->until < 0 || waiting->until > place.until))
        waiting->until = place.until;
    if (place.watched_in_slices && (waiting->slice < 0 || waiting->slice > SAFETY))
        waiting->slice = SAFETY;
    if (!place.word) {
        if (waiting->slice < 0 || waiting->slice > LOOK)
            waiting->slice = LOOK;
        return;
    }
    waiting->which[waiting->count] = which;
    waiting->word[waiting->count++] = (struct host_wait_word){place.word, place.value, place.shared};
}

static NTSTATUS try_any(struct ob_object *const *objects, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        NTSTATUS status = try_object(objects[i]);
        if (status != STATUS_TIMEOUT)
            return status < 0 ? status : status + (NTSTATUS)i;
    }
    return STATUS_TIMEOUT;
}

#define NONE OB_WAIT_MAXIMUM

/* `pulsed` is taken already, if any. *missing: the first that is not signaled. */
static NTSTATUS try_all(struct ob_object *const *objects, unsigned count, unsigned pulsed, unsigned *missing)
{
    NTSTATUS result = STATUS_WAIT_0;
    for (unsigned i = 0; i < count; i++) {
        NTSTATUS status = i == pulsed ? STATUS_SUCCESS : try_object(objects[i]);
        if (status == STATUS_ABANDONED_WAIT_0 && result == STATUS_WAIT_0)
            result = STATUS_ABANDONED_WAIT_0; /* of all: without a number */
        if (status >= 0 && status != STATUS_TIMEOUT)
            continue;
        for (unsigned j = 0; j < i; j++)
            if (objects[j]->type->undo_wait && j != pulsed)
                objects[j]->type->undo_wait(objects[j]);
        *missing = i;
        return status;
    }
    return result;
}

static void register_sleeper(struct ob_object *const *objects, unsigned count, int change)
{
    for (unsigned i = 0; i < count; i++)
        if (objects[i]->type->sleepers)
            objects[i]->type->sleepers(objects[i], change);
}

/* Watches before it tries: any changes, or of all the one that was missing. */
static NTSTATUS look(struct ob_object *const *objects, unsigned count, bool all, struct waiting *waiting,
                     unsigned *missing)
{
    waiting->count = 0;
    waiting->slice = waiting->until = HOST_FOREVER;
    if (all) {
        watch(waiting, objects, *missing);
        return try_all(objects, count, NONE, missing);
    }
    for (unsigned i = 0; i < count; i++)
        watch(waiting, objects, i);
    return try_any(objects, count);
}

/* The first whose pulse ended the sleep; NONE. */
static unsigned find_pulsed(struct ob_object *const *objects, const struct waiting *waiting, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct ob_object *object = objects[waiting->which[i]];
        if (object->type->was_pulsed && object->type->was_pulsed(object, waiting->word[i].value))
            return waiting->which[i];
    }
    return NONE;
}

static NTSTATUS wait_asleep(struct ob_object *const *objects, unsigned count, bool all, int64_t deadline,
                            _Atomic uint32_t *alert)
{
    struct waiting waiting;
    unsigned missing = 0;
    for (;;) {
        unsigned watched = missing;
        NTSTATUS status = look(objects, count, all, &waiting, &missing);
        if (status != STATUS_TIMEOUT)
            return status;
        unsigned places = waiting.count;
        if (alert) {
            if (atomic_load(alert))
                return STATUS_USER_APC;
            waiting.word[waiting.count++] = (struct host_wait_word){alert, 0, false};
        }
        if (all && watched != missing)
            continue; /* look again with the right one watched */
        int64_t now = host_now(), until = deadline;
        if (deadline >= 0 && now >= deadline)
            return STATUS_TIMEOUT;
        if (waiting.slice >= 0 && (until < 0 || until > now + waiting.slice))
            until = now + waiting.slice;
        if (waiting.until >= 0 && (until < 0 || until > waiting.until))
            until = waiting.until;
        _Atomic uint32_t nobody = 0;
        if (waiting.count)
            host_futex_wait_any(waiting.word, waiting.count, until);
        else
            host_futex_wait(&nobody, 0, until, false);
        unsigned pulsed = find_pulsed(objects, &waiting, places);
        if (pulsed == NONE)
            continue;
        status = all ? try_all(objects, count, pulsed, &missing) : (NTSTATUS)pulsed;
        if (status != STATUS_TIMEOUT)
            return status;
    }
}

static bool has_doubles(struct ob_object *const *objects, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = 0; j < i; j++)
            if (objects[i] == objects[j])
                return true;
    return false;
}

NTSTATUS ob_wait(struct ob_object *const *objects, unsigned count, bool all, int64_t deadline, _Atomic uint32_t *alert)
{
    for (unsigned i = 0; i < count; i++)
        if (!objects[i]->type->try_wait && !objects[i]->type->wait)
            return STATUS_OBJECT_TYPE_MISMATCH;
    if (all && has_doubles(objects, count))
        return STATUS_INVALID_PARAMETER_MIX;
    if (alert && atomic_load(alert))
        return STATUS_USER_APC;
    unsigned missing;
    NTSTATUS status = all ? try_all(objects, count, NONE, &missing) : try_any(objects, count);
    if (status != STATUS_TIMEOUT || deadline == 0)
        return status;
    register_sleeper(objects, count, 1);
    status = wait_asleep(objects, count, all, deadline, alert);
    register_sleeper(objects, count, -1);
    return status;
}
