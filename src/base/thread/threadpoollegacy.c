/* threadpoollegacy.c: the older faces of the pool: work items, timer queues, registered waits. Their handles are not of
 * the handle table: they are addresses of what is here, known by their kind and by being in use. */
#include <threadpoollegacyapiset.h>

#include <ntstatus.h>
#include <stdlib.h>
#include <winbase.h>
#include <winerror.h>

#include "base/base.h"
#include "base/thread/pool.h"
#include "host/own.h"
#include "ob/ob.h"
#include "win32/win32.h"

#define LONG_FLAGS (WT_EXECUTELONGFUNCTION | WT_EXECUTEINPERSISTENTTHREAD)

static TP_CALLBACK_ENVIRON environment_of(ULONG flags)
{
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    if (flags & LONG_FLAGS)
        SetThreadpoolCallbackRunsLong(&environment);
    return environment;
}

static void destroy(struct pool_item *item)
{
    host_own_give(item);
}

/* ---- work items ---- */

struct work {
    struct pool_item item;
    LPTHREAD_START_ROUTINE function;
};

static void run_work(struct pool_item *item, PTP_CALLBACK_INSTANCE instance)
{
    (void)instance;
    ((struct work *)item)->function(item->context);
}

BOOL QueueUserWorkItem(LPTHREAD_START_ROUTINE function, PVOID context, ULONG flags)
{
    TP_CALLBACK_ENVIRON environment = environment_of(flags);
    struct work *work = (struct work *)pool_item_new(sizeof *work, context, &environment);
    if (!work)
        return FALSE;
    work->function = function;
    work->item.run = run_work;
    work->item.destroy = destroy;
    work->item.single = true;
    pool_submit(&work->item);
    return TRUE;
}

/* ---- the end of a wait or timer ---- */

/* Closes the item as the caller wants it: at once, waiting for its callbacks (INVALID_HANDLE_VALUE), or with an event
 * that is set when they have ended. FALSE with ERROR_IO_PENDING: callbacks are under way. */
struct farewell {
    struct pool_item item;
    struct pool_item *of;
    HANDLE event;
};

static void run_farewell(struct pool_item *item, PTP_CALLBACK_INSTANCE instance)
{
    struct farewell *farewell = (struct farewell *)item;
    CallbackMayRunLong(instance);
    pool_item_wait(farewell->of, false);
    pool_item_dereference(farewell->of);
    SetEvent(farewell->event);
}

static bool set_when_over(struct pool_item *item, HANDLE event)
{
    struct farewell *farewell = (struct farewell *)pool_item_new(sizeof *farewell, NULL, NULL);
    if (!farewell)
        return false;
    farewell->item.run = run_farewell;
    farewell->item.destroy = destroy;
    farewell->item.single = true;
    farewell->of = item;
    farewell->event = event;
    pool_lock();
    pool_item_reference_locked(item);
    pool_unlock();
    pool_submit(&farewell->item);
    return true;
}

static BOOL end(struct pool_item *item, HANDLE event)
{
    BOOL done = TRUE;
    pool_item_retire(item);
    if (event == INVALID_HANDLE_VALUE) {
        pool_item_wait(item, true);
    } else if (event) {
        if (!pool_item_busy(item))
            SetEvent(event);
        else if (!set_when_over(item, event))
            return FALSE;
    } else if (pool_item_busy(item)) {
        done = win32_error(ERROR_IO_PENDING);
    }
    pool_item_close(item);
    return done;
}

/* ---- registered waits ---- */

struct registered {
    struct pool_wait wait;
    WAITORTIMERCALLBACK callback;
    struct ob_object *object; /* referenced */
    DWORD milliseconds;
    bool once;
};

static bool arm(struct registered *registered)
{
    bool done;
    pool_wait_set(&registered->wait, registered->object, base_deadline(registered->milliseconds), &done);
    return done;
}

/* Waits again before the callback: what is signaled during it counts. */
static void run_registered(struct pool_item *item, PTP_CALLBACK_INSTANCE instance)
{
    (void)instance;
    struct registered *registered = (struct registered *)item;
    pool_lock();
    BOOLEAN timed_out = registered->wait.result == WAIT_TIMEOUT;
    pool_unlock();
    if (!registered->once)
        arm(registered);
    registered->callback(item->context, timed_out);
}

static void disarm_registered(struct pool_item *item)
{
    pool_wait_clear((struct pool_wait *)item);
}

static void destroy_registered(struct pool_item *item)
{
    ob_dereference(((struct registered *)item)->object);
    host_own_give(item);
}

BOOL RegisterWaitForSingleObject(PHANDLE handle, HANDLE object_handle, WAITORTIMERCALLBACK callback, PVOID context,
                                 ULONG milliseconds, ULONG flags)
{
    TP_CALLBACK_ENVIRON environment = environment_of(flags);
    struct ob_object *object;
    NTSTATUS status = ob_lookup(object_handle, NULL, SYNCHRONIZE, &object, NULL);
    if (NT_SUCCESS(status) && !object->type->try_wait && !object->type->wait) {
        ob_dereference(object);
        status = STATUS_INVALID_HANDLE;
    }
    if (!NT_SUCCESS(status))
        return win32_status(status);
    struct registered *registered = (struct registered *)pool_item_new(sizeof *registered, context, &environment);
    if (!registered) {
        ob_dereference(object);
        return FALSE;
    }
    registered->wait.item.run = run_registered;
    registered->wait.item.disarm = disarm_registered;
    registered->wait.item.destroy = destroy_registered;
    registered->callback = callback;
    registered->object = object;
    registered->milliseconds = milliseconds;
    registered->once = flags & WT_EXECUTEONLYONCE;
    *handle = registered; /* before the first callback */
    if (arm(registered))
        return TRUE;
    *handle = NULL;
    pool_item_close(&registered->wait.item);
    return win32_error(ERROR_NOT_ENOUGH_MEMORY);
}

