/* agent.c: see agent.h. A thread serves a Unix socket in the runtime directory, for this user (and root) only: the
 * kernel says who connects. Clients keep their connection. What a request means is nt's business. */
#include "ps/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/futex.h"
#include "host/keep.h"
#include "host/process.h"
#include "host/runtime.h"
#include "host/thread.h"
#include "ps/job.h"

#define CLIENTS 60
#define BIGGEST 4096
#define PATIENCE_SECONDS 3
#define SPIN_NS 60000 /* about what waking a sleeping processor takes */
#define START_PATIENCE_NS ((int64_t)1000000000)
#define LONG_START_PATIENCE_NS ((int64_t)10000000000)

/* What the first message on a connection says: the rights of the handle that it stands for. Whoever has the connection
 * has these and no more; a program that may open the process with more opens another. */
#define SEAL_MAGIC 0x4C414553u
struct seal {
    uint32_t magic; /* 0: not said yet */
    ACCESS_MASK rights;
};

static struct {
    host_lock lock; /* P */
    int listener;   /* P: -1 while no agent runs */
    char path[108]; /* P: of the socket */
    ps_agent_serve *serve;
    struct pollfd client[CLIENTS + 1]; /* the agent thread's own, as what follows */
    struct seal seal[CLIENTS + 1];
    unsigned clients;
} agent_state = {.lock = HOST_LOCK(RANK_PROCESS), .listener = -1};

void ps_agent_set_server(ps_agent_serve *serve)
{
    agent_state.serve = serve;
}

/* Root reaches the agents of all users, each in its user's directory. */
static bool address_of(int pid, struct sockaddr_un *address)
{
    char path[32], others[sizeof(address->sun_path)];
    const char *directory = host_runtime_path();
    struct stat status;
    sprintf(path, "/proc/%d", pid);
    if (geteuid() == 0 && pid != getpid() && stat(path, &status) == 0 && status.st_uid != 0) {
        host_runtime_path_of(status.st_uid, others, sizeof(others));
        directory = others;
    }
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int length = snprintf(address->sun_path, sizeof(address->sun_path), "%s/a_%d", directory, pid);
    return *directory && length > 0 && (size_t)length < sizeof(address->sun_path);
}

/* Looks for a while before anybody sleeps: requests come one after another, and waking costs more than serving one. Who
 * shares the processor gets it. */
static int poll_awake(struct pollfd *places, unsigned count)
{
    int ready;
    int64_t until = host_now() + SPIN_NS;
    while ((ready = poll(places, count, 0)) == 0 && host_now() < until)
        sched_yield();
    return ready;
}

