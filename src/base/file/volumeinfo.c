/* volumeinfo.c: what the one volume says of itself: its file system is that of the root of the tree. Sets the last
 * error. */
#include <fileapi.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/statfs.h>
#include <winbase.h>
#include <winerror.h>

#include "base/path.h"
#include "host/utf.h"
#include "win32/win32.h"

#define VOLUME_FLAGS                                                                                                   \
    (FILE_CASE_SENSITIVE_SEARCH | FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | FILE_SUPPORTS_SPARSE_FILES |      \
     FILE_SUPPORTS_HARD_LINKS)

static const char *system_name(long type)
{
    static const struct {
        long type;
        const char *name;
    } names[] = {{0xEF53, "ext4"}, {0x58465342, "xfs"},   {0x9123683E, "btrfs"},      {0x794C7630, "overlay"},
                 {0x6969, "nfs"},  {0x01021994, "tmpfs"}, {(long)0xF2F52010, "f2fs"}, {0x65735546, "fuse"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].type == type)
            return names[i].name;
    return "unknown";
}

struct volume {
    const char *system;
    DWORD serial, longest;
};

/* The root of the drive, with its backslash; nothing is the root of the current directory. */
static bool ask(NTSTATUS status, const char *path, size_t length, bool slash, struct volume *volume)
{
    struct statfs about;
    if (length && !slash)
        return win32_error(ERROR_INVALID_NAME);
    if (!win32_status(status))
        return false;
    if (length && strcmp(path, "/") != 0)
        return win32_error(ERROR_DIR_NOT_ROOT);
    if (statfs("/", &about) != 0)
        return win32_error(ERROR_ACCESS_DENIED);
    volume->system = system_name((long)about.f_type);
    volume->serial = (DWORD)about.f_fsid.__val[0] ^ (DWORD)about.f_fsid.__val[1];
    volume->longest = (DWORD)about.f_namelen;
    return true;
}

static void tell(const struct volume *volume, LPDWORD serial, LPDWORD longest, LPDWORD flags)
{
    if (serial)
        *serial = volume->serial;
    if (longest)
        *longest = volume->longest;
    if (flags)
        *flags = VOLUME_FLAGS;
}

BOOL GetVolumeInformationA(LPCSTR root, LPSTR name, DWORD name_size, LPDWORD serial, LPDWORD longest, LPDWORD flags,
                           LPSTR system, DWORD system_size)
{
    char path[PATH_MAX];
    struct volume volume;
    size_t length = root ? strlen(root) : 0;
    bool slash = length && (root[length - 1] == '\\' || root[length - 1] == '/');
    if (!ask(root ? path_translate(root, path, sizeof path) : 0, path, length, slash, &volume))
        return FALSE;
    if ((name && name_size < 1) || (system && system_size <= strlen(volume.system)))
        return win32_error(ERROR_BAD_LENGTH);
    if (name)
        *name = 0; /* it has no label */
    if (system)
        strcpy(system, volume.system);
    tell(&volume, serial, longest, flags);
    return TRUE;
}

BOOL GetVolumeInformationW(LPCWSTR root, LPWSTR name, DWORD name_size, LPDWORD serial, LPDWORD longest, LPDWORD flags,
                           LPWSTR system, DWORD system_size)
{
    char path[PATH_MAX];
    struct volume volume;
    size_t length = root ? host_utf16_length((const uint16_t *)root) : 0;
    bool slash = length && (root[length - 1] == '\\' || root[length - 1] == '/');
    if (!ask(root ? path_translate_wide(root, path, sizeof path) : 0, path, length, slash, &volume))
        return FALSE;
    if ((name && name_size < 1) || (system && system_size <= strlen(volume.system)))
        return win32_error(ERROR_BAD_LENGTH);
    if (name)
        *name = 0;
    if (system)
        host_utf8_to_utf16(volume.system, SIZE_MAX, (uint16_t *)system, system_size, 0);
    tell(&volume, serial, longest, flags);
    return TRUE;
}

static const char root[] = "C:\\";

/* Of any path: the root of the volume that it is on. */
BOOL GetVolumePathNameA(LPCSTR file, LPSTR buffer, DWORD size)
{
    char path[PATH_MAX];
    if (!win32_status(path_translate(file ? file : "", path, sizeof path)))
        return FALSE;
    if (size < sizeof root)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    memcpy(buffer, root, sizeof root);
    return TRUE;
}

BOOL GetVolumePathNameW(LPCWSTR file, LPWSTR buffer, DWORD size)
{
    static const WCHAR nothing[] = {0};
    char path[PATH_MAX];
    if (!win32_status(path_translate_wide(file ? file : nothing, path, sizeof path)))
        return FALSE;
    if (size < sizeof root)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    for (size_t i = 0; i < sizeof root; i++)
        buffer[i] = (unsigned char)root[i];
    return TRUE;
}
