/* job.h: jobs: groups of processes under one RAM budget and one commit limit, in a ledger that all members share. No
 * process is needed more than another: what a member holds counts only while that member lives. */
#ifndef WINMEM_PS_JOB_H
#define WINMEM_PS_JOB_H

#include "ob/directory.h"

#define PS_JOB_MEMBERS 1024u
#define PS_JOB_HOLDERS 16u
#define PS_JOB_DEPTH 4u /* jobs in jobs */

/* What processes spend: time in 100 ns, page faults, transfers. */
enum {
    PS_SPENT_USER,
    PS_SPENT_KERNEL,
    PS_SPENT_FAULTS,
    PS_SPENT_READS,
    PS_SPENT_WRITES,
    PS_SPENT_READ_BYTES,
    PS_SPENT_WRITE_BYTES,
    PS_JOB_SPENT
};

struct ps_job_member {
    _Atomic int pid;          /* 0: free */
    _Atomic int last;         /* whose place it was last: what is told of the dead stands until the next takes it */
    _Atomic uint32_t managed; /* it takes shares of the budget */
    _Atomic uint64_t born;    /* start time by the kernel: with the id it names one process for ever */
    _Atomic uint64_t pages;   /* commit charge that it has told */
    _Atomic uint64_t peak;
    _Atomic uint64_t share;                /* bytes of the RAM budget that it is promised, 0: none yet */
    _Atomic uint32_t applied;              /* pages of the budget that it keeps to now */
    _Atomic uint32_t used;                 /* pages of the budget in use */
    _Atomic uint32_t faults;               /* pages it had to bring back so far */
    _Atomic uint32_t seen;                 /* of these, at the last division */
    _Atomic uint32_t rate;                 /* of these in a tick, smoothed */
    _Atomic uint64_t floor;                /* bytes: a share with which it was in need, 0: none yet */
    _Atomic uint32_t hold;                 /* ticks until it tries to do with less than that */
    _Atomic uint32_t patience;             /* from how many ticks on `hold` counts */
    _Atomic uint32_t trying;               /* ticks since it gave of its floor, 0: it does not */
    _Atomic uint32_t refused, refused_job; /* charges that its own limit refused, and the job's */
    _Atomic uint32_t late;                 /* its time was over */
    _Atomic uint64_t verdict;              /* PS_JOB_SENTENCED and the exit code, when the job ended it */
    _Atomic uint64_t spent[PS_JOB_SPENT];  /* that it was last seen to have spent */
};
#define PS_JOB_SENTENCED ((uint64_t)1 << 32)

/* A process that has handles to the job. */
struct ps_job_holder {
    _Atomic int pid; /* 0: free */
    uint32_t reserved;
    _Atomic uint64_t born;
};

/* Limits of which a port is told, and what has passed them. */
enum { PS_NOTICE_MEMORY, PS_NOTICE_TIME, PS_NOTICE_READ, PS_NOTICE_WRITE, PS_NOTICES };
struct ps_job_notice {
    _Atomic uint32_t flags;             /* JOB_OBJECT_LIMIT_* */
    _Atomic uint32_t passed;            /* of these, since they were set */
    _Atomic uint32_t times;             /* how often one was */
    _Atomic int last;                   /* the process that did it last */
    _Atomic uint64_t limit[PS_NOTICES]; /* bytes; 100 ns of all the user time that the job ever had */
    _Atomic uint64_t had[PS_NOTICES];   /* what there was when it was passed */
};

