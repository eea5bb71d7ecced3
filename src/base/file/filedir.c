/* filedir.c: directories and whole files: make, remove, move, copy, attributes. Calls libc and path.c; sets the
 * last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fcntl.h>
#include <fileapi.h>
#include <ioapiset.h>
#include <ntstatus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/path.h"
#include "host/utf.h"
#include "mm/section.h"
#include "ob/file.h"
#include "win32/win32.h"

static BOOL path_error(int error, const char *path)
{
    return win32_status(path_status(error, path));
}

static BOOL make_directory(NTSTATUS status, const char *path)
{
    if (!win32_status(status))
        return FALSE;
    if (mkdir(path, 0777) == 0)
        return TRUE;
    if (errno == ENOENT)
        return win32_error(ERROR_PATH_NOT_FOUND);
    return errno == EEXIST ? win32_error(ERROR_ALREADY_EXISTS) : path_error(errno, path);
}

BOOL CreateDirectoryA(LPCSTR name, LPSECURITY_ATTRIBUTES security)
{
    char path[PATH_MAX];
    (void)security;
    return make_directory(path_translate(name, path, sizeof path), path);
}

BOOL CreateDirectoryW(LPCWSTR name, LPSECURITY_ATTRIBUTES security)
{
    char path[PATH_MAX];
    (void)security;
    return make_directory(path_translate_wide(name, path, sizeof path), path);
}

static BOOL remove_directory(NTSTATUS status, const char *path)
{
    if (!win32_status(status))
        return FALSE;
    if (rmdir(path) == 0)
        return TRUE;
    return errno == ENOTDIR ? win32_error(ERROR_DIRECTORY) : path_error(errno, path);
}

BOOL RemoveDirectoryA(LPCSTR name)
{
    char path[PATH_MAX];
    return remove_directory(path_translate(name, path, sizeof path), path);
}

BOOL RemoveDirectoryW(LPCWSTR name)
{
    char path[PATH_MAX];
    return remove_directory(path_translate_wide(name, path, sizeof path), path);
}

static FILETIME file_time(struct timespec time)
{
    ULONGLONG ticks = (ULONGLONG)((time.tv_sec + 11644473600ll) * 10000000 + time.tv_nsec / 100);
    return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)};
}

void path_describe(const struct stat *status, WIN32_FILE_ATTRIBUTE_DATA *data)
{
    DWORD attributes = S_ISDIR(status->st_mode) ? FILE_ATTRIBUTE_DIRECTORY : 0;
    attributes |= status->st_mode & 0222 ? 0 : FILE_ATTRIBUTE_READONLY;
    *data = (WIN32_FILE_ATTRIBUTE_DATA){
        .dwFileAttributes = attributes ? attributes : FILE_ATTRIBUTE_NORMAL,
        .ftCreationTime = file_time(status->st_ctim),
        .ftLastAccessTime = file_time(status->st_atim),
        .ftLastWriteTime = file_time(status->st_mtim),
        .nFileSizeHigh = S_ISREG(status->st_mode) ? (DWORD)((ULONGLONG)status->st_size >> 32) : 0,
        .nFileSizeLow = S_ISREG(status->st_mode) ? (DWORD)status->st_size : 0,
    };
}

static BOOL get_attributes(NTSTATUS translated, const char *path, GET_FILEEX_INFO_LEVELS level, LPVOID information)
{
    struct stat status;
    if (level != GetFileExInfoStandard)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_status(translated))
        return FALSE;
    if (stat(path, &status) != 0)
        return path_error(errno, path);
    path_describe(&status, information);
    return TRUE;
}

BOOL GetFileAttributesExA(LPCSTR name, GET_FILEEX_INFO_LEVELS level, LPVOID information)
{
    char path[PATH_MAX];
    return get_attributes(path_translate(name, path, sizeof path), path, level, information);
}

BOOL GetFileAttributesExW(LPCWSTR name, GET_FILEEX_INFO_LEVELS level, LPVOID information)
{
    char path[PATH_MAX];
    return get_attributes(path_translate_wide(name, path, sizeof path), path, level, information);
}

/* Only the read-only bit has a meaning on a Linux file system. */
static BOOL set_attributes(NTSTATUS translated, const char *path, DWORD attributes)
{
    struct stat status;
    if (!win32_status(translated))
        return FALSE;
    if (stat(path, &status) != 0)
        return path_error(errno, path);
    mode_t mode = attributes & FILE_ATTRIBUTE_READONLY ? status.st_mode & ~(mode_t)0222 : status.st_mode | 0200;
    return chmod(path, mode & 07777) == 0 ? TRUE : path_error(errno, path);
}

BOOL SetFileAttributesA(LPCSTR name, DWORD attributes)
{
    char path[PATH_MAX];
    return set_attributes(path_translate(name, path, sizeof path), path, attributes);
}

