/* thread.h: threads of this process as objects: made by this library or met on the way; their end, exit code, queue of
 * asynchronous procedures, suspension. Knows no last error. */
#ifndef WINMEM_PS_THREAD_H
#define WINMEM_PS_THREAD_H

#include "ob/ob.h"

#include <pthread.h>

struct ps_apc {
    struct ps_apc *next;
    void (*procedure)(ULONG_PTR argument);
    ULONG_PTR argument;
};

/* In units of 100 ns, the first two since 1601. */
struct ps_thread_times {
    uint64_t begun, ended, kernel, user;
};

struct ps_process;
struct ps_thread {
    struct ob_object object;
    struct ps_thread *next; /* P: all threads known */
    _Atomic int id;         /* kernel's; 0 before it runs */
    _Atomic uint32_t ended; /* the word that waiters sleep on */
    _Atomic uint32_t sleepers;
    _Atomic DWORD exit_code;
    _Atomic uint32_t apc_ready; /* not zero: the queue is not empty */
    struct ps_apc *first_apc;   /* P */
    int priority;               /* P */
    _Atomic DWORD ideal_processor;
    _Atomic bool no_boost;
    size_t charged;           /* pages of commit for its stack */
    uint32_t memory_priority; /* P: 1 to 6, the priority + 1; 0: as the process */
    uint32_t foreground;      /* P: in background mode memory_priority before it, + 1; else 0 */
    _Atomic uint32_t *pages;  /* P: where the pager looks for it, while the thread lives */
    /* Suspension: the target sits in a signal handler while `suspended` is above zero. */
    _Atomic uint32_t suspended; /* P to change: count */
    _Atomic uint32_t parked;    /* it sits in the handler: its context is here */
    void *context;              /* CONTEXT of the parked thread, on its stack */
    bool context_changed;       /* P */
    bool ending;                /* the thread's own */
    bool made_here;             /* P */
    pthread_t pthread;
    struct ps_thread_times times; /* begun: constant; the others: written before `ended` */
    struct ps_process *process;   /* constant: the first thread of another process, or NULL */
};

WINMEM_SHARED extern const struct ob_type ps_thread_type;

/* The caller's own object, borrowed; made when the thread was not started by this library. NULL: no memory. */
WINMEM_SHARED struct ps_thread *ps_thread_current(void);
/* A new object, not running yet, one reference for the caller and one for the thread. */
WINMEM_SHARED struct ps_thread *ps_thread_new(void);
/* Its stack counts in the commit charge till it ends. COMMITMENT_LIMIT. */
WINMEM_SHARED NTSTATUS ps_thread_charge(struct ps_thread *thread, size_t stack);
WINMEM_SHARED void ps_thread_adopt(struct ps_thread *thread);  /* the calling thread is this one */
WINMEM_SHARED void ps_thread_forget(struct ps_thread *thread); /* it never ran: both references */
/* The first thread of a process that this one made; takes a reference to it. */
WINMEM_SHARED struct ps_thread *ps_thread_of_process(struct ps_process *process);
/* By kernel id, referenced; NULL: not a thread of this process. */
WINMEM_SHARED struct ps_thread *ps_thread_find(int id);
/* In 100 ns since 1601. */
uint64_t ps_time_of_day(void);
/* Of a thread of this process, running or ended. STATUS_NOT_SUPPORTED: of another. */
WINMEM_SHARED NTSTATUS ps_thread_times(struct ps_thread *thread, struct ps_thread_times *times);
/* The memory priority of what it touches, 0 to 5; kept for a thread that does not run yet. */
WINMEM_SHARED void ps_thread_set_memory_priority(struct ps_thread *thread, unsigned priority);
/* Background mode: what the thread touches goes first. false: it is in that mode, or out of it, already. */
WINMEM_SHARED bool ps_thread_set_background(struct ps_thread *thread, bool background);
WINMEM_SHARED void ps_thread_lock(void);
WINMEM_SHARED void ps_thread_unlock(void);
WINMEM_SHARED NTSTATUS ps_thread_queue_apc(struct ps_thread *thread, void (*procedure)(ULONG_PTR), ULONG_PTR argument);
WINMEM_SHARED void ps_thread_run_apcs(struct ps_thread *thread);

#endif
