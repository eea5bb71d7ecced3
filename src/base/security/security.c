/* security.c: security descriptors as programs build them to give to CreateFileMapping and its kin. They are kept as
 * they are written; who may open an object here is decided by its user (docs/differences.md). Sets the last error. */
#include <securitybaseapi.h>

#include <string.h>
#include <winerror.h>

#include "base/security/sid.h"
#include "win32/win32.h"

BOOL InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision)
{
    if (revision != SECURITY_DESCRIPTOR_REVISION)
        return win32_error(ERROR_UNKNOWN_REVISION);
    *(SECURITY_DESCRIPTOR *)descriptor = (SECURITY_DESCRIPTOR){.Revision = SECURITY_DESCRIPTOR_REVISION};
    return TRUE;
}

/* One that may be changed: not of the self-relative form. */
static SECURITY_DESCRIPTOR *absolute(PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR *known = descriptor;
    if (known->Revision != SECURITY_DESCRIPTOR_REVISION || known->Control & SE_SELF_RELATIVE) {
        SetLastError(ERROR_INVALID_SECURITY_DESCR);
        return NULL;
    }
    return known;
}

/* The parts of either form; false: it is none. */
static bool parts_of(PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR *parts)
{
    const SECURITY_DESCRIPTOR_RELATIVE *r = descriptor;
    if (!r || r->Revision != SECURITY_DESCRIPTOR_REVISION)
        return win32_error(ERROR_INVALID_SECURITY_DESCR);
    if (!(r->Control & SE_SELF_RELATIVE)) {
        memcpy(parts, descriptor, sizeof *parts);
        return true;
    }
    char *base = descriptor;
    *parts = (SECURITY_DESCRIPTOR){.Revision = r->Revision, .Control = r->Control};
    parts->Owner = r->Owner ? base + r->Owner : NULL;
    parts->Group = r->Group ? base + r->Group : NULL;
    parts->Sacl = r->Sacl ? (PACL)(base + r->Sacl) : NULL;
    parts->Dacl = r->Dacl ? (PACL)(base + r->Dacl) : NULL;
    return true;
}

static void set(SECURITY_DESCRIPTOR *descriptor, SECURITY_DESCRIPTOR_CONTROL bits, bool on)
{
    descriptor->Control = (SECURITY_DESCRIPTOR_CONTROL)(on ? descriptor->Control | bits : descriptor->Control & ~bits);
}

BOOL IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    return descriptor && ((SECURITY_DESCRIPTOR *)descriptor)->Revision == SECURITY_DESCRIPTOR_REVISION;
}

BOOL SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, PACL acl, BOOL defaulted)
{
    SECURITY_DESCRIPTOR *known = absolute(descriptor);
    if (!known)
        return FALSE;
    set(known, SE_DACL_PRESENT, present != 0);
    set(known, SE_DACL_DEFAULTED, present && defaulted);
    known->Dacl = present ? acl : NULL;
    return TRUE;
}

BOOL SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, PACL acl, BOOL defaulted)
{
    SECURITY_DESCRIPTOR *known = absolute(descriptor);
    if (!known)
        return FALSE;
    set(known, SE_SACL_PRESENT, present != 0);
    set(known, SE_SACL_DEFAULTED, present && defaulted);
    known->Sacl = present ? acl : NULL;
    return TRUE;
}

BOOL GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, LPBOOL present, PACL *acl, LPBOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;
    if (!parts_of(descriptor, &parts))
        return FALSE;
    *present = (parts.Control & SE_DACL_PRESENT) != 0;
    if (*present) {
        *acl = parts.Dacl;
        *defaulted = (parts.Control & SE_DACL_DEFAULTED) != 0;
    }
    return TRUE;
}

BOOL GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor, LPBOOL present, PACL *acl, LPBOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;
    if (!parts_of(descriptor, &parts))
        return FALSE;
    *present = (parts.Control & SE_SACL_PRESENT) != 0;
    if (*present) {
        *acl = parts.Sacl;
        *defaulted = (parts.Control & SE_SACL_DEFAULTED) != 0;
    }
    return TRUE;
}

BOOL SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID owner, BOOL defaulted)
{
    SECURITY_DESCRIPTOR *known = absolute(descriptor);
    if (!known || (owner && !IsValidSid(owner)))
        return FALSE;
    set(known, SE_OWNER_DEFAULTED, owner && defaulted);
    known->Owner = owner;
    return TRUE;
}

