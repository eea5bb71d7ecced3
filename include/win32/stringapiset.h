/* stringapiset.h: conversions between UTF-16 and code pages. */
#ifndef WINMEM_STRINGAPISET_H
#define WINMEM_STRINGAPISET_H

#include "minwinbase.h"
#include "winnls.h"

WINMEM_BEGIN_DECLS
WINBASEAPI int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCCH lpMultiByteStr, int cbMultiByte,
                                          LPWSTR lpWideCharStr, int cchWideChar);
WINBASEAPI int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWCH lpWideCharStr, int cchWideChar,
                                          LPSTR lpMultiByteStr, int cbMultiByte, LPCCH lpDefaultChar,
                                          LPBOOL lpUsedDefaultChar);
WINBASEAPI int WINAPI CompareStringOrdinal(LPCWCH lpString1, int cchCount1, LPCWCH lpString2, int cchCount2,
                                           BOOL bIgnoreCase);
WINMEM_END_DECLS

#endif