BOOL SetFileAttributesW(LPCWSTR name, DWORD attributes)
{
    char path[PATH_MAX];
    return set_attributes(path_translate_wide(name, path, sizeof path), path, attributes);
}

/* Whether an open file of any process forbids what is asked; *mapped, if not NULL: whether a view keeps its bytes. */
static bool in_use(const char *path, const struct stat *file, ACCESS_MASK access, bool *mapped)
{
    int fd = S_ISREG(file->st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1; /* to look at others' marks */
    bool conflicts = ob_file_conflicts(fd, file->st_dev, file->st_ino, access);
    if (mapped)
        *mapped = mm_section_blocks_truncation(fd, file->st_dev, file->st_ino, 0);
    if (fd >= 0)
        close(fd);
    return conflicts;
}

/* What stands in the way of taking a file's name: an open that does not share deletion. */
static BOOL may_take(const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return path_error(errno, path);
    if (in_use(path, &status, DELETE, NULL))
        return win32_error(ERROR_SHARING_VIOLATION);
    return TRUE;
}

static BOOL copy_bytes(int from, int to)
{
    char buffer[16384];
    for (;;) {
        ssize_t got = read(from, buffer, sizeof buffer);
        if (got == 0)
            return TRUE;
        for (ssize_t done = 0; got > 0 && done < got;) {
            ssize_t put = write(to, buffer + done, (size_t)(got - done));
            if (put < 0)
                got = -1;
            else
                done += put;
        }
        if (got < 0)
            return win32_status(errno_status(errno));
    }
}

/* Why an existing file cannot be written over; NO_ERROR. */
static DWORD refused_target(const char *to, const struct stat *source, const struct stat *target)
{
    bool mapped;
    if (in_use(to, target, FILE_WRITE_DATA, &mapped))
        return ERROR_SHARING_VIOLATION;
    if (mapped)
        return ERROR_USER_MAPPED_FILE;
    if (target->st_dev == source->st_dev && target->st_ino == source->st_ino)
        return ERROR_SHARING_VIOLATION;
    return S_ISREG(target->st_mode) && !(target->st_mode & 0222) ? ERROR_ACCESS_DENIED : NO_ERROR;
}

static BOOL copy_file(const char *from, const char *to, bool exclusive)
{
    struct stat source, target;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return path_error(errno, from);
    if (fstat(in, &source) != 0 || S_ISDIR(source.st_mode)) {
        close(in);
        return win32_error(ERROR_ACCESS_DENIED);
    }
    DWORD refused = in_use(from, &source, FILE_READ_DATA, NULL) ? ERROR_SHARING_VIOLATION : NO_ERROR;
    if (!refused && !exclusive && stat(to, &target) == 0)
        refused = refused_target(to, &source, &target);
    if (refused) {
        close(in);
        return win32_error(refused);
    }
    int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC | (exclusive ? O_EXCL : O_TRUNC), source.st_mode & 0777);
    int error = errno;
    BOOL done = out >= 0 ? copy_bytes(in, out) : FALSE;
    close(in);
    if (out >= 0)
        close(out);
    else
        done = error == EEXIST ? win32_error(ERROR_FILE_EXISTS) : path_error(error, to);
    return done;
}

BOOL CopyFileA(LPCSTR existing, LPCSTR name, BOOL exclusive)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!win32_status(path_translate(existing, from, sizeof from)) ||
        !win32_status(path_translate(name, to, sizeof to)))
        return FALSE;
    return copy_file(from, to, exclusive);
}

BOOL CopyFileW(LPCWSTR existing, LPCWSTR name, BOOL exclusive)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!win32_status(path_translate_wide(existing, from, sizeof from)) ||
        !win32_status(path_translate_wide(name, to, sizeof to)))
        return FALSE;
    return copy_file(from, to, exclusive);
}

static bool same_file(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* The directory that a path's last name stands in. */
static bool parent_of(const char *path, const char *name, struct stat *parent)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s.", (int)(name - path), path);
    return stat(folder, parent) == 0;
}

/* Whether two paths to one file are one name of it, and not two links. */
static bool same_name(const char *from, const char *to)
{
    struct stat one, other;
    const char *last = strrchr(from, '/'), *last_to = strrchr(to, '/');
    last = last ? last + 1 : from;
    last_to = last_to ? last_to + 1 : to;
    return !strcmp(last, last_to) && parent_of(from, last, &one) && parent_of(to, last_to, &other) &&
           same_file(&one, &other);
}

