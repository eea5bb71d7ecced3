/* account.c: names of identifiers, and identifiers of names: of the users and groups of this system, and those that
 * every Windows knows. Calls libc; sets the last error. */
#include <grp.h>
#include <pwd.h>
#include <securitybaseapi.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <winbase.h>
#include <winerror.h>

#include "base/narrow.h"
#include "base/security/sid.h"
#include "win32/win32.h"

#define NAME_SIZE 256
#define SERVER_UNAVAILABLE 1722 /* RPC_S_SERVER_UNAVAILABLE */

struct account {
    char name[NAME_SIZE], domain[NAME_SIZE];
    SID_NAME_USE use;
};

/* English names, as documented under "Well-known SIDs". */
static const struct {
    WELL_KNOWN_SID_TYPE type;
    SID_NAME_USE use;
    const char *domain, *name;
} known[] = {
    {WinNullSid, SidTypeWellKnownGroup, "", "NULL SID"},
    {WinWorldSid, SidTypeWellKnownGroup, "", "Everyone"},
    {WinLocalSid, SidTypeWellKnownGroup, "", "LOCAL"},
    {WinCreatorOwnerSid, SidTypeWellKnownGroup, "", "CREATOR OWNER"},
    {WinCreatorGroupSid, SidTypeWellKnownGroup, "", "CREATOR GROUP"},
    {WinNetworkSid, SidTypeWellKnownGroup, "NT AUTHORITY", "NETWORK"},
    {WinBatchSid, SidTypeWellKnownGroup, "NT AUTHORITY", "BATCH"},
    {WinInteractiveSid, SidTypeWellKnownGroup, "NT AUTHORITY", "INTERACTIVE"},
    {WinServiceSid, SidTypeWellKnownGroup, "NT AUTHORITY", "SERVICE"},
    {WinAnonymousSid, SidTypeWellKnownGroup, "NT AUTHORITY", "ANONYMOUS LOGON"},
    {WinAuthenticatedUserSid, SidTypeWellKnownGroup, "NT AUTHORITY", "Authenticated Users"},
    {WinLocalSystemSid, SidTypeWellKnownGroup, "NT AUTHORITY", "SYSTEM"},
    {WinLocalServiceSid, SidTypeWellKnownGroup, "NT AUTHORITY", "LOCAL SERVICE"},
    {WinNetworkServiceSid, SidTypeWellKnownGroup, "NT AUTHORITY", "NETWORK SERVICE"},
    {WinBuiltinDomainSid, SidTypeDomain, "BUILTIN", "BUILTIN"},
    {WinBuiltinAdministratorsSid, SidTypeAlias, "BUILTIN", "Administrators"},
    {WinBuiltinUsersSid, SidTypeAlias, "BUILTIN", "Users"},
    {WinBuiltinGuestsSid, SidTypeAlias, "BUILTIN", "Guests"},
    {WinUntrustedLabelSid, SidTypeLabel, "Mandatory Label", "Untrusted Mandatory Level"},
    {WinLowLabelSid, SidTypeLabel, "Mandatory Label", "Low Mandatory Level"},
    {WinMediumLabelSid, SidTypeLabel, "Mandatory Label", "Medium Mandatory Level"},
    {WinHighLabelSid, SidTypeLabel, "Mandatory Label", "High Mandatory Level"},
    {WinSystemLabelSid, SidTypeLabel, "Mandatory Label", "System Mandatory Level"},
};
#define KNOWN (sizeof known / sizeof *known)

static void this_computer(char name[NAME_SIZE])
{
    memset(name, 0, NAME_SIZE);
    if (gethostname(name, NAME_SIZE - 1) != 0)
        name[0] = 0;
}

/* Only this system can be asked. */
static bool is_here(LPCSTR system)
{
    char name[NAME_SIZE];
    this_computer(name);
    if (!system || !*system || !strcasecmp(system + strspn(system, "\\"), name))
        return true;
    return win32_error(SERVER_UNAVAILABLE);
}

/* The name of a user or group by its number; false: nobody has it. */
static bool name_of_user(DWORD number, char name[NAME_SIZE])
{
    struct passwd entry, *found = NULL;
    char text[4096];
    if (getpwuid_r(number, &entry, text, sizeof text, &found) != 0 || !found)
        return false;
    return snprintf(name, NAME_SIZE, "%s", found->pw_name) < NAME_SIZE;
}

static bool name_of_group(DWORD number, char name[NAME_SIZE])
{
    struct group entry, *found = NULL;
    char text[4096];
    if (getgrgid_r(number, &entry, text, sizeof text, &found) != 0 || !found)
        return false;
    return snprintf(name, NAME_SIZE, "%s", found->gr_name) < NAME_SIZE;
}

static bool find_sid(PSID sid, struct account *account)
{
    union base_sid made;
    if (!sid || !IsValidSid(sid))
        return win32_error(ERROR_INVALID_PARAMETER);
    for (size_t i = 0; i < KNOWN; i++)
        if (base_sid_well_known(&made, known[i].type) && EqualSid(&made, sid)) {
            snprintf(account->name, NAME_SIZE, "%s", known[i].name);
            snprintf(account->domain, NAME_SIZE, "%s", known[i].domain);
            account->use = known[i].use;
            return true;
        }
    DWORD number = *GetSidSubAuthorityCount(sid) == 2 ? *GetSidSubAuthority(sid, 1) : 0;
    this_computer(account->domain);
    base_sid_of_user(&made, number);
    account->use = SidTypeUser;
    if (EqualSid(&made, sid) && name_of_user(number, account->name))
        return true;
    base_sid_of_group(&made, number);
    account->use = SidTypeGroup;
    if (EqualSid(&made, sid) && name_of_group(number, account->name))
        return true;
    return win32_error(ERROR_NONE_MAPPED);
}

