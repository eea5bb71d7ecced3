/* Heaps by the rules of heapapi.h: sizes, flags, limits, errors, walking, validation. test traits: tsan */
#include "check.h"

#include <windows.h>
#include <heapapi.h>
#include <string.h>

static void blocks(HANDLE heap)
{
    static const SIZE_T sizes[] = {0,     1,     15,     16,      17,      100,     128,     129,
                                   1000,  1024,  1025,   4096,    8192,    8193,    40000,   65536,
                                   65537, 70000, 300000, 1 << 20, 3 << 20, 9 << 20, 40 << 20};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        BYTE *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, sizes[i]);
        REQUIRE(block != NULL);
        CHECK_EQ((ULONG_PTR)block % 16, 0);
        CHECK_EQ(HeapSize(heap, 0, block), sizes[i]);
        for (SIZE_T at = 0; at < sizes[i]; at += 97)
            CHECK(block[at] == 0);
        memset(block, 0x5A, sizes[i]);
        CHECK(HeapValidate(heap, 0, block));
        CHECK(HeapFree(heap, 0, block));
    }
    CHECK(HeapValidate(heap, 0, NULL));
}

static void reallocate(HANDLE heap)
{
    BYTE *block = HeapAlloc(heap, 0, 100);
    memset(block, 1, 100);
    block = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, 5000);
    REQUIRE(block != NULL);
    CHECK_EQ(HeapSize(heap, 0, block), 5000);
    CHECK(block[99] == 1 && block[100] == 0 && block[4999] == 0);
    memset(block, 2, 5000);
    block = HeapReAlloc(heap, 0, block, 4990);
    block = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, 5000);
    CHECK(block[4989] == 2 && block[4990] == 0 && block[4999] == 0);
    CHECK(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 50) == block);
    CHECK_EQ(HeapSize(heap, 0, block), 50);
    CHECK(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block, 50 << 20) == NULL);
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ(HeapSize(heap, 0, block), 50);
    block = HeapReAlloc(heap, 0, block, 0);
    REQUIRE(block != NULL);
    CHECK_EQ(HeapSize(heap, 0, block), 0);
    SetLastError(77);
    CHECK(HeapReAlloc(heap, 0, NULL, 10) == NULL);
    CHECK_EQ(GetLastError(), 0);
    CHECK(HeapFree(heap, 0, block));
    SIZE_T size = 100;
    block = HeapAlloc(heap, 0, size);
    block[0] = 7;
    for (; size < (64 << 20); size += size / 2) { /* through every kind of block */
        block = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block, size);
        REQUIRE(block != NULL);
        CHECK(block[0] == 7 && (size <= 100 || block[size - 1] == 0));
        block[size - 1] = 0;
    }
    for (; size > 10; size /= 3) {
        block = HeapReAlloc(heap, 0, block, size);
        REQUIRE(block != NULL);
        CHECK(block[0] == 7);
        CHECK_EQ(HeapSize(heap, 0, block), size);
    }
    CHECK(HeapFree(heap, 0, block));
    CHECK(HeapValidate(heap, 0, NULL));
}

static void wrong_pointers(HANDLE heap)
{
    HANDLE other = HeapCreate(0, 0, 0);
    BYTE local[64], *block = HeapAlloc(heap, 0, 200), *page = VirtualAlloc(NULL, 4096, MEM_RESERVE, PAGE_NOACCESS);
    SetLastError(1234);
    CHECK(!HeapFree(heap, 0, local + 16 - (ULONG_PTR)local % 16));
    CHECK(!HeapFree(heap, 0, block + 16));
    CHECK(!HeapFree(heap, 0, block + 1));
    CHECK(!HeapFree(other, 0, block));
    CHECK(!HeapValidate(other, 0, block));
    CHECK(!HeapValidate(heap, 0, block + 16));
    CHECK_EQ(HeapSize(heap, 0, block + 32), (SIZE_T)-1);
    CHECK(!HeapReAlloc(other, 0, block, 10));
    CHECK_EQ(GetLastError(), 1234);
    CHECK(!HeapFree(heap, 0, page));
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
    CHECK(!HeapFree(heap, 0, (void *)(LONG_PTR)-4096));
    CHECK(HeapFree(heap, 0, block));
    CHECK(!HeapFree(heap, 0, block)); /* twice */
    CHECK(!HeapValidate(heap, 0, block));
    CHECK(HeapFree(heap, 0, NULL));
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(other));
    SetLastError(0);
    CHECK(!HeapDestroy(other));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(HeapAlloc(other, 0, 10) == NULL);
    CHECK(!HeapDestroy(GetProcessHeap()));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    VirtualFree(page, 0, MEM_RELEASE);
}

static void fixed_size(void)
{
    HANDLE heap = HeapCreate(0, 0x1000, 0x100000);
    REQUIRE(heap != NULL);
    CHECK(HeapAlloc(heap, 0, 0x100000) == NULL);
    void *block = HeapAlloc(heap, 0, 0x80000);
    CHECK(block != NULL);
    CHECK(HeapAlloc(heap, 0, 0x80000) == NULL);
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    CHECK(HeapFree(heap, 0, block));
    SIZE_T total = 0;
    while (HeapAlloc(heap, 0, 1000))
        total += 1000;
    CHECK(total > 0xF0000 && total < 0x100000);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
    heap = HeapCreate(0, 0, 0x1000000);
    CHECK(HeapAlloc(heap, 0, 0xFF001) == NULL); /* room, but beyond the threshold */
    CHECK(HeapAlloc(heap, 0, 0x7FFF8) != NULL);
    CHECK(HeapDestroy(heap));
}

