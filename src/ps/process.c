/* process.c: see process.h. One thread, started with the first process that is watched, hears of all ends. */
#include "ps/process.h"

#include <errno.h>
#include <limits.h>
#include <minwinbase.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/futex.h"
#include "host/keep.h"
#include "host/options.h"
#include "host/own.h"
#include "host/process.h"
#include "host/runtime.h"
#include "host/thread.h"
#include "ps/job.h"
#include "ps/thread.h"

static struct {
    host_lock lock;              /* P */
    int epoll;                   /* P: -1 before the first process is watched */
    bool watching;               /* P: the watcher runs */
    uint32_t watcher;            /* its number: a forked child has another */
    struct ps_process *children; /* P: that have objects */
    struct ps_process own;
    struct ps_block *own_block; /* set once at start; NULL: not made by CreateProcess */
} process_state = {.lock = HOST_LOCK(RANK_PROCESS), .epoll = -1, .watcher = 1};

static uint32_t code_of_status(int status)
{
    if (WIFEXITED(status))
        return (uint32_t)WEXITSTATUS(status);
    switch (WTERMSIG(status)) {
    case SIGSEGV:
    case SIGBUS:
        return (uint32_t)STATUS_ACCESS_VIOLATION;
    case SIGILL:
        return (uint32_t)STATUS_ILLEGAL_INSTRUCTION;
    case SIGABRT:
        return 3;
    case SIGINT:
        return (uint32_t)STATUS_CONTROL_C_EXIT;
    default:
        return (uint32_t)WTERMSIG(status) + 128;
    }
}

static void tell_jobs(struct ps_process *process)
{
    for (unsigned i = 0; i < PS_PROCESS_JOBS && process->spent.known; i++) {
        struct ob_object *job = atomic_load(&process->job[i]);
        if (job)
            ps_job_note_spent(job, process->pid, process->spent.user, process->spent.kernel);
    }
}

/* One of its jobs ended it. */
static bool was_sentenced(struct ps_process *process, uint32_t *code)
{
    for (unsigned i = 0; i < PS_PROCESS_JOBS; i++) {
        struct ob_object *job = atomic_load(&process->job[i]);
        if (job && ps_job_verdict(job, process->pid, code))
            return true;
    }
    return false;
}

/* The end, noted once. What the program or its terminator said beats the eight bits of the kernel. */
static void note_end(struct ps_process *process)
{
    int status;
    uint32_t code;
    atomic_store(&process->asked, 1);
    host_lock_acquire(&process->line);
    bool got = host_process_status(process->file, &status, &process->spent) == 0;
    tell_jobs(process);
    if (!process->end)
        process->end = ps_time_of_day();
    if (!atomic_load(&process->exit_known)) {
        if (process->block && atomic_load(&process->block->exit_known)) {
            atomic_store(&process->exit_code, atomic_load(&process->block->exit_code));
            atomic_store(&process->exit_known, 1);
        } else if (was_sentenced(process, &code)) {
            atomic_store(&process->exit_code, code);
            atomic_store(&process->exit_known, 1);
        } else if (got) {
            atomic_store(&process->exit_code, code_of_status(status));
            atomic_store(&process->exit_known, 1);
        }
    }
    host_lock_release(&process->line);
    atomic_store(&process->ended, 1);
    host_futex_wake(&process->ended, INT_MAX, false);
}

static void *watch_ends(void *unused)
{
    (void)unused;
    struct epoll_event event;
    for (;;) {
        if (epoll_wait(process_state.epoll, &event, 1, -1) != 1)
            continue;
        struct ps_process *process = event.data.ptr;
        epoll_ctl(process_state.epoll, EPOLL_CTL_DEL, process->file, NULL);
        note_end(process);
        ob_dereference(&process->object);
    }
    return NULL;
}

/* Where that fails the next one to be watched asks again, and who waits looks now and then. */
static void start_watcher_locked(void)
{
    host_lock_assert(&process_state.lock);
    if (process_state.epoll < 0)
        process_state.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (process_state.epoll < 0 || process_state.watching)
        return;
    process_state.watching = host_thread_start(watch_ends, NULL) == 0;
}

