/* file.c: the File object and the rules of sharing between opens. May call libc; knows nothing of
 * paths' syntax or of the last error. */
#include "ob/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/lock.h"
#include "host/own.h"
#include "host/share.h"

#define READS (FILE_READ_DATA | FILE_EXECUTE)
#define WRITES (FILE_WRITE_DATA | FILE_APPEND_DATA)

static struct {
    host_lock lock;        /* f */
    struct ob_file *files; /* f */
} file_state = {.lock = HOST_LOCK(RANK_OBJECT)};
HOST_LOCK_AT_FORK(file_state.lock, RANK_OBJECT)

static void leave_list(struct ob_file *file)
{
    host_lock_acquire(&file_state.lock);
    if (file->previous)
        file->previous->next = file->next;
    else if (file_state.files == file)
        file_state.files = file->next;
    if (file->next)
        file->next->previous = file->previous;
    file->next = file->previous = NULL;
    host_lock_release(&file_state.lock);
}

/* Its last handle is closed: a section may keep the file open, but it shares with everybody from now on. */
static void stop_sharing(struct ob_file *file)
{
    leave_list(file);
    if (file->marked && !file->passed && atomic_load(&file->object.references) > 1)
        host_share_leave(file->fd);
    file->marked = false;
}

static void file_destroy(struct ob_object *object)
{
    struct ob_file *file = (struct ob_file *)object;
    leave_list(file); /* that never had a handle */
    if (file->gone)
        file->gone(file);
    if (file->delete_on_close && file->path)
        (void)(unlink(file->path) && rmdir(file->path));
    ob_file_forget_locks(file);
    if (!file->borrowed)
        close(file->fd);
    if (file->port)
        ob_dereference(file->port);
    host_own_give(file->path);
    host_own_give(file);
}

static void file_last_handle(struct ob_object *object)
{
    struct ob_file *file = (struct ob_file *)object;
    stop_sharing(file);
    if (file->closed)
        file->closed(file);
}

/* As on Windows the end of any transfer signals the file; the beginning of a pending one takes that back. */
static NTSTATUS file_try_wait(struct ob_object *object)
{
    return atomic_load(&((struct ob_file *)object)->busy) ? STATUS_TIMEOUT : STATUS_WAIT_0;
}

static void file_wait_place(struct ob_object *object, struct ob_wait_place *place)
{
    struct ob_file *file = (struct ob_file *)object;
    *place = (struct ob_wait_place){.word = &file->busy, .value = atomic_load(&file->busy)};
}

/* Of a descriptor that is somebody else's: its closing must not end the duplicate, which gets one of its own. */
static NTSTATUS file_duplicate(struct ob_object *object, struct ob_object **copy)
{
    const struct ob_file *file = (const struct ob_file *)object;
    if (!file->borrowed)
        return STATUS_SUCCESS;
    int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return errno == EMFILE ? (NTSTATUS)STATUS_INSUFFICIENT_RESOURCES : (NTSTATUS)STATUS_INVALID_HANDLE;
    struct ob_file *made = ob_file_create(fd, file->path);
    if (!made) {
        close(fd);
        return STATUS_NO_MEMORY;
    }
    made->access = file->access;
    made->flags = file->flags;
    *copy = &made->object;
    return STATUS_SUCCESS;
}

const struct ob_type ob_file_type = {
    .name = "File",
    .valid_access = FILE_ALL_ACCESS,
    .mapping = {.GenericRead = FILE_GENERIC_READ,
                .GenericWrite = FILE_GENERIC_WRITE,
                .GenericExecute = FILE_GENERIC_EXECUTE,
                .GenericAll = FILE_ALL_ACCESS},
    .destroy = file_destroy,
    .last_handle = file_last_handle,
    .try_wait = file_try_wait,
    .wait_place = file_wait_place,
    .duplicate = file_duplicate,
    .access_is_fixed = true,
};

