/* aclapi.h: lists made of descriptions of their entries. */
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
WINMEM_END_DECLS
#ifdef UNICODE
#define SetEntriesInAcl SetEntriesInAclW
#else
#define SetEntriesInAcl SetEntriesInAclA
#endif

#endif
