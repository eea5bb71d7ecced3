/* syscalls.c: system calls on memory that may be paged out, for the signal mode: the kernel answers EFAULT for an
 * absent page there. Each wrapped entry point pins the pages of its buffers (no eviction touches them), brings them in,
 * calls, and unpins. With a handler thread, or before paging starts, it is one test. Calls pager; must not allocate. */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host/altstack.h"
#include "host/dispatch.h"
#include "host/signal.h"
#include "mm/discard.h"
#include "pager/pager.h"
#include "preload/dispatch.h"
#include "preload/kernel.h"

#define EXPORT __attribute__((visibility("default")))
#define PAGE ((uintptr_t)4096)
/* A longer transfer is done in pieces of this size: more at once could be larger than the budget. */
#define TRANSFER_MAX ((size_t)256 << 10)
#define VECTORS_MAX 64
#define STACK_TOP ((size_t)16 << 10)

/* What one call pinned. */
struct hold {
    int pins[VECTORS_MAX + 4];
    int count;
};

static inline bool needed(void)
{
    return __builtin_expect(pager_needs_pins(), 0) && !dispatch_runs();
}

static void touch(const void *buffer, size_t size)
{
    uintptr_t end = (uintptr_t)buffer + size;
    for (uintptr_t at = (uintptr_t)buffer; at < end; at = (at & ~(PAGE - 1)) + PAGE)
        pager_touch(at, false);
}

/* Pins and brings in; what is not the pager's costs one comparison. */
static void hold(struct hold *held, const void *buffer, size_t size)
{
    if (!buffer || !size || held->count == (int)(sizeof(held->pins) / sizeof(*held->pins)) ||
        !pager_is_paged((uintptr_t)buffer, size))
        return;
    held->pins[held->count++] = pager_pin((uintptr_t)buffer, size);
    touch(buffer, size);
}

static void let_go(const struct hold *held)
{
    int saved = errno;
    for (int i = 0; i < held->count; i++)
        pager_unpin(held->pins[i]);
    errno = saved;
}

static bool in_pieces(const void *buffer, size_t size)
{
    return size > TRANSFER_MAX && pager_is_paged((uintptr_t)buffer, size);
}

/* A read that filled its piece goes on only where the rest is there at once: in a file. */
static bool goes_on(int fd, bool writing)
{
    struct stat status;
    return writing || (syscall(SYS_fstat, fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode)));
}

/* Found at the start: the pager makes some of these calls in a fault, where the loader's tables may be what is paged
 * out. */
#define NEXT(name)                                                                                                     \
    static __typeof__(name) *next_##name;                                                                              \
    static __typeof__(name) *get_##name(void)                                                                          \
    {                                                                                                                  \
        if (!next_##name)                                                                                              \
            next_##name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);                                                 \
        return next_##name;                                                                                            \
    }                                                                                                                  \
    __attribute__((constructor)) static void find_##name(void)                                                         \
    {                                                                                                                  \
        (void)get_##name();                                                                                            \
    }

/* A call with one buffer. */
#define ONE_BUFFER(type, name, parameters, arguments, buffer, size)                                                    \
    NEXT(name)                                                                                                         \
    EXPORT type name parameters                                                                                        \
    {                                                                                                                  \
        if (!needed())                                                                                                 \
            return get_##name() arguments;                                                                             \
        struct hold held = {.count = 0};                                                                               \
        hold(&held, (buffer), (size));                                                                                 \
        type result = get_##name() arguments;                                                                          \
        let_go(&held);                                                                                                 \
        return result;                                                                                                 \
    }

/* read, write and their kin: in pieces when they are long. `call` is the call for one piece at `done`. */
#define TRANSFER(name, parameters, buffer, writing, plain, call)                                                       \
    NEXT(name)                                                                                                         \
    EXPORT ssize_t name parameters                                                                                     \
    {                                                                                                                  \
        if (!needed())                                                                                                 \
            return get_##name() plain;                                                                                 \
        size_t done = 0;                                                                                               \
        for (;;) {                                                                                                     \
            size_t piece = in_pieces((buffer), size) && size - done > TRANSFER_MAX ? TRANSFER_MAX : size - done;       \
            struct hold held = {.count = 0};                                                                           \
            hold(&held, (const char *)(buffer) + done, piece);                                                         \
            ssize_t result = get_##name() call;                                                                        \
            let_go(&held);                                                                                             \
            if (result < 0)                                                                                            \
                return done ? (ssize_t)done : result;                                                                  \
            done += (size_t)result;                                                                                    \
            if ((size_t)result < piece || done == size || !goes_on(fd, (writing)))                                     \
                return (ssize_t)done;                                                                                  \
        }                                                                                                              \
    }
#define AT(pointer) ((char *)(uintptr_t)(pointer) + done)
TRANSFER(read, (int fd, void *to, size_t size), to, false, (fd, to, size), (fd, AT(to), piece))
TRANSFER(write, (int fd, const void *from, size_t size), from, true, (fd, from, size), (fd, AT(from), piece))
TRANSFER(pread, (int fd, void *to, size_t size, off_t at), to, false, (fd, to, size, at),
         (fd, AT(to), piece, at + (off_t)done))
TRANSFER(pread64, (int fd, void *to, size_t size, off_t at), to, false, (fd, to, size, at),
         (fd, AT(to), piece, at + (off_t)done))
TRANSFER(pwrite, (int fd, const void *from, size_t size, off_t at), from, true, (fd, from, size, at),
         (fd, AT(from), piece, at + (off_t)done))
TRANSFER(pwrite64, (int fd, const void *from, size_t size, off_t at), from, true, (fd, from, size, at),
         (fd, AT(from), piece, at + (off_t)done))
ONE_BUFFER(ssize_t, recv, (int fd, void *to, size_t size, int flags), (fd, to, size, flags), to, size)
ONE_BUFFER(ssize_t, send, (int fd, const void *from, size_t size, int flags), (fd, from, size, flags), from, size)
ONE_BUFFER(ssize_t, getrandom, (void *to, size_t size, unsigned flags), (to, size, flags), to, size)
ONE_BUFFER(ssize_t, readlink, (const char *path, char *to, size_t size), (path, to, size), to, size)
ONE_BUFFER(char *, getcwd, (char *to, size_t size), (to, size), to, size)
ONE_BUFFER(int, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout), fds,
           count * sizeof(*fds))
