/* sddl.h: identifiers and descriptors as text. */
#ifndef WINMEM_SDDL_H
#define WINMEM_SDDL_H

#include "securitybaseapi.h"

#define SDDL_REVISION_1 1
#define SDDL_REVISION 1

WINMEM_BEGIN_DECLS
/* What they give is freed by LocalFree. */
WINADVAPI BOOL WINAPI ConvertSidToStringSidA(PSID Sid, LPSTR *StringSid);
WINADVAPI BOOL WINAPI ConvertSidToStringSidW(PSID Sid, LPWSTR *StringSid);
WINADVAPI BOOL WINAPI ConvertStringSidToSidA(LPCSTR StringSid, PSID *Sid);
WINADVAPI BOOL WINAPI ConvertStringSidToSidW(LPCWSTR StringSid, PSID *Sid);
WINADVAPI BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR StringSecurityDescriptor,
                                                                           DWORD StringSDRevision,
                                                                           PSECURITY_DESCRIPTOR *SecurityDescriptor,
                                                                           PULONG SecurityDescriptorSize);
WINADVAPI BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR StringSecurityDescriptor,
                                                                           DWORD StringSDRevision,
                                                                           PSECURITY_DESCRIPTOR *SecurityDescriptor,
                                                                           PULONG SecurityDescriptorSize);
WINMEM_END_DECLS
#ifdef UNICODE
#define ConvertSidToStringSid ConvertSidToStringSidW
#define ConvertStringSidToSid ConvertStringSidToSidW
#define ConvertStringSecurityDescriptorToSecurityDescriptor ConvertStringSecurityDescriptorToSecurityDescriptorW
#else
#define ConvertSidToStringSid ConvertSidToStringSidA
#define ConvertStringSidToSid ConvertStringSidToSidA
#define ConvertStringSecurityDescriptorToSecurityDescriptor ConvertStringSecurityDescriptorToSecurityDescriptorA
#endif

#endif
