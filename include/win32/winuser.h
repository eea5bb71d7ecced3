/* winuser.h: the few text functions of user that programs without a window call. */
#ifndef WINMEM_WINUSER_H
#define WINMEM_WINUSER_H

#include "windef.h"

WINMEM_BEGIN_DECLS
WINBASEAPI int WINAPIV wsprintfA(LPSTR lpOut, LPCSTR lpFmt, ...);
WINBASEAPI int WINAPIV wsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, ...);
WINBASEAPI int WINAPI wvsprintfA(LPSTR lpOut, LPCSTR lpFmt, __builtin_va_list arglist);
WINBASEAPI int WINAPI wvsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, __builtin_va_list arglist);
WINMEM_END_DECLS
#ifdef UNICODE
#define wsprintf wsprintfW
#define wvsprintf wvsprintfW
#else
#define wsprintf wsprintfA
#define wvsprintf wvsprintfA
#endif

#endif
