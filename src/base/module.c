/* module.c: modules. The pseudo-modules kernel32, kernelbase, ntdll, psapi, advapi32 and bcrypt stand for these
 * libraries; other names are the program and its shared objects. GetProcAddress finds exported names only. */
#include <dlfcn.h>
#include <limits.h>
#include <libloaderapi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winerror.h>

#include "base/dllmain.h"
#include "base/modulelist.h"
#include "base/path.h"
#include "host/utf.h"
#include "win32/win32.h"

/* One byte each: a module handle of ours is its address, which no dlopen handle can have. */
static char pseudo[6];
static const char *const pseudo_names[] = {"kernel32", "kernelbase", "ntdll", "psapi", "advapi32", "bcrypt"};
enum { NTDLL = 2, PSEUDO_COUNT = 6 };

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
    return -1;
}

static void *open_module(const char *name, int flags)
{
    int own = find_pseudo(name);
    if (own >= 0)
        return &pseudo[own];
    return dlopen(name, flags);
}

HMODULE GetModuleHandleA(LPCSTR name)
{
    void *module = name ? open_module(name, RTLD_LAZY | RTLD_NOLOAD) : dlopen(NULL, RTLD_LAZY);
    if (!module) {
        SetLastError(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    if (!is_pseudo(module))
        dlclose(module); /* the handle is not counted, as on Windows; the module stays as long as its owner keeps it */
    return module;
}

/* A name alone, in the folder of the program or the current one. */
static void *open_beside(const char *name, bool beside_program)
{
    char path[PATH_MAX] = ".";
    ssize_t length = beside_program ? readlink("/proc/self/exe", path, sizeof path - 1) : 1;
    if (length <= 0)
        return NULL;
    path[length] = 0;
    char *slash = beside_program ? strrchr(path, '/') : NULL;
    size_t folder = slash ? (size_t)(slash - path) : 1;
    if (folder + strlen(name) + 2 > sizeof path)
        return NULL;
    path[folder] = '/';
    strcpy(path + folder + 1, name);
    return access(path, R_OK) == 0 ? dlopen(path, RTLD_LAZY) : NULL;
}

/* As Windows looks: beside the program, where the system looks, in the current folder; a name without a point in it
 * means a file of type dll as well. */
static void *search_module(const char *name)
{
    char path[PATH_MAX];
    void *found = NULL;
    if (find_pseudo(name) >= 0)
        return open_module(name, RTLD_LAZY);
    if (strpbrk(name, "/\\:"))
        return path_translate(name, path, sizeof path) >= 0 ? dlopen(path, RTLD_LAZY) : NULL;
    if ((found = open_beside(name, true)) || (found = dlopen(name, RTLD_LAZY)) || (found = open_beside(name, false)))
        return found;
    if (strchr(name, '.') || strlen(name) + 5 > sizeof path)
        return NULL;
    snprintf(path, sizeof path, "%s.dll", name);
    return search_module(path);
}

HMODULE LoadLibraryA(LPCSTR name)
{
    void *module = name ? search_module(name) : NULL;
    if (!module) {
        SetLastError(name ? ERROR_MOD_NOT_FOUND : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!is_pseudo(module) && !base_dll_loaded(module)) {
        dlclose(module);
        return NULL;
    }
    return module;
}

static char *narrow(LPCWSTR wide)
{
    size_t size = host_utf16_to_utf8(wide, SIZE_MAX, NULL, 0, 0);
    char *text = malloc(size);
    if (text)
        host_utf16_to_utf8(wide, SIZE_MAX, text, size, 0);
    return text;
}

HMODULE GetModuleHandleW(LPCWSTR name)
{
    if (!name)
        return GetModuleHandleA(NULL);
    char *text = narrow(name);
    HMODULE module = text ? GetModuleHandleA(text) : NULL;
    free(text);
    return module;
}

HMODULE LoadLibraryW(LPCWSTR name)
{
    char *text = name ? narrow(name) : NULL;
    HMODULE module = LoadLibraryA(text);
    free(text);
    return module;
}

BOOL FreeLibrary(HMODULE module)
{
    if (!module)
        return win32_error(ERROR_INVALID_HANDLE);
    if (is_pseudo(module))
        return TRUE;
    base_dll_freed(module);
    return dlclose(module) == 0 ? TRUE : win32_error(ERROR_MOD_NOT_FOUND);
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
    bool native = !strncmp(name, "Nt", 2) || !strncmp(name, "Rtl", 3) || !strncmp(name, "Zw", 2);
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
    return symbol && is_ours(symbol) ? (FARPROC)symbol : NULL;
}

/* The module that begins at an address of a page: no handle of the dynamic linker's is one. */
static HMODULE at_base(HMODULE base)
{
    struct base_modules list;
    HMODULE handle = NULL;
    if (base_modules_list(getpid(), &list) == 0) {
        struct base_module *module = base_modules_find(&list, base);
        handle = module ? module->handle : NULL;
    }
    base_modules_free(&list);
    return handle;
}

FARPROC GetProcAddress(HMODULE module, LPCSTR name)
{
    if ((uintptr_t)name < 0x10000) { /* an ordinal: these libraries have none */
        SetLastError((uintptr_t)name ? ERROR_INVALID_ORDINAL : ERROR_PROC_NOT_FOUND);
        return NULL;
    }
    FARPROC found = NULL;
    if (is_pseudo(module))
        found = find_pseudo_symbol((int)((char *)module - pseudo), name);
    else if (module && ((uintptr_t)module & 0xFFF) == 0 && (module = at_base(module)) == NULL)
        return win32_error(ERROR_MOD_NOT_FOUND), NULL;
    else
        found = (FARPROC)dlsym(module ? (void *)module : RTLD_DEFAULT, name);
    if (!found)
        SetLastError(ERROR_PROC_NOT_FOUND);
    return found;
}

/* As Windows: the count without the terminator; too small: cut, terminated, `size` and ERROR_INSUFFICIENT_BUFFER. */
DWORD GetModuleFileNameA(HMODULE module, LPSTR name, DWORD size)
{
    char path[PATH_MAX] = "";
    Dl_info info;
    if (is_pseudo(module) && dladdr((void *)GetLastError, &info))
        snprintf(path, sizeof path, "%s", info.dli_fname);
    else {
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
    }
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