ONE_BUFFER(int, epoll_wait, (int fd, struct epoll_event *events, int count, int timeout), (fd, events, count, timeout),
           events, (size_t)(count > 0 ? count : 0) * sizeof(*events))
ONE_BUFFER(int, fstat, (int fd, struct stat *to), (fd, to), to, sizeof(*to))
ONE_BUFFER(int, pipe, (int fds[2]), (fds), fds, 2 * sizeof(int))

/* A path and a buffer. */
__attribute__((noinline)) static size_t path_bytes(const char *path)
{
    return path ? strlen(path) + 1 : 0;
}
#define PATH_AND_BUFFER(type, name, parameters, arguments, path, buffer, size)                                         \
    NEXT(name)                                                                                                         \
    EXPORT type name parameters                                                                                        \
    {                                                                                                                  \
        if (!needed())                                                                                                 \
            return get_##name() arguments;                                                                             \
        struct hold held = {.count = 0};                                                                               \
        hold(&held, (path), path_bytes(path));                                                                         \
        hold(&held, (buffer), (size));                                                                                 \
        type result = get_##name() arguments;                                                                          \
        let_go(&held);                                                                                                 \
        return result;                                                                                                 \
    }
PATH_AND_BUFFER(int, stat, (const char *path, struct stat *to), (path, to), path, to, sizeof(*to))
PATH_AND_BUFFER(int, lstat, (const char *path, struct stat *to), (path, to), path, to, sizeof(*to))
PATH_AND_BUFFER(int, fstatat, (int directory, const char *path, struct stat *to, int flags),
                (directory, path, to, flags), path, to, sizeof(*to))
PATH_AND_BUFFER(int, access, (const char *path, int mode), (path, mode), path, NULL, 0)
PATH_AND_BUFFER(int, unlink, (const char *path), (path), path, NULL, 0)
PATH_AND_BUFFER(int, rmdir, (const char *path), (path), path, NULL, 0)
PATH_AND_BUFFER(int, mkdir, (const char *path, mode_t mode), (path, mode), path, NULL, 0)
PATH_AND_BUFFER(int, chdir, (const char *path), (path), path, NULL, 0)
PATH_AND_BUFFER(int, rename, (const char *from, const char *to), (from, to), from, (void *)(uintptr_t)to,
                path_bytes(to))

