/* wchar.h: the system's, with Microsoft's names added. Where -fshort-wchar makes wchar_t 16 bits, the functions that know
 * its size are those of libwinmem-base. */
#pragma GCC system_header
#if __SIZEOF_WCHAR_T__ == 2 && !defined(WINMEM_WCHAR_H)
#include <features.h>
#pragma push_macro("__USE_FORTIFY_LEVEL")
#undef __USE_FORTIFY_LEVEL
#define __USE_FORTIFY_LEVEL 0
#pragma push_macro("__USE_EXTERN_INLINES")
#undef __USE_EXTERN_INLINES
#pragma push_macro("__GLIBC_USE_DEPRECATED_SCANF")
#undef __GLIBC_USE_DEPRECATED_SCANF
#define __GLIBC_USE_DEPRECATED_SCANF 1 /* the plain names, for the declarations below */
#define __asm(name) __asm__("winmem_" name)
#include_next <wchar.h>
#undef __asm
#pragma pop_macro("__GLIBC_USE_DEPRECATED_SCANF")
#pragma pop_macro("__USE_EXTERN_INLINES")
#pragma pop_macro("__USE_FORTIFY_LEVEL")
#else
#include_next <wchar.h>
#endif
#ifndef WINMEM_WCHAR_H
#define WINMEM_WCHAR_H

#include "winmem_compiler.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#if __SIZEOF_WCHAR_T__ == 2
WINMEM_BEGIN_DECLS
#define WINMEM_WIDE(type, name, parameters) extern type __REDIRECT_NTH(name, parameters, winmem_##name);
#define WINMEM_WIDE_FILE(type, name, parameters) extern type __REDIRECT(name, parameters, winmem_##name);
WINMEM_WIDE(size_t, wcslen, (const wchar_t *))
WINMEM_WIDE(wchar_t *, wcscpy, (wchar_t *__restrict, const wchar_t *__restrict))
WINMEM_WIDE(wchar_t *, wcsncpy, (wchar_t *__restrict, const wchar_t *__restrict, size_t))
WINMEM_WIDE(wchar_t *, wcscat, (wchar_t *__restrict, const wchar_t *__restrict))
WINMEM_WIDE(wchar_t *, wcsncat, (wchar_t *__restrict, const wchar_t *__restrict, size_t))
WINMEM_WIDE(int, wcscmp, (const wchar_t *, const wchar_t *))
WINMEM_WIDE(int, wcsncmp, (const wchar_t *, const wchar_t *, size_t))
WINMEM_WIDE(int, wcscasecmp, (const wchar_t *, const wchar_t *))
WINMEM_WIDE(int, wcsncasecmp, (const wchar_t *, const wchar_t *, size_t))
WINMEM_WIDE(int, wcscoll, (const wchar_t *, const wchar_t *))
WINMEM_WIDE(wchar_t *, wcsdup, (const wchar_t *))
WINMEM_WIDE(size_t, wcsnlen, (const wchar_t *, size_t))
WINMEM_WIDE(size_t, wcsspn, (const wchar_t *, const wchar_t *))
WINMEM_WIDE(size_t, wcscspn, (const wchar_t *, const wchar_t *))
WINMEM_WIDE(wchar_t *, wcstok, (wchar_t *__restrict, const wchar_t *__restrict, wchar_t **__restrict))
#ifndef __CORRECT_ISO_CPP_WCHAR_H_PROTO
WINMEM_WIDE(wchar_t *, wcschr, (const wchar_t *, wchar_t))
WINMEM_WIDE(wchar_t *, wcsrchr, (const wchar_t *, wchar_t))
WINMEM_WIDE(wchar_t *, wcspbrk, (const wchar_t *, const wchar_t *))
WINMEM_WIDE(wchar_t *, wcsstr, (const wchar_t *, const wchar_t *))
WINMEM_WIDE(wchar_t *, wmemchr, (const wchar_t *, wchar_t, size_t))
#endif
WINMEM_WIDE(int, wmemcmp, (const wchar_t *, const wchar_t *, size_t))
WINMEM_WIDE(wchar_t *, wmemcpy, (wchar_t *__restrict, const wchar_t *__restrict, size_t))
WINMEM_WIDE(wchar_t *, wmemmove, (wchar_t *, const wchar_t *, size_t))
WINMEM_WIDE(wchar_t *, wmemset, (wchar_t *, wchar_t, size_t))
WINMEM_WIDE(long, wcstol, (const wchar_t *__restrict, wchar_t **__restrict, int))
WINMEM_WIDE(unsigned long, wcstoul, (const wchar_t *__restrict, wchar_t **__restrict, int))
__extension__ WINMEM_WIDE(long long, wcstoll, (const wchar_t *__restrict, wchar_t **__restrict, int))
__extension__ WINMEM_WIDE(unsigned long long, wcstoull, (const wchar_t *__restrict, wchar_t **__restrict, int))
WINMEM_WIDE(double, wcstod, (const wchar_t *__restrict, wchar_t **__restrict))
WINMEM_WIDE(float, wcstof, (const wchar_t *__restrict, wchar_t **__restrict))
WINMEM_WIDE_FILE(int, wprintf, (const wchar_t *__restrict, ...))
WINMEM_WIDE_FILE(int, fwprintf, (__FILE *__restrict, const wchar_t *__restrict, ...))
WINMEM_WIDE(int, swprintf, (wchar_t *__restrict, size_t, const wchar_t *__restrict, ...))
WINMEM_WIDE(int, swscanf, (const wchar_t *__restrict, const wchar_t *__restrict, ...))
WINMEM_WIDE_FILE(int, fwscanf, (__FILE *__restrict, const wchar_t *__restrict, ...))
WINMEM_WIDE_FILE(int, wscanf, (const wchar_t *__restrict, ...))
WINMEM_WIDE(int, swscanf_s, (const wchar_t *__restrict, const wchar_t *__restrict, ...))
WINMEM_WIDE_FILE(int, fwscanf_s, (__FILE *__restrict, const wchar_t *__restrict, ...))
WINMEM_WIDE_FILE(int, wscanf_s, (const wchar_t *__restrict, ...))
WINMEM_WIDE_FILE(int, vwprintf, (const wchar_t *__restrict, __gnuc_va_list))
WINMEM_WIDE_FILE(int, vfwprintf, (__FILE *__restrict, const wchar_t *__restrict, __gnuc_va_list))
WINMEM_WIDE(int, vswprintf, (wchar_t *__restrict, size_t, const wchar_t *__restrict, __gnuc_va_list))
WINMEM_WIDE_FILE(int, fputws, (const wchar_t *__restrict, __FILE *__restrict))
WINMEM_WIDE_FILE(wint_t, fputwc, (wchar_t, __FILE *))
WINMEM_WIDE_FILE(wint_t, putwc, (wchar_t, __FILE *))
WINMEM_WIDE_FILE(wint_t, putwchar, (wchar_t))
WINMEM_WIDE_FILE(wchar_t *, fgetws, (wchar_t *__restrict, int, __FILE *__restrict))
WINMEM_WIDE_FILE(wint_t, fgetwc, (__FILE *))
WINMEM_WIDE_FILE(wint_t, getwc, (__FILE *))
WINMEM_WIDE_FILE(wint_t, getwchar, (void))
extern __FILE *_wfopen(const wchar_t *path, const wchar_t *mode) __asm__("winmem_wfopen");
WINMEM_END_DECLS
#undef WEOF
#define WEOF ((wint_t)0xFFFF)
#endif

