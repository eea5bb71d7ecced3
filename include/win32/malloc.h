/* malloc.h: the system's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <malloc.h>
#ifndef WINMEM_MALLOC_H
#define WINMEM_MALLOC_H

#include "winmem_compiler.h"

#include <alloca.h>
#include <stdlib.h>
#include <string.h>

#define _alloca alloca
#define _malloca alloca
#define _freea(memory) ((void)(memory))
#define _HEAP_MAXREQ 0xFFFFFFFFFFFFFFE0ull
#define _HEAPOK (-2)
#define _heapchk() _HEAPOK
#define _heapmin() 0
#define _msize(memory) malloc_usable_size(memory)
#define _aligned_free(memory) free(memory)
#define _aligned_msize(memory, alignment, offset) malloc_usable_size(memory)

static __inline__ __attribute__((__unused__)) void *_aligned_malloc(size_t size, size_t alignment)
{
    if (alignment == 0 || (alignment & (alignment - 1)) != 0)
        return NULL;
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    return memalign(alignment, size);
}
static __inline__ __attribute__((__unused__)) void *_aligned_realloc(void *memory, size_t size, size_t alignment)
{
    if (!memory)
        return _aligned_malloc(size, alignment);
    if (size == 0) {
        free(memory);
        return NULL;
    }
    size_t old = malloc_usable_size(memory);
    void *moved = _aligned_malloc(size, alignment);
    if (moved) {
        memcpy(moved, memory, old < size ? old : size);
        free(memory);
    }
    return moved;
}
static __inline__ __attribute__((__unused__)) void *_recalloc(void *memory, size_t count, size_t size)
{
    size_t old = memory ? malloc_usable_size(memory) : 0, bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    char *moved = (char *)realloc(memory, bytes);
    if (moved && bytes > old)
        memset(moved + old, 0, bytes - old);
    return moved;
}

#endif
