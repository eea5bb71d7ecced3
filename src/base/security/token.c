/* token.c: the privileges that memory programs ask for. A token here is the process's own rights: SeLockMemory is held
 * when the process may lock as it likes (CAP_IPC_LOCK or no limit), SeDebug when it is root. Enabling is remembered. */
#include <handleapi.h>
#include <securitybaseapi.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/security/sid.h"
#include "host/capability.h"
#include "host/own.h"
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
    host_own_give(object);
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
    struct token *object = host_own_take(sizeof *object);
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

static DWORD disable_all_of(uint64_t before, PTOKEN_PRIVILEGES previous)
{
    DWORD changed = 0;
    atomic_fetch_and(&enabled, ~before);
    for (DWORD number = 0; previous && number < 64; number++)
        if (before >> number & 1)
            previous->Privileges[changed++] = (LUID_AND_ATTRIBUTES){{number, 0}, SE_PRIVILEGE_ENABLED};
    return changed;
}

static DWORD adjust(const TOKEN_PRIVILEGES *wanted, uint64_t before, PTOKEN_PRIVILEGES previous, DWORD *error)
{
    DWORD changed = 0;
    for (DWORD i = 0; i < wanted->PrivilegeCount; i++) {
        DWORD number = wanted->Privileges[i].Luid.LowPart;
        bool on = wanted->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED;
        if (number > 63 || !is_held(number)) {
            *error = ERROR_NOT_ALL_ASSIGNED;
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
    return changed;
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
    uint64_t before = atomic_load(&enabled);
    DWORD count = disable_all ? (DWORD)__builtin_popcountll(before) : wanted ? wanted->PrivilegeCount : 0;
    DWORD needed = (DWORD)(sizeof(DWORD) + count * sizeof(LUID_AND_ATTRIBUTES));
    if (previous && size < needed) {
        if (returned)
            *returned = needed;
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    }
    DWORD changed = 0, error = ERROR_SUCCESS;
    if (disable_all)
        changed = disable_all_of(before, previous);
    else if (wanted)
        changed = adjust(wanted, before, previous, &error);
    if (previous)
        previous->PrivilegeCount = changed;
    if (previous && returned)
        *returned = needed;
    SetLastError(error);
    return TRUE;
}

/* ---- what a token says: the user, its group, what it is good for ---- */

static BOOL fits(DWORD needed, DWORD size, PDWORD returned)
{
    *returned = needed;
    return size >= needed ? TRUE : win32_error(ERROR_INSUFFICIENT_BUFFER);
}

static BOOL answer_number(DWORD number, void *to, DWORD size, PDWORD returned)
{
    *returned = sizeof number;
    if (size < sizeof number)
        return win32_error(ERROR_BAD_LENGTH);
    memcpy(to, &number, sizeof number);
    return TRUE;
}

/* The identifier stands behind the structure that points to it. */
static BOOL answer_sid(const union base_sid *sid, DWORD head, DWORD attributes, void *to, DWORD size, PDWORD returned)
{
    DWORD length = GetLengthSid((PSID)sid);
    if (!fits(head + length, size, returned))
        return FALSE;
    SID_AND_ATTRIBUTES about = {(char *)to + head, attributes};
    memcpy(to, &about, head < sizeof about ? head : sizeof about); /* an owner is the pointer alone */
    memcpy((char *)to + head, sid, length);
    return TRUE;
}

static BOOL answer_privileges(void *to, DWORD size, PDWORD returned)
{
    DWORD count = 0;
    for (size_t i = 0; i < PRIVILEGES; i++)
        count += is_held(privileges[i].number);
    DWORD needed = (DWORD)(__builtin_offsetof(TOKEN_PRIVILEGES, Privileges) + count * sizeof(LUID_AND_ATTRIBUTES));
    if (!fits(needed, size, returned))
        return FALSE;
    TOKEN_PRIVILEGES *list = to;
    uint64_t on = atomic_load(&enabled);
    list->PrivilegeCount = 0;
    for (size_t i = 0; i < PRIVILEGES; i++)
        if (is_held(privileges[i].number))
            list->Privileges[list->PrivilegeCount++] = (LUID_AND_ATTRIBUTES){
                {privileges[i].number, 0}, on >> privileges[i].number & 1 ? SE_PRIVILEGE_ENABLED : 0};
    return TRUE;
}

static BOOL answer(TOKEN_INFORMATION_CLASS class, void *to, DWORD size, PDWORD returned)
{
    union base_sid sid;
    switch (class) {
    case TokenUser:
    case TokenOwner:
        base_sid_of_user(&sid, (DWORD)geteuid());
        return answer_sid(&sid, class == TokenUser ? sizeof(TOKEN_USER) : sizeof(TOKEN_OWNER), 0, to, size, returned);
    case TokenPrimaryGroup:
        base_sid_of_group(&sid, (DWORD)getegid());
        return answer_sid(&sid, sizeof(TOKEN_PRIMARY_GROUP), 0, to, size, returned);
    case TokenIntegrityLevel:
        base_sid_well_known(&sid, geteuid() == 0 ? WinHighLabelSid : WinMediumLabelSid);
        return answer_sid(&sid, sizeof(TOKEN_MANDATORY_LABEL), SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED, to,
                          size, returned);
    case TokenPrivileges:
        return answer_privileges(to, size, returned);
    case TokenType:
        return answer_number(TokenPrimary, to, size, returned);
    case TokenElevationType:
        return answer_number(TokenElevationTypeDefault, to, size, returned);
    case TokenElevation:
        return answer_number(geteuid() == 0, to, size, returned);
    case TokenSessionId:
    case TokenHasRestrictions:
    case TokenUIAccess:
    case TokenIsAppContainer:
    case TokenVirtualizationAllowed:
    case TokenVirtualizationEnabled:
        return answer_number(0, to, size, returned);
    default:
        return win32_error(class > 0 && class < MaxTokenInfoClass ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
    }
}

BOOL GetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS class, LPVOID to, DWORD size, PDWORD returned)
{
    struct ob_object *object;
    NTSTATUS status = ob_lookup(token, &token_type, TOKEN_QUERY, &object, NULL);
    if (!win32_status(status))
        return FALSE;
    ob_dereference(object);
    return answer(class, to, size, returned);
}

/* The user itself, everyone, those who logged on; the administrators are root. */
BOOL CheckTokenMembership(HANDLE token, PSID sid, PBOOL is_member)
{
    static const WELL_KNOWN_SID_TYPE everybody[] = {WinWorldSid, WinAuthenticatedUserSid, WinBuiltinUsersSid};
    union base_sid own;
    (void)token;
    if (!IsValidSid(sid))
        return FALSE;
    base_sid_of_user(&own, (DWORD)geteuid());
    *is_member = EqualSid(&own, sid) || (geteuid() == 0 && IsWellKnownSid(sid, WinBuiltinAdministratorsSid));
    for (size_t i = 0; i < sizeof everybody / sizeof *everybody; i++)
        *is_member |= IsWellKnownSid(sid, everybody[i]);
    return TRUE;
}
