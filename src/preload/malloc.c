/* malloc.c: malloc and its family on the process heap: libwinmem-malloc.so, for LD_PRELOAD and for linking. The fast
 * paths are the heap's inline ones; everything else is in libwinmem.so, so that a program that uses both has one heap.
 * May call the heap only; usable before constructors. */
#include "heap/internal.h"
#include "heap/exports.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
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
    void *block =
        aligned(alignment, size); /* errno is not specified; glibc and musl leave it set, and are relied upon */
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

/* What has a mapping of its own is told apart, as glibc does. */
static struct mallinfo2 info_of(const struct heap_summary *summary)
{
    struct mallinfo2 info = {0};
    info.arena = summary->committed - summary->huge_committed;
    info.hblks = summary->huge_blocks;
    info.hblkhd = summary->huge_committed;
    info.uordblks = summary->allocated - summary->huge_allocated;
    info.fordblks = info.arena > info.uordblks ? info.arena - info.uordblks : 0;
    return info;
}

EXPORT struct mallinfo2 mallinfo2(void)
{
    struct heap_summary summary;
    heap_malloc_summarize(&summary);
    return info_of(&summary);
}

static int narrow(size_t value)
{
    return value > INT32_MAX ? INT32_MAX : (int)value;
}

EXPORT struct mallinfo mallinfo(void)
{
    struct mallinfo2 wide = mallinfo2();
    struct mallinfo info = {0};
    info.arena = narrow(wide.arena);
    info.hblks = narrow(wide.hblks);
    info.hblkhd = narrow(wide.hblkhd);
    info.uordblks = narrow(wide.uordblks);
    info.fordblks = narrow(wide.fordblks);
    return info;
}

/* In glibc's words, for those who read them. No point of cancellation: it would leave half of them. */
EXPORT void malloc_stats(void)
{
    struct heap_summary summary;
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    heap_malloc_summarize(&summary);
    struct mallinfo2 info = info_of(&summary);
    fprintf(stderr,
            "Arena 0:\nsystem bytes     = %10zu\nin use bytes     = %10zu\n"
            "Total (incl. mmap):\nsystem bytes     = %10zu\nin use bytes     = %10zu\n"
            "max mmap regions = %10zu\nmax mmap bytes   = %10zu\n",
            info.arena, info.uordblks, summary.committed, summary.allocated, summary.huge_blocks_most,
            summary.huge_committed_most);
    pthread_setcancelstate(state, NULL);
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

/* The C library's second names: who allocates by one of them frees by `free`. */
#if __has_attribute(copy)
#define LIKE(name) copy(name),
#else
#define LIKE(name)
#endif
#define ALSO(second, name)                                                                                             \
    extern __typeof__(name) second __attribute__((LIKE(name) alias(#name), visibility("default")));
ALSO(__libc_malloc, malloc)
ALSO(__libc_calloc, calloc)
ALSO(__libc_realloc, realloc)
ALSO(__libc_free, free)
ALSO(__libc_memalign, memalign)
ALSO(__libc_valloc, valloc)
ALSO(__libc_pvalloc, pvalloc)
ALSO(__posix_memalign, posix_memalign)

/* For programs that ask with which allocator they run. */
__attribute__((constructor)) static void start(void)
{
    heap_malloc_start();
}
