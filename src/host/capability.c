/* capability.c: probes the kernel once; see capability.h. Calls the kernel only, allocates nothing. */
#include "host/capability.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "host/raw.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Numbers newer than Debian 12's kernel headers (Documentation/admin-guide/mm, include/uapi/linux). */
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#define FEATURE_SIGBUS (1u << 7)
#define FEATURE_PAGEFAULT_WP (1u << 0)
#define FEATURE_MINOR_SHMEM (1u << 10)
#define FEATURE_WP_ASYNC (1u << 15)
#define FEATURE_MOVE (1u << 16)
#define IOCTL_PAGEMAP_SCAN _IOC(_IOC_READ | _IOC_WRITE, 'f', 16, 96)
#define IOCTL_PROCMAP_QUERY _IOC(_IOC_READ | _IOC_WRITE, 'f', 17, 104)
#define ADVISE_GUARD_INSTALL 102
#define CAP_BIT(set, n) (((set) >> (n)) & 1)

static struct host_capabilities probed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The text of a small file of /proc or /sys, zero-terminated; its length, 0 when it cannot be read. */
static size_t read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, size - 1);
    close(fd);
    if (got < 0)
        got = 0;
    text[got] = 0;
    return (size_t)got;
}

static long long read_number(const char *path, long long otherwise)
{
    char text[32];
    return read_text(path, text, sizeof text) ? strtoll(text, NULL, 10) : otherwise;
}

/* The number behind `name` in a text of "name: number" lines (meminfo: kB; status: any base). */
static uint64_t field(const char *text, const char *name, int base)
{
    const char *found = strstr(text, name);
    return found ? strtoull(found + strlen(name), NULL, base) : 0;
}

/* Opens a userfaultfd in the given way and asks for no feature; the kernel answers with all it has. */
static bool probe_uffd(int fd, uint64_t *features)
{
    if (fd < 0)
        return false;
    struct uffdio_api api = {.api = UFFD_API};
    bool good = ioctl(fd, UFFDIO_API, &api) == 0;
    if (good)
        *features = api.features;
    close(fd);
    return good;
}

static void probe_userfaultfd(struct host_capabilities *c)
{
    if (probe_uffd((int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), &c->uffd_features))
        c->uffd = HOST_UFFD_FULL;
    else if (probe_uffd((int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY), &c->uffd_features))
        c->uffd = HOST_UFFD_USER_MODE;
    int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    c->uffd_device = device >= 0;
    if (device >= 0)
        close(device);
    c->uffd_sysctl = read_number("/proc/sys/vm/unprivileged_userfaultfd", 0) == 1;
    c->uffd_sigbus = (c->uffd_features & FEATURE_SIGBUS) != 0;
    c->uffd_write_protect = (c->uffd_features & FEATURE_PAGEFAULT_WP) != 0;
    c->uffd_wp_async = (c->uffd_features & FEATURE_WP_ASYNC) != 0;
    c->uffd_move = (c->uffd_features & FEATURE_MOVE) != 0;
    c->uffd_minor_shmem = (c->uffd_features & FEATURE_MINOR_SHMEM) != 0;
}

/* The frame number of a page of our own that surely is resident: 0 when the kernel hides it. */
static bool sees_frames(int pagemap)
{
    volatile char here = 1;
    uint64_t entry = 0;
    off_t place = (off_t)(((uintptr_t)&here / 4096) * sizeof entry);
    return pread(pagemap, &entry, sizeof entry, place) == (ssize_t)sizeof entry && (entry & ((1ull << 55) - 1)) != 0;
}

static void probe_proc(struct host_capabilities *c)
{
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap >= 0) {
        uint64_t scan[12] = {sizeof scan}; /* an empty range: succeeds where the call is known */
        c->pagemap_scan = ioctl(pagemap, IOCTL_PAGEMAP_SCAN, scan) >= 0;
        c->pfn_visible = sees_frames(pagemap);
        close(pagemap);
    }
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps >= 0) {
        uint64_t query[13] = {sizeof query, 0x10, 0}; /* the first mapping at or above 0 */
        c->procmap_query = ioctl(maps, IOCTL_PROCMAP_QUERY, query) == 0;
        close(maps);
    }
}

static bool writes_behind_protection(void)
{
    static const char mark[] = "winmem";
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    bool good = page != MAP_FAILED && memory >= 0 &&
                pwrite(memory, mark, sizeof mark, (off_t)(uintptr_t)page) == (ssize_t)sizeof mark;
    if (memory >= 0)
        close(memory);
    if (page != MAP_FAILED)
        munmap(page, 4096);
    return good;
}

static void probe_memory_calls(struct host_capabilities *c)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return;
    c->guard_markers = madvise(page, 4096, ADVISE_GUARD_INSTALL) == 0;
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    struct iovec range = {page + 4096, 4096};
    c->process_madvise_self = self >= 0 && syscall(SYS_process_madvise, self, &range, 1ul, MADV_DONTNEED, 0u) == 4096;
    if (self >= 0)
        close(self);
    munmap(page, 8192);
    char parameters[256]; /* larger than struct io_uring_params, which must be zero */
    memset(parameters, 0, sizeof parameters);
    int ring = (int)syscall(SYS_io_uring_setup, 1, parameters);
    c->io_uring = ring >= 0;
    if (ring >= 0)
        close(ring);
}

static void probe_limits(struct host_capabilities *c)
{
    char text[8192];
    struct rlimit limit;
    c->lock_limit = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 ? limit.rlim_cur : 0;
    c->address_limit = getrlimit(RLIMIT_AS, &limit) == 0 ? limit.rlim_cur : UINT64_MAX;
    if (read_text("/proc/self/status", text, sizeof text))
        c->may_lock_all = CAP_BIT(field(text, "CapEff:", 16), CAP_IPC_LOCK);
    c->map_limit = (long)read_number("/proc/sys/vm/max_map_count", 65530);
    c->overcommit = (int)read_number("/proc/sys/vm/overcommit_memory", 0);
    if (read_text("/proc/meminfo", text, sizeof text)) {
        c->ram = field(text, "MemTotal:", 10) * 1024;
        c->swap = field(text, "SwapTotal:", 10) * 1024;
        c->huge_page_size = field(text, "Hugepagesize:", 10) * 1024;
        c->huge_pages_total = field(text, "HugePages_Total:", 10);
        c->huge_pages_free = field(text, "HugePages_Free:", 10);
    }
    c->processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
}

/* The choice stands in brackets: "always [madvise] never". */
static void probe_thp(struct host_capabilities *c)
{
    char text[128];
    strcpy(c->thp, "never");
    if (!read_text("/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof text))
        return;
    const char *open_bracket = strchr(text, '[');
    const char *close_bracket = open_bracket ? strchr(open_bracket, ']') : NULL;
    if (!close_bracket || (size_t)(close_bracket - open_bracket) > sizeof c->thp)
        return;
    size_t length = (size_t)(close_bracket - open_bracket - 1);
    memcpy(c->thp, open_bracket + 1, length);
    c->thp[length] = 0;
}

static void probe(void)
{
    int kept = errno; /* who asks may be a call that leaves it alone */
    struct utsname name;
    if (uname(&name) == 0)
        memcpy(probed.kernel, name.release, sizeof name.release);
    probe_userfaultfd(&probed);
    probe_proc(&probed);
    probe_memory_calls(&probed);
    probed.protected_write = writes_behind_protection();
    probe_limits(&probed);
    probe_thp(&probed);
    errno = kept;
}

const struct host_capabilities *host_capabilities(void)
{
    pthread_once(&once, probe);
    return &probed;
}
