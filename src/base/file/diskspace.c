/* diskspace.c: how much room a file system has. Calls libc; sets the last error. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <errno.h>
#include <fileapi.h>
#include <limits.h>
#include <stdint.h>
#include <ntstatus.h>
#include <sys/statvfs.h>
#include <winerror.h>

#include "base/path.h"
#include "win32/win32.h"

/* The names stand for Linux: no ANSI code page but UTF-8. */
BOOL AreFileApisANSI(void)
{
    return TRUE;
}

static NTSTATUS look(const char *path, struct statvfs *room)
{
    return statvfs(path, room) == 0 ? STATUS_SUCCESS : path_status(errno, path);
}

static NTSTATUS look_narrow(LPCSTR name, struct statvfs *room)
{
    char path[PATH_MAX];
    NTSTATUS status = name ? path_translate(name, path, sizeof path) : STATUS_SUCCESS;
    return NT_SUCCESS(status) ? look(name ? path : ".", room) : status;
}

static NTSTATUS look_wide(LPCWSTR name, struct statvfs *room)
{
    char path[PATH_MAX];
    NTSTATUS status = name ? path_translate_wide(name, path, sizeof path) : STATUS_SUCCESS;
    return NT_SUCCESS(status) ? look(name ? path : ".", room) : status;
}

static DWORD clusters(uint64_t blocks)
{
    return blocks > 0xFFFFFFFF ? 0xFFFFFFFF : (DWORD)blocks;
}

static BOOL tell_clusters(NTSTATUS status, const struct statvfs *room, LPDWORD sectors, LPDWORD bytes, LPDWORD left,
                          LPDWORD all)
{
    if (!win32_status(status))
        return FALSE;
    if (sectors)
        *sectors = (DWORD)(room->f_frsize / 512);
    if (bytes)
        *bytes = 512;
    if (left)
        *left = clusters(room->f_bavail);
    if (all)
        *all = clusters(room->f_blocks);
    return TRUE;
}

BOOL GetDiskFreeSpaceA(LPCSTR root, LPDWORD sectors, LPDWORD bytes, LPDWORD left, LPDWORD all)
{
    struct statvfs room;
    return tell_clusters(look_narrow(root, &room), &room, sectors, bytes, left, all);
}

BOOL GetDiskFreeSpaceW(LPCWSTR root, LPDWORD sectors, LPDWORD bytes, LPDWORD left, LPDWORD all)
{
    struct statvfs room;
    return tell_clusters(look_wide(root, &room), &room, sectors, bytes, left, all);
}

static BOOL tell_bytes(NTSTATUS status, const struct statvfs *room, PULARGE_INTEGER mine, PULARGE_INTEGER all,
                       PULARGE_INTEGER left)
{
    if (!win32_status(status))
        return FALSE;
    if (mine)
        mine->QuadPart = (ULONGLONG)room->f_bavail * room->f_frsize;
    if (all)
        all->QuadPart = (ULONGLONG)room->f_blocks * room->f_frsize;
    if (left)
        left->QuadPart = (ULONGLONG)room->f_bfree * room->f_frsize;
    return TRUE;
}

BOOL GetDiskFreeSpaceExA(LPCSTR directory, PULARGE_INTEGER mine, PULARGE_INTEGER all, PULARGE_INTEGER left)
{
    struct statvfs room;
    return tell_bytes(look_narrow(directory, &room), &room, mine, all, left);
}

BOOL GetDiskFreeSpaceExW(LPCWSTR directory, PULARGE_INTEGER mine, PULARGE_INTEGER all, PULARGE_INTEGER left)
{
    struct statvfs room;
    return tell_bytes(look_wide(directory, &room), &room, mine, all, left);
}
