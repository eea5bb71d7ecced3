/* jobtime.c: what the members of a job spend, and the limits on their time and processors. Members look twice a second
 * and whoever set a limit more often; what a member has spent is noted when it is looked at, when it ends in order,
 * and by whoever made it and waits for it. */
#include "ps/job.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>
#include <winerror.h>

#include "host/fork.h"
#include "host/futex.h"
#include "host/process.h"
#include "host/thread.h"
#include "ps/process.h"

#define LOOK_NS ((int64_t)50000000)
#define KEPT 16u /* jobs whose time this process looks after */
#define OUT_OF_TIME ERROR_NOT_ENOUGH_QUOTA

static struct {
    host_lock lock;              /* K */
    bool running;                /* K */
    unsigned count;              /* K */
    struct ob_object *job[KEPT]; /* K: referenced */
} keeper_state = {.lock = HOST_LOCK(RANK_PROCESS)};

static void raise_to(_Atomic uint64_t *place, uint64_t value)
{
    uint64_t seen = atomic_load(place);
    while (value > seen && !atomic_compare_exchange_weak(place, &seen, value)) {}
}

void ps_job_measure(struct ps_job_member *member)
{
    struct host_process_stat stat;
    int pid = atomic_load(&member->pid);
    uint64_t born = atomic_load(&member->born), transfers[4];
    if (pid <= 0 || host_process_stat(pid, &stat) != 0 || stat.born != born)
        return;
    raise_to(&member->spent[PS_SPENT_USER], stat.user);
    raise_to(&member->spent[PS_SPENT_KERNEL], stat.kernel);
    raise_to(&member->spent[PS_SPENT_FAULTS], stat.faults);
    if (host_process_transfers(pid, transfers) == 0)
        for (unsigned i = 0; i < 4; i++)
            raise_to(&member->spent[PS_SPENT_READS + i], transfers[i]);
}

static uint64_t ticks(struct timeval time)
{
    return (uint64_t)time.tv_sec * 10000000u + (uint64_t)time.tv_usec * 10;
}

void ps_job_note_spent(struct ob_object *job, int pid, uint64_t user, uint64_t kernel)
{
    struct ps_job_member *member = ps_job_place_of(ps_job_ledger(job), pid, NULL);
    if (!member)
        return; /* cleared already: then it was looked at */
    raise_to(&member->spent[PS_SPENT_USER], user);
    raise_to(&member->spent[PS_SPENT_KERNEL], kernel);
}

void ps_job_spent(struct ob_object *job, uint64_t spent[PS_JOB_SPENT], uint64_t *period)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    ps_job_bury_dead(ledger);
    for (unsigned k = 0; k < PS_JOB_SPENT; k++)
        spent[k] = atomic_load(&ledger->spent[k]);
    for (unsigned i = 0; i < ps_job_places(ledger); i++) {
        struct ps_job_member *member = &ledger->member[i];
        if (atomic_load(&member->pid) <= 0)
            continue;
        ps_job_measure(member);
        for (unsigned k = 0; k < PS_JOB_SPENT; k++)
            spent[k] += atomic_load(&member->spent[k]);
    }
    uint64_t since = atomic_load(&ledger->period);
    *period = spent[PS_SPENT_USER] > since ? spent[PS_SPENT_USER] - since : 0;
}

void ps_job_limit_job_time(struct ob_object *job, uint64_t user)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    uint64_t spent[PS_JOB_SPENT], period;
    ps_job_spent(job, spent, &period);
    atomic_store(&ledger->period, spent[PS_SPENT_USER]);
    atomic_store(&ledger->job_time, user);
    atomic_store(&ledger->over, 0);
}

/* The verdict first: whoever made the process hears the code with its end. */
static bool end_member(struct ps_job_ledger *ledger, struct ps_job_member *member, uint32_t code)
{
    int pid = atomic_load(&member->pid);
    uint64_t born = atomic_load(&member->born);
    int process = pid > 0 && pid != getpid() ? host_process_open(pid) : -1;
    if (process < 0)
        return false;
    bool done = ps_job_birth(pid) == born;
    if (done) {
        uint64_t none = 0;
        atomic_compare_exchange_strong(&member->verdict, &none, PS_JOB_SENTENCED | code);
        done = host_process_signal(process, SIGKILL) == 0;
    }
    if (done)
        atomic_fetch_add(&ledger->terminated, 1);
    close(process);
    return done;
}

bool ps_job_end_others(struct ps_job_ledger *ledger, uint32_t code)
{
    bool own = false;
    for (unsigned i = 0; i < ps_job_places(ledger); i++) {
        own |= atomic_load(&ledger->member[i].pid) == getpid();
        end_member(ledger, &ledger->member[i], code);
    }
    return own;
}

bool ps_job_verdict(struct ob_object *job, int pid, uint32_t *code)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    for (unsigned i = 0; i < ps_job_places(ledger); i++) {
        struct ps_job_member *member = &ledger->member[i];
        uint64_t verdict = atomic_load(&member->verdict);
        int whose = atomic_load(&member->pid);
        if (!verdict || (whose > 0 ? whose : atomic_load(&member->last)) != pid)
            continue;
        *code = (uint32_t)verdict;
        return true;
    }
    return false;
}

static bool is_followed(struct ps_job_ledger *ledger)
{
    int pid = atomic_load(&ledger->port.pid);
    return pid && ps_job_birth(pid) == atomic_load(&ledger->port.born);
}