/* Sends at most two descriptors beside the bytes. */
static long send_message(int socket, const void *bytes, size_t size, const int *files, unsigned count)
{
    union {
        char buffer[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec vector = {(void *)(uintptr_t)bytes, size};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), files, count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

/* Descriptors beyond two are closed: nobody can make us hoard them. */
static long receive_message(int socket, void *bytes, size_t size, int files[2])
{
    union {
        char buffer[CMSG_SPACE(8 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec vector = {bytes, size};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    files[0] = files[1] = -1;
    long got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (got < 0)
        return -errno;
    unsigned taken = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int file;
            memcpy(&file, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (taken < 2)
                files[taken++] = file;
            else
                close(file);
        }
    }
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
        return -EBADMSG;
    return got;
}

/* Whom the kernel would let attach as a debugger: this user, unless the program keeps its memory to itself, and root.
 */
static bool may_enter(const struct ucred *peer)
{
    return peer->uid == 0 || (peer->uid == geteuid() && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1);
}

static void drop_client(unsigned i)
{
    close(agent_state.client[i].fd);
    memmove(&agent_state.client[i], &agent_state.client[i + 1], (agent_state.clients - i) * sizeof(struct pollfd));
    memmove(&agent_state.seal[i], &agent_state.seal[i + 1], (agent_state.clients - i) * sizeof(struct seal));
    agent_state.clients--;
}

static void welcome(void)
{
    int client = accept4(agent_state.listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    struct ucred peer;
    socklen_t length = sizeof(peer);
    bool known = getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0;
    if (!known || !may_enter(&peer)) {
        dprintf(2, "winmem: process %d of user %d was refused access to this process\n", known ? peer.pid : -1,
                known ? (int)peer.uid : -1);
        close(client);
        return;
    }
    if (agent_state.clients == CLIENTS)
        drop_client(1); /* the oldest connects again when it needs to */
    struct timeval patience = {.tv_sec = 1};
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    agent_state.client[++agent_state.clients] = (struct pollfd){.fd = client, .events = POLLIN};
    agent_state.seal[agent_state.clients] = (struct seal){.magic = 0};
}

static void close_files(const int files[2])
{
    for (int i = 0; i < 2; i++)
        if (files[i] >= 0)
            close(files[i]);
}

static bool is_seal(const void *bytes, long size, const int files[2], struct seal *seal)
{
    struct seal said;
    if (size != sizeof(said) || files[0] >= 0)
        return false;
    memcpy(&said, bytes, sizeof(said));
    said.rights &= PROCESS_ALL_ACCESS;
    if (said.rights & PROCESS_QUERY_INFORMATION)
        said.rights |= PROCESS_QUERY_LIMITED_INFORMATION;
    if (said.magic != SEAL_MAGIC)
        return false;
    *seal = said;
    return true;
}

static bool serve_one(int client, struct seal *seal)
{
    char request[BIGGEST];
    static char answer[BIGGEST]; /* the agent thread's own */
    int files[2], out_file = -1;
    long got = receive_message(client, request, sizeof(request), files);
    if (got > 0 && seal->magic == 0 && is_seal(request, got, files, seal))
        return true;
    if (got <= 0 || seal->magic == 0) {
        close_files(files);
        return false;
    }
    /* Who has given up waiting was told that it failed: then it must not happen. */
    struct pollfd asker = {.fd = client};
    bool gone = poll(&asker, 1, 0) == 1 && (asker.revents & POLLHUP);
    if (gone) {
        close_files(files);
        return false;
    }
    size_t length = agent_state.serve(seal->rights, request, (size_t)got, files, answer, sizeof(answer), &out_file);
    long sent = send_message(client, answer, length, &out_file, out_file >= 0);
    if (out_file >= 0)
        close(out_file);
    return sent == (long)length;
}

static void *run_agent(void *unused)
{
    (void)unused;
    bool served = false;
    for (;;) {
        int patience = ps_job_has_budget() ? 100 : ps_job_current() ? 500 : -1;
        int ready = served ? poll_awake(agent_state.client, agent_state.clients + 1) : 0;
        served = false;
        if (ready == 0)
            ready = poll(agent_state.client, agent_state.clients + 1, patience);
        if (ps_job_tick_is_due())
            ps_job_balance();
        if (ready <= 0)
            continue;
        for (unsigned i = agent_state.clients; i >= 1; i--) {
            if (!agent_state.client[i].revents)
                continue;
            served = true;
            if (!serve_one(agent_state.client[i].fd, &agent_state.seal[i]))
                drop_client(i);
        }
        if (agent_state.client[0].revents)
            welcome();
    }
    return NULL;
}

static void remove_socket(void)
{
    if (agent_state.path[0])
        unlink(agent_state.path);
    agent_state.path[0] = 0;
}

static int open_listener(void)
{
    struct sockaddr_un address;
    if (host_runtime_directory() < 0 || !address_of(getpid(), &address))
        return -1;
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return -1;
    unlink(address.sun_path); /* an earlier process of our id */
    fchmod(listener, 0600);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listener, 16) != 0) {
        close(listener);
        return -1;
    }
    snprintf(agent_state.path, sizeof(agent_state.path), "%s", address.sun_path);
    return listener;
}

/* Sockets of processes that died without a word. */
static bool forget_dead(void *unused, const char *name)
{
    (void)unused;
    int pid = atoi(name + 2), process = host_process_open(pid);
    char path[128];
    if (process >= 0) {
        close(process);
    } else if (process == -ESRCH) {
        snprintf(path, sizeof(path), "%s/%s", host_runtime_path(), name);
        unlink(path);
    }
    return true;
}

void ps_agent_start(void)
{
    HOST_KEEP_ERRNO;
    if (__atomic_load_n(&agent_state.listener, __ATOMIC_ACQUIRE) >= 0 || !agent_state.serve)
        return;
    host_lock_acquire(&agent_state.lock);
    int listener = agent_state.listener < 0 ? open_listener() : -1;
    if (listener >= 0) {
        agent_state.client[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        agent_state.listener = listener;
        if (host_thread_start(run_agent, NULL) != 0) { /* who asks would wait for nobody; the next start tries again */
            agent_state.listener = -1;
            remove_socket();
            close(listener);
            listener = -1;
        }
    }
    host_lock_release(&agent_state.lock);
    if (listener >= 0)
        host_runtime_each_socket("a_", forget_dead, NULL);
}

static void after_fork(void)
{
    bool had = agent_state.listener >= 0;
    if (!had)
        return;
    for (unsigned i = 0; i <= agent_state.clients; i++)
        close(agent_state.client[i].fd);
    agent_state.clients = 0;
    agent_state.listener = -1;
    agent_state.path[0] = 0;
    ps_agent_start();
}

__attribute__((constructor(141))) static void watch_fork(void)
{
    host_at_fork(&(struct host_fork){RANK_PROCESS, &agent_state.lock, .child = after_fork});
}

__attribute__((destructor)) static void at_end(void)
{
    remove_socket();
}

/* The most that a child may take to its agent: one that has the library comes, however busy the machine is. */
static int64_t start_patience(struct ps_process *process)
{
    char path[32];
    sprintf(path, "/proc/%d/exe", process->pid);
    return host_program_has_library(path) ? LONG_START_PATIENCE_NS : START_PATIENCE_NS;
}

/* A child that was made a moment ago is still on its way to its agent, and one without the library never comes to it:
 * that is waited for once. */
static void await_start(struct ps_process *process)
{
    struct ps_block *block = process->block;
    int64_t begun = host_now(), patience = START_PATIENCE_NS;
    while (block && atomic_load(&block->started) == 0 && !host_process_ended(process->file)) {
        uint32_t none = 0;
        if (host_now() - begun >= START_PATIENCE_NS && patience == START_PATIENCE_NS)
            patience = start_patience(process);
        if (host_now() - begun >= patience)
            atomic_compare_exchange_strong(&block->started, &none, 2);
        else
            host_futex_wait(&block->started, 0, host_deadline(START_PATIENCE_NS / 20), true); /* its end wakes nobody */
    }
}

/* Connected and known to be the very process: it had the id when it connected, and its descriptor says it still lives.
 */
static NTSTATUS connect_agent(struct ps_process *process, struct ps_line *free_line, ACCESS_MASK rights)
{
    struct sockaddr_un address;
    if (host_runtime_directory() < 0 || !address_of(process->pid, &address))
        return STATUS_NOT_SUPPORTED;
    await_start(process);
    int line = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (line < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    setsockopt(line, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    struct ucred peer;
    socklen_t length = sizeof(peer);
    NTSTATUS status = STATUS_SUCCESS;
    if (connect(line, (struct sockaddr *)&address, sizeof(address)) != 0)
        status = errno == EAGAIN ? STATUS_IO_TIMEOUT : errno == EACCES ? STATUS_ACCESS_DENIED : STATUS_NOT_SUPPORTED;
    else if (getsockopt(line, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.pid != process->pid)
        status = STATUS_NOT_SUPPORTED;
    else if (send_message(line, &(struct seal){SEAL_MAGIC, rights}, sizeof(struct seal), NULL, 0) < 0)
        status = errno == EAGAIN ? STATUS_IO_TIMEOUT : STATUS_PIPE_BROKEN;
    if (host_process_ended(process->file))
        status = STATUS_PROCESS_IS_TERMINATING;
    if (!NT_SUCCESS(status)) {
        close(line);
        return status;
    }
    *free_line = (struct ps_line){line, rights};
    return STATUS_SUCCESS;
}

static NTSTATUS exchange(int line, const void *request, size_t size, const int files[2], void *answer, size_t *length,
                         int *got)
{
    unsigned count = files[0] < 0 ? 0 : files[1] < 0 ? 1 : 2;
    if (send_message(line, request, size, files, count) != (long)size)
        return errno == EAGAIN ? STATUS_IO_TIMEOUT : STATUS_PIPE_BROKEN;
    int received[2];
    poll_awake(&(struct pollfd){.fd = line, .events = POLLIN}, 1);
    long bytes = receive_message(line, answer, *length, received);
    if (received[1] >= 0)
        close(received[1]);
    if (bytes <= 0) {
        if (received[0] >= 0)
            close(received[0]);
        return bytes == -EAGAIN ? STATUS_IO_TIMEOUT : STATUS_PIPE_BROKEN;
    }
    *got = received[0];
    *length = (size_t)bytes;
    return STATUS_SUCCESS;
}

/* The connection for these rights, or the place for it. */
static struct ps_line *line_for_locked(struct ps_process *process, ACCESS_MASK rights)
{
    host_lock_assert(&process->line);
    struct ps_line *place = NULL;
    for (unsigned i = 0; i < PS_LINES; i++) {
        struct ps_line *line = &process->agent[i];
        if (line->socket >= 0 && line->rights == rights)
            return line;
        if (line->socket < 0)
            place = line;
    }
    if (!place) {
        place = &process->agent[process->next_line++ % PS_LINES];
        close(place->socket);
        place->socket = -1;
    }
    return place;
}

NTSTATUS ps_agent_ask(struct ps_process *process, ACCESS_MASK rights, const void *request, size_t size,
                      const int files[2], void *answer, size_t *length, int *got)
{
    *got = -1;
    int64_t begun = host_now();
    host_lock_acquire(&process->line);
    /* Whoever waited for one that had no answer has waited as long for nothing. */
    NTSTATUS status = process->gave_up > begun ? STATUS_IO_TIMEOUT : STATUS_SUCCESS;
    struct ps_line *line = NT_SUCCESS(status) ? line_for_locked(process, rights) : NULL;
    for (int tries = 0; tries < 2 && line; tries++) {
        bool fresh = line->socket < 0;
        status = fresh ? connect_agent(process, line, rights) : STATUS_SUCCESS;
        if (NT_SUCCESS(status))
            status = exchange(line->socket, request, size, files, answer, length, got);
        if (NT_SUCCESS(status))
            break;
        if (line->socket >= 0)
            close(line->socket); /* a late answer must not be taken for the next one's */
        line->socket = -1;
        if (fresh || status != STATUS_PIPE_BROKEN)
            break;
    }
    if (line && status == STATUS_IO_TIMEOUT)
        process->gave_up = host_now();
    host_lock_release(&process->line);
    if (status == STATUS_PIPE_BROKEN)
        status = STATUS_PROCESS_IS_TERMINATING;
    return status;
}
