/* module.c: modules. The pseudo-modules (kernel32, ntdll, psapi and their kin) stand for these libraries; other names
 * are the program and its shared objects. GetProcAddress finds exported names only. */
#include <dlfcn.h>
#include <limits.h>
#include <libloaderapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <winerror.h>

#include "base/module/dllmain.h"
#include "base/module/modulelist.h"
#include "base/narrow.h"
#include "base/path.h"
#include "host/own.h"
#include "host/process.h"
#include "host/utf.h"
#include "win32/win32.h"

/* One byte each: a module handle of ours is its address, which no dlopen handle can have. */
static const char *const pseudo_names[] = {"kernel32", "kernelbase", "ntdll",    "psapi",    "advapi32", "bcrypt",
                                           "user32",   "dbghelp",    "imagehlp", "ws2_32",   "wsock32",  "mswsock",
                                           "winmm",    "shell32",    "shlwapi",  "ole32",    "oleaut32", "version",
                                           "rpcrt4",   "iphlpapi",   "msvcrt",   "ucrtbase", "crypt32",  "dpapi"};
enum { KERNELBASE = 1, NTDLL = 2, MSVCRT = 20, UCRTBASE = 21, PSEUDO_COUNT = 24 };
static char pseudo[PSEUDO_COUNT];

static bool is_pseudo(const void *module)
{
    return (const char *)module >= pseudo && (const char *)module < pseudo + PSEUDO_COUNT;
}

/* KERNEL32, kernel32.dll, C:\Windows\System32\kernel32.dll: -1 when it is none of ours. */
static int find_pseudo(const char *name)
{
    const char *slash = strrchr(name, '/'), *back = strrchr(name, '\\');
    const char *base = slash > back ? slash + 1 : back ? back + 1 : name;
    size_t length = strlen(base);
    if (length > 4 && !strcasecmp(base + length - 4, ".dll"))
        length -= 4;
    for (int i = 0; i < PSEUDO_COUNT; i++)
        if (strlen(pseudo_names[i]) == length && !strncasecmp(base, pseudo_names[i], length))
            return i;
    /* names of sets of calls, api-ms-win-core-memory-l1-1-0.dll, lead to who has the calls */
    if (!strncasecmp(base, "api-ms-win-crt-", 15))
        return UCRTBASE;
    return !strncasecmp(base, "api-ms-win-", 11) ? KERNELBASE : -1;
}

HMODULE base_module_real(HMODULE handle)
{
    Dl_info info;
    return is_pseudo(handle) && dladdr((void *)GetLastError, &info) ? info.dli_fbase : handle;
}

/* Of a name alone the module of that file name, in letters of either case: the program, too; else that very file. */
static HMODULE find_loaded(const char *name)
{
    struct base_modules list;
    HMODULE found = NULL;
    if (base_modules_list(getpid(), &list) == 0) {
        struct base_module *module = base_modules_named(&list, name);
        found = module ? (HMODULE)module->base : NULL;
    }
    base_modules_free(&list);
    return found;
}

/* The handle is not counted, as on Windows; the module stays as long as its owner keeps it. */
HMODULE GetModuleHandleA(LPCSTR name)
{
    char path[PATH_MAX];
    int own = name ? find_pseudo(name) : -1;
    if (own >= 0)
        return (HMODULE)&pseudo[own];
    if (name && strpbrk(name, "/\\:") && path_translate(name, path, sizeof path) >= 0)
        name = path;
    void *opened = dlopen(name && *name ? name : NULL, RTLD_LAZY | RTLD_NOLOAD);
    HMODULE module = opened ? base_module_handle(opened) : NULL;
    if (opened)
        dlclose(opened);
    if (!module && name)
        module = find_loaded(name);
    if (!module)
        SetLastError(ERROR_MOD_NOT_FOUND);
    return module;
}