static void walk(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    void *blocks_[300];
    int seen = 0, regions = 0, free_blocks = 0, uncommitted = 0;
    for (int i = 0; i < 300; i++)
        blocks_[i] = HeapAlloc(heap, 0, i == 299 ? 20 << 20 : i == 298 ? 100000 : (SIZE_T)i * 37);
    for (int i = 0; i < 100; i++)
        HeapFree(heap, 0, blocks_[i * 2]);
    PROCESS_HEAP_ENTRY entry = {0};
    CHECK(HeapLock(heap));
    while (HeapWalk(heap, &entry)) {
        if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) {
            seen++;
            CHECK_EQ(HeapSize(heap, 0, entry.lpData), entry.cbData);
        } else if (entry.wFlags & PROCESS_HEAP_REGION) {
            regions++;
        } else if (entry.wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE) {
            uncommitted++;
        } else {
            free_blocks++;
        }
    }
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_ITEMS);
    CHECK(HeapUnlock(heap));
    CHECK_EQ(seen, 200);
    CHECK(regions >= 1 && free_blocks >= 100 && uncommitted >= 1);
    HEAP_SUMMARY summary = {.cb = sizeof(summary)};
    CHECK(HeapSummary(heap, 0, &summary));
    CHECK(summary.cbAllocated > (20 << 20) && summary.cbCommitted >= summary.cbAllocated);
    CHECK(summary.cbReserved >= summary.cbCommitted);
    CHECK(HeapCompact(heap, 0) != 0);
    MEMORY_BASIC_INFORMATION information;
    CHECK(VirtualQuery(blocks_[299], &information, sizeof(information)) != 0);
    CHECK_EQ(information.State, MEM_COMMIT);
    CHECK_EQ(information.Type, MEM_PRIVATE);
    CHECK(HeapDestroy(heap));
    CHECK(VirtualQuery(blocks_[299], &information, sizeof(information)) != 0);
    CHECK_EQ(information.State, MEM_FREE);
}

static void information(void)
{
    ULONG value = 0;
    SIZE_T needed = 0;
    HANDLE heap = GetProcessHeap();
    CHECK(!HeapQueryInformation(heap, HeapCompatibilityInformation, &value, 2, &needed));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(needed, 4);
    CHECK(HeapQueryInformation(heap, HeapCompatibilityInformation, &value, 4, NULL));
    CHECK(!HeapQueryInformation(NULL, HeapCompatibilityInformation, &value, 4, NULL));
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
    value = 2;
#ifndef __SANITIZE_ADDRESS__ /* under the sanitizer the heap is in a debug mode, which refuses as on Windows */
    CHECK(HeapSetInformation(heap, HeapCompatibilityInformation, &value, sizeof(value)));
#endif
    HANDLE plain = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    CHECK(!HeapSetInformation(plain, HeapCompatibilityInformation, &value, sizeof(value)));
    CHECK(HeapLock(plain) && HeapUnlock(plain));
    HEAP_OPTIMIZE_RESOURCES_INFORMATION optimize = {HEAP_OPTIMIZE_RESOURCES_CURRENT_VERSION, 0};
    CHECK(HeapSetInformation(NULL, HeapOptimizeResources, &optimize, sizeof(optimize)));
    HANDLE heaps[16];
    DWORD count = GetProcessHeaps(16, heaps);
    CHECK(count >= 2 && heaps[0] == heap);
    CHECK_EQ(GetProcessHeaps(0, NULL), count);
    CHECK(HeapDestroy(plain));
    CHECK_EQ(GetProcessHeaps(0, NULL), count - 1);
}

static void patterns(void)
{
    HANDLE heap = HeapCreate(HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED, 0, 0);
    BYTE *block = HeapAlloc(heap, 0, 37);
    for (int i = 0; i < 16; i++)
        CHECK_EQ(block[37 + i], 0xAB);
    CHECK_EQ(HeapSize(heap, 0, block), 37);
    block[37] = 0;
    CHECK(!HeapValidate(heap, 0, block));
    CHECK(!HeapValidate(heap, 0, NULL));
    block[37] = 0xAB;
    CHECK(HeapValidate(heap, 0, NULL));
    block = HeapReAlloc(heap, 0, block, 600);
    CHECK(block[600] == 0xAB && block[615] == 0xAB);
    CHECK(HeapFree(heap, 0, block));
#ifndef __SANITIZE_ADDRESS__ /* which would report this look at a freed block */
    CHECK(block[16] == 0xEE && block[17] == 0xFE);
#endif
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    HANDLE private_heap = HeapCreate(0, 0, 0), plain = HeapCreate(HEAP_NO_SERIALIZE, 0, 0);
    HANDLE heaps[] = {GetProcessHeap(), private_heap, plain};
    for (int i = 0; i < 3; i++) {
        blocks(heaps[i]);
        reallocate(heaps[i]);
        wrong_pointers(heaps[i]);
    }
    CHECK(HeapDestroy(plain));
    CHECK(HeapDestroy(private_heap));
    fixed_size();
    walk();
    information();
    patterns();
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
    return CHECK_DONE();
}
