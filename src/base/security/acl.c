/* acl.c: access-control lists as programs build them. Nobody looks at them here (docs/differences.md), but they are as
 * they would be. Sets the last error. */
#include <aclapi.h>
#include <securitybaseapi.h>

#include <string.h>
#include <winerror.h>

#include "win32/win32.h"

#define ACE_HEAD __builtin_offsetof(ACCESS_ALLOWED_ACE, SidStart)

BOOL InitializeAcl(PACL acl, DWORD size, DWORD revision)
{
    if (size < sizeof *acl)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION || size > 0xFFFF)
        return win32_error(ERROR_INVALID_PARAMETER);
    *acl = (ACL){.AclRevision = (BYTE)revision, .AclSize = (WORD)(size & ~3u)};
    return TRUE;
}

/* The place behind the last entry; NULL: the entries do not lie within the list. */
static char *end_of(const ACL *acl)
{
    char *at = (char *)(acl + 1), *end = (char *)acl + acl->AclSize;
    for (WORD i = 0; i < acl->AceCount; i++) {
        const ACE_HEADER *ace = (const ACE_HEADER *)at;
        if (at + sizeof *ace > end || ace->AceSize < sizeof *ace || at + ace->AceSize > end)
            return NULL;
        at += ace->AceSize;
    }
    return at;
}

BOOL IsValidAcl(PACL acl)
{
    return acl && acl->AclRevision >= MIN_ACL_REVISION && acl->AclRevision <= MAX_ACL_REVISION &&
           acl->AclSize >= sizeof *acl && end_of(acl);
}

static BOOL add(PACL acl, DWORD revision, BYTE type, DWORD flags, DWORD mask, PSID sid)
{
    if (!IsValidSid(sid))
        return FALSE;
    if (!IsValidAcl(acl))
        return win32_error(ERROR_INVALID_ACL);
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION)
        return win32_error(ERROR_REVISION_MISMATCH);
    char *at = end_of(acl);
    size_t size = ACE_HEAD + GetLengthSid(sid);
    if (at + size > (char *)acl + acl->AclSize)
        return win32_error(ERROR_ALLOTTED_SPACE_EXCEEDED);
    ACCESS_ALLOWED_ACE head = {{type, (BYTE)flags, (WORD)size}, mask, 0};
    memcpy(at, &head, ACE_HEAD);
    memcpy(at + ACE_HEAD, sid, GetLengthSid(sid));
    acl->AceCount++;
    if (revision > acl->AclRevision)
        acl->AclRevision = (BYTE)revision;
    return TRUE;
}

BOOL AddAccessAllowedAce(PACL acl, DWORD revision, DWORD mask, PSID sid)
{
    return add(acl, revision, ACCESS_ALLOWED_ACE_TYPE, 0, mask, sid);
}

BOOL AddAccessAllowedAceEx(PACL acl, DWORD revision, DWORD flags, DWORD mask, PSID sid)
{
    return add(acl, revision, ACCESS_ALLOWED_ACE_TYPE, flags, mask, sid);
}

BOOL AddAccessDeniedAce(PACL acl, DWORD revision, DWORD mask, PSID sid)
{
    return add(acl, revision, ACCESS_DENIED_ACE_TYPE, 0, mask, sid);
}

BOOL AddAccessDeniedAceEx(PACL acl, DWORD revision, DWORD flags, DWORD mask, PSID sid)
{
    return add(acl, revision, ACCESS_DENIED_ACE_TYPE, flags, mask, sid);
}

BOOL GetAce(PACL acl, DWORD index, LPVOID *ace)
{
    if (!IsValidAcl(acl) || index >= acl->AceCount)
        return win32_error(ERROR_INVALID_PARAMETER);
    char *at = (char *)(acl + 1);
    while (index--)
        at += ((ACE_HEADER *)at)->AceSize;
    *ace = at;
    return TRUE;
}

BOOL DeleteAce(PACL acl, DWORD index)
{
    LPVOID ace;
    if (!GetAce(acl, index, &ace))
        return FALSE;
    char *next = (char *)ace + ((ACE_HEADER *)ace)->AceSize;
    memmove(ace, next, (size_t)(end_of(acl) - next));
    acl->AceCount--;
    return TRUE;
}

/* NULL in *ace: the list is full. */
BOOL FindFirstFreeAce(PACL acl, LPVOID *ace)
{
    if (!IsValidAcl(acl))
        return win32_error(ERROR_INVALID_ACL);
    char *at = end_of(acl);
    *ace = at < (char *)acl + acl->AclSize ? at : NULL;
    return TRUE;
}

