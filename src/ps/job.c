/* job.c: see job.h. The pager asks the job before it charges; the agent looks at the shares twice a second. */
#include "ps/job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/options.h"
#include "host/own.h"
#include "host/runtime.h"
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
    return ((struct ps_job *)job)->ledger;
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
    atomic_fetch_add(process ? &self->refused : &self->refused_job, 1);
    ps_job_note_change(ledger);
}

static void raise_peaks(struct ps_job_ledger *ledger, struct ps_job_member *self, uint64_t own, uint64_t all)
{
    raise_peak(&self->peak, own);
    raise_peak(&ledger->peak_process, own * 4096);
    raise_peak(&ledger->peak_job, all * 4096);
}

/* Entered first and summed then, so that two members cannot both take the last page. */
static bool charge_in(struct ps_job_ledger *ledger, struct ps_job_member *self, size_t pages)
{
    uint64_t own = atomic_fetch_add(&self->pages, pages) + pages, all = ps_job_sum_pages(ledger);
    if (!within_limits(ledger, own, all)) {
        ps_job_bury_dead(ledger);
        all = ps_job_sum_pages(ledger);
        if (!within_limits(ledger, own, all)) {
            atomic_fetch_sub(&self->pages, pages);
            note_refusal(ledger, self, own);
            return false;
        }
    }
    raise_peaks(ledger, self, own, all);
    ps_job_notice_if_passed(ledger, PS_NOTICE_MEMORY, all * 4096, getpid());
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

/* What was charged while nobody counted, or counted twice, is put right: at the start and now and then. */
static void tell_pages(struct ps_job_ledger *ledger, struct ps_job_member *self)
{
    struct pager_commit commit;
    pager_get_commit(&commit);
    uint64_t pages = atomic_load(&self->pages);
    if (pages != commit.total && atomic_compare_exchange_strong(&self->pages, &pages, commit.total))
        raise_peaks(ledger, self, commit.total, ps_job_sum_pages(ledger));
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
    NTSTATUS status = ps_job_nest(job, count ? job_state.in[count - 1].job : NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = ps_job_take_place(ledger, getpid(), &place);
    if (!NT_SUCCESS(status))
        return status;
    struct ps_job_member *listed = ps_job_place_of(ledger, getpid(), place);
    if (listed)
        ps_job_drop_double(ledger, getpid(), listed);
    ob_reference(job);
    job_state.in[count].job = job;
    atomic_store(&job_state.in[count].self, place);
    atomic_store(&job_state.count, count + 1);
    pager_set_job(charge, uncharge);
    tell_pages(ledger, place);
    return STATUS_SUCCESS;
}

NTSTATUS ps_job_join(struct ob_object *job)
{
    host_lock_acquire(&job_state.lock);
    NTSTATUS status = join_locked(job);
    host_lock_release(&job_state.lock);
    if (!NT_SUCCESS(status))
        return status;
    ps_job_apply_affinity(ps_job_ledger(job), getpid());
    ps_agent_start();
    ps_job_balance();
    return STATUS_SUCCESS;
}

/* A forked child is in its parent's jobs, with a charge of its own. */
static void after_fork(void)
{
    for (unsigned i = 0; i < atomic_load(&job_state.count); i++) {
        struct ps_job_member *place = NULL;
        if (!NT_SUCCESS(ps_job_take_place(ps_job_ledger(job_state.in[i].job), getpid(), &place)))
            place = NULL;
        atomic_store(&job_state.in[i].self, place);
        if (place)
            tell_pages(ps_job_ledger(job_state.in[i].job), place);
    }
}

NTSTATUS ps_job_enlist(struct ob_object *job, int pid, struct ob_object *outer)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    struct ps_job_member *place, *other;
    NTSTATUS status = ps_job_nest(job, outer);
    if (NT_SUCCESS(status))
        status = ps_job_take_place(ledger, pid, &place);
    if (!NT_SUCCESS(status))
        return status;
    other = ps_job_place_of(ledger, pid, place);
    if (other)
        ps_job_drop_double(ledger, pid, place);
    ps_job_apply_affinity(ledger, pid);
    return STATUS_SUCCESS;
}

/* The innermost job that has a budget gives it; the others only count. */
void ps_job_balance(void)
{
    bool done = false;
    for (unsigned i = atomic_load(&job_state.count); i-- > 0;) {
        struct ps_job_ledger *ledger = ps_job_ledger(job_state.in[i].job);
        struct ps_job_member *self = atomic_load(&job_state.in[i].self);
        if (ps_job_turn(ledger)) {
            ps_job_bury_dead(ledger);
            ps_job_end_if_closed(ledger, true);
            ps_job_look_at_time(ledger);
        }
        if (!self)
            continue;
        tell_pages(ledger, self);
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

/* What members that use less than their least share keep from the others; a quarter of it all at most. */
static uint64_t kept_back(const struct ps_job_ledger *ledger, uint64_t ram)
{
    uint64_t kept = 0;
    unsigned count = 0;
    for (unsigned place = 0; place < ps_job_places(ledger); place++)
        count += atomic_load(&ledger->member[place].pid) > 0 && atomic_load(&ledger->member[place].managed);
    uint64_t least = count > 1 ? ps_job_least_share(ram, count, atomic_load(&ledger->minimum_working_set)) : 0;
    for (unsigned place = 0; place < ps_job_places(ledger) && least; place++) {
        const struct ps_job_member *one = &ledger->member[place];
        uint64_t used = (uint64_t)atomic_load(&one->used) * 4096;
        if (atomic_load(&one->pid) > 0 && atomic_load(&one->managed) && used < least)
            kept += least - used;
    }
    return kept < ram / 4 ? kept : ram / 4;
}

bool ps_job_memory(uint64_t *total, uint64_t *available, uint64_t *kept)
{
    for (unsigned i = atomic_load(&job_state.count); i-- > 0;) {
        struct ps_job_ledger *ledger = ps_job_ledger(job_state.in[i].job);
        struct ps_job_member *self = atomic_load(&job_state.in[i].self);
        uint64_t ram = atomic_load(&ledger->ram), used = pager_in_use();
        if (ram == 0)
            continue;
        for (unsigned place = 0; place < ps_job_places(ledger); place++) {
            struct ps_job_member *one = &ledger->member[place];
            if (one != self && atomic_load(&one->pid) > 0)
                used += atomic_load(&one->used);
        }
        *total = ram;
        *available = used * 4096 < ram ? ram - used * 4096 : 0;
        *kept = kept_back(ledger, ram);
        return true;
    }
    return false;
}

static NTSTATUS map_ledger(struct ob_named *named)
{
    struct ps_job *job = (struct ps_job *)named;
    void *base;
    if (host_runtime_map(named->file, OB_NAMED_PAYLOAD, sizeof(struct ps_job_ledger), &base) != 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    job->ledger = base;
    ps_job_hold(job->ledger);
    return STATUS_SUCCESS;
}

/* All zero: no limits, no members. */
static NTSTATUS job_create(struct ob_named *named, void *context)
{
    (void)context;
    if (host_runtime_size(named->file, OB_NAMED_PAYLOAD + sizeof(struct ps_job_ledger)) != 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    return map_ledger(named);
}

static NTSTATUS job_attach(struct ob_named *named, void *context)
{
    (void)context;
    off_t size = lseek(named->file, 0, SEEK_END);
    if (size < (off_t)(OB_NAMED_PAYLOAD + sizeof(struct ps_job_ledger)))
        return STATUS_OBJECT_TYPE_MISMATCH; /* of another build */
    return map_ledger(named);
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
    ps_job_let_go(((struct ps_job *)named)->ledger);
}

static void job_destroy(struct ob_object *job)
{
    struct ps_job_ledger *ledger = ps_job_ledger(job);
    ob_named_destroy((struct ob_named *)job);
    if (ledger)
        host_runtime_unmap(ledger, sizeof(*ledger));
    host_own_give(job);
}

/* A job is signaled when its time is over. */
static NTSTATUS job_try(struct ob_object *job)
{
    return atomic_load(&ps_job_ledger(job)->over) ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

static void job_place(struct ob_object *job, struct ob_wait_place *place)
{
    *place = (struct ob_wait_place){.word = &ps_job_ledger(job)->over, .shared = true};
}

static const struct ob_type job_type = {
    .name = "Job",
    .valid_access = JOB_OBJECT_ALL_ACCESS,
    .mapping = {READ_CONTROL | JOB_OBJECT_QUERY,
                READ_CONTROL | JOB_OBJECT_ASSIGN_PROCESS | JOB_OBJECT_SET_ATTRIBUTES | JOB_OBJECT_TERMINATE,
                READ_CONTROL | SYNCHRONIZE, JOB_OBJECT_ALL_ACCESS},
    .destroy = job_destroy,
    .last_handle = job_last_handle,
    .try_wait = job_try,
    .wait_place = job_place,
};
const struct ob_class ps_job_class = {&job_type, 5, sizeof(struct ps_job), job_create, job_attach, job_detach, NULL};

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
