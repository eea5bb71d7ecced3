/* heap.h: heaps as the layers above may ask for them: create, allocate, walk, validate. Windows' rules of flags and
 * limits are kept here; the faces in nt and win32 turn statuses into errors and exceptions. Never calls malloc. */
#ifndef WINMEM_HEAP_HEAP_H
#define WINMEM_HEAP_HEAP_H

#include <ntstatus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <winnt.h>

struct heap;

/* Heap flags that the public headers do not name (tail and free checks of RtlCreateHeap). */
#ifndef HEAP_TAIL_CHECKING_ENABLED
#define HEAP_TAIL_CHECKING_ENABLED 0x00000020
#endif
#ifndef HEAP_FREE_CHECKING_ENABLED
#define HEAP_FREE_CHECKING_ENABLED 0x00000040
#endif

/* The process heap; starts the module at the first call. Usable before constructors. NULL: no memory at all. */
struct heap *heap_process(void);
/* NULL when the handle is no heap of ours; a handle that is not may be any value. */
struct heap *heap_from_handle(const void *handle);
NTSTATUS heap_create(uint32_t flags, size_t initial, size_t maximum, struct heap **heap);
/* The largest block of a heap that nobody has used yet. */
void heap_set_largest(struct heap *heap, size_t size);
NTSTATUS heap_destroy(struct heap *heap);
/* Handles of all heaps, the process heap first; returns how many there are, writes at most `count`. */
size_t heap_list(void **handles, size_t count);
/* The heap after one in the table, NULL after the last: a walk that survives what comes and goes meanwhile. */
struct heap *heap_next(const struct heap *heap);
uint32_t heap_flags(const struct heap *heap); /* as given to heap_create */

/* The block, or NULL for lack of memory. `flags`: HEAP_ZERO_MEMORY, HEAP_NO_SERIALIZE; others ignored. */
void *heap_allocate(struct heap *heap, uint32_t flags, size_t size);
/* A block at a multiple of `alignment` (power of two). */
void *heap_allocate_aligned(struct heap *heap, uint32_t flags, size_t size, size_t alignment);
/* STATUS_NO_MEMORY: as it was. STATUS_INVALID_PARAMETER: not a block of this heap; STATUS_ACCESS_VIOLATION: in
 * memory that is not mapped; STATUS_HEAP_CORRUPTION: freed already or damaged. */
NTSTATUS heap_reallocate(struct heap *heap, uint32_t flags, void *block, size_t size, void **moved);
NTSTATUS heap_free(struct heap *heap, uint32_t flags, void *block);
NTSTATUS heap_size(struct heap *heap, const void *block, size_t *size);
/* Bytes of the block that may be written: at least its size. 0: not a block of the process's heaps. */
size_t heap_usable_size(const void *block);
/* The heap that a live block belongs to, or NULL. */
struct heap *heap_of_block(const void *block);
/* What a wrong pointer deserves: STATUS_ACCESS_VIOLATION where nothing is mapped, else STATUS_INVALID_PARAMETER. */
NTSTATUS heap_pointer_status(const void *pointer);

NTSTATUS heap_lock(struct heap *heap);
NTSTATUS heap_unlock(struct heap *heap);
/* One block, or with NULL the whole heap. */
bool heap_validate(struct heap *heap, uint32_t flags, const void *block);
/* Returns free memory to the system and says the largest free block. */
size_t heap_compact(struct heap *heap, uint32_t flags);
/* Trims caches of every heap (HeapOptimizeResources). */
void heap_trim_all(void);

struct heap_summary {
    size_t allocated, committed, reserved, maximum, blocks;
    size_t huge_blocks, huge_allocated, huge_committed; /* of these: blocks with mappings of their own */
    size_t huge_blocks_most, huge_committed_most;       /* at any time so far */
};
void heap_summarize(struct heap *heap, struct heap_summary *summary);

/* HeapWalk's entry, as a record of our own. `start` NULL begins. STATUS_NO_MORE_ENTRIES ends. */
enum heap_entry_kind { HEAP_ENTRY_REGION = 1, HEAP_ENTRY_BUSY, HEAP_ENTRY_FREE, HEAP_ENTRY_UNCOMMITTED };
struct heap_entry {
    uint8_t *data;
    size_t size;
    enum heap_entry_kind kind;
    uint32_t region;               /* index of the region that holds it */
    size_t overhead;               /* bytes behind `size` that belong to the block as well */
    size_t committed, uncommitted; /* regions only */
    void *first, *last;            /* regions only */
};
NTSTATUS heap_walk(struct heap *heap, struct heap_entry *entry);

/* HeapSetInformation. */
void heap_terminate_on_corruption(void);
void heap_enable_low_fragmentation(struct heap *heap);
bool heap_may_be_low_fragmentation(const struct heap *heap);
uint32_t heap_compatibility(struct heap *heap); /* 2: LFH, 0: standard */
/* Writes a line to stderr and dies of SIGABRT: what termination on corruption means here. */
_Noreturn void heap_die(const char *what, const void *block);
/* Reports a wrong call: ends the process when termination on corruption is on, else returns. */
void heap_report(const char *what, const void *block);
/* The same for memory of the heap itself that was overwritten: counted as well, the heap is not valid any more. */
void heap_damaged(struct heap *heap, const char *what, const void *block);
/* What ends the process on corruption, said by the layer that knows exceptions and exit codes; may return. */
void heap_on_corruption(void (*end)(const void *block));

/* Around fork: prepare stops every other thread outside heap operations. */
void heap_fork_prepare(void);
void heap_fork_parent(void);
void heap_fork_child(void);

#endif