bool ps_process_watch(struct ps_process *process)
{
    if (process->own || atomic_load(&process->watched) == process_state.watcher)
        return true;
    host_lock_acquire(&process_state.lock);
    bool good = atomic_load(&process->watched) == process_state.watcher;
    if (!good) { /* told to a second waiter only when it is so */
        start_watcher_locked();
        ob_reference(&process->object);
        struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.ptr = process};
        good = process_state.watching && epoll_ctl(process_state.epoll, EPOLL_CTL_ADD, process->file, &event) == 0;
        if (good)
            atomic_store(&process->watched, process_state.watcher);
    }
    host_lock_release(&process_state.lock);
    return good;
}

bool ps_process_ended(struct ps_process *process)
{
    if (process->own)
        return false;
    if (!atomic_load(&process->ended) && host_process_ended(process->file))
        note_end(process);
    return atomic_load(&process->ended);
}

bool ps_process_is_still(struct ps_process *process)
{
    if (process->block && !atomic_load(&process->asked))
        return true;
    return !ps_process_ended(process);
}

static NTSTATUS process_try(struct ob_object *object)
{
    return ps_process_ended((struct ps_process *)object) ? STATUS_SUCCESS : (NTSTATUS)STATUS_TIMEOUT;
}

static void process_place(struct ob_object *object, struct ob_wait_place *place)
{
    struct ps_process *process = (struct ps_process *)object;
    *place = (struct ob_wait_place){.word = &process->ended, .watched_in_slices = !ps_process_watch(process)};
}

static void forget_child(struct ps_process *process)
{
    host_lock_acquire(&process_state.lock);
    for (struct ps_process **link = &process_state.children; *link; link = &(*link)->next) {
        if (*link == process) {
            *link = process->next;
            break;
        }
    }
    host_lock_release(&process_state.lock);
}

/* What is known of a child (its end, its code, that its agent is on the way) is known through every handle to it. */
static struct ps_process *find_child(int pid, bool ended)
{
    host_lock_acquire(&process_state.lock);
    struct ps_process *process = process_state.children;
    while (process && process->pid != pid)
        process = process->next;
    /* One whose last reference is going waits for the lock to leave the list. */
    if (process && !ob_reference_living(&process->object))
        process = NULL;
    host_lock_release(&process_state.lock);
    if (process && ps_process_ended(process) != ended) {
        ob_dereference(&process->object);
        process = NULL;
    }
    return process;
}

static void process_destroy(struct ob_object *object)
{
    struct ps_process *process = (struct ps_process *)object;
    if (process->own)
        return;
    if (process->block)
        forget_child(process);
    for (unsigned i = 0; i < PS_LINES; i++)
        if (process->agent[i].socket >= 0)
            close(process->agent[i].socket);
    if (process->file >= 0)
        close(process->file);
    if (process->block)
        host_runtime_unmap(process->block, sizeof(struct ps_block));
    for (unsigned i = 0; i < PS_PROCESS_JOBS; i++)
        if (atomic_load(&process->job[i]))
            ob_dereference(atomic_load(&process->job[i]));
    host_own_give(process);
}

const struct ob_type ps_process_type = {
    .name = "Process",
    .valid_access = PROCESS_ALL_ACCESS,
    .mapping = {READ_CONTROL | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION,
                READ_CONTROL | PROCESS_CREATE_PROCESS | PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION |
                    PROCESS_VM_WRITE | PROCESS_DUP_HANDLE | PROCESS_SET_QUOTA | PROCESS_SET_INFORMATION,
                READ_CONTROL | SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE, PROCESS_ALL_ACCESS},
    .implying = {PROCESS_QUERY_INFORMATION}, /* as documented */
    .implied = {PROCESS_QUERY_LIMITED_INFORMATION},
    .destroy = process_destroy,
    .try_wait = process_try,
    .wait_place = process_place,
};

struct ps_process *ps_process_own(void)
{
    process_state.own.pid = getpid();
    return &process_state.own;
}

struct ps_process *ps_process_new(int pid, int file, struct ps_block *block)
{
    struct ps_process *process = host_own_zero(1, sizeof(*process));
    if (!process)
        return NULL;
    ob_init(&process->object, &ps_process_type);
    process->pid = pid;
    process->file = file;
    process->block = block;
    for (unsigned i = 0; i < PS_LINES; i++)
        process->agent[i].socket = -1;
    process->begun = ps_time_of_day();
    host_lock_init(&process->line, RANK_OBJECT);
    if (block) {
        host_lock_acquire(&process_state.lock);
        process->next = process_state.children;
        process_state.children = process;
        host_lock_release(&process_state.lock);
    }
    return process;
}

