/* winmem_keywords.h: the words that are the Microsoft compiler's own, said for gcc and clang: calling conventions,
 * __declspec, integers of a known size. Included before all else by the flags that pkg-config tells, as sources may use
 * them before they include anything; includes nothing. */
#ifndef WINMEM_KEYWORDS_H
#define WINMEM_KEYWORDS_H
#pragma GCC system_header

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

/* What the Microsoft compiler says of the machine before any header. */
#ifndef _M_X64
#define _M_X64 100
#endif
#ifndef _M_AMD64
#define _M_AMD64 100
#endif

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

/* wmain may end without a return, as main may: in C++ nothing else but main itself can. One without parameters is main. */
#if defined(__cplusplus) && __SIZEOF_WCHAR_T__ == 2
#define wmain(...) WINMEM_WMAIN##__VA_OPT__(_OF)(__VA_ARGS__)
#define WINMEM_WMAIN() main()
#define WINMEM_WMAIN_OF(...) wmain(__VA_ARGS__)
#endif

#endif
