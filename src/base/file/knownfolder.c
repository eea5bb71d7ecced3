/* knownfolder.c: where folders of the user and of the system are (shlobj.h): the freedesktop.org base directories and
 * the user's own folders, by the environment, else below the home directory. */
#include <initguid.h>
#pragma GCC visibility push(default) /* their names are, on Windows, in a library of their own */
#include <knownfolders.h>
#pragma GCC visibility pop
#include <pwd.h>
#include <shlobj.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <windows.h>

#include "base/text/wide.h"

static const struct folder {
    int number; /* CSIDL, -1 for those that have none */
    const KNOWNFOLDERID *name;
    const char *variable; /* says where it is, if it is set */
    const char *path;     /* else this, below the home directory unless it begins with a separator */
} folders[] = {
    {CSIDL_PROFILE, &FOLDERID_Profile, NULL, ""},
    {CSIDL_APPDATA, &FOLDERID_RoamingAppData, "XDG_CONFIG_HOME", ".config"},
    {CSIDL_LOCAL_APPDATA, &FOLDERID_LocalAppData, "XDG_DATA_HOME", ".local/share"},
    {CSIDL_INTERNET_CACHE, &FOLDERID_InternetCache, "XDG_CACHE_HOME", ".cache"},
    {CSIDL_DESKTOP, &FOLDERID_Desktop, "XDG_DESKTOP_DIR", "Desktop"},
    {CSIDL_DESKTOPDIRECTORY, &FOLDERID_Desktop, "XDG_DESKTOP_DIR", "Desktop"},
    {CSIDL_PERSONAL, &FOLDERID_Documents, "XDG_DOCUMENTS_DIR", "Documents"},
    {-1, &FOLDERID_Downloads, "XDG_DOWNLOAD_DIR", "Downloads"},
    {CSIDL_MYMUSIC, &FOLDERID_Music, "XDG_MUSIC_DIR", "Music"},
    {CSIDL_MYPICTURES, &FOLDERID_Pictures, "XDG_PICTURES_DIR", "Pictures"},
    {CSIDL_MYVIDEO, &FOLDERID_Videos, "XDG_VIDEOS_DIR", "Videos"},
    {CSIDL_TEMPLATES, &FOLDERID_Templates, "XDG_TEMPLATES_DIR", "Templates"},
    {CSIDL_COMMON_APPDATA, &FOLDERID_ProgramData, NULL, "/var/lib"},
    {CSIDL_FONTS, &FOLDERID_Fonts, NULL, "/usr/share/fonts"},
    {CSIDL_WINDOWS, &FOLDERID_Windows, NULL, "/usr"},
    {CSIDL_SYSTEM, &FOLDERID_System, NULL, "/usr/lib"},
    {CSIDL_PROGRAM_FILES, &FOLDERID_ProgramFiles, NULL, "/opt"},
    {-1, &FOLDERID_UserProfiles, NULL, "/home"},
};

/* Whether the folder is there, or has been made. */
static bool found(const char *path, bool make)
{
    if (access(path, F_OK) == 0)
        return true;
    char part[MAX_PATH];
    for (const char *end = path; make && (end = strchr(end + 1, '/')) != NULL;) {
        snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
        CreateDirectoryA(part, NULL);
    }
    return make && CreateDirectoryA(path, NULL);
}

/* The user's, also where the environment does not say. */
static void home_folder(char path[MAX_PATH])
{
    struct passwd entry, *who = NULL;
    char text[2048];
    const char *home = getenv("HOME");
    if (!home || home[0] != '/')
        home = getpwuid_r(geteuid(), &entry, text, sizeof text, &who) == 0 && who ? entry.pw_dir : "/";
    snprintf(path, MAX_PATH, "%s", strcmp(home, "/") == 0 ? "" : home);
}

static HRESULT place(const struct folder *folder, DWORD flags, char path[MAX_PATH])
{
    const char *set = folder->variable ? getenv(folder->variable) : NULL;
    char home[MAX_PATH];
    int length;
    home_folder(home);
    if (set && set[0] == '/')
        length = snprintf(path, MAX_PATH, "%s", set);
    else if (folder->path[0] == '/')
        length = snprintf(path, MAX_PATH, "%s", folder->path);
    else
        length = snprintf(path, MAX_PATH, "%s%s%s", home, folder->path[0] || !home[0] ? "/" : "", folder->path);
    if (length <= 0 || length >= MAX_PATH)
        return (HRESULT)0x80004005; /* E_FAIL */
    if (flags & CSIDL_FLAG_DONT_VERIFY || found(path, (flags & CSIDL_FLAG_CREATE) != 0))
        return S_OK;
    return HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND);
}

HRESULT SHGetFolderPathA(HWND window, int number, HANDLE token, DWORD kind, LPSTR path)
{
    (void)window;
    (void)token;
    if (!path || kind > SHGFP_TYPE_DEFAULT)
        return E_INVALIDARG;
    path[0] = 0;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (folders[i].number < 0 || folders[i].number != (number & ~CSIDL_FLAG_MASK))
            continue;
        HRESULT result = place(&folders[i], (DWORD)number & CSIDL_FLAG_MASK, path);
        if (result != S_OK)
            path[0] = 0;
        return result == HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND) ? S_FALSE : result;
    }
    return E_INVALIDARG;
}

HRESULT SHGetFolderPathW(HWND window, int number, HANDLE token, DWORD kind, LPWSTR path)
{
    char narrow[MAX_PATH];
    HRESULT result = SHGetFolderPathA(window, number, token, kind, path ? narrow : NULL);
    if (path && result != E_INVALIDARG)
        MultiByteToWideChar(CP_UTF8, 0, narrow, -1, path, MAX_PATH);
    return result;
}

BOOL SHGetSpecialFolderPathA(HWND window, LPSTR path, int number, BOOL create)
{
    return SHGetFolderPathA(window, number | (create ? CSIDL_FLAG_CREATE : 0), NULL, 0, path) == S_OK;
}

BOOL SHGetSpecialFolderPathW(HWND window, LPWSTR path, int number, BOOL create)
{
    return SHGetFolderPathW(window, number | (create ? CSIDL_FLAG_CREATE : 0), NULL, 0, path) == S_OK;
}

HRESULT SHGetKnownFolderPath(REFKNOWNFOLDERID name, DWORD flags, HANDLE token, PWSTR *path)
{
    (void)token;
    if (!path)
        return E_INVALIDARG;
    *path = NULL;
    if (!name)
        return E_INVALIDARG;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (memcmp(folders[i].name, name, sizeof *name) != 0)
            continue;
        char narrow[MAX_PATH];
        HRESULT result = place(&folders[i], flags, narrow);
        if (result != S_OK)
            return result;
        *path = CoTaskMemAlloc(MAX_PATH * sizeof **path);
        if (!*path)
            return E_OUTOFMEMORY;
        MultiByteToWideChar(CP_UTF8, 0, narrow, -1, *path, MAX_PATH);
        return S_OK;
    }
    return HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND);
}
