/* nbd.c: see nbd.h. The helper is no child of this process, so that no wait of the program meets it; it ends when its
 * sockets close. Each read has a channel for itself; when the helper is gone all channels are made anew under the same
 * descriptors, and what was under way is repeated (reads) or fails (writes: the caller still has the bytes). */
#include "host/nbd.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "host/descriptor.h"
#include "host/futex.h"
#include "host/gate.h"
#include "host/lock.h"
#include "host/nbd_message.h"
#include "host/raw.h"

#ifndef WINMEM_NBD_HELPER
#define WINMEM_NBD_HELPER "/usr/libexec/winmem/winmem-nbd"
#define WINMEM_NBD_FROM_LIBRARY "../libexec/winmem/winmem-nbd"
#endif
#define READERS (NBD_CHANNELS - 1)
#define DEPTH 16u
#define STACK 16384
#define PATH_LENGTH 512
#define NR_CLOSE_RANGE 436

static struct {
    char uri[1024], retry[12];
    char directory[PATH_LENGTH]; /* the library's own, with a slash behind */
    int channel[NBD_CHANNELS];
    _Atomic uint32_t busy[READERS];
    _Atomic uint32_t generation; /* of the helper, 0: none yet */
    _Atomic int helper;          /* its process */
    int64_t started;             /* L */
    int start_error;             /* L */
    uint64_t size;
    struct {
        uint32_t tag, generation;
        bool used;
    } writes[DEPTH]; /* the writer's, as are the next two */
    unsigned in_flight;
    host_lock lock; /* L */
} nbd_state = {.lock = HOST_LOCK(RANK_HOST)};

/* Where the helper is from the directory of the library, or of a program that it is linked into. */
static const char *const places[] = {"winmem-nbd", WINMEM_NBD_FROM_LIBRARY, "../libexec/winmem/winmem-nbd"};

/* Found while it is safe to ask the loader. */
__attribute__((constructor)) static void find_own_directory(void)
{
    Dl_info info;
    if (!dladdr((const void *)host_nbd_open, &info) || !info.dli_fname)
        return;
    char whole[PATH_MAX];
    const char *name = info.dli_fname;
    if (name[0] != '/')
        name = realpath(name, whole);
    const char *slash = name ? strrchr(name, '/') : NULL;
    size_t length = slash ? (size_t)(slash - name) + 1 : 0;
    if (length && length < sizeof(nbd_state.directory))
        memcpy(nbd_state.directory, name, length);
}

static void run_helper(char *const *arguments, char *const *environment)
{
    char path[PATH_LENGTH + 128];
    for (unsigned i = 0; nbd_state.directory[0] && i < sizeof(places) / sizeof(*places); i++) {
        if (strlen(places[i]) < 128) {
            strcpy(path, nbd_state.directory);
            strcat(path, places[i]);
            execve(path, arguments, environment);
        }
    }
    execve(WINMEM_NBD_HELPER, arguments, environment);
}

bool host_nbd_is_uri(const char *name)
{
    return strncmp(name, "nbd", 3) == 0 && strstr(name, "://") != NULL;
}

/* ---- the helper process ---- */

struct launch {
    int far[NBD_CHANNELS];
    int helper, error;
    uint8_t stack[2][STACK] __attribute__((aligned(16)));
};

static struct launch launch; /* L */

static void reset_signals(void)
{
    uint64_t none = 0, initial[4] = {0}; /* the kernel's own form of a handler that is the default one */
    for (int number = 1; number < 32; number++)
        syscall(SYS_rt_sigaction, number, initial, NULL, sizeof(none));
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
}

/* Runs on the parent's memory, which stands still; nothing of it but `launch` may be changed. */
static int become_helper(void *unused)
{
    (void)unused;
    char *arguments[] = {(char *)"winmem-nbd", nbd_state.uri, nbd_state.retry, NULL};
    char *environment[] = {NULL};
    int held[NBD_CHANNELS];
    for (int i = 0; i < NBD_CHANNELS; i++) { /* out of the way first */
        held[i] = fcntl(launch.far[i], F_DUPFD, NBD_FIRST_FD + NBD_CHANNELS);
        if (held[i] < 0) {
            launch.error = -errno;
            _exit(127);
        }
    }
    for (int i = 0; i < NBD_CHANNELS; i++)
        dup2(held[i], NBD_FIRST_FD + i);
    syscall(NR_CLOSE_RANGE, NBD_FIRST_FD + NBD_CHANNELS, ~0u, 0);
    setsid();
    reset_signals();
    run_helper(arguments, environment);
    launch.error = -errno;
    _exit(127);
}

