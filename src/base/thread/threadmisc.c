/* threadmisc.c: the smaller calls on threads and processes: a thread of another process, sessions. Sets the last error.
 */
#include <processthreadsapi.h>

#include <libloaderapi.h>
#include <signal.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "ob/ob.h"
#include "ps/process.h"
#include "ps/thread.h"
#include "win32/win32.h"

/* ---- threads of other processes: only they themselves can make them here ---- */

HANDLE CreateRemoteThreadEx(HANDLE process, LPSECURITY_ATTRIBUTES security, SIZE_T stack, LPTHREAD_START_ROUTINE start,
                            LPVOID parameter, DWORD flags, LPPROC_THREAD_ATTRIBUTE_LIST attributes, LPDWORD id)
{
    struct ob_object *object;
    const ACCESS_MASK needed = PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION;
    if (!win32_status(ob_lookup(process, &ps_process_type, needed, &object, NULL)))
        return NULL;
    int pid = ((struct ps_process *)object)->pid;
    ob_dereference(object);
    if (pid != getpid() || attributes) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    return CreateThread(security, stack, start, parameter, flags, id);
}

HANDLE CreateRemoteThread(HANDLE process, LPSECURITY_ATTRIBUTES security, SIZE_T stack, LPTHREAD_START_ROUTINE start,
                          LPVOID parameter, DWORD flags, LPDWORD id)
{
    return CreateRemoteThreadEx(process, security, stack, start, parameter, flags, NULL, id);
}

/* The library stays while a reference is left; the caller's code is not returned to. */
VOID FreeLibraryAndExitThread(HMODULE module, DWORD code)
{
    FreeLibrary(module);
    ExitThread(code);
}

/* ---- sessions and versions: a user is one session ---- */

static bool is_thread(HANDLE handle, ACCESS_MASK access)
{
    struct ob_object *object;
    if (!win32_status(ob_lookup(handle, &ps_thread_type, access, &object, NULL)))
        return false;
    ob_dereference(object);
    return true;
}

BOOL ProcessIdToSessionId(DWORD id, DWORD *session)
{
    if (id == 0 || kill((pid_t)id, 0) != 0)
        return win32_error(ERROR_INVALID_PARAMETER);
    *session = 0;
    return TRUE;
}

DWORD GetProcessVersion(DWORD id)
{
    if (id != 0 && kill((pid_t)id, 0) != 0)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    return 10u << 16;
}

/* Nobody impersonates anybody here. */
BOOL OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self, PHANDLE token)
{
    (void)access, (void)as_self, (void)token;
    return is_thread(thread, THREAD_QUERY_INFORMATION) && win32_error(ERROR_NO_TOKEN);
}