/* Once for each time that it is over. */
static void end_of_job_time(struct ps_job_ledger *ledger)
{
    uint32_t no = 0;
    if (atomic_load(&ledger->at_end) == JOB_OBJECT_POST_AT_END_OF_JOB && is_followed(ledger)) {
        if (atomic_fetch_and(&ledger->flags, ~(uint32_t)JOB_OBJECT_LIMIT_JOB_TIME) & JOB_OBJECT_LIMIT_JOB_TIME)
            atomic_fetch_add(&ledger->overs, 1);
        ps_job_note_change(ledger);
        return;
    }
    if (!atomic_compare_exchange_strong(&ledger->over, &no, 1))
        return;
    host_futex_wake(&ledger->over, 0x7FFFFFFF, true);
    if (ps_job_end_others(ledger, OUT_OF_TIME))
        ps_exit_now(OUT_OF_TIME);
}

void ps_job_look_at_time(struct ps_job_ledger *ledger)
{
    uint32_t flags = atomic_load(&ledger->flags);
    if (!(flags & (JOB_OBJECT_LIMIT_PROCESS_TIME | JOB_OBJECT_LIMIT_JOB_TIME)) && !atomic_load(&ledger->notice.flags))
        return;
    uint64_t limit = flags & JOB_OBJECT_LIMIT_PROCESS_TIME ? atomic_load(&ledger->process_time) : UINT64_MAX;
    uint64_t sum = atomic_load(&ledger->spent[PS_SPENT_USER]);
    bool own = false;
    for (unsigned i = 0; i < ps_job_places(ledger); i++) {
        struct ps_job_member *member = &ledger->member[i];
        uint32_t no = 0;
        if (atomic_load(&member->pid) <= 0)
            continue;
        ps_job_measure(member);
        sum += atomic_load(&member->spent[PS_SPENT_USER]);
        if (atomic_load(&member->spent[PS_SPENT_USER]) < limit ||
            !atomic_compare_exchange_strong(&member->late, &no, 1))
            continue;
        ps_job_note_change(ledger);
        own |= atomic_load(&member->pid) == getpid();
        end_member(ledger, member, OUT_OF_TIME);
    }
    ps_job_look_at_notices(ledger);
    if ((flags & JOB_OBJECT_LIMIT_JOB_TIME) && sum >= atomic_load(&ledger->period) + atomic_load(&ledger->job_time))
        end_of_job_time(ledger);
    if (own)
        ps_exit_now(OUT_OF_TIME);
}

static void *keep(void *unused)
{
    (void)unused;
    for (;;) {
        _Atomic uint32_t nobody = 0;
        host_futex_wait(&nobody, 0, host_deadline(LOOK_NS), false);
        for (unsigned i = 0;; i++) {
            host_lock_acquire(&keeper_state.lock);
            struct ob_object *job = i < keeper_state.count ? keeper_state.job[i] : NULL;
            host_lock_release(&keeper_state.lock);
            if (!job)
                break;
            ps_job_look_at_time(ps_job_ledger(job));
        }
    }
    return NULL;
}

static void start_keeper_locked(void)
{
    host_lock_assert(&keeper_state.lock);
    if (!keeper_state.running)
        keeper_state.running = host_thread_start(keep, NULL) == 0;
}

void ps_job_keep_time(struct ob_object *job)
{
    host_lock_acquire(&keeper_state.lock);
    bool kept = false;
    for (unsigned i = 0; i < keeper_state.count; i++)
        kept |= keeper_state.job[i] == job;
    if (!kept && keeper_state.count < KEPT) {
        ob_reference(job);
        keeper_state.job[keeper_state.count++] = job;
        kept = true;
    }
    if (kept)
        start_keeper_locked();
    host_lock_release(&keeper_state.lock);
}

void ps_job_apply_affinity(struct ps_job_ledger *ledger, int pid)
{
    if (atomic_load(&ledger->flags) & JOB_OBJECT_LIMIT_AFFINITY)
        host_process_set_affinity(pid, atomic_load(&ledger->affinity));
}

void ps_job_set_affinity(struct ob_object *job, uint64_t mask)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    atomic_store(&ledger->affinity, mask);
    for (unsigned i = 0; i < ps_job_places(ledger); i++)
        if (atomic_load(&ledger->member[i].pid) > 0)
            host_process_set_affinity(atomic_load(&ledger->member[i].pid), mask);
}

/* What this process has spent, as it ends in order. */
__attribute__((destructor)) static void tell_own(void)
{
    struct rusage usage;
    struct ob_object *job;
    for (unsigned level = 0; (job = ps_job_own(level)) != NULL; level++) {
        struct ps_job_member *member = ps_job_place_of(ps_job_ledger(job), getpid(), NULL);
        if (!member || getrusage(RUSAGE_SELF, &usage) != 0)
            continue;
        ps_job_measure(member);
        raise_to(&member->spent[PS_SPENT_USER], ticks(usage.ru_utime));
        raise_to(&member->spent[PS_SPENT_KERNEL], ticks(usage.ru_stime));
    }
}

static void after_fork(void)
{
    keeper_state.running = false; /* the parent's; it goes on looking */
    keeper_state.count = 0;
}

__attribute__((constructor(143))) static void watch_fork(void)
{
    host_at_fork(&(struct host_fork){RANK_PROCESS, &keeper_state.lock, .child = after_fork});
}
