/* nativeheap.c: the native names of the heap calls that have none in libwinmem. The last error is left alone. */
#include <heapapi.h>
#include <ntstatus.h>
#include <string.h>
#include <winerror.h>
#include <winmem_native.h>

#include "win32/win32.h"

static NTSTATUS finish(BOOL good, DWORD before)
{
    DWORD error = GetLastError();
    SetLastError(before);
    return good                                 ? STATUS_SUCCESS
           : error == ERROR_INSUFFICIENT_BUFFER ? (NTSTATUS)STATUS_BUFFER_TOO_SMALL
           : error == ERROR_NOACCESS            ? (NTSTATUS)STATUS_ACCESS_VIOLATION
           : error == ERROR_GEN_FAILURE         ? (NTSTATUS)STATUS_UNSUCCESSFUL
                                                : (NTSTATUS)STATUS_INVALID_PARAMETER;
}

BOOLEAN NTAPI RtlLockHeap(PVOID heap)
{
    DWORD before = GetLastError();
    return NT_SUCCESS(finish(HeapLock(heap), before));
}

BOOLEAN NTAPI RtlUnlockHeap(PVOID heap)
{
    DWORD before = GetLastError();
    return NT_SUCCESS(finish(HeapUnlock(heap), before));
}

SIZE_T NTAPI RtlCompactHeap(PVOID heap, ULONG flags)
{
    DWORD before = GetLastError();
    SIZE_T largest = HeapCompact(heap, flags);
    SetLastError(before);
    return largest;
}

ULONG NTAPI RtlGetProcessHeaps(ULONG count, PVOID *heaps)
{
    return GetProcessHeaps(count, heaps);
}

#define MOST_HEAPS 1024

BOOLEAN NTAPI RtlValidateProcessHeaps(VOID)
{
    DWORD before = GetLastError();
    HANDLE heaps[MOST_HEAPS];
    ULONG count = GetProcessHeaps(MOST_HEAPS, heaps);
    BOOLEAN good = TRUE;
    for (ULONG i = 0; i < count && i < MOST_HEAPS; i++)
        good = good && HeapValidate(heaps[i], 0, NULL);
    SetLastError(before);
    return good;
}

/* Until one is answered otherwise than by success. */
NTSTATUS NTAPI RtlEnumProcessHeaps(NTSTATUS(NTAPI *visit)(PVOID heap, PVOID context), PVOID context)
{
    HANDLE heaps[MOST_HEAPS];
    ULONG count = GetProcessHeaps(MOST_HEAPS, heaps);
    NTSTATUS status = STATUS_SUCCESS;
    for (ULONG i = 0; i < count && i < MOST_HEAPS && status == STATUS_SUCCESS; i++)
        status = visit(heaps[i], context);
    return status;
}

NTSTATUS NTAPI RtlSetHeapInformation(PVOID heap, HEAP_INFORMATION_CLASS information_class, PVOID information,
                                     SIZE_T length)
{
    DWORD before = GetLastError();
    return finish(HeapSetInformation(heap, information_class, information, length), before);
}

NTSTATUS NTAPI RtlQueryHeapInformation(PVOID heap, HEAP_INFORMATION_CLASS information_class, PVOID information,
                                       SIZE_T length, PSIZE_T returned)
{
    DWORD before = GetLastError();
    return finish(HeapQueryInformation(heap, information_class, information, length, returned), before);
}

/* How many were made, freed. */
ULONG NTAPI RtlMultipleAllocateHeap(PVOID heap, ULONG flags, SIZE_T size, ULONG count, PVOID *blocks)
{
    ULONG made = 0;
    while (made < count && (blocks[made] = HeapAlloc(heap, flags, size)) != NULL)
        made++;
    return made;
}

ULONG NTAPI RtlMultipleFreeHeap(PVOID heap, ULONG flags, ULONG count, PVOID *blocks)
{
    ULONG freed = 0;
    while (freed < count && HeapFree(heap, flags, blocks[freed]))
        freed++;
    return freed;
}

BOOLEAN NTAPI RtlIsZeroMemory(PVOID memory, SIZE_T length)
{
    const char *bytes = memory;
    return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/* ---- the functions beside the macros ---- */

VOID NTAPI(RtlZeroMemory)(PVOID memory, SIZE_T length)
{
    memset(memory, 0, length);
}

VOID NTAPI(RtlFillMemory)(PVOID memory, SIZE_T length, INT value)
{
    memset(memory, value, length);
}

VOID NTAPI(RtlMoveMemory)(PVOID to, const VOID *from, SIZE_T length)
{
    memmove(to, from, length);
}

VOID NTAPI(RtlCopyMemory)(PVOID to, const VOID *from, SIZE_T length)
{
    memmove(to, from, length);
}
