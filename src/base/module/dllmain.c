/* dllmain.c: DllMain of libraries that have one: called when they are loaded and freed, when a thread of CreateThread
 * begins and ends, and when the process ends. Their own constructors have run then; not those of libraries that were
 * linked to the program: these are called when this library starts. */
#include <dlfcn.h>
#include <libloaderapi.h>
#include <link.h>
#include <pthread.h>
#include <processthreadsapi.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <winerror.h>

#include "base/module/dllmain.h"
#include "base/forklock.h"
#include "base/module/modulelist.h"
#include "host/fork.h"
#include "host/own.h"
#include "win32/win32.h"

typedef BOOL (*entry_point)(HMODULE module, DWORD reason, LPVOID reserved);

struct dll {
    struct dll *next, *previous;
    void *handle;   /* the dynamic linker's */
    HMODULE module; /* what the entry is told */
    entry_point entry;
    unsigned count;     /* LoadLibrary less FreeLibrary; 0: linked, or a dependency of another */
    bool stays, untold; /* loaded with the program, or pinned: it stays; not told of threads */
};

static struct {
    pthread_mutex_t lock;     /* held while an entry runs, as Windows holds the loader's: that may load others */
    struct dll *first, *last; /* in the order in which they were told */
    _Atomic unsigned count;
    bool watches_end, ending;
} dllmain_state = {.lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP};

/* C, and C++ with a handle of either name; of the library itself, not of what it depends on. */
static entry_point find_entry(const struct link_map *map, void *handle)
{
    static const char *const names[] = {"DllMain", "_Z7DllMainP11HINSTANCE__jPv", "_Z7DllMainPvjPv"};
    Dl_info info;
    struct link_map *owner = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *found = dlsym(handle, names[i]);
        if (found && dladdr1(found, &info, (void **)&owner, RTLD_DL_LINKMAP) && owner == map)
            return (entry_point)(uintptr_t)found;
    }
    return NULL;
}

/* Whether it was made for this system: others that have such a function do not expect to be called. */
static bool needs_us(const struct link_map *map)
{
    const char *names = NULL;
    for (const ElfW(Dyn) *d = map->l_ld; d && d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_STRTAB)
            names = (const char *)d->d_un.d_ptr;
    for (const ElfW(Dyn) *d = map->l_ld; names && d && d->d_tag != DT_NULL; d++)
        if (d->d_tag == DT_NEEDED && !strncmp(names + d->d_un.d_val, "libwinmem", 9))
            return true;
    return false;
}

static struct dll *known(const void *handle)
{
    struct dll *dll = dllmain_state.first;
    while (dll && dll->handle != handle)
        dll = dll->next;
    return dll;
}

static void forget(struct dll *dll)
{
    *(dll->previous ? &dll->previous->next : &dllmain_state.first) = dll->next;
    *(dll->next ? &dll->next->previous : &dllmain_state.last) = dll->previous;
    dllmain_state.count--;
    host_own_give(dll);
}

static BOOL attach(struct link_map *map, entry_point entry, bool linked)
{
    struct dll *dll = host_own_zero(1, sizeof *dll);
    if (!dll)
        return FALSE;
    *dll = (struct dll){.handle = map,
                        .module = base_module_handle(map),
                        .entry = entry,
                        .stays = linked,
                        .previous = dllmain_state.last};
    *(dll->previous ? &dll->previous->next : &dllmain_state.first) = dll;
    dllmain_state.last = dll;
    dllmain_state.count++;
    if (entry(dll->module, DLL_PROCESS_ATTACH, linked ? (LPVOID)1 : NULL))
        return TRUE;
    entry(dll->module, DLL_PROCESS_DETACH, NULL); /* documented */
    forget(dll);
    return FALSE;
}

