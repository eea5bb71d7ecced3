/* jobport.c: completion ports that are told of a job: a thread for each follows the ledger and the members' ends.
 * Another one sleeps on the ledger's word and passes its turns on. Both last as long as this process. Calls host; the
 * port itself is base's. */
#include "ps/job.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/futex.h"
#include "host/own.h"
#include "host/process.h"
#include "host/thread.h"

struct known {
    int pid, file; /* pid 0: free; file -1: its end has been told, the ledger still shows it */
    uint64_t born;
    uint32_t refused, refused_job, late;
};

struct follower {
    struct follower *next;
    struct ob_object *job, *port; /* referenced */
    ULONG_PTR key;
    int turns; /* eventfd */
    _Atomic int threads;
    bool gone;                          /* O: told to end */
    uint32_t turned_away, overs;        /* O */
    uint32_t noticed;                   /* O: of the notices */
    unsigned places;                    /* O: of `known`, behind which all are free */
    struct known known[PS_JOB_MEMBERS]; /* O */
};

static struct {
    host_lock lock; /* O */
    struct follower *first;
    const struct ob_type *port_type;
    ps_job_poster *post;
} follow_state = {.lock = HOST_LOCK(RANK_PROCESS)};

void ps_job_set_poster(const struct ob_type *port_type, ps_job_poster *post)
{
    follow_state.port_type = port_type;
    follow_state.post = post;
}

void ps_job_note_change(struct ps_job_ledger *ledger)
{
    atomic_fetch_add(&ledger->changed, 1);
    host_futex_wake(&ledger->changed, 0x7FFFFFFF, true);
}

static void tell(struct follower *follower, DWORD message, int pid)
{
    follow_state.post(follower->port, message, follower->key, (ULONG_PTR)pid);
}

static struct known *find_known(struct follower *follower, int pid, uint64_t born)
{
    for (unsigned i = 0; i < follower->places; i++)
        if (follower->known[i].pid == pid && (pid == 0 || follower->known[i].born == born))
            return &follower->known[i];
    return pid == 0 && follower->places < PS_JOB_MEMBERS ? &follower->known[follower->places++] : NULL;
}

/* Ends that Windows calls abnormal: exceptions, here told by signals. */
static bool is_abnormal(int file)
{
    int status;
    if (host_process_peek(file, &status) != 0 || !WIFSIGNALED(status))
        return false;
    int number = WTERMSIG(status);
    return number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE || number == SIGTRAP ||
           number == SIGINT;
}

/* The place of a known member, also after it has been cleared. */
static struct ps_job_member *place_of(struct ps_job_ledger *ledger, const struct known *one)
{
    for (unsigned i = 0; i < ps_job_places(ledger); i++)
        if (atomic_load(&ledger->member[i].last) == one->pid && atomic_load(&ledger->member[i].born) == one->born)
            return &ledger->member[i];
    return NULL;
}

/* What limits did to it. */
static void note_limits(struct follower *follower, struct known *one, struct ps_job_member *member)
{
    uint32_t refused = atomic_load(&member->refused), refused_job = atomic_load(&member->refused_job);
    uint32_t late = atomic_load(&member->late);
    if (refused != one->refused)
        tell(follower, JOB_OBJECT_MSG_PROCESS_MEMORY_LIMIT, one->pid);
    if (refused_job != one->refused_job)
        tell(follower, JOB_OBJECT_MSG_JOB_MEMORY_LIMIT, one->pid);
    if (late && !one->late)
        tell(follower, JOB_OBJECT_MSG_END_OF_PROCESS_TIME, one->pid);
    one->refused = refused;
    one->refused_job = refused_job;
    one->late = late;
}

/* Limits before ends. One whose end was told stays known as long as the ledger shows it: it is not new again. */
static bool note_known_locked(struct follower *follower)
{
    struct ps_job_ledger *ledger = ps_job_ledger(follower->job);
    bool any_ended = false;
    for (unsigned i = 0; i < follower->places; i++) {
        struct known *one = &follower->known[i];
        struct ps_job_member *member = one->pid ? place_of(ledger, one) : NULL;
        if (one->pid && one->file >= 0) {
            bool ended = host_process_ended(one->file); /* asked first: what it did before is seen then */
            if (member)
                note_limits(follower, one, member);
            if (!ended)
                continue;
            tell(follower, is_abnormal(one->file) ? JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS : JOB_OBJECT_MSG_EXIT_PROCESS,
                 one->pid);
            close(one->file);
            one->file = -1;
            any_ended = true;
        }
        if (one->pid && one->file < 0 && (!member || atomic_load(&member->pid) != one->pid))
            *one = (struct known){.pid = 0, .file = -1};
    }
    return any_ended;
}

