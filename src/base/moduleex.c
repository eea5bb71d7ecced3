/* moduleex.c: the extended forms of the module calls, on the plain ones. */
#include <dlfcn.h>
#include <libloaderapi.h>
#include <link.h>
#include <stdbool.h>
#include <winerror.h>

#include "base/dllmain.h"
#include "base/modulelist.h"
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

HMODULE LoadLibraryExA(LPCSTR name, HANDLE file, DWORD flags)
{
    if (file || (flags & NOT_AS_CODE)) {
        SetLastError(file ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED);
        return NULL;
    }
    return LoadLibraryA(name);
}

HMODULE LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags)
{
    if (file || (flags & NOT_AS_CODE)) {
        SetLastError(file ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED);
        return NULL;
    }
    return LoadLibraryW(name);
}
