/* process.c: see process.h. */
#include "host/process.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/gate.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#define NR_PIDFD_SEND_SIGNAL 424
#define NR_PIDFD_OPEN 434

/* What the kernel tells of a process by its descriptor (6.13; of its end since 6.15). */
struct pidfd_info {
    uint64_t mask, cgroup;
    uint32_t id[3], user[8];
    int32_t exit_code;
};
_Static_assert(sizeof(struct pidfd_info) == 64, "the first published size");
#define PIDFD_GET_INFO _IOWR(0xFF, 11, struct pidfd_info)
#define PIDFD_INFO_EXIT ((uint64_t)1 << 3)

int host_process_open(int pid)
{
    HOST_GATE("process_open");
    long file = syscall(NR_PIDFD_OPEN, pid, 0);
    return file < 0 ? -errno : (int)file;
}

bool host_process_ended(int process)
{
    struct pollfd poll_one = {.fd = process, .events = POLLIN};
    return poll(&poll_one, 1, 0) == 1;
}

int host_process_signal(int process, int number)
{
    HOST_GATE("process_signal");
    return syscall(NR_PIDFD_SEND_SIGNAL, process, number, NULL, 0) == 0 ? 0 : -errno;
}

static int status_of_child(const siginfo_t *information)
{
    if (information->si_code == CLD_EXITED)
        return (information->si_status & 0xFF) << 8;
    return information->si_status & 0x7F;
}

static int status_of(int process, int *status, int how)
{
    siginfo_t information = {0};
    if (waitid((idtype_t)P_PIDFD, (id_t)process, &information, WEXITED | WNOHANG | how) == 0 && information.si_pid) {
        *status = status_of_child(&information);
        return 0;
    }
    struct pidfd_info info = {.mask = PIDFD_INFO_EXIT};
    if (ioctl(process, PIDFD_GET_INFO, &info) == 0 && (info.mask & PIDFD_INFO_EXIT)) {
        *status = info.exit_code;
        return 0;
    }
    return -ENODATA;
}

int host_process_status(int process, int *status, struct host_process_times *times)
{
    siginfo_t information = {0};
    struct rusage usage = {0};
    /* The C library's call leaves out what was used. */
    if (syscall(SYS_waitid, P_PIDFD, process, &information, WEXITED | WNOHANG, &usage) != 0 || !information.si_pid)
        return status_of(process, status, 0);
    *status = status_of_child(&information);
    times->user = (uint64_t)usage.ru_utime.tv_sec * 10000000u + (uint64_t)usage.ru_utime.tv_usec * 10;
    times->kernel = (uint64_t)usage.ru_stime.tv_sec * 10000000u + (uint64_t)usage.ru_stime.tv_usec * 10;
    times->known = true;
    return 0;
}

int host_process_peek(int process, int *status)
{
    return status_of(process, status, WNOWAIT);
}

long host_process_read(int pid, const void *from, void *to, size_t size)
{
    HOST_GATE("process_read");
    struct iovec local = {to, size}, remote = {(void *)(uintptr_t)from, size};
    long done = process_vm_readv(pid, &local, 1, &remote, 1, 0);
    return done < 0 ? -errno : done;
}

long host_process_write(int pid, void *to, const void *from, size_t size)
{
    HOST_GATE("process_write");
    struct iovec local = {(void *)(uintptr_t)from, size}, remote = {to, size};
    long done = process_vm_writev(pid, &local, 1, &remote, 1, 0);
    return done < 0 ? -errno : done;
}
