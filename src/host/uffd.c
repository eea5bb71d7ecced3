/* uffd.c: userfaultfd, process_madvise, mincore, for the pager. Calls the kernel only; signal-safe; never allocates. */
#include "host/uffd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/descriptor.h"
#include "host/dispatch.h"
#include "host/gate.h"
#include "host/kernel.h"
#include "host/raw.h"
#include "host/signal.h"

#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif
#define PAGE ((size_t)4096)
#define IOV_LIMIT 1024

static struct {
    _Atomic int pidfd;     /* of this process + 1, 0: not opened */
    _Atomic int memory_fd; /* /proc/self/mem + 1 */
    _Atomic int device;    /* /dev/userfaultfd + 1, 0: not kept */
    _Atomic bool no_vectored_drop;
    _Atomic bool shares; /* the kernel write-protects shared memory */
} uffd_state;

static int open_descriptor(int flags)
{
    int fd = (int)syscall(SYS_userfaultfd, flags);
    if (fd >= 0 || (errno != EPERM && errno != EINVAL))
        return fd >= 0 ? fd : -errno;
    int kept = atomic_load(&uffd_state.device);
    int device = kept ? kept - 1 : open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    if (device < 0)
        return -EPERM;
    fd = ioctl(device, USERFAULTFD_IOC_NEW, flags & ~UFFD_USER_MODE_ONLY);
    int error = errno;
    if (!kept)
        close(device);
    return fd >= 0 ? fd : -error;
}

/* A child of a program that has given up root since needs one of its own: by the device, open from before. */
static void keep_device(void)
{
    if (atomic_load(&uffd_state.device))
        return;
    int device = host_descriptor_keep(open("/dev/userfaultfd", O_RDWR | O_CLOEXEC));
    int none = 0;
    if (device >= 0 && !atomic_compare_exchange_strong(&uffd_state.device, &none, device + 1))
        host_descriptor_close(device);
}

static int greet(int fd, uint64_t features)
{
    struct uffdio_api api = {.api = UFFD_API, .features = features};
    return ioctl(fd, UFFDIO_API, &api) == 0 ? 0 : -errno;
}

/* An old kernel refuses what it does not know, and may then be asked for less. */
static int handshake(int fd, uint64_t features)
{
    int error = greet(fd, features | UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_WP_HUGETLBFS_SHMEM);
    atomic_store(&uffd_state.shares, error == 0);
    if (error == -EINVAL)
        error = greet(fd, features);
    if (error == 0)
        return fd;
    close(fd);
    return error == -EINVAL ? -EOPNOTSUPP : error;
}

bool host_uffd_shares(void)
{
    return atomic_load(&uffd_state.shares);
}

int host_uffd_open(enum host_uffd_mode mode)
{
    HOST_GATE("host_uffd_open");
    if (mode == HOST_UFFD_THREAD) {
        int fd = open_descriptor(O_CLOEXEC);
        if (fd >= 0)
            keep_device();
        return fd < 0 ? fd
                      : host_descriptor_keep(handshake(fd, UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_THREAD_ID));
    }
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
    if (fd < 0)
        fd = open_descriptor(O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0)
        fd = handshake(fd, UFFD_FEATURE_SIGBUS | UFFD_FEATURE_PAGEFAULT_FLAG_WP);
    return host_descriptor_keep(fd);
}

int host_uffd_register(int uffd, void *base, size_t size)
{
    HOST_GATE("host_uffd_register");
    struct uffdio_register request = {
        .range = {(uintptr_t)base, size},
        .mode = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP,
    };
    return ioctl(uffd, UFFDIO_REGISTER, &request) == 0 ? 0 : -errno;
}

int host_uffd_unregister(int uffd, void *base, size_t size)
{
    HOST_GATE("host_uffd_unregister");
    struct uffdio_range range = {(uintptr_t)base, size};
    return ioctl(uffd, UFFDIO_UNREGISTER, &range) == 0 ? 0 : -errno;
}

int64_t host_uffd_copy(int uffd, void *base, const void *source, size_t size)
{
    HOST_GATE("host_uffd_copy");
    struct uffdio_copy request = {.dst = (uintptr_t)base, .src = (uintptr_t)source, .len = size};
    if (ioctl(uffd, UFFDIO_COPY, &request) == 0)
        return (int64_t)size;
    return request.copy > 0 ? request.copy : -(int64_t)errno;
}

int64_t host_uffd_zero(int uffd, void *base, size_t size)
{
    HOST_GATE("host_uffd_zero");
    struct uffdio_zeropage request = {.range = {(uintptr_t)base, size}};
    if (ioctl(uffd, UFFDIO_ZEROPAGE, &request) == 0)
        return (int64_t)size;
    return request.zeropage > 0 ? request.zeropage : -(int64_t)errno;
}

int host_uffd_protect(int uffd, void *base, size_t size, bool on)
{
    HOST_GATE("host_uffd_protect");
    struct uffdio_writeprotect request = {
        .range = {(uintptr_t)base, size},
        .mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
    };
    while (ioctl(uffd, UFFDIO_WRITEPROTECT, &request) != 0) {
        if (errno != EAGAIN)
            return -errno;
    }
    return 0;
}

struct uffdio_poison_request {
    struct uffdio_range range;
    uint64_t mode;
    int64_t updated;
};
#define UFFDIO_POISON_REQUEST _IOWR(0xAA, 0x08, struct uffdio_poison_request)

int host_uffd_poison(int uffd, void *base, size_t size)
{
    HOST_GATE("host_uffd_poison");
    struct uffdio_poison_request request = {.range = {(uintptr_t)base, size}};
    return ioctl(uffd, UFFDIO_POISON_REQUEST, &request) == 0 ? 0 : errno == EINVAL ? -EOPNOTSUPP : -errno;
}

