/* spawn.c: see spawn.h. The child is traced for the moment of its exec, which stops it, and is let go stopped. It runs
 * in its parent's memory until the exec, all signals blocked: no lock, no allocation, nothing but system calls. */
#include "host/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/gate.h"

#define STACK ((size_t)64 << 10)

struct child {
    const struct host_spawn *spawn;
    sigset_t mask;
    int error;
};

/* Handlers must not run here: the memory is the parent's. */
static void forget_handlers(void)
{
    struct sigaction action, plain = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)
            sigaction(number, &plain, NULL);
}

static int give_files(const struct host_spawn *spawn)
{
    for (unsigned i = 0; i < spawn->files; i++) {
        int from = spawn->file[i].from, to = spawn->file[i].to;
        if (from == to ? fcntl(from, F_SETFD, 0) != 0 : dup2(from, to) < 0)
            return -errno;
    }
    return 0;
}

static int run_child(void *argument)
{
    struct child *child = argument;
    const struct host_spawn *spawn = child->spawn;
    forget_handlers();
    child->error = give_files(spawn);
    if (!child->error && spawn->directory && chdir(spawn->directory) != 0)
        child->error = -errno;
    if (!child->error && ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        child->error = -EPERM;
    if (!child->error) {
        sigprocmask(SIG_SETMASK, &child->mask, NULL);
        execve(spawn->program, spawn->arguments, spawn->environment);
        child->error = -errno;
    }
    _exit(127);
}

/* Signals that come before the exec's own stop are passed on. */
static int let_go_stopped(pid_t pid)
{
    int status;
    for (;;) {
        pid_t got = waitpid(pid, &status, __WALL);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != pid || !WIFSTOPPED(status))
            return -ESRCH;
        if (WSTOPSIG(status) == SIGTRAP)
            break;
        ptrace(PTRACE_CONT, pid, NULL, (void *)(long)WSTOPSIG(status));
    }
    if (ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)SIGSTOP) != 0)
        return -errno;
    siginfo_t stopped; /* a SIGCONT before it stands would be lost */
    while (waitid(P_PID, (id_t)pid, &stopped, WSTOPPED | WEXITED | WNOWAIT) != 0 && errno == EINTR) {}
    return 0;
}

int host_spawn_held(const struct host_spawn *spawn, pid_t *pid)
{
    HOST_GATE("spawn_held");
    struct child child = {.spawn = spawn};
    sigset_t all;
    int cancel_status;
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return -errno;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &child.mask);
    pid_t made = clone(run_child, stack + STACK, CLONE_VM | CLONE_VFORK | SIGCHLD, &child);
    int error = made < 0 ? -errno : child.error;
    sigprocmask(SIG_SETMASK, &child.mask, NULL);
    munmap(stack, STACK);
    if (made > 0 && error)
        waitpid(made, &cancel_status, __WALL);
    if (error)
        return error;
    error = let_go_stopped(made);
    if (error) {
        kill(made, SIGKILL);
        waitpid(made, &cancel_status, __WALL);
        return error;
    }
    *pid = made;
    return 0;
}
