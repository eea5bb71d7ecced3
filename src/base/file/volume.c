/* volume.c: the one volume there is: drive C:, which is the whole tree, as \Device\HarddiskVolume1; and the directories
 * that Windows keeps itself in, which are names only. Sets the last error. */
#include <fileapi.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sysinfoapi.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/path.h"
#include "base/file/volumename.h"
#include "base/text/wide.h"
#include "win32/win32.h"

#define DRIVE "C:"
#define VOLUME "\\Device\\HarddiskVolume1"

/* Text of plain ASCII, any NULs in it included, as 16-bit characters. */
static void widen(WCHAR *to, const char *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (unsigned char)from[i];
}

DWORD GetLogicalDrives(void)
{
    return 1u << ('C' - 'A');
}

static const char drives[] = DRIVE "\\\0"; /* and the NUL of the literal */

DWORD GetLogicalDriveStringsA(DWORD size, LPSTR buffer)
{
    if (size < sizeof drives)
        return sizeof drives;
    memcpy(buffer, drives, sizeof drives);
    return sizeof drives - 1;
}

DWORD GetLogicalDriveStringsW(DWORD size, LPWSTR buffer)
{
    if (size < sizeof drives)
        return sizeof drives;
    widen(buffer, drives, sizeof drives);
    return sizeof drives - 1;
}

/* What a device name stands for, with two NULs at the end; NULL: the list of names. 0: no such name. */
static size_t find_device(const char *name, const char **target)
{
    static const char names[] = DRIVE "\0NUL\0", volume[] = VOLUME "\0", null[] = "\\Device\\Null\0";
    *target = name ? volume : names;
    if (!name)
        return sizeof names;
    if (!strcasecmp(name, DRIVE))
        return sizeof volume;
    char own[VOLUME_NAME_SIZE];
    base_volume_name(own);
    own[VOLUME_NAME_SIZE - 2] = 0; /* its backslash */
    if (!strcasecmp(name, own + 4))
        return sizeof volume;
    *target = null;
    return strcasecmp(name, "NUL") ? 0 : sizeof null;
}

static DWORD device_fits(size_t needed, DWORD size)
{
    if (needed == 0)
        return (DWORD)win32_error(ERROR_FILE_NOT_FOUND);
    return needed > size ? (DWORD)win32_error(ERROR_INSUFFICIENT_BUFFER) : (DWORD)needed;
}

DWORD QueryDosDeviceA(LPCSTR name, LPSTR target, DWORD size)
{
    const char *text;
    DWORD count = device_fits(find_device(name, &text), size);
    if (count)
        memcpy(target, text, count);
    return count;
}

DWORD QueryDosDeviceW(LPCWSTR name, LPWSTR target, DWORD size)
{
    char plain[VOLUME_NAME_SIZE] = "";
    const char *text;
    for (size_t i = 0; name && name[i]; i++) {
        if (i + 1 == sizeof plain || name[i] > 127)
            return (DWORD)win32_error(ERROR_FILE_NOT_FOUND);
        plain[i] = (char)name[i];
    }
    DWORD count = device_fits(find_device(name ? plain : NULL, &text), size);
    if (count)
        widen(target, text, count);
    return count;
}

static UINT drive_type(NTSTATUS status, const char *path)
{
    return status >= 0 && access(path, F_OK) == 0 ? DRIVE_FIXED : DRIVE_NO_ROOT_DIR;
}

UINT GetDriveTypeA(LPCSTR root)
{
    char path[PATH_MAX];
    return drive_type(path_translate(root ? root : "\\", path, sizeof path), path);
}

UINT GetDriveTypeW(LPCWSTR root)
{
    static const WCHAR here[] = {'\\', 0};
    char path[PATH_MAX];
    return drive_type(path_translate_wide(root ? root : here, path, sizeof path), path);
}

static const char windows_directory[] = DRIVE "\\Windows", system_directory[] = DRIVE "\\Windows\\system32";

static UINT copy_a(LPSTR to, UINT size, const char *from, size_t count)
{
    if (size < count)
        return (UINT)count;
    memcpy(to, from, count);
    return (UINT)count - 1;
}

static UINT copy_w(LPWSTR to, UINT size, const char *from, size_t count)
{
    if (size < count)
        return (UINT)count;
    widen(to, from, count);
    return (UINT)count - 1;
}

UINT GetWindowsDirectoryA(LPSTR buffer, UINT size)
{
    return copy_a(buffer, size, windows_directory, sizeof windows_directory);
}

UINT GetWindowsDirectoryW(LPWSTR buffer, UINT size)
{
    return copy_w(buffer, size, windows_directory, sizeof windows_directory);
}

UINT GetSystemDirectoryA(LPSTR buffer, UINT size)
{
    return copy_a(buffer, size, system_directory, sizeof system_directory);
}

UINT GetSystemDirectoryW(LPWSTR buffer, UINT size)
{
    return copy_w(buffer, size, system_directory, sizeof system_directory);
}

/* Of a machine that serves terminals the one that all users share; here there is no other. */
UINT GetSystemWindowsDirectoryA(LPSTR buffer, UINT size)
{
    return GetWindowsDirectoryA(buffer, size);
}

UINT GetSystemWindowsDirectoryW(LPWSTR buffer, UINT size)
{
    return GetWindowsDirectoryW(buffer, size);
}
