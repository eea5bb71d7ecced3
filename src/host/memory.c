/* memory.c: pages of this process; see memory.h. Straight system calls; must not allocate or touch errno. */
#include "host/memory.h"

#include "host/gate.h"
#include "host/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#define TIB ((size_t)1 << 40)

/* The thread sanitizer must see mappings; it defines this symbol. */
extern void __tsan_init(void) __attribute__((weak));

/* Private anonymous memory, never accounted by the kernel: commit is counted by the pager, not by overcommit rules. */
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

static long map(void *at, size_t size, int protection, int flags)
{
    return host_syscall6(SYS_mmap, (long)at, (long)size, protection, flags, -1, 0);
}

static int as_error(long result)
{
    return host_failed(result) ? (int)result : 0;
}

static int kernel_protection(unsigned access)
{
    int protection = PROT_NONE;
    if (access & HOST_READ)
        protection |= PROT_READ;
    if (access & HOST_WRITE)
        protection |= PROT_READ | PROT_WRITE;
    if (access & HOST_EXECUTE)
        protection |= PROT_READ | PROT_EXEC;
    return protection;
}

/* Maps exactly there or fails: kernels before 4.17 take NOREPLACE for a hint and answer with another address. */
static int map_exactly(void *base, size_t size, int protection, int flags)
{
    long result = map(base, size, protection, flags);
    if (host_failed(result))
        return (int)result;
    if ((void *)result == base)
        return 0;
    host_syscall3(SYS_munmap, result, (long)size, 0);
    return -EEXIST;
}

/* An open arena begins with an anchor page: it proves the place usable and keeps the upper page tables alive. */
static bool open_arena(struct host_arena *arena, uintptr_t start, size_t size)
{
    if (map_exactly((void *)start, HOST_PAGE, PROT_NONE, ANONYMOUS | MAP_FIXED_NOREPLACE) != 0)
        return false;
    if (map_exactly((void *)(start + size - HOST_PAGE), HOST_PAGE, PROT_NONE, ANONYMOUS | MAP_FIXED_NOREPLACE) != 0) {
        host_syscall3(SYS_munmap, (long)start, HOST_PAGE, 0);
        return false;
    }
    host_syscall3(SYS_munmap, (long)(start + size - HOST_PAGE), HOST_PAGE, 0);
    *arena = (struct host_arena){.start = start, .end = start + size, .held = false};
    return true;
}

static int held_arena(struct host_arena *arena)
{
    const size_t granule = 65536;
    for (size_t size = TIB; size >= ((size_t)16 << 20); size /= 2) {
        long result = map(NULL, size, PROT_NONE, ANONYMOUS);
        if (host_failed(result))
            continue;
        uintptr_t start = ((uintptr_t)result + granule - 1) & ~(granule - 1);
        uintptr_t end = ((uintptr_t)result + size) & ~(granule - 1);
        *arena = (struct host_arena){.start = start, .end = end, .held = true};
        return 0;
    }
    return -ENOMEM;
}

int host_arena_start(struct host_arena *arena)
{
    HOST_GATE("arena_start");
    static const struct {
        uintptr_t start;
        size_t tib;
    } places[] = {{0x200000000000, 32}, {0x400000000000, 16}, {0x100000000000, 16}, {0x080000000000, 8}};
    if (!__tsan_init) {
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            if (open_arena(arena, places[i].start, places[i].tib * TIB))
                return 0;
        }
    }
    return held_arena(arena);
}

static int map_anywhere(void **pages, size_t size, int protection)
{
    long result = map(NULL, size, protection, ANONYMOUS);
    if (host_failed(result))
        return (int)result;
    *pages = (void *)result;
    return 0;
}

int host_pages_map(void **pages, size_t size)
{
    HOST_GATE("pages_map");
    return map_anywhere(pages, size, PROT_READ | PROT_WRITE);
}

int host_pages_reserve(void **pages, size_t size)
{
    HOST_GATE("pages_reserve");
    return map_anywhere(pages, size, PROT_NONE);
}

int host_pages_unmap(void *pages, size_t size)
{
    HOST_GATE("pages_unmap");
    return as_error(host_syscall3(SYS_munmap, (long)pages, (long)size, 0));
}

int host_commit(void *base, size_t size, unsigned access, bool held)
{
    HOST_GATE("commit");
    int flags = ANONYMOUS | (held ? MAP_FIXED : MAP_FIXED_NOREPLACE);
    return map_exactly(base, size, kernel_protection(access), flags);
}

int host_decommit(void *base, size_t size, bool held)
{
    HOST_GATE("decommit");
    if (held)
        return as_error(map(base, size, PROT_NONE, ANONYMOUS | MAP_FIXED));
    return as_error(host_syscall3(SYS_munmap, (long)base, (long)size, 0));
}

int host_hold(void *base, size_t size)
{
    HOST_GATE("hold");
    return map_exactly(base, size, PROT_NONE, ANONYMOUS | MAP_FIXED_NOREPLACE);
}

int host_protect(void *base, size_t size, unsigned access)
{
    HOST_GATE("protect");
    return as_error(host_syscall3(SYS_mprotect, (long)base, (long)size, kernel_protection(access)));
}

static int advise(void *base, size_t size, int advice)
{
    return as_error(host_syscall3(SYS_madvise, (long)base, (long)size, advice));
}

int host_discard(void *base, size_t size)
{
    HOST_GATE("discard");
    return advise(base, size, MADV_DONTNEED);
}

int host_discard_lazily(void *base, size_t size)
{
    HOST_GATE("discard_lazily");
    return advise(base, size, MADV_FREE);
}

int host_advise_huge(void *base, size_t size)
{
    HOST_GATE("advise_huge");
    return advise(base, size, MADV_HUGEPAGE);
}

int host_populate(void *base, size_t size, bool write)
{
    HOST_GATE("populate");
    return advise(base, size, write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
}

int host_will_need(void *base, size_t size)
{
    HOST_GATE("will_need");
    return advise(base, size, MADV_WILLNEED);
}

int host_lock_pages(void *base, size_t size)
{
    HOST_GATE("lock_pages");
    return as_error(host_syscall3(SYS_mlock, (long)base, (long)size, 0));
}

int host_lock_unwritten(void *base, size_t size)
{
    HOST_GATE("lock_unwritten");
    int error = as_error(host_syscall3(SYS_mlock2, (long)base, (long)size, MLOCK_ONFAULT));
    if (!error)
        (void)advise(base, size, MADV_POPULATE_READ);
    return error;
}

int host_unlock_pages(void *base, size_t size)
{
    HOST_GATE("unlock_pages");
    return as_error(host_syscall3(SYS_munlock, (long)base, (long)size, 0));
}

size_t host_copy_bytes(void *to, const void *from, size_t size);

size_t host_copy(void *to, const void *from, size_t size)
{
    return size - host_copy_bytes(to, from, size);
}

int host_force_write(void *to, const void *from, size_t size)
{
    HOST_GATE("force_write");
    long file = host_syscall6(SYS_openat, AT_FDCWD, (long)"/proc/self/mem", O_RDWR | O_CLOEXEC, 0, 0, 0);
    if (host_failed(file))
        return (int)file;
    long written = host_syscall6(SYS_pwrite64, file, (long)from, (long)size, (long)to, 0, 0);
    host_syscall3(SYS_close, file, 0, 0);
    if (host_failed(written))
        return (int)written;
    return (size_t)written == size ? 0 : -EFAULT;
}
