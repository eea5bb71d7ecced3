/* job.h: jobs: groups of processes under one RAM budget and one commit limit, in a ledger that all members share. No
 * process is needed more than another: what a member holds counts only while that member lives. */
#ifndef WINMEM_PS_JOB_H
#define WINMEM_PS_JOB_H

#include "ob/directory.h"

#define PS_JOB_MEMBERS 48u

struct ps_job_member {
    _Atomic int pid;          /* 0: free */
    _Atomic uint32_t managed; /* it takes shares of the budget */
    _Atomic uint64_t born;    /* start time by the kernel: with the id it names one process for ever */
    _Atomic uint64_t pages;   /* commit charge that it has told */
    _Atomic uint64_t peak;
    _Atomic uint64_t share;   /* bytes of the RAM budget that it is promised, 0: none yet */
    _Atomic uint32_t applied; /* pages of the budget that it keeps to now */
    _Atomic uint32_t faults;  /* pages it had to bring back so far */
    _Atomic uint32_t seen;    /* of these, at the last division */
    _Atomic uint32_t rate;    /* of these in a tick, smoothed */
    _Atomic uint32_t hold;    /* ticks in which it need not give */
    uint32_t reserved;
};

/* Every field stands alone: a member killed at any instruction leaves a ledger that reads well. */
struct ps_job_ledger {
    _Atomic uint32_t flags; /* JOB_OBJECT_LIMIT_* */
    _Atomic uint32_t active_limit;
    _Atomic uint64_t process_memory, job_memory;               /* bytes */
    _Atomic uint64_t minimum_working_set, maximum_working_set; /* bytes */
    _Atomic uint64_t ram;                                      /* bytes, 0: none */
    _Atomic int64_t balanced;                                  /* when the budget was divided last */
    _Atomic uint64_t peak_process, peak_job;                   /* bytes */
    _Atomic uint32_t total_processes, terminated;
    struct ps_job_member member[PS_JOB_MEMBERS];
};
_Static_assert(sizeof(struct ps_job_ledger) <= OB_NAMED_STATE - 64, "fits the header page");

WINMEM_SHARED extern const struct ob_class ps_job_class;
struct ps_job_ledger *ps_job_ledger(struct ob_object *job);

/* This process becomes a member: its charge counts from now on. ACCESS_DENIED: it is in a job already;
 * QUOTA_EXCEEDED: the job has as many processes as it may. */
NTSTATUS ps_job_join(struct ob_object *job);
/* A process that cannot join by itself (no library): only listed. */
NTSTATUS ps_job_enlist(struct ob_object *job, int pid);
bool ps_job_has(struct ob_object *job, int pid);
WINMEM_SHARED struct ob_object *ps_job_current(void); /* borrowed; NULL */
/* Members alive; forgets the dead. */
unsigned ps_job_members(struct ob_object *job, int *pids, unsigned room);
uint64_t ps_job_charge(struct ob_object *job); /* pages of the living */
void ps_job_balance(void);                     /* this process takes its share of the budget: called by the agent */
bool ps_job_has_budget(void);
/* Who sets this process' budget, in bytes, and starts paging when that is due. */
typedef int ps_job_budgeter(uint64_t bytes);
void ps_job_set_budgeter(ps_job_budgeter *set_budget);

/* balance.c */
struct ps_job_place {
    uint64_t share, cap; /* bytes; cap: more would be of no use */
    uint32_t rate;       /* pages brought back in a tick */
    uint32_t hold;       /* ticks in which it need not give */
};
/* The new shares of the living: their sum is at most `ram`. Who idles gives, who faults gets, all keep a minimum. */
void ps_job_divide(struct ps_job_place *place, unsigned count, uint64_t ram, uint64_t minimum);
void ps_job_balance_now(struct ps_job_ledger *ledger, struct ps_job_member *self);
bool ps_job_tick_is_due(void);

#endif