static uint32_t kind_of(mode_t mode)
{
    if (S_ISREG(mode) || S_ISDIR(mode) || S_ISBLK(mode))
        return 1; /* FILE_TYPE_DISK */
    return S_ISCHR(mode) ? 2 : 3;
}

struct ob_file *ob_file_create(int fd, const char *path)
{
    struct stat status = {0};
    struct ob_file *file = host_own_zero(1, sizeof(*file));
    if (!file)
        return NULL;
    file->path = path ? host_own_text(path) : NULL;
    if (path && !file->path) {
        host_own_give(file);
        return NULL;
    }
    int mode = fcntl(fd, F_GETFL) & O_ACCMODE;
    ob_init(&file->object, &ob_file_type);
    file->fd = fd;
    file->readable = mode != O_WRONLY;
    file->writable = mode != O_RDONLY;
    file->share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    if (fstat(fd, &status) == 0) {
        file->kind = kind_of(status.st_mode);
        file->device = status.st_dev;
        file->inode = status.st_ino;
    }
    return file;
}

bool ob_file_tie(struct ob_file *file, struct ob_object *port, uintptr_t key)
{
    if (atomic_exchange(&file->tied, true))
        return false;
    file->port_key = key;
    __atomic_store_n(&file->port, port, __ATOMIC_RELEASE);
    return true;
}

static bool allowed(uint32_t access, uint32_t share)
{
    return !(access & READS && !(share & FILE_SHARE_READ)) && !(access & WRITES && !(share & FILE_SHARE_WRITE)) &&
           !(access & DELETE && !(share & FILE_SHARE_DELETE));
}

static unsigned uses_of(uint32_t access)
{
    return (access & READS ? HOST_USES_READ : 0) | (access & WRITES ? HOST_USES_WRITE : 0) |
           (access & DELETE ? HOST_USES_DELETE : 0);
}

static unsigned denials_of(uint32_t share)
{
    return (share & FILE_SHARE_READ ? 0 : HOST_DENIES_READ) | (share & FILE_SHARE_WRITE ? 0 : HOST_DENIES_WRITE) |
           (share & FILE_SHARE_DELETE ? 0 : HOST_DENIES_DELETE);
}

/* What is used must not be denied by others, nor be used by them what is denied. */
static NTSTATUS share_with_others(struct ob_file *file)
{
    unsigned uses = uses_of(file->access), denials = denials_of(file->share);
    if (!host_share_take(file->fd, uses | denials, uses << 3 | denials >> 3))
        return STATUS_SHARING_VIOLATION;
    file->marked = true;
    return STATUS_SUCCESS;
}

NTSTATUS ob_file_share(struct ob_file *file)
{
    NTSTATUS status = STATUS_SUCCESS;
    bool counts = file->access & (READS | WRITES | DELETE);
    host_lock_acquire(&file_state.lock);
    for (const struct ob_file *other = file_state.files; other && counts; other = other->next) {
        bool same = other->device == file->device && other->inode == file->inode;
        if (same && (!allowed(file->access, other->share) || !allowed(other->access, file->share))) {
            status = STATUS_SHARING_VIOLATION;
            break;
        }
    }
    if (NT_SUCCESS(status) && counts) {
        file->next = file_state.files;
        if (file->next)
            file->next->previous = file;
        file_state.files = file;
    }
    host_lock_release(&file_state.lock);
    if (NT_SUCCESS(status) && counts && file->kind == 1) {
        status = share_with_others(file);
        if (!NT_SUCCESS(status))
            leave_list(file);
    }
    return status;
}

bool ob_file_conflicts(int fd, uint64_t device, uint64_t inode, uint32_t access)
{
    bool conflict = false;
    host_lock_acquire(&file_state.lock);
    for (const struct ob_file *file = file_state.files; file && !conflict; file = file->next)
        conflict = file->device == device && file->inode == inode && !allowed(access, file->share);
    host_lock_release(&file_state.lock);
    return conflict || (fd >= 0 && host_share_met(fd, uses_of(access) << 3));
}