static bool find_local(const char *name, union base_sid *sid, struct account *account)
{
    struct passwd user, *found_user = NULL;
    struct group group, *found_group = NULL;
    char text[4096];
    this_computer(account->domain);
    if (getpwnam_r(name, &user, text, sizeof text, &found_user) == 0 && found_user) {
        base_sid_of_user(sid, found_user->pw_uid);
        account->use = SidTypeUser;
        return true;
    }
    if (getgrnam_r(name, &group, text, sizeof text, &found_group) != 0 || !found_group)
        return false;
    base_sid_of_group(sid, found_group->gr_gid);
    account->use = SidTypeGroup;
    return true;
}

/* name or domain\name. */
static bool find_name(const char *name, union base_sid *sid, struct account *account)
{
    const char *slash = strchr(name, '\\'), *plain = slash ? slash + 1 : name;
    size_t length = slash ? (size_t)(slash - name) : 0;
    for (size_t i = 0; i < KNOWN; i++) {
        bool in_domain = strlen(known[i].domain) == length && !strncasecmp(known[i].domain, name, length);
        if (strcasecmp(known[i].name, plain) != 0 || (slash && !in_domain))
            continue;
        snprintf(account->domain, NAME_SIZE, "%s", known[i].domain);
        account->use = known[i].use;
        return base_sid_well_known(sid, known[i].type);
    }
    if (find_local(plain, sid, account) &&
        (!slash || (strlen(account->domain) == length && !strncasecmp(account->domain, name, length))))
        return true;
    return win32_error(ERROR_NONE_MAPPED);
}

/* How long a text is in characters of the caller's kind, without its NUL. */
static DWORD length_of(const char *text, bool wide)
{
    return (DWORD)(wide ? host_utf8_to_utf16(text, SIZE_MAX, NULL, 0, 0) - 1 : strlen(text));
}

static void put(const char *text, void *to, DWORD size, bool wide)
{
    if (!wide)
        memcpy(to, text, strlen(text) + 1);
    else
        host_utf8_to_utf16(text, SIZE_MAX, (uint16_t *)to, size, 0);
}

static BOOL lookup_sid(LPCSTR system, PSID sid, void *name, LPDWORD name_size, void *domain, LPDWORD domain_size,
                       PSID_NAME_USE use, bool wide)
{
    struct account account;
    if (!is_here(system) || !find_sid(sid, &account))
        return FALSE;
    DWORD name_length = length_of(account.name, wide), domain_length = length_of(account.domain, wide);
    if (!name || !domain || *name_size <= name_length || *domain_size <= domain_length) {
        *name_size = name_length + 1;
        *domain_size = domain_length + 1;
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    }
    put(account.name, name, *name_size, wide);
    put(account.domain, domain, *domain_size, wide);
    *name_size = name_length;
    *domain_size = domain_length;
    *use = account.use;
    return TRUE;
}

BOOL LookupAccountSidA(LPCSTR system, PSID sid, LPSTR name, LPDWORD name_size, LPSTR domain, LPDWORD domain_size,
                       PSID_NAME_USE use)
{
    return lookup_sid(system, sid, name, name_size, domain, domain_size, use, false);
}

BOOL LookupAccountSidW(LPCWSTR system, PSID sid, LPWSTR name, LPDWORD name_size, LPWSTR domain, LPDWORD domain_size,
                       PSID_NAME_USE use)
{
    char *plain = narrow(system);
    BOOL good = lookup_sid(plain, sid, name, name_size, domain, domain_size, use, true);
    host_own_give(plain);
    return good;
}

static BOOL lookup_name(LPCSTR system, LPCSTR name, PSID to, LPDWORD size, void *domain, LPDWORD domain_size,
                        PSID_NAME_USE use, bool wide)
{
    struct account account;
    union base_sid sid;
    if (!name)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!is_here(system) || !find_name(name, &sid, &account))
        return FALSE;
    DWORD length = GetLengthSid(&sid), domain_length = length_of(account.domain, wide);
    if (!to || !domain || *size < length || *domain_size <= domain_length) {
        *size = length;
        *domain_size = domain_length + 1;
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    }
    memcpy(to, &sid, length);
    put(account.domain, domain, *domain_size, wide);
    *size = length;
    *domain_size = domain_length;
    *use = account.use;
    return TRUE;
}

BOOL LookupAccountNameA(LPCSTR system, LPCSTR name, PSID sid, LPDWORD size, LPSTR domain, LPDWORD domain_size,
                        PSID_NAME_USE use)
{
    return lookup_name(system, name, sid, size, domain, domain_size, use, false);
}

BOOL LookupAccountNameW(LPCWSTR system, LPCWSTR name, PSID sid, LPDWORD size, LPWSTR domain, LPDWORD domain_size,
                        PSID_NAME_USE use)
{
    char *plain = narrow(system), *plain_name = narrow(name);
    BOOL good = lookup_name(plain, plain_name, sid, size, domain, domain_size, use, true);
    host_own_give(plain_name);
    host_own_give(plain);
    return good;
}
