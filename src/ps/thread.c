/* thread.c: see thread.h. A key's destructor tells the end of every thread that has an object, however it ends. */
#include "ps/thread.h"

#include <fcntl.h>
#include <limits.h>
#include <minwinbase.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/futex.h"
#include "host/lock.h"
#include "host/own.h"
#include "ob/sync.h"
#include "pager/pager.h"
#include "ps/process.h"

static struct {
    host_lock lock;          /* P */
    struct ps_thread *first; /* P */
    pthread_key_t key;
    pthread_once_t once;
} thread_state = {.lock = HOST_LOCK(RANK_PROCESS), .once = PTHREAD_ONCE_INIT};

static __thread struct ps_thread *current;

void ps_thread_lock(void)
{
    host_lock_acquire(&thread_state.lock);
}

void ps_thread_unlock(void)
{
    host_lock_release(&thread_state.lock);
}

static NTSTATUS thread_try(struct ob_object *object)
{
    struct ps_thread *thread = (struct ps_thread *)object;
    if (thread->process)
        return ps_process_ended(thread->process) ? STATUS_SUCCESS : STATUS_TIMEOUT;
    return atomic_load(&thread->ended) ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

static void thread_place(struct ob_object *object, struct ob_wait_place *place)
{
    struct ps_thread *thread = (struct ps_thread *)object;
    *place = (struct ob_wait_place){.word = thread->process ? &thread->process->ended : &thread->ended,
                                    .watched_in_slices = thread->process && !ps_process_watch(thread->process)};
}

static void thread_sleepers(struct ob_object *object, int change)
{
    atomic_fetch_add(&((struct ps_thread *)object)->sleepers, (uint32_t)change);
}

static void thread_destroy(struct ob_object *object)
{
    struct ps_thread *thread = (struct ps_thread *)object;
    while (thread->first_apc) {
        struct ps_apc *apc = thread->first_apc;
        thread->first_apc = apc->next;
        host_own_give(apc);
    }
    if (thread->process)
        ob_dereference(&thread->process->object);
    host_own_give(thread);
}

const struct ob_type ps_thread_type = {
    .name = "Thread",
    .valid_access = THREAD_ALL_ACCESS,
    .mapping = {READ_CONTROL | THREAD_QUERY_INFORMATION | THREAD_GET_CONTEXT,
                READ_CONTROL | THREAD_SET_INFORMATION | THREAD_SET_CONTEXT | THREAD_SUSPEND_RESUME | THREAD_TERMINATE,
                READ_CONTROL | SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION, THREAD_ALL_ACCESS},
    .implying = {THREAD_QUERY_INFORMATION, THREAD_SET_INFORMATION}, /* as documented */
    .implied = {THREAD_QUERY_LIMITED_INFORMATION, THREAD_SET_LIMITED_INFORMATION},
    .destroy = thread_destroy,
    .try_wait = thread_try,
    .wait_place = thread_place,
    .sleepers = thread_sleepers,
};

static void unlink_thread(struct ps_thread *thread)
{
    ps_thread_lock();
    for (struct ps_thread **link = &thread_state.first; *link; link = &(*link)->next) {
        if (*link == thread) {
            *link = thread->next;
            break;
        }
    }
    ps_thread_unlock();
}

NTSTATUS ps_thread_charge(struct ps_thread *thread, size_t stack)
{
    size_t pages = (stack + 4095) / 4096;
    if (pager_charge(pages) != 0)
        return STATUS_COMMITMENT_LIMIT;
    thread->charged = pages;
    return STATUS_SUCCESS;
}

static void uncharge(struct ps_thread *thread)
{
    if (thread->charged)
        pager_uncharge(thread->charged);
    thread->charged = 0;
}

/* --- times --- */

uint64_t ps_time_of_day(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec + 11644473600u) * 10000000u + (uint64_t)now.tv_nsec / 100;
}

static uint64_t of_timeval(struct timeval time)
{
    return (uint64_t)time.tv_sec * 10000000u + (uint64_t)time.tv_usec * 10;
}

