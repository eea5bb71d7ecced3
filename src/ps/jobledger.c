/* jobledger.c: the places of members in a job's ledger: taken, looked at, cleared behind the dead. A place that is
 * being taken or cleared bears the negative id of who does it; when that one died over it, the next starts again. */
#include "ps/job.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "host/futex.h"
#include "host/process.h"

#define TURN_NS ((int64_t)400000000)
#define TURNS 200 /* looks at places that others are taking right now */

uint64_t ps_job_birth(int pid)
{
    struct host_process_stat stat;
    return host_process_stat(pid, &stat) == 0 && !stat.dead ? stat.born : 0;
}

unsigned ps_job_places(const struct ps_job_ledger *ledger)
{
    unsigned used = atomic_load(&ledger->used);
    return used < PS_JOB_MEMBERS ? used : PS_JOB_MEMBERS;
}

/* Whoever cannot be looked at now is not taken for dead. */
static bool is_alive(int pid, uint64_t born)
{
    struct host_process_stat stat;
    int error = host_process_stat(pid, &stat);
    if (error)
        return error != -ESRCH;
    return !stat.dead && (born == 0 || stat.born == born);
}

static void spend_for_the_dead(struct ps_job_ledger *ledger, struct ps_job_member *member)
{
    for (unsigned i = 0; i < PS_JOB_SPENT; i++)
        atomic_fetch_add(&ledger->spent[i], atomic_exchange(&member->spent[i], 0));
}

/* What was told of the last one stays: its birth, end and refusals. */
static void clear(struct ps_job_member *member)
{
    atomic_store(&member->managed, 0);
    atomic_store(&member->pages, 0);
    atomic_store(&member->peak, 0);
    atomic_store(&member->share, 0);
    atomic_store(&member->applied, 0);
    atomic_store(&member->used, 0);
    atomic_store(&member->faults, 0);
    atomic_store(&member->seen, 0);
    atomic_store(&member->rate, 0);
    atomic_store(&member->hold, 0);
    atomic_store(&member->patience, 0);
    atomic_store(&member->trying, 0);
    atomic_store(&member->floor, 0);
}

static void bury(struct ps_job_ledger *ledger, struct ps_job_member *member)
{
    int pid = atomic_load(&member->pid), self = -getpid();
    bool alive = pid == 0 || (pid < 0 ? is_alive(-pid, 0) : is_alive(pid, atomic_load(&member->born)));
    if (alive)
        return;
    if (pid > 0)
        ps_job_measure(member); /* nobody may have waited for it yet: then the kernel still knows */
    if (!atomic_compare_exchange_strong(&member->pid, &pid, self))
        return;
    spend_for_the_dead(ledger, member);
    clear(member);
    atomic_compare_exchange_strong(&member->pid, &self, 0);
}

void ps_job_bury_dead(struct ps_job_ledger *ledger)
{
    for (unsigned i = 0; i < ps_job_places(ledger); i++)
        bury(ledger, &ledger->member[i]);
}

uint64_t ps_job_sum_pages(struct ps_job_ledger *ledger)
{
    uint64_t sum = 0;
    unsigned places = ps_job_places(ledger);
    for (unsigned i = 0; i < places; i++)
        if (atomic_load_explicit(&ledger->member[i].pid, memory_order_relaxed) > 0)
            sum += atomic_load(&ledger->member[i].pages);
    return sum;
}

uint64_t ps_job_charge(struct ob_object *job)
{
    ps_job_bury_dead(ps_job_ledger(job));
    return ps_job_sum_pages(ps_job_ledger(job));
}

unsigned ps_job_members(struct ob_object *job, int *pids, unsigned room)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    unsigned count = 0;
    ps_job_bury_dead(ledger);
    for (unsigned i = 0; i < ps_job_places(ledger); i++) {
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
    struct ps_job_member *member = ps_job_place_of(ledger, pid, NULL);
    return member && is_alive(pid, atomic_load(&member->born));
}

struct ps_job_member *ps_job_place_of(struct ps_job_ledger *ledger, int pid, const struct ps_job_member *but)
{
    for (unsigned i = 0; i < ps_job_places(ledger); i++)
        if (atomic_load(&ledger->member[i].pid) == pid && &ledger->member[i] != but)
            return &ledger->member[i];
    return NULL;
}

void ps_job_drop_double(struct ps_job_ledger *ledger, int pid, struct ps_job_member *place)
{
    if (atomic_compare_exchange_strong(&place->pid, &pid, 0))
        atomic_fetch_sub(&ledger->total_processes, 1);
}

static void raise_used(struct ps_job_ledger *ledger, uint32_t used)
{
    uint32_t seen = atomic_load(&ledger->used);
    while (used > seen && !atomic_compare_exchange_weak(&ledger->used, &seen, used)) {}
}

