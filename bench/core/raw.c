/* raw.c: what a Linux programmer would write for each operation of core.c. Setup that the Windows side keeps outside
 * its loop is kept outside here too. */
#include "raw.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

static void *map(size_t size, int protection, int flags, int fd)
{
    void *memory = mmap(NULL, size, protection, flags, fd, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return memory;
}

void raw_allocate(unsigned count, SIZE_T size)
{
    while (count--)
        munmap(map(size, PROT_READ | PROT_WRITE, ANONYMOUS, -1), size);
}

void raw_reserve(unsigned count, SIZE_T size)
{
    while (count--)
        munmap(map(size, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1), size);
}

void raw_commit(unsigned count, SIZE_T size)
{
    static char *area;
    if (!area)
        area = map(1 << 30, PROT_NONE, ANONYMOUS | MAP_NORESERVE, -1);
    while (count--) {
        mprotect(area + (1 << 20), size, PROT_READ | PROT_WRITE);
        mmap(area + (1 << 20), size, PROT_NONE, ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    }
}

void raw_protect(unsigned count, SIZE_T size)
{
    static char *area;
    if (!area) {
        area = map(1 << 20, PROT_READ | PROT_WRITE, ANONYMOUS, -1);
        memset(area, 1, 1 << 20);
    }
    for (unsigned i = 0; i < count; i++)
        mprotect(area + 65536, size, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ);
    mprotect(area + 65536, size, PROT_READ | PROT_WRITE);
}

#define LIVE 30000
static void *live[LIVE];

void raw_live(unsigned count, SIZE_T size)
{
    while (count--) {
        for (unsigned i = 0; i < LIVE; i++)
            live[i] = map(size, PROT_READ | PROT_WRITE, ANONYMOUS, -1);
        for (unsigned i = 0; i < LIVE; i++)
            munmap(live[i], size);
    }
}

void raw_holes(unsigned count, SIZE_T size)
{
    while (count--) {
        for (unsigned i = 0; i < LIVE; i++)
            live[i] = map(size, PROT_READ | PROT_WRITE, ANONYMOUS, -1);
        for (unsigned i = 0; i < LIVE; i += 2)
            munmap(live[i], size);
        for (unsigned i = 0; i < LIVE; i += 2)
            live[i] = map(size, PROT_READ | PROT_WRITE, ANONYMOUS, -1);
        for (unsigned i = 0; i < LIVE; i++)
            munmap(live[i], size);
    }
}

void raw_section(unsigned count, SIZE_T size)
{
    while (count--) {
        int fd = memfd_create("raw", MFD_CLOEXEC);
        if (fd < 0 || ftruncate(fd, (off_t)size))
            perror("memfd");
        void *view = map(size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
        munmap(view, size);
        close(fd);
    }
}

void raw_file_section(unsigned count, SIZE_T size)
{
    static int file = -1;
    if (file < 0) {
        char name[] = "/tmp/winmem-bench-XXXXXX";
        file = mkstemp(name);
        unlink(name);
        if (ftruncate(file, (off_t)size))
            perror("ftruncate");
    }
    while (count--) {
        struct stat information;
        int fd = fcntl(file, F_DUPFD_CLOEXEC, 0); /* a section outlives the handle of its file */
        fstat(fd, &information);
        void *view = map(size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
        munmap(view, size);
        close(fd);
    }
}

void raw_view(unsigned count, SIZE_T size)
{
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("raw", MFD_CLOEXEC);
        if (ftruncate(fd, (off_t)size))
            perror("memfd");
    }
    while (count--)
        munmap(map(size, PROT_READ | PROT_WRITE, MAP_SHARED, fd), size);
}

/* PAGEMAP_SCAN and WP_ASYNC are newer than some systems' headers. */
struct page_region {
    unsigned long long start, end, categories;
};
struct scan {
    unsigned long long size, flags, start, end, walk_end, vec, vec_len, max_pages;
    unsigned long long category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_IOCTL _IOWR('f', 16, struct scan)
#define SCAN_WRITTEN 2ull
#define SCAN_ASYNC 2ull
#define WP_UNPOPULATED (1ull << 13)
#define WP_ASYNC (1ull << 15)

static char *watched;
static int pagemap = -1;

static int start_watch(size_t size)
{
    if (watched)
        return 1;
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | 1);
    struct uffdio_api api = {.api = UFFD_API, .features = WP_ASYNC | WP_UNPOPULATED};
    char *area = map(size, PROT_READ | PROT_WRITE, ANONYMOUS, -1);
    madvise(area, size, MADV_NOHUGEPAGE);
    struct uffdio_register range = {.range = {(uintptr_t)area, size}, .mode = UFFDIO_REGISTER_MODE_WP};
    struct uffdio_writeprotect protect = {.range = {(uintptr_t)area, size}, .mode = UFFDIO_WRITEPROTECT_MODE_WP};
    if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range) ||
        ioctl(fd, UFFDIO_WRITEPROTECT, &protect))
        return 0;
    pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; i < size; i += 10 * 4096)
        area[i] = 1;
    watched = area;
    return pagemap >= 0;
}

int raw_write_watch_works(void)
{
    return start_watch((size_t)64 << 20);
}

void raw_write_watch(unsigned count, SIZE_T size)
{
    static struct page_region region[16384];
    while (count--) {
        struct scan scan = {.size = sizeof scan,
                            .flags = SCAN_ASYNC,
                            .start = (uintptr_t)watched,
                            .end = (uintptr_t)watched + size,
                            .vec = (uintptr_t)region,
                            .vec_len = 16384,
                            .category_mask = SCAN_WRITTEN,
                            .return_mask = SCAN_WRITTEN};
        if (ioctl(pagemap, SCAN_IOCTL, &scan) < 0)
            perror("PAGEMAP_SCAN");
    }
}

static char *guarded;

static void on_fault(int number, siginfo_t *information, void *context)
{
    (void)number, (void)context;
    mprotect((void *)((uintptr_t)information->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
}

/* Not sigaction: libwinmem stands in for it, and would keep its own handler in front. */
extern void bench_restorer(void);
__asm__(".text\nbench_restorer:\n\tmovq $15, %rax\n\tsyscall\n");
struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

static void install(const struct kernel_action *action, struct kernel_action *before)
{
    if (syscall(SYS_rt_sigaction, SIGSEGV, action, before, 8))
        perror("rt_sigaction");
}

void raw_repair(unsigned count, SIZE_T size)
{
    struct kernel_action mine = {on_fault, SA_SIGINFO | 0x04000000, bench_restorer, 0}, before;
    if (!guarded) {
        guarded = map(size, PROT_READ | PROT_WRITE, ANONYMOUS, -1);
        memset(guarded, 1, size);
    }
    install(&mine, &before);
    while (count--) {
        mprotect(guarded, 4096, PROT_READ);
        *(volatile char *)guarded = 1;
    }
    install(&before, NULL);
}

void raw_touch(unsigned count, SIZE_T size)
{
    while (count--) {
        char *area = map(size, PROT_READ | PROT_WRITE, ANONYMOUS, -1);
        for (size_t i = 0; i < size; i += 4096)
            *(volatile char *)(area + i) = 1;
        munmap(area, size);
    }
}

struct share {
    unsigned count;
    SIZE_T size;
};

static void *one_thread(void *argument)
{
    const struct share *share = argument;
    raw_allocate(share->count, share->size);
    return NULL;
}

void raw_two_threads(unsigned count, SIZE_T size)
{
    struct share share = {count, size};
    pthread_t thread[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&thread[i], NULL, one_thread, &share);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
}
