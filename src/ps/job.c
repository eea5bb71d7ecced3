/* job.c: see job.h. The pager asks the job before it charges; the agent looks at the shares twice a second. */
#include "ps/job.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/options.h"
#include "host/proc.h"
#include "host/utf.h"
#include "pager/pager.h"
#include "ps/process.h"

#define LONGEST_NAME 260u

/* The jobs that this process is in, outermost first: entries are made once and stay. */
static struct {
    host_lock lock; /* P: to join */
    _Atomic unsigned count;
    struct {
        struct ob_object *job; /* referenced */
        _Atomic(struct ps_job_member *) self;
    } in[PS_JOB_DEPTH];
} job_state = {.lock = HOST_LOCK(RANK_PROCESS)};

struct ps_job_ledger *ps_job_ledger(struct ob_object *job)
{
    return ((struct ob_named *)job)->state;
}

uint32_t ps_job_limits(struct ob_object *job)
{
    return atomic_load(&ps_job_ledger(job)->flags);
}

struct ob_object *ps_job_current(void)
{
    return ps_job_own(0);
}

struct ob_object *ps_job_own(unsigned level)
{
    unsigned count = atomic_load(&job_state.count);
    return level < count ? job_state.in[count - 1 - level].job : NULL;
}

/* Field 22 of /proc/PID/stat, behind the name in parentheses; 0: no such process (or only its remains). */
uint64_t ps_job_birth(int pid)
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
    uint64_t now = ps_job_birth(pid);
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
    atomic_store(&member->refused, 0);
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

static void note_refusal(struct ps_job_ledger *ledger, struct ps_job_member *self, uint64_t own)
{
    bool process = (atomic_load(&ledger->flags) & JOB_OBJECT_LIMIT_PROCESS_MEMORY) &&
                   own * 4096 > atomic_load(&ledger->process_memory);
    atomic_fetch_add(&self->refused, process ? 1 : 0x10000);
    ps_job_note_change(ledger);
}

/* Entered first and summed then, so that two members cannot both take the last page. */
static bool charge_in(struct ps_job_ledger *ledger, struct ps_job_member *self, size_t pages)
{
    uint64_t own = atomic_fetch_add(&self->pages, pages) + pages, all = sum_pages(ledger);
    if (!within_limits(ledger, own, all)) {
        bury_dead(ledger);
        all = sum_pages(ledger);
        if (!within_limits(ledger, own, all)) {
            atomic_fetch_sub(&self->pages, pages);
            note_refusal(ledger, self, own);
            return false;
        }
    }
    raise_peak(&self->peak, own);
    raise_peak(&ledger->peak_process, own * 4096);
    raise_peak(&ledger->peak_job, all * 4096);
    return true;
}

static void uncharge_to(unsigned levels, size_t pages)
{
    for (unsigned i = 0; i < levels; i++) {
        struct ps_job_member *self = atomic_load(&job_state.in[i].self);
        if (self)
            atomic_fetch_sub(&self->pages, pages);
    }
}

/* The pager's question: every job on the way must have room. */
static int charge(size_t pages)
{
    unsigned count = atomic_load(&job_state.count);
    for (unsigned i = 0; i < count; i++) {
        struct ps_job_member *self = atomic_load(&job_state.in[i].self);
        if (self && !charge_in(ps_job_ledger(job_state.in[i].job), self, pages)) {
            uncharge_to(i, pages);
            return -ENOMEM;
        }
    }
    return 0;
}

static void uncharge(size_t pages)
{
    uncharge_to(atomic_load(&job_state.count), pages);
}

static struct ps_job_member *place_of(struct ps_job_ledger *ledger, int pid, const struct ps_job_member *but)
{
    for (unsigned i = 0; i < PS_JOB_MEMBERS; i++)
        if (atomic_load(&ledger->member[i].pid) == pid && &ledger->member[i] != but)
            return &ledger->member[i];
    return NULL;
}

/* A child is listed by its maker and comes by itself: one of the two places goes again. */
static void drop_double(struct ps_job_ledger *ledger, int pid, struct ps_job_member *place)
{
    if (atomic_compare_exchange_strong(&place->pid, &pid, 0))
        atomic_fetch_sub(&ledger->total_processes, 1);
}

static NTSTATUS take_place(struct ps_job_ledger *ledger, int pid, struct ps_job_member **place)
{
    bury_dead(ledger);
    *place = place_of(ledger, pid, NULL);
    if (*place)
        return STATUS_SUCCESS;
    unsigned living = 0;
    for (unsigned i = 0; i < PS_JOB_MEMBERS; i++)
        living += atomic_load(&ledger->member[i].pid) != 0;
    if ((atomic_load(&ledger->flags) & JOB_OBJECT_LIMIT_ACTIVE_PROCESS) &&
        living >= atomic_load(&ledger->active_limit)) {
        atomic_fetch_add(&ledger->turned_away, 1);
        ps_job_note_change(ledger);
        return STATUS_QUOTA_EXCEEDED;
    }
    uint64_t born = ps_job_birth(pid);
    for (unsigned i = 0; i < PS_JOB_MEMBERS; i++) {
        int none = 0;
        if (!atomic_compare_exchange_strong(&ledger->member[i].pid, &none, pid))
            continue;
        clear(&ledger->member[i]);
        atomic_store(&ledger->member[i].born, born);
        atomic_fetch_add(&ledger->total_processes, 1);
        ps_job_note_change(ledger);
        *place = &ledger->member[i];
        return STATUS_SUCCESS;
    }
    return STATUS_QUOTA_EXCEEDED;
}

