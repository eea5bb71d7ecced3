/* filedir.c: directories and whole files: make, remove, move, copy, list, attributes. Calls libc and path.c; sets the
 * last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fileapi.h>
#include <fnmatch.h>
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

static void describe(const struct stat *status, WIN32_FILE_ATTRIBUTE_DATA *data)
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
    describe(&status, information);
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

static BOOL move_file(const char *from, const char *to, DWORD flags)
{
    struct stat target;
    if (!may_take(from))
        return FALSE;
    if (lstat(to, &target) == 0) {
        if (!(flags & MOVEFILE_REPLACE_EXISTING))
            return win32_error(ERROR_ALREADY_EXISTS);
        if (S_ISDIR(target.st_mode))
            return win32_error(ERROR_ACCESS_DENIED);
        if (!may_take(to))
            return FALSE;
    }
    if (rename(from, to) == 0)
        return TRUE;
    if (errno != EXDEV)
        return errno == ENOENT ? win32_error(ERROR_PATH_NOT_FOUND) : path_error(errno, to);
    if (!(flags & MOVEFILE_COPY_ALLOWED))
        return win32_error(ERROR_NOT_SAME_DEVICE);
    return copy_file(from, to, false) && (unlink(from) == 0 || path_error(errno, from));
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

/* A directory being listed: its own kind of handle, closed by FindClose only. */
struct search {
    DIR *directory;
    char path[PATH_MAX];
    char pattern[256];
};

/* The next entry that matches: its name and its data. */
static BOOL next_entry(struct search *search, WIN32_FILE_ATTRIBUTE_DATA *data, const char **name)
{
    struct dirent *entry;
    while ((entry = readdir(search->directory))) {
        char path[PATH_MAX + 256];
        struct stat status;
        bool all = strcmp(search->pattern, "*") == 0 || strcmp(search->pattern, "*.*") == 0;
        if (!all && fnmatch(search->pattern, entry->d_name, FNM_CASEFOLD | FNM_NOESCAPE) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", search->path, entry->d_name);
        if (strlen(entry->d_name) >= MAX_PATH || stat(path, &status) != 0)
            continue;
        describe(&status, data);
        *name = entry->d_name;
        return TRUE;
    }
    return FALSE;
}

static struct search *open_search(const char *path)
{
    struct search *search = calloc(1, sizeof *search);
    if (!search)
        return (void *)(intptr_t)win32_error(ERROR_NOT_ENOUGH_MEMORY);
    const char *slash = strrchr(path, '/');
    const char *pattern = slash ? slash + 1 : path;
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (strlen(pattern) >= sizeof search->pattern || *pattern == 0) {
        free(search);
        return (void *)(intptr_t)win32_error(ERROR_FILE_NOT_FOUND);
    }
    strcpy(search->pattern, pattern);
    strcpy(search->path, !slash ? "." : length == 0 ? "/" : "");
    if (length)
        memcpy(search->path, path, length + 1), search->path[length] = 0;
    search->directory = opendir(search->path);
    if (!search->directory) {
        free(search);
        return (void *)(intptr_t)win32_error(ERROR_PATH_NOT_FOUND);
    }
    return search;
}

BOOL FindClose(HANDLE handle)
{
    struct search *search = handle;
    if (!handle || handle == INVALID_HANDLE_VALUE)
        return win32_error(ERROR_INVALID_HANDLE);
    closedir(search->directory);
    free(search);
    return TRUE;
}

static BOOL find_a(struct search *search, LPWIN32_FIND_DATAA found, DWORD none)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    const char *name;
    if (!next_entry(search, &data, &name))
        return win32_error(none);
    memset(found, 0, sizeof *found);
    memcpy(found, &data, sizeof data); /* the same fields come first */
    strcpy(found->cFileName, name);
    return TRUE;
}

static BOOL find_w(struct search *search, LPWIN32_FIND_DATAW found, DWORD none)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    const char *name;
    if (!next_entry(search, &data, &name))
        return win32_error(none);
    memset(found, 0, sizeof *found);
    memcpy(found, &data, sizeof data);
    host_utf8_to_utf16(name, SIZE_MAX, (uint16_t *)found->cFileName, MAX_PATH, 0);
    return TRUE;
}

HANDLE FindFirstFileA(LPCSTR name, LPWIN32_FIND_DATAA found)
{
    char path[PATH_MAX];
    struct search *search = win32_status(path_translate_pattern(name, path, sizeof path)) ? open_search(path) : NULL;
    if (search && find_a(search, found, ERROR_FILE_NOT_FOUND))
        return search;
    if (search)
        FindClose(search);
    return INVALID_HANDLE_VALUE;
}

HANDLE FindFirstFileW(LPCWSTR name, LPWIN32_FIND_DATAW found)
{
    char path[PATH_MAX];
    struct search *search =
        win32_status(path_translate_pattern_wide(name, path, sizeof path)) ? open_search(path) : NULL;
    if (search && find_w(search, found, ERROR_FILE_NOT_FOUND))
        return search;
    if (search)
        FindClose(search);
    return INVALID_HANDLE_VALUE;
}

BOOL FindNextFileA(HANDLE handle, LPWIN32_FIND_DATAA found)
{
    return find_a(handle, found, ERROR_NO_MORE_FILES);
}

BOOL FindNextFileW(HANDLE handle, LPWIN32_FIND_DATAW found)
{
    return find_w(handle, found, ERROR_NO_MORE_FILES);
}
