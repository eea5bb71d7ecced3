/* doctor.c: `winmem doctor` says what the machine offers to the pager, which mode follows from it, and the exact
 * command for whatever would be better. It only reads and probes. */
#include "command.h"
#include "host/capability.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void line(bool good, const char *what, const char *means)
{
    printf("  %s  %-38s %s\n", good ? "yes" : "no ", what, means);
}

static void print_machine(const struct host_capabilities *c)
{
    printf("Machine\n");
    printf("  Linux %s, %d processors, %" PRIu64 " MiB RAM, %" PRIu64 " MiB swap, %s\n", c->kernel, c->processors,
           c->ram >> 20, c->swap >> 20, geteuid() == 0 ? "running as root" : "unprivileged");
    printf("  mappings a process may have: %ld; overcommit policy: %d\n", c->map_limit, c->overcommit);
    printf("  transparent huge pages: %s; large pages: %" PRIu64 " of %" PRIu64 " free, %" PRIu64 " KiB each\n", c->thp,
           c->huge_pages_free, c->huge_pages_total, c->huge_page_size >> 10);
    if (c->may_lock_all)
        printf("  memory that may be locked: all\n");
    else
        printf("  memory that may be locked: %" PRIu64 " KiB\n", c->lock_limit >> 10);
}

static void print_kernel_features(const struct host_capabilities *c)
{
    printf("\nKernel features\n");
    line(c->uffd != HOST_UFFD_NONE, "userfaultfd for user faults", "paging in signal mode");
    line(c->uffd == HOST_UFFD_FULL || c->uffd_device, "userfaultfd for kernel faults too",
         "paging with a handler thread: system calls need no care");
    line(c->uffd_sigbus, "userfaultfd SIGBUS (4.14)", "a thread resolves its own fault");
    line(c->uffd_write_protect, "userfaultfd write-protect (5.7)", "eviction while threads write");
    line(c->protected_write, "writing behind a protection",
         "paging without userfaultfd, some microseconds a fault more");
    line(c->uffd_wp_async, "asynchronous write-protect (6.7)", "GetWriteWatch without faults");
    line(c->pagemap_scan, "PAGEMAP_SCAN (6.7)", "GetWriteWatch at some ns a page");
    line(c->uffd_move, "UFFDIO_MOVE (6.8)", "pages move without a copy");
    line(c->procmap_query, "PROCMAP_QUERY (6.11)", "VirtualQuery of memory that others mapped, fast");
    line(c->process_madvise_self, "process_madvise on itself (6.13)", "one shootdown for many evicted pages");
    line(c->guard_markers, "guard markers (6.13)", "guard pages that cost no mapping");
    line(c->io_uring, "io_uring", "paging file with depth");
    line(c->pfn_visible, "frame numbers in /proc (root)", "winmem_translate tells the kernel's PFN");
}

static const char *mode_of(const struct host_capabilities *c)
{
    if ((c->uffd == HOST_UFFD_FULL || c->uffd_device) && c->uffd_write_protect)
        return "userfaultfd; handler thread for `winmem run`, signal mode for programs that link the library";
    if (c->uffd == HOST_UFFD_USER_MODE && c->uffd_sigbus && c->uffd_write_protect)
        return "userfaultfd in signal mode (unprivileged)";
    if (c->protected_write)
        return "by protection: without a usable userfaultfd, pages out of memory are inaccessible (slower)";
    return "none: without userfaultfd or a writable /proc/self/mem programs run unpaged; the commit limit is kept";
}

static int advise(int number, const char *why, const char *command)
{
    printf("  %d. %s:\n       %s\n", number, why, command);
    return number + 1;
}

static void print_advice(const struct host_capabilities *c)
{
    int n = 1;
    printf("\nWhat would make it better\n");
    if (c->uffd == HOST_UFFD_NONE)
        n = advise(n, "userfaultfd is refused (seccomp or an old kernel); in a container, allow the call",
                   "docker run --security-opt seccomp=unconfined ...");
    if (c->uffd != HOST_UFFD_FULL && !c->uffd_device)
        n = advise(n, "a handler thread may serve faults of system calls too",
                   "sudo setfacl -m u:$USER:rw /dev/userfaultfd   # or: sudo sysctl vm.unprivileged_userfaultfd=1");
    if (c->map_limit < 262144)
        n = advise(n, "more mappings for programs with very many protected or freed ranges",
                   "sudo sysctl vm.max_map_count=1048576");
    if (!strcmp(c->thp, "never"))
        n = advise(n, "huge pages make the first touch of large memory three times as fast",
                   "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
    if (c->huge_pages_total == 0)
        n = advise(n, "MEM_LARGE_PAGES needs reserved huge pages (else it fails as documented)",
                   "sudo sysctl vm.nr_hugepages=64");
    if (!c->may_lock_all && c->lock_limit < (64u << 20))
        n = advise(n, "VirtualLock is limited by RLIMIT_MEMLOCK", "ulimit -l unlimited   # limits.conf: memlock");
    if (!c->io_uring)
        n = advise(n, "io_uring is off: the paging file is used with less depth",
                   "sudo sysctl kernel.io_uring_disabled=0");
    if ((c->uffd == HOST_UFFD_FULL || c->uffd_device) && c->uffd_sigbus)
        n = advise(n, "threads of `winmem run` that resolve their own faults take less processor time",
                   "winmem run --faults signal ...   # what it cannot do: docs/differences.md");
    if (n == 1)
        printf("  nothing: this machine has all that winmem can use\n");
}

int command_doctor(int argc, char **argv)
{
    if (argc > 1) {
        bool help = !strcmp(argv[1], "--help");
        fprintf(help ? stdout : stderr, "usage: winmem doctor\n");
        return help ? 0 : 2;
    }
    const struct host_capabilities *c = host_capabilities();
    print_machine(c);
    print_kernel_features(c);
    printf("\nPager mode\n  %s\n", mode_of(c));
    print_advice(c);
    return 0;
}
