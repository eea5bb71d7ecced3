/* pool.c: see pool.h: items, their queues, the threads that serve them, cleanup groups. */
#include "base/thread/pool.h"

#include <handleapi.h>
#include <libloaderapi.h>
#include <limits.h>
#include <processthreadsapi.h>
#include <stdlib.h>
#include <synchapi.h>
#include <unistd.h>
#include <winerror.h>

#include "base/base.h"
#include "host/fork.h"
#include "host/own.h"
#include "win32/win32.h"

#define DEFAULT_MOST 500u
#define IDLE_TIME 10000u /* ms till a thread without work leaves */

struct _TP_POOL {
    struct _TP_POOL *next;                                                                  /* G: all pools */
    unsigned references;                                                                    /* G */
    struct pool_item *first[TP_CALLBACK_PRIORITY_COUNT], *last[TP_CALLBACK_PRIORITY_COUNT]; /* G */
    unsigned pending;            /* G: callbacks that no thread has taken */
    unsigned threads, idle;      /* G */
    unsigned long_running;       /* G: threads whose callback said that it takes long */
    unsigned least, most;        /* G */
    unsigned growth;             /* G: threads to add when nothing moves */
    unsigned long taken, looked; /* G: callbacks taken in all; then, when last looked */
    bool closed;                 /* G */
    SIZE_T stack;                /* G */
    _Atomic uint32_t turn;       /* idle threads sleep on it */
};

struct _TP_CLEANUP_GROUP {
    struct pool_item *first; /* G */
};

static struct {
    host_lock lock; /* G */
    struct _TP_POOL *pools;
    struct _TP_POOL common;
} pool_state = {.lock = HOST_LOCK(RANK_OBJECT),
                .pools = &pool_state.common,
                .common = {.references = 1, .most = DEFAULT_MOST, .growth = 1}};

static __thread struct _TP_CALLBACK_INSTANCE *own_instance __attribute__((tls_model("initial-exec")));

void pool_lock(void)
{
    host_lock_acquire(&pool_state.lock);
}

void pool_unlock(void)
{
    host_lock_release(&pool_state.lock);
}

/* In a forked child no thread is left; callbacks that ran there are not waited for any more. */
static void after_fork(void)
{
    for (struct _TP_POOL *pool = pool_state.pools; pool; pool = pool->next)
        pool->threads = pool->idle = pool->long_running = 0;
    pool_clock_forked();
    pool_watch_forked();
}

__attribute__((constructor)) static void start(void)
{
    host_at_fork(&(struct host_fork){RANK_OBJECT, &pool_state.lock, .child = after_fork});
}

/* ---- pools ---- */

static void pool_dereference_locked(struct _TP_POOL *pool)
{
    if (--pool->references > 0)
        return;
    for (struct _TP_POOL **link = &pool_state.pools; *link; link = &(*link)->next) {
        if (*link == pool) {
            *link = pool->next;
            break;
        }
    }
    host_own_give(pool);
}

