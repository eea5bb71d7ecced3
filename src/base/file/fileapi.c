/* fileapi.c: opening, naming and deleting files. The Windows faces translate names and rights and set the last error;
 * what is open is a File object of ob. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fcntl.h>
#include <fileapi.h>
#include <ntstatus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/copyout.h"
#include "base/path.h"
#include "base/file/pipe.h"
#include "host/keep.h"
#include "host/utf.h"
#include "mm/section.h"
#include "ob/file.h"
#include "win32/win32.h"

#define SHARES (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

struct opening {
    char path[PATH_MAX];
    ACCESS_MASK access;
    DWORD share, disposition, flags;
    bool inherit, existed, device;
};

static NTSTATUS check_opening(struct opening *o)
{
    const GENERIC_MAPPING *map = &ob_file_type.mapping;
    ACCESS_MASK access = o->access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED);
    if (o->share & ~(DWORD)SHARES || o->disposition < CREATE_NEW || o->disposition > TRUNCATE_EXISTING)
        return STATUS_INVALID_PARAMETER;
    if (o->disposition == TRUNCATE_EXISTING && !(o->access & (GENERIC_WRITE | GENERIC_ALL)))
        return STATUS_INVALID_PARAMETER;
    access |= o->access & GENERIC_READ ? map->GenericRead : 0;
    access |= o->access & GENERIC_WRITE ? map->GenericWrite : 0;
    access |= o->access & GENERIC_EXECUTE ? map->GenericExecute : 0;
    access |= o->access & (GENERIC_ALL | MAXIMUM_ALLOWED) ? map->GenericAll : 0;
    if (o->flags & FILE_FLAG_DELETE_ON_CLOSE)
        access |= DELETE;
    o->access = access | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
    return STATUS_SUCCESS;
}

static int open_flags(const struct opening *o)
{
    bool writes = o->access & (FILE_WRITE_DATA | FILE_APPEND_DATA);
    int flags = O_CLOEXEC | O_NOCTTY | (writes ? O_RDWR : O_RDONLY);
    if (writes && !(o->access & FILE_WRITE_DATA))
        flags |= O_APPEND;
    if (o->flags & FILE_FLAG_WRITE_THROUGH)
        flags |= O_DSYNC;
    return flags;
}

/* A mapped file must keep its bytes: replacing its contents is refused as Windows refuses it. */
static NTSTATUS may_truncate(int fd, const struct stat *status)
{
    if (S_ISREG(status->st_mode) && ob_file_conflicts(fd, status->st_dev, status->st_ino, FILE_WRITE_DATA))
        return STATUS_SHARING_VIOLATION; /* whatever else the open asks for */
    if (S_ISREG(status->st_mode) && mm_section_blocks_truncation(fd, status->st_dev, status->st_ino, 0))
        return STATUS_USER_MAPPED_FILE;
    return STATUS_SUCCESS;
}

/* Whoever only writes has a descriptor that reads too, where that may be: others could not be told of it otherwise (see
 * host/share.h). */
static int open_existing(const struct opening *o, int flags)
{
    struct stat status;
    bool only_writes =
        o->access & (FILE_WRITE_DATA | FILE_APPEND_DATA) && !(o->access & (FILE_READ_DATA | FILE_EXECUTE));
    if (only_writes && (stat(o->path, &status) != 0 || !S_ISREG(status.st_mode)))
        flags = (flags & ~O_ACCMODE) | O_WRONLY;
    int fd = open(o->path, flags);
    if (fd < 0 && errno == EACCES && only_writes)
        fd = open(o->path, (flags & ~O_ACCMODE) | O_WRONLY);
    return fd;
}

