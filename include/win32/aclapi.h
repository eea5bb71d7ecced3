/* aclapi.h: lists made of descriptions of their entries; what files say of who may use them. */
#ifndef WINMEM_ACLAPI_H
#define WINMEM_ACLAPI_H

#include "accctrl.h"
#include "securitybaseapi.h"

WINMEM_BEGIN_DECLS
/* They return the error; the new list is freed by LocalFree. Trustees are identifiers (TRUSTEE_IS_SID). */
WINADVAPI DWORD WINAPI SetEntriesInAclA(ULONG cCountOfExplicitEntries, PEXPLICIT_ACCESS_A pListOfExplicitEntries,
                                        PACL OldAcl, PACL *NewAcl);
WINADVAPI DWORD WINAPI SetEntriesInAclW(ULONG cCountOfExplicitEntries, PEXPLICIT_ACCESS_W pListOfExplicitEntries,
                                        PACL OldAcl, PACL *NewAcl);
/* Of files only. The descriptor is freed by LocalFree; the parts point into it. */
WINADVAPI DWORD WINAPI GetSecurityInfo(HANDLE handle, SE_OBJECT_TYPE ObjectType, SECURITY_INFORMATION SecurityInfo,
                                       PSID *ppsidOwner, PSID *ppsidGroup, PACL *ppDacl, PACL *ppSacl,
                                       PSECURITY_DESCRIPTOR *ppSecurityDescriptor);
WINADVAPI DWORD WINAPI GetNamedSecurityInfoA(LPCSTR pObjectName, SE_OBJECT_TYPE ObjectType,
                                             SECURITY_INFORMATION SecurityInfo, PSID *ppsidOwner, PSID *ppsidGroup,
                                             PACL *ppDacl, PACL *ppSacl, PSECURITY_DESCRIPTOR *ppSecurityDescriptor);
WINADVAPI DWORD WINAPI GetNamedSecurityInfoW(LPCWSTR pObjectName, SE_OBJECT_TYPE ObjectType,
                                             SECURITY_INFORMATION SecurityInfo, PSID *ppsidOwner, PSID *ppsidGroup,
                                             PACL *ppDacl, PACL *ppSacl, PSECURITY_DESCRIPTOR *ppSecurityDescriptor);
WINMEM_END_DECLS
#ifdef UNICODE
#define GetNamedSecurityInfo GetNamedSecurityInfoW
#define SetEntriesInAcl SetEntriesInAclW
#else
#define GetNamedSecurityInfo GetNamedSecurityInfoA
#define SetEntriesInAcl SetEntriesInAclA
#endif

#endif