/* One that came and went between two looks, and of whom nothing is left, is told of all the same. */
static bool note_new_locked(struct follower *follower, struct ps_job_member *member)
{
    int pid = atomic_load(&member->pid);
    uint64_t born = atomic_load(&member->born);
    if (pid <= 0 || born == 0 || find_known(follower, pid, born))
        return false;
    struct known *one = find_known(follower, 0, 0);
    struct host_process_stat stat;
    int file = one ? host_process_open(pid) : -1;
    if (file >= 0 && (host_process_stat(pid, &stat) != 0 || stat.born != born)) {
        close(file); /* gone, the id is another's */
        file = -1;
    }
    if (!one)
        return false;
    *one = (struct known){.pid = pid, .file = file, .born = born};
    tell(follower, JOB_OBJECT_MSG_NEW_PROCESS, pid);
    if (file < 0)
        tell(follower, JOB_OBJECT_MSG_EXIT_PROCESS, pid);
    return true;
}

static bool any_alive_locked(struct follower *follower)
{
    for (unsigned i = 0; i < follower->places; i++)
        if (follower->known[i].pid && follower->known[i].file >= 0)
            return true;
    return false;
}

static bool note_all_new_locked(struct follower *follower)
{
    struct ps_job_ledger *ledger = ps_job_ledger(follower->job);
    bool came = false;
    for (unsigned i = 0; i < ps_job_places(ledger); i++)
        came |= note_new_locked(follower, &ledger->member[i]);
    return came;
}

static bool knows_nobody(const struct follower *follower)
{
    for (unsigned i = 0; i < follower->places; i++)
        if (follower->known[i].pid)
            return false;
    return true;
}

/* Ends of the known before the new are taken in; the job is empty only when nobody has come meanwhile. A limit that was
 * passed is told after the coming of who passed it, who may be the first. */
static void look_locked(struct follower *follower)
{
    struct ps_job_ledger *ledger = ps_job_ledger(follower->job);
    host_lock_assert(&follow_state.lock);
    uint32_t away = atomic_load(&ledger->turned_away), overs = atomic_load(&ledger->overs);
    for (; follower->turned_away != away; follower->turned_away++)
        tell(follower, JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, 0);
    uint32_t noticed = atomic_load(&ledger->notice.times);
    bool first = follower->overs != overs && knows_nobody(follower);
    bool came = (first || follower->noticed != noticed) && note_all_new_locked(follower);
    for (; follower->overs != overs; follower->overs++)
        tell(follower, JOB_OBJECT_MSG_END_OF_JOB_TIME, 0);
    for (; follower->noticed != noticed; follower->noticed++)
        tell(follower, JOB_OBJECT_MSG_NOTIFICATION_LIMIT, atomic_load(&ledger->notice.last));
    bool ended = note_known_locked(follower);
    came |= note_all_new_locked(follower);
    if (came)
        ended |= note_known_locked(follower);
    if ((ended || came) && !any_alive_locked(follower))
        tell(follower, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
}

void ps_job_look_now(void)
{
    host_lock_acquire(&follow_state.lock);
    for (struct follower *follower = follow_state.first; follower; follower = follower->next)
        look_locked(follower);
    host_lock_release(&follow_state.lock);
}

/* The last of the two threads. */
static void *leave(struct follower *follower)
{
    if (atomic_fetch_sub(&follower->threads, 1) != 1)
        return NULL;
    for (unsigned i = 0; i < follower->places; i++)
        if (follower->known[i].pid && follower->known[i].file >= 0)
            close(follower->known[i].file);
    close(follower->turns);
    ob_dereference(follower->port);
    ob_dereference(follower->job);
    host_own_give(follower);
    return NULL;
}

static bool is_gone(struct follower *follower)
{
    host_lock_acquire(&follow_state.lock);
    bool gone = follower->gone;
    host_lock_release(&follow_state.lock);
    return gone;
}

static void *listen_to(void *argument)
{
    struct follower *follower = argument;
    struct ps_job_ledger *ledger = ps_job_ledger(follower->job);
    uint64_t one = 1;
    for (uint32_t seen = atomic_load(&ledger->changed);; seen = atomic_load(&ledger->changed)) {
        bool gone = is_gone(follower);
        if ((write(follower->turns, &one, sizeof(one)) < 0 && errno != EAGAIN) || gone)
            return leave(follower);
        host_futex_wait(&ledger->changed, seen, HOST_FOREVER, true);
    }
}

static void *follow(void *argument)
{
    struct follower *follower = argument;
    struct pollfd places[PS_JOB_MEMBERS + 1];
    for (;;) {
        nfds_t count = 1;
        uint64_t turns;
        places[0] = (struct pollfd){.fd = follower->turns, .events = POLLIN};
        host_lock_acquire(&follow_state.lock);
        bool gone = follower->gone;
        if (!gone)
            look_locked(follower);
        for (unsigned i = 0; i < follower->places; i++)
            if (follower->known[i].pid && follower->known[i].file >= 0)
                places[count++] = (struct pollfd){.fd = follower->known[i].file, .events = POLLIN};
        host_lock_release(&follow_state.lock);
        if (gone)
            return leave(follower);
        if (poll(places, count, -1) > 0 && (places[0].revents & POLLIN) &&
            read(follower->turns, &turns, sizeof(turns)) < 0)
            continue;
    }
}

static NTSTATUS enter(struct follower *follower)
{
    NTSTATUS status = STATUS_SUCCESS;
    host_lock_acquire(&follow_state.lock);
    for (struct follower *one = follow_state.first; one; one = one->next)
        if (one->job == follower->job)
            status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status)) {
        follower->next = follow_state.first;
        follow_state.first = follower;
        atomic_store(&ps_job_ledger(follower->job)->port.born, ps_job_birth(getpid()));
        atomic_store(&ps_job_ledger(follower->job)->port.pid, getpid());
        look_locked(follower);
    }
    host_lock_release(&follow_state.lock);
    return status;
}

