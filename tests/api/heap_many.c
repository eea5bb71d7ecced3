/* heap_many.c: as many heaps as memory allows: tens of thousands at once, threads that meet many heaps, heaps that come
 * and go without leaving anything behind, handles that outlive their heap. test traits: tsan */
#include <windows.h>

#include <psapi.h>

#include "check.h"

#ifdef __SANITIZE_ADDRESS__ /* opening and closing its shadow takes milliseconds a heap */
#define HEAPS 2000
#define ROUNDS 300
#else
#define HEAPS 20000
#define ROUNDS 3000
#endif
#define THREADS 8
#define SHARED 300

static HANDLE heaps[HEAPS];

static void many_at_once(void)
{
    for (int i = 0; i < HEAPS; i++) {
        heaps[i] = HeapCreate(0, 0, 0);
        CHECK(heaps[i] != NULL);
    }
    CHECK(GetProcessHeaps(0, NULL) >= HEAPS + 1);
    for (int i = 0; i < HEAPS; i += 10) {
        char *block = HeapAlloc(heaps[i], HEAP_ZERO_MEMORY, 100);
        CHECK(block != NULL);
        CHECK_EQ(HeapSize(heaps[i], 0, block), 100);
        CHECK(!HeapValidate(heaps[i + 1], 0, block));
    }
    for (int i = 0; i < HEAPS; i++)
        CHECK(HeapDestroy(heaps[i]));
    CHECK(GetProcessHeaps(0, NULL) < 100);
}

static void come_and_go(void)
{
    HANDLE first = HeapCreate(0, 0, 0);
    CHECK(first != NULL);
    CHECK(HeapDestroy(first));
    /* A handle that is no heap any more is refused. */
    CHECK(HeapAlloc(first, 0, 10) == NULL);
    SetLastError(0);
    CHECK(!HeapDestroy(first));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    PROCESS_MEMORY_COUNTERS before = {.cb = sizeof(before)}, after = {.cb = sizeof(after)};
    for (int i = 0; i < ROUNDS; i++) {
        HANDLE heap = HeapCreate(0, 0x1000, i % 2 ? 0x100000 : 0);
        CHECK(heap != NULL);
        void *block = HeapAlloc(heap, 0, 1 + (SIZE_T)i * 7);
        CHECK(block != NULL);
        if (i % 3 == 0)
            CHECK(HeapFree(heap, 0, block));
        CHECK(HeapDestroy(heap));
        if (i == ROUNDS / 10)
            CHECK(GetProcessMemoryInfo(GetCurrentProcess(), &before, sizeof(before)));
    }
    CHECK(GetProcessMemoryInfo(GetCurrentProcess(), &after, sizeof(after)));
    CHECK(after.PagefileUsage < before.PagefileUsage + (1 << 20));
}

static DWORD WINAPI meet(void *argument)
{
    SIZE_T size = 16 + 8 * (SIZE_T)(INT_PTR)argument;
    for (int i = 0; i < SHARED; i++) {
        void *block = HeapAlloc(heaps[i], 0, size);
        if (!block || HeapSize(heaps[i], 0, block) != size || (i % 2 && !HeapFree(heaps[i], 0, block)))
            return 1;
    }
    return 0;
}

static void threads_and_heaps(void)
{
    for (int round = 0; round < 4; round++) {
        HANDLE threads[THREADS];
        for (int i = 0; i < SHARED; i++)
            CHECK((heaps[i] = HeapCreate(0, 0, 0)) != NULL);
        for (int i = 0; i < THREADS; i++)
            CHECK((threads[i] = CreateThread(NULL, 0, meet, (void *)(INT_PTR)i, 0, NULL)) != NULL);
        CHECK_EQ(WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE), WAIT_OBJECT_0);
        for (int i = 0; i < THREADS; i++) {
            DWORD code = 1;
            CHECK(GetExitCodeThread(threads[i], &code));
            CHECK_EQ(code, 0);
            CloseHandle(threads[i]);
        }
        for (int i = 0; i < SHARED; i++) {
            CHECK(HeapValidate(heaps[i], 0, NULL));
            CHECK(HeapDestroy(heaps[i]));
        }
    }
}

int main(void)
{
    come_and_go();
    many_at_once();
    threads_and_heaps();
    return check_done();
}