#define _wcsdup wcsdup
#define _wcsicmp wcscasecmp
#define wcsicmp wcscasecmp
#define _wcsnicmp wcsncasecmp
#define wcsnicmp wcsncasecmp
#define _wcstoi64 wcstoll
#define _wcstoui64 wcstoull
#define _wtoi(text) ((int)wcstol((text), NULL, 10))
#define _wtol(text) wcstol((text), NULL, 10)
#define _wtoi64(text) wcstoll((text), NULL, 10)
#define _wtof(text) wcstod((text), NULL)
#define _swprintf(to, ...) swprintf((to), 0x7FFFFFFF, __VA_ARGS__)
#define _putws(text) ((fputws((text), stdout) < 0 || fputws(L"\n", stdout) < 0) ? -1 : 0)

#define WINMEM_WIDE_INLINE static __inline__ __attribute__((__unused__))
WINMEM_WIDE_INLINE wchar_t *_wcslwr(wchar_t *text)
{
    for (wchar_t *at = text; *at; at++)
        *at = (wchar_t)towlower((wint_t)*at);
    return text;
}
WINMEM_WIDE_INLINE wchar_t *_wcsupr(wchar_t *text)
{
    for (wchar_t *at = text; *at; at++)
        *at = (wchar_t)towupper((wint_t)*at);
    return text;
}
#ifndef WINMEM_TEXT_INLINE
#define WINMEM_TEXT_INLINE static __inline__ __attribute__((__unused__))
#endif
#define CRT_CHAR wchar_t
#define CRT_FILL wchar_t
#define CRT_NAME(name) wcs##name
#define CRT_UNDER(name) _wcs##name
#include "winmem_crt_text.h"
#define wprintf_s wprintf
#define fwprintf_s fwprintf
#define vwprintf_s vwprintf
#define vfwprintf_s vfwprintf
#define wcstok_s wcstok
#define wcsupr _wcsupr
#define wcslwr _wcslwr
#define _wcscoll wcscoll
#define _wcsicoll wcscasecmp
#define wcsicoll wcscasecmp
#define _wcsncoll wcsncmp
#define _wcsnicoll wcsncasecmp
#define wcswcs wcsstr
#define iswascii(character) ((unsigned)(character) < 0x80)
#define wcsrev _wcsrev
#define wcsset _wcsset
#define wcsnset _wcsnset
#define wmemcpy_s(to, size, from, count) memcpy_s((to), (size) * sizeof(wchar_t), (from), (count) * sizeof(wchar_t))
#define wmemmove_s(to, size, from, count) memmove_s((to), (size) * sizeof(wchar_t), (from), (count) * sizeof(wchar_t))
#if __SIZEOF_WCHAR_T__ == 2
#include "winmem_crt_wide.h"
#else
#define swprintf_s swprintf
#define vswprintf_s vswprintf
#define _snwprintf swprintf
#define _vsnwprintf vswprintf
#endif

#endif