/* Every field stands alone: a member killed at any instruction leaves a ledger that reads well. */
struct ps_job_ledger {
    _Atomic uint32_t flags; /* JOB_OBJECT_LIMIT_* */
    _Atomic uint32_t active_limit;
    _Atomic uint64_t process_memory, job_memory;               /* bytes */
    _Atomic uint64_t minimum_working_set, maximum_working_set; /* bytes */
    _Atomic uint64_t ram;                                      /* bytes, 0: none */
    _Atomic int64_t looked;                                    /* when a member looked for the dead last */
    _Atomic int64_t balanced;                                  /* when the budget was divided last */
    _Atomic uint64_t peak_process, peak_job;                   /* bytes */
    _Atomic uint32_t total_processes, terminated;
    _Atomic uint32_t changed;      /* turns with whatever a completion port is told of; listeners sleep on it */
    _Atomic uint32_t turned_away;  /* processes that the limit of active ones kept out */
    _Atomic uint32_t held_by_many; /* more processes have handles than there is room to say */
    _Atomic uint32_t ui, priority_class, scheduling_class; /* kept and told */
    _Atomic uint64_t within;                               /* the job around it; PS_JOB_OUTERMOST; 0: not said yet */
    _Atomic uint64_t affinity;
    _Atomic uint64_t process_time, job_time; /* user time, 100 ns; the job's counts from `period` */
    _Atomic uint64_t period;                 /* user time of all when the job's limit was set */
    _Atomic uint64_t spent[PS_JOB_SPENT];    /* by the dead */
    _Atomic uint32_t at_end;                 /* JOB_OBJECT_TERMINATE_AT_END_OF_JOB, ... */
    _Atomic uint32_t over;                   /* 1: the job's time is over: it is signaled and takes nobody */
    _Atomic uint32_t overs;                  /* how often it was over and the port was to be told */
    struct ps_job_holder port;               /* who follows with a completion port */
    struct ps_job_notice notice;
    _Atomic uint32_t used; /* members behind it were never used */
    struct ps_job_holder holder[PS_JOB_HOLDERS];
    struct ps_job_member member[PS_JOB_MEMBERS];
};
#define PS_JOB_OUTERMOST 1u

struct ps_job {
    struct ob_named named;
    struct ps_job_ledger *ledger; /* in the object's file */
};

WINMEM_SHARED extern const struct ob_class ps_job_class;
struct ps_job_ledger *ps_job_ledger(struct ob_object *job);

/* This process becomes a member: its charge counts from now on. ACCESS_DENIED: it is in a job already;
 * QUOTA_EXCEEDED: the job has as many processes as it may. */
NTSTATUS ps_job_join(struct ob_object *job);
/* A process that cannot join by itself (no library): only listed. `outer`: the innermost that it is in, or NULL. */
WINMEM_SHARED NTSTATUS ps_job_enlist(struct ob_object *job, int pid, struct ob_object *outer);
WINMEM_SHARED uint32_t ps_job_limits(struct ob_object *job); /* JOB_OBJECT_LIMIT_* */
bool ps_job_has(struct ob_object *job, int pid);
WINMEM_SHARED struct ob_object *ps_job_current(void);       /* the innermost that this process is in; borrowed; NULL */
WINMEM_SHARED struct ob_object *ps_job_own(unsigned level); /* 0: the innermost; borrowed; NULL: no more */
/* Members alive; forgets the dead. */
unsigned ps_job_members(struct ob_object *job, int *pids, unsigned room);
uint64_t ps_job_charge(struct ob_object *job); /* pages of the living */
void ps_job_balance(void);                     /* this process takes its share of the budget: called by the agent */
bool ps_job_has_budget(void);
/* Bytes of the budget that this process shares with others, and how many of them nobody uses. false: there is none. */
bool ps_job_memory(uint64_t *total, uint64_t *available, uint64_t *kept);
/* Who sets this process' budget, in bytes, and starts paging when that is due. */
typedef int ps_job_budgeter(uint64_t bytes);
void ps_job_set_budgeter(ps_job_budgeter *set_budget);

/* jobledger.c: the places in a ledger. */
uint64_t ps_job_birth(int pid); /* when a process was born, by the kernel's clock; 0: there is none */
/* Members to look at: the first so many places. */
unsigned ps_job_places(const struct ps_job_ledger *ledger);
void ps_job_bury_dead(struct ps_job_ledger *ledger); /* what the dead held is the job's again */
bool ps_job_turn(struct ps_job_ledger *ledger);      /* it is due, and the caller's turn, to look after the others */
uint64_t ps_job_sum_pages(struct ps_job_ledger *ledger);
struct ps_job_member *ps_job_place_of(struct ps_job_ledger *ledger, int pid, const struct ps_job_member *but);
/* QUOTA_EXCEEDED: the job has as many processes as it may. */
NTSTATUS ps_job_take_place(struct ps_job_ledger *ledger, int pid, struct ps_job_member **place);
/* A child is listed by its maker and comes by itself: one of the two places goes again. */
void ps_job_drop_double(struct ps_job_ledger *ledger, int pid, struct ps_job_member *place);
/* ACCESS_DENIED: a process in `outer` (or none) cannot be in this job too, because jobs lie within each other. */
NTSTATUS ps_job_nest(struct ob_object *job, struct ob_object *outer);

