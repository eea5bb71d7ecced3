/* security.c: security descriptors as programs build them to give to CreateFileMapping and its kin. They are kept as
 * they are written; who may open an object here is decided by its user (docs/differences.md). Sets the last error. */
#include <securitybaseapi.h>
#include <string.h>
#include <winerror.h>

#include "win32/win32.h"

BOOL InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision)
{
    if (revision != SECURITY_DESCRIPTOR_REVISION)
        return win32_error(ERROR_UNKNOWN_REVISION);
    *(SECURITY_DESCRIPTOR *)descriptor = (SECURITY_DESCRIPTOR){.Revision = SECURITY_DESCRIPTOR_REVISION};
    return TRUE;
}

static SECURITY_DESCRIPTOR *absolute(PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR *known = descriptor;
    if (known->Revision != SECURITY_DESCRIPTOR_REVISION || known->Control & SE_SELF_RELATIVE) {
        SetLastError(ERROR_INVALID_SECURITY_DESCR);
        return NULL;
    }
    return known;
}

static void set(SECURITY_DESCRIPTOR *descriptor, SECURITY_DESCRIPTOR_CONTROL bits, bool on)
{
    descriptor->Control = (SECURITY_DESCRIPTOR_CONTROL)(on ? descriptor->Control | bits : descriptor->Control & ~bits);
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

BOOL GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, LPBOOL present, PACL *acl, LPBOOL defaulted)
{
    const SECURITY_DESCRIPTOR *known = absolute(descriptor);
    if (!known)
        return FALSE;
    *present = (known->Control & SE_DACL_PRESENT) != 0;
    if (*present) {
        *acl = known->Dacl;
        *defaulted = (known->Control & SE_DACL_DEFAULTED) != 0;
    }
    return TRUE;
}

BOOL IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    return descriptor && ((SECURITY_DESCRIPTOR *)descriptor)->Revision == SECURITY_DESCRIPTOR_REVISION;
}

BOOL InitializeAcl(PACL acl, DWORD size, DWORD revision)
{
    if (size < sizeof *acl)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION || size > 0xFFFF)
        return win32_error(ERROR_INVALID_PARAMETER);
    *acl = (ACL){.AclRevision = (BYTE)revision, .AclSize = (WORD)(size & ~3u)};
    return TRUE;
}
