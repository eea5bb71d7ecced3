/* port_interlocked.c: the Interlocked operations on the types that programs hand them: LONG, DWORD, `long` itself and
 * casts to `long *`, which are of 32 bits on Windows and must not touch what follows. Builds with mingw-w64 as well. */
#include <windows.h>

#include <intrin.h>
#include <stdint.h>

#include "../check.h"

/* Programs look for these with the preprocessor. */
#if !defined(InterlockedCompareExchangePointer) || !defined(InterlockedIncrement64)
#error "the names are no macros"
#endif

struct pair {
    int first, second;
};

static void longs(void)
{
    long counter = 0;
    unsigned long flags = 5;
    volatile long state = 3;
    struct pair pair = {-1, 9};
    CHECK(InterlockedIncrement(&counter) == 1 && counter == 1);
    CHECK(InterlockedExchangeAdd(&counter, 4) == 1 && counter == 5);
    CHECK(InterlockedCompareExchange(&state, 4, 3) == 3 && state == 4);
    CHECK(_InterlockedExchange((long volatile *)&flags, 6) == 5 && flags == 6);
    CHECK(InterlockedIncrement((long *)&pair.first) == 0 && pair.first == 0);
    CHECK(InterlockedExchange((volatile long *)&pair.first, -7) == 0 && pair.first == -7);
    CHECK(InterlockedCompareExchange((long *)&pair.first, 1, -7) == -7 && pair.first == 1);
    CHECK_EQ(pair.second, 9);
}

static void others(void)
{
    LONG value = 1;
    DWORD word = 7;
    int64_t wide = -1;
    LONG64 bits = 0;
    short half = 1;
    char narrow = 1;
    PVOID pointer = NULL;
    LONG (*increment)(LONG volatile *) = InterlockedIncrement;
    CHECK(_InterlockedExchangeAdd(&value, -5) == 1 && value == -4);
    CHECK(increment(&value) == -3);
    CHECK(InterlockedOr(&value, 1) == -3);
    CHECK(InterlockedDecrement((LONG *)&word) == 6 && word == 6);
    CHECK(InterlockedIncrement64(&wide) == 0 && wide == 0);
    CHECK(InterlockedExchange64(&bits, 2) == 0 && InterlockedAdd64(&bits, 3) == 5);
    CHECK(_InterlockedIncrement16(&half) == 2 && half == 2);
    CHECK(_InterlockedOr8(&narrow, 2) == 1 && narrow == 3);
    CHECK(InterlockedCompareExchangePointer(&pointer, &value, NULL) == NULL && pointer == &value);
    bits = 0;
    CHECK(!_interlockedbittestandset64(&bits, 40) && bits == 1ll << 40);
    CHECK(_interlockedbittestandreset64(&bits, 40) && bits == 0);
}

#ifndef __MINGW32__ /* which has none of them */
/* Accesses with an order, each of its own size. */
static void plain(void)
{
    LONG value = 0;
    DWORD word = 0;
    LONG64 wide = 0;
    PVOID pointer = NULL;
    SHORT half[2] = {0, 7};
    char narrow[2] = {0, 7};
    struct pair pair = {0, 9};
    WriteRelease(&value, -1);
    CHECK(ReadAcquire(&value) == -1 && ReadNoFence(&value) == -1 && ReadRaw(&value) == -1);
    WriteNoFence(&value, 2);
    WriteRaw(&value, ReadRaw(&value) + 1);
    CHECK_EQ(value, 3);
    WriteULongRelease(&word, 0xffffffff);
    CHECK(ReadULongAcquire(&word) == 0xffffffff);
    WriteRelease64(&wide, -1);
    CHECK(ReadAcquire64(&wide) == -1 && ReadNoFence64(&wide) == -1);
    WritePointerRelease(&pointer, &value);
    CHECK(ReadPointerAcquire(&pointer) == &value && ReadPointerNoFence(&pointer) == &value);
    WriteRelease16(half, 2);
    WriteRelease8(narrow, 3);
    CHECK(ReadAcquire16(half) == 2 && half[1] == 7 && ReadAcquire8(narrow) == 3 && narrow[1] == 7);
    WriteRelease((long *)&pair.first, 5);
    CHECK(ReadAcquire((long *)&pair.first) == 5 && pair.second == 9);
    MemoryBarrier();
    CHECK(PopulationCount64(0xff00ull) == 8 && UnsignedMultiplyHigh(1ull << 63, 4) == 2);
}
#endif

int main(void)
{
    longs();
#ifndef __MINGW32__
    plain();
#endif
    others();
    return CHECK_DONE();
}