/* A name alone, in the folder of the program or the current one. */
static void *open_beside(const char *name, bool beside_program)
{
    char path[PATH_MAX] = ".";
    if (beside_program && !host_process_image(0, path, sizeof path))
        return NULL;
    char *slash = beside_program ? strrchr(path, '/') : NULL;
    size_t folder = slash ? (size_t)(slash - path) : 1;
    if (folder + strlen(name) + 2 > sizeof path)
        return NULL;
    path[folder] = '/';
    strcpy(path + folder + 1, name);
    return access(path, R_OK) == 0 ? dlopen(path, RTLD_LAZY) : NULL;
}

static void *open_path(const char *name)
{
    char path[PATH_MAX];
    if (path_translate(name, path, sizeof path) < 0)
        return NULL;
    void *found = dlopen(path, RTLD_LAZY);
    const char *last = strrchr(path, '/');
    if (found || strchr(last ? last : path, '.') || strlen(path) + sizeof ".dll" > sizeof path)
        return found;
    return dlopen(strcat(path, ".dll"), RTLD_LAZY);
}

/* As Windows looks: beside the program, in the folder of SetDllDirectory, where the system looks, in the current folder
 * unless there is such a one; a name without a point in it means a file of type dll as well. */
static void *search_module(const char *name)
{
    char path[PATH_MAX];
    void *found = NULL;
    bool here = true;
    if (strpbrk(name, "/\\:"))
        return open_path(name);
    if ((found = open_beside(name, true)) || (found = base_dll_directory_open(name, &here)) ||
        (found = dlopen(name, RTLD_LAZY)) || (here && (found = open_beside(name, false))))
        return found;
    if (strchr(name, '.') || strlen(name) + 5 > sizeof path)
        return NULL;
    snprintf(path, sizeof path, "%s.dll", name);
    return search_module(path);
}

