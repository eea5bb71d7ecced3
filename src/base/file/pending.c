/* pending.c: see pending.h. The list is in the order of asking: of one end and one kind, the first goes first. */
#define WIN32_NO_STATUS
#include <windef.h>

#include "base/file/pending.h"

#include <errno.h>
#include <ntstatus.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <winbase.h>

#include "base/base.h"
#include "base/file/directorychanges.h"
#include "base/file/pipe.h"
#include "host/fork.h"
#include "host/guarded.h"
#include "host/lock.h"
#include "host/own.h"
#include "host/thread.h"
#include "mm/mm.h"
#include "ob/sync.h"

#define MOST 1024 /* descriptors watched at once; what is beyond waits for its turn */

static struct {
    host_lock lock;        /* a */
    struct pending *first; /* a: waiting */
    struct pending *here;  /* a: waited for by the callers themselves */
    struct pending *tried; /* a: the one that the thread has in its hands: nobody else takes it away */
    int alarm;             /* a: wakes the thread; 0: none yet */
    bool serving;          /* a: the thread is there */
    _Atomic uint32_t turn; /* changes when one is over */
} pending_state = {.lock = HOST_LOCK(RANK_HANDLES)}; /* outside of an end's own */

/* The child has nothing pending: the thread that would do it is the parent's, and so is what was asked. */
static void after_fork(void)
{
    pending_state.first = pending_state.here = pending_state.tried = NULL;
    pending_state.serving = false;
    if (pending_state.alarm > 0)
        close(pending_state.alarm);
    pending_state.alarm = 0;
}

__attribute__((constructor)) static void start(void)
{
    host_at_fork(&(struct host_fork){RANK_HANDLES, &pending_state.lock, .child = after_fork});
}

static NTSTATUS attempt(struct pending *p)
{
    bool again;
    switch (p->kind) {
    case PENDING_READ:
        return pipe_read(p->file, p->buffer, p->size, &p->done);
    case PENDING_WRITE:
        return pipe_write(p->file, p->buffer, p->size, &p->done);
    case PENDING_CHANGES:
        return directory_changes(p->file, p->buffer, p->size, &p->done);
    default:
        again = p->tried;
        p->tried = true;
        return pipe_accept(p->file, !again);
    }
}

/* A buffer that the kernel could not reach may only be absent: touched, it is there. */
static NTSTATUS attempt_touching(struct pending *p)
{
    NTSTATUS status = attempt(p);
    if (status != (NTSTATUS)STATUS_ACCESS_VIOLATION)
        return status;
    uint32_t bad =
        p->kind == PENDING_READ ? host_guarded_touch(p->buffer, p->size) : host_guarded_look(p->buffer, p->size);
    return bad ? (NTSTATUS)bad : attempt(p);
}

/* The structure is the program's own again as soon as it says so: nothing of it is looked at afterwards. */
static void finish(struct pending *p, NTSTATUS status)
{
    OVERLAPPED *o = p->overlapped;
    o->InternalHigh = p->done;
    __atomic_store_n(&o->Internal, (ULONG_PTR)(DWORD)status, __ATOMIC_RELEASE);
    if (atomic_exchange(&p->file->busy, 0))
        host_futex_wake(&p->file->busy, INT32_MAX, false);
    if (p->event) {
        ob_event_set(p->event, true, NULL);
        ob_dereference(p->event);
    }
    if (p->end)
        p->end(p->end_context, status, (DWORD)p->done);
    else if (!p->quiet)
        base_complete(p->file, status, (DWORD)p->done, o);
    atomic_fetch_add(&pending_state.turn, 1);
    host_futex_wake(&pending_state.turn, INT32_MAX, false);
    ob_dereference(&p->file->object);
}

static void remove_locked(struct pending *p)
{
    struct pending **link = &pending_state.first;
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
}

static bool is_first_locked(const struct pending *p)
{
    for (const struct pending *other = pending_state.first; other != p; other = other->next)
        if (other->file == p->file && other->kind == p->kind)
            return false;
    return true;
}

static struct pollfd watched(const struct pending *p)
{
    if (p->kind == PENDING_CHANGES)
        return (struct pollfd){directory_changes_watched(p->file), POLLIN, 0};
    int fd = pipe_watched(p->file, p->kind == PENDING_CONNECT);
    return (struct pollfd){fd, p->kind == PENDING_WRITE ? POLLOUT : POLLIN, 0};
}

