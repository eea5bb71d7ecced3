/* dlldirectory.c: the folder that a program adds to where libraries are looked for; once it is set, be it empty, the
 * current folder is not looked into. Sets the last error. */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <libloaderapi.h>
#include <winerror.h>

#include "base/forklock.h"
#include "host/fork.h"
#include "host/own.h"
#include "base/copyout.h"
#include "base/module/dllmain.h"
#include "base/path.h"
#include "win32/win32.h"

/* One of AddDllDirectory's; its address is the cookie. */
struct added {
    struct added *next;
    char folder[];
};

static struct {
    pthread_mutex_t lock;
    struct added *added; /* lock */
    DWORD places;        /* where a plain search looks: LOAD_LIBRARY_SEARCH_*; 0: never said */
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

/* ---- folders that are added one by one, and searches that say where to look ---- */

#define PLACES                                                                                                         \
    (LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_USER_DIRS | LOAD_LIBRARY_SEARCH_SYSTEM32 |              \
     LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)

DLL_DIRECTORY_COOKIE AddDllDirectory(PCWSTR folder)
{
    char path[PATH_MAX];
    struct stat about;
    bool empty = !folder || !*folder;
    if (!empty && !win32_status(path_translate_wide(folder, path, sizeof path)))
        return NULL;
    if (empty || path[0] != '/')
        return win32_error(ERROR_INVALID_PARAMETER), NULL;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return win32_error(ERROR_FILE_NOT_FOUND), NULL;
    struct added *added = host_own_take(sizeof *added + strlen(path) + 1);
    if (!added)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY), NULL;
    strcpy(added->folder, path);
    pthread_mutex_lock(&dlldirectory_state.lock);
    added->next = dlldirectory_state.added;
    dlldirectory_state.added = added;
    pthread_mutex_unlock(&dlldirectory_state.lock);
    return added;
}

BOOL RemoveDllDirectory(DLL_DIRECTORY_COOKIE cookie)
{
    pthread_mutex_lock(&dlldirectory_state.lock);
    struct added **link = &dlldirectory_state.added;
    while (*link && *link != cookie)
        link = &(*link)->next;
    struct added *found = *link;
    if (found)
        *link = found->next;
    pthread_mutex_unlock(&dlldirectory_state.lock);
    if (!found)
        return win32_error(ERROR_INVALID_PARAMETER);
    host_own_give(found);
    return TRUE;
}

/* For good: it cannot be taken back. */
BOOL SetDefaultDllDirectories(DWORD places)
{
    if (places == 0 || places & ~(DWORD)PLACES)
        return win32_error(ERROR_INVALID_PARAMETER);
    __atomic_store_n(&dlldirectory_state.places, places, __ATOMIC_RELEASE);
    return TRUE;
}

DWORD base_dll_places(void)
{
    return __atomic_load_n(&dlldirectory_state.places, __ATOMIC_ACQUIRE);
}

/* The folder with this number: that of SetDllDirectory is the first. */
static bool user_path(unsigned number, const char *name, char path[PATH_MAX])
{
    pthread_mutex_lock(&dlldirectory_state.lock);
    const struct added *added = dlldirectory_state.added;
    for (unsigned i = 1; i < number && added; i++)
        added = added->next;
    const char *folder = number == 0 ? dlldirectory_state.folder : added ? added->folder : NULL;
    if (folder && (!*folder || (size_t)snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX))
        *path = 0;
    pthread_mutex_unlock(&dlldirectory_state.lock);
    return folder != NULL;
}

void *base_dll_user_open(const char *name)
{
    char path[PATH_MAX];
    void *found = NULL;
    for (unsigned number = 0; !found && user_path(number, name, path); number++)
        found = *path && access(path, R_OK) == 0 ? dlopen(path, RTLD_LAZY) : NULL;
    return found;
}
