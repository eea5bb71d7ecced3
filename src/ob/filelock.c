/* filelock.c: byte-range locks of open files: the kernel's locks of open file descriptions, with what Windows adds: a
 * range is given back exactly as it was taken, and an open file conflicts with itself. May call libc. */
#include "ob/file.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "host/fork.h"
#include "host/lock.h"
#include "host/own.h"
#include "host/share.h"

struct ob_file_lock {
    uint64_t first, last; /* bytes, both included */
    bool exclusive;
    struct ob_file_lock *next;
};

static struct {
    host_lock lock; /* L: the lists of every file */
} filelock_state = {.lock = HOST_LOCK(RANK_OBJECT)};
HOST_LOCK_AT_FORK(filelock_state.lock, RANK_OBJECT)

/* Beyond any byte of a file are the marks of share.h. A range there is kept here only. */
static int tell_kernel(const struct ob_file *file, uint64_t first, uint64_t last, short kind)
{
    if (first >= HOST_SHARE_BEGIN)
        return 0;
    struct flock range = {.l_type = kind, .l_whence = SEEK_SET, .l_start = (off_t)first};
    range.l_len = (off_t)((last < HOST_SHARE_BEGIN ? last + 1 : HOST_SHARE_BEGIN) - first);
    return fcntl(file->fd, F_OFD_SETLK, &range) == 0 ? 0 : -errno;
}

static bool covers(const struct ob_file_lock *lock, uint64_t at)
{
    return lock->first <= at && at <= lock->last;
}

/* What the kernel must have from `at` on, and how far. */
static short kind_at(const struct ob_file *file, uint64_t at, uint64_t *end)
{
    bool shared = false, exclusive = false;
    for (const struct ob_file_lock *lock = file->locks; lock; lock = lock->next) {
        if (covers(lock, at)) {
            *end = lock->last < *end ? lock->last : *end;
            shared |= !lock->exclusive;
            exclusive |= lock->exclusive;
        } else if (lock->first > at && lock->first - 1 < *end) {
            *end = lock->first - 1;
        }
    }
    /* A lock for writing needs a descriptor that writes; the other way round likewise. */
    if (exclusive)
        return file->writable ? F_WRLCK : F_RDLCK;
    if (shared)
        return file->readable ? F_RDLCK : F_WRLCK;
    return F_UNLCK;
}

/* Brings the kernel's locks of a range to what the list says. Giving up or sharing a part never fails. */
static int settle(const struct ob_file *file, uint64_t first, uint64_t last)
{
    for (uint64_t at = first;;) {
        uint64_t end = last;
        short kind = kind_at(file, at, &end);
        int error = tell_kernel(file, at, end, kind);
        if (error || end == last)
            return error;
        at = end + 1;
    }
}

/* As the file systems of Windows do it: an exclusive lock meets no other, not even one of the same open file; a shared
 * one may lie over an exclusive one of the same open file, which is the way from one to the other. */
static NTSTATUS take_locked(struct ob_file *file, struct ob_file_lock *wanted)
{
    bool empty = wanted->first > wanted->last;
    for (const struct ob_file_lock *lock = file->locks; lock && !empty && wanted->exclusive; lock = lock->next)
        if (lock->first <= wanted->last && wanted->first <= lock->last)
            return STATUS_LOCK_NOT_GRANTED;
    wanted->next = file->locks;
    file->locks = wanted;
    int error = empty ? 0 : settle(file, wanted->first, wanted->last);
    if (!error)
        return STATUS_SUCCESS;
    file->locks = wanted->next;
    settle(file, wanted->first, wanted->last);
    if (error == -EAGAIN || error == -EACCES)
        return STATUS_LOCK_NOT_GRANTED;
    return error == -EBADF ? STATUS_ACCESS_DENIED : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS ob_file_lock(struct ob_file *file, uint64_t offset, uint64_t size, bool exclusive, bool wait)
{
    if (size && size - 1 > UINT64_MAX - offset)
        return STATUS_INVALID_LOCK_RANGE;
    struct ob_file_lock *lock = host_own_take(sizeof(*lock));
    if (!lock)
        return STATUS_INSUFFICIENT_RESOURCES;
    /* A range without a byte lies between two and meets no other. */
    *lock = (struct ob_file_lock){.first = size ? offset : offset + 1, .last = offset + size - 1};
    lock->exclusive = exclusive;
    for (;;) {
        host_lock_acquire(&filelock_state.lock);
        NTSTATUS status = take_locked(file, lock);
        host_lock_release(&filelock_state.lock);
        if (NT_SUCCESS(status))
            return status;
        if (status != STATUS_LOCK_NOT_GRANTED || !wait) {
            host_own_give(lock);
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
    struct ob_file_lock **link = NULL; /* of two locks on the range the exclusive one goes first */
    for (struct ob_file_lock **at = &file->locks; *at; at = &(*at)->next)
        if ((*at)->first == first && (*at)->last == last && (!link || (*at)->exclusive))
            link = at;
    struct ob_file_lock *found = link ? *link : NULL;
    if (found) {
        *link = found->next;
        if (size)
            settle(file, first, last);
    }
    host_lock_release(&filelock_state.lock);
    host_own_give(found);
    return found ? STATUS_SUCCESS : (NTSTATUS)STATUS_RANGE_NOT_LOCKED;
}

void ob_file_forget_locks(struct ob_file *file)
{
    struct ob_file_lock *next;
    for (struct ob_file_lock *lock = file->locks; lock; lock = next) {
        next = lock->next;
        host_own_give(lock);
    }
    file->locks = NULL;
}
