/* file.c: the File object and the rules of sharing between the opens of this process. May call libc; knows nothing of
 * paths' syntax or of the last error. */
#include "ob/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/fork.h"
#include "host/lock.h"

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
    host_lock_release(&file_state.lock);
}

static void file_destroy(struct ob_object *object)
{
    struct ob_file *file = (struct ob_file *)object;
    leave_list(file);
    if (file->gone)
        file->gone(file);
    if (file->delete_on_close && file->path)
        (void)(unlink(file->path) && rmdir(file->path));
    ob_file_forget_locks(file);
    if (!file->borrowed)
        close(file->fd);
    if (file->port)
        ob_dereference(file->port);
    free(file->path);
    free(file);
}

static void file_last_handle(struct ob_object *object)
{
    struct ob_file *file = (struct ob_file *)object;
    if (file->closed)
        file->closed(file);
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
    struct ob_file *file = calloc(1, sizeof(*file));
    if (!file)
        return NULL;
    file->path = path ? strdup(path) : NULL;
    if (path && !file->path) {
        free(file);
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

static bool allowed(uint32_t access, uint32_t share)
{
    return !(access & READS && !(share & FILE_SHARE_READ)) && !(access & WRITES && !(share & FILE_SHARE_WRITE)) &&
           !(access & DELETE && !(share & FILE_SHARE_DELETE));
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
    return status;
}

bool ob_file_conflicts(uint64_t device, uint64_t inode, uint32_t access)
{
    bool conflict = false;
    host_lock_acquire(&file_state.lock);
    for (const struct ob_file *file = file_state.files; file && !conflict; file = file->next)
        conflict = file->device == device && file->inode == inode && !allowed(access, file->share);
    host_lock_release(&file_state.lock);
    return conflict;
}
