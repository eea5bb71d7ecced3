/* machine.c: reads /proc and /sys for machine.h. Calls the kernel only; must not allocate. */
#include "host/machine.h"

#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/gate.h"
#include "host/sanitized.h"

static ssize_t read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t got = read(fd, text, size - 1);
    int error = errno;
    close(fd);
    if (got < 0)
        return -error;
    text[got] = 0;
    return got;
}

/* Writes a number in decimal; returns the end. snprintf may allocate in some C libraries. */
static char *put_number(char *at, uint64_t number)
{
    char digits[24];
    int n = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (n)
        *at++ = digits[--n];
    return at;
}

static void proc_path(char *path, pid_t pid, const char *name)
{
    char *at = stpcpy(path, "/proc/");
    at = pid ? put_number(at, (uint64_t)pid) : stpcpy(at, "self");
    *at++ = '/';
    strcpy(at, name);
}

static uint64_t field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

void host_processor_info(struct host_processor_info *info)
{
    uint32_t a = 0, b, c, d;
    __get_cpuid(1, &a, &b, &c, &d);
    uint32_t family = a >> 8 & 15, model = a >> 4 & 15;
    if (family == 15 || family == 6)
        model |= a >> 12 & 0xf0;
    if (family == 15)
        family += a >> 20 & 0xff;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    *info = (struct host_processor_info){online > 0 ? (uint32_t)online : 1, family, model, a & 15};
}

static bool node_exists(uint32_t node, const char *what, char *path)
{
    char *at = stpcpy(path, "/sys/devices/system/node/node");
    strcpy(put_number(at, node), what);
    return access(path, F_OK) == 0;
}

uint32_t host_numa_highest_node(void)
{
    char text[64], *at = text;
    if (read_text("/sys/devices/system/node/online", text, sizeof text) <= 0)
        return 0;
    for (char *p = text; *p; p++)
        if (*p == '-' || *p == ',')
            at = p + 1;
    return (uint32_t)strtoul(at, NULL, 10);
}

uint32_t host_numa_node_of(uint32_t processor)
{
    char path[96], suffix[32] = "/cpu";
    *put_number(suffix + 4, processor) = 0;
    for (uint32_t node = 0, highest = host_numa_highest_node(); node <= highest; node++)
        if (node_exists(node, suffix, path))
            return node;
    return 0;
}

uint32_t host_numa_page_node(uintptr_t address)
{
    static _Atomic int nodes; /* 0: not asked yet */
    void *page = (void *)(address & ~(uintptr_t)4095);
    int status = 0, known = atomic_load(&nodes);
    if (!known)
        atomic_store(&nodes, known = (int)host_numa_highest_node() + 1);
    if (known == 1 || syscall(SYS_move_pages, 0, 1UL, &page, NULL, &status, 0) != 0 || status < 0)
        return 0;
    return (uint32_t)status;
}

int host_numa_free(uint32_t node, uint64_t *bytes)
{
    HOST_GATE("host_numa_free");
    char path[96], text[2048];
    bool numa = node_exists(node, "/meminfo", path);
    if (!numa && node != 0)
        return -ENODEV;
    ssize_t got = read_text(numa ? path : "/proc/meminfo", text, sizeof text);
    if (got < 0)
        return (int)got;
    *bytes = field(text, "MemFree:") * 1024;
    return 0;
}

/* The fields after the command's closing bracket: 3 state ... 10 minflt, 12 majflt, 20 threads. */
static void parse_stat(char *text, struct host_process_memory *memory)
{
    char *at = strrchr(text, ')');
    for (int number = 2; at && *at; number++) {
        if (number == 10)
            memory->minor_faults = strtoull(at, NULL, 10);
        if (number == 12)
            memory->major_faults = strtoull(at, NULL, 10);
        if (number == 20)
            memory->threads = (uint32_t)strtoul(at, NULL, 10);
        at = strchr(at, ' ');
        if (at)
            at++;
    }
}

int host_process_memory(pid_t pid, struct host_process_memory *memory)
{
    HOST_GATE("host_process_memory");
    char path[64], text[4096];
    proc_path(path, pid, "status");
    ssize_t got = read_text(path, text, sizeof text);
    if (got < 0)
        return got == -ENOENT ? -ESRCH : (int)got;
    *memory = (struct host_process_memory){
        .virtual_size = field(text, "VmSize:") * 1024,
        .virtual_peak = field(text, "VmPeak:") * 1024,
        .resident = field(text, "VmRSS:") * 1024,
        .resident_peak = field(text, "VmHWM:") * 1024,
        .private_resident = field(text, "RssAnon:") * 1024,
        .swapped = field(text, "VmSwap:") * 1024,
        .page_tables = field(text, "VmPTE:") * 1024,
    };
    proc_path(path, pid, "stat");
    got = read_text(path, text, sizeof text);
    if (got < 0)
        return got == -ENOENT ? -ESRCH : (int)got;
    parse_stat(text, memory);
    if (memory->resident_peak < memory->resident)
        memory->resident_peak = memory->resident;
    return 0;
}

struct linux_dirent64 {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

int host_each_number(const char *directory, void (*each)(void *context, int number), void *context)
{
    HOST_GATE("host_each_number");
    char buffer[4096] __attribute__((aligned(8)));
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    for (long got; (got = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0;)
        for (long at = 0; at < got;) {
            struct linux_dirent64 *entry = (struct linux_dirent64 *)(buffer + at);
            if (entry->name[0] >= '1' && entry->name[0] <= '9')
                each(context, (int)strtol(entry->name, NULL, 10));
            at += entry->length;
        }
    close(fd);
    return 0;
}

static void count_one(void *context, int number)
{
    (void)number;
    ++*(uint32_t *)context;
}

int host_count_tasks(uint32_t *processes, uint32_t *threads)
{
    char text[128];
    uint32_t count = 0;
    int error = host_each_number("/proc", count_one, &count);
    if (error)
        return error;
    *processes = count;
    *threads = count;
    if (read_text("/proc/loadavg", text, sizeof text) > 0) { /* "0.1 0.2 0.3 running/all last" */
        const char *slash = strchr(text, '/');
        if (slash)
            *threads = (uint32_t)strtoul(slash + 1, NULL, 10);
    }
    return 0;
}

static uint64_t next_number(const char **at)
{
    uint64_t number = 0;
    for (; **at >= '0' && **at <= '9'; ++*at)
        number = number * 10 + (uint64_t)(**at - '0');
    *at += **at == ' ';
    return number;
}

/* statm: size, resident, of that files and shared memory. A sanitizer's shadow is most of what there is. */
uint64_t host_private_resident(void)
{
    char text[128];
    const char *at = text;
    if (HOST_SANITIZED || read_text("/proc/self/statm", text, sizeof(text)) <= 0)
        return 0;
    (void)next_number(&at);
    uint64_t resident = next_number(&at), others = next_number(&at);
    return resident > others ? resident - others : 0;
}