PTP_POOL CreateThreadpool(PVOID reserved)
{
    struct _TP_POOL *pool = reserved ? NULL : host_own_zero(1, sizeof *pool);
    if (!pool) {
        SetLastError(reserved ? ERROR_INVALID_PARAMETER : ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    pool->references = 1;
    pool->most = DEFAULT_MOST;
    pool->growth = 1;
    pool_lock();
    pool->next = pool_state.pools;
    pool_state.pools = pool;
    pool_unlock();
    return pool;
}

VOID CloseThreadpool(PTP_POOL pool)
{
    pool_lock();
    pool->closed = true;
    atomic_fetch_add(&pool->turn, 1);
    host_futex_wake(&pool->turn, INT_MAX, false);
    pool_dereference_locked(pool);
    pool_unlock();
}

BOOL SetThreadpoolStackInformation(PTP_POOL pool, PTP_POOL_STACK_INFORMATION information)
{
    if (information->StackReserve < information->StackCommit)
        return win32_error(ERROR_INVALID_PARAMETER);
    pool_lock();
    pool->stack = information->StackReserve;
    pool_unlock();
    return TRUE;
}

BOOL QueryThreadpoolStackInformation(PTP_POOL pool, PTP_POOL_STACK_INFORMATION information)
{
    pool_lock();
    *information = (TP_POOL_STACK_INFORMATION){pool->stack ? pool->stack : (SIZE_T)1 << 20, 4096};
    pool_unlock();
    return TRUE;
}

/* ---- the queue ---- */

static void enqueue_locked(struct _TP_POOL *pool, struct pool_item *item)
{
    item->next = NULL;
    if (pool->first[item->priority])
        pool->last[item->priority]->next = item;
    else
        pool->first[item->priority] = item;
    pool->last[item->priority] = item;
    item->queued = true;
}

/* The reference that the queue has is the caller's then. */
static void dequeue_locked(struct _TP_POOL *pool, struct pool_item *item)
{
    struct pool_item *before = NULL;
    for (struct pool_item *at = pool->first[item->priority]; at != item; at = at->next)
        before = at;
    if (before)
        before->next = item->next;
    else
        pool->first[item->priority] = item->next;
    if (pool->last[item->priority] == item)
        pool->last[item->priority] = before;
    item->queued = false;
}

/* One callback of the most urgent item, which is referenced for it. */
static struct pool_item *take_locked(struct _TP_POOL *pool)
{
    struct pool_item *item = NULL;
    for (unsigned priority = 0; priority < TP_CALLBACK_PRIORITY_COUNT && !item; priority++)
        item = pool->first[priority];
    if (!item)
        return NULL;
    dequeue_locked(pool, item);
    item->pending--;
    item->running++;
    pool->pending--;
    pool->taken++;
    if (item->pending) {
        item->references++;
        enqueue_locked(pool, item);
    }
    return item;
}

/* ---- threads ---- */

static unsigned processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (unsigned)count;
}

static void finish(struct _TP_CALLBACK_INSTANCE *instance)
{
    if (instance->event)
        SetEvent(instance->event);
    if (instance->semaphore)
        ReleaseSemaphore(instance->semaphore, (LONG)instance->count, NULL);
    if (instance->mutex)
        ReleaseMutex(instance->mutex);
    if (instance->section)
        LeaveCriticalSection(instance->section);
    if (instance->module)
        FreeLibrary(instance->module);
}

static void leave_locked(struct pool_item *item)
{
    item->running--;
    atomic_fetch_add(&item->turn, 1);
    host_futex_wake(&item->turn, INT_MAX, false);
}

static void leave_group_locked(struct pool_item *item)
{
    if (!item->group)
        return;
    *item->group_at = item->group_next;
    if (item->group_next)
        item->group_next->group_at = item->group_at;
    item->group = NULL;
}

static void run(struct _TP_POOL *pool, struct pool_item *item)
{
    struct _TP_CALLBACK_INSTANCE instance = {.item = item, .outer = own_instance, .associated = true};
    instance.long_running = item->long_running;
    own_instance = &instance;
    item->run(item, &instance);
    own_instance = instance.outer;
    finish(&instance);
    pool_lock();
    if (instance.long_running)
        pool->long_running--;
    if (instance.associated)
        leave_locked(item);
    bool owned = item->single && !item->closed; /* else a group that is being emptied closes it */
    if (owned) {
        item->closed = true;
        leave_group_locked(item);
    }
    pool_unlock();
    if (owned)
        pool_item_dereference(item);
    pool_item_dereference(item);
}

/* False: the thread is to end. */
static bool sleep_locked(struct _TP_POOL *pool)
{
    uint32_t turn = atomic_load(&pool->turn);
    if (pool->closed || pool->threads > pool->most)
        return false;
    bool stays = pool->threads <= pool->least;
    int64_t deadline = stays ? HOST_FOREVER : base_deadline(IDLE_TIME);
    pool->idle++;
    pool_unlock();
    int error = host_futex_wait(&pool->turn, turn, deadline, false);
    pool_lock();
    pool->idle--;
    bool late = error != 0 && !stays && host_now() >= deadline;
    return pool->pending || !late || pool->threads <= pool->least;
}

static DWORD serve(LPVOID argument)
{
    struct _TP_POOL *pool = argument;
    pool_lock();
    for (;;) {
        struct pool_item *item = take_locked(pool);
        if (item) {
            if (item->long_running)
                pool->long_running++;
            pool_unlock();
            run(pool, item);
            pool_lock();
        } else if (!sleep_locked(pool)) {
            break;
        }
    }
    pool->threads--;
    pool_dereference_locked(pool);
    pool_unlock();
    return 0;
}

bool pool_thread(DWORD (*function)(LPVOID), void *argument)
{
    DWORD error = GetLastError();
    HANDLE thread = CreateThread(NULL, 0, function, argument, 0, NULL);
    SetLastError(error);
    if (thread)
        CloseHandle(thread);
    return thread != NULL;
}

/* Counted already, with a reference to the pool. */
static void add_threads(struct _TP_POOL *pool, unsigned count)
{
    DWORD error = GetLastError();
    for (; count; count--) {
        HANDLE thread = CreateThread(NULL, pool->stack, serve, pool, 0, NULL);
        if (thread) {
            CloseHandle(thread);
            continue;
        }
        pool_lock();
        pool->threads--;
        pool_dereference_locked(pool);
        pool_unlock();
    }
    SetLastError(error);
}

/* How many threads to add for what is pending; the others are woken. *look: they may not suffice. */
static unsigned staff_locked(struct _TP_POOL *pool, bool long_running, bool *look)
{
    if (pool->pending <= pool->idle) {
        atomic_fetch_add(&pool->turn, 1);
        host_futex_wake(&pool->turn, 1, false);
        return 0;
    }
    unsigned enough = processors() > pool->least ? processors() : pool->least;
    enough += pool->long_running + (long_running ? 1 : 0);
    if (pool->threads >= pool->most)
        return 0;
    if (pool->threads >= enough) {
        *look = true;
        return 0;
    }
    pool->threads++;
    pool->references++;
    return 1;
}

/* How many threads to add to a pool that callbacks wait in, where none was taken since the last look. */
static unsigned grow_locked(struct _TP_POOL *pool)
{
    unsigned count = 0, room = pool->most > pool->threads ? pool->most - pool->threads : 0;
    if (pool->pending && pool->taken == pool->looked) {
        count = pool->growth < pool->pending ? pool->growth : pool->pending;
        count = count < room ? count : room;
        pool->growth = pool->growth < 16 ? pool->growth * 2 : pool->growth;
    } else {
        pool->growth = 1;
    }
    pool->looked = pool->taken;
    pool->threads += count;
    pool->references += count;
    return count;
}

bool pool_look(void)
{
    enum { AT_ONCE = 16 };
    struct _TP_POOL *grown[AT_ONCE];
    unsigned count[AT_ONCE], found = 0;
    bool again = false;
    pool_lock();
    for (struct _TP_POOL *pool = pool_state.pools; pool && found < AT_ONCE; pool = pool->next) {
        again |= pool->pending && pool->threads < pool->most;
        count[found] = grow_locked(pool);
        grown[found] = pool;
        found += count[found] != 0;
    }
    pool_unlock();
    for (unsigned i = 0; i < found; i++)
        add_threads(grown[i], count[i]);
    return again;
}

VOID SetThreadpoolThreadMaximum(PTP_POOL pool, DWORD most)
{
    pool_lock();
    pool->most = most ? most : 1;
    if (pool->least > pool->most)
        pool->least = pool->most;
    pool_unlock();
    pool_clock_look();
}

BOOL SetThreadpoolThreadMinimum(PTP_POOL pool, DWORD least)
{
    pool_lock();
    if (least > pool->most)
        pool->most = least;
    pool->least = least;
    unsigned count = least > pool->threads ? least - pool->threads : 0;
    pool->threads += count;
    pool->references += count;
    pool_unlock();
    add_threads(pool, count);
    pool_lock();
    bool reached = pool->threads >= least;
    pool_unlock();
    return reached ? TRUE : win32_error(ERROR_NOT_ENOUGH_MEMORY);
}

/* ---- items ---- */

struct pool_item *pool_item_new(size_t size, void *context, const TP_CALLBACK_ENVIRON *environment)
{
    struct pool_item *item = host_own_zero(1, size);
    if (!item) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    item->pool = environment && environment->Pool ? environment->Pool : &pool_state.common;
    item->context = context;
    item->references = 1;
    item->priority = TP_CALLBACK_PRIORITY_NORMAL;
    if (environment && environment->Version >= 3 && environment->CallbackPriority < TP_CALLBACK_PRIORITY_COUNT)
        item->priority = environment->CallbackPriority;
    item->long_running = environment && environment->u.s.LongFunction;
    item->cancelled = environment ? environment->CleanupGroupCancelCallback : NULL;
    pool_lock();
    item->pool->references++;
    struct _TP_CLEANUP_GROUP *group = environment ? environment->CleanupGroup : NULL;
    if (group) {
        item->group = group;
        item->group_next = group->first;
        item->group_at = &group->first;
        if (group->first)
            group->first->group_at = &item->group_next;
        group->first = item;
    }
    pool_unlock();
    return item;
}

void pool_item_reference_locked(struct pool_item *item)
{
    item->references++;
}

void pool_item_dereference(struct pool_item *item)
{
    pool_lock();
    bool last = --item->references == 0;
    if (last)
        pool_dereference_locked(item->pool);
    pool_unlock();
    if (last)
        item->destroy(item);
}

void pool_submit(struct pool_item *item)
{
    pool_lock();
    pool_submit_and_unlock(item);
}

void pool_submit_and_unlock(struct pool_item *item)
{
    struct _TP_POOL *pool = item->pool;
    bool look = false;
    item->pending++;
    pool->pending++;
    if (!item->queued) {
        item->references++;
        enqueue_locked(pool, item);
    }
    unsigned count = staff_locked(pool, item->long_running, &look);
    pool_unlock();
    if (count)
        add_threads(pool, count);
    if (look)
        pool_clock_look();
}

static unsigned own_callbacks(const struct pool_item *item)
{
    unsigned own = 0;
    for (struct _TP_CALLBACK_INSTANCE *instance = own_instance; instance; instance = instance->outer)
        own += instance->item == item && instance->associated;
    return own;
}

unsigned pool_item_busy(struct pool_item *item)
{
    pool_lock();
    unsigned busy = item->pending + item->running - own_callbacks(item);
    pool_unlock();
    return busy;
}

void pool_item_wait(struct pool_item *item, bool cancel)
{
    unsigned own = own_callbacks(item);
    bool dropped = false;
    pool_lock();
    if (cancel && item->queued) {
        dequeue_locked(item->pool, item);
        item->pool->pending -= item->pending;
        item->pending = 0;
        dropped = true;
        atomic_fetch_add(&item->turn, 1);
        host_futex_wake(&item->turn, INT_MAX, false);
    }
    while (item->pending || item->running > own) {
        uint32_t turn = atomic_load(&item->turn);
        pool_unlock();
        host_futex_wait(&item->turn, turn, HOST_FOREVER, false);
        pool_lock();
    }
    pool_unlock();
    if (dropped)
        pool_item_dereference(item);
}

void pool_item_retire(struct pool_item *item)
{
    pool_lock();
    item->retired = true;
    pool_unlock();
    if (item->disarm)
        item->disarm(item);
}

void pool_item_close(struct pool_item *item)
{
    pool_item_retire(item);
    pool_lock();
    bool owned = !item->closed;
    item->closed = true;
    leave_group_locked(item);
    pool_unlock();
    if (owned)
        pool_item_dereference(item);
}

/* ---- cleanup groups ---- */

PTP_CLEANUP_GROUP CreateThreadpoolCleanupGroup(VOID)
{
    struct _TP_CLEANUP_GROUP *group = host_own_zero(1, sizeof *group);
    if (!group)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return group;
}

VOID CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP group)
{
    host_own_give(group);
}