/* Looks where it is told to, in the documented order. */
static void *search_places(const char *name, DWORD places)
{
    char path[PATH_MAX];
    void *found = NULL;
    if (strpbrk(name, "/\\:"))
        return open_path(name);
    if (places & LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
        places |= LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_USER_DIRS | LOAD_LIBRARY_SEARCH_SYSTEM32;
    if (places & LOAD_LIBRARY_SEARCH_APPLICATION_DIR)
        found = open_beside(name, true);
    if (!found && places & LOAD_LIBRARY_SEARCH_USER_DIRS)
        found = base_dll_user_open(name);
    if (!found && places & LOAD_LIBRARY_SEARCH_SYSTEM32)
        found = dlopen(name, RTLD_LAZY);
    if (found || strchr(name, '.') || strlen(name) + 5 > sizeof path)
        return found;
    snprintf(path, sizeof path, "%s.dll", name);
    return search_places(path, places);
}

HMODULE base_module_load(const char *name, DWORD places)
{
    int own = name ? find_pseudo(name) : -1;
    if (own >= 0)
        return (HMODULE)&pseudo[own];
    if (!places)
        places = base_dll_places();
    bool named = name && *name; /* an empty name is the program to dlopen */
    void *opened = !named ? NULL : places ? search_places(name, places) : search_module(name);
    if (!opened) {
        SetLastError(name ? ERROR_MOD_NOT_FOUND : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!base_dll_loaded(opened)) {
        dlclose(opened);
        return NULL;
    }
    return base_module_handle(opened);
}

HMODULE LoadLibraryA(LPCSTR name)
{
    return base_module_load(name, 0);
}

HMODULE GetModuleHandleW(LPCWSTR name)
{
    if (!name)
        return GetModuleHandleA(NULL);
    char *text = narrow(name);
    HMODULE module = text ? GetModuleHandleA(text) : NULL;
    host_own_give(text);
    return module;
}

HMODULE LoadLibraryW(LPCWSTR name)
{
    char *text = name ? narrow(name) : NULL;
    HMODULE module = LoadLibraryA(text);
    host_own_give(text);
    return module;
}

BOOL FreeLibrary(HMODULE module)
{
    if (!module)
        return win32_error(ERROR_INVALID_HANDLE);
    if (is_pseudo(module))
        return TRUE;
    void *opened = base_module_opened(module);
    if (!opened)
        return win32_error(ERROR_MOD_NOT_FOUND);
    base_dll_freed(opened);
    return dlclose(opened) == 0 ? TRUE : win32_error(ERROR_MOD_NOT_FOUND);
}

/* Whether a symbol that dlsym found is of these libraries: what they depend on is not in the pseudo-modules. */
static bool is_ours(void *symbol)
{
    Dl_info info, own;
    if (!dladdr(symbol, &info) || !dladdr((void *)FreeLibrary, &own))
        return false;
    if (info.dli_fbase == own.dli_fbase)
        return true;
    Dl_info core;
    return dladdr((void *)GetLastError, &core) && info.dli_fbase == core.dli_fbase;
}

static FARPROC find_pseudo_symbol(int module, const char *name)
{
    static const char *const natives[] = {"Nt", "Zw", "Rtl", "Ldr", "Dbg"};
    bool native = false;
    for (size_t i = 0; i < sizeof natives / sizeof *natives; i++)
        native = native || !strncmp(name, natives[i], strlen(natives[i]));
    char nt_name[128];
    if (module == NTDLL && !native)
        return NULL;
    if (module != NTDLL && !strncmp(name, "Nt", 2))
        return NULL;
    if (!strncmp(name, "Zw", 2) && strlen(name) < sizeof nt_name) {
        strcpy(nt_name, name);
        memcpy(nt_name, "Nt", 2);
        name = nt_name;
    }
    void *symbol = dlsym(RTLD_DEFAULT, name);
    /* the C library is the system's */
    return symbol && (module == MSVCRT || module == UCRTBASE || is_ours(symbol)) ? (FARPROC)symbol : NULL;
}

FARPROC GetProcAddress(HMODULE module, LPCSTR name)
{
    if ((uintptr_t)name < 0x10000) { /* an ordinal: these libraries have none */
        SetLastError((uintptr_t)name ? ERROR_INVALID_ORDINAL : ERROR_PROC_NOT_FOUND);
        return NULL;
    }
    void *opened = !module ? RTLD_DEFAULT : is_pseudo(module) ? NULL : base_module_opened(module);
    if (module && !is_pseudo(module) && !opened)
        return win32_error(ERROR_MOD_NOT_FOUND), NULL;
    FARPROC found =
        is_pseudo(module) ? find_pseudo_symbol((int)((char *)module - pseudo), name) : (FARPROC)dlsym(opened, name);
    if (!found)
        SetLastError(ERROR_PROC_NOT_FOUND);
    return found;
}

/* As Windows: the count without the terminator; too small: cut, terminated, `size` and ERROR_INSUFFICIENT_BUFFER. */
DWORD GetModuleFileNameA(HMODULE module, LPSTR name, DWORD size)
{
    char path[PATH_MAX] = "";
    struct base_modules list;
    DWORD error = base_modules_list(getpid(), &list);
    struct base_module *found = error ? NULL : base_modules_find(&list, module);
    if (found)
        snprintf(path, sizeof path, "%s", found->path);
    base_modules_free(&list);
    if (!found) {
        SetLastError(error ? error : ERROR_MOD_NOT_FOUND);
        return 0;
    }
    path_as_windows(path, sizeof path);
    size_t length = strlen(path);
    if (size == 0 || length >= size) {
        if (size) {
            memcpy(name, path, size - 1);
            name[size - 1] = 0;
        }
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return size;
    }
    memcpy(name, path, length + 1);
    return (DWORD)length;
}

DWORD GetModuleFileNameW(HMODULE module, LPWSTR name, DWORD size)
{
    char path[PATH_MAX];
    uint16_t wide[PATH_MAX];
    if (!GetModuleFileNameA(module, path, sizeof path))
        return 0;
    size_t length = host_utf8_to_utf16(path, SIZE_MAX, wide, PATH_MAX, 0);
    if (length > size) {
        if (size) {
            memcpy(name, wide, (size - 1) * sizeof *name);
            name[size - 1] = 0;
        }
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return size;
    }
    memcpy(name, wide, length * sizeof *name);
    return (DWORD)length - 1;
}
