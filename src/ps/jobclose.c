/* jobclose.c: who has handles to a job, and its end when nobody has any more (JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE): set
 * off by the last one to close or exit, or, when that one was killed, by the members who look for it. */
#include "ps/job.h"

#include <unistd.h>

#include "ps/process.h"

void ps_job_hold(struct ps_job_ledger *ledger)
{
    for (unsigned i = 0; i < PS_JOB_HOLDERS; i++) {
        int none = 0;
        struct ps_job_holder *holder = &ledger->holder[i];
        if (!atomic_compare_exchange_strong(&holder->pid, &none, getpid()))
            continue;
        atomic_store(&holder->born, ps_job_birth(getpid()));
        return;
    }
    atomic_store(&ledger->held_by_many, 1);
}

void ps_job_let_go(struct ps_job_ledger *ledger)
{
    for (unsigned i = 0; i < PS_JOB_HOLDERS; i++) {
        int self = getpid();
        if (atomic_load(&ledger->holder[i].pid) == self) {
            atomic_store(&ledger->holder[i].born, 0);
            atomic_compare_exchange_strong(&ledger->holder[i].pid, &self, 0);
            return;
        }
    }
}

/* One who entered its id but not yet its birth counts by the id alone. */
static bool is_held(struct ps_job_ledger *ledger)
{
    if (atomic_load(&ledger->held_by_many))
        return true;
    for (unsigned i = 0; i < PS_JOB_HOLDERS; i++) {
        int pid = atomic_load(&ledger->holder[i].pid);
        uint64_t born = atomic_load(&ledger->holder[i].born), now = pid ? ps_job_birth(pid) : 0;
        if (now && (born == 0 || born == now))
            return true;
        if (pid) { /* dead: its place is free again */
            atomic_store(&ledger->holder[i].born, 0);
            atomic_compare_exchange_strong(&ledger->holder[i].pid, &pid, 0);
        }
    }
    return false;
}

void ps_job_end_if_closed(struct ps_job_ledger *ledger, bool itself)
{
    if (!(atomic_load(&ledger->flags) & JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE) || is_held(ledger))
        return;
    ps_job_end_others(ledger, 0);
    if (itself)
        ps_exit_now(0);
}

/* A process that ends closes its handles. */
static bool leave_job(void *context, HANDLE handle, struct ob_object *object, ACCESS_MASK granted, unsigned flags)
{
    (void)context;
    (void)handle;
    (void)granted;
    (void)flags;
    struct ps_job_ledger *ledger = object->type == ps_job_class.type ? ps_job_ledger(object) : NULL;
    if (!ledger || ((struct ob_named *)object)->owner != getpid())
        return true;
    ps_job_let_go(ledger);
    ps_job_end_if_closed(ledger, false);
    return true;
}

__attribute__((destructor)) static void at_end(void)
{
    ob_for_each_handle(leave_job, NULL);
}