/* jobtime.c: what members spend, and the limits on it. */
void ps_job_measure(struct ps_job_member *member); /* a living one's */
/* Of a process that ended now, whoever it belonged to. */
void ps_job_note_spent(struct ob_object *job, int pid, uint64_t user, uint64_t kernel);
WINMEM_SHARED void ps_job_spent(struct ob_object *job, uint64_t spent[PS_JOB_SPENT], uint64_t *period);
WINMEM_SHARED void ps_job_limit_job_time(struct ob_object *job, uint64_t user); /* from now on; it is over no more */
WINMEM_SHARED void ps_job_keep_time(struct ob_object *job); /* this process looks after the limits on time */
void ps_job_look_at_time(struct ps_job_ledger *ledger);
WINMEM_SHARED void ps_job_set_affinity(struct ob_object *job, uint64_t mask); /* of all members, now */
void ps_job_apply_affinity(struct ps_job_ledger *ledger, int pid);
/* Ends all members but this process; whether that is one. */
bool ps_job_end_others(struct ps_job_ledger *ledger, uint32_t code);
/* The code that a job ended the process with. */
bool ps_job_verdict(struct ob_object *job, int pid, uint32_t *code);

/* jobnotice.c: see above. */
WINMEM_SHARED void ps_job_set_notices(struct ob_object *job, uint32_t flags, const uint64_t limit[PS_NOTICES]);
void ps_job_look_at_notices(struct ps_job_ledger *ledger); /* when the members have been measured */
void ps_job_notice_if_passed(struct ps_job_ledger *ledger, unsigned kind, uint64_t value, int pid);

/* jobclose.c: this process has handles, has none any more; the end of a job that nobody has. */
void ps_job_hold(struct ps_job_ledger *ledger);
void ps_job_let_go(struct ps_job_ledger *ledger);
void ps_job_end_if_closed(struct ps_job_ledger *ledger, bool itself);

/* jobport.c: a completion port that is told of what happens in a job. `post` is base's. */
typedef NTSTATUS ps_job_poster(struct ob_object *port, DWORD message, ULONG_PTR key, ULONG_PTR pid);
WINMEM_SHARED void ps_job_set_poster(const struct ob_type *port_type, ps_job_poster *post);
/* NULL: no port any more. INVALID_PARAMETER: the job has a port already. */
NTSTATUS ps_job_tell_port(struct ob_object *job, HANDLE port, ULONG_PTR key);
WINMEM_SHARED void ps_job_look_now(void); /* ports of this process hear at once of what has happened so far */
void ps_job_note_change(struct ps_job_ledger *ledger);

/* balance.c */
struct ps_job_place {
    uint64_t share, cap; /* bytes; cap: more would be of no use */
    uint32_t rate;       /* pages brought back in a tick */
    uint32_t faults;     /* pages brought back in the last tick */
    uint64_t floor;      /* as in its member */
    uint32_t hold, patience, trying;
    bool busy; /* with letting go of what it gave before */
};
/* The new shares of the living: their sum is at most `ram`. Who idles gives, who faults gets, all keep a minimum. */
uint64_t ps_job_least_share(uint64_t ram, unsigned count, uint64_t minimum); /* of one of so many */
void ps_job_divide(struct ps_job_place *place, unsigned count, uint64_t ram, uint64_t minimum);
void ps_job_balance_now(struct ps_job_ledger *ledger, struct ps_job_member *self);
bool ps_job_tick_is_due(void);

#endif
