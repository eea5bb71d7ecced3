/* token.c: the privileges that memory programs ask for. A token here is the process's own rights: SeLockMemory is held
 * when the process may lock as it likes (CAP_IPC_LOCK or no limit), SeDebug when it is root. Enabling is remembered. */
#include <handleapi.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "host/capability.h"
#include "host/utf.h"
#include "ob/ob.h"
#include "win32/win32.h"

/* Names and numbers as Windows assigns them. */
static const struct {
    const char *name;
    DWORD number;
} privileges[] = {
    {"SeLockMemoryPrivilege", 4},          {"SeIncreaseQuotaPrivilege", 5},
    {"SeCreatePagefilePrivilege", 15},     {"SeDebugPrivilege", 20},
    {"SeManageVolumePrivilege", 28},       {"SeCreateGlobalPrivilege", 30},
    {"SeIncreaseWorkingSetPrivilege", 33},
};
#define PRIVILEGES (sizeof privileges / sizeof privileges[0])

static _Atomic uint64_t enabled; /* bit n: privilege n is enabled */

struct token {
    struct ob_object object;
};

static void destroy(struct ob_object *object)
{
    free(object);
}

static const struct ob_type token_type = {
    .name = "Token",
    .valid_access = STANDARD_RIGHTS_REQUIRED | 0x1FF,
    .mapping = {0x20008, 0x200E0, 0x20000, 0xF01FF},
    .destroy = destroy,
};

static bool is_held(DWORD number)
{
    switch (number) {
    case 4:
        return host_capabilities()->may_lock_all || host_capabilities()->lock_limit == UINT64_MAX;
    case 5:
    case 30:
    case 33:
        return true;
    default:
        return geteuid() == 0;
    }
}

BOOL OpenProcessToken(HANDLE process, DWORD access, PHANDLE token)
{
    if (process != GetCurrentProcess())
        return win32_error(process ? ERROR_ACCESS_DENIED : ERROR_INVALID_HANDLE);
    struct token *object = malloc(sizeof *object);
    if (!object)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    ob_init(&object->object, &token_type);
    NTSTATUS status = ob_create_handle(&object->object, access & token_type.valid_access, 0, token);
    ob_dereference(&object->object);
    return win32_status(status);
}

BOOL LookupPrivilegeValueA(LPCSTR system, LPCSTR name, PLUID luid)
{
    (void)system;
    for (size_t i = 0; name && i < PRIVILEGES; i++)
        if (!strcasecmp(name, privileges[i].name)) {
            *luid = (LUID){privileges[i].number, 0};
            return TRUE;
        }
    return win32_error(ERROR_NO_SUCH_PRIVILEGE);
}

BOOL LookupPrivilegeValueW(LPCWSTR system, LPCWSTR name, PLUID luid)
{
    char text[64];
    (void)system;
    if (!name || host_utf16_to_utf8(name, SIZE_MAX, text, sizeof text, 1) > sizeof text)
        return win32_error(ERROR_NO_SUCH_PRIVILEGE);
    return LookupPrivilegeValueA(NULL, text, luid);
}

/* Succeeds also when some privilege is not held; the last error then says ERROR_NOT_ALL_ASSIGNED, as documented. */
BOOL AdjustTokenPrivileges(HANDLE token, BOOL disable_all, PTOKEN_PRIVILEGES wanted, DWORD size,
                           PTOKEN_PRIVILEGES previous, PDWORD returned)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(token, &token_type, TOKEN_ADJUST_PRIVILEGES, &object, NULL);
    if (status < 0)
        return win32_status(status);
    ob_dereference(object);
    DWORD needed =
        (DWORD)(sizeof(DWORD) + (wanted && !disable_all ? wanted->PrivilegeCount : 0) * sizeof(LUID_AND_ATTRIBUTES));
    if (previous && size < needed) {
        if (returned)
            *returned = needed;
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    }
    DWORD changed = 0, error = ERROR_SUCCESS;
    uint64_t before = atomic_load(&enabled);
    if (disable_all)
        atomic_store(&enabled, 0);
    for (DWORD i = 0; !disable_all && wanted && i < wanted->PrivilegeCount; i++) {
        DWORD number = wanted->Privileges[i].Luid.LowPart;
        bool on = wanted->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED;
        if (number > 63 || !is_held(number)) {
            error = ERROR_NOT_ALL_ASSIGNED;
            continue;
        }
        if (on)
            atomic_fetch_or(&enabled, 1ull << number);
        else
            atomic_fetch_and(&enabled, ~(1ull << number));
        if (previous && on != (bool)(before >> number & 1))
            previous->Privileges[changed++] =
                (LUID_AND_ATTRIBUTES){wanted->Privileges[i].Luid, on ? 0 : SE_PRIVILEGE_ENABLED};
    }
    if (previous)
        previous->PrivilegeCount = changed;
    if (previous && returned)
        *returned = needed;
    SetLastError(error);
    return TRUE;
}
