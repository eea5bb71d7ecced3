/* follow.c: the way of follow.h. Calls the kernel only; not signal-safe by need, but takes no lock. */
#include "host/follow.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/gate.h"
#include "host/kernel.h"
#include "host/proc.h"

#define FIELD_PROCESSOR 39 /* of /proc/self/task/N/stat; the command's closing bracket ends the second */

static void stat_path(char *path, unsigned thread)
{
    char digits[12], *at = digits + sizeof digits - 1;
    for (*at = 0; thread; thread /= 10)
        *--at = (char)('0' + thread % 10);
    strcpy(path, "/proc/self/task/");
    strcat(path, at);
    strcat(path, "/stat");
}

static int processor_of(unsigned thread)
{
    char path[48], text[1024];
    stat_path(path, thread);
    long got = host_read_text(path, text, sizeof text);
    if (got < 0)
        return (int)got;
    char *at = strrchr(text, ')');
    for (int field = 2; at && field < FIELD_PROCESSOR; field++)
        at = strchr(at + 1, ' ');
    return at ? atoi(at) : -EPROTO;
}

int host_follow(int thread)
{
    HOST_GATE("follow");
    int processor = processor_of((unsigned)thread);
    if (processor < 0 || processor == sched_getcpu())
        return processor;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET((unsigned)processor, &only);
    return sched_setaffinity(0, sizeof only, &only) == 0 ? processor : -errno;
}

int host_keep_off(int thread, int before, int processor)
{
    HOST_GATE("keep_off");
    cpu_set_t set, whole;
    if (sched_getaffinity(thread, sizeof set, &set) != 0)
        return -errno;
    if (before >= 0 && (sched_getaffinity(getpid(), sizeof whole, &whole) != 0 || CPU_ISSET((unsigned)before, &whole)))
        CPU_SET((unsigned)before, &set);
    CPU_CLR((unsigned)processor, &set);
    return sched_setaffinity(thread, sizeof set, &set) == 0 ? 0 : -errno;
}

int host_thread_number(void)
{
    return gettid();
}

unsigned host_processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* The directory has a link for itself, one for the one above, and one for each thread. */
bool host_is_alone(int process)
{
    struct stat tasks;
    return !host_gate && getpid() == process &&
           host_syscall3(SYS_stat, (long)"/proc/self/task", (long)&tasks, 0) == 0 && tasks.st_nlink == 3;
}
