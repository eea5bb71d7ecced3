/* handleapi.c: the faces of handles. Calls the Nt forms and ob; sets the last error. */
#include <windows.h>

#include "ob/ob.h"
#include "win32/win32.h"

BOOL WINAPI CloseHandle(HANDLE hObject)
{
    return win32_status(NtClose(hObject));
}

BOOL WINAPI DuplicateHandle(HANDLE hSourceProcessHandle, HANDLE hSourceHandle, HANDLE hTargetProcessHandle,
                            LPHANDLE lpTargetHandle, DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwOptions)
{
    return win32_status(NtDuplicateObject(hSourceProcessHandle, hSourceHandle, hTargetProcessHandle, lpTargetHandle,
                                          dwDesiredAccess, bInheritHandle ? OBJ_INHERIT : 0, dwOptions));
}

/* GetCurrentProcess() and GetCurrentThread() stand in no table: they have no flags and take none. */
static BOOL is_pseudo(HANDLE handle)
{
    return handle == GetCurrentProcess() || handle == GetCurrentThread();
}

BOOL WINAPI GetHandleInformation(HANDLE hObject, LPDWORD lpdwFlags)
{
    unsigned flags = 0;
    NTSTATUS status = is_pseudo(hObject) ? STATUS_SUCCESS : ob_get_flags(hObject, &flags);
    if (NT_SUCCESS(status) && lpdwFlags)
        *lpdwFlags = flags;
    return win32_status(status);
}

BOOL WINAPI SetHandleInformation(HANDLE hObject, DWORD dwMask, DWORD dwFlags)
{
    const DWORD known = HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE;
    if (dwMask & ~known || dwFlags & dwMask & ~known)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (is_pseudo(hObject))
        return win32_error(ERROR_ACCESS_DENIED);
    return win32_status(ob_set_flags(hObject, dwMask, dwFlags));
}

BOOL WINAPI CompareObjectHandles(HANDLE hFirstObjectHandle, HANDLE hSecondObjectHandle)
{
    struct ob_object *first, *second;
    NTSTATUS status = ob_lookup(hFirstObjectHandle, NULL, 0, &first, NULL);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    status = ob_lookup(hSecondObjectHandle, NULL, 0, &second, NULL);
    if (NT_SUCCESS(status))
        ob_dereference(second);
    ob_dereference(first);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    return first == second ? TRUE : win32_error(ERROR_NOT_SAME_OBJECT);
}
