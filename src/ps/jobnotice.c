/* jobnotice.c: limits of a job that nobody is kept to, but of whose passing a completion port is told: each once after
 * it was set (how often Windows tells is not documented). Memory is looked at where it is charged, the rest with the
 * limits on time. */
#include "ps/job.h"

#include <unistd.h>

static const uint32_t flag_of[PS_NOTICES] = {
    [PS_NOTICE_MEMORY] = JOB_OBJECT_LIMIT_JOB_MEMORY,
    [PS_NOTICE_TIME] = JOB_OBJECT_LIMIT_JOB_TIME,
    [PS_NOTICE_READ] = JOB_OBJECT_LIMIT_JOB_READ_BYTES,
    [PS_NOTICE_WRITE] = JOB_OBJECT_LIMIT_JOB_WRITE_BYTES,
};
static const unsigned spent_of[PS_NOTICES] = {
    [PS_NOTICE_TIME] = PS_SPENT_USER, [PS_NOTICE_READ] = PS_SPENT_READ_BYTES, [PS_NOTICE_WRITE] = PS_SPENT_WRITE_BYTES};

void ps_job_notice_if_passed(struct ps_job_ledger *ledger, unsigned kind, uint64_t value, int pid)
{
    struct ps_job_notice *notice = &ledger->notice;
    uint32_t flag = flag_of[kind];
    if (!(atomic_load(&notice->flags) & flag) || value <= atomic_load(&notice->limit[kind]) ||
        atomic_load(&notice->passed) & flag)
        return;
    atomic_store(&notice->had[kind], value);
    atomic_store(&notice->last, pid);
    if (atomic_fetch_or(&notice->passed, flag) & flag)
        return;
    atomic_fetch_add(&notice->times, 1);
    ps_job_note_change(ledger);
}

/* The member that has spent the most is told as the one that did it. */
static void look_at(struct ps_job_ledger *ledger, unsigned kind)
{
    uint64_t sum = atomic_load(&ledger->spent[spent_of[kind]]), most = 0;
    int pid = 0;
    for (unsigned i = 0; i < ps_job_places(ledger); i++) {
        struct ps_job_member *member = &ledger->member[i];
        uint64_t spent = atomic_load(&member->spent[spent_of[kind]]);
        if (atomic_load(&member->pid) <= 0)
            continue;
        sum += spent;
        if (spent >= most) {
            most = spent;
            pid = atomic_load(&member->pid);
        }
    }
    ps_job_notice_if_passed(ledger, kind, sum, pid);
}

void ps_job_look_at_notices(struct ps_job_ledger *ledger)
{
    for (unsigned kind = PS_NOTICE_TIME; kind < PS_NOTICES; kind++)
        if (atomic_load(&ledger->notice.flags) & flag_of[kind])
            look_at(ledger, kind);
}

/* Values first, the flags that name them last. The time counts from now on, as documented. */
void ps_job_set_notices(struct ob_object *job, uint32_t flags, const uint64_t limit[PS_NOTICES])
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    struct ps_job_notice *notice = &ledger->notice;
    uint64_t spent[PS_JOB_SPENT], period;
    ps_job_spent(job, spent, &period);
    atomic_store(&notice->flags, 0);
    atomic_store(&notice->passed, 0);
    for (unsigned kind = 0; kind < PS_NOTICES; kind++) {
        uint64_t before = kind == PS_NOTICE_TIME ? spent[PS_SPENT_USER] : 0, sum;
        if (flags & flag_of[kind])
            atomic_store(&notice->limit[kind], __builtin_add_overflow(limit[kind], before, &sum) ? UINT64_MAX : sum);
    }
    atomic_store(&notice->flags, flags);
    ps_job_notice_if_passed(ledger, PS_NOTICE_MEMORY, ps_job_sum_pages(ledger) * 4096, getpid());
    if (flags & ~(uint32_t)JOB_OBJECT_LIMIT_JOB_MEMORY)
        ps_job_keep_time(job);
}
