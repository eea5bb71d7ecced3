/* GetWsChanges: the faults that took pages in, by instruction, address and thread; without and with a budget. */
/* test traits: no-asan (it watches faults of its own allocations) */
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <psapi.h>

#include "check.h"
#ifdef __linux__
#include <unistd.h>
#endif

#define PAGE 4096u
#define PAGES 64u

static PSAPI_WS_WATCH_INFORMATION_EX records[4096];
static volatile char *memory;

__attribute__((noinline)) static void touch(unsigned page)
{
    memory[page * PAGE + 17] = 1;
}

/* How many of the records are of the memory; each by an instruction, of this thread, and at the byte touched. */
static unsigned take(void)
{
    unsigned mine = 0;
    DWORD size = sizeof records;
    memset(records, 0xEE, sizeof records);
    if (!GetWsChangesEx(GetCurrentProcess(), records, &size)) {
        CHECK_EQ(GetLastError(), ERROR_NO_MORE_ITEMS);
        return 0;
    }
    CHECK(size % sizeof *records == 0 && size >= 2 * sizeof *records);
    unsigned count = size / sizeof *records - 1;
    for (unsigned i = 0; i < count; i++) {
        char *at = records[i].BasicInfo.FaultingVa;
        CHECK(records[i].BasicInfo.FaultingPc != NULL);
        if (at < (char *)memory || at >= (char *)memory + PAGES * PAGE)
            continue;
        mine++;
        CHECK_EQ(((ULONG_PTR)at - (ULONG_PTR)memory) % PAGE, 17);
        CHECK_EQ(records[i].FaultingThreadId, GetCurrentThreadId());
        ULONG_PTR pc = (ULONG_PTR)records[i].BasicInfo.FaultingPc;
        CHECK(pc >= (ULONG_PTR)touch && pc < (ULONG_PTR)touch + 256);
    }
    CHECK(records[count].BasicInfo.FaultingPc == NULL && records[count].BasicInfo.FaultingVa == NULL);
    CHECK_EQ(records[count].FaultingThreadId, 0);
    return mine;
}

static void before(void)
{
    DWORD size = sizeof records;
    SetLastError(0);
    CHECK(!GetWsChangesEx(GetCurrentProcess(), records, &size));
    CHECK_EQ(GetLastError(), ERROR_GEN_FAILURE);
    CHECK(!InitializeProcessForWsWatch(NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(InitializeProcessForWsWatch(GetCurrentProcess()));
    CHECK(InitializeProcessForWsWatch(GetCurrentProcess()));
    CHECK(!GetWsChanges(NULL, (PPSAPI_WS_WATCH_INFORMATION)records, size));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static void faults(void)
{
    PSAPI_WS_WATCH_INFORMATION plain[8];
    for (unsigned i = 0; i < PAGES; i += 8)
        touch(i);
    DWORD small = 8 * sizeof *records; /* no room for the end */
    memset(plain, 0xEE, sizeof plain);
    CHECK(!GetWsChangesEx(GetCurrentProcess(), records, &small));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK(small >= 9 * sizeof *records);
    CHECK(!GetWsChanges(GetCurrentProcess(), plain, sizeof plain));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(take(), 8);
    CHECK_EQ(take(), 0);
    for (unsigned i = 0; i < PAGES; i += 8)
        touch(i); /* present: no fault */
    CHECK_EQ(take(), 0);
    CHECK(VirtualLock((void *)memory, PAGE));
    CHECK(EmptyWorkingSet(GetCurrentProcess()));
    touch(0);
    touch(8);
    CHECK_EQ(take(), 1);
    CHECK(VirtualUnlock((void *)memory, PAGE));
    touch(1);
    for (unsigned i = 0; i < sizeof plain / sizeof *plain; i++)
        plain[i].FaultingPc = (PVOID)1;
    CHECK(K32GetWsChanges(GetCurrentProcess(), plain, sizeof plain));
    CHECK(plain[0].FaultingVa == (PVOID)(memory + PAGE + 17));
    CHECK(plain[1].FaultingPc == NULL);
    CHECK(!GetWsChanges(GetCurrentProcess(), plain, sizeof plain));
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_ITEMS);
}

/* What comes when the records are full is counted in the end of the array (documented). */
static void lost(void)
{
    const unsigned faults = 33000, room = 65536;
    PSAPI_WS_WATCH_INFORMATION *all = malloc(room * sizeof *all);
    REQUIRE(all);
    for (unsigned i = 0; i < faults; i++) {
        volatile char *one = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        REQUIRE(one);
        *one = 1;
        VirtualFree((void *)one, 0, MEM_RELEASE);
    }
    unsigned count = 0;
    CHECK(GetWsChanges(GetCurrentProcess(), all, room * sizeof *all));
    while (count < room && all[count].FaultingPc)
        count++;
    CHECK(count > 0 && count < room);
    CHECK(all[count].FaultingVa != NULL && count + (ULONG_PTR)all[count].FaultingVa >= faults);
    free(all);
}

int main(int argc, char **argv)
{
    memory = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory != NULL);
    before();
    faults();
    if (argc < 2)
        lost();
    int failures = CHECK_DONE();
#ifdef __linux__
    if (argc < 2 && !failures) { /* the same under a budget */
        setenv("WINMEM_RAM", "16M", 1);
        char again[] = "again", *const arguments[] = {argv[0], again, NULL};
        execv("/proc/self/exe", arguments);
        return 1;
    }
#else
    (void)argc, (void)argv;
#endif
    return failures;
}
