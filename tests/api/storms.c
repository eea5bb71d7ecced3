/* test traits: tsan */
/* Threads at once in every part of the memory manager: on neighbouring pages of the same regions, with a model of each
 * page; stopped, looked at and resumed in the middle; ended in the middle; with exceptions in all of them. Whatever is
 * in the way of the others waits for nobody, and everything is as it should be afterwards. */
#include <windows.h>

#include "check.h"

#ifndef ROUNDS
#define ROUNDS 400
#endif
#define THREADS 4
#define PAGE ((SIZE_T)4096)
#define STRIPE 4 /* pages under one lock of the test's */
#define STRIPES 96
#define PLACES 12

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void run(LPTHREAD_START_ROUTINE routine, unsigned count)
{
    HANDLE thread[8];
    for (UINT_PTR i = 0; i < count; i++)
        REQUIRE((thread[i] = CreateThread(NULL, 0, routine, (void *)i, 0, NULL)) != NULL);
    CHECK(WaitForMultipleObjects(count, thread, TRUE, 60000 + ROUNDS * 20) == WAIT_OBJECT_0);
    for (unsigned i = 0; i < count; i++)
        CloseHandle(thread[i]);
}

/* --- a model of each page: its protection, 0 when it is not committed; and the byte that was written --- */

static char *region, *place[PLACES];
static SRWLOCK stripe[STRIPES], place_lock[PLACES];
static DWORD protection[STRIPES * STRIPE];
static char written[STRIPES * STRIPE];
static LONG wrong;

static BOOL is_as_known(unsigned page)
{
    MEMORY_BASIC_INFORMATION information;
    char *at = region + page * PAGE;
    if (!VirtualQuery(at, &information, sizeof information) || information.AllocationBase != region)
        return FALSE;
    if (information.State != (protection[page] ? MEM_COMMIT : MEM_RESERVE) || information.Protect != protection[page])
        return FALSE;
    return !protection[page] || protection[page] == PAGE_NOACCESS || *(volatile char *)at == written[page];
}

static const DWORD kinds[] = {PAGE_READWRITE, PAGE_READONLY, PAGE_NOACCESS, PAGE_EXECUTE_READ};

static void change(unsigned first, unsigned count, unsigned *seed)
{
    char *at = region + first * PAGE;
    DWORD old, kind = kinds[next(seed) % 4];
    unsigned what = next(seed) % 3;
    BOOL all = TRUE, done = FALSE;
    for (unsigned i = first; i < first + count; i++)
        all &= protection[i] != 0;
    if (what == 0)
        done = VirtualAlloc(at, count * PAGE, MEM_COMMIT, kind) != NULL;
    else if (what == 1)
        done = VirtualFree(at, count * PAGE, MEM_DECOMMIT);
    else
        done = VirtualProtect(at, count * PAGE, kind, &old);
    if (done != (what != 2 || all))
        InterlockedIncrement(&wrong);
    for (unsigned i = first; i < first + count && done; i++) {
        written[i] = protection[i] && what != 1 ? written[i] : 0;
        protection[i] = what == 1 ? 0 : kind;
        if (protection[i] == PAGE_READWRITE)
            *(volatile char *)(region + i * PAGE) = written[i] = (char)next(seed);
    }
}

