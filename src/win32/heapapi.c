/* heapapi.c: the faces of heapapi.h: argument shapes and last errors; the fast paths of HeapAlloc and HeapFree.
 * A wrong block leaves the last error alone, as on Windows, unless nothing is mapped there (ERROR_NOACCESS). */
#include "heap/internal.h"
#include "heap/movable.h"
#include "nt/heap.h"
#include "win32/win32.h"

#include <heapapi.h>
#include <winerror.h>
#include <winternl.h>

/* FALSE with the last error that a wrong block deserves. */
static BOOL wrong_block(NTSTATUS status)
{
    if (status == (NTSTATUS)STATUS_ACCESS_VIOLATION)
        SetLastError(ERROR_NOACCESS);
    else if (status == (NTSTATUS)STATUS_INVALID_HANDLE)
        SetLastError(ERROR_INVALID_HANDLE);
    return FALSE;
}

static struct heap *heap_or_error(HANDLE handle)
{
    struct heap *heap = heap_from_handle(handle);
    if (!heap)
        SetLastError(ERROR_INVALID_HANDLE);
    return heap;
}

HANDLE GetProcessHeap(void)
{
    return heap_process();
}

DWORD GetProcessHeaps(DWORD count, PHANDLE heaps)
{
    if (count && !heaps) {
        SetLastError(ERROR_NOACCESS);
        return 0;
    }
    return (DWORD)heap_list(heaps, count);
}

HANDLE HeapCreate(DWORD options, SIZE_T initial, SIZE_T maximum)
{
    struct heap *heap;
    return win32_status(heap_create(options, initial, maximum, &heap)) ? heap : NULL;
}

BOOL HeapDestroy(HANDLE handle)
{
    struct heap *heap = heap_or_error(handle);
    return heap && win32_status(heap_destroy(heap));
}

static LPVOID allocate_slow(HANDLE handle, DWORD flags, SIZE_T size)
{
    void *block = NULL;
    return win32_status(nt_heap_allocate(handle, flags, size, &block)) ? block : NULL;
}

LPVOID HeapAlloc(HANDLE handle, DWORD flags, SIZE_T size)
{
    if (likely(size <= SMALL_MAX)) {
        struct front *front = front_of_handle(handle);
        void *block = likely(size <= FAST_MAX) ? front_allocate(front, size) : front_allocate_small(front, size);
        if (likely(block)) {
            if (flags & HEAP_ZERO_MEMORY)
                memset(block, 0, size);
            return block;
        }
    }
    return allocate_slow(handle, flags, size);
}

LPVOID HeapReAlloc(HANDLE handle, DWORD flags, LPVOID block, SIZE_T size)
{
    void *moved = NULL;
    if (!block) {
        SetLastError(ERROR_SUCCESS);
        return NULL;
    }
    NTSTATUS status = nt_heap_reallocate(handle, flags, block, size, &moved);
    if (status == STATUS_SUCCESS)
        return moved;
    if (status == (NTSTATUS)STATUS_NO_MEMORY)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    else
        wrong_block(status);
    return NULL;
}

/* On Windows the two names are one function each: these set the last error as well. */
PVOID RtlAllocateHeap(PVOID handle, ULONG flags, SIZE_T size)
{
    return HeapAlloc(handle, flags, size);
}

PVOID RtlReAllocateHeap(PVOID handle, ULONG flags, PVOID block, SIZE_T size)
{
    return HeapReAlloc(handle, flags, block, size);
}

static BOOL free_slow(HANDLE handle, DWORD flags, LPVOID block)
{
    NTSTATUS status = nt_heap_free(handle, flags, block);
    return status == STATUS_SUCCESS ? TRUE : wrong_block(status);
}

BOOL HeapFree(HANDLE handle, DWORD flags, LPVOID block)
{
    if (likely(front_free(front_of_handle(handle), block)))
        return TRUE;
    return free_slow(handle, flags, block);
}

SIZE_T HeapSize(HANDLE handle, DWORD flags, LPCVOID block)
{
    struct heap *heap = heap_or_error(handle);
    size_t size;
    (void)flags;
    if (!heap)
        return (SIZE_T)-1;
    NTSTATUS status = heap_size(heap, block, &size);
    if (status == STATUS_SUCCESS)
        return size;
    wrong_block(status);
    return (SIZE_T)-1;
}

BOOL HeapLock(HANDLE handle)
{
    struct heap *heap = heap_or_error(handle);
    return heap && win32_status(heap_lock(heap));
}

BOOL HeapUnlock(HANDLE handle)
{
    struct heap *heap = heap_or_error(handle);
    return heap && win32_status(heap_unlock(heap));
}

BOOL HeapValidate(HANDLE handle, DWORD flags, LPCVOID block)
{
    struct heap *heap = heap_or_error(handle);
    if (!heap)
        return FALSE;
    if (heap_validate(heap, flags, block))
        return TRUE;
    if (block)
        wrong_block(heap_pointer_status(block));
    return FALSE;
}

SIZE_T HeapCompact(HANDLE handle, DWORD flags)
{
    struct heap *heap = heap_or_error(handle);
    return heap ? heap_compact(heap, flags) : 0;
}

BOOL HeapSummary(HANDLE handle, DWORD flags, LPHEAP_SUMMARY out)
{
    struct heap *heap = heap_or_error(handle);
    (void)flags;
    if (!heap)
        return FALSE;
    if (!out || out->cb < sizeof(*out))
        return win32_error(ERROR_INVALID_PARAMETER);
    struct heap_summary summary;
    heap_summarize(heap, &summary);
    out->cbAllocated = summary.allocated;
    out->cbCommitted = summary.committed;
    out->cbReserved = summary.reserved;
    out->cbMaxReserve = summary.maximum;
    return TRUE;
}

