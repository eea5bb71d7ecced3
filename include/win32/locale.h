/* locale.h: the system's, with Microsoft's names added. A locale is a process' here. */
#pragma GCC system_header
#include_next <locale.h>
#ifndef WINMEM_LOCALE_H
#define WINMEM_LOCALE_H

#include "winmem_compiler.h"

#include <stdlib.h>

#define LC_MIN LC_ALL
#define LC_MAX LC_TIME
#define _ENABLE_PER_THREAD_LOCALE 1
#define _DISABLE_PER_THREAD_LOCALE 2
/* Threads have no locale of their own: asking for one is refused, as Microsoft's library refuses what it does not know. */
static __inline__ __attribute__((__unused__)) int _configthreadlocale(int kind)
{
    return kind == 0 || kind == _DISABLE_PER_THREAD_LOCALE ? _DISABLE_PER_THREAD_LOCALE : -1;
}
#if __SIZEOF_WCHAR_T__ == 2
/* The name lives until the thread asks again. */
static __inline__ __attribute__((__unused__)) wchar_t *_wsetlocale(int category, const wchar_t *locale)
{
    static __thread wchar_t name[256];
    char narrow[256];
    if (locale && wcstombs(narrow, locale, sizeof narrow) >= sizeof narrow)
        return (wchar_t *)0;
    const char *set = setlocale(category, locale ? narrow : (const char *)0);
    return set && mbstowcs(name, set, 256) < 256 ? name : (wchar_t *)0;
}
#endif

#endif
