/* exports.h: what libwinmem-malloc.so reaches in libwinmem.so besides the inline fast paths: the process heap's slow
 * paths. Private: no program should call them. */
#ifndef WINMEM_WINMEM_SHAREDS_H
#define WINMEM_WINMEM_SHAREDS_H

#include "heap/heap.h"

#include "host/shared.h"

WINMEM_SHARED void heap_malloc_start(void);
WINMEM_SHARED void *heap_malloc_allocate(size_t size, uint32_t flags);
/* Sizes beyond the inline path's, or when that did not succeed; sets errno for lack of memory. */
WINMEM_SHARED void *heap_malloc_medium(size_t size);
WINMEM_SHARED void *heap_malloc_allocate_aligned(size_t size, size_t alignment);
/* NULL: no memory, the block is as it was. A pointer that is no block ends the process. */
WINMEM_SHARED void *heap_malloc_reallocate(void *block, size_t size);
WINMEM_SHARED void heap_malloc_free(void *block);
WINMEM_SHARED size_t heap_malloc_usable_size(void *block);
WINMEM_SHARED void heap_malloc_trim(void);
WINMEM_SHARED void heap_malloc_summarize(struct heap_summary *summary);

#endif
