/* process.c: see process.h. */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/gate.h"
#include "host/list.h"
#include "host/own.h"
#include "host/proc.h"

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

size_t host_undeleted(char *path)
{
    static const char mark[] = " (deleted)";
    size_t length = strlen(path), marked = sizeof mark - 1;
    if (length > marked && strcmp(path + length - marked, mark) == 0 && access(path, F_OK) != 0)
        path[length -= marked] = 0;
    return length;
}

size_t host_process_image(int pid, char *path, size_t size)
{
    char link[32] = "/proc/self/exe";
    if (pid)
        snprintf(link, sizeof link, "/proc/%d/exe", pid);
    ssize_t got = readlink(link, path, size - 1);
    path[got > 0 ? got : 0] = 0;
    return host_undeleted(path);
}

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
    times->resident_peak = (uint64_t)usage.ru_maxrss * 1024;
    times->faults = (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
    times->known = true;
    return 0;
}

int host_process_peek(int process, int *status)
{
    return status_of(process, status, WNOWAIT);
}

/* Behind the name in parentheses: the state is field 3, the parent 4, faults 10 and 12, times 14 and 15, threads 20,
 * birth 22. */
int host_process_stat(int pid, struct host_process_stat *stat)
{
    char path[32], text[1024];
    uint64_t field[23] = {0};
    sprintf(path, "/proc/%d/stat", pid);
    long length = host_read_text(path, text, sizeof(text));
    if (length <= 0)
        return length == 0 || length == -ENOENT ? -ESRCH : (int)length; /* it ended as it was read */
    char *at = strrchr(text, ')');
    if (!at || at[1] != ' ')
        return -ENODATA;
    char state = at[2];
    for (int i = 3; i <= 22 && at; i++) {
        at = strchr(at + 1, ' ');
        field[i] = at ? strtoull(at + 1, NULL, 10) : 0;
    }
    uint64_t unit = 10000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    /* A first thread that has ended leaves a process with others alive. */
    *stat = (struct host_process_stat){(state == 'Z' && field[20] <= 1) || state == 'X',
                                       field[22],
                                       field[14] * unit,
                                       field[15] * unit,
                                       field[10] + field[12],
                                       (int)field[4]};
    return at ? 0 : -ENODATA;
}

int host_process_transfers(int pid, uint64_t transfers[4])
{
    char path[32], text[512];
    unsigned long long read, written, reads, writes;
    sprintf(path, "/proc/%d/io", pid);
    if (host_read_text(path, text, sizeof(text)) <= 0 ||
        sscanf(text, "rchar: %llu wchar: %llu syscr: %llu syscw: %llu", &read, &written, &reads, &writes) != 4)
        return -ENODATA;
    transfers[0] = reads;
    transfers[1] = writes;
    transfers[2] = read;
    transfers[3] = written;
    return 0;
}

int host_process_set_affinity(int pid, uint64_t mask)
{
    HOST_GATE("process_affinity");
    char path[32];
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < 64; i++)
        if (mask >> i & 1)
            CPU_SET(i, &set);
    sprintf(path, "/proc/%d/task", pid);
    struct host_list threads;
    int error = host_list_open(&threads, path);
    if (error)
        return error;
    for (int id; (id = host_list_next_number(&threads));)
        if (sched_setaffinity(id, sizeof(set), &set) != 0 && errno != ESRCH)
            error = -errno;
    host_list_close(&threads);
    return error;
}

#define PIECE ((size_t)256 << 10)
#define OVERLAP ((size_t)32)

bool host_program_has_library(const char *program)
{
    int file = open(program, O_RDONLY | O_CLOEXEC);
    char *piece = file < 0 ? NULL : host_own_take(PIECE + OVERLAP);
    bool found = false;
    size_t kept = 0;
    for (ssize_t got = 1; piece && got > 0 && !found;) {
        got = read(file, piece + kept, PIECE);
        size_t size = got > 0 ? kept + (size_t)got : 0;
        found = memmem(piece, size, "libwinmem", 9) || memmem(piece, size, "WINMEM_PROCESS", 14);
        kept = size < OVERLAP ? size : OVERLAP;
        memmove(piece, piece + size - kept, kept);
    }
    host_own_give(piece);
    if (file >= 0)
        close(file);
    return found;
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