BOOL SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID group, BOOL defaulted)
{
    SECURITY_DESCRIPTOR *known = absolute(descriptor);
    if (!known || (group && !IsValidSid(group)))
        return FALSE;
    set(known, SE_GROUP_DEFAULTED, group && defaulted);
    known->Group = group;
    return TRUE;
}

BOOL GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID *owner, LPBOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;
    if (!parts_of(descriptor, &parts))
        return FALSE;
    *owner = parts.Owner;
    *defaulted = (parts.Control & SE_OWNER_DEFAULTED) != 0;
    return TRUE;
}

BOOL GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID *group, LPBOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;
    if (!parts_of(descriptor, &parts))
        return FALSE;
    *group = parts.Group;
    *defaulted = (parts.Control & SE_GROUP_DEFAULTED) != 0;
    return TRUE;
}

BOOL GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR descriptor, PSECURITY_DESCRIPTOR_CONTROL control,
                                  LPDWORD revision)
{
    SECURITY_DESCRIPTOR parts;
    if (!parts_of(descriptor, &parts))
        return FALSE;
    *control = parts.Control;
    *revision = parts.Revision;
    return TRUE;
}

/* The bits about inheritance only, as documented. */
BOOL SetSecurityDescriptorControl(PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR_CONTROL of_interest,
                                  SECURITY_DESCRIPTOR_CONTROL bits)
{
    const SECURITY_DESCRIPTOR_CONTROL may = SE_DACL_AUTO_INHERIT_REQ | SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED |
                                            SE_SACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED;
    SECURITY_DESCRIPTOR *known = descriptor;
    if (!IsValidSecurityDescriptor(descriptor) || of_interest & ~may || bits & ~of_interest)
        return win32_error(ERROR_INVALID_PARAMETER);
    set(known, of_interest, false);
    set(known, bits, true);
    return TRUE;
}

/* ---- the self-relative form: the parts behind the head ---- */

static DWORD size_of(const SECURITY_DESCRIPTOR *parts)
{
    DWORD size = sizeof(SECURITY_DESCRIPTOR_RELATIVE);
    size += parts->Owner ? GetLengthSid(parts->Owner) : 0;
    size += parts->Group ? GetLengthSid(parts->Group) : 0;
    size += parts->Control & SE_SACL_PRESENT && parts->Sacl ? parts->Sacl->AclSize : 0;
    size += parts->Control & SE_DACL_PRESENT && parts->Dacl ? parts->Dacl->AclSize : 0;
    return size;
}

DWORD GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR parts;
    if (!parts_of(descriptor, &parts))
        return 0;
    DWORD size = size_of(&parts);
    return parts.Control & SE_SELF_RELATIVE ? size
                                            : size + (DWORD)(sizeof parts - sizeof(SECURITY_DESCRIPTOR_RELATIVE));
}

static DWORD put(char *base, DWORD *at, const void *part, DWORD size)
{
    DWORD here = *at;
    memcpy(base + here, part, size);
    *at += size;
    return here;
}

BOOL MakeSelfRelativeSD(PSECURITY_DESCRIPTOR from, PSECURITY_DESCRIPTOR to, LPDWORD size)
{
    SECURITY_DESCRIPTOR parts;
    if (!parts_of(from, &parts))
        return FALSE;
    if (parts.Control & SE_SELF_RELATIVE)
        return win32_error(ERROR_BAD_DESCRIPTOR_FORMAT);
    DWORD needed = size_of(&parts), room = *size, at = sizeof(SECURITY_DESCRIPTOR_RELATIVE);
    *size = needed;
    if (!to || room < needed)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    SECURITY_DESCRIPTOR_RELATIVE made = {.Revision = parts.Revision};
    made.Control = (SECURITY_DESCRIPTOR_CONTROL)(parts.Control | SE_SELF_RELATIVE);
    if (parts.Control & SE_SACL_PRESENT && parts.Sacl)
        made.Sacl = put(to, &at, parts.Sacl, parts.Sacl->AclSize);
    if (parts.Control & SE_DACL_PRESENT && parts.Dacl)
        made.Dacl = put(to, &at, parts.Dacl, parts.Dacl->AclSize);
    if (parts.Owner)
        made.Owner = put(to, &at, parts.Owner, GetLengthSid(parts.Owner));
    if (parts.Group)
        made.Group = put(to, &at, parts.Group, GetLengthSid(parts.Group));
    memcpy(to, &made, sizeof made);
    return TRUE;
}
