/* slist.c: interlocked lists, by one thread and by several. */
#include <windows.h>

#include <intsafe.h>
#include <malloc.h>

#include "../check.h"

typedef struct {
    SLIST_ENTRY entry;
    ULONG number;
} ITEM;

static SLIST_HEADER shared;
static volatile LONG taken;

static DWORD WINAPI work(void *argument)
{
    (void)argument;
    for (int i = 0; i < 20000; i++) {
        PSLIST_ENTRY entry = InterlockedPopEntrySList(&shared);
        if (entry) {
            InterlockedIncrement(&taken);
            InterlockedPushEntrySList(&shared, entry);
        }
    }
    return 0;
}

int main(void)
{
    PSLIST_HEADER head = (PSLIST_HEADER)_aligned_malloc(sizeof(SLIST_HEADER), MEMORY_ALLOCATION_ALIGNMENT);
    ITEM *items = (ITEM *)_aligned_malloc(10 * sizeof(ITEM), MEMORY_ALLOCATION_ALIGNMENT);
    REQUIRE(head && items);
    InitializeSListHead(head);
    CHECK(!InterlockedPopEntrySList(head) && QueryDepthSList(head) == 0);
    for (ULONG i = 0; i < 10; i++) {
        items[i].number = i;
        PSLIST_ENTRY before = InterlockedPushEntrySList(head, &items[i].entry);
        CHECK(before == (i ? &items[i - 1].entry : NULL));
    }
    CHECK_EQ(QueryDepthSList(head), 10);
    for (ULONG i = 10; i-- > 5;) {
        ITEM *item = (ITEM *)InterlockedPopEntrySList(head);
        CHECK(item && item->number == i);
    }
    CHECK(InterlockedFlushSList(head) == &items[4].entry);
    CHECK(!InterlockedFlushSList(head) && QueryDepthSList(head) == 0);
    InitializeSListHead(&shared);
    for (int i = 0; i < 3; i++)
        InterlockedPushEntrySList(&shared, &items[i].entry);
    HANDLE threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(NULL, 0, work, NULL, 0, NULL);
    WaitForMultipleObjects(4, threads, TRUE, INFINITE);
    CHECK(taken > 0 && QueryDepthSList(&shared) == 3);
    for (int i = 0; i < 4; i++)
        CloseHandle(threads[i]);
    SIZE_T size;
    CHECK(SizeTAdd(1, 2, &size) == S_OK && size == 3);
    CHECK(SizeTMult((SIZE_T)1 << 40, (SIZE_T)1 << 40, &size) == INTSAFE_E_ARITHMETIC_OVERFLOW);
    CHECK(SIZETMult(3, 5, &size) == S_OK && size == 15);
    INT number = 5;
    BYTE byte = 5;
    LONGLONG wide = 5;
    CHECK(IntAdd(0x7fffffff, 1, &number) == INTSAFE_E_ARITHMETIC_OVERFLOW && number == -1);
    CHECK(SSIZETToInt(-7, &number) == S_OK && number == -7);
    CHECK(IntToByte(-1, &byte) == INTSAFE_E_ARITHMETIC_OVERFLOW);
    CHECK(ULongLongToLongLong(~0ull, &wide) == INTSAFE_E_ARITHMETIC_OVERFLOW && wide == -1);
    _aligned_free(items);
    _aligned_free(head);
    return CHECK_DONE();
}
