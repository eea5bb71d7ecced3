/* Corners of heaps and of Global and Local memory: addresses that no handle stands for, what an exception of a heap
 * tells, when a heap says that it is one of low fragmentation, handles in a walk. */
#include "check.h"

#include <windows.h>
#include <winternl.h>
#include <setjmp.h>
#include <string.h>

#ifdef _WIN32
PVOID NTAPI RtlReAllocateHeap(PVOID, ULONG, PVOID, SIZE_T); /* not in every kit's header */
#endif

static jmp_buf raised;
static EXCEPTION_RECORD record;

static LONG CALLBACK remember(EXCEPTION_POINTERS *pointers)
{
    record = *pointers->ExceptionRecord;
    longjmp(raised, 1);
}

static void exceptions(void)
{
    HANDLE heap = HeapCreate(HEAP_GENERATE_EXCEPTIONS, 0, 0);
    void *block = HeapAlloc(heap, 0, 100);
    memset(block, 7, 100);
    PVOID handler = AddVectoredExceptionHandler(1, remember);
    if (!setjmp(raised)) {
        HeapAlloc(heap, 0, (SIZE_T)1 << 50);
        CHECK(!"an exception");
    }
    CHECK_EQ(record.ExceptionCode, STATUS_NO_MEMORY);
    CHECK_EQ(record.NumberParameters, 1);
    CHECK_EQ(record.ExceptionInformation[0], (SIZE_T)1 << 50);
    if (!setjmp(raised)) {
        HeapReAlloc(heap, 0, block, (SIZE_T)1 << 50);
        CHECK(!"an exception");
    }
    CHECK_EQ(record.ExceptionCode, STATUS_NO_MEMORY);
    RemoveVectoredExceptionHandler(handler);
    CHECK_EQ(HeapSize(heap, 0, block), 100);
    CHECK(((BYTE *)block)[99] == 7);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

/* HeapAlloc is RtlAllocateHeap: it tells its failure the same way. */
static void native_names(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    void *block = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 100);
    CHECK(block && ((BYTE *)block)[99] == 0);
    SetLastError(5);
    CHECK(RtlAllocateHeap(heap, 0, (SIZE_T)1 << 50) == NULL);
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    SetLastError(5);
    CHECK(RtlReAllocateHeap(heap, 0, block, (SIZE_T)1 << 50) == NULL);
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ(HeapSize(heap, 0, block), 100);
    CHECK(HeapDestroy(heap));
}

/* What a heap begins with must be there; a native heap that is not to grow has a size even if none is given. */
static void first_sizes(void)
{
    SetLastError(5);
    CHECK(HeapCreate(0, (SIZE_T)1 << 46, 0) == NULL);
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    CHECK(HeapCreate(HEAP_GENERATE_EXCEPTIONS, (SIZE_T)1 << 44, (SIZE_T)1 << 45) == NULL);
    HANDLE heap = HeapCreate(0, 1 << 20, 0);
    CHECK(heap && HeapAlloc(heap, 0, 1 << 21) && HeapDestroy(heap));
    heap = RtlCreateHeap(0, NULL, 0, 0, NULL, NULL); /* 64 pages */
    CHECK(heap && HeapAlloc(heap, 0, 200000) && HeapAlloc(heap, 0, 200000) == NULL && HeapDestroy(heap));
    heap = RtlCreateHeap(0, NULL, 0, 17 * 4096, NULL, NULL); /* 32 pages */
    CHECK(heap && HeapAlloc(heap, 0, 120000) && HeapAlloc(heap, 0, 20000) == NULL && HeapDestroy(heap));
    heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    CHECK(heap && HeapAlloc(heap, 0, 200000) && HeapAlloc(heap, 0, 200000) && HeapDestroy(heap));
}

/* A largest block is kept; what cannot be is refused. */
static void parameters(void)
{
    RTL_HEAP_PARAMETERS wish = {.Length = sizeof wish, .SegmentReserve = 1 << 20, .MaximumAllocationSize = 10000};
    CHECK_EQ(sizeof wish, 96);
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, &wish);
    REQUIRE(heap);
    PVOID block = RtlAllocateHeap(heap, 0, 10000);
    CHECK(block && !RtlAllocateHeap(heap, 0, 10001) && !RtlAllocateHeap(heap, 0, 1 << 20));
    CHECK(!RtlReAllocateHeap(heap, 0, block, 10001) && RtlSizeHeap(heap, 0, block) == 10000);
    CHECK(RtlReAllocateHeap(heap, 0, block, 9000) != NULL);
    CHECK(RtlDestroyHeap(heap) == NULL);
    wish.CommitRoutine = (PRTL_HEAP_COMMIT_ROUTINE)(ULONG_PTR)parameters;
    CHECK(RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, &wish) == NULL);
    CHECK(RtlCreateHeap(HEAP_GROWABLE, &wish, 1 << 20, 0, NULL, NULL) == NULL);
}

static ULONG compatibility(HANDLE heap)
{
    ULONG value = 99;
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &value, sizeof(value), NULL));
    return value;
}

