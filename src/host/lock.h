/* lock.h: the only locks inside the libraries: a futex mutex of four bytes (zero is unlocked), with a rank.
 * The ranks are the written lock order; a debug build asserts that a thread only takes higher ranks than it holds.
 * Program memory is never touched under an address-space or pager lock. Not for use in asynchronous signal handlers. */
#ifndef WINMEM_HOST_LOCK_H
#define WINMEM_HOST_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/shared.h"

/* The lock order: outermost first. Two locks of one rank are never held together, unless the comment says how. */
enum host_rank {
    RANK_NONE = 0,
    RANK_DIRECTORY = 10,     /* D: named objects */
    RANK_PROCESS = 15,       /* P: process and thread lists, agent */
    RANK_HANDLES = 20,       /* H: handle table */
    RANK_OBJECT = 25,        /* O: one object's own state */
    RANK_SECTION = 30,       /* S: a section's extent and views */
    RANK_HEAP_LIST = 40,     /* the list of heaps */
    RANK_MOVABLE = 45,       /* M: Global/Local handle table */
    RANK_HEAP = 50,          /* h: one heap; two only in HeapLock order by address */
    RANK_HEAP_SEGMENT = 55,  /* a heap's back end */
    RANK_HEAP_POOL = 57,     /* the heap's own records; huge blocks' hash */
    RANK_ADDRESS_SPACE = 60, /* A: the run map and VADs */
    RANK_PAGER = 70,         /* W: working set, eviction */
    RANK_STORE = 80,         /* T: compressed store */
    RANK_PAGEFILE = 85,      /* F: paging file slots */
    RANK_POOL = 90,          /* internal page pools */
    RANK_EXCEPTION = 95,     /* vectored handler lists */
    RANK_HOST = 99,          /* host's own */
};

typedef struct host_lock {
    _Atomic uint32_t state; /* bits: 1 held, 2 waited for, 4 only for one who has waited long */
#ifdef WINMEM_DEBUG
    uint32_t rank;
    _Atomic int owner; /* thread id of the holder, 0 if none */
#endif
} host_lock;

#ifdef WINMEM_DEBUG
#define HOST_LOCK(r)                                                                                                   \
    {                                                                                                                  \
        .state = 0, .rank = (r), .owner = 0                                                                            \
    }
#else
#define HOST_LOCK(r)                                                                                                   \
    {                                                                                                                  \
        .state = 0                                                                                                     \
    }
#endif

WINMEM_SHARED void host_lock_init(host_lock *lock, enum host_rank rank);
WINMEM_SHARED void host_lock_acquire(host_lock *lock);
WINMEM_SHARED bool host_lock_try(host_lock *lock);
WINMEM_SHARED void host_lock_release(host_lock *lock);
/* For signal handlers: true when the calling thread has, or is about to take, any lock, or stays, and must not be
 * stopped; then `again` is called, once, when it holds none any more. */
WINMEM_SHARED bool host_lock_put_off(void (*again)(void));
/* For what others wait for though no lock is held: counts as one, and no more. */
WINMEM_SHARED void host_lock_pretend(void);
WINMEM_SHARED void host_lock_pretend_end(void);
/* Between giving a lock back and taking it again, while others count on the thread to come: it must not be stopped, but
 * has nothing, so that a signal handler may fork. Both are called with the lock. */
void host_lock_stay(void);
void host_lock_stay_end(void);
/* Whether the calling thread has, or is about to take, any lock: in a signal handler, what it interrupted. */
bool host_lock_is_held_here(void);
/* After fork, in the child: of the locks that the thread took for it one is left, as if by host_lock_pretend. */
void host_lock_forget(void);
/* In a debug build aborts unless the calling thread holds the lock; the assertion behind every _locked function. */
#ifdef WINMEM_DEBUG
WINMEM_SHARED void host_lock_assert(const host_lock *lock);
#else
static inline void host_lock_assert(const host_lock *lock)
{
    (void)lock;
}
#endif
/* After fork, in the child: the lock is free whatever it was in the parent. */
WINMEM_SHARED void host_lock_reset(host_lock *lock);

#endif