/* The kernel writes an address and its length back. */
NEXT(recvfrom)
EXPORT ssize_t recvfrom(int fd, void *to, size_t size, int flags, struct sockaddr *from, socklen_t *length)
{
    if (!needed())
        return get_recvfrom()(fd, to, size, flags, from, length);
    struct hold held = {.count = 0};
    hold(&held, to, size);
    if (length) {
        hold(&held, from, *length);
        hold(&held, length, sizeof(*length));
    }
    ssize_t result = get_recvfrom()(fd, to, size, flags, from, length);
    let_go(&held);
    return result;
}

NEXT(sendto)
EXPORT ssize_t sendto(int fd, const void *from, size_t size, int flags, const struct sockaddr *to, socklen_t length)
{
    if (!needed())
        return get_sendto()(fd, from, size, flags, to, length);
    struct hold held = {.count = 0};
    hold(&held, from, size);
    hold(&held, to, length);
    ssize_t result = get_sendto()(fd, from, size, flags, to, length);
    let_go(&held);
    return result;
}

/* Vectors: more than fit a hold are transferred in part, which these calls may. */
static int hold_vectors(struct hold *held, const struct iovec *vectors, int count)
{
    size_t total = 0;
    int taken = 0;
    hold(held, vectors, (size_t)count * sizeof(*vectors));
    while (taken < count && taken < VECTORS_MAX && (taken == 0 || total + vectors[taken].iov_len <= TRANSFER_MAX)) {
        total += vectors[taken].iov_len;
        hold(held, vectors[taken].iov_base, vectors[taken].iov_len);
        taken++;
    }
    return taken;
}

NEXT(readv)
EXPORT ssize_t readv(int fd, const struct iovec *vectors, int count)
{
    if (!needed() || count <= 0)
        return get_readv()(fd, vectors, count);
    struct hold held = {.count = 0};
    int taken = hold_vectors(&held, vectors, count);
    ssize_t result = get_readv()(fd, vectors, taken);
    let_go(&held);
    return result;
}

NEXT(writev)
EXPORT ssize_t writev(int fd, const struct iovec *vectors, int count)
{
    if (!needed() || count <= 0)
        return get_writev()(fd, vectors, count);
    struct hold held = {.count = 0};
    int taken = hold_vectors(&held, vectors, count);
    ssize_t result = get_writev()(fd, vectors, taken);
    let_go(&held);
    return result;
}

static void hold_message(struct hold *held, const struct msghdr *message)
{
    hold(held, message, sizeof(*message));
    hold(held, message->msg_name, message->msg_namelen);
    hold(held, message->msg_control, message->msg_controllen);
    hold(held, message->msg_iov, message->msg_iovlen * sizeof(struct iovec));
    for (size_t i = 0; i < message->msg_iovlen; i++)
        hold(held, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
}

NEXT(recvmsg)
EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    if (!needed())
        return get_recvmsg()(fd, message, flags);
    struct hold held = {.count = 0};
    hold_message(&held, message);
    ssize_t result = get_recvmsg()(fd, message, flags);
    let_go(&held);
    return result;
}

NEXT(sendmsg)
EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (!needed())
        return get_sendmsg()(fd, message, flags);
    struct hold held = {.count = 0};
    hold_message(&held, message);
    ssize_t result = get_sendmsg()(fd, message, flags);
    let_go(&held);
    return result;
}

/* The program that comes next is read from this one's memory: its strings and their vectors are brought in and held. */
static void hold_strings(struct hold *held, char *const *strings)
{
    size_t count = 0;
    if (!strings)
        return;
    while (strings[count])
        count++;
    hold(held, strings, (count + 1) * sizeof(*strings));
    for (size_t i = 0; i < count; i++) {
        if (pager_is_paged((uintptr_t)strings[i], 1) && held->count < (int)(sizeof(held->pins) / sizeof(*held->pins)))
            hold(held, strings[i], strlen(strings[i]) + 1);
        else
            touch(strings[i], strlen(strings[i]) + 1);
    }
}

NEXT(execve)
EXPORT int execve(const char *path, char *const arguments[], char *const environment[])
{
    if (!needed())
        return get_execve()(path, arguments, environment);
    struct hold held = {.count = 0};
    hold(&held, path, path_bytes(path));
    hold_strings(&held, arguments);
    hold_strings(&held, environment);
    int result = get_execve()(path, arguments, environment);
    let_go(&held);
    return result;
}

EXPORT int execv(const char *path, char *const arguments[])
{
    return execve(path, arguments, environ);
}

NEXT(execvp)
EXPORT int execvp(const char *file, char *const arguments[])
{
    if (!needed())
        return get_execvp()(file, arguments);
    struct hold held = {.count = 0};
    hold(&held, file, path_bytes(file));
    hold_strings(&held, arguments);
    hold_strings(&held, environ);
    int result = get_execvp()(file, arguments);
    let_go(&held);
    return result;
}