static void low_fragmentation(void)
{
    HANDLE heap = HeapCreate(0, 0, 0), fixed = HeapCreate(0, 0, 0x100000);
    ULONG value = 2;
    CHECK_EQ(compatibility(heap), 0);
    CHECK_EQ(compatibility(fixed), 0);
    CHECK(!HeapSetInformation(fixed, HeapCompatibilityInformation, &value, sizeof(value)));
    for (int i = 0; i < 40; i++)
        CHECK(HeapAlloc(heap, 0, 24) && HeapAlloc(fixed, 0, 24));
#ifndef __SANITIZE_ADDRESS__ /* heaps are in a debug mode then */
    CHECK_EQ(compatibility(GetProcessHeap()), 2);
    CHECK_EQ(compatibility(heap), 2);
    value = 0;
    CHECK(!HeapSetInformation(heap, HeapCompatibilityInformation, &value, sizeof(value))); /* no way back */
    CHECK_EQ(compatibility(heap), 2);
#endif
    CHECK_EQ(compatibility(fixed), 0);
    CHECK(HeapDestroy(heap) && HeapDestroy(fixed));
    heap = HeapCreate(0, 0, 0);
    value = 2;
#ifndef __SANITIZE_ADDRESS__
    CHECK(HeapSetInformation(heap, HeapCompatibilityInformation, &value, sizeof(value)));
    CHECK_EQ(compatibility(heap), 2);
#endif
    CHECK(HeapDestroy(heap));
}

/* Memory that is not of Global or Local: locked by being there. */
static void addresses(void)
{
    static _Alignas(16) BYTE bytes[32];
    HANDLE heap = HeapCreate(0, 0, 0);
    BYTE *block = HeapAlloc(heap, 0, 64);
    BYTE *gone = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_NOACCESS);
    CHECK(GlobalLock(bytes) == bytes && LocalLock(bytes) == bytes);
    CHECK(GlobalLock(block) == block && LocalLock(block) == block);
    CHECK(GlobalUnlock(bytes));
    SetLastError(5);
    CHECK(!LocalUnlock(bytes));
    CHECK_EQ(GetLastError(), ERROR_NOT_LOCKED);
    CHECK_EQ(GlobalFlags(block), 0);
    CHECK_EQ(LocalFlags(bytes), 0);
    CHECK_EQ(GlobalSize(block), 0);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    SetLastError(5);
    CHECK(GlobalLock(gone) == NULL && LocalLock(gone) == NULL && GlobalLock(NULL) == NULL);
    CHECK_EQ(GetLastError(), 5);
    CHECK(GlobalFree(bytes) == bytes && LocalFree(block) == block);
    CHECK(GlobalLock(bytes + 8) == NULL); /* has the form of a handle */
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK_EQ(GlobalFlags(bytes + 8), GMEM_INVALID_HANDLE);
    CHECK(HeapDestroy(heap));
    VirtualFree(gone, 0, MEM_RELEASE);
}

static void walk_tells_handles(void)
{
    HGLOBAL memory = GlobalAlloc(GMEM_MOVEABLE | GMEM_DDESHARE, 1234);
    HLOCAL plain = LocalAlloc(LMEM_FIXED, 4321);
    void *block = GlobalLock(memory);
    PROCESS_HEAP_ENTRY entry = {0};
    int found = 0, others = 0;
    CHECK(HeapLock(GetProcessHeap()));
    while (HeapWalk(GetProcessHeap(), &entry)) {
        if (entry.wFlags & PROCESS_HEAP_ENTRY_MOVEABLE) {
            CHECK(entry.wFlags & PROCESS_HEAP_ENTRY_BUSY && entry.wFlags & PROCESS_HEAP_ENTRY_DDESHARE);
            CHECK(entry.Block.hMem == memory && entry.lpData == block);
            CHECK_EQ(entry.cbData, 1234);
            found++;
        } else if (entry.lpData == plain) {
            others++;
        }
    }
    CHECK(HeapUnlock(GetProcessHeap()));
    CHECK_EQ(found, 1);
    CHECK_EQ(others, 1);
    GlobalUnlock(memory);
    CHECK(GlobalFree(memory) == NULL && LocalFree(plain) == NULL);
}

static DWORD CALLBACK takes_what_is_free(LPVOID heap)
{
    for (int i = 0; i < 500000; i++)
        HeapFree(heap, 0, HeapAlloc(heap, 0, 0x90000 + (SIZE_T)(i % 8) * 0x8000));
    return 0;
}

/* What blocks take of a heap of fixed size is known however they shrink while others take the room. */
static void fixed_size_threads(void)
{
    HANDLE heap = HeapCreate(0, 0, 0x100000), thread = CreateThread(NULL, 0, takes_what_is_free, heap, 0, NULL);
    REQUIRE(heap && thread);
    for (int i = 0; i < 500000; i++) {
        void *block = HeapAlloc(heap, 0, 0x70000);
        void *less = block ? HeapReAlloc(heap, 0, block, 1000) : NULL;
        HeapFree(heap, 0, less ? less : block);
    }
    CHECK_EQ(WaitForSingleObject(thread, 30000), WAIT_OBJECT_0);
    CloseHandle(thread);
    void *all = HeapAlloc(heap, 0, 0xF0000);
    CHECK(all && !HeapAlloc(heap, 0, 0x18000));
    CHECK(HeapFree(heap, 0, all) && HeapDestroy(heap));
}

int main(void)
{
    exceptions();
    native_names();
    first_sizes();
    parameters();
    low_fragmentation();
    addresses();
    walk_tells_handles();
    fixed_size_threads();
    return CHECK_DONE();
}