/* The clock of the thread's processor time, shared out between its two kinds. */
static void share(const struct timespec *spent, uint64_t user, uint64_t kernel, struct ps_thread_times *times)
{
    uint64_t all = (uint64_t)spent->tv_sec * 10000000u + (uint64_t)spent->tv_nsec / 100;
    times->kernel = user + kernel ? (uint64_t)((double)all * (double)kernel / (double)(user + kernel)) : 0;
    times->user = all - times->kernel;
}

static void own_times(struct ps_thread_times *times)
{
    struct rusage usage = {0};
    struct timespec spent = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    getrusage(RUSAGE_THREAD, &usage); /* in ticks on some kernels: a short thread would have taken no time */
    share(&spent, of_timeval(usage.ru_utime), of_timeval(usage.ru_stime), times);
}

/* Another thread's: shared out as the kernel's ticks tell. */
static void others_times(int id, struct ps_thread_times *times)
{
    struct timespec spent = {0};
    unsigned long long user = 0, kernel = 0;
    char path[48], text[512] = "";
    clock_gettime((clockid_t)((~(unsigned)id << 3) | 6u), &spent); /* as pthread_getcpuclockid makes it */
    sprintf(path, "/proc/self/task/%d/stat", id);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, text, sizeof text - 1);
    if (file >= 0)
        close(file);
    text[length > 0 ? length : 0] = 0;
    const char *at = strrchr(text, ')');
    if (!at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &kernel) != 2)
        user = kernel = 0;
    share(&spent, user, kernel, times);
}

NTSTATUS ps_thread_times(struct ps_thread *thread, struct ps_thread_times *times)
{
    if (thread->process)
        return STATUS_NOT_SUPPORTED;
    bool ended = atomic_load(&thread->ended);
    *times = thread->times;
    if (ended)
        return STATUS_SUCCESS;
    int id = atomic_load(&thread->id);
    times->ended = times->kernel = times->user = 0;
    if (thread == current)
        own_times(times);
    else if (id)
        others_times(id, times);
    if (!atomic_load(&thread->ended))
        return STATUS_SUCCESS;
    *times = thread->times;
    return STATUS_SUCCESS;
}

static void thread_ends(void *argument)
{
    struct ps_thread *thread = argument;
    if (!thread->ending) { /* last of all destructors: those of the program and FLS callbacks are still the thread's */
        thread->ending = true;
        pthread_setspecific(thread_state.key, thread);
        return;
    }
    current = NULL;
    ps_thread_lock();
    thread->pages = NULL;
    ps_thread_unlock();
    unlink_thread(thread);
    uncharge(thread);
    ob_mutants_abandon();
    own_times(&thread->times);
    thread->times.ended = ps_time_of_day();
    atomic_store(&thread->ended, 1);
    if (atomic_load(&thread->sleepers))
        host_futex_wake(&thread->ended, INT_MAX, false);
    ob_dereference(&thread->object);
}

/* After fork only the caller is left, under a new id. */
static void after_fork(void)
{
    struct ps_thread *own = current;
    thread_state.first = own;
    if (own) {
        own->next = NULL;
        atomic_store(&own->id, gettid());
    }
}

static void start_once(void)
{
    pthread_key_create(&thread_state.key, thread_ends);
    host_at_fork(&(struct host_fork){RANK_PROCESS, &thread_state.lock, .child = after_fork});
}

struct ps_thread *ps_thread_new(void)
{
    pthread_once(&thread_state.once, start_once);
    struct ps_thread *thread = host_own_zero(1, sizeof(*thread));
    if (!thread)
        return NULL;
    ob_init(&thread->object, &ps_thread_type);
    ob_reference(&thread->object);
    atomic_init(&thread->exit_code, 0);
    thread->times.begun = ps_time_of_day();
    ps_thread_lock();
    thread->next = thread_state.first;
    thread_state.first = thread;
    ps_thread_unlock();
    return thread;
}

