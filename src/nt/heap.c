/* heap.c: the Rtl names of the heap functions: handles become heaps, failures become exceptions where asked for. They
 * do not touch the last error; RtlAllocateHeap and RtlReAllocateHeap, which do, are in win32. Calls heap and exception.
 */
#include "nt/heap.h"

#include <string.h>
#include <winternl.h>

#include "exception/exception.h"
#include "mm/mm.h"
#include "ps/process.h"

#define RTL_ENTRY_BUSY 0x0001
#define RTL_ENTRY_SEGMENT 0x0002
#define RTL_ENTRY_UNCOMMITTED 0x0100

/* The entry of RtlWalkHeap, laid out as the native call has it. */
struct rtl_walk_entry {
    void *address;
    SIZE_T size;
    UCHAR overhead, region;
    USHORT flags;
    ULONG committed, uncommitted;
    void *first, *last;
};

/* The exception of a lack of memory tells the size that was asked for. */
static void raise_if_asked(const struct heap *heap, ULONG flags, NTSTATUS status, SIZE_T size)
{
    ULONG_PTR wanted = size;
    if ((heap_flags(heap) | flags) & HEAP_GENERATE_EXCEPTIONS)
        exception_raise_status(status, status == (NTSTATUS)STATUS_NO_MEMORY ? 1 : 0, &wanted);
}

/* Heap corruption ends the process: vectored handlers see the exception, no frame and no last filter does. */
static void end_of_corruption(const void *block)
{
    ULONG_PTR where = (ULONG_PTR)block;
    exception_frames_swap(NULL);
    exception_set_filter(NULL);
    ps_set_own_exit((uint32_t)STATUS_HEAP_CORRUPTION);
    exception_raise_status(STATUS_HEAP_CORRUPTION, 1, &where);
}

__attribute__((constructor)) static void know_the_end(void)
{
    heap_on_corruption(end_of_corruption);
}

NTSTATUS nt_heap_allocate(HANDLE handle, ULONG flags, SIZE_T size, void **block)
{
    struct heap *heap = heap_from_handle(handle);
    if (!heap)
        return STATUS_INVALID_HANDLE;
    *block = heap_allocate(heap, flags | (heap_flags(heap) & HEAP_NO_SERIALIZE), size);
    if (*block)
        return STATUS_SUCCESS;
    raise_if_asked(heap, flags, STATUS_NO_MEMORY, size);
    return STATUS_NO_MEMORY;
}

NTSTATUS nt_heap_reallocate(HANDLE handle, ULONG flags, void *block, SIZE_T size, void **moved)
{
    struct heap *heap = heap_from_handle(handle);
    if (!heap)
        return STATUS_INVALID_HANDLE;
    NTSTATUS status = heap_reallocate(heap, flags | (heap_flags(heap) & HEAP_NO_SERIALIZE), block, size, moved);
    if (status != STATUS_SUCCESS)
        raise_if_asked(heap, flags, status == (NTSTATUS)STATUS_NO_MEMORY ? status : (NTSTATUS)STATUS_ACCESS_VIOLATION,
                       size);
    return status;
}

NTSTATUS nt_heap_free(HANDLE handle, ULONG flags, void *block)
{
    struct heap *heap = heap_from_handle(handle);
    if (!block)
        return STATUS_SUCCESS;
    return heap ? heap_free(heap, flags | (heap_flags(heap) & HEAP_NO_SERIALIZE), block)
                : (NTSTATUS)STATUS_INVALID_HANDLE;
}

NTSTATUS nt_heap_walk(HANDLE handle, struct heap_entry *entry)
{
    struct heap *heap = heap_from_handle(handle);
    return heap ? heap_walk(heap, entry) : (NTSTATUS)STATUS_INVALID_HANDLE;
}

/* Of the parameters the largest block is kept; the others say when memory is taken and given back, which is the heap's
 * own business here. InitialCommit and InitialReserve are of no account without a base (documented). */
PVOID RtlCreateHeap(ULONG flags, PVOID base, SIZE_T reserve, SIZE_T commit, PVOID lock, PRTL_HEAP_PARAMETERS parameters)
{
    struct heap *heap;
    if (parameters && parameters->Length != sizeof *parameters)
        parameters = NULL;                                         /* of another version */
    if (base || lock || (parameters && parameters->CommitRoutine)) /* the caller's own memory or lock: not honoured */
        return NULL;
    const SIZE_T step = 16 * MM_PAGE;
    if (reserve == 0) /* documented: what is committed, in steps of 16 pages, or 64 pages */
        reserve = commit == 0 ? 4 * step : commit > SIZE_MAX - step ? commit : (commit + step - 1) / step * step;
    if (commit > reserve)
        commit = reserve;
    if (heap_create(flags, commit, flags & HEAP_GROWABLE ? 0 : reserve, &heap) != STATUS_SUCCESS)
        return NULL;
    if (parameters && parameters->MaximumAllocationSize)
        heap_set_largest(heap, parameters->MaximumAllocationSize);
    return heap;
}

PVOID RtlDestroyHeap(PVOID handle)
{
    struct heap *heap = heap_from_handle(handle);
    return heap && heap_destroy(heap) == STATUS_SUCCESS ? NULL : handle;
}

BOOLEAN RtlFreeHeap(PVOID handle, ULONG flags, PVOID block)
{
    return nt_heap_free(handle, flags, block) == STATUS_SUCCESS;
}

SIZE_T RtlSizeHeap(PVOID handle, ULONG flags, PVOID block)
{
    struct heap *heap = heap_from_handle(handle);
    size_t size;
    (void)flags;
    return heap && heap_size(heap, block, &size) == STATUS_SUCCESS ? size : (SIZE_T)-1;
}

BOOLEAN RtlValidateHeap(PVOID handle, ULONG flags, PVOID block)
{
    struct heap *heap = heap_from_handle(handle);
    return heap && heap_validate(heap, flags, block);
}

NTSTATUS RtlWalkHeap(PVOID handle, PVOID entry)
{
    struct rtl_walk_entry *out = entry;
    struct heap_entry at = {.data = out->address, .size = out->size, .region = out->region};
    at.kind = out->flags & RTL_ENTRY_SEGMENT ? HEAP_ENTRY_REGION : HEAP_ENTRY_FREE;
    NTSTATUS status = nt_heap_walk(handle, &at);
    if (status != STATUS_SUCCESS)
        return status;
    memset(out, 0, sizeof(*out));
    out->address = at.data;
    out->size = at.size;
    out->overhead = at.overhead > 255 ? 255 : (UCHAR)at.overhead;
    out->region = (UCHAR)at.region;
    switch (at.kind) {
    case HEAP_ENTRY_REGION:
        out->flags = RTL_ENTRY_SEGMENT;
        out->committed = (ULONG)at.committed;
        out->uncommitted = (ULONG)at.uncommitted;
        out->first = at.first;
        out->last = at.last;
        break;
    case HEAP_ENTRY_BUSY:
        out->flags = RTL_ENTRY_BUSY;
        break;
    case HEAP_ENTRY_UNCOMMITTED:
        out->flags = RTL_ENTRY_UNCOMMITTED;
        break;
    case HEAP_ENTRY_FREE:
        break;
    }
    return STATUS_SUCCESS;
}