BOOL GetAclInformation(PACL acl, LPVOID information, DWORD size, ACL_INFORMATION_CLASS class)
{
    if (!IsValidAcl(acl))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (class == AclRevisionInformation) {
        if (size < sizeof(ACL_REVISION_INFORMATION))
            return win32_error(ERROR_INSUFFICIENT_BUFFER);
        ((ACL_REVISION_INFORMATION *)information)->AclRevision = acl->AclRevision;
        return TRUE;
    }
    if (class != AclSizeInformation)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (size < sizeof(ACL_SIZE_INFORMATION))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    DWORD used = (DWORD)(end_of(acl) - (char *)acl);
    *(ACL_SIZE_INFORMATION *)information = (ACL_SIZE_INFORMATION){acl->AceCount, used, acl->AclSize - used};
    return TRUE;
}

/* ---- lists of descriptions: denying entries come first, as they are meant to ---- */

static bool is_for(const ACCESS_ALLOWED_ACE *ace, PSID sid)
{
    return ace->Header.AceSize >= ACE_HEAD + GetLengthSid(sid) && EqualSid((PSID)&ace->SidStart, sid);
}

/* Whether an entry of the old list is replaced by what is set or taken away for the same identifier. */
static bool is_replaced(const ACCESS_ALLOWED_ACE *ace, const EXPLICIT_ACCESS_A *entries, ULONG count)
{
    for (ULONG i = 0; i < count; i++)
        if ((entries[i].grfAccessMode == SET_ACCESS || entries[i].grfAccessMode == REVOKE_ACCESS) &&
            is_for(ace, entries[i].Trustee.ptstrName))
            return true;
    return false;
}

static void put_entries(PACL acl, const EXPLICIT_ACCESS_A *entries, ULONG count, bool denying)
{
    for (ULONG i = 0; i < count; i++) {
        const EXPLICIT_ACCESS_A *e = &entries[i];
        if (e->grfAccessMode == REVOKE_ACCESS || (e->grfAccessMode == DENY_ACCESS) != denying)
            continue;
        add(acl, ACL_REVISION, denying ? ACCESS_DENIED_ACE_TYPE : ACCESS_ALLOWED_ACE_TYPE, e->grfInheritance,
            e->grfAccessPermissions, e->Trustee.ptstrName);
    }
}

static void put_old(PACL acl, PACL old, const EXPLICIT_ACCESS_A *entries, ULONG count)
{
    LPVOID ace;
    for (DWORD i = 0; old && i < old->AceCount && GetAce(old, i, &ace); i++) {
        size_t size = ((ACE_HEADER *)ace)->AceSize;
        if (is_replaced(ace, entries, count))
            continue;
        memcpy(end_of(acl), ace, size);
        acl->AceCount++;
    }
}

DWORD SetEntriesInAclA(ULONG count, PEXPLICIT_ACCESS_A entries, PACL old, PACL *made)
{
    size_t size = old ? old->AclSize : sizeof(ACL);
    if (!made || (old && !IsValidAcl(old)))
        return ERROR_INVALID_PARAMETER;
    for (ULONG i = 0; i < count; i++) {
        if (entries[i].Trustee.TrusteeForm != TRUSTEE_IS_SID || !IsValidSid(entries[i].Trustee.ptstrName))
            return ERROR_NONE_MAPPED;
        if (entries[i].grfAccessMode < GRANT_ACCESS || entries[i].grfAccessMode > REVOKE_ACCESS)
            return ERROR_INVALID_PARAMETER;
        size += ACE_HEAD + GetLengthSid(entries[i].Trustee.ptstrName);
    }
    PACL acl = size <= 0xFFFC ? LocalAlloc(LMEM_FIXED, size) : NULL;
    if (!acl)
        return ERROR_NOT_ENOUGH_MEMORY;
    InitializeAcl(acl, (DWORD)size, ACL_REVISION);
    put_entries(acl, entries, count, true);
    put_entries(acl, entries, count, false);
    put_old(acl, old, entries, count);
    *made = acl;
    return ERROR_SUCCESS;
}

/* Identifiers are no text: the structures are the same. */
DWORD SetEntriesInAclW(ULONG count, PEXPLICIT_ACCESS_W entries, PACL old, PACL *made)
{
    return SetEntriesInAclA(count, (PEXPLICIT_ACCESS_A)entries, old, made);
}
