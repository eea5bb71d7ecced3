/* winmem_compiler.h: what the Microsoft compiler knows by itself, said for gcc and clang: who it is, its
 * words (winmem_keywords.h), import and export. Included first by every header here. */
#ifndef WINMEM_COMPILER_H
#define WINMEM_COMPILER_H

/* Identity that Windows sources test for. _MSC_VER is not defined: this is gcc or clang and says so. Programs that
 * have a Linux branch of their own and want the Windows one define WINMEM_TARGET_WINDOWS (or -D_WIN32) themselves. */
#if defined(WINMEM_TARGET_WINDOWS) && !defined(_WIN32)
#define _WIN32 1
#define _WIN64 1
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifndef WINVER
#define WINVER _WIN32_WINNT
#endif
#ifndef NTDDI_VERSION
#define NTDDI_VERSION 0x0A00000C
#endif
#ifndef _AMD64_
#define _AMD64_ 1
#endif

/* Compiled as a Windows program (the flags of pkg-config): its pragmas are for another compiler. */
#if __SIZEOF_WCHAR_T__ == 2
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#endif

#include "winmem_keywords.h"

#define WINMEM_API __attribute__((__visibility__("default")))

#ifdef __cplusplus
#define WINMEM_BEGIN_DECLS extern "C" {
#define WINMEM_END_DECLS }
#else
#define WINMEM_BEGIN_DECLS
#define WINMEM_END_DECLS
#endif

#endif