/* What was charged while nobody counted, or counted twice, is put right: at the start and now and then. */
static void tell_pages(struct ps_job_member *self)
{
    struct pager_commit commit;
    pager_get_commit(&commit);
    uint64_t pages = atomic_load(&self->pages);
    if (pages != commit.total)
        atomic_compare_exchange_strong(&self->pages, &pages, commit.total);
}

static NTSTATUS join_locked(struct ob_object *job)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    struct ps_job_member *place;
    unsigned count = atomic_load(&job_state.count);
    for (unsigned i = 0; i < count; i++)
        if (job_state.in[i].job == job)
            return STATUS_ACCESS_DENIED;
    if (count == PS_JOB_DEPTH)
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = take_place(ledger, getpid(), &place);
    if (!NT_SUCCESS(status))
        return status;
    struct ps_job_member *listed = place_of(ledger, getpid(), place);
    if (listed)
        drop_double(ledger, getpid(), listed);
    ob_reference(job);
    job_state.in[count].job = job;
    atomic_store(&job_state.in[count].self, place);
    atomic_store(&job_state.count, count + 1);
    pager_set_job(charge, uncharge);
    tell_pages(place);
    raise_peak(&ledger->peak_process, atomic_load(&place->pages) * 4096);
    return STATUS_SUCCESS;
}

NTSTATUS ps_job_join(struct ob_object *job)
{
    host_lock_acquire(&job_state.lock);
    NTSTATUS status = join_locked(job);
    host_lock_release(&job_state.lock);
    if (!NT_SUCCESS(status))
        return status;
    ps_agent_start();
    ps_job_balance();
    return STATUS_SUCCESS;
}

/* A forked child is in its parent's jobs, with a charge of its own. */
static void after_fork(void)
{
    for (unsigned i = 0; i < atomic_load(&job_state.count); i++) {
        struct ps_job_member *place = NULL;
        if (!NT_SUCCESS(take_place(ps_job_ledger(job_state.in[i].job), getpid(), &place)))
            place = NULL;
        atomic_store(&job_state.in[i].self, place);
        if (place)
            tell_pages(place);
    }
}

NTSTATUS ps_job_enlist(struct ob_object *job, int pid)
{
    struct ps_job_member *place;
    NTSTATUS status = take_place(ps_job_ledger(job), pid, &place);
    if (NT_SUCCESS(status) && place_of(ps_job_ledger(job), pid, place))
        drop_double(ps_job_ledger(job), pid, place);
    return status;
}

/* The innermost job that has a budget gives it; the others only count. */
void ps_job_balance(void)
{
    bool done = false;
    for (unsigned i = atomic_load(&job_state.count); i-- > 0;) {
        struct ps_job_ledger *ledger = ps_job_ledger(job_state.in[i].job);
        struct ps_job_member *self = atomic_load(&job_state.in[i].self);
        bury_dead(ledger);
        ps_job_end_if_closed(ledger, true);
        if (!self)
            continue;
        tell_pages(self);
        bool gives = atomic_load(&ledger->ram) != 0;
        if (!done && (gives || atomic_load(&self->managed)))
            ps_job_balance_now(ledger, self);
        done |= gives;
    }
}

bool ps_job_has_budget(void)
{
    for (unsigned i = 0; i < atomic_load(&job_state.count); i++)
        if (atomic_load(&ps_job_ledger(job_state.in[i].job)->ram) != 0)
            return true;
    return false;
}

static NTSTATUS job_create(struct ob_named *named, void *context)
{
    (void)context; /* all zero: no limits, no members */
    ps_job_hold(named->state);
    return STATUS_SUCCESS;
}

static void job_last_handle(struct ob_object *job)
{
    ps_job_let_go(ps_job_ledger(job));
    bool own = false;
    for (unsigned i = 0; i < atomic_load(&job_state.count); i++)
        own |= job_state.in[i].job == job;
    ps_job_end_if_closed(ps_job_ledger(job), own);
    if (!own)
        ob_named_last_handle(job); /* a member keeps the name of its job */
}

static void job_detach(struct ob_named *named)
{
    ps_job_let_go(named->state);
}

static void job_destroy(struct ob_object *job)
{
    ob_named_destroy((struct ob_named *)job);
    free(job);
}

/* A job is signaled when its time is over: it has none. */
static NTSTATUS never(struct ob_object *job)
{
    (void)job;
    return STATUS_TIMEOUT;
}

static void no_place(struct ob_object *job, struct ob_wait_place *place)
{
    (void)job;
    *place = (struct ob_wait_place){.word = NULL};
}

static const struct ob_type job_type = {
    .name = "Job",
    .valid_access = JOB_OBJECT_ALL_ACCESS,
    .mapping = {READ_CONTROL | JOB_OBJECT_QUERY,
                READ_CONTROL | JOB_OBJECT_ASSIGN_PROCESS | JOB_OBJECT_SET_ATTRIBUTES | JOB_OBJECT_TERMINATE,
                READ_CONTROL | SYNCHRONIZE, JOB_OBJECT_ALL_ACCESS},
    .destroy = job_destroy,
    .last_handle = job_last_handle,
    .try_wait = never,
    .wait_place = no_place,
};
const struct ob_class ps_job_class = {&job_type, 5, sizeof(struct ob_named), job_create, job_create, job_detach, NULL};

/* The program starts as a member of the job that the options name; its budget is theirs when it has none. */
__attribute__((constructor(155))) static void start_in_job(void)
{
    WCHAR wide[LONGEST_NAME];
    HANDLE handle;
    struct ob_object *job;
    ob_register_class(&ps_job_class);
    host_at_fork(&(struct host_fork){RANK_PROCESS, &job_state.lock, .child = after_fork});
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
