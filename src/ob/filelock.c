/* filelock.c: byte-range locks of open files: the kernel's locks of open file descriptions, with what Windows adds: a
 * range is given back exactly as it was taken, and an open file conflicts with itself. May call libc. */
#include "ob/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#include "host/fork.h"
#include "host/lock.h"

struct ob_file_lock {
    uint64_t first, last; /* bytes, both included */
    bool exclusive;
    struct ob_file_lock *next;
};

static struct {
    host_lock lock; /* L: the lists of every file */
} filelock_state = {.lock = HOST_LOCK(RANK_OBJECT)};
HOST_LOCK_AT_FORK(filelock_state.lock, RANK_OBJECT)

/* The kernel counts to 2^63. A range beyond is kept here only. */
static int tell_kernel(const struct ob_file *file, uint64_t first, uint64_t last, short kind)
{
    if (first > INT64_MAX)
        return 0;
    struct flock range = {.l_type = kind, .l_whence = SEEK_SET, .l_start = (off_t)first};
    range.l_len = last >= INT64_MAX ? 0 : (off_t)(last - first + 1);
    return fcntl(file->fd, F_OFD_SETLK, &range) == 0 ? 0 : -errno;
}

static short kind_of(const struct ob_file *file, bool exclusive)
{
    /* A lock for writing needs a descriptor that writes; the other way round likewise. */
    if (exclusive)
        return file->writable ? F_WRLCK : F_RDLCK;
    return file->readable ? F_RDLCK : F_WRLCK;
}

static bool overlap(const struct ob_file_lock *lock, uint64_t first, uint64_t last)
{
    return lock->first <= last && first <= lock->last;
}

static NTSTATUS try_locked(struct ob_file *file, const struct ob_file_lock *wanted)
{
    for (const struct ob_file_lock *lock = file->locks; lock; lock = lock->next)
        if ((lock->exclusive || wanted->exclusive) && overlap(lock, wanted->first, wanted->last))
            return STATUS_LOCK_NOT_GRANTED;
    switch (tell_kernel(file, wanted->first, wanted->last, kind_of(file, wanted->exclusive))) {
    case 0:
        return STATUS_SUCCESS;
    case -EAGAIN:
    case -EACCES:
        return STATUS_LOCK_NOT_GRANTED;
    case -EBADF:
        return STATUS_ACCESS_DENIED;
    default:
        return STATUS_INSUFFICIENT_RESOURCES;
    }
}

NTSTATUS ob_file_lock(struct ob_file *file, uint64_t offset, uint64_t size, bool exclusive, bool wait)
{
    if (size && size - 1 > UINT64_MAX - offset)
        return STATUS_INVALID_LOCK_RANGE;
    struct ob_file_lock *lock = malloc(sizeof(*lock));
    if (!lock)
        return STATUS_INSUFFICIENT_RESOURCES;
    /* A range without a byte lies between two and meets no other. */
    *lock = (struct ob_file_lock){.first = size ? offset : offset + 1, .last = offset + size - 1};
    lock->exclusive = exclusive;
    for (;;) {
        host_lock_acquire(&filelock_state.lock);
        NTSTATUS status = size ? try_locked(file, lock) : STATUS_SUCCESS;
        if (NT_SUCCESS(status)) {
            lock->next = file->locks;
            file->locks = lock;
        }
        host_lock_release(&filelock_state.lock);
        if (NT_SUCCESS(status))
            return status;
        if (status != STATUS_LOCK_NOT_GRANTED || !wait) {
            free(lock);
            return status;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); /* locks are rarely waited for */
    }
}

NTSTATUS ob_file_unlock(struct ob_file *file, uint64_t offset, uint64_t size)
{
    uint64_t first = size ? offset : offset + 1;
    uint64_t last = offset + size - 1;
    host_lock_acquire(&filelock_state.lock);
    struct ob_file_lock **link = &file->locks;
    while (*link && ((*link)->first != first || (*link)->last != last))
        link = &(*link)->next;
    struct ob_file_lock *found = *link;
    if (found) {
        *link = found->next;
        if (size)
            tell_kernel(file, first, last, F_UNLCK);
        /* Shared locks that overlapped it still hold their part. */
        for (const struct ob_file_lock *lock = file->locks; lock; lock = lock->next)
            if (size && lock->first <= lock->last && overlap(lock, first, last))
                tell_kernel(file, lock->first, lock->last, kind_of(file, lock->exclusive));
    }
    host_lock_release(&filelock_state.lock);
    free(found);
    return found ? STATUS_SUCCESS : (NTSTATUS)STATUS_RANGE_NOT_LOCKED;
}

void ob_file_forget_locks(struct ob_file *file)
{
    struct ob_file_lock *next;
    for (struct ob_file_lock *lock = file->locks; lock; lock = next) {
        next = lock->next;
        free(lock);
    }
    file->locks = NULL;
}