/* ---- the two signals that are ours ---- */

static void without_ours(sigset_t *set)
{
    sigdelset(set, SIGSEGV);
    sigdelset(set, SIGBUS);
    sigdelset(set, SIGSYS);
}

/* A fault whose signal is blocked kills the process, so these two never enter a mask. */
static const sigset_t *filter(const sigset_t *set, sigset_t *copy)
{
    if (!set)
        return NULL;
    *copy = *set;
    without_ours(copy);
    return copy;
}

NEXT(sigprocmask)
EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    sigset_t copy;
    return get_sigprocmask()(how, how == SIG_UNBLOCK ? set : filter(set, &copy), old);
}

NEXT(pthread_sigmask)
EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    sigset_t copy;
    return get_pthread_sigmask()(how, how == SIG_UNBLOCK ? set : filter(set, &copy), old);
}

/* A program's own handler for them is kept and called for what is not ours. */
static bool kept(int signal)
{
    return ((signal == SIGSEGV || signal == SIGBUS) && pager_covers()) || (signal == SIGSYS && dispatch_started());
}

NEXT(sigaction)
typedef int set_function(int signal, const struct sigaction *action, struct sigaction *old);
static int set_action(set_function *next, int signal, const struct sigaction *action, struct sigaction *old)
{
    struct sigaction copy;
    if (signal == SIGSYS && dispatch_program_action(action, old))
        return 0;
    if (kept(signal)) {
        int error = host_signal_program_action(signal, action, old);
        errno = error ? -error : errno;
        return error ? -1 : 0;
    }
    if (action) {
        copy = *action;
        without_ours(&copy.sa_mask);
        action = &copy;
    }
    return next(signal, action, old);
}

EXPORT int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
    return set_action(get_sigaction(), signal, action, old);
}

/* libc's other name. The BEAM, and libwinmem where the program has it, have a sigaction of their own that ends here. */
int __sigaction(int signal, const struct sigaction *action, struct sigaction *old);
NEXT(__sigaction)
EXPORT int __sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
    return set_action(get___sigaction(), signal, action, old);
}

EXPORT int sigaltstack(const stack_t *wanted, stack_t *old)
{
    int error = host_altstack_replace(wanted, old);
    if (error)
        errno = -error;
    return error ? -1 : 0;
}

