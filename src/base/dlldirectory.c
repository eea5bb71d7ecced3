/* dlldirectory.c: the folder that a program adds to where libraries are looked for; once it is set, be it empty, the
 * current folder is not looked into. Sets the last error. */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libloaderapi.h>
#include <winerror.h>

#include "base/forklock.h"
#include "host/fork.h"
#include "base/copyout.h"
#include "base/dllmain.h"
#include "base/path.h"
#include "win32/win32.h"

static struct {
    pthread_mutex_t lock;
    bool set;
    char given[PATH_MAX];  /* lock: as the program said it */
    char folder[PATH_MAX]; /* lock: the same for the kernel */
} dlldirectory_state = {.lock = PTHREAD_MUTEX_INITIALIZER};

BASE_FREE_FORKED(dlldirectory_state.lock)

BOOL SetDllDirectoryA(LPCSTR folder)
{
    char path[PATH_MAX] = "";
    if (folder && (strlen(folder) >= sizeof dlldirectory_state.given || strchr(folder, ';')))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (folder && *folder && !win32_status(path_translate(folder, path, sizeof path)))
        return FALSE;
    pthread_mutex_lock(&dlldirectory_state.lock);
    dlldirectory_state.set = folder != NULL;
    strcpy(dlldirectory_state.given, folder ? folder : "");
    strcpy(dlldirectory_state.folder, path);
    pthread_mutex_unlock(&dlldirectory_state.lock);
    return TRUE;
}

BOOL SetDllDirectoryW(LPCWSTR folder)
{
    char text[PATH_MAX];
    if (folder && host_utf16_to_utf8((const uint16_t *)folder, SIZE_MAX, text, sizeof text, 0) > sizeof text)
        return win32_error(ERROR_INVALID_PARAMETER);
    return SetDllDirectoryA(folder ? text : NULL);
}

static void given(char text[PATH_MAX])
{
    pthread_mutex_lock(&dlldirectory_state.lock);
    strcpy(text, dlldirectory_state.given);
    pthread_mutex_unlock(&dlldirectory_state.lock);
    SetLastError(ERROR_SUCCESS); /* nothing is an answer */
}

DWORD GetDllDirectoryA(DWORD size, LPSTR buffer)
{
    char text[PATH_MAX];
    given(text);
    return copy_out(text, buffer, size);
}

DWORD GetDllDirectoryW(DWORD size, LPWSTR buffer)
{
    char text[PATH_MAX];
    given(text);
    return copy_out_wide(text, buffer, size);
}

void *base_dll_directory_open(const char *name, bool *looks_here)
{
    char path[PATH_MAX];
    pthread_mutex_lock(&dlldirectory_state.lock);
    *looks_here = !dlldirectory_state.set;
    bool fits = dlldirectory_state.folder[0] &&
                (size_t)snprintf(path, sizeof path, "%s/%s", dlldirectory_state.folder, name) < sizeof path;
    pthread_mutex_unlock(&dlldirectory_state.lock);
    return fits && access(path, R_OK) == 0 ? dlopen(path, RTLD_LAZY) : NULL;
}