static void take_and_give(unsigned *seed)
{
    unsigned i = next(seed) % PLACES;
    AcquireSRWLockExclusive(&place_lock[i]);
    if (!place[i]) {
        place[i] = VirtualAlloc(NULL, (1 + next(seed) % 40) * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (!place[i])
            InterlockedIncrement(&wrong);
        else
            *place[i] = (char)i;
    } else {
        if (*place[i] != (char)i || !VirtualFree(place[i], 0, MEM_RELEASE))
            InterlockedIncrement(&wrong);
        place[i] = NULL;
    }
    ReleaseSRWLockExclusive(&place_lock[i]);
}

static DWORD WINAPI on_pages(void *number)
{
    unsigned seed = 77 + (unsigned)(UINT_PTR)number;
    for (int round = 0; round < ROUNDS; round++) {
        unsigned low = next(&seed) % STRIPES, high = low + next(&seed) % 3;
        if (high >= STRIPES)
            high = STRIPES - 1;
        for (unsigned i = low; i <= high; i++)
            AcquireSRWLockExclusive(&stripe[i]);
        unsigned pages = (high - low + 1) * STRIPE, first = low * STRIPE + next(&seed) % pages;
        change(first, 1 + next(&seed) % ((high + 1) * STRIPE - first), &seed);
        for (unsigned i = low * STRIPE; i < (high + 1) * STRIPE; i++)
            if (!is_as_known(i))
                InterlockedIncrement(&wrong);
        for (unsigned i = low; i <= high; i++)
            ReleaseSRWLockExclusive(&stripe[i]);
        take_and_give(&seed);
    }
    return 0;
}

static void pages_of_all(void)
{
    region = VirtualAlloc(NULL, STRIPES * STRIPE * PAGE, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(region);
    run(on_pages, THREADS);
    for (unsigned i = 0; i < STRIPES * STRIPE; i++)
        CHECK(is_as_known(i));
    CHECK_EQ(wrong, 0);
    CHECK(VirtualFree(region, 0, MEM_RELEASE));
    for (int i = 0; i < PLACES; i++)
        CHECK(!place[i] || VirtualFree(place[i], 0, MEM_RELEASE));
}

/* --- stopped and ended in the middle --- */

static volatile LONG stop;

static void everything(unsigned *seed)
{
    char *memory = VirtualAlloc(NULL, (1 + next(seed) % 16) * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    void *block = HeapAlloc(GetProcessHeap(), 0, 1 + next(seed) % 3000);
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NULL);
    void *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (!memory || !block || !view || !event)
        InterlockedIncrement(&wrong);
    if (memory)
        *memory = 1;
    CloseHandle(event);
    UnmapViewOfFile(view);
    CloseHandle(section);
    HeapFree(GetProcessHeap(), 0, block);
    VirtualFree(memory, 0, MEM_RELEASE);
}

static DWORD WINAPI busy(void *number)
{
    unsigned seed = 5 + (unsigned)(UINT_PTR)number;
    while (!InterlockedCompareExchange(&stop, 0, 0))
        everything(&seed);
    return 0;
}

static void stopped(void)
{
    HANDLE thread[THREADS];
    unsigned seed = 1;
    InterlockedExchange(&stop, 0);
    for (UINT_PTR i = 0; i < THREADS; i++)
        REQUIRE((thread[i] = CreateThread(NULL, 0, busy, (void *)i, 0, NULL)) != NULL);
    for (int round = 0; round < ROUNDS / 3; round++) {
        CONTEXT context;
        HANDLE one = thread[next(&seed) % THREADS], other = thread[next(&seed) % THREADS];
        context.ContextFlags = CONTEXT_FULL;
        CHECK(SuspendThread(one) == 0);
        CHECK(GetThreadContext(one, &context) && context.Rip && context.Rsp);
        CHECK(SuspendThread(other) == (one == other));
        everything(&seed); /* whatever they were about */
        CHECK(ResumeThread(other) == 1u + (one == other));
        CHECK(ResumeThread(one) == 1);
    }
    InterlockedExchange(&stop, 1);
    CHECK(WaitForMultipleObjects(THREADS, thread, TRUE, 60000) == WAIT_OBJECT_0);
    for (int i = 0; i < THREADS; i++)
        CloseHandle(thread[i]);
}

#ifndef __SANITIZE_THREAD__
static void ended(void)
{
    unsigned seed = 9;
    InterlockedExchange(&stop, 0);
    for (int round = 0; round < ROUNDS / 30; round++) {
        HANDLE thread[THREADS];
        for (UINT_PTR i = 0; i < THREADS; i++)
            REQUIRE((thread[i] = CreateThread(NULL, 0, busy, (void *)i, 0, NULL)) != NULL);
        for (unsigned i = next(&seed) % 3000; i > 0; i--)
            YieldProcessor();
        for (int i = 0; i < THREADS; i++)
            CHECK(TerminateThread(thread[i], 3));
        CHECK(WaitForMultipleObjects(THREADS, thread, TRUE, 60000) == WAIT_OBJECT_0);
        everything(&seed);
        for (int i = 0; i < THREADS; i++)
            CloseHandle(thread[i]);
    }
    CHECK(HeapValidate(GetProcessHeap(), 0, NULL));
}
#endif

/* --- exceptions in all of them, while handlers come and go --- */

static volatile LONG asked;

static LONG CALLBACK ask(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    InterlockedIncrement(&asked);
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG commit(EXCEPTION_POINTERS *pointers)
{
    void *at = (void *)pointers->ExceptionRecord->ExceptionInformation[1];
    return VirtualAlloc(at, 1, MEM_COMMIT, PAGE_READWRITE) ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_EXECUTE_HANDLER;
}

static DWORD WINAPI faults(void *number)
{
    char *memory = VirtualAlloc(NULL, 64 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    unsigned seed = 3 + (unsigned)(UINT_PTR)number;
    volatile LONG caught = 0, kept = 0;
    for (int round = 0; round < ROUNDS / 10; round++) {
        volatile char *at = memory + next(&seed) % 64 * PAGE;
        void *handler = round % 8 ? NULL : AddVectoredExceptionHandler(1, ask);
        __try {
            *at = 7;
            kept += *at == 7;
            VirtualFree((void *)(ULONG_PTR)at, 1, MEM_DECOMMIT);
        } __except (commit(GetExceptionInformation())) {
            InterlockedIncrement(&wrong);
        }
        __try {
            *at = 1;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            caught++;
        }
        if (handler && !RemoveVectoredExceptionHandler(handler))
            InterlockedIncrement(&wrong);
    }
    if (caught != ROUNDS / 10 || kept != ROUNDS / 10)
        InterlockedIncrement(&wrong);
    VirtualFree(memory, 0, MEM_RELEASE);
    return 0;
}

int main(void)
{
    pages_of_all();
    stopped();
#ifndef __SANITIZE_THREAD__ /* a thread that is ended inside its runtime stays there */
    ended();
#endif
    run(faults, THREADS);
    CHECK_EQ(wrong, 0);
    CHECK(asked > 0);
    return CHECK_DONE();
}