void ps_process_note_job(struct ps_process *process, struct ob_object *job)
{
    for (unsigned i = 0; i < PS_PROCESS_JOBS; i++) {
        struct ob_object *none = NULL;
        ob_reference(job);
        if (atomic_compare_exchange_strong(&process->job[i], &none, job))
            return;
        ob_dereference(job);
        if (none == job)
            return;
    }
}

bool ps_process_was_in(struct ps_process *process, struct ob_object *job)
{
    for (unsigned i = 0; i < PS_PROCESS_JOBS; i++) {
        struct ob_object *one = atomic_load(&process->job[i]);
        if (one && (!job || one == job))
            return true;
    }
    return false;
}

struct ob_object *ps_process_innermost(struct ps_process *process)
{
    struct ob_object *last = NULL;
    for (unsigned i = 0; i < PS_PROCESS_JOBS; i++) {
        struct ob_object *one = atomic_load(&process->job[i]);
        last = one ? one : last;
    }
    return last;
}

static bool may_open(int pid)
{
    char path[32];
    struct stat status;
    sprintf(path, "/proc/%d", pid);
    return geteuid() == 0 || (stat(path, &status) == 0 && status.st_uid == geteuid());
}

NTSTATUS ps_process_open(int pid, struct ps_process **process)
{
    HOST_KEEP_ERRNO;
    if (pid <= 0)
        return STATUS_INVALID_CID;
    if (pid == getpid()) {
        *process = ps_process_own();
        ob_reference(&(*process)->object);
        return STATUS_SUCCESS;
    }
    *process = find_child(pid, false);
    if (*process)
        return STATUS_SUCCESS;
    int file = host_process_open(pid);
    if (file < 0 && (*process = find_child(pid, true))) /* whoever has ended is there while a handle to it is */
        return STATUS_SUCCESS;
    if (file < 0)
        return file == -ESRCH || file == -EINVAL || file == -ENOENT /* a thread's id */ ? STATUS_INVALID_CID
                                                                                        : STATUS_INSUFFICIENT_RESOURCES;
    if (!may_open(pid)) {
        bool gone = host_process_ended(file);
        close(file);
        return gone ? STATUS_INVALID_CID : STATUS_ACCESS_DENIED;
    }
    *process = ps_process_new(pid, file, NULL);
    if (*process)
        return STATUS_SUCCESS;
    close(file);
    return STATUS_NO_MEMORY;
}

NTSTATUS ps_process_exit_code(struct ps_process *process, uint32_t *code)
{
    if (!ps_process_ended(process)) {
        *code = STILL_ACTIVE;
        return STATUS_SUCCESS;
    }
    if (!atomic_load(&process->exit_known))
        note_end(process); /* a child of another may not have been reaped when we looked first */
    if (!atomic_load(&process->exit_known))
        return STATUS_NOT_SUPPORTED;
    *code = atomic_load(&process->exit_code);
    return STATUS_SUCCESS;
}

NTSTATUS ps_process_terminate(struct ps_process *process, uint32_t code)
{
    if (ps_process_ended(process))
        return STATUS_ACCESS_DENIED; /* as Windows answers for one that is gone */
    if (process->block) {
        atomic_store(&process->block->exit_code, code);
        atomic_store(&process->block->exit_known, 1);
    }
    int error = host_process_signal(process->file, SIGKILL);
    if (error)
        return STATUS_ACCESS_DENIED;
    if (!process->block) {
        atomic_store(&process->exit_code, code);
        atomic_store(&process->exit_known, 1);
    }
    return STATUS_SUCCESS;
}

NTSTATUS ps_lookup(HANDLE handle, ACCESS_MASK access, bool *self, struct ps_process **other)
{
    ACCESS_MASK rights;
    return ps_lookup_rights(handle, access, self, other, &rights);
}

