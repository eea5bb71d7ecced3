/* stdlib.h: the system's, with Microsoft's names added. Where -fshort-wchar makes wchar_t 16 bits, the multibyte conversions
 * are those of libwinmem-base. */
#pragma GCC system_header
#if __SIZEOF_WCHAR_T__ == 2 && !defined(WINMEM_STDLIB_H)
#include <features.h>
#pragma push_macro("__USE_FORTIFY_LEVEL")
#undef __USE_FORTIFY_LEVEL
#define __USE_FORTIFY_LEVEL 0
#pragma push_macro("__USE_EXTERN_INLINES")
#undef __USE_EXTERN_INLINES
#include_next <stdlib.h>
#pragma pop_macro("__USE_EXTERN_INLINES")
#pragma pop_macro("__USE_FORTIFY_LEVEL")
#else
#include_next <stdlib.h>
#endif
#if !defined(WINMEM_STDLIB_H) && defined(RAND_MAX)
#define WINMEM_STDLIB_H

#include "winmem_compiler.h"

#if __SIZEOF_WCHAR_T__ == 2
WINMEM_BEGIN_DECLS
extern size_t __REDIRECT_NTH(mbstowcs, (wchar_t *__restrict, const char *__restrict, size_t), winmem_mbstowcs);
extern size_t __REDIRECT_NTH(wcstombs, (char *__restrict, const wchar_t *__restrict, size_t), winmem_wcstombs);
extern int __REDIRECT_NTH(mbtowc, (wchar_t *__restrict, const char *__restrict, size_t), winmem_mbtowc);
extern int __REDIRECT_NTH(wctomb, (char *, wchar_t), winmem_wctomb);
/* The exit code itself; cmd's own pause, cls, color, title and chcp are known, the rest is for the system's shell. */
extern int __REDIRECT(system, (const char *), winmem_system);
/* The text lives until the thread asks again. */
extern wchar_t *__REDIRECT_NTH(_wgetenv, (const wchar_t *), winmem_wgetenv);
extern int __REDIRECT_NTH(_wputenv_s, (const wchar_t *, const wchar_t *), winmem_wputenv_s);
WINMEM_END_DECLS
#endif

#define _MAX_PATH 260
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256
#define _MAX_ENV 32767
#define _CVTBUFSIZE 349
#ifndef _countof
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif
#define _atoi64 atoll
#define _strtoi64 strtoll
#define _strtoui64 strtoull
#define _putenv(text) winmem_posix_putenv((char *)(text))
WINMEM_BEGIN_DECLS
/* Parts of a path, each empty when it is not there; an output may be NULL. The plain form wants room for _MAX_* each.
 * The _s form: EINVAL, or ERANGE with all outputs emptied. */
__attribute__((__visibility__("default"))) void _splitpath(const char *path, char *drive, char *folder, char *name,
                                                           char *extension);
__attribute__((__visibility__("default"))) int _splitpath_s(const char *path, char *drive, size_t drive_size,
                                                            char *folder, size_t folder_size, char *name,
                                                            size_t name_size, char *extension, size_t extension_size);
__attribute__((__visibility__("default"))) void _makepath(char *path, const char *drive, const char *folder,
                                                          const char *name, const char *extension);
__attribute__((__visibility__("default"))) int _makepath_s(char *path, size_t size, const char *drive,
                                                           const char *folder, const char *name, const char *extension);
/* Variables of the environment; an empty value removes one. */
/* The path whole, whether it is there or not, in the place or in one of malloc's; an empty path is the current folder. */
__attribute__((__visibility__("default"))) char *_fullpath(char *to, const char *path, size_t size);
/* The names from before the underscore, functions as there: a program may have its own. */
__attribute__((__visibility__("default"))) char *itoa(int value, char *to, int base);
__attribute__((__visibility__("default"))) char *ltoa(long value, char *to, int base);
__attribute__((__visibility__("default"))) char *ultoa(unsigned long value, char *to, int base);
/* The first place of the file in the current folder and the folders of the variable; an empty text when it is in none. */
__attribute__((__visibility__("default"))) void _searchenv(const char *file, const char *variable, char *to);
__attribute__((__visibility__("default"))) int _searchenv_s(const char *file, const char *variable, char *to, size_t size);
/* A random number of the kernel's. */
__attribute__((__visibility__("default"))) int rand_s(unsigned *value);
__attribute__((__visibility__("default"))) int _putenv_s(const char *name, const char *value);
__attribute__((__visibility__("default"))) int getenv_s(size_t *needed, char *to, size_t size, const char *name);
__attribute__((__visibility__("default"))) int _dupenv_s(char **to, size_t *size, const char *name);
WINMEM_END_DECLS
static __inline__ __attribute__((__unused__)) char *_ui64toa(unsigned long long value, char *to, int base)
{
    char digits[66], *at = digits + 65;
    *at = 0;
    do {
        *--at = "0123456789abcdefghijklmnopqrstuvwxyz"[value % (unsigned)base];
        value /= (unsigned)base;
    } while (value);
    char *out = to;
    while ((*out++ = *at++) != 0) {
    }
    return to;
}
static __inline__ __attribute__((__unused__)) char *_i64toa(long long value, char *to, int base)
{
    if (value < 0 && base == 10) {
        *to = '-';
        _ui64toa(0ull - (unsigned long long)value, to + 1, base);
        return to;
    }
    return _ui64toa((unsigned long long)value, to, base);
}
#define _itoa(value, to, base) ((base) == 10 ? _i64toa((int)(value), (to), 10) : _ui64toa((unsigned)(value), (to), (base)))
#define _ltoa _itoa
#define _ultoa(value, to, base) _ui64toa((unsigned)(value), (to), (base))

#include "winmem_crt_stdlib.h"
#include "winmem_crt_malloc.h"
/* Microsoft's stdlib.h declares the wide half as well. */
#if __SIZEOF_WCHAR_T__ == 2
#include <wchar.h>
#endif

#endif
