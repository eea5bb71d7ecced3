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

#define _alloca alloca
#define _malloca alloca
#define _freea(memory) ((void)(memory))
#define _HEAP_MAXREQ 0xFFFFFFFFFFFFFFE0ull
#define _HEAPOK (-2)
#define _heapchk() _HEAPOK
#define _heapmin() 0
/* The blocks of the C library's heap cannot be listed: the walk is over before it begins, and errno says why. */
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
#ifdef __cplusplus
}
#endif
#define _heapwalk(entry) ((void)(entry), errno = ENOSYS, _HEAPEND)

#endif
