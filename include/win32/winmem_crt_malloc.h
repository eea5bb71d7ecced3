/* winmem_crt_malloc.h: the half of Microsoft's <malloc.h> that <stdlib.h> declares too: sizes of blocks, aligned blocks.
 * Included by both. */
#ifndef WINMEM_CRT_MALLOC_H
#define WINMEM_CRT_MALLOC_H

#include "winmem_compiler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

WINMEM_BEGIN_DECLS
extern size_t winmem_posix_malloc_usable_size(void *) __asm__("malloc_usable_size");
extern int winmem_invalid_parameter(int error);
WINMEM_END_DECLS

static __inline__ __attribute__((__unused__)) size_t _msize(void *memory)
{
    if (memory)
        return winmem_posix_malloc_usable_size(memory);
    winmem_invalid_parameter(EINVAL);
    return (size_t)-1;
}

/* Shrinks or grows where the block stands: within what it has. */
static __inline__ __attribute__((__unused__)) void *_expand(void *memory, size_t size)
{
    if (!memory) {
        winmem_invalid_parameter(EINVAL);
        return NULL;
    }
    if (size <= winmem_posix_malloc_usable_size(memory))
        return memory;
    errno = ENOMEM;
    return NULL;
}

static __inline__ __attribute__((__unused__)) void *_recalloc(void *memory, size_t count, size_t size)
{
    size_t old = memory ? winmem_posix_malloc_usable_size(memory) : 0, bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    char *moved = (char *)realloc(memory, bytes);
    if (moved && bytes > old)
        memset(moved + old, 0, bytes - old);
    return moved;
}

/* Aligned blocks: in front of each stands what it was cut from, and its size. Freed by _aligned_free only, as there. */
struct winmem_aligned {
    void *block;
    size_t size;
};

static __inline__ __attribute__((__unused__)) struct winmem_aligned *winmem_aligned_of(void *memory)
{
    return (struct winmem_aligned *)(((size_t)memory & ~(sizeof(void *) - 1)) - sizeof(struct winmem_aligned));
}

static __inline__ __attribute__((__unused__)) void *_aligned_offset_malloc(size_t size, size_t alignment, size_t offset)
{
    size_t room;
    if (alignment == 0 || (alignment & (alignment - 1)) != 0 || (offset && offset >= size)) {
        winmem_invalid_parameter(EINVAL);
        return NULL;
    }
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    if (__builtin_add_overflow(size, alignment + sizeof(void *) + sizeof(struct winmem_aligned), &room)) {
        errno = ENOMEM;
        return NULL;
    }
    char *block = (char *)malloc(room);
    if (!block)
        return NULL;
    size_t least = (size_t)block + sizeof(struct winmem_aligned) + sizeof(void *) + offset;
    char *memory = block + (((least + alignment - 1) & ~(alignment - 1)) - offset - (size_t)block);
    struct winmem_aligned *record = winmem_aligned_of(memory);
    record->block = block;
    record->size = size;
    return memory;
}
static __inline__ __attribute__((__unused__)) void *_aligned_malloc(size_t size, size_t alignment)
{
    return _aligned_offset_malloc(size, alignment, 0);
}
static __inline__ __attribute__((__unused__)) void _aligned_free(void *memory)
{
    if (memory)
        free(winmem_aligned_of(memory)->block);
}
static __inline__ __attribute__((__unused__)) size_t _aligned_msize(void *memory, size_t alignment, size_t offset)
{
    (void)alignment;
    (void)offset;
    if (memory)
        return winmem_aligned_of(memory)->size;
    winmem_invalid_parameter(EINVAL);
    return (size_t)-1;
}
static __inline__ __attribute__((__unused__)) void *_aligned_offset_realloc(void *memory, size_t size, size_t alignment,
                                                                            size_t offset)
{
    if (!memory)
        return _aligned_offset_malloc(size, alignment, offset);
    if (size == 0) {
        _aligned_free(memory);
        return NULL;
    }
    size_t old = winmem_aligned_of(memory)->size;
    void *moved = _aligned_offset_malloc(size, alignment, offset);
    if (moved) {
        memcpy(moved, memory, old < size ? old : size);
        _aligned_free(memory);
    }
    return moved;
}
static __inline__ __attribute__((__unused__)) void *_aligned_realloc(void *memory, size_t size, size_t alignment)
{
    return _aligned_offset_realloc(memory, size, alignment, 0);
}
static __inline__ __attribute__((__unused__)) void *_aligned_offset_recalloc(void *memory, size_t count, size_t size,
                                                                             size_t alignment, size_t offset)
{
    size_t old = memory ? winmem_aligned_of(memory)->size : 0, bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    char *moved = (char *)_aligned_offset_realloc(memory, bytes, alignment, offset);
    if (moved && bytes > old)
        memset(moved + old, 0, bytes - old);
    return moved;
}
static __inline__ __attribute__((__unused__)) void *_aligned_recalloc(void *memory, size_t count, size_t size,
                                                                      size_t alignment)
{
    return _aligned_offset_recalloc(memory, count, size, alignment, 0);
}

#endif
