/* runtime.c: see runtime.h. Two bytes of each file carry locks: byte 0 the gate (exclusive, for the moment of opening
 * and leaving), byte 1 life (shared, as long as it is used). */
#include "host/fork.h"
#include "host/runtime.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/gate.h"
#include "host/list.h"
#include "host/lock.h"

#define GATE_BYTE 0
#define LIFE_BYTE 1
#define GATE_PATIENCE_MS 5000

static struct {
    host_lock lock; /* R */
    int directory;  /* R to write; -1: not open */
    char path[96];  /* R to write */
} runtime_state = {.lock = HOST_LOCK(RANK_HOST), .directory = -1};
HOST_LOCK_AT_FORK(runtime_state.lock, RANK_HOST)

static int verified_directory(const char *path)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -errno;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (directory < 0)
        return errno == ELOOP || errno == ENOTDIR ? -EACCES : -errno;
    struct stat status;
    if (fstat(directory, &status) != 0 || status.st_uid != geteuid() || (status.st_mode & 077)) {
        close(directory);
        return -EACCES;
    }
    return directory;
}

void host_runtime_path_of(unsigned user, char *path, size_t size)
{
    snprintf(path, size, "%s/winmem-%u", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", user);
}

/* A memory file system first: sections live here. The place does not depend on the environment, so that all processes
 * of a user meet; WINMEM_RUNTIME_DIR is for tests and for those who know. */
static int open_directory_locked(void)
{
    host_lock_assert(&runtime_state.lock);
    const char *wish = secure_getenv("WINMEM_RUNTIME_DIR");
    char path[sizeof(runtime_state.path)];
    if (wish && *wish && strlen(wish) < sizeof(path))
        snprintf(path, sizeof(path), "%s", wish);
    else
        host_runtime_path_of((unsigned)geteuid(), path, sizeof(path));
    int directory = verified_directory(path);
    if (directory < 0) {
        if (directory == -EACCES)
            dprintf(2, "winmem: %s is not this user's alone: refused\n", path);
        return directory;
    }
    memcpy(runtime_state.path, path, sizeof(path));
    runtime_state.directory = directory;
    return directory;
}

int host_runtime_directory(void)
{
    HOST_GATE("runtime_directory");
    int directory = __atomic_load_n(&runtime_state.directory, __ATOMIC_ACQUIRE);
    if (directory >= 0)
        return directory;
    host_lock_acquire(&runtime_state.lock);
    directory = runtime_state.directory >= 0 ? runtime_state.directory : open_directory_locked();
    host_lock_release(&runtime_state.lock);
    return directory;
}

const char *host_runtime_path(void)
{
    host_runtime_directory();
    return runtime_state.path;
}

static int set_lock(int file, int byte, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(file, F_OFD_SETLK, &lock) == 0 ? 0 : -errno;
}

static bool is_held(int file, int byte)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* The gate is held for microseconds; only a stopped holder makes this wait long. */
static int pass_gate(int file)
{
    for (int waited = 0; waited < GATE_PATIENCE_MS * 10; waited++) {
        int error = set_lock(file, GATE_BYTE, F_WRLCK);
        if (error != -EAGAIN && error != -EACCES)
            return error;
        nanosleep(&(struct timespec){0, waited < 10 ? 10000 : 100000}, NULL);
    }
    return -ETIMEDOUT;
}

/* Files here have one name for ever: once it is removed, no link is left. */
static bool still_named(int file)
{
    struct stat opened;
    return fstat(file, &opened) == 0 && opened.st_nlink > 0;
}

/* The gate is passed. 1: alive or fresh, life lock taken; 0: look again; -ENOENT: dead and removed. */
static int enter(int file, int directory, const char *name, bool create, bool *created)
{
    struct stat status;
    if (fstat(file, &status) != 0 || status.st_uid != geteuid() || !S_ISREG(status.st_mode))
        return -EACCES;
    if (status.st_nlink == 0)
        return 0;
    bool alive = is_held(file, LIFE_BYTE);
    bool fresh = !alive && status.st_size == 0;
    if (!alive && !(fresh && create)) {
        unlinkat(directory, name, 0); /* views of the dead may remain: never reuse its inode */
        return create ? 0 : -ENOENT;
    }
    *created = fresh;
    int error = set_lock(file, LIFE_BYTE, F_RDLCK);
    return error ? error : 1;
}

int host_life_open(const char *name, bool create, bool *created)
{
    HOST_GATE("life_open");
    int directory = host_runtime_directory();
    if (directory < 0)
        return directory;
    for (int tries = 0; tries < 1000; tries++) {
        int file = openat(directory, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
        if (file < 0)
            return errno == ELOOP ? -EACCES : -errno;
        int result = pass_gate(file);
        if (result == 0)
            result = enter(file, directory, name, create, created);
        if (result == 1)
            return file;
        close(file);
        if (result < 0)
            return result;
    }
    return -EBUSY;
}

void host_life_ready(int file)
{
    set_lock(file, GATE_BYTE, F_UNLCK);
}

bool host_life_close(int file, const char *name)
{
    int directory = host_runtime_directory();
    bool last = false;
    if (pass_gate(file) == 0) {
        set_lock(file, LIFE_BYTE, F_UNLCK);
        last = directory >= 0 && !is_held(file, LIFE_BYTE) && still_named(file);
        if (last)
            unlinkat(directory, name, 0);
        set_lock(file, GATE_BYTE, F_UNLCK); /* closing does not do it while a mapping or another process has it open */
    }
    close(file);
    return last;
}

bool host_life_leave(int file)
{
    return set_lock(file, LIFE_BYTE, F_UNLCK) == 0 && is_held(file, LIFE_BYTE);
}

bool host_life_return(int file)
{
    return set_lock(file, LIFE_BYTE, F_RDLCK) == 0 && is_held(file, LIFE_BYTE); /* others': our own is not in our way */
}

bool host_life_alive(const char *name)
{
    bool created;
    int file = host_life_open(name, false, &created);
    if (file < 0)
        return false;
    set_lock(file, LIFE_BYTE, F_UNLCK);
    bool alive = is_held(file, LIFE_BYTE);
    if (!alive)
        unlinkat(host_runtime_directory(), name, 0);
    close(file);
    return alive;
}

static int each_entry(unsigned char type, const char *prefix, bool (*visit)(void *context, const char *name),
                      void *context)
{
    int directory = host_runtime_directory();
    if (directory < 0)
        return directory;
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0)
        return -errno;
    struct host_list list;
    host_list_of(&list, copy);
    size_t length = strlen(prefix);
    unsigned char its_type;
    for (const char *name; (name = host_list_next(&list, &its_type));)
        if (its_type == type && !strncmp(name, prefix, length) && (type != DT_REG || host_life_alive(name)) &&
            !visit(context, name))
            break;
    host_list_close(&list);
    return 0;
}

int host_life_each(const char *prefix, bool (*visit)(void *context, const char *name), void *context)
{
    return each_entry(DT_REG, prefix, visit, context);
}

int host_runtime_each_socket(const char *prefix, bool (*visit)(void *context, const char *name), void *context)
{
    return each_entry(DT_SOCK, prefix, visit, context);
}

int host_runtime_map(int file, uint64_t offset, size_t size, void **base)
{
    HOST_GATE("file_map");
    void *mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)offset);
    if (mapped == MAP_FAILED)
        return -errno;
    *base = mapped;
    return 0;
}

int host_runtime_unmap(void *base, size_t size)
{
    return munmap(base, size) == 0 ? 0 : -errno;
}

int host_runtime_size(int file, uint64_t size)
{
    HOST_GATE("file_size");
    return ftruncate(file, (off_t)size) == 0 ? 0 : -errno;
}

int host_runtime_anonymous(const char *name)
{
    HOST_GATE("file_anonymous");
    int file = memfd_create(name, MFD_CLOEXEC);
    return file < 0 ? -errno : file;
}