/* A free place, ours for the moment; NULL: there is none. */
static struct ps_job_member *claim(struct ps_job_ledger *ledger)
{
    for (unsigned i = 0; i < PS_JOB_MEMBERS; i++) {
        int none = 0;
        if (!atomic_compare_exchange_strong(&ledger->member[i].pid, &none, -getpid()))
            continue;
        raise_used(ledger, i + 1);
        return &ledger->member[i];
    }
    return NULL;
}

static void give_up(struct ps_job_member *place)
{
    int self = -getpid();
    atomic_compare_exchange_strong(&place->pid, &self, 0);
}

/* The place is claimed and counts, so that of two who come for the last one not both get it. */
static bool is_within_limit(struct ps_job_ledger *ledger, bool *unsure)
{
    unsigned living = 0, claimed = 0;
    *unsure = false;
    if (!(atomic_load(&ledger->flags) & JOB_OBJECT_LIMIT_ACTIVE_PROCESS))
        return true;
    for (unsigned i = 0; i < ps_job_places(ledger); i++) {
        int pid = atomic_load(&ledger->member[i].pid);
        living += pid != 0;
        claimed += pid < 0;
    }
    *unsure = claimed > 1;
    return living <= atomic_load(&ledger->active_limit);
}

static NTSTATUS claim_within_limit(struct ps_job_ledger *ledger, struct ps_job_member **place)
{
    bool unsure = true;
    for (int turn = 0; turn < TURNS && unsure; turn++) {
        *place = claim(ledger);
        if (!*place)
            return STATUS_QUOTA_EXCEEDED;
        if (is_within_limit(ledger, &unsure))
            return STATUS_SUCCESS;
        give_up(*place);
        sched_yield();
    }
    return STATUS_QUOTA_EXCEEDED;
}

/* The dead are only looked for when there is no room. */
static NTSTATUS claim_place(struct ps_job_ledger *ledger, struct ps_job_member **place)
{
    NTSTATUS status = claim_within_limit(ledger, place);
    if (!NT_SUCCESS(status)) {
        ps_job_bury_dead(ledger);
        status = claim_within_limit(ledger, place);
    }
    if (!NT_SUCCESS(status)) {
        atomic_fetch_add(&ledger->turned_away, 1);
        ps_job_note_change(ledger);
    }
    return status;
}

static void begin(struct ps_job_member *member, int pid, uint64_t born)
{
    clear(member);
    atomic_store(&member->refused, 0);
    atomic_store(&member->refused_job, 0);
    atomic_store(&member->late, 0);
    atomic_store(&member->verdict, 0);
    for (unsigned i = 0; i < PS_JOB_SPENT; i++)
        atomic_store(&member->spent[i], 0);
    atomic_store(&member->born, born);
    atomic_store(&member->last, pid);
}

NTSTATUS ps_job_take_place(struct ps_job_ledger *ledger, int pid, struct ps_job_member **place)
{
    uint64_t born = ps_job_birth(pid);
    *place = ps_job_place_of(ledger, pid, NULL);
    if (*place && (born == 0 || atomic_load(&(*place)->born) == born))
        return STATUS_SUCCESS;
    if (*place)
        bury(ledger, *place); /* an earlier process of this id */
    if (atomic_load(&ledger->over))
        return STATUS_QUOTA_EXCEEDED;
    NTSTATUS status = claim_place(ledger, place);
    if (!NT_SUCCESS(status))
        return status;
    begin(*place, pid, born);
    atomic_fetch_add(&ledger->total_processes, 1);
    atomic_store(&(*place)->pid, pid); /* last: whoever sees it sees all of it */
    ps_job_note_change(ledger);
    return STATUS_SUCCESS;
}

bool ps_job_turn(struct ps_job_ledger *ledger)
{
    int64_t now = host_now(), last = atomic_load(&ledger->looked);
    return (now - last >= TURN_NS || now < last) && atomic_compare_exchange_strong(&ledger->looked, &last, now);
}

NTSTATUS ps_job_nest(struct ob_object *job, struct ob_object *outer)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    uint64_t around = outer ? ob_named_identity((struct ob_named *)outer) : PS_JOB_OUTERMOST;
    uint64_t before = atomic_load(&ledger->within);
    if (before == around)
        return STATUS_SUCCESS;
    if (outer && atomic_load(&ledger->ui))
        return STATUS_ACCESS_DENIED; /* restrictions on windows are for jobs that stand alone */
    if (before != 0 && ps_job_members(job, NULL, 0) != 0)
        return STATUS_ACCESS_DENIED;
    return atomic_compare_exchange_strong(&ledger->within, &before, around) || before == around
               ? STATUS_SUCCESS
               : (NTSTATUS)STATUS_ACCESS_DENIED;
}
