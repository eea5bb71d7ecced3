/* annotate.h: tells the address sanitizer and Valgrind what is a block and what is not. The first 16 bytes of a free
 * block stay open: the heap's link is there. Nothing without these tools. */
#ifndef WINMEM_HEAP_ANNOTATE_H
#define WINMEM_HEAP_ANNOTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define HEAP_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEAP_ASAN 1
#endif
#endif
#ifdef HEAP_ASAN
#include <sanitizer/asan_interface.h>
#else
#define HEAP_ASAN 0
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define HEAP_VALGRIND 1
#endif
#endif
#ifndef HEAP_VALGRIND
#define HEAP_VALGRIND 0
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_MALLOCLIKE_BLOCK(block, size, redzone, zeroed) ((void)(block))
#define VALGRIND_FREELIKE_BLOCK(block, redzone) ((void)(block))
#define VALGRIND_RESIZEINPLACE_BLOCK(block, old, size, redzone) ((void)(block))
#define VALGRIND_MAKE_MEM_DEFINED(block, size) ((void)(block))
#endif

#define ANNOTATE_LINK ((size_t)16)

static inline bool annotate_wanted(void)
{
    return HEAP_ASAN || RUNNING_ON_VALGRIND;
}

/* `capacity`: bytes of the block's place; its last four may hold the heap's record of the size, and the sanitizer
 * knows eight at a time. */
#define ANNOTATE_RECORD ((size_t)8)
static inline void annotate_busy(void *block, size_t exact, size_t capacity)
{
    ASAN_UNPOISON_MEMORY_REGION(block, capacity);
    if (capacity > exact + ANNOTATE_RECORD)
        ASAN_POISON_MEMORY_REGION((uint8_t *)block + exact, capacity - exact - ANNOTATE_RECORD);
    VALGRIND_MALLOCLIKE_BLOCK(block, exact, 0, 1);
}

static inline void annotate_resized(void *block, size_t old, size_t exact, size_t capacity)
{
    ASAN_UNPOISON_MEMORY_REGION(block, capacity);
    if (capacity > exact + ANNOTATE_RECORD)
        ASAN_POISON_MEMORY_REGION((uint8_t *)block + exact, capacity - exact - ANNOTATE_RECORD);
    VALGRIND_RESIZEINPLACE_BLOCK(block, old, exact, 0);
    (void)old;
}

static inline void annotate_free(void *block, size_t capacity)
{
    VALGRIND_FREELIKE_BLOCK(block, 0);
    VALGRIND_MAKE_MEM_DEFINED(block, ANNOTATE_LINK);
    ASAN_UNPOISON_MEMORY_REGION(block, ANNOTATE_LINK);
    if (capacity > ANNOTATE_LINK + ANNOTATE_RECORD)
        ASAN_POISON_MEMORY_REGION((uint8_t *)block + ANNOTATE_LINK, capacity - ANNOTATE_LINK - ANNOTATE_RECORD);
}

/* Memory that is no block any more, of whatever kind. */
static inline void annotate_none(void *memory, size_t size)
{
    ASAN_UNPOISON_MEMORY_REGION(memory, size);
}

#endif
