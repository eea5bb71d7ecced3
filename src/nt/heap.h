/* heap.h: the heap functions on handles, as the faces of win32 need them. Failing for lack of memory raises first
 * where the heap or the call says HEAP_GENERATE_EXCEPTIONS. */
#ifndef WINMEM_NT_HEAP_H
#define WINMEM_NT_HEAP_H

#include "heap/heap.h"

NTSTATUS nt_heap_allocate(HANDLE handle, ULONG flags, SIZE_T size, void **block);
NTSTATUS nt_heap_reallocate(HANDLE handle, ULONG flags, void *block, SIZE_T size, void **moved);
NTSTATUS nt_heap_free(HANDLE handle, ULONG flags, void *block);
NTSTATUS nt_heap_walk(HANDLE handle, struct heap_entry *entry);

#endif
