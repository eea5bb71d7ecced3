/* annotate.h: tells the address sanitizer and Valgrind what is a block and what is not. The sanitizer is asked for when
 * the program starts, so that any build of the library serves a program that was compiled with it; Valgrind when its
 * header was there at the build. Nothing happens without these tools. */
#ifndef WINMEM_HEAP_ANNOTATE_H
#define WINMEM_HEAP_ANNOTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the sanitizers' run-time library; NULL when the program has none. */
__attribute__((weak)) void __asan_poison_memory_region(const volatile void *address, size_t size);
__attribute__((weak)) void __asan_unpoison_memory_region(const volatile void *address, size_t size);
__attribute__((weak)) void __lsan_register_root_region(const void *address, size_t size);
__attribute__((weak)) void __lsan_unregister_root_region(const void *address, size_t size);

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define HEAP_VALGRIND 1
#endif
#endif
#ifndef HEAP_VALGRIND
#define HEAP_VALGRIND 0
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_MALLOCLIKE_BLOCK(block, size, redzone, zeroed) ((void)(block), (void)(zeroed))
#define VALGRIND_FREELIKE_BLOCK(block, redzone) ((void)(block))
#define VALGRIND_RESIZEINPLACE_BLOCK(block, old, size, redzone) ((void)(block))
#define VALGRIND_MAKE_MEM_DEFINED(block, size) ((void)(block))
#define VALGRIND_MAKE_MEM_NOACCESS(block, size) ((void)(block))
#endif

static inline bool annotate_asan(void)
{
    return &__asan_poison_memory_region != NULL && &__asan_unpoison_memory_region != NULL;
}

static inline bool annotate_wanted(void)
{
    return annotate_asan() || RUNNING_ON_VALGRIND;
}

static inline void annotate_close(void *memory, size_t size)
{
    if (annotate_asan())
        __asan_poison_memory_region(memory, size);
    VALGRIND_MAKE_MEM_NOACCESS(memory, size);
}

/* What of a place of `capacity` bytes is behind a block of `exact` ones is closed. */
static inline void annotate_rest(void *block, size_t exact, size_t capacity)
{
    if (exact < capacity)
        annotate_close((uint8_t *)block + exact, capacity - exact);
}

static inline void annotate_busy(void *block, size_t exact, size_t capacity, bool zeroed)
{
    if (annotate_asan())
        __asan_unpoison_memory_region(block, capacity);
    VALGRIND_MALLOCLIKE_BLOCK(block, exact, 0, zeroed);
    annotate_rest(block, exact, capacity);
}

static inline void annotate_resized(void *block, size_t old, size_t exact, size_t capacity)
{
    if (annotate_asan())
        __asan_unpoison_memory_region(block, capacity);
    if (old && exact) {
        VALGRIND_RESIZEINPLACE_BLOCK(block, old, exact, 0);
    } else { /* Valgrind resizes no block of nothing */
        VALGRIND_FREELIKE_BLOCK(block, 0);
        VALGRIND_MALLOCLIKE_BLOCK(block, exact, 0, 0);
    }
    annotate_rest(block, exact, capacity);
}

/* Also for a block that is none: Valgrind says what is wrong. */
static inline void annotate_free(void *block)
{
    VALGRIND_FREELIKE_BLOCK(block, 0);
    (void)block;
}

/* A page's places before there are blocks in them. */
static inline void annotate_places(uint8_t *start, size_t size, size_t block_size)
{
    if (!block_size)
        block_size = size;
    for (uint8_t *at = start; at + block_size <= start + size; at += block_size)
        annotate_rest(at, 0, block_size);
}

/* Fresh pages are zero: nobody wrote that. */
static inline void annotate_zero(void *memory, size_t size)
{
    VALGRIND_MAKE_MEM_DEFINED(memory, size);
    (void)memory;
    (void)size;
}

/* Memory that is no block any more, of whatever kind. */
static inline void annotate_none(void *memory, size_t size)
{
    if (annotate_asan())
        __asan_unpoison_memory_region(memory, size);
}

/* Memory that may hold the only pointer to another allocator's block. */
static inline void annotate_region(void *base, size_t size, bool there)
{
    if (there && &__lsan_register_root_region)
        __lsan_register_root_region(base, size);
    else if (!there && &__lsan_unregister_root_region)
        __lsan_unregister_root_region(base, size);
}

#endif
