/* aio.c: files of the pager and io_uring. Calls the kernel and liburing (which does not allocate in these calls). */
#include "host/aio.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/descriptor.h"
#include "host/gate.h"
#include "host/raw.h"

static struct {
    struct io_uring ring;
    enum { RING_NONE, RING_READY, RING_REFUSED } state;
    uint32_t expected[HOST_AIO_DEPTH]; /* bytes of the write in each slot, 0: free */
    uint32_t tag[HOST_AIO_DEPTH];
    int done[HOST_AIO_DEPTH]; /* without a ring: the result, at once */
    unsigned in_flight;
} aio_state;

const char *host_temporary_directory(void)
{
    const char *directory = secure_getenv("TMPDIR");
    if (directory && access(directory, W_OK | X_OK) == 0)
        return directory;
    return access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp";
}

static int open_in(const char *directory, int flags)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | flags, 0600);
    if (fd >= 0 || errno == EINVAL)
        return fd >= 0 ? fd : -EINVAL;
    char name[512];
    if (strlen(directory) > sizeof(name) - 32)
        return -ENAMETOOLONG;
    strcpy(name, directory);
    strcat(name, "/.winmem-pagefile-XXXXXX");
    fd = mkostemp(name, O_CLOEXEC | flags);
    if (fd < 0)
        return -errno;
    unlink(name);
    return fd;
}

static int open_path(const char *path, int flags)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0600);
    return fd >= 0 ? fd : -errno;
}

int host_paging_file_open(const char *path, bool directory, uint64_t *size)
{
    HOST_GATE("host_paging_file_open");
    int fd = directory ? open_in(path, O_DIRECT) : open_path(path, O_DIRECT);
    if (fd == -EINVAL)
        fd = directory ? open_in(path, 0) : open_path(path, 0);
    if (fd < 0)
        return fd;
    struct stat info;
    *size = 0;
    if (fstat(fd, &info) != 0 || (!S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode)) ||
        (S_ISBLK(info.st_mode) && ioctl(fd, BLKGETSIZE64, size) != 0)) {
        close(fd);
        return -ENOTBLK;
    }
    if (!directory && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(fd);
        return -EBUSY;
    }
    return host_descriptor_keep(fd);
}

/* The kernel answers a write past the limit on the size of files with a signal too, which would end the program: such a
 * write is not made. */
static bool too_far(uint64_t end)
{
    struct rlimit limit;
    return syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
           end > limit.rlim_cur;
}

int host_file_reserve(int fd, uint64_t offset, uint64_t size)
{
    HOST_GATE("host_file_reserve");
    if (too_far(offset + size))
        return -EFBIG;
    if (fallocate(fd, 0, (off_t)offset, (off_t)size) == 0)
        return 0;
    if (errno == EOPNOTSUPP || errno == ENODEV)
        return ftruncate(fd, (off_t)(offset + size)) == 0 || errno == EINVAL ? 0 : -errno;
    return -errno;
}

int host_file_read(int fd, void *into, uint32_t size, uint64_t offset)
{
    HOST_GATE("host_file_read");
    for (uint32_t done = 0; done < size;) {
        ssize_t got = pread(fd, (char *)into + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EIO;
        done += (uint32_t)got;
    }
    return 0;
}

void host_file_close(int fd)
{
    host_descriptor_close(fd);
}

int host_aio_start(void)
{
    if (aio_state.state != RING_NONE)
        return 0;
    struct io_uring_params parameters = {0};
    int error = host_gate ? host_gate("host_aio_start") : 0;
    if (!error)
        error = io_uring_queue_init_params(HOST_AIO_DEPTH, &aio_state.ring, &parameters);
    if (!error)
        aio_state.ring.ring_fd = aio_state.ring.enter_ring_fd = host_descriptor_keep(aio_state.ring.ring_fd);
    aio_state.state = error ? RING_REFUSED : RING_READY;
    return 0;
}

static int write_now(int fd, const void *bytes, uint32_t size, uint64_t offset)
{
    for (uint32_t done = 0; done < size;) {
        ssize_t put = pwrite(fd, (const char *)bytes + done, size - done, (off_t)(offset + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return put < 0 ? -errno : -EIO;
        done += (uint32_t)put;
    }
    return 0;
}

int host_aio_write(int fd, const void *bytes, uint32_t size, uint64_t offset, uint32_t tag)
{
    HOST_GATE("host_aio_write");
    if (aio_state.in_flight == HOST_AIO_DEPTH)
        return -EBUSY;
    if (too_far(offset + size))
        return -EFBIG;
    unsigned slot = 0;
    while (aio_state.expected[slot])
        slot++;
    aio_state.tag[slot] = tag;
    struct io_uring_sqe *entry = aio_state.state == RING_READY ? io_uring_get_sqe(&aio_state.ring) : NULL;
    if (entry) {
        io_uring_prep_write(entry, fd, bytes, size, offset);
        io_uring_sqe_set_data64(entry, slot);
        int submitted = io_uring_submit(&aio_state.ring);
        if (submitted <= 0 && io_uring_sq_ready(&aio_state.ring)) { /* the kernel has not seen it: taken back */
            *aio_state.ring.sq.ktail = --aio_state.ring.sq.sqe_tail;
            aio_state.ring.sq.sqe_head = aio_state.ring.sq.sqe_tail;
            return submitted ? submitted : -EAGAIN;
        }
    } else {
        aio_state.done[slot] = write_now(fd, bytes, size, offset);
    }
    aio_state.expected[slot] = size;
    aio_state.in_flight++;
    return 0;
}

int host_aio_next(bool wait, uint32_t *tag, int *result)
{
    if (!aio_state.in_flight)
        return 0;
    if (aio_state.state != RING_READY) {
        unsigned slot = 0;
        while (!aio_state.expected[slot])
            slot++;
        *result = aio_state.done[slot];
        *tag = aio_state.tag[slot];
        aio_state.expected[slot] = 0;
        aio_state.in_flight--;
        return 1;
    }
    struct io_uring_cqe *entry = NULL;
    int error;
    do
        error = wait ? io_uring_wait_cqe(&aio_state.ring, &entry) : io_uring_peek_cqe(&aio_state.ring, &entry);
    while (error == -EINTR);
    if (error && error != -EAGAIN && error != -ETIME) { /* the ring is gone: nobody knows what became of them */
        host_descriptor_close(aio_state.ring.ring_fd);
        for (unsigned slot = 0; slot < HOST_AIO_DEPTH; slot++)
            aio_state.done[slot] = -EIO;
        aio_state.state = RING_REFUSED;
        return host_aio_next(wait, tag, result);
    }
    if (error || !entry)
        return 0;
    unsigned slot = (unsigned)io_uring_cqe_get_data64(entry);
    int wrote = entry->res;
    io_uring_cqe_seen(&aio_state.ring, entry);
    int gate = host_gate ? host_gate("host_aio_next") : 0;
    *result = gate ? gate : wrote < 0 ? wrote : (uint32_t)wrote == aio_state.expected[slot] ? 0 : -EIO;
    aio_state.expected[slot] = 0;
    aio_state.in_flight--;
    *tag = aio_state.tag[slot];
    return 1;
}

void host_aio_forget(void)
{
    if (aio_state.state == RING_READY)
        host_descriptor_close(aio_state.ring.ring_fd);
    memset(&aio_state, 0, sizeof(aio_state));
}
