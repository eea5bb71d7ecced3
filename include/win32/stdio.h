/* stdio.h: the system's, with Microsoft's names added. Where -fshort-wchar makes wchar_t 16 bits, printf and its kin are
 * those of libwinmem-base, which read a format as Windows does (%lu is 32 bits, %I64u, %S). */
#pragma GCC system_header
#if __SIZEOF_WCHAR_T__ == 2 && !defined(WINMEM_STDIO_H)
#include <features.h>
#pragma push_macro("__USE_FORTIFY_LEVEL")
#undef __USE_FORTIFY_LEVEL
#define __USE_FORTIFY_LEVEL 0
#pragma push_macro("__USE_EXTERN_INLINES")
#undef __USE_EXTERN_INLINES
#pragma push_macro("__GLIBC_USE_DEPRECATED_SCANF")
#undef __GLIBC_USE_DEPRECATED_SCANF
#define __GLIBC_USE_DEPRECATED_SCANF 1 /* the plain names, for the declarations below */
#include_next <stdio.h>
#pragma pop_macro("__GLIBC_USE_DEPRECATED_SCANF")
#pragma pop_macro("__USE_EXTERN_INLINES")
#pragma pop_macro("__USE_FORTIFY_LEVEL")
#else
#include_next <stdio.h>
#endif
#if !defined(WINMEM_STDIO_H) && defined(EOF)
#define WINMEM_STDIO_H

#include "winmem_compiler.h"

#include <stdarg.h>

#if __SIZEOF_WCHAR_T__ == 2
/* The compiler's own check knows the system's formats only: a DWORD under %lu is right here. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
WINMEM_BEGIN_DECLS
extern int printf(const char *__restrict, ...) __asm__("winmem_printf");
extern int fprintf(FILE *__restrict, const char *__restrict, ...) __asm__("winmem_fprintf");
extern int __REDIRECT_NTHNL(sprintf, (char *__restrict, const char *__restrict, ...), winmem_sprintf);
extern int __REDIRECT_NTHNL(snprintf, (char *__restrict, size_t, const char *__restrict, ...), winmem_snprintf);
extern int vprintf(const char *__restrict, __gnuc_va_list) __asm__("winmem_vprintf");
extern int vfprintf(FILE *__restrict, const char *__restrict, __gnuc_va_list) __asm__("winmem_vfprintf");
extern int __REDIRECT_NTHNL(vsprintf, (char *__restrict, const char *__restrict, __gnuc_va_list), winmem_vsprintf);
extern int __REDIRECT_NTHNL(vsnprintf, (char *__restrict, size_t, const char *__restrict, __gnuc_va_list), winmem_vsnprintf);
/* Names of files may be written as on Windows. */
#ifndef __USE_FILE_OFFSET64
extern FILE *fopen(const char *__restrict, const char *__restrict) __asm__("winmem_fopen");
extern FILE *freopen(const char *__restrict, const char *__restrict, FILE *__restrict) __asm__("winmem_freopen");
#endif
extern int __REDIRECT_NTHNL(remove, (const char *), winmem_remove);
extern int __REDIRECT_NTHNL(rename, (const char *, const char *), winmem_rename);
extern int sscanf(const char *__restrict, const char *__restrict, ...) __asm__("winmem_sscanf");
extern int fscanf(FILE *__restrict, const char *__restrict, ...) __asm__("winmem_fscanf");
extern int scanf(const char *__restrict, ...) __asm__("winmem_scanf");
extern int vsscanf(const char *__restrict, const char *__restrict, __gnuc_va_list) __asm__("winmem_vsscanf");
extern int vfscanf(FILE *__restrict, const char *__restrict, __gnuc_va_list) __asm__("winmem_vfscanf");
extern int sscanf_s(const char *__restrict, const char *__restrict, ...) __asm__("winmem_sscanf_s");
extern int fscanf_s(FILE *__restrict, const char *__restrict, ...) __asm__("winmem_fscanf_s");
extern int scanf_s(const char *__restrict, ...) __asm__("winmem_scanf_s");
WINMEM_END_DECLS
#else
#define sscanf_s sscanf
#define scanf_s scanf
#define fscanf_s fscanf
#endif

#define printf_s printf
#define fprintf_s fprintf
#define vprintf_s vprintf
#define vfprintf_s vfprintf
#include "winmem_crt_stdio.h"

/* Microsoft's stdio.h declares the wide half as well. */
#include <wchar.h>

#endif
