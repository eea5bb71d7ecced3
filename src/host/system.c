/* system.c: /proc/meminfo and sysinfo. Calls the kernel only; must not allocate. */
#include "host/system.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "host/gate.h"

static uint64_t field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    if (!at)
        return 0;
    uint64_t value = 0;
    for (at += strlen(name); *at == ' ' || *at == ':'; at++) {}
    for (; *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    return value * 1024;
}

static int from_sysinfo(struct host_memory_info *info)
{
    struct sysinfo si;
    if (sysinfo(&si) != 0)
        return -errno;
    memset(info, 0, sizeof(*info));
    info->total = (uint64_t)si.totalram * si.mem_unit;
    info->available = (uint64_t)si.freeram * si.mem_unit;
    info->swap_total = (uint64_t)si.totalswap * si.mem_unit;
    info->swap_free = (uint64_t)si.freeswap * si.mem_unit;
    return 0;
}

int host_memory_totals(uint64_t *memory, uint64_t *swap)
{
    HOST_GATE("host_memory_totals");
    struct sysinfo si;
    if (sysinfo(&si) != 0)
        return -errno;
    *memory = (uint64_t)si.totalram * si.mem_unit;
    *swap = (uint64_t)si.totalswap * si.mem_unit;
    return 0;
}

int host_memory_info(struct host_memory_info *info)
{
    HOST_GATE("host_memory_info");
    char text[4096];
    int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return from_sysinfo(info);
    ssize_t got = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (got <= 0)
        return from_sysinfo(info);
    text[got] = 0;
    info->total = field(text, "MemTotal:");
    info->available = field(text, "MemAvailable:");
    info->swap_total = field(text, "SwapTotal:");
    info->swap_free = field(text, "SwapFree:");
    info->cached = field(text, "\nCached:");
    info->committed = field(text, "Committed_AS:");
    info->commit_limit = field(text, "CommitLimit:");
    info->kernel_slab = field(text, "Slab:");
    return 0;
}
