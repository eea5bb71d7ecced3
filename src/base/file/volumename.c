/* volumename.c: volumes by their names of the form \\?\Volume{...}\: there is one. Sets the last error. */
#include "base/file/volumename.h"

#include <fileapi.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/statfs.h>
#include <winbase.h>
#include <winerror.h>

#include "base/narrow.h"
#include "win32/win32.h"

static struct {
    atomic_int searches; /* that are open: all have the address of this structure as their handle */
} volumename_state;

void base_volume_name(char name[VOLUME_NAME_SIZE])
{
    struct statfs about = {0};
    (void)statfs("/", &about);
    unsigned low = (unsigned)about.f_fsid.__val[0], high = (unsigned)about.f_fsid.__val[1];
    snprintf(name, VOLUME_NAME_SIZE, "\\\\?\\Volume{%08x-%04x-%04x-8000-%012lx}\\", low, high & 0xffff, high >> 16,
             (unsigned long)about.f_type & 0xffffffffffff);
}

/* Text of plain ASCII to either kind of caller. */
static void put(const char *text, size_t count, void *to, bool wide)
{
    for (size_t i = 0; i < count; i++)
        if (wide)
            ((WCHAR *)to)[i] = (unsigned char)text[i];
        else
            ((char *)to)[i] = text[i];
}

static BOOL tell_name(void *to, DWORD size, bool wide)
{
    char name[VOLUME_NAME_SIZE];
    base_volume_name(name);
    if (size < VOLUME_NAME_SIZE)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    put(name, VOLUME_NAME_SIZE, to, wide);
    return TRUE;
}

static HANDLE first(void *to, DWORD size, bool wide)
{
    if (!tell_name(to, size, wide))
        return INVALID_HANDLE_VALUE;
    atomic_fetch_add(&volumename_state.searches, 1);
    return &volumename_state;
}

HANDLE FindFirstVolumeA(LPSTR name, DWORD size)
{
    return first(name, size, false);
}

HANDLE FindFirstVolumeW(LPWSTR name, DWORD size)
{
    return first(name, size, true);
}

static BOOL next(HANDLE search)
{
    bool open = search == (HANDLE)&volumename_state && atomic_load(&volumename_state.searches) > 0;
    return win32_error(open ? ERROR_NO_MORE_FILES : ERROR_INVALID_HANDLE);
}

BOOL FindNextVolumeA(HANDLE search, LPSTR name, DWORD size)
{
    (void)name, (void)size;
    return next(search);
}

BOOL FindNextVolumeW(HANDLE search, LPWSTR name, DWORD size)
{
    (void)name, (void)size;
    return next(search);
}

BOOL FindVolumeClose(HANDLE search)
{
    int open = atomic_load(&volumename_state.searches);
    while (search == (HANDLE)&volumename_state && open > 0)
        if (atomic_compare_exchange_weak(&volumename_state.searches, &open, open - 1))
            return TRUE;
    return win32_error(ERROR_INVALID_HANDLE);
}

static BOOL is_volume(const char *name)
{
    char own[VOLUME_NAME_SIZE];
    base_volume_name(own);
    if (!name || !*name || name[strlen(name) - 1] != '\\')
        return win32_error(ERROR_INVALID_NAME);
    return strcasecmp(name, own) == 0 ? TRUE : win32_error(ERROR_FILE_NOT_FOUND);
}

static const char places[] = "C:\\\0"; /* and the NUL of the literal: the list's end */

static BOOL tell_places(const char *volume, void *to, DWORD size, PDWORD length, bool wide)
{
    if (!is_volume(volume))
        return FALSE;
    if (length)
        *length = sizeof places;
    if (size < sizeof places)
        return win32_error(ERROR_MORE_DATA);
    put(places, sizeof places, to, wide);
    return TRUE;
}

BOOL GetVolumePathNamesForVolumeNameA(LPCSTR volume, LPCH names, DWORD size, PDWORD length)
{
    return tell_places(volume, names, size, length, false);
}

BOOL GetVolumePathNamesForVolumeNameW(LPCWSTR volume, LPWCH names, DWORD size, PDWORD length)
{
    char *plain = narrow(volume);
    BOOL good = tell_places(plain, names, size, length, true);
    host_own_give(plain);
    return good;
}

/* The drive's root, or the volume's own name. */
static BOOL name_of_place(const char *place, void *to, DWORD size, bool wide)
{
    if (!place || !*place || place[strlen(place) - 1] != '\\')
        return win32_error(ERROR_INVALID_NAME);
    if (strcasecmp(place, places) != 0 && strcmp(place, "\\") != 0 && !is_volume(place))
        return win32_error(GetFileAttributesA(place) == INVALID_FILE_ATTRIBUTES ? ERROR_FILE_NOT_FOUND
                                                                                : ERROR_NOT_A_REPARSE_POINT);
    return tell_name(to, size, wide);
}

BOOL GetVolumeNameForVolumeMountPointA(LPCSTR place, LPSTR name, DWORD size)
{
    return name_of_place(place, name, size, false);
}

BOOL GetVolumeNameForVolumeMountPointW(LPCWSTR place, LPWSTR name, DWORD size)
{
    char *plain = narrow(place);
    BOOL good = name_of_place(plain, name, size, true);
    host_own_give(plain);
    return good;
}
