/* crtheap.c: _heapwalk and _heapchk of Microsoft's C library, on the process heap. */
#include <errno.h>

#pragma GCC visibility push(default)
#include <malloc.h>
#pragma GCC visibility pop

#include <errhandlingapi.h>
#include <heapapi.h>
#include <winerror.h>

static BOOL is_block(const PROCESS_HEAP_ENTRY *at)
{
    return !(at->wFlags & (PROCESS_HEAP_REGION | PROCESS_HEAP_UNCOMMITTED_RANGE));
}

/* The caller's structure does not say all that HeapWalk must know to go on: each call walks to the entry again. */
static int next_entry(HANDLE heap, _HEAPINFO *entry)
{
    PROCESS_HEAP_ENTRY at = {0};
    BOOL reached = !entry->_pentry;
    while (HeapWalk(heap, &at)) {
        if (!is_block(&at))
            continue;
        if (reached) {
            entry->_pentry = (int *)at.lpData;
            entry->_size = at.cbData;
            entry->_useflag = at.wFlags & PROCESS_HEAP_ENTRY_BUSY ? _USEDENTRY : _FREEENTRY;
            return _HEAPOK;
        }
        reached = at.lpData == (void *)entry->_pentry;
    }
    if (GetLastError() != ERROR_NO_MORE_ITEMS)
        return _HEAPBADNODE;
    return reached ? _HEAPEND : _HEAPBADPTR;
}

int _heapwalk(_HEAPINFO *entry)
{
    DWORD error = GetLastError();
    if (!entry) {
        winmem_invalid_parameter(EINVAL);
        return _HEAPBADPTR;
    }
    HANDLE heap = GetProcessHeap();
    if (!HeapLock(heap))
        return _HEAPBADBEGIN;
    int result = next_entry(heap, entry);
    HeapUnlock(heap);
    SetLastError(error);
    return result;
}

int _heapchk(void)
{
    return HeapValidate(GetProcessHeap(), 0, NULL) ? _HEAPOK : _HEAPBADNODE;
}