BOOL UnregisterWaitEx(HANDLE handle, HANDLE event)
{
    struct registered *registered = handle;
    if (!handle || handle == INVALID_HANDLE_VALUE)
        return win32_error(ERROR_INVALID_HANDLE);
    return end(&registered->wait.item, event);
}

BOOL UnregisterWait(HANDLE handle)
{
    return UnregisterWaitEx(handle, NULL);
}

/* ---- timer queues ---- */

struct queue;
struct queue_timer {
    struct pool_timer timer;
    WAITORTIMERCALLBACK callback;
    struct queue *queue;
    struct queue_timer *next, **at; /* G: of the queue */
};
struct queue {
    struct queue_timer *first; /* G */
};

static struct queue default_queue;

static void run_queue_timer(struct pool_item *item, PTP_CALLBACK_INSTANCE instance)
{
    (void)instance;
    ((struct queue_timer *)item)->callback(item->context, TRUE);
}

static void disarm_queue_timer(struct pool_item *item)
{
    pool_timer_clear((struct pool_timer *)item);
}

HANDLE CreateTimerQueue(VOID)
{
    struct queue *queue = host_own_zero(1, sizeof *queue);
    if (!queue)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return queue;
}

BOOL CreateTimerQueueTimer(PHANDLE handle, HANDLE queue_handle, WAITORTIMERCALLBACK callback, PVOID parameter,
                           DWORD due, DWORD period, ULONG flags)
{
    TP_CALLBACK_ENVIRON environment = environment_of(flags);
    if (due == INFINITE || queue_handle == INVALID_HANDLE_VALUE)
        return win32_error(queue_handle == INVALID_HANDLE_VALUE ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
    struct queue_timer *timer = (struct queue_timer *)pool_item_new(sizeof *timer, parameter, &environment);
    if (!timer)
        return FALSE;
    timer->timer.item.run = run_queue_timer;
    timer->timer.item.disarm = disarm_queue_timer;
    timer->timer.item.destroy = destroy;
    timer->callback = callback;
    timer->queue = queue_handle ? queue_handle : &default_queue;
    pool_lock();
    timer->next = timer->queue->first;
    timer->at = &timer->queue->first;
    if (timer->next)
        timer->next->at = &timer->next;
    timer->queue->first = timer;
    pool_unlock();
    *handle = timer;
    pool_timer_set(&timer->timer, base_deadline(due), flags & WT_EXECUTEONLYONCE ? 0 : period * (int64_t)1000000);
    return TRUE;
}

BOOL ChangeTimerQueueTimer(HANDLE queue, HANDLE handle, ULONG due, ULONG period)
{
    struct queue_timer *timer = handle;
    (void)queue;
    if (!handle || handle == INVALID_HANDLE_VALUE)
        return win32_error(ERROR_INVALID_PARAMETER);
    pool_timer_set(&timer->timer, base_deadline(due), period * (int64_t)1000000);
    return TRUE;
}

static void leave_queue_locked(struct queue_timer *timer)
{
    *timer->at = timer->next;
    if (timer->next)
        timer->next->at = timer->at;
}

BOOL DeleteTimerQueueTimer(HANDLE queue, HANDLE handle, HANDLE event)
{
    struct queue_timer *timer = handle;
    (void)queue;
    if (!handle || handle == INVALID_HANDLE_VALUE)
        return win32_error(ERROR_INVALID_PARAMETER);
    pool_lock();
    leave_queue_locked(timer);
    pool_unlock();
    return end(&timer->timer.item, event);
}

static BOOL empty_queue(struct queue *queue, HANDLE event)
{
    BOOL done = TRUE;
    for (;;) {
        pool_lock();
        struct queue_timer *timer = queue->first;
        if (timer)
            leave_queue_locked(timer);
        pool_unlock();
        if (!timer)
            break;
        done &= end(&timer->timer.item, event);
    }
    host_own_give(queue);
    return done;
}

struct queue_farewell {
    struct pool_item item;
    struct queue *queue;
    HANDLE event;
};

static void run_queue_farewell(struct pool_item *item, PTP_CALLBACK_INSTANCE instance)
{
    struct queue_farewell *farewell = (struct queue_farewell *)item;
    CallbackMayRunLong(instance);
    empty_queue(farewell->queue, INVALID_HANDLE_VALUE);
    SetEvent(farewell->event);
}

/* The event is set when the last callback of all its timers has ended. */
BOOL DeleteTimerQueueEx(HANDLE handle, HANDLE event)
{
    struct queue *queue = handle;
    if (!handle || handle == INVALID_HANDLE_VALUE)
        return win32_error(ERROR_INVALID_HANDLE);
    if (!event || event == INVALID_HANDLE_VALUE)
        return empty_queue(queue, event);
    struct queue_farewell *farewell = (struct queue_farewell *)pool_item_new(sizeof *farewell, NULL, NULL);
    if (!farewell)
        return FALSE;
    farewell->item.run = run_queue_farewell;
    farewell->item.destroy = destroy;
    farewell->item.single = true;
    farewell->queue = queue;
    farewell->event = event;
    pool_lock();
    struct queue_timer *timer = queue->first;
    pool_unlock();
    for (; timer; timer = timer->next) /* nobody else may use the queue any more */
        pool_timer_clear(&timer->timer);
    pool_submit(&farewell->item);
    return TRUE;
}

BOOL DeleteTimerQueue(HANDLE handle)
{
    return DeleteTimerQueueEx(handle, NULL);
}
