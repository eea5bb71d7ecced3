/* pool.h: the thread pool beneath its faces. An item is what has callbacks: work, a timer, a wait, a file, or one call.
 * Items are queued on their pool, whose threads come when they are needed and go when they have been idle for a while.
 * One lock, G, for all of it; callbacks run without it. */
#ifndef WINMEM_BASE_POOL_H
#define WINMEM_BASE_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <threadpoolapiset.h>

struct pool_item;

/* A callback that runs, as its thread sees it; the things to do when it returns. */
struct _TP_CALLBACK_INSTANCE {
    struct pool_item *item;
    struct _TP_CALLBACK_INSTANCE *outer; /* the one whose callback waits for this one, on one thread */
    bool associated, long_running;
    HANDLE event, semaphore, mutex;
    DWORD count;
    LPCRITICAL_SECTION section;
    HMODULE module;
};

/* Stands first in every item. */
struct pool_item {
    struct pool_item *next;                   /* G: in the queue */
    struct _TP_POOL *pool;                    /* constant, referenced */
    struct _TP_CLEANUP_GROUP *group;          /* G: NULL when it has left its group */
    struct pool_item *group_next, **group_at; /* G */
    PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancelled;
    void *context;
    void (*run)(struct pool_item *item, struct _TP_CALLBACK_INSTANCE *instance);
    void (*disarm)(struct pool_item *item);  /* nothing more is to be queued by itself; may be NULL */
    void (*destroy)(struct pool_item *item); /* the last reference is gone; frees it */
    unsigned priority;                       /* constant */
    bool long_running;                       /* constant */
    bool single;                             /* constant: closes itself after its callback */
    bool queued, closed;                     /* G */
    bool retired;                            /* G: nothing arms it any more */
    unsigned pending, running;               /* G: callbacks to come, and under way */
    unsigned references;                     /* G */
    _Atomic uint32_t turn;                   /* changes when callbacks have ended or were cancelled */
};

void pool_lock(void);
void pool_unlock(void);
/* A new item with one reference, in the pool and the group of the environment (may be NULL). NULL with the last error.
 */
struct pool_item *pool_item_new(size_t size, void *context, const TP_CALLBACK_ENVIRON *environment);
void pool_item_reference_locked(struct pool_item *item);
void pool_item_dereference(struct pool_item *item);
/* One callback more. */
void pool_submit(struct pool_item *item);
void pool_submit_and_unlock(struct pool_item *item); /* G held before, free after */
/* Till no callback is pending or under way, but the caller's own. */
void pool_item_wait(struct pool_item *item, bool cancel);
/* Callbacks that are pending or under way, but the caller's own. */
unsigned pool_item_busy(struct pool_item *item);
/* Nothing more is queued by itself, now or later. */
void pool_item_retire(struct pool_item *item);
/* The same, and the owner's reference goes; callbacks still pending run. */
void pool_item_close(struct pool_item *item);
/* A thread of the pool's own, for its clock and its waits; false: no memory. */
bool pool_thread(DWORD (*function)(LPVOID), void *argument);
/* From time to time while callbacks wait for a thread: more threads where nothing moves. True: ask again. */
bool pool_look(void);

/* poolclock.c: timers. `due` is a deadline of host/futex.h. */
struct pool_timer {
    struct pool_item item;
    size_t place; /* G: 1 and up: in the clock's heap */
    int64_t due;  /* G */
    int64_t period;
};
/* Answers whether it was set before. */
bool pool_timer_set(struct pool_timer *timer, int64_t due, int64_t period);
bool pool_timer_clear(struct pool_timer *timer);
bool pool_timer_is_set(struct pool_timer *timer);
/* Has pool_look called soon. */
void pool_clock_look(void);

/* poolwatch.c: waits. */
struct ob_object;
struct pool_watcher;
struct pool_wait {
    struct pool_item item;
    struct pool_watcher *watcher; /* G: NULL: not armed */
    struct ob_object *object;     /* G: referenced while armed */
    int64_t deadline;             /* G */
    uint32_t setting;             /* G: another one since: what was seen is void */
    DWORD result;                 /* G */
};
/* Answers whether it was armed before. Takes a reference to the object. FALSE in *done: no memory. */
bool pool_wait_set(struct pool_wait *wait, struct ob_object *object, int64_t deadline, bool *done);
bool pool_wait_clear(struct pool_wait *wait);

/* After fork: the threads are gone. */
void pool_clock_forked(void);
void pool_watch_forked(void);

#endif