/* Sleeps until one of them may be done; false: there are none. */
static bool sleep_for_some(void)
{
    struct pollfd polls[MOST + 1];
    nfds_t count = 1;
    bool at_once = false;
    host_lock_acquire(&pending_state.lock);
    polls[0] = (struct pollfd){pending_state.alarm, POLLIN, 0};
    for (const struct pending *p = pending_state.first; p && count <= MOST; p = p->next) {
        if (!is_first_locked(p))
            continue;
        polls[count] = watched(p);
        at_once |= polls[count++].fd < 0;
    }
    bool any = pending_state.first != NULL;
    pending_state.serving = any;
    host_lock_release(&pending_state.lock);
    if (any && !at_once && poll(polls, count, -1) > 0 && polls[0].revents) {
        uint64_t rings;
        (void)!read(polls[0].fd, &rings, sizeof rings);
    }
    return any;
}

/* Every one that is the first of its kind is tried once. */
static void try_all(void)
{
    for (;;) {
        host_lock_acquire(&pending_state.lock);
        struct pending *p = pending_state.tried ? pending_state.tried->next : pending_state.first;
        while (p && !is_first_locked(p))
            p = p->next;
        pending_state.tried = p;
        host_lock_release(&pending_state.lock);
        if (!p)
            return;
        NTSTATUS status = attempt_touching(p);
        host_lock_acquire(&pending_state.lock);
        if (status == STATUS_PENDING && p->taken)
            status = p->taken;
        if (status != STATUS_PENDING) {
            remove_locked(p);
            pending_state.tried = NULL; /* what stood before it could not be done, and is tried once more */
        }
        host_lock_release(&pending_state.lock);
        if (status == STATUS_PENDING)
            continue;
        finish(p, status);
        host_own_give(p);
    }
}

static void *serve(void *unused)
{
    (void)unused;
    while (sleep_for_some())
        try_all();
    return NULL;
}

static bool start_thread_locked(void)
{
    if (pending_state.alarm <= 0)
        pending_state.alarm = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return pending_state.alarm > 0 && host_thread_start(serve, NULL) == 0;
}

