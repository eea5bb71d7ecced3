/* globalmem.c: GlobalAlloc, LocalAlloc and their kin: fixed blocks of the process heap, or handles of the movable
 * table. One body per operation; `global` says which family asks, where the two differ. */
#include "heap/heap.h"
#include "heap/movable.h"
#include "win32/win32.h"

#include <stdint.h>
#include <winbase.h>
#include <winerror.h>

static uint32_t zero_flag(UINT flags)
{
    return flags & GMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0;
}

static void *fail(DWORD error)
{
    SetLastError(error);
    return NULL;
}

static bool is_discardable(UINT flags, bool global)
{
    return flags & (global ? GMEM_DISCARDABLE : LMEM_DISCARDABLE);
}

static uint8_t kept_flags(UINT flags, bool global)
{
    return (uint8_t)((is_discardable(flags, global) ? MOVABLE_DISCARDABLE : 0) |
                     (flags & GMEM_DDESHARE && global ? MOVABLE_DDESHARE : 0));
}

/* A fixed block: one of the process heap. */
static bool is_fixed(const void *block)
{
    return !movable_is_handle(block) && heap_of_block(block) == heap_process();
}

/* Values without the mark of a handle (bit 3) are addresses of fixed memory, whoever's: they are locked by being there.
 */
static bool is_address(const void *value)
{
    return value && !((uintptr_t)value & 8);
}