/* Those that were not there before; what a library depends on stands behind it in the list, and is told first. */
static BOOL attach_new(struct link_map *map, bool linked)
{
    BOOL good = TRUE;
    while (map && map->l_next)
        map = map->l_next;
    for (struct link_map *before; good && map; map = before) {
        before = map->l_prev;
        if (!before || known(map) || !needs_us(map)) /* the first is the program */
            continue;
        void *handle = dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
        entry_point entry = handle ? find_entry(map, handle) : NULL;
        if (entry)
            good = attach(map, entry, linked);
        if (handle)
            dlclose(handle);
    }
    return good;
}

/* The last to be told of a beginning is the first to be told of the end. */
static void end_all(void)
{
    /* A thread that sits in an entry does not keep the process from ending. */
    bool locked = pthread_mutex_trylock(&dllmain_state.lock) == 0;
    dllmain_state.ending = true;
    for (struct dll *dll = dllmain_state.last; dll; dll = dll->previous)
        dll->entry(dll->module, DLL_PROCESS_DETACH, (LPVOID)1);
    if (locked)
        pthread_mutex_unlock(&dllmain_state.lock);
}

static void watch_end(void)
{
    if (dllmain_state.first && !dllmain_state.watches_end)
        dllmain_state.watches_end = atexit(end_all) == 0;
}

BOOL base_dll_loaded(void *handle)
{
    pthread_mutex_lock(&dllmain_state.lock);
    BOOL good = attach_new(handle, false);
    struct dll *dll = good ? known(handle) : NULL;
    if (dll)
        dll->count++;
    watch_end();
    pthread_mutex_unlock(&dllmain_state.lock);
    return good ? TRUE : win32_error(ERROR_DLL_INIT_FAILED);
}

void base_dll_freed(void *handle)
{
    pthread_mutex_lock(&dllmain_state.lock);
    struct dll *dll = dllmain_state.ending ? NULL : known(handle);
    if (dll && dll->count && --dll->count == 0 && !dll->stays) {
        dll->entry(dll->module, DLL_PROCESS_DETACH, NULL);
        forget(dll);
    }
    pthread_mutex_unlock(&dllmain_state.lock);
}

void base_dll_pinned(void *handle)
{
    pthread_mutex_lock(&dllmain_state.lock);
    struct dll *dll = known(handle);
    if (dll)
        dll->stays = true;
    pthread_mutex_unlock(&dllmain_state.lock);
}

static void tell(struct dll *dll, DWORD reason)
{
    if (!dll->untold)
        dll->entry(dll->module, reason, NULL);
}

void base_dll_thread(DWORD reason)
{
    if (!dllmain_state.count)
        return;
    pthread_mutex_lock(&dllmain_state.lock);
    if (dllmain_state.ending)
        ;
    else if (reason == DLL_THREAD_ATTACH)
        for (struct dll *dll = dllmain_state.first; dll; dll = dll->next)
            tell(dll, reason);
    else
        for (struct dll *dll = dllmain_state.last; dll; dll = dll->previous)
            tell(dll, reason);
    pthread_mutex_unlock(&dllmain_state.lock);
}

BOOL DisableThreadLibraryCalls(HMODULE module)
{
    if (!module)
        return win32_error(ERROR_INVALID_HANDLE);
    pthread_mutex_lock(&dllmain_state.lock);
    struct dll *dll = known(base_module_opened(module));
    if (dll)
        dll->untold = true;
    pthread_mutex_unlock(&dllmain_state.lock);
    return TRUE;
}

/* What sits in an entry does so in the parent. */
static void after_fork(void)
{
    base_free_forked(&dllmain_state.lock, (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP);
}

/* A library linked to the program that does not want to be there ends it, as on Windows. */
__attribute__((constructor)) static void start(void)
{
    void *program = dlopen(NULL, RTLD_LAZY);
    host_at_fork(&(struct host_fork){.child = after_fork});
    if (!attach_new(program, true))
        ExitProcess((UINT)0xC0000142); /* STATUS_DLL_INIT_FAILED */
    watch_end();
}