NTSTATUS ps_lookup_rights(HANDLE handle, ACCESS_MASK access, bool *self, struct ps_process **other, ACCESS_MASK *rights)
{
    if (__builtin_expect(handle == (HANDLE)(LONG_PTR)-1, 1)) {
        *self = true;
        *rights = PROCESS_ALL_ACCESS;
        return STATUS_SUCCESS;
    }
    struct ob_object *object;
    NTSTATUS status = ob_lookup(handle, &ps_process_type, access, &object, rights);
    if (!NT_SUCCESS(status))
        return status;
    struct ps_process *process = (struct ps_process *)object;
    *self = process->own;
    if (process->own)
        ob_dereference(object);
    else
        *other = process;
    return STATUS_SUCCESS;
}

static NTSTATUS resolve_pseudo(HANDLE handle, struct ob_object **object)
{
    if (handle == (HANDLE)(LONG_PTR)-1)
        *object = &ps_process_own()->object;
    else if (handle == (HANDLE)(LONG_PTR)-2 && ps_thread_current())
        *object = &ps_thread_current()->object;
    else
        return STATUS_INVALID_HANDLE;
    ob_reference(*object);
    return STATUS_SUCCESS;
}

void ps_set_own_exit(uint32_t code)
{
    struct ps_block *block = process_state.own_block;
    if (!block)
        return;
    atomic_store(&block->exit_code, code);
    atomic_store(&block->exit_known, 1);
}

void ps_exit_now(uint32_t code)
{
    ps_set_own_exit(code);
    _exit((int)(code & 0xFF));
}

static void after_fork(void)
{
    process_state.own_block = NULL; /* the parent's */
    process_state.children = NULL;
    process_state.epoll = -1;
    process_state.watching = false;
    process_state.watcher++;
}

int ps_block_create(struct ps_block **block)
{
    void *base;
    int file = host_runtime_anonymous("winmem-process");
    if (file < 0)
        return file;
    int error = host_runtime_size(file, sizeof(struct ps_block));
    if (!error)
        error = host_runtime_map(file, 0, sizeof(struct ps_block), &base);
    if (error) {
        close(file);
        return error;
    }
    *block = base;
    (*block)->magic = PS_BLOCK_MAGIC;
    (*block)->maker = getpid();
    return file;
}

void ps_block_drop(struct ps_block *block)
{
    host_runtime_unmap(block, sizeof(*block));
}

static void tell_exit(int status, void *unused)
{
    (void)unused;
    ps_set_own_exit((uint32_t)status);
}

/* A shell that was started may have started this program before its own maker could say whose the block is. */
static bool is_ours(const struct ps_block *block)
{
    int whose = atomic_load(&block->pid);
    if (whose)
        return whose == getpid();
    return getppid() == block->maker || kill(block->maker, 0) != 0;
}

const struct ps_block *ps_block_adopt(void)
{
    static const char name[] = "WINMEM_PROCESS";
    const char *text = host_environment(name, sizeof(name) - 1);
    void *base;
    if (!text)
        return NULL;
    int file = atoi(text);
    unsetenv(name);
    if (file <= 2 || host_runtime_map(file, 0, sizeof(struct ps_block), &base) != 0)
        return NULL;
    close(file);
    struct ps_block *block = base;
    if (block->magic != PS_BLOCK_MAGIC || block->handle_count > PS_BLOCK_HANDLES || !is_ours(block)) {
        host_runtime_unmap(base, sizeof(struct ps_block));
        return NULL;
    }
    process_state.own_block = block;
    on_exit(tell_exit, NULL); /* is told all 32 bits of what main returned */
    return block;
}

const char *ps_block_line(void)
{
    struct ps_block *block = process_state.own_block;
    return block && block->line[0] && memchr(block->line, 0, sizeof(block->line)) ? block->line : NULL;
}

void ps_block_tell_started(void)
{
    atomic_store(&process_state.own_block->started, 1);
    host_futex_wake(&process_state.own_block->started, INT_MAX, true);
}

void ps_block_wait(void)
{
    uint32_t hold;
    while ((hold = atomic_load(&process_state.own_block->hold)) != 0)
        host_futex_wait(&process_state.own_block->hold, hold, HOST_FOREVER, true);
}

__attribute__((constructor(145))) static void start(void)
{
    ob_init(&process_state.own.object, &ps_process_type);
    process_state.own.own = true;
    process_state.own.file = -1;
    ob_set_pseudo(resolve_pseudo);
    host_at_fork(&(struct host_fork){RANK_PROCESS, &process_state.lock, .child = after_fork});
}
