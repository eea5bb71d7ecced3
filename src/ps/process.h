/* process.h: processes as objects: this one and others, by a descriptor that outlives the reuse of their ids. */
#ifndef WINMEM_PS_PROCESS_H
#define WINMEM_PS_PROCESS_H

#include "ob/ob.h"

#include "host/lock.h"
#include "host/process.h"

/* Shared between a process made by CreateProcess and its maker: an anonymous file that the child inherits. */
#define PS_BLOCK_HANDLES 2000u
#define PS_BLOCK_LINE 32768u
struct ps_block {
    uint32_t magic;
    _Atomic int pid;             /* whose it is, not a later one's that has its environment; 0: not said yet */
    int maker;                   /* whose child that is */
    _Atomic uint32_t exit_known; /* exit_code is what the program said */
    _Atomic uint32_t exit_code;
    _Atomic uint32_t hold;    /* created suspended: the child waits until it is 0 */
    _Atomic uint32_t started; /* 1: the child's agent answers; 2: nobody waits for that any more */
    int32_t job_file[4];      /* the jobs which the child joins, outermost first; 0: none */
    uint32_t stopped;         /* it stands before its first instruction until it gets SIGCONT */
    uint32_t handle_count;
    struct {
        uint64_t value, size;
        uint32_t access, kind, protect, attributes;
        int32_t file[2];
    } handle[PS_BLOCK_HANDLES];
    char line[PS_BLOCK_LINE]; /* the command line as it was given */
};
#define PS_BLOCK_MAGIC 0x4B4C4258u

/* A connection to an agent stands for a handle: it is good for that one's rights only, for ever. */
#define PS_LINES 4u
struct ps_line {
    int socket; /* -1: none */
    ACCESS_MASK rights;
};

#define PS_PROCESS_JOBS 4u
struct ps_process {
    struct ob_object object;
    struct ps_process *next;  /* P: the children that this process made and has handles to */
    bool own;                 /* this process */
    int pid;                  /* constant */
    int file;                 /* constant: the pidfd; -1 for the own process */
    _Atomic uint32_t ended;   /* the word that waiters sleep on */
    _Atomic uint32_t asked;   /* its end has been looked for: from here on its id may be another's */
    _Atomic uint32_t watched; /* by the watcher of this number, 0: by none */
    _Atomic uint32_t exit_known;
    _Atomic uint32_t exit_code;
    uint64_t begun, end;             /* of a child that we made: begun; L: end, written before `ended` */
    struct host_process_times spent; /* as `end` */
    struct ps_block *block;          /* of a child that we made, or NULL */
    host_lock line;                  /* L: the connections to its agent */
    struct ps_line agent[PS_LINES];  /* L */
    unsigned next_line;              /* L: to be given up for another */
    int64_t gave_up;                 /* L: when one who asked it last had no answer in time */
    _Atomic(struct ob_object *) job[PS_PROCESS_JOBS]; /* that it was seen in, referenced: true of it for ever */
};

WINMEM_SHARED extern const struct ob_type ps_process_type;

WINMEM_SHARED struct ps_process *ps_process_own(void); /* borrowed */
/* STATUS_INVALID_CID (ERROR_INVALID_PARAMETER): no such process; ACCESS_DENIED: another user's. */
WINMEM_SHARED NTSTATUS ps_process_open(int pid, struct ps_process **process);
/* Takes over the descriptor and the block. */
WINMEM_SHARED struct ps_process *ps_process_new(int pid, int file, struct ps_block *block);
WINMEM_SHARED bool ps_process_ended(struct ps_process *process);
/* Whether its id is still its own: no system call for a child that nobody has asked about, which nobody reaps. */
bool ps_process_is_still(struct ps_process *process);
/* STILL_ACTIVE while it runs. */
WINMEM_SHARED NTSTATUS ps_process_exit_code(struct ps_process *process, uint32_t *code);
WINMEM_SHARED NTSTATUS ps_process_terminate(struct ps_process *process, uint32_t code);
/* Tells its waiters of its end, and reaps it. False: cannot, they must look. */
WINMEM_SHARED bool ps_process_watch(struct ps_process *process);
WINMEM_SHARED void ps_set_own_exit(uint32_t code); /* ExitProcess: the code for whoever made us */

WINMEM_SHARED void ps_exit_now(uint32_t code) __attribute__((noreturn)); /* at once, no destructors */

/* A process handle: this one (*self) or another with `access`; then *other is referenced. */
WINMEM_SHARED NTSTATUS ps_lookup(HANDLE handle, ACCESS_MASK access, bool *self, struct ps_process **other);
/* And what the handle grants. */
NTSTATUS ps_lookup_rights(HANDLE handle, ACCESS_MASK access, bool *self, struct ps_process **other,
                          ACCESS_MASK *rights);

/* The block that CreateProcess in the parent made for us, or NULL; and the wait of a suspended start. */
const struct ps_block *ps_block_adopt(void);
void ps_block_tell_started(void);
/* The line that this process was made with, or NULL. */
WINMEM_SHARED const char *ps_block_line(void);
void ps_block_wait(void);
WINMEM_SHARED int ps_block_create(struct ps_block **block); /* the descriptor, or -errno */
WINMEM_SHARED void ps_block_drop(struct ps_block *block);   /* no child has come of it */

/* The process was found in the job: it is said to be after its end too. */
WINMEM_SHARED void ps_process_note_job(struct ps_process *process, struct ob_object *job);
struct ob_object *ps_process_innermost(struct ps_process *process);        /* of those; borrowed; NULL */
bool ps_process_was_in(struct ps_process *process, struct ob_object *job); /* NULL: in any */

/* agent.c: the agent of this process, started when the process first takes part in the life of others. */
WINMEM_SHARED void ps_agent_start(void);

#endif