/* --- HeapWalk --- */

static DWORD narrow(size_t size)
{
    return size > MAXDWORD ? MAXDWORD : (DWORD)size;
}

/* A block that a handle of GlobalAlloc or LocalAlloc stands for tells the handle. */
static void tell_handle(LPPROCESS_HEAP_ENTRY out)
{
    struct movable_state state;
    void *handle = movable_of_block(out->lpData);
    if (!handle || movable_query(handle, &state) != STATUS_SUCCESS || state.block != out->lpData)
        return;
    out->wFlags |= PROCESS_HEAP_ENTRY_MOVEABLE | (state.flags & MOVABLE_DDESHARE ? PROCESS_HEAP_ENTRY_DDESHARE : 0);
    out->Block.hMem = handle;
}

static void fill_entry(LPPROCESS_HEAP_ENTRY out, const struct heap_entry *at)
{
    memset(out, 0, sizeof(*out));
    out->lpData = at->data;
    out->cbData = narrow(at->size);
    out->cbOverhead = at->overhead > 255 ? 255 : (BYTE)at->overhead;
    out->iRegionIndex = (BYTE)at->region;
    switch (at->kind) {
    case HEAP_ENTRY_REGION:
        out->wFlags = PROCESS_HEAP_REGION;
        out->Region.dwCommittedSize = narrow(at->committed);
        out->Region.dwUnCommittedSize = narrow(at->uncommitted);
        out->Region.lpFirstBlock = at->first;
        out->Region.lpLastBlock = at->last;
        break;
    case HEAP_ENTRY_UNCOMMITTED:
        out->wFlags = PROCESS_HEAP_UNCOMMITTED_RANGE;
        break;
    case HEAP_ENTRY_BUSY:
        out->wFlags = PROCESS_HEAP_ENTRY_BUSY;
        tell_handle(out);
        break;
    case HEAP_ENTRY_FREE:
        break;
    }
}

BOOL HeapWalk(HANDLE handle, LPPROCESS_HEAP_ENTRY out)
{
    if (!out)
        return win32_error(ERROR_INVALID_PARAMETER);
    struct heap_entry at = {.data = out->lpData, .size = out->cbData, .region = out->iRegionIndex};
    at.kind = out->wFlags & PROCESS_HEAP_REGION              ? HEAP_ENTRY_REGION
              : out->wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE ? HEAP_ENTRY_UNCOMMITTED
              : out->wFlags & PROCESS_HEAP_ENTRY_BUSY        ? HEAP_ENTRY_BUSY
                                                             : HEAP_ENTRY_FREE;
    if (!win32_status(nt_heap_walk(handle, &at)))
        return FALSE;
    fill_entry(out, &at);
    return TRUE;
}

/* --- information --- */

static BOOL set_compatibility(struct heap *heap, const void *information, SIZE_T length)
{
    if (length < sizeof(ULONG))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (!information)
        return win32_error(ERROR_NOACCESS);
    ULONG wanted = *(const ULONG *)information;
    if (wanted != 2 ? wanted != heap_compatibility(heap) : !heap_may_be_low_fragmentation(heap))
        return win32_error(ERROR_GEN_FAILURE); /* no way back, and not for such a heap */
    heap_enable_low_fragmentation(heap);
    return TRUE;
}

static BOOL optimize(HANDLE handle, const HEAP_OPTIMIZE_RESOURCES_INFORMATION *information, SIZE_T length)
{
    if (length < sizeof(*information))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (!information || information->Version != HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION || information->Flags)
        return win32_error(ERROR_INVALID_PARAMETER);
    struct heap *heap = handle ? heap_or_error(handle) : NULL;
    if (handle && !heap)
        return FALSE;
    if (heap)
        heap_compact(heap, 0);
    else
        heap_trim_all();
    return TRUE;
}

BOOL HeapSetInformation(HANDLE handle, HEAP_INFORMATION_CLASS class, PVOID information, SIZE_T length)
{
    struct heap *heap;
    switch (class) {
    case HeapCompatibilityInformation:
        heap = heap_or_error(handle);
        return heap && set_compatibility(heap, information, length);
    case HeapEnableTerminationOnCorruption:
        if (information || length)
            return win32_error(ERROR_INVALID_PARAMETER);
        heap_terminate_on_corruption();
        return TRUE;
    case HeapOptimizeResources:
        return optimize(handle, information, length);
    default:
        return win32_error(ERROR_INVALID_PARAMETER);
    }
}

BOOL HeapQueryInformation(HANDLE handle, HEAP_INFORMATION_CLASS class, PVOID information, SIZE_T length, PSIZE_T needed)
{
    if (class != HeapCompatibilityInformation && class != HeapEnableTerminationOnCorruption)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!handle && class == HeapCompatibilityInformation)
        return win32_error(ERROR_NOACCESS);
    struct heap *heap = handle ? heap_or_error(handle) : NULL;
    if (handle && !heap)
        return FALSE;
    if (needed)
        *needed = sizeof(ULONG);
    if (length < sizeof(ULONG))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (!information)
        return win32_error(ERROR_NOACCESS);
    *(ULONG *)information = class == HeapCompatibilityInformation ? heap_compatibility(heap) : heap_state.terminate;
    return TRUE;
}