static NTSTATUS open_path(struct opening *o, int *opened)
{
    int flags = open_flags(o), fd = -1;
    bool creates = o->disposition != OPEN_EXISTING && o->disposition != TRUNCATE_EXISTING;
    bool truncates = o->disposition == CREATE_ALWAYS || o->disposition == TRUNCATE_EXISTING;
    struct stat status = {0};
    if (creates) {
        fd = open(o->path, flags | O_CREAT | O_EXCL, o->flags & FILE_ATTRIBUTE_READONLY ? 0444 : 0666);
        if (fd < 0 && (errno != EEXIST || o->disposition == CREATE_NEW))
            return path_status(errno, o->path);
    }
    o->existed = fd < 0;
    if (fd < 0)
        fd = open_existing(o, flags);
    if (fd < 0 && errno == EISDIR && (o->flags & FILE_FLAG_BACKUP_SEMANTICS))
        fd = open(o->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return path_status(errno, o->path);
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) && !(o->flags & FILE_FLAG_BACKUP_SEMANTICS)) {
        close(fd);
        return STATUS_ACCESS_DENIED;
    }
    /* A read-only file is so for every user. */
    if (o->existed && o->flags & FILE_FLAG_DELETE_ON_CLOSE && S_ISREG(status.st_mode) && !(status.st_mode & 0222)) {
        close(fd);
        return STATUS_CANNOT_DELETE;
    }
    bool writes = truncates || o->access & (FILE_WRITE_DATA | FILE_APPEND_DATA);
    if (o->existed && writes && S_ISREG(status.st_mode) && !(status.st_mode & 0222)) {
        close(fd);
        return STATUS_ACCESS_DENIED;
    }
    if (o->existed && truncates) {
        NTSTATUS allowed = may_truncate(fd, &status);
        if (allowed < 0) {
            close(fd);
            return allowed;
        }
    }
    *opened = fd;
    return STATUS_SUCCESS;
}

static NTSTATUS create_file(struct opening *o, HANDLE *handle)
{
    struct ob_file *file;
    int fd = -1;
    NTSTATUS status = check_opening(o);
    if (status >= 0)
        status = open_path(o, &fd);
    if (status < 0)
        return status;
    file = ob_file_create(fd, o->path);
    if (!file) {
        close(fd);
        return STATUS_NO_MEMORY;
    }
    o->device = file->kind != FILE_TYPE_DISK; /* nothing is replaced there */
    file->access = o->access;
    file->share = o->share;
    file->flags = o->flags;
    status = ob_file_share(file);
    if (status >= 0)
        file->delete_on_close = o->flags & FILE_FLAG_DELETE_ON_CLOSE;
    bool truncates = o->disposition == CREATE_ALWAYS || o->disposition == TRUNCATE_EXISTING;
    if (status >= 0 && o->existed && truncates && file->kind == FILE_TYPE_DISK &&
        (file->writable ? ftruncate(fd, 0) : truncate(o->path, 0)) != 0)
        status = errno_status(errno);
    if (status >= 0)
        status = ob_create_handle(&file->object, o->access, o->inherit ? OB_INHERIT : 0, handle);
    ob_dereference(&file->object);
    return status;
}

