/* exports.c: the process heap as malloc's back: see exports.h. A wrong pointer ends the process, as C programs expect.
 */
#include "heap/exports.h"

#include "heap/internal.h"

void heap_malloc_start(void)
{
    if (heap_state.malloc)
        return;
    heap_process();
    heap_state.malloc = true;
}

void *heap_malloc_allocate(size_t size, uint32_t flags)
{
    heap_malloc_start();
    return heap_allocate_slow(heap_process(), flags, size);
}

void *heap_malloc_allocate_aligned(size_t size, size_t alignment)
{
    return heap_allocate_aligned(heap_process(), 0, size, alignment);
}

/* Blocks of private heaps may come here too, from code that mixes the families: they are freed where they belong. */
static struct heap *home_of(void *block)
{
    struct heap *heap = heap_process();
    struct heap *home = heap_of_block(block);
    return home ? home : heap;
}

void *heap_malloc_reallocate(void *block, size_t size)
{
    void *moved = heap_reallocate_quick(heap_process_front, block, size);
    if (moved)
        return moved;
    NTSTATUS status = heap_reallocate(home_of(block), 0, block, size, &moved);
    if (status == STATUS_SUCCESS)
        return moved;
    if (status != (NTSTATUS)STATUS_NO_MEMORY)
        heap_die("realloc of a pointer that is no block", block);
    return NULL;
}

static __attribute__((noinline)) void free_elsewhere(void *block)
{
    if (heap_free_slow(home_of(block), 0, block) != STATUS_SUCCESS)
        heap_die("free of a pointer that is no block, or freed already", block);
}

void heap_malloc_free(void *block)
{
    if (!heap_free_quick(heap_process_front, &heap_first, block))
        free_elsewhere(block);
}

size_t heap_malloc_usable_size(void *block)
{
    return heap_usable_size(block);
}

void heap_malloc_trim(void)
{
    heap_trim_all();
}

void heap_malloc_summarize(struct heap_summary *summary)
{
    heap_summarize(heap_process(), summary);
}
