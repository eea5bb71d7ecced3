/* moduleex.c: the extended forms of the module calls, on the plain ones. */
#include <dlfcn.h>
#include <libloaderapi.h>
#include <stdbool.h>
#include <winerror.h>

#include "win32/win32.h"

#define KNOWN_FLAGS                                                                                                    \
    (GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT |                                    \
     GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)

static bool wrong(DWORD flags, HMODULE *module)
{
    DWORD both = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    return !module || (flags & ~(DWORD)KNOWN_FLAGS) || (flags & both) == both;
}

/* The shared object that holds the address. */
static HMODULE module_at(const void *address)
{
    Dl_info info;
    if (!dladdr(address, &info))
        return NULL;
    void *handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (handle)
        dlclose(handle); /* it stays: somebody else holds it */
    return handle ? (HMODULE)handle : GetModuleHandleA(NULL);
}

static BOOL answer(HMODULE found, HMODULE *module)
{
    *module = found;
    return found ? TRUE : win32_error(ERROR_MOD_NOT_FOUND);
}

BOOL GetModuleHandleExA(DWORD flags, LPCSTR name, HMODULE *module)
{
    if (wrong(flags, module) || ((flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) && !name))
        return win32_error(ERROR_INVALID_PARAMETER);
    return answer(flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS ? module_at(name) : GetModuleHandleA(name), module);
}

BOOL GetModuleHandleExW(DWORD flags, LPCWSTR name, HMODULE *module)
{
    if (wrong(flags, module) || ((flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) && !name))
        return win32_error(ERROR_INVALID_PARAMETER);
    return answer(flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS ? module_at(name) : GetModuleHandleW(name), module);
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
