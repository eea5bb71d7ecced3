/* launch.h: a start of a process, as createprocess.c and launchpass.c see it. */
#ifndef WINMEM_BASE_LAUNCH_H
#define WINMEM_BASE_LAUNCH_H

#include <processthreadsapi.h>
#include <stdbool.h>

#include "host/spawn.h"
#include "ps/job.h"
#include "ps/process.h"

struct launch {
    const char *application; /* or NULL */
    const char *line;        /* or NULL */
    const char *directory;   /* or NULL */
    char **environment;
    DWORD flags;
    BOOL inherit;
    HANDLE standard[3];
    bool use_standard;
    const HANDLE *handles; /* the only ones that the child inherits, or NULL */
    SIZE_T handle_count;
    HANDLE parent;      /* whose handles these are; NULL: ours */
    const HANDLE *jobs; /* that the child is in besides ours, or NULL */
    SIZE_T job_count;
};

/* The jobs of the child, outermost first, referenced: its maker's unless it breaks away, and those of the list. */
struct child_jobs {
    struct ob_object *job[PS_JOB_DEPTH];
    unsigned count;
};

/* launchpass.c: what the list of attributes says; FALSE: an error is set. */
BOOL launch_take_attributes(struct launch *launch, const STARTUPINFOA *startup);
/* Whether listed handles are inheritable ones of this process; whoever's the rest is. */
bool launch_handles_are_good(const struct launch *launch);
NTSTATUS launch_jobs(const struct launch *launch, struct child_jobs *jobs);
void launch_leave_jobs(struct child_jobs *jobs);
/* The child is listed in its jobs. QUOTA_EXCEEDED: one of them takes no more. */
NTSTATUS launch_enter_jobs(const struct child_jobs *jobs, struct ps_process *process);
/* The handles and jobs that go with the child into its block, and their descriptors. An errno,
 * or 0; launch_close_taken closes what was taken from another process, afterwards. */
int launch_pass(const struct launch *launch, const struct child_jobs *jobs, struct ps_block *block,
                struct host_spawn *spawn);
void launch_give_file(struct host_spawn *spawn, int from, int to);
void launch_close_taken(const struct launch *launch, const struct ps_block *block);

/* commandline.c: the arguments, which lie in `storage`: twice the line and four bytes. NULL: no memory. */
char **launch_split_line(const char *line, char *storage, unsigned *arguments_found);

/* launchhold.c: whether the program has the library, whose start waits until it is let go. */
bool launch_holds_itself(const char *program, char *const *environment);

#endif
