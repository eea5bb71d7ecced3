/* Stacks of threads: reserved as large as asked for, committed as far as used, a guard between; the sizes of
 * CreateThread mean what they say; the commit charge counts what is in use. */
#include "check.h"

#include <windows.h>
#include <psapi.h>
#include <string.h>

#define MIB ((SIZE_T)1 << 20)

struct look {
    ULONG_PTR low, high;
    SIZE_T reserve, guard, commit;
    DWORD guard_protect;
    BOOL one_allocation;
};

static void look(struct look *seen, char *inside)
{
    MEMORY_BASIC_INFORMATION mbi;
    memset(seen, 0, sizeof(*seen));
    GetCurrentThreadStackLimits(&seen->low, &seen->high);
    CHECK_EQ(VirtualQuery(inside, &mbi, sizeof(mbi)), sizeof(mbi));
    char *base = mbi.AllocationBase, *at = base;
    seen->one_allocation = TRUE;
    while (at < (char *)seen->high) {
        CHECK_EQ(VirtualQuery(at, &mbi, sizeof(mbi)), sizeof(mbi));
        if (mbi.AllocationBase != base || mbi.Type != MEM_PRIVATE || mbi.BaseAddress != at) {
            seen->one_allocation = FALSE;
            return;
        }
        if (mbi.State == MEM_RESERVE)
            seen->reserve += mbi.RegionSize;
        else if (mbi.Protect & PAGE_GUARD)
            seen->guard += mbi.RegionSize, seen->guard_protect = mbi.Protect;
        else
            seen->commit += mbi.RegionSize;
        at += mbi.RegionSize;
    }
}

static __attribute__((noinline)) int dig(SIZE_T depth)
{
    volatile char room[4096];
    room[0] = (char)depth;
    return depth <= sizeof(room) ? room[0] : dig(depth - sizeof(room)) + room[0];
}

static DWORD WINAPI grow(LPVOID result)
{
    struct look *seen = result;
    char here = 0;
    look(&seen[0], &here);
    dig(500 << 10);
    look(&seen[1], &here);
    return 0;
}

static DWORD WINAPI see(LPVOID result)
{
    char here = 0;
    look(result, &here);
    return 0;
}

static void run(SIZE_T size, DWORD flags, LPTHREAD_START_ROUTINE routine, void *result)
{
    HANDLE thread = CreateThread(NULL, size, routine, result, flags, NULL);
    REQUIRE(thread);
    CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CloseHandle(thread);
}

static void shape(void)
{
    struct look seen[2], one;
    run(0, 0, grow, seen);
    for (int i = 0; i < 2; i++) {
        CHECK(seen[i].one_allocation);
        CHECK(seen[i].reserve > 0 && seen[i].guard > 0 && seen[i].commit > 0);
        CHECK_EQ(seen[i].guard_protect, PAGE_READWRITE | PAGE_GUARD);
        CHECK_EQ(seen[i].reserve + seen[i].guard + seen[i].commit, seen[i].high - seen[i].low);
        CHECK(seen[i].high - seen[i].low >= MIB - 65536);
    }
    CHECK(seen[0].commit < 256 << 10);
    CHECK(seen[1].commit >= 500 << 10);
    CHECK(seen[1].commit < 700 << 10);
    run(8 * MIB, STACK_SIZE_PARAM_IS_A_RESERVATION, see, &one);
    CHECK(one.one_allocation && one.high - one.low >= 8 * MIB - 65536 && one.commit < MIB);
    run(3 * MIB / 2, 0, see, &one);
    CHECK(one.one_allocation && one.high - one.low >= 2 * MIB - 65536 && one.commit >= 3 * MIB / 2);
    run(65536, 0, see, &one); /* a commit size, not the stack's */
    CHECK(one.high - one.low >= MIB - 65536 && one.commit >= 65536);
}

static HANDLE go;
static volatile LONG ready;

static DWORD WINAPI stay(LPVOID parameter)
{
    InterlockedIncrement(&ready);
    WaitForSingleObject(go, INFINITE);
    return parameter ? (DWORD)dig(64 << 10) : 0;
}

static SIZE_T usage(void)
{
    PROCESS_MEMORY_COUNTERS_EX counters = {.cb = sizeof(counters)};
    CHECK(GetProcessMemoryInfo(GetCurrentProcess(), (PROCESS_MEMORY_COUNTERS *)&counters, sizeof(counters)));
    return counters.PrivateUsage;
}

static void charge(void)
{
    HANDLE thread[32];
    go = CreateEventA(NULL, TRUE, FALSE, NULL);
    SIZE_T before = usage();
    for (int i = 0; i < 32; i++)
        REQUIRE(thread[i] = CreateThread(NULL, 32 * MIB, stay, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL));
    while (ready != 32)
        Sleep(1);
    CHECK(usage() - before < 32 * MIB); /* 1 GiB is reserved */
    SetEvent(go);
    for (int i = 0; i < 32; i++) {
        WaitForSingleObject(thread[i], INFINITE);
        CloseHandle(thread[i]);
    }
    CloseHandle(go);
}

/* What ended is gone from every answer, as is what it had used: its place is free, or another's. */
static DWORD WINAPI use_much(LPVOID where)
{
    char here = 0;
    *(char **)where = &here;
    return (DWORD)dig(8 * MIB) & 1;
}

static void ended(void)
{
    MEMORY_BASIC_INFORMATION mbi;
    char *inside[12];
    SIZE_T before = usage();
    int gone = 0;
    for (int i = 0; i < 12; i++) /* too large to be kept, or to be had from what was kept */
        run((96 + 8 * (SIZE_T)i) * MIB, STACK_SIZE_PARAM_IS_A_RESERVATION, use_much, &inside[i]);
    for (int i = 0; i < 12; i++)
        gone += VirtualQuery(inside[i], &mbi, sizeof(mbi)) == sizeof(mbi) && mbi.State == MEM_FREE;
    CHECK(gone > 0); /* the C library keeps one or two, and lays new ones over the places of the others */
    CHECK(usage() < before + 32 * MIB);
}

static void own_stack(void)
{
    struct look seen;
    char here = 0;
    look(&seen, &here);
    if (seen.high == 0) /* a first thread without a limit has no bounds */
        return;
    CHECK(seen.one_allocation);
    CHECK(seen.low < (ULONG_PTR)&here && (ULONG_PTR)&here < seen.high);
    CHECK(seen.commit > 0 && seen.guard > 0 && seen.reserve > 0);
}

int main(void)
{
    own_stack();
    shape();
    charge();
    ended();
    SetLastError(0);
    CHECK(CreateThread(NULL, (SIZE_T)1 << 60, stay, NULL, 0, NULL) == NULL);
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    return CHECK_DONE();
}
