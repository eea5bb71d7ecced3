/* path.c: see path.h. Calls the kernel only to tell a missing directory from a missing file. */
#define WIN32_NO_STATUS
#include <windef.h>

#include "base/path.h"

#include <ctype.h>
#include <errno.h>
#include <ntstatus.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "host/utf.h"

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* What no file may have in its name. */
static bool is_forbidden(char c)
{
    return (unsigned char)c < 32 || strchr("\"*<>?|", c) != NULL;
}

NTSTATUS path_translate_pattern(const char *name, char *path, size_t size)
{
    if (!name || !*name)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (is_slash(name[0]) && is_slash(name[1]) && (name[2] == '?' || name[2] == '.') && is_slash(name[3]))
        name += 4;
    if (isalpha((unsigned char)name[0]) && name[1] == ':')
        name += 2;
    if (!strcasecmp(name, "NUL"))
        name = "/dev/null";
    else if (!strcasecmp(name, "CONIN$") || !strcasecmp(name, "CONOUT$") || !strcasecmp(name, "CON"))
        name = "/dev/tty";
    size_t length = strlen(name);
    if (length == 0)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (length >= size)
        return STATUS_NAME_TOO_LONG;
    for (size_t i = 0; i <= length; i++)
        path[i] = name[i] == '\\' ? '/' : name[i];
    return STATUS_SUCCESS;
}

NTSTATUS path_translate_pattern_wide(const WCHAR *name, char *path, size_t size)
{
    char narrow[PATH_MAX];
    if (!name)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    size_t needed = host_utf16_to_utf8((const uint16_t *)name, SIZE_MAX, narrow, sizeof narrow, 1);
    if (needed == 0)
        return STATUS_OBJECT_NAME_INVALID;
    return needed > sizeof narrow ? STATUS_NAME_TOO_LONG : path_translate_pattern(narrow, path, size);
}

/* As documented of names: points and blanks at the end of the last part are no part of it. */
void path_strip(char *path)
{
    char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        return;
    for (size_t length = strlen(last); length && (last[length - 1] == '.' || last[length - 1] == ' '); length--)
        last[length - 1] = 0;
}

/* "there/../x" is x even where "there" is nothing; where it is, the file system's word stands. */
static void leave_missing(char *path)
{
    struct stat status;
    for (char *up; (up = strstr(path, "/../")) && up != path;) {
        *up = 0;
        char *slash = strrchr(path, '/'), *part = slash ? slash + 1 : path;
        bool stays = !*part || strcmp(part, "..") == 0 || strcmp(part, ".") == 0 || lstat(path, &status) == 0;
        *up = '/';
        if (stays)
            return;
        memmove(part, up + 4, strlen(up + 4) + 1);
    }
}

/* A name behind \\?\ is taken as it stands. */
static NTSTATUS check_name(NTSTATUS translated, bool literal, char *path)
{
    for (const char *at = path; translated >= 0 && *at; at++)
        if (is_forbidden(*at))
            return STATUS_OBJECT_NAME_INVALID;
    if (translated >= 0 && !literal) {
        leave_missing(path);
        path_strip(path);
        if (!*path)
            return STATUS_OBJECT_PATH_NOT_FOUND;
    }
    return translated;
}

NTSTATUS path_translate(const char *name, char *path, size_t size)
{
    bool literal = name && !strncmp(name, "\\\\?\\", 4);
    return check_name(path_translate_pattern(name, path, size), literal, path);
}

NTSTATUS path_translate_wide(const WCHAR *name, char *path, size_t size)
{
    bool literal = name && name[0] == '\\' && name[1] == '\\' && name[2] == '?' && name[3] == '\\';
    return check_name(path_translate_pattern_wide(name, path, size), literal, path);
}

NTSTATUS errno_status(int error)
{
    switch (error) {
    case 0:
        return STATUS_SUCCESS;
    case EACCES:
    case EPERM:
    case EISDIR:
        return STATUS_ACCESS_DENIED;
    case EBADF:
        return STATUS_INVALID_HANDLE;
    case EEXIST:
        return STATUS_OBJECT_NAME_COLLISION;
    case EFAULT:
        return STATUS_ACCESS_VIOLATION;
    case EFBIG:
    case ENOSPC:
    case EDQUOT:
        return STATUS_DISK_FULL;
    case EINVAL:
        return STATUS_INVALID_PARAMETER;
    case EIO:
        return STATUS_DATA_ERROR;
    case EMFILE:
    case ENFILE:
        return STATUS_TOO_MANY_OPENED_FILES;
    case ENAMETOOLONG:
        return STATUS_NAME_TOO_LONG;
    case ENOMEM:
        return STATUS_NO_MEMORY;
    case ENOTEMPTY:
        return STATUS_DIRECTORY_NOT_EMPTY;
    case EPIPE:
        return STATUS_PIPE_EMPTY;
    case EROFS:
        return STATUS_MEDIA_WRITE_PROTECTED;
    case ETXTBSY:
    case EBUSY:
        return STATUS_SHARING_VIOLATION;
    case ESPIPE:
        return STATUS_INVALID_DEVICE_REQUEST;
    default:
        return STATUS_UNSUCCESSFUL;
    }
}

static bool parent_exists(const char *path)
{
    char parent[PATH_MAX];
    struct stat status;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[length - 1] != '/')
        length--;
    if (length <= 1)
        return true;
    if (length >= sizeof parent)
        return false;
    memcpy(parent, path, length);
    parent[length] = 0;
    return stat(parent, &status) == 0 && S_ISDIR(status.st_mode);
}

/* "file/": the name of a directory, but it is none. */
static bool ends_in_a_file(const char *path, size_t length)
{
    char name[PATH_MAX];
    struct stat status;
    if (length >= sizeof name)
        return false;
    memcpy(name, path, length);
    name[length] = 0;
    return stat(name, &status) == 0 && !S_ISDIR(status.st_mode);
}

NTSTATUS path_status(int error, const char *path)
{
    if (error == EISDIR || error == ENOTDIR) {
        size_t length = strlen(path);
        bool as_directory = length > 1 && path[length - 1] == '/';
        if (as_directory && (error == EISDIR || ends_in_a_file(path, length - 1)))
            return STATUS_OBJECT_NAME_INVALID;
    }
    if (error == ENOENT)
        return parent_exists(path) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
    if (error == ENOTDIR)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    return errno_status(error);
}

bool path_as_windows(char *path, size_t size)
{
    size_t length = strlen(path);
    if (path[0] != '/')
        return true;
    if (length + 3 > size)
        return false;
    memmove(path + 2, path, length + 1);
    memcpy(path, "C:", 2);
    for (char *at = path; *at; at++)
        if (*at == '/')
            *at = '\\';
    return true;
}
