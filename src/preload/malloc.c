/* malloc.c: malloc and its family on the process heap: libwinmem-malloc.so, for LD_PRELOAD and for linking. The fast
 * paths are the heap's inline ones; everything else is in libwinmem.so, so that a program that uses both has one heap.
 * May call the heap only; usable before constructors. */
#include "heap/internal.h"
#include "heap/exports.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))
#define PAGE ((size_t)4096)

static __attribute__((noinline, cold)) void *malloc_slow(size_t size, uint32_t flags)
{
    void *block = heap_malloc_allocate(size, flags);
    if (!block)
        errno = ENOMEM;
    return block;
}

EXPORT void *malloc(size_t size)
{
    struct front *front = heap_process_front;
    if (likely(size <= FAST_MAX)) {
        void *block = front_allocate(front, size);
        if (likely(block))
            return block;
    }
    if (size <= SMALL_MAX && size > FAST_MAX) {
        void *block = front_allocate_small(front, size);
        if (likely(block))
            return block;
    }
    if (size > MEDIUM_MAX && size <= FRONT_LARGE_MAX) {
        void *block = front_allocate_large(front, size);
        if (likely(block))
            return block;
    }
    return heap_malloc_medium(size);
}

EXPORT void free(void *block)
{
    struct front *front = heap_process_front;
    if (likely(front_free(front, block)) || !block)
        return;
    heap_malloc_free(block);
}

EXPORT void *calloc(size_t count, size_t size)
{
    size_t total;
    if (unlikely(__builtin_mul_overflow(count, size, &total))) {
        errno = ENOMEM;
        return NULL;
    }
    struct front *front = heap_process_front;
    if (likely(total <= FAST_MAX)) {
        void *block = front_allocate(front, total);
        if (likely(block))
            return memset(block, 0, total);
    }
    return malloc_slow(total, HEAP_ZERO_MEMORY);
}

EXPORT void *realloc(void *block, size_t size)
{
    if (!block)
        return malloc(size);
    if (!size) {
        free(block);
        return NULL;
    }
    void *moved = heap_malloc_reallocate(block, size);
    if (!moved)
        errno = ENOMEM;
    return moved;
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, total);
}

static bool power_of_two(size_t value)
{
    return value && !(value & (value - 1));
}

static void *aligned(size_t alignment, size_t size)
{
    void *block = heap_malloc_allocate_aligned(size, alignment);
    if (!block)
        errno = ENOMEM;
    return block;
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    alignment += !alignment;
    while (!power_of_two(alignment)) { /* any number is taken, as glibc does */
        if (alignment > (SIZE_MAX >> 1) + 1) {
            errno = EINVAL;
            return NULL;
        }
        alignment = (alignment | (alignment - 1)) + 1;
    }
    return aligned(alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    if (!power_of_two(alignment)) {
        errno = EINVAL;
        return NULL;
    }
    return aligned(alignment, size);
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (!power_of_two(alignment) || alignment % sizeof(void *))
        return EINVAL;
    void *block = heap_malloc_allocate_aligned(size, alignment);
    if (!block)
        return ENOMEM;
    *out = block;
    return 0;
}

EXPORT void *valloc(size_t size)
{
    return aligned(PAGE, size);
}

EXPORT void *pvalloc(size_t size)
{
    if (size > SIZE_MAX - PAGE) {
        errno = ENOMEM;
        return NULL;
    }
    return aligned(PAGE, (size + PAGE - 1) & ~(PAGE - 1));
}

EXPORT size_t malloc_usable_size(void *block)
{
    return block ? heap_malloc_usable_size(block) : 0;
}

void cfree(void *block);
EXPORT void cfree(void *block)
{
    free(block);
}

/* C23 */
void free_sized(void *block, size_t size);
EXPORT void free_sized(void *block, size_t size)
{
    (void)size;
    free(block);
}

void free_aligned_sized(void *block, size_t alignment, size_t size);
EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    free(block);
}

EXPORT int malloc_trim(size_t pad)
{
    (void)pad;
    heap_malloc_trim();
    return 1;
}

EXPORT int mallopt(int parameter, int value)
{
    (void)parameter;
    (void)value;
    return 1; /* accepted: none of glibc's parameters has a meaning here */
}

EXPORT struct mallinfo2 mallinfo2(void)
{
    struct mallinfo2 info = {0};
    struct heap_summary summary;
    heap_malloc_summarize(&summary);
    info.arena = summary.committed;
    info.uordblks = summary.allocated;
    info.fordblks = summary.committed > summary.allocated ? summary.committed - summary.allocated : 0;
    return info;
}

EXPORT struct mallinfo mallinfo(void)
{
    struct mallinfo2 wide = mallinfo2();
    struct mallinfo info = {0};
    info.arena = wide.arena > INT32_MAX ? INT32_MAX : (int)wide.arena;
    info.uordblks = wide.uordblks > INT32_MAX ? INT32_MAX : (int)wide.uordblks;
    info.fordblks = wide.fordblks > INT32_MAX ? INT32_MAX : (int)wide.fordblks;
    return info;
}

EXPORT void malloc_stats(void)
{
    struct mallinfo2 info = mallinfo2();
    fprintf(stderr, "winmem: committed %zu bytes, allocated %zu, free %zu\n", info.arena, info.uordblks, info.fordblks);
}

EXPORT int malloc_info(int options, FILE *file)
{
    if (options) {
        errno = EINVAL;
        return -1;
    }
    struct mallinfo2 info = mallinfo2();
    fprintf(file,
            "<malloc version=\"1\">\n<total type=\"rest\" count=\"1\" size=\"%zu\"/>\n"
            "<system type=\"current\" size=\"%zu\"/>\n</malloc>\n",
            info.fordblks, info.arena);
    return 0;
}

/* For programs that ask with which allocator they run. */
__attribute__((constructor)) static void start(void)
{
    heap_malloc_start();
}