/* The one between: its child becomes nobody's, or init's. */
static int launch_helper(void *unused)
{
    (void)unused;
    launch.helper = clone(become_helper, launch.stack[1] + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    if (launch.helper < 0)
        launch.error = -errno;
    _exit(0);
}

static void close_all(const int *files)
{
    for (int i = 0; i < NBD_CHANNELS; i++) {
        if (files[i] >= 0)
            close(files[i]);
    }
}

static int start_process(void)
{
    uint64_t all = ~(uint64_t)0, saved;
    launch.error = launch.helper = 0;
    /* No handler may run on memory that two share. */
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &saved, sizeof(all));
    int between = clone(launch_helper, launch.stack[0] + STACK, CLONE_VM | CLONE_VFORK, NULL);
    int error = between < 0 ? -errno : 0;
    while (between > 0 && waitpid(between, NULL, __WALL) < 0 && errno == EINTR) {}
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &saved, NULL, sizeof(saved));
    error = error ? error : launch.error;
    if (!error)
        atomic_store(&nbd_state.helper, launch.helper);
    return error;
}

/* ---- channels ---- */

static int transfer(int fd, void *bytes, size_t size, bool out)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = out ? send(fd, (char *)bytes + done, size - done, MSG_NOSIGNAL)
                        : recv(fd, (char *)bytes + done, size - done, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EPIPE;
        done += (size_t)n;
    }
    return 0;
}