/* Page priorities begin at 1: 0 and 1 are both the lowest. */
static void tell_pager(struct ps_thread *thread)
{
    uint32_t value = thread->memory_priority;
    if (thread->pages)
        atomic_store(thread->pages, value > 2 ? value - 1 : value ? 1 : 0);
}

void ps_thread_set_memory_priority(struct ps_thread *thread, unsigned priority)
{
    ps_thread_lock();
    thread->memory_priority = priority + 1;
    tell_pager(thread);
    ps_thread_unlock();
}

#define VERY_LOW 1 /* MEMORY_PRIORITY_VERY_LOW */

bool ps_thread_set_background(struct ps_thread *thread, bool background)
{
    ps_thread_lock();
    bool changes = background == !thread->foreground;
    if (changes && background) {
        thread->foreground = thread->memory_priority + 1;
        thread->memory_priority = VERY_LOW + 1;
    } else if (changes) {
        thread->memory_priority = thread->foreground - 1;
        thread->foreground = 0;
    }
    tell_pager(thread);
    ps_thread_unlock();
    return changes;
}

void ps_thread_adopt(struct ps_thread *thread)
{
    thread->pthread = pthread_self();
    atomic_store(&thread->id, gettid());
    current = thread;
    pthread_setspecific(thread_state.key, thread);
    ps_thread_lock();
    thread->pages = pager_thread_priority();
    tell_pager(thread);
    ps_thread_unlock();
}

void ps_thread_forget(struct ps_thread *thread)
{
    unlink_thread(thread);
    uncharge(thread);
    ob_dereference(&thread->object);
    ob_dereference(&thread->object);
}

struct ps_thread *ps_thread_current(void)
{
    if (__builtin_expect(current != NULL, 1))
        return current;
    struct ps_thread *thread = ps_thread_new();
    if (thread) {
        ps_thread_adopt(thread);
        ob_dereference(&thread->object); /* the thread's own reference stays till it ends */
    }
    return thread;
}

struct ps_thread *ps_thread_find(int id)
{
    if (id == gettid())
        ps_thread_current();
    struct ps_thread *thread;
    ps_thread_lock();
    for (thread = thread_state.first; thread; thread = thread->next)
        if (atomic_load(&thread->id) == id)
            break;
    if (thread)
        ob_reference(&thread->object);
    ps_thread_unlock();
    return thread;
}

NTSTATUS ps_thread_queue_apc(struct ps_thread *thread, void (*procedure)(ULONG_PTR), ULONG_PTR argument)
{
    struct ps_apc *apc = host_own_take(sizeof(*apc));
    if (!apc)
        return STATUS_NO_MEMORY;
    *apc = (struct ps_apc){NULL, procedure, argument};
    ps_thread_lock();
    bool alive = !atomic_load(&thread->ended);
    if (alive) {
        struct ps_apc **link = &thread->first_apc;
        while (*link)
            link = &(*link)->next;
        *link = apc;
        atomic_store(&thread->apc_ready, 1);
    }
    ps_thread_unlock();
    if (!alive) {
        host_own_give(apc);
        return STATUS_UNSUCCESSFUL;
    }
    host_futex_wake(&thread->apc_ready, 1, false);
    return STATUS_SUCCESS;
}

void ps_thread_run_apcs(struct ps_thread *thread)
{
    for (;;) {
        ps_thread_lock();
        struct ps_apc *apc = thread->first_apc;
        if (apc)
            thread->first_apc = apc->next;
        else
            atomic_store(&thread->apc_ready, 0);
        ps_thread_unlock();
        if (!apc)
            return;
        apc->procedure(apc->argument);
        host_own_give(apc);
    }
}

struct ps_thread *ps_thread_of_process(struct ps_process *process)
{
    struct ps_thread *thread = host_own_zero(1, sizeof(*thread));
    if (!thread)
        return NULL;
    ob_init(&thread->object, &ps_thread_type);
    ob_reference(&process->object);
    thread->process = process;
    atomic_init(&thread->id, process->pid);
    atomic_init(&thread->exit_code, 0);
    return thread;
}