static BOOL move_file(const char *from, const char *to, DWORD flags)
{
    struct stat source, target;
    if (flags & MOVEFILE_DELAY_UNTIL_REBOOT) /* there is nobody who would remember it */
        return win32_error(flags & MOVEFILE_COPY_ALLOWED ? ERROR_INVALID_PARAMETER : ERROR_ACCESS_DENIED);
    if (!may_take(from) || lstat(from, &source) != 0)
        return FALSE;
    if (lstat(to, &target) == 0) {
        if (same_file(&source, &target) && (source.st_nlink == 1 || same_name(from, to)))
            return TRUE;
        if (!(flags & MOVEFILE_REPLACE_EXISTING))
            return win32_error(ERROR_ALREADY_EXISTS);
        if (S_ISDIR(target.st_mode) || S_ISDIR(source.st_mode) || !(target.st_mode & 0222))
            return win32_error(ERROR_ACCESS_DENIED);
        if (!may_take(to))
            return FALSE;
        if (same_file(&source, &target)) /* of two links the kernel would leave both */
            return unlink(from) == 0 || path_error(errno, from);
    }
    if (rename(from, to) == 0)
        return TRUE;
    if (errno == EINVAL) /* into itself */
        return win32_error(ERROR_SHARING_VIOLATION);
    if (errno != EXDEV)
        return errno == ENOENT ? win32_error(ERROR_PATH_NOT_FOUND) : path_error(errno, to);
    if (!(flags & MOVEFILE_COPY_ALLOWED))
        return win32_error(ERROR_NOT_SAME_DEVICE);
    if (!copy_file(from, to, false))
        return FALSE;
    (void)unlink(from); /* documented: where it cannot go it stays, and the call succeeds */
    return TRUE;
}

BOOL MoveFileExA(LPCSTR existing, LPCSTR name, DWORD flags)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!win32_status(path_translate(existing, from, sizeof from)) ||
        !win32_status(path_translate(name, to, sizeof to)))
        return FALSE;
    return move_file(from, to, flags);
}

BOOL MoveFileExW(LPCWSTR existing, LPCWSTR name, DWORD flags)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!win32_status(path_translate_wide(existing, from, sizeof from)) ||
        !win32_status(path_translate_wide(name, to, sizeof to)))
        return FALSE;
    return move_file(from, to, flags);
}

BOOL MoveFileA(LPCSTR existing, LPCSTR name)
{
    return MoveFileExA(existing, name, MOVEFILE_COPY_ALLOWED);
}

BOOL MoveFileW(LPCWSTR existing, LPCWSTR name)
{
    return MoveFileExW(existing, name, MOVEFILE_COPY_ALLOWED);
}

/* `from` takes the place of `to`, which becomes `backup`, or goes. */
static BOOL replace_file(const char *to, const char *from, const char *backup, DWORD flags)
{
    struct stat target, source;
    if (flags & ~(DWORD)(REPLACEFILE_WRITE_THROUGH | REPLACEFILE_IGNORE_MERGE_ERRORS | REPLACEFILE_IGNORE_ACL_ERRORS))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (stat(to, &target) != 0)
        return path_error(errno, to);
    if (stat(from, &source) != 0)
        return path_error(errno, from);
    if (S_ISDIR(target.st_mode) || S_ISDIR(source.st_mode))
        return win32_error(ERROR_ACCESS_DENIED);
    if (!may_take(to) || !may_take(from))
        return FALSE;
    if (target.st_dev != source.st_dev)
        return win32_error(ERROR_UNABLE_TO_MOVE_REPLACEMENT);
    if (backup && rename(to, backup) != 0)
        return win32_error(ERROR_UNABLE_TO_REMOVE_REPLACED);
    if (rename(from, to) == 0)
        return TRUE;
    bool back = !backup || rename(backup, to) == 0;
    return win32_error(back ? ERROR_UNABLE_TO_MOVE_REPLACEMENT : ERROR_UNABLE_TO_MOVE_REPLACEMENT_2);
}

BOOL ReplaceFileA(LPCSTR replaced, LPCSTR replacement, LPCSTR backup, DWORD flags, LPVOID exclude, LPVOID reserved)
{
    char to[PATH_MAX], from[PATH_MAX], aside[PATH_MAX];
    if (!replaced || !replacement || exclude || reserved)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_status(path_translate(replaced, to, sizeof to)) ||
        !win32_status(path_translate(replacement, from, sizeof from)) ||
        (backup && !win32_status(path_translate(backup, aside, sizeof aside))))
        return FALSE;
    return replace_file(to, from, backup ? aside : NULL, flags);
}

BOOL ReplaceFileW(LPCWSTR replaced, LPCWSTR replacement, LPCWSTR backup, DWORD flags, LPVOID exclude, LPVOID reserved)
{
    char to[PATH_MAX], from[PATH_MAX], aside[PATH_MAX];
    if (!replaced || !replacement || exclude || reserved)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_status(path_translate_wide(replaced, to, sizeof to)) ||
        !win32_status(path_translate_wide(replacement, from, sizeof from)) ||
        (backup && !win32_status(path_translate_wide(backup, aside, sizeof aside))))
        return FALSE;
    return replace_file(to, from, backup ? aside : NULL, flags);
}