int host_uffd_wake(int uffd, void *base, size_t size)
{
    struct uffdio_range range = {(uintptr_t)base, size};
    return ioctl(uffd, UFFDIO_WAKE, &range) == 0 ? 0 : -errno;
}

int host_uffd_next(int uffd, uintptr_t *address, bool *write, int *thread)
{
    struct uffd_msg message;
    for (;;) {
        ssize_t got = read(uffd, &message, sizeof(message));
        if (got < 0)
            return -errno;
        if (got != sizeof(message))
            return -EIO;
        if (message.event != UFFD_EVENT_PAGEFAULT)
            continue;
        *address = message.arg.pagefault.address;
        *thread = (int)message.arg.pagefault.feat.ptid;
        *write = (message.arg.pagefault.flags & (UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP)) != 0;
        return 0;
    }
}

static int own_pidfd(void)
{
    int stored = atomic_load_explicit(&uffd_state.pidfd, memory_order_relaxed);
    if (stored)
        return stored - 1;
    int fd = host_descriptor_keep((int)syscall(SYS_pidfd_open, getpid(), 0));
    if (fd < 0)
        return -errno;
    int none = 0;
    if (!atomic_compare_exchange_strong(&uffd_state.pidfd, &none, fd + 1)) {
        host_descriptor_close(fd);
        fd = none - 1;
    }
    return fd;
}

static int64_t drop_one_by_one(const struct iovec *ranges, size_t count)
{
    int64_t dropped = 0;
    for (size_t i = 0; i < count; i++) {
        if (madvise(ranges[i].iov_base, ranges[i].iov_len, MADV_DONTNEED) != 0)
            return dropped ? dropped : -errno;
        dropped += (int64_t)ranges[i].iov_len;
    }
    return dropped;
}

int64_t host_drop_pages(const struct iovec *ranges, size_t count)
{
    HOST_GATE("host_drop_pages");
    if (count == 1 || atomic_load_explicit(&uffd_state.no_vectored_drop, memory_order_relaxed))
        return drop_one_by_one(ranges, count);
    int pidfd = own_pidfd();
    int64_t dropped = 0;
    for (size_t done = 0; pidfd >= 0 && done < count;) {
        size_t part = count - done < IOV_LIMIT ? count - done : IOV_LIMIT;
        size_t bytes = 0;
        for (size_t i = 0; i < part; i++)
            bytes += ranges[done + i].iov_len;
        ssize_t got = syscall(SYS_process_madvise, pidfd, ranges + done, part, MADV_DONTNEED, 0);
        if (got < 0 && dropped == 0) {
            if (errno == EINVAL || errno == ENOSYS || errno == EPERM) {
                int64_t plain = drop_one_by_one(ranges, count);
                if (plain > 0)
                    atomic_store(&uffd_state.no_vectored_drop, true);
                return plain;
            }
            return -errno;
        }
        if (got < 0)
            return dropped;
        dropped += got;
        if ((size_t)got < bytes)
            return dropped;
        done += part;
    }
    return pidfd < 0 ? drop_one_by_one(ranges, count) : dropped;
}

int host_resident(void *base, size_t size, unsigned char *pages)
{
    HOST_GATE("host_resident");
    return mincore(base, size, pages) == 0 ? 0 : -errno;
}

int host_no_huge_pages(void *base, size_t size)
{
    HOST_GATE("host_no_huge_pages");
    return madvise(base, size, MADV_NOHUGEPAGE) == 0 ? 0 : -errno;
}

static int own_memory(void)
{
    int stored = atomic_load_explicit(&uffd_state.memory_fd, memory_order_relaxed);
    if (stored)
        return stored - 1;
    int fd = host_descriptor_keep(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
    if (fd < 0)
        return -errno;
    if (!atomic_compare_exchange_strong(&uffd_state.memory_fd, &stored, fd + 1)) {
        host_descriptor_close(fd);
        fd = stored - 1;
    }
    return fd;
}

int host_read_protected(void *into, const void *from, size_t size)
{
    HOST_GATE("host_read_protected");
    int fd = own_memory();
    long got = fd < 0 ? fd : host_syscall6(SYS_pread64, fd, (long)into, (long)size, (long)(uintptr_t)from, 0, 0);
    return got == (long)size ? 0 : host_failed(got) ? (int)got : -EIO;
}

int64_t host_write_protected(void *to, const void *from, size_t size)
{
    HOST_GATE("host_write_protected");
    int fd = own_memory();
    return fd < 0 ? fd : host_syscall6(SYS_pwrite64, fd, (long)from, (long)size, (long)(uintptr_t)to, 0, 0);
}

void host_uffd_forget(void)
{
    int pidfd = atomic_exchange(&uffd_state.pidfd, 0);
    int memory_fd = atomic_exchange(&uffd_state.memory_fd, 0);
    host_descriptor_close(pidfd - 1);
    host_descriptor_close(memory_fd - 1);
}

void host_signals_block(uint64_t *saved)
{
    host_dispatch_pause();
    if (host_signals_held)
        return;
    uint64_t all = HOST_SIGNALS_BLOCKED;
    host_syscall6(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)saved, sizeof(all), 0, 0);
}

void host_signals_restore(const uint64_t *saved)
{
    if (!host_signals_held)
        host_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)saved, 0, sizeof(*saved), 0, 0);
    host_dispatch_resume();
}

#define SIGNAL_SETXID 33 /* the C library's own */

void host_signals_block_for_life(void)
{
    uint64_t all = HOST_SIGNALS_BLOCKED & ~((uint64_t)1 << (SIGNAL_SETXID - 1));
    host_dispatch_pause();
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
    host_signals_held++;
}

void host_yield(void)
{
    sched_yield();
}
