/* registry.c: a registry without keys under its roots and without values, which nobody may write: what programs find on
 * a machine where nothing of theirs was installed. The last error is left alone, as the codes are returned. */
#include <windows.h>
#include <winreg.h>

#include <stdbool.h>

static bool is_root(HKEY key)
{
    return (ULONG_PTR)key - (ULONG_PTR)HKEY_CLASSES_ROOT <= 6;
}

/* The root itself, for no name; there is no other key. */
static LSTATUS open_key(HKEY key, bool named, PHKEY result)
{
    if (!is_root(key))
        return ERROR_INVALID_HANDLE;
    if (!result)
        return ERROR_INVALID_PARAMETER;
    if (named)
        return ERROR_FILE_NOT_FOUND;
    *result = key;
    return ERROR_SUCCESS;
}

static LSTATUS answer(HKEY key, LSTATUS code)
{
    return is_root(key) ? code : ERROR_INVALID_HANDLE;
}

LSTATUS RegCloseKey(HKEY key)
{
    return answer(key, ERROR_SUCCESS);
}

/* Both widths; `name` is what the call looks for. */
#define CALLS(letter, text, changed)                                                                                   \
    LSTATUS RegOpenKey##letter(HKEY key, text name, PHKEY result)                                                      \
    {                                                                                                                  \
        return open_key(key, name && *name, result);                                                                   \
    }                                                                                                                  \
    LSTATUS RegOpenKeyEx##letter(HKEY key, text name, DWORD options, REGSAM access, PHKEY result)                      \
    {                                                                                                                  \
        return (void)options, (void)access, open_key(key, name && *name, result);                                      \
    }                                                                                                                  \
    LSTATUS RegCreateKey##letter(HKEY key, text name, PHKEY result)                                                    \
    {                                                                                                                  \
        return name && *name ? answer(key, ERROR_ACCESS_DENIED) : open_key(key, false, result);                        \
    }                                                                                                                  \
    LSTATUS RegCreateKeyEx##letter(HKEY key, text name, DWORD reserved, changed class, DWORD options, REGSAM access,   \
                                   const SECURITY_ATTRIBUTES *security, PHKEY result, LPDWORD disposition)             \
    {                                                                                                                  \
        return (void)name, (void)reserved, (void)class, (void)options, (void)access, (void)security, (void)result,     \
               (void)disposition, answer(key, ERROR_ACCESS_DENIED);                                                    \
    }                                                                                                                  \
    LSTATUS RegQueryValueEx##letter(HKEY key, text name, LPDWORD reserved, LPDWORD type, LPBYTE data, LPDWORD size)    \
    {                                                                                                                  \
        return (void)name, (void)reserved, (void)type, (void)data, (void)size, answer(key, ERROR_FILE_NOT_FOUND);      \
    }                                                                                                                  \
    LSTATUS RegGetValue##letter(HKEY key, text subkey, text name, DWORD flags, LPDWORD type, PVOID data, LPDWORD size) \
    {                                                                                                                  \
        return (void)subkey, (void)name, (void)flags, (void)type, (void)data, (void)size,                              \
               answer(key, ERROR_FILE_NOT_FOUND);                                                                      \
    }                                                                                                                  \
    LSTATUS RegSetValueEx##letter(HKEY key, text name, DWORD reserved, DWORD type, const BYTE *data, DWORD size)       \
    {                                                                                                                  \
        return (void)name, (void)reserved, (void)type, (void)data, (void)size, answer(key, ERROR_ACCESS_DENIED);       \
    }                                                                                                                  \
    LSTATUS RegDeleteValue##letter(HKEY key, text name)                                                                \
    {                                                                                                                  \
        return (void)name, answer(key, ERROR_FILE_NOT_FOUND);                                                          \
    }                                                                                                                  \
    LSTATUS RegDeleteKey##letter(HKEY key, text name)                                                                  \
    {                                                                                                                  \
        return (void)name, answer(key, ERROR_FILE_NOT_FOUND);                                                          \
    }                                                                                                                  \
    LSTATUS RegEnumKeyEx##letter(HKEY key, DWORD index, changed name, LPDWORD size, LPDWORD reserved, changed class,   \
                                 LPDWORD class_size, PFILETIME written)                                                \
    {                                                                                                                  \
        return (void)index, (void)name, (void)size, (void)reserved, (void)class, (void)class_size, (void)written,      \
               answer(key, ERROR_NO_MORE_ITEMS);                                                                       \
    }                                                                                                                  \
    LSTATUS RegEnumValue##letter(HKEY key, DWORD index, changed name, LPDWORD size, LPDWORD reserved, LPDWORD type,    \
                                 LPBYTE data, LPDWORD data_size)                                                       \
    {                                                                                                                  \
        return (void)index, (void)name, (void)size, (void)reserved, (void)type, (void)data, (void)data_size,           \
               answer(key, ERROR_NO_MORE_ITEMS);                                                                       \
    }

CALLS(A, LPCSTR, LPSTR)
CALLS(W, LPCWSTR, LPWSTR)
