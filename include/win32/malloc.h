/* malloc.h: the system's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <malloc.h>
#ifndef WINMEM_MALLOC_H
#define WINMEM_MALLOC_H

#include "winmem_compiler.h"
#include "winmem_crt_malloc.h"

#include <alloca.h>
#include <errno.h>
#include <mm_malloc.h>
#include <stdint.h>

/* From the stack of the function that says it. Its pages are touched first, from above: what does not fit raises the
 * stack overflow, and a block that nobody uses is taken all the same. Returns the size. */
static __inline__ __attribute__((__unused__)) size_t winmem_alloca_touch(size_t size)
{
    char *top;
    __asm__ volatile("movq %%rsp, %0" : "=r"(top));
    for (size_t below = 0; below < size; below += size - below < 4096 ? size - below : 4096)
        __asm__ volatile("orb $0, %0" : "+m"(*(top - below)) : : "memory", "cc");
    __asm__ volatile("orb $0, %0" : "+m"(*(top - size)) : : "memory", "cc");
    return size;
}
#define _alloca(size)                                                                                                 \
    __extension__({                                                                                                   \
        void *winmem_alloca_ = __builtin_alloca(winmem_alloca_touch(size));                                           \
        __asm__ volatile("" : : "r"(winmem_alloca_) : "memory");                                                      \
        winmem_alloca_;                                                                                               \
    })
/* In front of each block of _malloca a mark says where it is. */
#define _ALLOCA_S_THRESHOLD 1024
#define _ALLOCA_S_STACK_MARKER 0xCCCC
#define _ALLOCA_S_HEAP_MARKER 0xDDDD
#define _ALLOCA_S_MARKER_SIZE 16
static __inline__ __attribute__((__unused__)) void *_MarkAllocaS(void *memory, unsigned marker)
{
    if (!memory)
        return NULL;
    *(unsigned *)memory = marker;
    return (char *)memory + _ALLOCA_S_MARKER_SIZE;
}
#define _malloca(size)                                                                                                \
    __extension__({                                                                                                   \
        size_t winmem_malloca_ = (size);                                                                              \
        winmem_malloca_ + _ALLOCA_S_MARKER_SIZE <= winmem_malloca_ ? NULL                                             \
        : winmem_malloca_ + _ALLOCA_S_MARKER_SIZE <= _ALLOCA_S_THRESHOLD                                              \
            ? _MarkAllocaS(_alloca(winmem_malloca_ + _ALLOCA_S_MARKER_SIZE), _ALLOCA_S_STACK_MARKER)                  \
            : _MarkAllocaS(malloc(winmem_malloca_ + _ALLOCA_S_MARKER_SIZE), _ALLOCA_S_HEAP_MARKER);                   \
    })
static __inline__ __attribute__((__unused__)) void _freea(void *memory)
{
    char *block = memory ? (char *)memory - _ALLOCA_S_MARKER_SIZE : NULL;
    if (block && *(unsigned *)(void *)block == _ALLOCA_S_HEAP_MARKER)
        free(block);
}
#define _HEAP_MAXREQ 0xFFFFFFFFFFFFFFE0ull
#define _HEAPOK (-2)
#define _heapmin() 0
typedef struct _heapinfo {
    int *_pentry;
    size_t _size;
    int _useflag;
} _HEAPINFO;
#define _HEAPEMPTY (-1)
#define _HEAPBADBEGIN (-3)
#define _HEAPBADNODE (-4)
#define _HEAPEND (-5)
#define _HEAPBADPTR (-6)
#define _FREEENTRY 0
#define _USEDENTRY 1
/* The process heap: malloc's own blocks lie in it with libwinmem-malloc. */
#define _get_heap_handle() ((intptr_t)GetProcessHeap())
#ifdef __cplusplus
extern "C" {
#endif
WINMEM_API void *GetProcessHeap(void);
WINMEM_API int _resetstkoflw(void);
/* Of the process heap: malloc's blocks are among them with libwinmem-malloc. */
WINMEM_API int _heapwalk(_HEAPINFO *entry);
WINMEM_API int _heapchk(void);
#ifdef __cplusplus
}
#endif
#endif
