/* job.c: see job.h. The pager asks the job before it charges; the agent looks at the shares twice a second. */
#include "ps/job.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/options.h"
#include "host/proc.h"
#include "host/utf.h"
#include "pager/pager.h"
#include "ps/process.h"

#define LONGEST_NAME 260u

static struct {
    _Atomic(struct ob_object *) job; /* referenced; set once */
    _Atomic(struct ps_job_member *) self;
} job_state;

struct ps_job_ledger *ps_job_ledger(struct ob_object *job)
{
    return ((struct ob_named *)job)->state;
}

struct ob_object *ps_job_current(void)
{
    return atomic_load(&job_state.job);
}

/* Field 22 of /proc/PID/stat, behind the name in parentheses; 0: no such process (or only its remains). */
static uint64_t birth_of(int pid)
{
    char path[32], text[1024];
    sprintf(path, "/proc/%d/stat", pid);
    if (host_read_text(path, text, sizeof(text)) <= 0)
        return 0;
    char *at = strrchr(text, ')');
    if (!at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    for (int field = 2; field < 22 && at; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

static bool is_alive(struct ps_job_member *member)
{
    int pid = atomic_load(&member->pid);
    uint64_t born = atomic_load(&member->born);
    if (pid == 0)
        return false;
    uint64_t now = birth_of(pid);
    return now != 0 && (born == 0 || now == born);
}

static void clear(struct ps_job_member *member)
{
    atomic_store(&member->managed, 0);
    atomic_store(&member->pages, 0);
    atomic_store(&member->peak, 0);
    atomic_store(&member->share, 0);
    atomic_store(&member->applied, 0);
    atomic_store(&member->faults, 0);
    atomic_store(&member->seen, 0);
    atomic_store(&member->rate, 0);
    atomic_store(&member->hold, 0);
}

/* What the dead held is the job's again. */
static void bury(struct ps_job_member *member)
{
    int pid = atomic_load(&member->pid);
    if (pid == 0 || is_alive(member) || !atomic_compare_exchange_strong(&member->pid, &pid, -1))
        return;
    clear(member);
    atomic_store(&member->born, 0);
    atomic_store(&member->pid, 0);
}

static void bury_dead(struct ps_job_ledger *ledger)
{
    for (unsigned i = 0; i < PS_JOB_MEMBERS; i++) {
        int dead = -1; /* its burier died over it */
        if (!atomic_compare_exchange_strong(&ledger->member[i].pid, &dead, 0))
            bury(&ledger->member[i]);
    }
}

static uint64_t sum_pages(struct ps_job_ledger *ledger)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PS_JOB_MEMBERS; i++)
        if (atomic_load(&ledger->member[i].pid) != 0)
            sum += atomic_load(&ledger->member[i].pages);
    return sum;
}

uint64_t ps_job_charge(struct ob_object *job)
{
    bury_dead(ps_job_ledger(job));
    return sum_pages(ps_job_ledger(job));
}

unsigned ps_job_members(struct ob_object *job, int *pids, unsigned room)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    unsigned count = 0;
    bury_dead(ledger);
    for (unsigned i = 0; i < PS_JOB_MEMBERS; i++) {
        int pid = atomic_load(&ledger->member[i].pid);
        if (pid <= 0)
            continue;
        if (count < room)
            pids[count] = pid;
        count++;
    }
    return count;
}

bool ps_job_has(struct ob_object *job, int pid)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    for (unsigned i = 0; i < PS_JOB_MEMBERS; i++)
        if (atomic_load(&ledger->member[i].pid) == pid && is_alive(&ledger->member[i]))
            return true;
    return false;
}

static void raise_peak(_Atomic uint64_t *peak, uint64_t value)
{
    uint64_t seen = atomic_load(peak);
    while (value > seen && !atomic_compare_exchange_weak(peak, &seen, value)) {}
}

static bool within_limits(struct ps_job_ledger *ledger, uint64_t own, uint64_t all)
{
    uint32_t flags = atomic_load(&ledger->flags);
    if ((flags & JOB_OBJECT_LIMIT_PROCESS_MEMORY) && own * 4096 > atomic_load(&ledger->process_memory))
        return false;
    return !(flags & JOB_OBJECT_LIMIT_JOB_MEMORY) || all * 4096 <= atomic_load(&ledger->job_memory);
}

/* The pager's question. Entered first and summed then, so that two members cannot both take the last page. */
static int charge(size_t pages)
{
    struct ob_object *job = atomic_load(&job_state.job);
    struct ps_job_member *self = atomic_load(&job_state.self);
    if (!job || !self)
        return 0;
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    uint64_t own = atomic_fetch_add(&self->pages, pages) + pages, all = sum_pages(ledger);
    if (!within_limits(ledger, own, all)) {
        bury_dead(ledger);
        all = sum_pages(ledger);
        if (!within_limits(ledger, own, all)) {
            atomic_fetch_sub(&self->pages, pages);
            return -ENOMEM;
        }
    }
    raise_peak(&self->peak, own);
    raise_peak(&ledger->peak_process, own * 4096);
    raise_peak(&ledger->peak_job, all * 4096);
    return 0;
}

static void uncharge(size_t pages)
{
    struct ps_job_member *self = atomic_load(&job_state.self);
    if (self)
        atomic_fetch_sub(&self->pages, pages);
}

