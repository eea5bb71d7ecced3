/* poolclock.c: the pool's clock: one thread that queues the callbacks of timers when they are due, and looks after
 * pools whose threads are all busy. It comes with the first timer and goes when nothing was to be done for a while. */
#include <limits.h>

#include "base/base.h"
#include "base/thread/pool.h"
#include "host/own.h"

#define IDLE_TIME 10000u     /* ms */
#define LOOK_TIME 10000000ll /* ns between two looks at busy pools */

static struct {
    struct pool_timer **heap; /* G: heap[1] is due first */
    size_t count, room;       /* G */
    bool running;             /* G */
    int64_t look;             /* G: when to look at busy pools; 0: no need */
    _Atomic uint32_t turn;
} poolclock_state;

static void put(struct pool_timer *timer, size_t place)
{
    poolclock_state.heap[place] = timer;
    timer->place = place;
}

static void rise(struct pool_timer *timer, size_t place)
{
    for (; place > 1 && poolclock_state.heap[place / 2]->due > timer->due; place /= 2)
        put(poolclock_state.heap[place / 2], place);
    put(timer, place);
}

static void sink(struct pool_timer *timer, size_t place)
{
    struct pool_timer **heap = poolclock_state.heap;
    for (size_t child; (child = place * 2) <= poolclock_state.count; place = child) {
        if (child < poolclock_state.count && heap[child + 1]->due < heap[child]->due)
            child++;
        if (heap[child]->due >= timer->due)
            break;
        put(heap[child], place);
    }
    put(timer, place);
}

static bool take_out_locked(struct pool_timer *timer)
{
    size_t place = timer->place;
    if (!place)
        return false;
    struct pool_timer *last = poolclock_state.heap[poolclock_state.count--];
    timer->place = 0;
    if (last != timer) {
        rise(last, place);
        sink(last, last->place);
    }
    return true;
}

static bool put_in_locked(struct pool_timer *timer)
{
    if (poolclock_state.count + 2 > poolclock_state.room) {
        size_t room = poolclock_state.room ? poolclock_state.room * 2 : 64;
        struct pool_timer **heap = host_own_grow(poolclock_state.heap, room * sizeof *heap);
        if (!heap)
            return false;
        poolclock_state.heap = heap;
        poolclock_state.room = room;
    }
    rise(timer, ++poolclock_state.count);
    return true;
}

/* The first that is due, referenced; set again when it has a period. */
static struct pool_timer *take_due_locked(int64_t now)
{
    if (!poolclock_state.count || poolclock_state.heap[1]->due > now)
        return NULL;
    struct pool_timer *timer = poolclock_state.heap[1];
    pool_item_reference_locked(&timer->item);
    take_out_locked(timer);
    if (timer->period > 0) {
        timer->due = timer->due + timer->period > now ? timer->due + timer->period : now;
        put_in_locked(timer); /* there is room: one has just gone */
    }
    return timer;
}

static int64_t next_locked(int64_t idle_until)
{
    int64_t next = poolclock_state.count ? poolclock_state.heap[1]->due : idle_until;
    return poolclock_state.look && poolclock_state.look < next ? poolclock_state.look : next;
}

static DWORD tick(LPVOID unused)
{
    (void)unused;
    int64_t idle_until = base_deadline(IDLE_TIME);
    pool_lock();
    for (;;) {
        int64_t now = host_now();
        struct pool_timer *timer = take_due_locked(now);
        if (timer) {
            pool_submit_and_unlock(&timer->item);
            pool_item_dereference(&timer->item);
            pool_lock();
            continue;
        }
        if (poolclock_state.look && poolclock_state.look <= now) {
            poolclock_state.look = 0;
            pool_unlock();
            bool again = pool_look();
            pool_lock();
            if (again && !poolclock_state.look)
                poolclock_state.look = host_now() + LOOK_TIME;
            continue;
        }
        if (poolclock_state.count || poolclock_state.look)
            idle_until = now + (int64_t)IDLE_TIME * 1000000;
        else if (now >= idle_until)
            break;
        int64_t until = next_locked(idle_until);
        uint32_t turn = atomic_load(&poolclock_state.turn);
        pool_unlock();
        host_futex_wait(&poolclock_state.turn, turn, until, false);
        pool_lock();
    }
    poolclock_state.running = false;
    pool_unlock();
    return 0;
}

/* Wakes the clock; starts it where it does not run. G is given back. */
static bool stir_and_unlock(void)
{
    bool start = !poolclock_state.running;
    poolclock_state.running = true;
    atomic_fetch_add(&poolclock_state.turn, 1);
    pool_unlock();
    if (!start) {
        host_futex_wake(&poolclock_state.turn, 1, false);
        return true;
    }
    if (pool_thread(tick, NULL))
        return true;
    pool_lock();
    poolclock_state.running = false;
    pool_unlock();
    return false;
}

bool pool_timer_set(struct pool_timer *timer, int64_t due, int64_t period)
{
    pool_lock();
    bool before = take_out_locked(timer);
    timer->due = due;
    timer->period = period;
    if (timer->item.retired || !put_in_locked(timer)) {
        pool_unlock();
        return before;
    }
    stir_and_unlock();
    return before;
}

bool pool_timer_clear(struct pool_timer *timer)
{
    pool_lock();
    bool before = take_out_locked(timer);
    pool_unlock();
    return before;
}

bool pool_timer_is_set(struct pool_timer *timer)
{
    pool_lock();
    bool set = timer->place != 0;
    pool_unlock();
    return set;
}

void pool_clock_look(void)
{
    pool_lock();
    if (poolclock_state.look) {
        pool_unlock();
        return;
    }
    poolclock_state.look = host_now() + LOOK_TIME;
    stir_and_unlock();
}

void pool_clock_forked(void)
{
    poolclock_state.running = false;
}