/* The other ways to set a handler. `flags`: what each gives the handler. */
#define BY_SIGNAL(name, flags)                                                                                         \
    sighandler_t name(int number, sighandler_t handler);                                                               \
    NEXT(name)                                                                                                         \
    EXPORT sighandler_t name(int number, sighandler_t handler)                                                         \
    {                                                                                                                  \
        struct sigaction action = {.sa_handler = handler, .sa_flags = (flags)}, old;                                   \
        if (!kept(number))                                                                                             \
            return get_##name()(number, handler);                                                                      \
        return set_action(get_sigaction(), number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;                     \
    }
BY_SIGNAL(signal, SA_RESTART)
BY_SIGNAL(bsd_signal, SA_RESTART)
BY_SIGNAL(ssignal, SA_RESTART)
BY_SIGNAL(sysv_signal, (int)(SA_RESETHAND | SA_NODEFER))
BY_SIGNAL(__sysv_signal, (int)(SA_RESETHAND | SA_NODEFER))

/* ---- new threads and processes ---- */

/* The tops of the stacks of threads that are not known to have ended. */
struct top {
    struct top *next;
    uintptr_t base;
    size_t size;
    pid_t process;      /* a child of a fork keeps what its parent had */
    _Atomic int thread; /* 0: it has not begun */
};
static struct {
    pthread_mutex_t lock;
    struct top *first;
} syscalls_state = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct beginning {
    void *(*function)(void *);
    void *argument;
    struct top *top; /* of its stack, where one is kept */
};

/* First a stack for faults, and only then what may fault; the calls for it are not dispatched yet. */
static void *begin(void *place)
{
    host_dispatch_pause();
    dispatch_thread_start();
    host_dispatch_resume();
    struct beginning beginning = *(struct beginning *)place;
    if (beginning.top)
        atomic_store(&beginning.top->thread, gettid());
    dispatch_rearm();
    free(place);
    return beginning.function(beginning.argument);
}

static int add_tls(struct dl_phdr_info *object, size_t unused, void *sum)
{
    (void)unused;
    for (unsigned i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_TLS)
            *(size_t *)sum += object->dlpi_phdr[i].p_memsz + object->dlpi_phdr[i].p_align;
    return 0;
}

static bool has_ended(const struct top *top)
{
    int thread = atomic_load(&top->thread);
    return thread && top->process == getpid() && dispatch_call(SYS_tgkill, getpid(), thread, 0, 0, 0, 0) == -ESRCH;
}

/* Those go whose thread has ended, and those that lie where another begins: their threads have ended too. */
static void sweep_tops_locked(uintptr_t base, size_t size)
{
    for (struct top **link = &syscalls_state.first; *link;) {
        struct top *top = *link;
        bool covered = top->base < base + size && base < top->base + top->size;
        if (!covered && !has_ended(top)) {
            link = &top->next;
            continue;
        }
        *link = top->next;
        pager_unlock(top->base, top->size);
        free(top);
    }
}

/* A stack that the program gives may be paged. Its top holds what libc and the kernel keep of the thread: written where
 * no fault can be resolved, at its very start and when the kernel tells of its end. It stays in memory until the thread
 * is seen to have ended, when the next one is made. NULL: it is not known of; in a child of a fork the lock may be
 * taken for ever. */
static struct top *keep_top(const pthread_attr_t *attributes)
{
    void *base;
    size_t size, keep = STACK_TOP;
    if (!attributes || pthread_attr_getstack(attributes, &base, &size) != 0 || !mm_is_ours(base, size))
        return NULL;
    dl_iterate_phdr(add_tls, &keep);
    keep = keep < size ? keep : size;
    struct top *top = malloc(sizeof(*top));
    bool listed = top && pthread_mutex_trylock(&syscalls_state.lock) == 0;
    if (listed) {
        *top = (struct top){.base = (uintptr_t)base + size - keep, .size = keep, .process = getpid()};
        sweep_tops_locked(top->base, keep);
        top->next = syscalls_state.first;
        syscalls_state.first = top;
    } else {
        free(top);
        top = NULL;
    }
    (void)pager_lock((uintptr_t)base + size - keep, keep);
    if (listed)
        pthread_mutex_unlock(&syscalls_state.lock);
    return top;
}

/* The thread could not be made. */
static void drop_top(struct top *top)
{
    if (!top)
        return;
    pthread_mutex_lock(&syscalls_state.lock);
    sweep_tops_locked(top->base, top->size);
    pthread_mutex_unlock(&syscalls_state.lock);
}

NEXT(pthread_create)
EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                          void *argument)
{
    struct beginning *beginning = dispatch_started() ? malloc(sizeof(*beginning)) : NULL;
    if (!beginning)
        return get_pthread_create()(thread, attributes, function, argument);
    struct top *top = keep_top(attributes);
    *beginning = (struct beginning){function, argument, top};
    int error = get_pthread_create()(thread, attributes, begin, beginning);
    dispatch_rearm();
    if (error) {
        drop_top(top);
        free(beginning);
    }
    return error;
}

/* The child of these shares this memory, has every signal blocked and no dispatcher: what it reads is held. */
static void hold_child(struct hold *held, const char *path, char *const arguments[], char *const environment[])
{
    if (!pager_needs_pins())
        return;
    hold(held, path, path_bytes(path));
    hold_strings(held, arguments);
    hold_strings(held, environment);
}

#define SPAWN(name)                                                                                                    \
    NEXT(name)                                                                                                         \
    EXPORT int name(pid_t *process, const char *path, const posix_spawn_file_actions_t *actions,                       \
                    const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])           \
    {                                                                                                                  \
        struct hold held = {.count = 0};                                                                               \
        hold_child(&held, path, arguments, environment);                                                               \
        int error = get_##name()(process, path, actions, attributes, arguments, environment);                          \
        let_go(&held);                                                                                                 \
        dispatch_rearm();                                                                                              \
        return error;                                                                                                  \
    }
SPAWN(posix_spawn)
SPAWN(posix_spawnp)

NEXT(system)
EXPORT int system(const char *command)
{
    struct hold held = {.count = 0};
    hold_child(&held, command, NULL, environ);
    int status = get_system()(command);
    let_go(&held);
    dispatch_rearm();
    return status;
}

NEXT(popen)
EXPORT FILE *popen(const char *command, const char *mode)
{
    struct hold held = {.count = 0};
    hold_child(&held, command, NULL, environ);
    FILE *file = get_popen()(command, mode);
    let_go(&held);
    dispatch_rearm();
    return file;
}
