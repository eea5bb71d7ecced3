/* poolwatch.c: the pool's waits. A watcher is a thread that waits for up to 63 objects at once, and queues the callback
 * of the wait whose object is signaled or whose time is over. Watchers come and go as they are needed. */
#include <winbase.h>

#include "base/base.h"
#include "base/thread/pool.h"
#include "host/own.h"
#include "ob/wait.h"

#define WATCHED (OB_WAIT_MAXIMUM - 1)
#define IDLE_TIME 10000u /* ms */

struct pool_watcher {
    struct pool_watcher *next;       /* G */
    struct pool_wait *wait[WATCHED]; /* G: oldest first */
    unsigned count;                  /* G */
    _Atomic uint32_t alert;          /* what it waits for has changed */
};

static struct {
    struct pool_watcher *first; /* G */
} poolwatch_state;

/* What one round of waiting goes by: a copy. */
struct round {
    struct ob_object *object[WATCHED];
    struct pool_wait *wait[WATCHED];
    uint32_t setting[WATCHED];
    unsigned count;
    int64_t until;
};

static void stir(struct pool_watcher *watcher)
{
    atomic_store(&watcher->alert, 1);
    host_futex_wake(&watcher->alert, 1, false);
}

static void begin_locked(struct pool_watcher *watcher, struct round *round, int64_t idle_until)
{
    round->count = watcher->count;
    round->until = watcher->count ? HOST_FOREVER : idle_until;
    for (unsigned i = 0; i < watcher->count; i++) {
        struct pool_wait *wait = watcher->wait[i];
        round->wait[i] = wait;
        round->object[i] = wait->object;
        round->setting[i] = wait->setting;
        ob_reference(wait->object);
        pool_item_reference_locked(&wait->item);
        if (wait->deadline >= 0 && (round->until < 0 || wait->deadline < round->until))
            round->until = wait->deadline;
    }
    atomic_store(&watcher->alert, 0);
}

/* Off the watcher's list; the reference to the object is the caller's then. */
static struct ob_object *take_out_locked(struct pool_wait *wait)
{
    struct pool_watcher *watcher = wait->watcher;
    unsigned place = 0;
    while (watcher->wait[place] != wait)
        place++;
    for (watcher->count--; place < watcher->count; place++)
        watcher->wait[place] = watcher->wait[place + 1];
    struct ob_object *object = wait->object;
    wait->watcher = NULL;
    wait->object = NULL;
    wait->setting++;
    return object;
}

/* The wait is over if it is still the one that was begun. */
static bool finish_locked(struct pool_wait *wait, uint32_t setting, DWORD result, struct ob_object **object)
{
    if (!wait->watcher || wait->setting != setting)
        return false;
    *object = take_out_locked(wait);
    wait->result = result;
    return true;
}

static void end(struct round *round, NTSTATUS status)
{
    bool taken = status >= 0 && status != STATUS_TIMEOUT && status != STATUS_USER_APC;
    unsigned which = taken ? (unsigned)status % STATUS_ABANDONED_WAIT_0 : 0;
    int64_t now = host_now();
    for (unsigned i = 0; i < round->count; i++) {
        struct pool_wait *wait = round->wait[i];
        struct ob_object *object = NULL;
        bool here = taken && i == which, over = false;
        pool_lock();
        if (here || (wait->deadline >= 0 && wait->deadline <= now))
            over = finish_locked(wait, round->setting[i], here ? WAIT_OBJECT_0 : WAIT_TIMEOUT, &object);
        if (over)
            pool_submit_and_unlock(&wait->item);
        else
            pool_unlock();
        if (over)
            ob_dereference(object);
        else if (here && round->object[i]->type->undo_wait)
            round->object[i]->type->undo_wait(round->object[i]);
        ob_dereference(round->object[i]);
        pool_item_dereference(&wait->item);
    }
}

static void drop_watcher_locked(struct pool_watcher *watcher)
{
    struct pool_watcher **link = &poolwatch_state.first;
    while (*link != watcher)
        link = &(*link)->next;
    *link = watcher->next;
}

static DWORD watch(LPVOID argument)
{
    struct pool_watcher *watcher = argument;
    struct round round;
    int64_t idle_until = base_deadline(IDLE_TIME);
    for (;;) {
        pool_lock();
        if (watcher->count)
            idle_until = base_deadline(IDLE_TIME);
        else if (host_now() >= idle_until)
            break;
        begin_locked(watcher, &round, idle_until);
        pool_unlock();
        end(&round, ob_wait(round.object, round.count, false, round.until, &watcher->alert));
    }
    drop_watcher_locked(watcher);
    pool_unlock();
    host_own_give(watcher);
    return 0;
}

static void put_in_locked(struct pool_watcher *watcher, struct pool_wait *wait)
{
    watcher->wait[watcher->count++] = wait;
    wait->watcher = watcher;
    wait->setting++;
}

bool pool_wait_clear(struct pool_wait *wait)
{
    struct ob_object *object = NULL;
    pool_lock();
    if (wait->watcher) {
        stir(wait->watcher);
        object = take_out_locked(wait);
    }
    pool_unlock();
    if (object)
        ob_dereference(object);
    return object != NULL;
}

bool pool_wait_set(struct pool_wait *wait, struct ob_object *object, int64_t deadline, bool *done)
{
    bool before = pool_wait_clear(wait);
    struct pool_watcher *fresh = NULL;
    *done = true;
    pool_lock();
    if (wait->item.retired || wait->watcher) {
        pool_unlock();
        return before;
    }
    struct pool_watcher *watcher = poolwatch_state.first;
    while (watcher && watcher->count == WATCHED)
        watcher = watcher->next;
    if (!watcher) {
        watcher = fresh = host_own_zero(1, sizeof *watcher);
        *done = watcher != NULL;
        if (watcher) {
            watcher->next = poolwatch_state.first;
            poolwatch_state.first = watcher;
        }
    }
    if (watcher) {
        ob_reference(object);
        wait->object = object;
        wait->deadline = deadline;
        put_in_locked(watcher, wait);
        stir(watcher);
    }
    pool_unlock();
    if (fresh && !pool_thread(watch, fresh)) { /* others may rely on it by now: it stays, and is not served */
        *done = false;
        pool_wait_clear(wait);
    }
    return before;
}

/* The waits stay; their watchers are gone. They are as if they had never been set. */
void pool_watch_forked(void)
{
    for (struct pool_watcher *watcher = poolwatch_state.first; watcher; watcher = watcher->next)
        while (watcher->count)
            take_out_locked(watcher->wait[watcher->count - 1]);
    poolwatch_state.first = NULL;
}
