/* job.h: jobs: groups of processes under one RAM budget and one commit limit, in a ledger that all members share. No
 * process is needed more than another: what a member holds counts only while that member lives. */
#ifndef WINMEM_PS_JOB_H
#define WINMEM_PS_JOB_H

#include "ob/directory.h"

#define PS_JOB_MEMBERS 48u

struct ps_job_member {
    _Atomic int pid; /* 0: free */
    uint32_t reserved;
    _Atomic uint64_t born;  /* start time by the kernel: with the id it names one process for ever */
    _Atomic uint64_t pages; /* commit charge that it has told */
    _Atomic uint64_t peak;
    _Atomic uint64_t share; /* bytes of the RAM budget, 0: no budget */
};

/* Every field stands alone: a member killed at any instruction leaves a ledger that reads well. */
struct ps_job_ledger {
    _Atomic uint32_t flags; /* JOB_OBJECT_LIMIT_* */
    _Atomic uint32_t active_limit;
    _Atomic uint64_t process_memory, job_memory;               /* bytes */
    _Atomic uint64_t minimum_working_set, maximum_working_set; /* bytes */
    _Atomic uint64_t ram;                                      /* bytes, 0: none */
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
void ps_job_balance(void); /* this process takes its share of the budget: called now and then by the agent */

#endif
