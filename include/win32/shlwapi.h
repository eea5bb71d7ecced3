/* shlwapi.h: paths and text, as far as programs without windows use it. */
#ifndef WINMEM_SHLWAPI_H
#define WINMEM_SHLWAPI_H

#include "winbase.h"

WINMEM_BEGIN_DECLS
WINBASEAPI BOOL WINAPI PathFileExistsA(LPCSTR pszPath);
WINBASEAPI BOOL WINAPI PathFileExistsW(LPCWSTR pszPath);
WINBASEAPI BOOL WINAPI PathIsDirectoryA(LPCSTR pszPath);
WINBASEAPI BOOL WINAPI PathIsDirectoryW(LPCWSTR pszPath);
WINBASEAPI BOOL WINAPI PathIsRelativeA(LPCSTR pszPath);
WINBASEAPI BOOL WINAPI PathIsRelativeW(LPCWSTR pszPath);
WINBASEAPI BOOL WINAPI PathIsRootA(LPCSTR pszPath);
WINBASEAPI BOOL WINAPI PathIsRootW(LPCWSTR pszPath);
WINBASEAPI LPSTR WINAPI PathFindFileNameA(LPCSTR pszPath);
WINBASEAPI LPWSTR WINAPI PathFindFileNameW(LPCWSTR pszPath);
WINBASEAPI LPSTR WINAPI PathFindExtensionA(LPCSTR pszPath);
WINBASEAPI LPWSTR WINAPI PathFindExtensionW(LPCWSTR pszPath);
WINBASEAPI VOID WINAPI PathRemoveExtensionA(LPSTR pszPath);
WINBASEAPI VOID WINAPI PathRemoveExtensionW(LPWSTR pszPath);
WINBASEAPI BOOL WINAPI PathRenameExtensionA(LPSTR pszPath, LPCSTR pszExt);
WINBASEAPI BOOL WINAPI PathRenameExtensionW(LPWSTR pszPath, LPCWSTR pszExt);
WINBASEAPI BOOL WINAPI PathAddExtensionA(LPSTR pszPath, LPCSTR pszExt);
WINBASEAPI BOOL WINAPI PathAddExtensionW(LPWSTR pszPath, LPCWSTR pszExt);
WINBASEAPI VOID WINAPI PathStripPathA(LPSTR pszPath);
WINBASEAPI VOID WINAPI PathStripPathW(LPWSTR pszPath);
WINBASEAPI BOOL WINAPI PathRemoveFileSpecA(LPSTR pszPath);
WINBASEAPI BOOL WINAPI PathRemoveFileSpecW(LPWSTR pszPath);
WINBASEAPI LPSTR WINAPI PathAddBackslashA(LPSTR pszPath);
WINBASEAPI LPWSTR WINAPI PathAddBackslashW(LPWSTR pszPath);
WINBASEAPI LPSTR WINAPI PathRemoveBackslashA(LPSTR pszPath);
WINBASEAPI LPWSTR WINAPI PathRemoveBackslashW(LPWSTR pszPath);
WINBASEAPI BOOL WINAPI PathCanonicalizeA(LPSTR pszBuf, LPCSTR pszPath);
WINBASEAPI BOOL WINAPI PathCanonicalizeW(LPWSTR pszBuf, LPCWSTR pszPath);
WINBASEAPI LPSTR WINAPI PathCombineA(LPSTR pszDest, LPCSTR pszDir, LPCSTR pszFile);
WINBASEAPI LPWSTR WINAPI PathCombineW(LPWSTR pszDest, LPCWSTR pszDir, LPCWSTR pszFile);
WINBASEAPI BOOL WINAPI PathAppendA(LPSTR pszPath, LPCSTR pszMore);
WINBASEAPI BOOL WINAPI PathAppendW(LPWSTR pszPath, LPCWSTR pszMore);
WINBASEAPI BOOL WINAPI PathQuoteSpacesA(LPSTR lpsz);
WINBASEAPI BOOL WINAPI PathQuoteSpacesW(LPWSTR lpsz);
WINBASEAPI BOOL WINAPI PathUnquoteSpacesA(LPSTR lpsz);
WINBASEAPI BOOL WINAPI PathUnquoteSpacesW(LPWSTR lpsz);
WINBASEAPI BOOL WINAPI PathMatchSpecA(LPCSTR pszFile, LPCSTR pszSpec);
WINBASEAPI BOOL WINAPI PathMatchSpecW(LPCWSTR pszFile, LPCWSTR pszSpec);
WINBASEAPI LPSTR WINAPI StrStrA(LPCSTR pszFirst, LPCSTR pszSrch);
WINBASEAPI LPWSTR WINAPI StrStrW(LPCWSTR pszFirst, LPCWSTR pszSrch);
WINBASEAPI LPSTR WINAPI StrStrIA(LPCSTR pszFirst, LPCSTR pszSrch);
WINBASEAPI LPWSTR WINAPI StrStrIW(LPCWSTR pszFirst, LPCWSTR pszSrch);
WINBASEAPI int WINAPI StrToIntA(LPCSTR pszSrc);
WINBASEAPI int WINAPI StrToIntW(LPCWSTR pszSrc);
WINBASEAPI LPSTR WINAPI StrDupA(LPCSTR pszSrch);
WINBASEAPI LPWSTR WINAPI StrDupW(LPCWSTR pszSrch);
WINMEM_END_DECLS
#ifdef UNICODE
#define PathFileExists PathFileExistsW
#define PathIsDirectory PathIsDirectoryW
#define PathIsRelative PathIsRelativeW
#define PathIsRoot PathIsRootW
#define PathFindFileName PathFindFileNameW
#define PathFindExtension PathFindExtensionW
#define PathRemoveExtension PathRemoveExtensionW
#define PathRenameExtension PathRenameExtensionW
#define PathAddExtension PathAddExtensionW
#define PathStripPath PathStripPathW
#define PathRemoveFileSpec PathRemoveFileSpecW
#define PathAddBackslash PathAddBackslashW
#define PathRemoveBackslash PathRemoveBackslashW
#define PathCanonicalize PathCanonicalizeW
#define PathCombine PathCombineW
#define PathAppend PathAppendW
#define PathQuoteSpaces PathQuoteSpacesW
#define PathUnquoteSpaces PathUnquoteSpacesW
#define PathMatchSpec PathMatchSpecW
#define StrStr StrStrW
#define StrStrI StrStrIW
#define StrToInt StrToIntW
#define StrDup StrDupW
#else
#define PathFileExists PathFileExistsA
#define PathIsDirectory PathIsDirectoryA
#define PathIsRelative PathIsRelativeA
#define PathIsRoot PathIsRootA
#define PathFindFileName PathFindFileNameA
#define PathFindExtension PathFindExtensionA
#define PathRemoveExtension PathRemoveExtensionA
#define PathRenameExtension PathRenameExtensionA
#define PathAddExtension PathAddExtensionA
#define PathStripPath PathStripPathA
#define PathRemoveFileSpec PathRemoveFileSpecA
#define PathAddBackslash PathAddBackslashA
#define PathRemoveBackslash PathRemoveBackslashA
#define PathCanonicalize PathCanonicalizeA
#define PathCombine PathCombineA
#define PathAppend PathAppendA
#define PathQuoteSpaces PathQuoteSpacesA
#define PathUnquoteSpaces PathUnquoteSpacesA
#define PathMatchSpec PathMatchSpecA
#define StrStr StrStrA
#define StrStrI StrStrIA
#define StrToInt StrToIntA
#define StrDup StrDupA
#endif

#endif