static NTSTATUS take_place(struct ps_job_ledger *ledger, int pid, struct ps_job_member **place)
{
    bury_dead(ledger);
    unsigned living = 0;
    for (unsigned i = 0; i < PS_JOB_MEMBERS; i++)
        living += atomic_load(&ledger->member[i].pid) != 0;
    if ((atomic_load(&ledger->flags) & JOB_OBJECT_LIMIT_ACTIVE_PROCESS) && living >= atomic_load(&ledger->active_limit))
        return STATUS_QUOTA_EXCEEDED;
    uint64_t born = birth_of(pid);
    for (unsigned i = 0; i < PS_JOB_MEMBERS; i++) {
        int none = 0;
        if (!atomic_compare_exchange_strong(&ledger->member[i].pid, &none, pid))
            continue;
        clear(&ledger->member[i]);
        atomic_store(&ledger->member[i].born, born);
        atomic_fetch_add(&ledger->total_processes, 1);
        *place = &ledger->member[i];
        return STATUS_SUCCESS;
    }
    return STATUS_QUOTA_EXCEEDED;
}

NTSTATUS ps_job_join(struct ob_object *job)
{
    struct ob_object *none = NULL;
    struct ps_job_member *place;
    struct pager_commit commit;
    if (ps_job_current())
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = take_place(ps_job_ledger(job), getpid(), &place);
    if (!NT_SUCCESS(status))
        return status;
    if (!atomic_compare_exchange_strong(&job_state.job, &none, job)) {
        atomic_store(&place->pid, 0);
        return STATUS_ACCESS_DENIED;
    }
    ob_reference(job);
    pager_get_commit(&commit);
    atomic_store(&place->pages, commit.total);
    raise_peak(&ps_job_ledger(job)->peak_process, commit.total * 4096);
    atomic_store(&job_state.self, place);
    pager_set_job(charge, uncharge);
    ps_agent_start();
    ps_job_balance();
    return STATUS_SUCCESS;
}

NTSTATUS ps_job_enlist(struct ob_object *job, int pid)
{
    struct ps_job_member *place;
    return ps_job_has(job, pid) ? (NTSTATUS)STATUS_ACCESS_DENIED : take_place(ps_job_ledger(job), pid, &place);
}

void ps_job_balance(void)
{
    struct ob_object *job = atomic_load(&job_state.job);
    struct ps_job_member *self = atomic_load(&job_state.self);
    if (!job || !self)
        return;
    bury_dead(ps_job_ledger(job));
    ps_job_balance_now(ps_job_ledger(job), self);
}

bool ps_job_has_budget(void)
{
    struct ob_object *job = atomic_load(&job_state.job);
    return job && atomic_load(&ps_job_ledger(job)->ram) != 0;
}

static NTSTATUS job_create(struct ob_named *named, void *context)
{
    (void)named;
    (void)context;
    return STATUS_SUCCESS; /* all zero: no limits, no members */
}

/* JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE is the only thing that the last handle of a process may set off. */
static void job_last_handle(struct ob_object *job)
{
    int pids[PS_JOB_MEMBERS];
    bool kill_all = atomic_load(&ps_job_ledger(job)->flags) & JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    unsigned count = kill_all ? ps_job_members(job, pids, PS_JOB_MEMBERS) : 0;
    for (unsigned i = 0; i < count && i < PS_JOB_MEMBERS; i++)
        if (pids[i] != getpid())
            kill(pids[i], SIGKILL);
    if (ps_job_current() != job)
        ob_named_last_handle(job); /* a member keeps the name of its job */
}

static void job_destroy(struct ob_object *job)
{
    ob_named_destroy((struct ob_named *)job);
    free(job);
}

static const struct ob_type job_type = {
    .name = "Job",
    .valid_access = JOB_OBJECT_ALL_ACCESS,
    .mapping = {READ_CONTROL | JOB_OBJECT_QUERY,
                READ_CONTROL | JOB_OBJECT_ASSIGN_PROCESS | JOB_OBJECT_SET_ATTRIBUTES | JOB_OBJECT_TERMINATE,
                READ_CONTROL | SYNCHRONIZE, JOB_OBJECT_ALL_ACCESS},
    .destroy = job_destroy,
    .last_handle = job_last_handle,
};
const struct ob_class ps_job_class = {&job_type, 5, sizeof(struct ob_named), job_create, NULL, NULL, NULL};

/* The program starts as a member of the job that the options name; its budget is theirs when it has none. */
__attribute__((constructor(155))) static void start_in_job(void)
{
    WCHAR wide[LONGEST_NAME];
    HANDLE handle;
    struct ob_object *job;
    ob_register_class(&ps_job_class);
    const char *name = host_option_text(OPTION_JOB);
    size_t length = host_utf8_to_utf16(name, strlen(name), (uint16_t *)wide, LONGEST_NAME, 0);
    if (length == 0 || length > LONGEST_NAME)
        return;
    if (!NT_SUCCESS(ob_open_named(&ps_job_class, wide, length, OB_CREATE, JOB_OBJECT_ALL_ACCESS, 0, NULL, &handle)) ||
        !NT_SUCCESS(ob_lookup(handle, &job_type, 0, &job, NULL))) {
        dprintf(2, "winmem: the job %s cannot be opened\n", name);
        return;
    }
    uint64_t none = 0, ram = host_option_number(OPTION_JOB_RAM);
    if (ram == 0)
        ram = host_option_number(OPTION_RAM);
    atomic_compare_exchange_strong(&ps_job_ledger(job)->ram, &none, ram);
    if (!NT_SUCCESS(ps_job_join(job)))
        dprintf(2, "winmem: the job %s takes no more processes\n", name);
    ob_dereference(job); /* the handle stays open: the name lives as long as a member */
}