/* Every member is closed: no member queues anything more, then each one's callbacks are waited for. */
VOID CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP group, BOOL cancel, PVOID context)
{
    for (;;) {
        pool_lock();
        struct pool_item *item = group->first;
        if (item) {
            leave_group_locked(item);
            item->closed = true; /* the owner's reference is ours */
        }
        pool_unlock();
        if (!item)
            return;
        pool_item_retire(item);
        pool_item_wait(item, cancel);
        if (cancel && item->cancelled)
            item->cancelled(item->context, context);
        pool_item_dereference(item);
    }
}

/* ---- what a callback may ask ---- */

VOID SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, HANDLE event)
{
    instance->event = event;
}

VOID ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, HANDLE semaphore, DWORD count)
{
    instance->semaphore = semaphore;
    instance->count = count;
}

VOID ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, HANDLE mutex)
{
    instance->mutex = mutex;
}

VOID LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, PCRITICAL_SECTION section)
{
    instance->section = section;
}

VOID FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE instance, HMODULE module)
{
    instance->module = module;
}

BOOL CallbackMayRunLong(PTP_CALLBACK_INSTANCE instance)
{
    struct _TP_POOL *pool = instance->item->pool;
    pool_lock();
    bool room = pool->idle || pool->threads < pool->most, waiting = pool->pending != 0;
    if (!instance->long_running) {
        instance->long_running = true;
        pool->long_running++;
    }
    pool_unlock();
    if (waiting)
        pool_clock_look();
    return room;
}

VOID DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE instance)
{
    pool_lock();
    if (instance->associated) {
        instance->associated = false;
        leave_locked(instance->item);
    }
    pool_unlock();
}
