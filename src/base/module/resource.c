/* resource.c: resources of modules. Modules here are ELF, and have none: what looks for one fails as for a module
 * without resources. Sets the last error. */
#include <winbase.h>
#include <winerror.h>
#include <winuser.h>

#include "win32/win32.h"

static HRSRC no_resource(void)
{
    SetLastError(ERROR_RESOURCE_DATA_NOT_FOUND);
    return NULL;
}

HRSRC FindResourceA(HMODULE module, LPCSTR name, LPCSTR type)
{
    (void)module, (void)name, (void)type;
    return no_resource();
}

HRSRC FindResourceW(HMODULE module, LPCWSTR name, LPCWSTR type)
{
    (void)module, (void)name, (void)type;
    return no_resource();
}

HRSRC FindResourceExA(HMODULE module, LPCSTR type, LPCSTR name, WORD language)
{
    (void)module, (void)name, (void)type, (void)language;
    return no_resource();
}

HRSRC FindResourceExW(HMODULE module, LPCWSTR type, LPCWSTR name, WORD language)
{
    (void)module, (void)name, (void)type, (void)language;
    return no_resource();
}

/* No resource was found that these could be given. */
HGLOBAL LoadResource(HMODULE module, HRSRC resource)
{
    (void)module, (void)resource;
    SetLastError(ERROR_RESOURCE_DATA_NOT_FOUND);
    return NULL;
}

LPVOID LockResource(HGLOBAL resource)
{
    return resource;
}

DWORD SizeofResource(HMODULE module, HRSRC resource)
{
    (void)module, (void)resource;
    return (DWORD)win32_error(ERROR_RESOURCE_DATA_NOT_FOUND);
}

BOOL FreeResource(HGLOBAL resource)
{
    (void)resource;
    return FALSE; /* as documented: not freed by this */
}

int LoadStringA(HINSTANCE module, UINT id, LPSTR buffer, int size)
{
    (void)module, (void)id, (void)buffer, (void)size;
    return win32_error(ERROR_RESOURCE_DATA_NOT_FOUND);
}

int LoadStringW(HINSTANCE module, UINT id, LPWSTR buffer, int size)
{
    (void)module, (void)id, (void)buffer, (void)size;
    return win32_error(ERROR_RESOURCE_DATA_NOT_FOUND);
}
