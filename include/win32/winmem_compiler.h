/* winmem_compiler.h: what the Microsoft compiler knows by itself, said for gcc and clang: calling conventions,
 * __declspec, fixed-size integers, import and export. Included first by every header here; includes nothing. */
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
#ifndef _M_AMD64
#define _M_AMD64 100
#define _M_X64 100
#endif
#ifndef _AMD64_
#define _AMD64_ 1
#endif

/* Compiled as a Windows program (the flags of pkg-config): its pragmas are for another compiler. */
#if __SIZEOF_WCHAR_T__ == 2
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#endif

/* One calling convention: that of the platform (System V). The names are accepted and mean nothing. */
#define __cdecl
#define _cdecl
#define __stdcall
#define _stdcall
#define __fastcall
#define _fastcall
#define __thiscall
#define __vectorcall
#define __clrcall
#define __ptr32
#define __ptr64
#define __sptr
#define __uptr
#define __w64
#define __unaligned

#ifndef __int64
#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long long
#endif
#define _int64 __int64

/* Without `static`, so that `static __forceinline` is right too: it never stands out of line. */
#ifndef __forceinline
#define __forceinline __inline__ __attribute__((__always_inline__))
#endif
#define _inline __inline
#define _forceinline __forceinline

/* __declspec(word): each word is a macro of its own; one that is not here is an error that names it. */
#undef __declspec
#define __declspec(word) WINMEM_DECLSPEC_##word
#define _declspec(word) WINMEM_DECLSPEC_##word
#define WINMEM_DECLSPEC_dllexport __attribute__((__visibility__("default")))
#define WINMEM_DECLSPEC_dllimport __attribute__((__visibility__("default")))
#define WINMEM_DECLSPEC_align(bytes) __attribute__((__aligned__(bytes)))
#define WINMEM_DECLSPEC_allocate(section) __attribute__((__section__(section)))
#define WINMEM_DECLSPEC_code_seg(section) __attribute__((__section__(section)))
#define WINMEM_DECLSPEC_deprecated __attribute__((__deprecated__))
#define WINMEM_DECLSPEC_deprecated_text(text) __attribute__((__deprecated__(text)))
#define WINMEM_DECLSPEC_noinline __attribute__((__noinline__))
#define WINMEM_DECLSPEC_noreturn __attribute__((__noreturn__))
#define WINMEM_DECLSPEC_nothrow __attribute__((__nothrow__))
#define WINMEM_DECLSPEC_noalias
#define WINMEM_DECLSPEC_restrict __attribute__((__malloc__))
#define WINMEM_DECLSPEC_allocator
#define WINMEM_DECLSPEC_selectany __attribute__((__weak__))
#define WINMEM_DECLSPEC_thread __thread
#define WINMEM_DECLSPEC_naked __attribute__((__naked__))
#define WINMEM_DECLSPEC_novtable
#define WINMEM_DECLSPEC_empty_bases
#define WINMEM_DECLSPEC_safebuffers
#define WINMEM_DECLSPEC_guard(kind)
#define WINMEM_DECLSPEC_spectre(kind)
#define WINMEM_DECLSPEC_uuid(text)
#define WINMEM_DECLSPEC_property(accessors)
#define WINMEM_DECLSPEC_no_sanitize_address __attribute__((__no_sanitize_address__))

#define WINMEM_API __attribute__((__visibility__("default")))

#ifdef __cplusplus
#define WINMEM_BEGIN_DECLS extern "C" {
#define WINMEM_END_DECLS }
#else
#define WINMEM_BEGIN_DECLS
#define WINMEM_END_DECLS
#endif

#endif
