/* Global and Local memory: handles, lock counts, discarding, the shared table, where the families differ. */
#include "check.h"

#include <windows.h>
#include <string.h>

static void movable(void)
{
    HGLOBAL handle = GlobalAlloc(GHND, 100);
    REQUIRE(handle != NULL);
    BYTE *block = GlobalLock(handle);
    REQUIRE(block != NULL && (void *)block != handle);
    CHECK(block[0] == 0 && block[99] == 0);
    CHECK_EQ(GlobalSize(handle), 100);
    CHECK(GlobalHandle(block) == handle);
    CHECK_EQ(GlobalFlags(handle), 1);
    CHECK(GlobalLock(handle) == block);
    CHECK(GlobalUnlock(handle));
    SetLastError(5);
    CHECK(!GlobalUnlock(handle));
    CHECK_EQ(GetLastError(), 0);
    CHECK(!GlobalUnlock(handle));
    CHECK_EQ(GetLastError(), ERROR_NOT_LOCKED);
    for (int i = 0; i < 300; i++)
        GlobalLock(handle);
    CHECK_EQ(GlobalFlags(handle) & GMEM_LOCKCOUNT, 255);
    CHECK(GlobalReAlloc(handle, 0, GMEM_MOVEABLE) == NULL); /* locked */
    for (int i = 0; i < 254; i++)
        CHECK(GlobalUnlock(handle));
    CHECK(!GlobalUnlock(handle));
    CHECK(GlobalReAlloc(handle, 200, GMEM_DISCARDABLE) == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(GlobalReAlloc(handle, 5000, GMEM_ZEROINIT) == handle);
    CHECK_EQ(GlobalSize(handle), 5000);
    CHECK(GlobalReAlloc(handle, 0, GMEM_MODIFY | GMEM_DISCARDABLE) == handle);
    CHECK_EQ(GlobalFlags(handle), GMEM_DISCARDABLE);
    CHECK_EQ(GlobalSize(handle), 5000);
    CHECK(GlobalReAlloc(handle, 0, GMEM_MOVEABLE) == handle); /* discards */
    CHECK_EQ(GlobalFlags(handle), GMEM_DISCARDABLE | GMEM_DISCARDED);
    CHECK(GlobalLock(handle) == NULL);
    CHECK_EQ(GetLastError(), ERROR_DISCARDED);
    CHECK(GlobalReAlloc(handle, 10, GMEM_MOVEABLE) == handle);
    CHECK_EQ(GlobalSize(handle), 10);
    CHECK(GlobalFree(handle) == NULL);
    CHECK(GlobalFree(handle) == handle);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK_EQ(GlobalFlags(handle), GMEM_INVALID_HANDLE);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static void fixed(void)
{
    BYTE *block = GlobalAlloc(GPTR, 64);
    REQUIRE(block != NULL);
    CHECK(GlobalLock(block) == block);
    CHECK(GlobalUnlock(block));
    CHECK_EQ(GlobalFlags(block), 0);
    CHECK(GlobalHandle(block) == block);
    CHECK_EQ(HeapSize(GetProcessHeap(), 0, block), 64);
    block[0] = 9;
    HGLOBAL handle = GlobalReAlloc(block, 0, GMEM_MODIFY | GMEM_MOVEABLE);
    REQUIRE(handle != NULL && handle != (HGLOBAL)block);
    CHECK(((BYTE *)GlobalLock(handle))[0] == 9);
    CHECK(GlobalFree(handle) == NULL);
    block = LocalAlloc(LPTR, 64);
    CHECK(LocalReAlloc(block, 0, LMEM_MODIFY | LMEM_MOVEABLE) == block);
    CHECK(!LocalUnlock(block));
    CHECK_EQ(GetLastError(), ERROR_NOT_LOCKED);
    block = LocalReAlloc(block, 100000, LMEM_MOVEABLE | LMEM_ZEROINIT);
    CHECK(block[0] == 0 && block[99999] == 0);
    CHECK_EQ(LocalSize(block), 100000);
    CHECK(LocalFree(block) == NULL);
    CHECK(GlobalHandle(NULL) == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    void *plain = HeapAlloc(GetProcessHeap(), 0, 10);
    CHECK(GlobalHandle(plain) == plain);
    HeapFree(GetProcessHeap(), 0, plain);
    int local = 0;
    CHECK(GlobalFree(&local) == &local);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(GlobalFree(NULL) == NULL);
}

static HANDLE reallocate(int global, HANDLE memory, SIZE_T size, UINT flags)
{
    return global ? GlobalReAlloc(memory, size, flags) : LocalReAlloc(memory, size, flags);
}

/* A block that may not move: fixed, or locked. It is resized in its place or not at all. */
static void in_place(int global, HANDLE memory, BYTE *block)
{
    memset(block, 7, 1000);
    SetLastError(5);
    CHECK(reallocate(global, memory, 1000000, GMEM_ZEROINIT) == NULL);
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ(GlobalSize(memory), 1000);
    CHECK(block[0] == 7 && block[999] == 7);
    SetLastError(5);
    CHECK(reallocate(global, memory, 3, 0) == memory);
    CHECK_EQ(LocalSize(memory), 3);
    CHECK(reallocate(global, memory, 5, 0) == memory); /* grows, and leaves most of its place unused */
    CHECK_EQ(LocalSize(memory), 5);
    CHECK(block[0] == 7 && block[2] == 7);
    CHECK(reallocate(global, memory, 1000, GMEM_ZEROINIT) == memory);
    CHECK(block[4] == 7 && block[5] == 0 && block[999] == 0); /* what it grew by, and nothing else */
    CHECK(reallocate(global, memory, 1, GMEM_ZEROINIT) == memory);
    CHECK_EQ(GlobalSize(memory), 1);
    CHECK_EQ(block[0], 7);
    CHECK_EQ(GetLastError(), 5);
}

static void resize(int global)
{
    BYTE *block = global ? GlobalAlloc(GMEM_FIXED, 1000) : LocalAlloc(LMEM_FIXED, 1000);
    REQUIRE(block != NULL);
    in_place(global, block, block);
    CHECK(reallocate(global, block, 0, 0) == block);
    CHECK_EQ(GlobalSize(block), 0);
    CHECK(reallocate(global, block, 0, GMEM_MODIFY) == block);
    CHECK(reallocate(global, block, 10, global ? GMEM_DISCARDABLE : LMEM_DISCARDABLE) == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(GlobalFree(block) == NULL);

    HANDLE handle = global ? GlobalAlloc(GMEM_MOVEABLE, 1000) : LocalAlloc(LMEM_MOVEABLE, 1000);
    block = GlobalLock(handle);
    REQUIRE(block != NULL);
    in_place(global, handle, block);
    CHECK(reallocate(global, handle, 1000000, GMEM_MOVEABLE | GMEM_ZEROINIT) == handle); /* moves, locked as it is */
    CHECK_EQ(GlobalFlags(handle), 1);
    block = GlobalLock(handle);
    REQUIRE(block != NULL);
    CHECK(block[0] == 7 && block[1] == 0 && block[999999] == 0);
    GlobalUnlock(handle);
    GlobalUnlock(handle);
    UINT discardable = global ? GMEM_DISCARDABLE : LMEM_DISCARDABLE;
    CHECK(reallocate(global, handle, 5, GMEM_MODIFY | discardable) == handle); /* takes no size */
    CHECK_EQ(global ? GlobalFlags(handle) : LocalFlags(handle), discardable);
    CHECK(reallocate(global, handle, 5, GMEM_MODIFY) == handle);
    CHECK_EQ(global ? GlobalFlags(handle) : LocalFlags(handle), 0);
    CHECK_EQ(GlobalSize(handle), 1000000);
    CHECK(GlobalFree(handle) == NULL);
    CHECK(reallocate(global, NULL, 5, 0) == NULL);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static void table(void)
{
    static HGLOBAL handles[65537];
    int count = 0;
    while (count < 65537 && (handles[count] = count % 2 ? LocalAlloc(LMEM_MOVEABLE, 0) : GlobalAlloc(GMEM_MOVEABLE, 1)))
        count++;
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    CHECK_EQ(count, 65536);
    HLOCAL discardable = NULL;
    GlobalFree(handles[--count]);
    discardable = LocalAlloc(LMEM_MOVEABLE | LMEM_DISCARDABLE, 5);
    CHECK_EQ(LocalFlags(discardable), LMEM_DISCARDABLE);
    LocalFree(discardable);
    while (count)
        CHECK(GlobalFree(handles[--count]) == NULL);
}

int main(void)
{
    movable();
    fixed();
    resize(0);
    resize(1);
    table();
    return CHECK_DONE();
}
