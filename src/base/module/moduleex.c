/* moduleex.c: the extended forms of the module calls, on the plain ones. */
#include <dlfcn.h>
#include <libloaderapi.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <winerror.h>

#include "base/module/dllmain.h"
#include "base/module/modulelist.h"
#include "base/narrow.h"
#include "host/own.h"
#include "win32/win32.h"

#define KNOWN_FLAGS                                                                                                    \
    (GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT |                                    \
     GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)

static bool wrong(DWORD flags, HMODULE *module)
{
    DWORD both = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    return !module || (flags & ~(DWORD)KNOWN_FLAGS) || (flags & both) == both;
}

/* Counts what was found, unless that was not asked for; pinned, it is never unloaded. */
static BOOL answer(HMODULE found, DWORD flags, HMODULE *module)
{
    void *opened = found ? base_module_opened(found) : NULL; /* NULL: a pseudo-module, which always stays */
    *module = found;
    if (!found)
        return win32_error(ERROR_MOD_NOT_FOUND);
    if (!opened || (flags & GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT))
        return TRUE;
    const char *path = ((struct link_map *)opened)->l_name;
    int pin = flags & GET_MODULE_HANDLE_EX_FLAG_PIN ? RTLD_NODELETE : 0;
    void *again = dlopen(path && *path ? path : NULL, RTLD_LAZY | RTLD_NOLOAD | pin);
    if (again && base_dll_loaded(opened)) {
        if (pin)
            base_dll_pinned(opened);
        return TRUE;
    }
    *module = NULL;
    if (!again)
        return win32_error(ERROR_MOD_NOT_FOUND);
    dlclose(again);
    return FALSE;
}

static HMODULE module_at(const void *address)
{
    Dl_info info;
    return dladdr(address, &info) ? info.dli_fbase : NULL;
}

BOOL GetModuleHandleExA(DWORD flags, LPCSTR name, HMODULE *module)
{
    if (wrong(flags, module) || ((flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) && !name))
        return win32_error(ERROR_INVALID_PARAMETER);
    return answer(flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS ? module_at(name) : GetModuleHandleA(name), flags,
                  module);
}

BOOL GetModuleHandleExW(DWORD flags, LPCWSTR name, HMODULE *module)
{
    if (wrong(flags, module) || ((flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) && !name))
        return win32_error(ERROR_INVALID_PARAMETER);
    return answer(flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS ? module_at(name) : GetModuleHandleW(name), flags,
                  module);
}

/* A module as data or without its dependencies is not here. */
#define NOT_AS_CODE (DONT_RESOLVE_DLL_REFERENCES | LOAD_LIBRARY_AS_DATAFILE)

#define SEARCHES                                                                                                       \
    (LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_USER_DIRS |          \
     LOAD_LIBRARY_SEARCH_SYSTEM32 | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)

static DWORD check_load(const char *name, HANDLE file, DWORD flags)
{
    bool whole = name && (strpbrk(name, "/\\") == name || (name[0] && name[1] == ':'));
    if (file || !name || (flags & SEARCHES && flags & LOAD_WITH_ALTERED_SEARCH_PATH))
        return ERROR_INVALID_PARAMETER;
    if (flags & LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR && !whole) /* the name must say which folder that is */
        return ERROR_INVALID_PARAMETER;
    return flags & NOT_AS_CODE ? ERROR_NOT_SUPPORTED : ERROR_SUCCESS;
}

/* A library that names its folder is found by its path; what it needs itself the system's loader finds. */
HMODULE LoadLibraryExA(LPCSTR name, HANDLE file, DWORD flags)
{
    DWORD error = check_load(name, file, flags);
    if (error) {
        SetLastError(error);
        return NULL;
    }
    return base_module_load(name, flags & SEARCHES);
}

HMODULE LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags)
{
    char *text = name ? narrow(name) : NULL;
    HMODULE module = LoadLibraryExA(text, file, flags);
    host_own_give(text);
    return module;
}