static NTSTATUS queue(const struct pending *request)
{
    struct pending *p = host_own_take(sizeof *p);
    NTSTATUS status = p ? STATUS_PENDING : (NTSTATUS)STATUS_NO_MEMORY;
    if (!p)
        return status;
    *p = *request;
    p->next = NULL;
    ob_reference(&p->file->object);
    host_lock_acquire(&pending_state.lock);
    struct pending **link = &pending_state.first;
    while (*link)
        link = &(*link)->next;
    *link = p;
    atomic_store(&p->file->busy, 1);
    if (pending_state.serving) {
        uint64_t ring = 1;
        (void)!write(pending_state.alarm, &ring, sizeof ring);
    } else if (start_thread_locked()) {
        pending_state.serving = true;
    } else {
        remove_locked(p);
        atomic_store(&p->file->busy, 0);
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    host_lock_release(&pending_state.lock);
    if (status != STATUS_PENDING) {
        ob_dereference(&p->file->object);
        host_own_give(p);
    }
    return status;
}

static bool others_wait(const struct pending *request)
{
    bool found = false;
    host_lock_acquire(&pending_state.lock);
    for (const struct pending *p = pending_state.first; p && !found; p = p->next)
        found = p->file == request->file && p->kind == request->kind;
    host_lock_release(&pending_state.lock);
    return found;
}

static void enter_here(struct pending *request)
{
    request->thread = base_tid();
    host_lock_acquire(&pending_state.lock);
    request->next = pending_state.here;
    pending_state.here = request;
    host_lock_release(&pending_state.lock);
}

/* It may not be there: in a child that a signal handler forked. */
static void leave_here(const struct pending *request)
{
    host_lock_acquire(&pending_state.lock);
    struct pending **link = &pending_state.here;
    while (*link && *link != request)
        link = &(*link)->next;
    if (*link)
        *link = request->next;
    host_lock_release(&pending_state.lock);
}

static NTSTATUS taken_here(const struct pending *request)
{
    host_lock_acquire(&pending_state.lock);
    NTSTATUS taken = request->taken;
    host_lock_release(&pending_state.lock);
    return taken;
}

/* Waits in the caller's thread; an end that changes meanwhile is looked at again now and then, and so is whether it is
 * taken back. */
static NTSTATUS wait_here(struct pending *request)
{
    NTSTATUS status, taken;
    enter_here(request);
    while ((status = attempt_touching(request)) == STATUS_PENDING) {
        struct pollfd poll_one = watched(request);
        bool at_once = request->kind == PENDING_CHANGES && poll_one.fd < 0;
        (void)poll(&poll_one, 1, at_once ? 0 : 250);
        if ((taken = taken_here(request))) {
            status = taken;
            break;
        }
    }
    leave_here(request);
    return status;
}

static bool is_meant(const struct pending *p, const struct ob_file *file, DWORD thread, const OVERLAPPED *overlapped)
{
    return p->file == file && (!thread || p->thread == thread) && (!overlapped || p->overlapped == overlapped);
}

static NTSTATUS begin_overlapped(struct pending *request)
{
    OVERLAPPED *o = request->overlapped;
    ULONG_PTR event = (ULONG_PTR)o->hEvent;
    request->thread = base_tid();
    request->quiet = event & 1; /* the low bit of the event: no packet */
    if (event & ~(ULONG_PTR)1 && !request->end) {
        NTSTATUS status =
            ob_lookup((HANDLE)(event & ~(ULONG_PTR)1), ob_event_class.type, EVENT_MODIFY_STATE, &request->event, NULL);
        if (status < 0)
            return status;
        ob_event_set(request->event, false, NULL);
    }
    o->InternalHigh = 0;
    __atomic_store_n(&o->Internal, (ULONG_PTR)STATUS_PENDING, __ATOMIC_RELEASE);
    return STATUS_SUCCESS;
}

NTSTATUS pending_run(struct pending *request)
{
    bool overlapped = request->overlapped && request->file->flags & FILE_FLAG_OVERLAPPED;
    if ((request->kind == PENDING_READ || request->kind == PENDING_CHANGES) && request->size)
        mm_note_kernel_write(request->buffer, request->size);
    if (request->overlapped) {
        NTSTATUS status = begin_overlapped(request);
        if (status < 0)
            return status;
    }
    NTSTATUS status = overlapped && others_wait(request) ? STATUS_PENDING : attempt_touching(request);
    if (status == STATUS_SUCCESS && request->kind == PENDING_CONNECT)
        status = STATUS_PIPE_CONNECTED; /* the client was there before the call */
    if (status == STATUS_PENDING && request->file->pipe && request->file->pipe->nowait)
        status = request->kind == PENDING_READ      ? (NTSTATUS)STATUS_PIPE_EMPTY
                 : request->kind == PENDING_CONNECT ? (NTSTATUS)STATUS_PIPE_LISTENING
                                                    : STATUS_SUCCESS;
    if (status == STATUS_PENDING && overlapped)
        status = queue(request);
    else if (status == STATUS_PENDING)
        status = wait_here(request);
    if (status == STATUS_PENDING || !request->overlapped)
        return status;
    if (status < 0 && status != (NTSTATUS)STATUS_BUFFER_OVERFLOW) { /* told by the call alone */
        request->overlapped->InternalHigh = request->done;
        request->overlapped->Internal = (ULONG_PTR)(DWORD)status;
        if (request->event)
            ob_dereference(request->event);
        return status;
    }
    if (atomic_load(&request->file->notification) & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS && status >= 0)
        request->quiet = true;
    ob_reference(&request->file->object);
    finish(request, status);
    return status;
}

unsigned pending_end(struct ob_file *file, DWORD thread, const OVERLAPPED *overlapped, NTSTATUS status)
{
    struct pending *taken = NULL;
    unsigned count = 0;
    host_lock_acquire(&pending_state.lock);
    for (struct pending **link = &pending_state.first; *link;) {
        struct pending *p = *link;
        bool meant = is_meant(p, file, thread, overlapped);
        count += meant;
        if (meant && p != pending_state.tried) {
            *link = p->next;
            p->next = taken;
            taken = p;
        } else {
            p->taken = meant ? status : p->taken;
            link = &p->next;
        }
    }
    for (struct pending *p = pending_state.here; p; p = p->next)
        if (is_meant(p, file, thread, overlapped)) {
            count++;
            p->taken = status;
        }
    host_lock_release(&pending_state.lock);
    while (taken) {
        struct pending *p = taken;
        taken = p->next;
        finish(p, status);
        host_own_give(p);
    }
    return count;
}

unsigned pending_cancel(struct ob_file *file, DWORD thread, const OVERLAPPED *overlapped)
{
    return pending_end(file, thread, overlapped, STATUS_CANCELLED);
}

NTSTATUS pending_wait(const OVERLAPPED *overlapped, int64_t deadline)
{
    for (;;) {
        uint32_t turn = atomic_load(&pending_state.turn);
        if ((NTSTATUS)__atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE) != STATUS_PENDING)
            return STATUS_SUCCESS;
        if (deadline >= 0 && host_now() >= deadline)
            return STATUS_TIMEOUT;
        host_futex_wait(&pending_state.turn, turn, deadline, false);
    }
}