static int make_channels(int *near, int *far)
{
    /* The helper answers within the time it retries for; it may have been stopped, though. */
    struct timeval patience = {.tv_sec = 0};
    for (const char *digit = nbd_state.retry; *digit; digit++)
        patience.tv_sec = patience.tv_sec * 10 + (*digit - '0');
    patience.tv_sec += 10;
    for (int i = 0; i < NBD_CHANNELS; i++)
        near[i] = far[i] = -1;
    for (int i = 0; i < NBD_CHANNELS; i++) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
            return -errno;
        near[i] = pair[0];
        far[i] = pair[1];
        setsockopt(near[i], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        setsockopt(near[i], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    }
    return 0;
}

/* The new channels take the old ones' descriptors: a thread that is at one finds it closed, and tries again. */
static int put_channels(int *near)
{
    for (int i = 0; i < NBD_CHANNELS; i++) {
        if (atomic_load(&nbd_state.generation) == 0) {
            nbd_state.channel[i] = host_descriptor_keep(near[i]);
        } else {
            shutdown(nbd_state.channel[i], SHUT_RDWR);
            if (dup3(near[i], nbd_state.channel[i], O_CLOEXEC) < 0)
                return -errno;
            close(near[i]);
        }
        near[i] = -1;
    }
    return 0;
}

static int start_locked(void)
{
    int near[NBD_CHANNELS];
    struct nbd_reply hello = {.error = 0};
    int error = make_channels(near, launch.far);
    if (!error)
        error = start_process();
    close_all(launch.far);
    if (!error)
        error = transfer(near[0], &hello, sizeof(hello), false);
    if (!error && hello.error && atomic_load(&nbd_state.generation) == 0)
        error = hello.error;
    if (!error)
        error = put_channels(near);
    close_all(near);
    if (error)
        return error;
    if (!hello.error)
        nbd_state.size = hello.size;
    atomic_fetch_add(&nbd_state.generation, 1);
    return 0;
}

/* A helper that is gone is replaced, by whoever notices first; not more than a few times a second. */
static int restart(uint32_t seen)
{
    host_lock_acquire(&nbd_state.lock);
    if (atomic_load(&nbd_state.generation) == seen) {
        int64_t since = host_now() - nbd_state.started;
        if (nbd_state.started && since < 200000000) {
            struct timespec pause = {.tv_nsec = 200000000 - (long)since};
            nanosleep(&pause, NULL);
        }
        nbd_state.started = host_now();
        nbd_state.start_error = start_locked();
    }
    int error = atomic_load(&nbd_state.generation) == seen ? nbd_state.start_error : 0;
    host_lock_release(&nbd_state.lock);
    return error;
}

int host_nbd_open(const char *uri, unsigned retry, uint64_t *size)
{
    HOST_GATE("host_nbd_open");
    if (strlen(uri) >= sizeof(nbd_state.uri))
        return -ENAMETOOLONG;
    strcpy(nbd_state.uri, uri);
    char digits[12], *at = digits + sizeof(digits) - 1;
    for (*at = 0, retry = retry > 86400 ? 86400 : retry; retry || !*at; retry /= 10)
        *--at = (char)('0' + retry % 10);
    strcpy(nbd_state.retry, at);
    int error = restart(0);
    if (!error)
        *size = nbd_state.size;
    return error;
}

/* ---- reads ---- */

static unsigned take_reader(void)
{
    for (unsigned i = 0;; i = (i + 1) % READERS) {
        uint32_t idle = 0;
        if (atomic_compare_exchange_strong(&nbd_state.busy[i], &idle, 1))
            return i;
        if (i + 1 == READERS)
            sched_yield();
    }
}

int host_nbd_read(void *into, uint32_t size, uint64_t offset)
{
    HOST_GATE("host_nbd_read");
    int error = -EIO;
    unsigned reader = take_reader();
    for (int attempt = 0; attempt < 3; attempt++) {
        uint32_t generation = atomic_load(&nbd_state.generation);
        struct nbd_request request = {.operation = NBD_READ, .length = size, .offset = offset};
        struct nbd_reply reply = {.error = 0};
        int fd = nbd_state.channel[reader + 1];
        error = generation ? transfer(fd, &request, sizeof(request), true) : -EPIPE;
        if (!error)
            error = transfer(fd, &reply, sizeof(reply), false);
        if (!error && !reply.error)
            error = transfer(fd, into, size, false);
        if (!error) {
            error = reply.error;
            break;
        }
        error = restart(generation);
        if (error)
            break;
        error = -EIO;
    }
    atomic_store(&nbd_state.busy[reader], 0);
    return error;
}

/* ---- writes ---- */

int host_nbd_write(const void *bytes, uint32_t size, uint64_t offset, uint32_t tag)
{
    HOST_GATE("host_nbd_write");
    if (nbd_state.in_flight == DEPTH)
        return -EBUSY;
    unsigned slot = 0;
    while (nbd_state.writes[slot].used)
        slot++;
    struct nbd_request request = {.operation = NBD_WRITE, .length = size, .offset = offset, .tag = slot};
    uint32_t generation = atomic_load(&nbd_state.generation);
    int error = transfer(nbd_state.channel[0], &request, sizeof(request), true);
    if (!error)
        error = transfer(nbd_state.channel[0], (void *)(uintptr_t)bytes, size, true);
    if (error) {
        error = restart(generation); /* what was under way is told lost; this one is tried once more, later */
        return error ? error : -EBUSY;
    }
    nbd_state.writes[slot].used = true;
    nbd_state.writes[slot].tag = tag;
    nbd_state.writes[slot].generation = generation;
    nbd_state.in_flight++;
    return 0;
}

static int ended(unsigned slot, int error, uint32_t *tag, int *result)
{
    int gate = host_gate ? host_gate("host_nbd_next") : 0;
    *tag = nbd_state.writes[slot].tag;
    *result = gate ? gate : error;
    nbd_state.writes[slot].used = false;
    nbd_state.in_flight--;
    return 1;
}

int host_nbd_next(bool wait, uint32_t *tag, int *result)
{
    while (nbd_state.in_flight) {
        uint32_t generation = atomic_load(&nbd_state.generation);
        for (unsigned slot = 0; slot < DEPTH; slot++) {
            if (nbd_state.writes[slot].used && nbd_state.writes[slot].generation != generation)
                return ended(slot, -EIO, tag, result);
        }
        struct nbd_reply reply;
        ssize_t peeked = recv(nbd_state.channel[0], &reply, sizeof(reply), MSG_PEEK | (wait ? 0 : MSG_DONTWAIT));
        if (peeked < 0 && (errno == EINTR || (errno == EAGAIN && !wait))) {
            if (errno == EINTR)
                continue;
            return 0;
        }
        if (peeked > 0 && transfer(nbd_state.channel[0], &reply, sizeof(reply), false) == 0 && reply.tag < DEPTH &&
            nbd_state.writes[reply.tag].used)
            return ended(reply.tag, reply.error, tag, result);
        if (restart(generation) != 0) { /* no helper: all that was under way is lost */
            for (unsigned slot = 0; slot < DEPTH; slot++)
                nbd_state.writes[slot].generation = 0;
        }
    }
    return 0;
}

void host_nbd_forget(void)
{
    if (atomic_load(&nbd_state.generation))
        for (int i = 0; i < NBD_CHANNELS; i++)
            host_descriptor_close(nbd_state.channel[i]);
    memset(nbd_state.writes, 0, sizeof(nbd_state.writes));
    memset(nbd_state.busy, 0, sizeof(nbd_state.busy));
    nbd_state.in_flight = 0;
    nbd_state.started = 0;
    atomic_store(&nbd_state.generation, 0);
    atomic_store(&nbd_state.helper, 0);
    host_lock_init(&nbd_state.lock, RANK_HOST);
}

int host_nbd_helper(void)
{
    return atomic_load(&nbd_state.helper);
}