static HGLOBAL allocate(UINT flags, SIZE_T size, bool global)
{
    void *handle, *block = NULL;
    if (flags & ~(UINT)(global ? GMEM_VALID_FLAGS : LMEM_VALID_FLAGS | GMEM_DDESHARE | GMEM_NOT_BANKED | GMEM_NOTIFY))
        return fail(ERROR_INVALID_PARAMETER);
    if (global && !(flags & GMEM_MOVEABLE) && !size)
        size = 1; /* a fixed block of Global has a byte, one of Local has none */
    if (size || !(flags & GMEM_MOVEABLE)) {
        block = heap_allocate(heap_process(), zero_flag(flags), size);
        if (!block)
            return fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    if (!(flags & GMEM_MOVEABLE))
        return block;
    if (movable_create(block, kept_flags(flags, global), &handle) == STATUS_SUCCESS)
        return handle;
    if (block)
        heap_free(heap_process(), 0, block);
    return fail(ERROR_NOT_ENOUGH_MEMORY);
}

static HGLOBAL release(HGLOBAL memory)
{
    void *block = memory;
    if (!memory)
        return NULL;
    if (movable_is_handle(memory) ? movable_destroy(memory, &block) != STATUS_SUCCESS : !is_fixed(memory)) {
        SetLastError(ERROR_INVALID_HANDLE);
        return memory;
    }
    if (block)
        heap_free(heap_process(), 0, block);
    return NULL;
}

static LPVOID lock(HGLOBAL memory)
{
    struct movable_state state;
    if (!memory || is_address(memory))
        return memory && (is_fixed(memory) || !IsBadReadPtr(memory, 1)) ? memory : NULL; /* no error, as on Windows */
    if (movable_lock(memory, 1, &state) != STATUS_SUCCESS)
        return fail(ERROR_INVALID_HANDLE);
    return state.block ? state.block : fail(ERROR_DISCARDED);
}

static BOOL unlock(HGLOBAL memory, bool global)
{
    struct movable_state state;
    if (is_address(memory))
        return global ? TRUE : win32_error(ERROR_NOT_LOCKED);
    NTSTATUS status = movable_lock(memory, -1, &state);
    if (status != STATUS_SUCCESS)
        return win32_error(status == (NTSTATUS)STATUS_INVALID_HANDLE ? ERROR_INVALID_HANDLE : ERROR_NOT_LOCKED);
    if (state.locks)
        return TRUE;
    return win32_error(ERROR_SUCCESS);
}

static SIZE_T size_of(HGLOBAL memory)
{
    struct movable_state state = {.block = memory};
    size_t size = 0;
    bool good =
        movable_is_handle(memory) ? movable_query(memory, &state) == STATUS_SUCCESS : memory && is_fixed(memory);
    if (!good)
        SetLastError(ERROR_INVALID_HANDLE);
    else if (state.block)
        (void)heap_size(heap_process(), state.block, &size);
    return size;
}

static UINT flags_of(HGLOBAL memory, bool global)
{
    struct movable_state state;
    if (movable_is_handle(memory) && movable_query(memory, &state) == STATUS_SUCCESS) {
        UINT flags = state.locks;
        if (state.flags & MOVABLE_DISCARDABLE)
            flags |= global ? GMEM_DISCARDABLE : LMEM_DISCARDABLE;
        if (!state.block)
            flags |= GMEM_DISCARDED;
        if (state.flags & MOVABLE_DDESHARE)
            flags |= GMEM_DDESHARE;
        return flags;
    }
    if (is_address(memory))
        return 0;
    SetLastError(ERROR_INVALID_HANDLE);
    return GMEM_INVALID_HANDLE;
}

static HGLOBAL handle_of(LPCVOID pointer)
{
    if (!pointer)
        return fail(ERROR_INVALID_PARAMETER);
    if (movable_is_handle(pointer)) {
        struct movable_state state;
        return movable_query(pointer, &state) == STATUS_SUCCESS ? (HGLOBAL)(uintptr_t)pointer
                                                                : fail(ERROR_INVALID_HANDLE);
    }
    void *handle = movable_of_block(pointer);
    if (handle)
        return handle;
    return is_fixed(pointer) ? (HGLOBAL)(uintptr_t)pointer : fail(ERROR_INVALID_HANDLE);
}

/* --- reallocation --- */

static HGLOBAL modify(HGLOBAL memory, UINT flags, bool global)
{
    struct movable_state state;
    void *handle;
    if (movable_is_handle(memory)) {
        if (movable_query(memory, &state) != STATUS_SUCCESS)
            return fail(ERROR_INVALID_HANDLE);
        uint8_t kept = (uint8_t)(state.flags & ~MOVABLE_DISCARDABLE);
        movable_update(memory, &state, state.block, kept | (is_discardable(flags, global) ? MOVABLE_DISCARDABLE : 0));
        return memory;
    }
    if (!is_fixed(memory))
        return fail(ERROR_INVALID_HANDLE);
    if (!(flags & GMEM_MOVEABLE) || !global)
        return memory;
    if (movable_create(memory, kept_flags(flags, global), &handle) != STATUS_SUCCESS)
        return fail(ERROR_NOT_ENOUGH_MEMORY);
    return handle;
}

static HGLOBAL resize_fixed(HGLOBAL memory, SIZE_T size, UINT flags)
{
    void *moved;
    if (!is_fixed(memory))
        return fail(ERROR_INVALID_HANDLE);
    uint32_t in_place = flags & GMEM_MOVEABLE ? 0 : HEAP_REALLOC_IN_PLACE_ONLY;
    NTSTATUS status = heap_reallocate(heap_process(), zero_flag(flags) | in_place, memory, size, &moved);
    return status == STATUS_SUCCESS ? moved : fail(ERROR_NOT_ENOUGH_MEMORY);
}

static HGLOBAL discard(HGLOBAL memory, UINT flags, const struct movable_state *state)
{
    if (!(flags & GMEM_MOVEABLE) || state->locks)
        return fail(ERROR_INVALID_PARAMETER);
    if (movable_update(memory, state, NULL, state->flags) != STATUS_SUCCESS)
        return fail(ERROR_INVALID_HANDLE);
    if (state->block)
        heap_free(heap_process(), 0, state->block);
    return memory;
}

static HGLOBAL resize_movable(HGLOBAL memory, SIZE_T size, UINT flags)
{
    struct movable_state state;
    void *moved;
    if (movable_query(memory, &state) != STATUS_SUCCESS)
        return fail(ERROR_INVALID_HANDLE);
    if (!size)
        return discard(memory, flags, &state);
    if (!state.block) {
        moved = heap_allocate(heap_process(), zero_flag(flags), size);
        if (!moved)
            return fail(ERROR_NOT_ENOUGH_MEMORY);
    } else {
        uint32_t in_place = state.locks && !(flags & GMEM_MOVEABLE) ? HEAP_REALLOC_IN_PLACE_ONLY : 0;
        uint32_t heap_bits = zero_flag(flags) | in_place;
        if (heap_reallocate(heap_process(), heap_bits, state.block, size, &moved) != STATUS_SUCCESS)
            return fail(ERROR_NOT_ENOUGH_MEMORY);
    }
    if (movable_update(memory, &state, moved, state.flags) != STATUS_SUCCESS)
        return fail(ERROR_INVALID_HANDLE);
    return memory;
}

static HGLOBAL reallocate(HGLOBAL memory, SIZE_T size, UINT flags, bool global)
{
    if (!memory)
        return fail(ERROR_INVALID_HANDLE);
    if (flags & GMEM_MODIFY)
        return modify(memory, flags, global);
    if (is_discardable(flags, global))
        return fail(ERROR_INVALID_PARAMETER);
    return movable_is_handle(memory) ? resize_movable(memory, size, flags) : resize_fixed(memory, size, flags);
}

/* --- the faces --- */

HGLOBAL GlobalAlloc(UINT flags, SIZE_T size)
{
    return allocate(flags, size, true);
}
HLOCAL LocalAlloc(UINT flags, SIZE_T size)
{
    return allocate(flags, size, false);
}
HGLOBAL GlobalReAlloc(HGLOBAL memory, SIZE_T size, UINT flags)
{
    return reallocate(memory, size, flags, true);
}
HLOCAL LocalReAlloc(HLOCAL memory, SIZE_T size, UINT flags)
{
    return reallocate(memory, size, flags, false);
}
HGLOBAL GlobalFree(HGLOBAL memory)
{
    return release(memory);
}
HLOCAL LocalFree(HLOCAL memory)
{
    return release(memory);
}
LPVOID GlobalLock(HGLOBAL memory)
{
    return lock(memory);
}
LPVOID LocalLock(HLOCAL memory)
{
    return lock(memory);
}
BOOL GlobalUnlock(HGLOBAL memory)
{
    return unlock(memory, true);
}
BOOL LocalUnlock(HLOCAL memory)
{
    return unlock(memory, false);
}
SIZE_T GlobalSize(HGLOBAL memory)
{
    return size_of(memory);
}
SIZE_T LocalSize(HLOCAL memory)
{
    return size_of(memory);
}
UINT GlobalFlags(HGLOBAL memory)
{
    return flags_of(memory, true);
}
UINT LocalFlags(HLOCAL memory)
{
    return flags_of(memory, false);
}
HGLOBAL GlobalHandle(LPCVOID pointer)
{
    return handle_of(pointer);
}
HLOCAL LocalHandle(LPCVOID pointer)
{
    return handle_of(pointer);
}
/* Nothing is compacted on demand: these say so, as they do on Windows. */
SIZE_T GlobalCompact(DWORD least)
{
    (void)least;
    return 0;
}
SIZE_T LocalCompact(UINT least)
{
    (void)least;
    return 0;
}
SIZE_T LocalShrink(HLOCAL memory, UINT size)
{
    (void)memory;
    (void)size;
    return 0;
}
void GlobalFix(HGLOBAL memory)
{
    if (memory != (HGLOBAL)(LONG_PTR)-1)
        GlobalLock(memory);
}
void GlobalUnfix(HGLOBAL memory)
{
    if (memory != (HGLOBAL)(LONG_PTR)-1)
        GlobalUnlock(memory);
}
LPVOID GlobalWire(HGLOBAL memory)
{
    return GlobalLock(memory);
}
BOOL GlobalUnWire(HGLOBAL memory)
{
    return GlobalUnlock(memory);
}