static HANDLE finish(struct opening *o, NTSTATUS status)
{
    HOST_KEEP_ERRNO;
    HANDLE handle;
    if (status >= 0)
        status = create_file(o, &handle);
    if (status == STATUS_OBJECT_NAME_COLLISION) {
        SetLastError(ERROR_FILE_EXISTS);
        return INVALID_HANDLE_VALUE;
    }
    if (!win32_status(status))
        return INVALID_HANDLE_VALUE;
    bool may_exist = (o->disposition == CREATE_ALWAYS && !o->device) || o->disposition == OPEN_ALWAYS;
    SetLastError(may_exist && o->existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

/* A client's end of a named pipe. */
static HANDLE open_pipe(const WCHAR *name, struct opening *o)
{
    HOST_KEEP_ERRNO;
    struct ob_file *file;
    HANDLE handle;
    NTSTATUS status = check_opening(o);
    if (status >= 0)
        status = pipe_open(name, o->access, &file);
    if (!win32_status(status))
        return INVALID_HANDLE_VALUE;
    file->access = o->access;
    file->flags = o->flags;
    status = ob_create_handle(&file->object, o->access, o->inherit ? OB_INHERIT : 0, &handle);
    ob_dereference(&file->object);
    if (!win32_status(status))
        return INVALID_HANDLE_VALUE;
    SetLastError(ERROR_SUCCESS);
    return handle;
}

HANDLE CreateFileA(LPCSTR name, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES security, DWORD disposition,
                   DWORD flags, HANDLE model)
{
    WCHAR wide[MAX_PATH];
    if (name && name[0] == '\\' && name[1] == '\\' &&
        host_utf8_to_utf16(name, SIZE_MAX, (uint16_t *)wide, MAX_PATH, 0) <= MAX_PATH && pipe_name(wide))
        return CreateFileW(wide, access, share, security, disposition, flags, model);
    struct opening o = {.access = access,
                        .share = share,
                        .disposition = disposition,
                        .flags = flags,
                        .inherit = security && security->bInheritHandle};
    (void)model; /* attributes of a template are not kept by Linux file systems */
    return finish(&o, path_translate(name, o.path, sizeof o.path));
}

HANDLE CreateFileW(LPCWSTR name, DWORD access, DWORD share, LPSECURITY_ATTRIBUTES security, DWORD disposition,
                   DWORD flags, HANDLE model)
{
    struct opening o = {.access = access,
                        .share = share,
                        .disposition = disposition,
                        .flags = flags,
                        .inherit = security && security->bInheritHandle};
    (void)model;
    if (pipe_name(name))
        return open_pipe(pipe_name(name), &o);
    return finish(&o, path_translate_wide(name, o.path, sizeof o.path));
}

/* By its path where it has one: another file that has taken its name is refused. */
HANDLE ReOpenFile(HANDLE original, DWORD access, DWORD share, DWORD flags)
{
    struct ob_object *object;
    struct stat now;
    struct opening o = {.access = access, .share = share, .disposition = OPEN_EXISTING, .flags = flags};
    if (!win32_status(ob_lookup(original, &ob_file_type, 0, &object, NULL)))
        return INVALID_HANDLE_VALUE;
    struct ob_file *file = (struct ob_file *)object;
    NTSTATUS status = file->path && file->kind == FILE_TYPE_DISK ? STATUS_SUCCESS : (NTSTATUS)STATUS_INVALID_PARAMETER;
    if (status >= 0 && (strlen(file->path) >= sizeof o.path || stat(file->path, &now) != 0 ||
                        now.st_dev != file->device || now.st_ino != file->inode))
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    if (status >= 0)
        strcpy(o.path, file->path);
    ob_dereference(object);
    return finish(&o, status);
}

static BOOL delete_file(NTSTATUS status, const char *path)
{
    struct stat file;
    if (status < 0)
        return win32_status(status);
    if (lstat(path, &file) != 0)
        return win32_status(path_status(errno, path));
    if (S_ISDIR(file.st_mode) || !(file.st_mode & 0200))
        return win32_error(ERROR_ACCESS_DENIED);
    int fd = S_ISREG(file.st_mode) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1; /* to look at others' marks */
    bool in_use = ob_file_conflicts(fd, file.st_dev, file.st_ino, DELETE);
    bool mapped = mm_section_blocks_truncation(fd, file.st_dev, file.st_ino, 0);
    if (fd >= 0)
        close(fd);
    if (in_use)
        return win32_error(ERROR_SHARING_VIOLATION);
    if (mapped)
        return win32_status(STATUS_CANNOT_DELETE); /* documented: a file with a mapped view */
    return unlink(path) == 0 ? TRUE : win32_status(path_status(errno, path));
}

BOOL DeleteFileA(LPCSTR name)
{
    HOST_KEEP_ERRNO;
    char path[PATH_MAX];
    return delete_file(path_translate(name, path, sizeof path), path);
}

BOOL DeleteFileW(LPCWSTR name)
{
    HOST_KEEP_ERRNO;
    char path[PATH_MAX];
    return delete_file(path_translate_wide(name, path, sizeof path), path);
}

static DWORD attributes_of(const struct stat *status)
{
    if (S_ISCHR(status->st_mode)) /* NUL and its like */
        return FILE_ATTRIBUTE_ARCHIVE;
    DWORD attributes = S_ISDIR(status->st_mode) ? FILE_ATTRIBUTE_DIRECTORY : 0;
    if (!(status->st_mode & 0222))
        attributes |= FILE_ATTRIBUTE_READONLY;
    return attributes ? attributes : FILE_ATTRIBUTE_NORMAL;
}

static DWORD get_attributes(NTSTATUS status, const char *path)
{
    struct stat file;
    if (status >= 0 && stat(path, &file) != 0)
        status = path_status(errno, path);
    return win32_status(status) ? attributes_of(&file) : INVALID_FILE_ATTRIBUTES;
}

DWORD GetFileAttributesA(LPCSTR name)
{
    char path[PATH_MAX];
    return get_attributes(path_translate(name, path, sizeof path), path);
}

DWORD GetFileAttributesW(LPCWSTR name)
{
    char path[PATH_MAX];
    return get_attributes(path_translate_wide(name, path, sizeof path), path);
}

/* With its trailing slash; when it does not fit, the size it needs with the terminator, and nothing written. */
DWORD GetTempPathA(DWORD size, LPSTR buffer)
{
    const char *directory = getenv("TMPDIR");
    if (!directory || *directory != '/')
        directory = "/tmp";
    size_t length = strlen(directory);
    bool slash = directory[length - 1] == '/';
    size_t total = length + !slash;
    if (total + 1 > size)
        return (DWORD)total + 1;
    memcpy(buffer, directory, length);
    if (!slash)
        buffer[length] = '/';
    buffer[total] = 0;
    return (DWORD)total;
}

DWORD GetTempPathW(DWORD size, LPWSTR buffer)
{
    char path[PATH_MAX];
    if (GetTempPathA(sizeof path, path) >= sizeof path)
        return 0;
    return copy_out_wide(path, buffer, size);
}

/* The bytes of its first three characters. */
static size_t three_characters(const char *text)
{
    size_t bytes = 0;
    for (int count = 0; text[bytes]; bytes++)
        if ((text[bytes] & 0xC0) != 0x80 && count++ == 3)
            break;
    return bytes;
}

UINT GetTempFileNameA(LPCSTR directory, LPCSTR prefix, UINT unique, LPSTR name)
{
    char path[PATH_MAX];
    struct stat status;
    NTSTATUS translated = path_translate(directory, path, sizeof path);
    if (translated < 0)
        return (UINT)win32_status(translated);
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return (UINT)win32_error(ERROR_DIRECTORY);
    size_t length = strlen(path), head = prefix ? three_characters(prefix) : 0;
    if (length > MAX_PATH - 14 || head > MAX_PATH - sizeof "/FFFF.tmp" - length)
        return (UINT)win32_error(ERROR_BUFFER_OVERFLOW);
    const char *slash = path[length - 1] == '/' ? "" : "/";
    for (UINT number = unique ? unique & 0xFFFF : (GetTickCount() ^ GetCurrentThreadId()) & 0xFFFF, tries = 0;
         tries < 0x10000; tries++, number = (number + 1) & 0xFFFF) {
        if (number == 0)
            continue;
        snprintf(name, MAX_PATH, "%.246s%s%.*s%X.tmp", path, slash, (int)head, prefix ? prefix : "", number);
        if (unique)
            return number;
        int fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (fd >= 0) {
            close(fd);
            return number;
        }
        if (errno != EEXIST)
            return (UINT)win32_status(path_status(errno, name));
    }
    return (UINT)win32_error(ERROR_FILE_EXISTS);
}

UINT GetTempFileNameW(LPCWSTR directory, LPCWSTR prefix, UINT unique, LPWSTR name)
{
    char path[PATH_MAX], head[16] = "", result[MAX_PATH];
    NTSTATUS status = path_translate_wide(directory, path, sizeof path);
    if (status < 0)
        return (UINT)win32_status(status);
    if (prefix)
        host_utf16_to_utf8((const uint16_t *)prefix, host_utf16_length((const uint16_t *)prefix) < 3 ? SIZE_MAX : 3,
                           head, sizeof head - 1, 0);
    UINT number = GetTempFileNameA(path, head, unique, result);
    if (number)
        host_utf8_to_utf16(result, SIZE_MAX, (uint16_t *)name, MAX_PATH, 0);
    return number;
}