static NTSTATUS forget_port(struct ob_object *job)
{
    int self = getpid();
    atomic_compare_exchange_strong(&ps_job_ledger(job)->port.pid, &self, 0);
    host_lock_acquire(&follow_state.lock);
    for (struct follower **link = &follow_state.first; *link; link = &(*link)->next) {
        if ((*link)->job == job) {
            (*link)->gone = true;
            *link = (*link)->next;
            break;
        }
    }
    host_lock_release(&follow_state.lock);
    ps_job_note_change(ps_job_ledger(job));
    return STATUS_SUCCESS;
}

NTSTATUS ps_job_tell_port(struct ob_object *job, HANDLE handle, ULONG_PTR key)
{
    struct ob_object *port;
    if (!handle)
        return forget_port(job);
    NTSTATUS status =
        follow_state.post ? ob_lookup(handle, follow_state.port_type, 2, &port, NULL) : (NTSTATUS)STATUS_INVALID_HANDLE;
    if (!NT_SUCCESS(status))
        return status;
    struct follower *follower = host_own_zero(1, sizeof(*follower));
    int turns = follower ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    status = turns < 0 ? STATUS_NO_MEMORY : STATUS_SUCCESS;
    if (NT_SUCCESS(status)) {
        follower->job = job;
        follower->port = port;
        follower->key = key;
        follower->turns = turns;
        atomic_init(&follower->threads, 2);
        follower->turned_away = atomic_load(&ps_job_ledger(job)->turned_away);
        follower->overs = atomic_load(&ps_job_ledger(job)->overs);
        follower->noticed = atomic_load(&ps_job_ledger(job)->notice.times);
        ob_reference(job);
        status = enter(follower);
        if (!NT_SUCCESS(status))
            ob_dereference(job);
    }
    if (!NT_SUCCESS(status)) {
        if (turns >= 0)
            close(turns);
        host_own_give(follower);
        ob_dereference(port);
        return status;
    }
    bool listening = host_thread_start(listen_to, follower) == 0;
    if (listening && host_thread_start(follow, follower) == 0)
        return STATUS_SUCCESS;
    forget_port(job);
    if (!listening)
        atomic_fetch_sub(&follower->threads, 1); /* the thread that there is not */
    leave(follower);
    return STATUS_NO_MEMORY;
}

/* The followers were the parent's threads. */
static void after_fork(void)
{
    follow_state.first = NULL;
}

__attribute__((constructor(142))) static void watch_fork(void)
{
    host_at_fork(&(struct host_fork){RANK_PROCESS, &follow_state.lock, .child = after_fork});
}
