/* heap_walk.c: HeapWalk as a program that checks every entry sees it: a region first, also of an empty heap; each busy
 * block once, with its size; entries in order of address inside their region; large blocks, which are regions without
 * an entry of their own; the end; wrong entries; a heap that threads work with. */
#include <windows.h>

#include <string.h>

#include "check.h"

#define BLOCKS 300

static void *blocks[BLOCKS];
static SIZE_T sizes[BLOCKS];
static BYTE met[BLOCKS];

static void meet(const PROCESS_HEAP_ENTRY *entry)
{
    int found = 0;
    for (int i = 0; i < BLOCKS; i++) {
        if (blocks[i] != entry->lpData)
            continue;
        found++;
        met[i]++;
        CHECK_EQ(entry->cbData, sizes[i]);
    }
    CHECK_EQ(found, 1);
}

/* Walks the whole heap; how many regions it has, large blocks among them. */
static int walk(HANDLE heap)
{
    PROCESS_HEAP_ENTRY entry;
    BYTE *last = NULL, *first = NULL, *end = NULL;
    int regions = 0, index = -1;
    memset(&entry, 0, sizeof entry);
    memset(met, 0, sizeof met);
    SetLastError(0);
    while (HeapWalk(heap, &entry)) {
        BYTE *at = entry.lpData;
        if (entry.wFlags & PROCESS_HEAP_REGION) {
            regions++;
            first = entry.Region.lpFirstBlock;
            end = entry.Region.lpLastBlock;
            index = entry.iRegionIndex;
            CHECK_EQ(entry.cbData, (ULONGLONG)entry.Region.dwCommittedSize + entry.Region.dwUnCommittedSize);
            CHECK(end <= at + entry.cbData);
            CHECK(first >= at && end >= first && entry.Region.dwCommittedSize > 0);
            last = at;
            continue;
        }
        if (entry.iRegionIndex != index) {
            index = -1;
            regions++;
            CHECK_EQ(entry.wFlags, PROCESS_HEAP_ENTRY_BUSY);
            CHECK(entry.cbData >= 0x7F000);
            meet(&entry);
            continue;
        }
        CHECK(regions > 0 && at >= first && at < end && at >= last);
        last = at;
        if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY)
            meet(&entry);
        else if (entry.wFlags & PROCESS_HEAP_UNCOMMITTED_RANGE)
            CHECK(entry.cbData > 0 && !(entry.wFlags & PROCESS_HEAP_ENTRY_BUSY));
    }
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_ITEMS);
    return regions;
}

static void empty_heaps(void)
{
    HANDLE kinds[] = {HeapCreate(0, 0, 0), HeapCreate(HEAP_NO_SERIALIZE, 0x1000, 0), HeapCreate(0, 0x1000, 0x100000)};
    for (int i = 0; i < 3; i++) {
        CHECK(walk(kinds[i]) >= 1);
        CHECK(HeapDestroy(kinds[i]));
    }
}

static void full_heap(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    for (int i = 0; i < BLOCKS; i++) {
        sizes[i] = (SIZE_T)i * i * 5 + (i == 77 ? 20000000 : 0);
        blocks[i] = HeapAlloc(heap, 0, sizes[i]);
        REQUIRE(blocks[i] != NULL);
    }
    CHECK(walk(heap) >= 2); /* the large block is one */
    for (int i = 0; i < BLOCKS; i++)
        CHECK_EQ(met[i], 1);
    CHECK(HeapLock(heap));
    for (int i = 0; i < BLOCKS; i += 2) {
        CHECK(HeapFree(heap, 0, blocks[i]));
        blocks[i] = NULL;
    }
    walk(heap);
    CHECK(HeapUnlock(heap));
    for (int i = 0; i < BLOCKS; i++)
        CHECK_EQ(met[i], i % 2);
    CHECK(HeapDestroy(heap));
}

/* The heap changes between two steps: the walk goes on, or ends with an error, and meets no block that is not one. */
static void while_it_changes(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    PROCESS_HEAP_ENTRY entry;
    void *list[200];
    for (int i = 0; i < 200; i++)
        list[i] = HeapAlloc(heap, 0, 100);
    memset(&entry, 0, sizeof entry);
    int steps = 0;
    while (HeapWalk(heap, &entry) && steps < 20000) {
        if (steps < 200)
            CHECK(HeapFree(heap, 0, list[steps]));
        steps++;
    }
    CHECK(steps < 20000);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

static void wrong_entries(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    PROCESS_HEAP_ENTRY entry;
    CHECK(!HeapWalk(heap, NULL));
    memset(&entry, 0, sizeof entry);
    CHECK(!HeapWalk(NULL, &entry));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    entry.lpData = &entry;
    CHECK(!HeapWalk(heap, &entry));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(HeapDestroy(heap));
}

static volatile LONG over;

static DWORD WINAPI come_and_go(void *heap)
{
    unsigned char *own[16] = {0};
    for (unsigned i = 0; !over; i++) {
        CHECK(HeapFree(heap, 0, own[i % 16]));
        CHECK((own[i % 16] = HeapAlloc(heap, 0, i * 37 % 3000)) != NULL);
        if (i % 3 == 0)
            CHECK((own[i % 16] = HeapReAlloc(heap, 0, own[i % 16], i * 61 % 3000)) != NULL);
    }
    for (unsigned i = 0; i < 16; i++)
        CHECK(HeapFree(heap, 0, own[i]));
    return 0;
}

/* However threads stand when the heap is locked, it is whole: every block has its size and its patterns. */
static void while_threads_work(DWORD flags)
{
    HANDLE heap = HeapCreate(flags, 0, 0), threads[3];
    over = 0;
    for (int i = 0; i < 3; i++)
        CHECK((threads[i] = CreateThread(NULL, 0, come_and_go, heap, 0, NULL)) != NULL);
    for (int round = 0; round < 120; round++) {
        PROCESS_HEAP_ENTRY entry = {0};
        unsigned busy = 0;
        CHECK(HeapLock(heap));
        CHECK(HeapValidate(heap, 0, NULL));
        while (HeapWalk(heap, &entry))
            busy += (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) != 0;
        CHECK_EQ(GetLastError(), ERROR_NO_MORE_ITEMS);
        CHECK(busy <= 3 * 16 + 3);
        CHECK(HeapUnlock(heap));
        if (round % 20 == 0)
            Sleep(1);
    }
    over = 1;
    WaitForMultipleObjects(3, threads, TRUE, INFINITE);
    for (int i = 0; i < 3; i++)
        CloseHandle(threads[i]);
    CHECK(HeapValidate(heap, 0, NULL));
    CHECK(HeapDestroy(heap));
}

int main(void)
{
    while_threads_work(0);
    while_threads_work(HEAP_TAIL_CHECKING_ENABLED | HEAP_FREE_CHECKING_ENABLED);
    empty_heaps();
    full_heap();
    while_it_changes();
    wrong_entries();
    CHECK_EQ(GlobalSize(GlobalAlloc(GMEM_FIXED, 0)), 1);
    CHECK_EQ(LocalSize(LocalAlloc(LMEM_FIXED, 0)), 0);
    HANDLE heap = HeapCreate(0, 0x10000, 0x1000); /* more at first than at most: the most counts */
    CHECK(heap != NULL && HeapDestroy(heap));
    return check_done();
}
