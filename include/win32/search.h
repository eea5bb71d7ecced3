/* search.h: the system's, with Microsoft's names added: a key in an array of any order. */
#pragma GCC system_header
#include_next <search.h>
#ifndef WINMEM_SEARCH_H
#define WINMEM_SEARCH_H

#include "winmem_compiler.h"

#include <stdlib.h>

#define WINMEM_SEARCH_INLINE static __inline__ __attribute__((__unused__))
WINMEM_SEARCH_INLINE void *_lfind(const void *key, const void *base, unsigned *count, unsigned width,
                                  int (*compare)(const void *, const void *))
{
    const char *at = (const char *)base;
    for (unsigned i = 0; i < *count; i++, at += width)
        if (compare(key, at) == 0)
            return (void *)at;
    return (void *)0;
}
/* One that is not there is put at the end, for which there must be room. */
WINMEM_SEARCH_INLINE void *_lsearch(const void *key, void *base, unsigned *count, unsigned width,
                                    int (*compare)(const void *, const void *))
{
    void *found = _lfind(key, base, count, width, compare);
    return found ? found : __builtin_memcpy((char *)base + (size_t)width * (*count)++, key, width);
}
WINMEM_SEARCH_INLINE void *_lfind_s(const void *key, const void *base, unsigned *count, size_t width,
                                    int (*compare)(void *, const void *, const void *), void *context)
{
    const char *at = (const char *)base;
    if (!key || !count || (!base && *count) || !width || !compare) {
        winmem_invalid_parameter(EINVAL);
        return (void *)0;
    }
    for (unsigned i = 0; i < *count; i++, at += width)
        if (compare(context, key, at) == 0)
            return (void *)at;
    return (void *)0;
}
WINMEM_SEARCH_INLINE void *_lsearch_s(const void *key, void *base, unsigned *count, size_t width,
                                      int (*compare)(void *, const void *, const void *), void *context)
{
    void *found = _lfind_s(key, base, count, width, compare, context);
    if (found || !key || !base || !count || !width || !compare)
        return found;
    return __builtin_memcpy((char *)base + width * (*count)++, key, width);
}

#endif
