/* The thread pool: work, timers, waits, files, cleanup groups, limits of threads. test traits: timeout=60 */
#include "check.h"

#include <windows.h>

static volatile LONG calls, parallel, most;
static HANDLE done, gate;

static FILETIME away(long long milliseconds)
{
    LARGE_INTEGER due;
    FILETIME time;
    due.QuadPart = -milliseconds * 10000;
    time.dwLowDateTime = due.LowPart;
    time.dwHighDateTime = (DWORD)due.HighPart;
    return time;
}

static VOID CALLBACK count_work(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    (void)instance, (void)work;
    LONG now = InterlockedIncrement(&parallel);
    for (LONG before = most; now > before; before = most)
        InterlockedCompareExchange(&most, now, before);
    InterlockedExchangeAdd(&calls, *(LONG *)context);
    InterlockedDecrement(&parallel);
}

static VOID CALLBACK block_work(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    (void)instance, (void)context, (void)work;
    InterlockedIncrement(&calls);
    WaitForSingleObject(gate, INFINITE);
}

/* Everybody waits until all have come: needs as many threads. */
static VOID CALLBACK meet_work(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    (void)instance, (void)work;
    if (InterlockedIncrement(&calls) == *(LONG *)context)
        SetEvent(gate);
    WaitForSingleObject(gate, INFINITE);
}

static void work_items(void)
{
    LONG one = 1, twelve = 12;
    PTP_WORK work = CreateThreadpoolWork(count_work, &one, NULL);
    REQUIRE(work);
    for (int i = 0; i < 1000; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK_EQ(calls, 1000);
    CloseThreadpoolWork(work);

    calls = 0;
    ResetEvent(gate);
    work = CreateThreadpoolWork(meet_work, &twelve, NULL);
    for (int i = 0; i < 12; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK_EQ(calls, 12);
    CloseThreadpoolWork(work);
}

static void limits(void)
{
    LONG one = 1;
    TP_CALLBACK_ENVIRON environment;
    PTP_POOL pool = CreateThreadpool(NULL);
    REQUIRE(pool);
    SetThreadpoolThreadMaximum(pool, 1);
    CHECK(SetThreadpoolThreadMinimum(pool, 1));
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    PTP_WORK work = CreateThreadpoolWork(count_work, &one, &environment);
    calls = most = 0;
    for (int i = 0; i < 500; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK_EQ(calls, 500);
    CHECK_EQ(most, 1);

    /* One thread, held up: what is behind it can be cancelled. */
    PTP_WORK blocker = CreateThreadpoolWork(block_work, NULL, &environment);
    calls = 0;
    ResetEvent(gate);
    SubmitThreadpoolWork(blocker);
    while (calls == 0)
        Sleep(1);
    for (int i = 0; i < 10; i++)
        SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, TRUE);
    SetEvent(gate);
    WaitForThreadpoolWorkCallbacks(blocker, FALSE);
    CHECK_EQ(calls, 1);
    CloseThreadpoolWork(blocker);
    CloseThreadpoolWork(work);
    CloseThreadpool(pool);
    DestroyThreadpoolEnvironment(&environment);
}

static VOID CALLBACK simple(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    CallbackMayRunLong(instance);
    InterlockedIncrement((LONG *)context);
    SetEventWhenCallbackReturns(instance, done);
}

static VOID CALLBACK cancelled(PVOID object, PVOID context)
{
    (void)object;
    InterlockedIncrement((LONG *)context);
}

static VOID CALLBACK timer_callback(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance, (void)timer;
    if (InterlockedIncrement((LONG *)context) == 3)
        SetEvent(done);
}

static void simple_and_groups(void)
{
    LONG count = 0, gone = 0, one = 1;
    TP_CALLBACK_ENVIRON environment;
    CHECK(TrySubmitThreadpoolCallback(simple, &count, NULL));
    CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    CHECK_EQ(count, 1);

    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    REQUIRE(group);
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackCleanupGroup(&environment, group, cancelled);
    PTP_WORK work = CreateThreadpoolWork(count_work, &one, &environment);
    PTP_TIMER timer = CreateThreadpoolTimer(timer_callback, &count, &environment);
    FILETIME late = away(600000);
    SetThreadpoolTimer(timer, &late, 0, 0);
    calls = 0;
    for (int i = 0; i < 100; i++)
        SubmitThreadpoolWork(work);
    CloseThreadpoolCleanupGroupMembers(group, FALSE, &gone);
    CHECK_EQ(calls, 100);
    CHECK_EQ(gone, 0);
    work = CreateThreadpoolWork(count_work, &one, &environment);
    CHECK(work != NULL);
    CloseThreadpoolCleanupGroupMembers(group, TRUE, &gone);
    CHECK_EQ(gone, 1);
    for (int i = 0; i < 50; i++)
        CHECK(TrySubmitThreadpoolCallback(simple, &count, &environment));
    CloseThreadpoolCleanupGroupMembers(group, FALSE, NULL);
    CHECK_EQ(count, 51);
    CloseThreadpoolCleanupGroup(group);
    ResetEvent(done);
}

static void timers(void)
{
    LONG count = 0;
    FILETIME soon = away(2), late = away(600000), now = {0, 0};
    PTP_TIMER timer = CreateThreadpoolTimer(timer_callback, &count, NULL);
    REQUIRE(timer);
    CHECK(!IsThreadpoolTimerSet(timer));
    SetThreadpoolTimer(timer, &soon, 2, 0);
    CHECK(IsThreadpoolTimerSet(timer));
    CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    CHECK(IsThreadpoolTimerSet(timer));
    SetThreadpoolTimer(timer, NULL, 0, 0);
    CHECK(!IsThreadpoolTimerSet(timer));
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    LONG before = count;
    Sleep(20);
    CHECK_EQ(count, before);
    CHECK(!SetThreadpoolTimerEx(timer, &late, 0, 0));
    CHECK(SetThreadpoolTimerEx(timer, NULL, 0, 0));
    count = 2;
    SetThreadpoolTimer(timer, &now, 0, 0); /* at once */
    CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    CloseThreadpoolTimer(timer);

    PTP_TIMER many[200];
    LONG counts[200] = {0};
    for (int i = 0; i < 200; i++) {
        FILETIME due = away(1 + i % 17);
        many[i] = CreateThreadpoolTimer(timer_callback, &counts[i], NULL);
        SetThreadpoolTimer(many[i], &due, 0, 0);
    }
    for (int i = 0; i < 200; i++) {
        while (IsThreadpoolTimerSet(many[i]))
            Sleep(1);
        WaitForThreadpoolTimerCallbacks(many[i], FALSE);
        CloseThreadpoolTimer(many[i]);
    }
    for (int i = 0; i < 200; i++)
        CHECK_EQ(counts[i], 1);
}

static volatile DWORD wait_result;

static VOID CALLBACK wait_callback(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait, TP_WAIT_RESULT result)
{
    (void)instance, (void)wait;
    wait_result = result;
    InterlockedIncrement((LONG *)context);
    SetEvent(done);
}

static void waits(void)
{
    enum { MANY = 150 };
    LONG count = 0;
    FILETIME soon = away(2);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    PTP_WAIT wait = CreateThreadpoolWait(wait_callback, &count, NULL);
    REQUIRE(event && wait);
    SetThreadpoolWait(wait, event, NULL);
    SetEvent(event);
    CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    CHECK_EQ(wait_result, WAIT_OBJECT_0);
    SetThreadpoolWait(wait, event, &soon);
    CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    CHECK_EQ(wait_result, WAIT_TIMEOUT);
    SetThreadpoolWait(wait, event, NULL);
    SetThreadpoolWait(wait, NULL, NULL);
    WaitForThreadpoolWaitCallbacks(wait, TRUE);
    SetEvent(event);
    Sleep(10);
    CHECK_EQ(count, 2);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0); /* nobody took it */
    CloseThreadpoolWait(wait);

    HANDLE events[MANY];
    PTP_WAIT all[MANY];
    count = 0;
    for (int i = 0; i < MANY; i++) {
        events[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
        all[i] = CreateThreadpoolWait(wait_callback, &count, NULL);
        SetThreadpoolWait(all[i], events[i], NULL);
    }
    for (int i = MANY; i-- > 0;)
        SetEvent(events[i]);
    while (count < MANY)
        Sleep(1);
    for (int i = 0; i < MANY; i++) {
        WaitForThreadpoolWaitCallbacks(all[i], FALSE);
        CloseThreadpoolWait(all[i]);
        CloseHandle(events[i]);
    }
    CHECK_EQ(count, MANY);
    CloseHandle(event);
    ResetEvent(done);
}

static VOID CALLBACK io_callback(PTP_CALLBACK_INSTANCE instance, PVOID context, PVOID overlapped, ULONG result,
                                 ULONG_PTR bytes, PTP_IO io)
{
    (void)instance, (void)io;
    CHECK_EQ(result, NO_ERROR);
    CHECK_EQ(bytes, 5);
    *(PVOID *)context = overlapped;
    SetEvent(done);
}

static void files(void)
{
    char directory[MAX_PATH], name[MAX_PATH], text[5] = "hello";
    PVOID seen = NULL;
    OVERLAPPED overlapped = {0};
    CHECK(GetTempPathA(sizeof directory, directory) != 0);
    CHECK(GetTempFileNameA(directory, "pool", 0, name) != 0);
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    PTP_IO io = CreateThreadpoolIo(file, io_callback, &seen, NULL);
    REQUIRE(io);
    StartThreadpoolIo(io);
    if (!WriteFile(file, text, 5, NULL, &overlapped))
        CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
    CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    CHECK(seen == &overlapped);
    CHECK(!CreateThreadpoolIo(file, io_callback, &seen, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CloseHandle(file);
    CloseThreadpoolIo(io);
}

/* ---- what happens when a callback has returned ---- */

struct afterwards {
    HANDLE mutex, semaphore, left;
    CRITICAL_SECTION section;
    int step;
};

static void CALLBACK leaves_all(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    struct afterwards *a = context;
    CHECK_EQ(WaitForSingleObject(a->mutex, 0), WAIT_OBJECT_0);
    EnterCriticalSection(&a->section);
    ReleaseMutexWhenCallbackReturns(instance, a->mutex);
    ReleaseSemaphoreWhenCallbackReturns(instance, a->semaphore, 3);
    LeaveCriticalSectionWhenCallbackReturns(instance, &a->section);
    CHECK_EQ(WaitForSingleObject(a->semaphore, 0), WAIT_TIMEOUT);
}

/* Who waits for it goes on, though it has not returned. */
static void CALLBACK goes_its_way(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    struct afterwards *a = context;
    (void)work;
    DisassociateCurrentThreadFromCallback(instance);
    DisassociateCurrentThreadFromCallback(instance);
    WaitForSingleObject(gate, INFINITE);
    SetEvent(a->left);
}

static void afterwards(void)
{
    struct afterwards a = {.step = 0};
    TP_POOL_STACK_INFORMATION stack = {.StackReserve = 4 << 20, .StackCommit = 65536}, seen;
    a.mutex = CreateMutexA(NULL, FALSE, NULL);
    a.semaphore = CreateSemaphoreA(NULL, 0, 5, NULL);
    a.left = CreateEventA(NULL, FALSE, FALSE, NULL);
    InitializeCriticalSection(&a.section);
    REQUIRE(TrySubmitThreadpoolCallback(leaves_all, &a, NULL));
    for (int i = 0; i < 3; i++)
        CHECK_EQ(WaitForSingleObject(a.semaphore, 20000), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(a.semaphore, 0), WAIT_TIMEOUT);
    CHECK_EQ(WaitForSingleObject(a.mutex, 20000), WAIT_OBJECT_0); /* neither is it abandoned */
    EnterCriticalSection(&a.section);
    LeaveCriticalSection(&a.section);
    ResetEvent(gate);
    PTP_WORK work = CreateThreadpoolWork(goes_its_way, &a, NULL);
    REQUIRE(work);
    SubmitThreadpoolWork(work);
    WaitForThreadpoolWorkCallbacks(work, FALSE);
    CHECK_EQ(WaitForSingleObject(a.left, 0), WAIT_TIMEOUT);
    SetEvent(gate);
    CHECK_EQ(WaitForSingleObject(a.left, 20000), WAIT_OBJECT_0);
    CloseThreadpoolWork(work);
    PTP_POOL pool = CreateThreadpool(NULL);
    REQUIRE(pool);
    CHECK(SetThreadpoolStackInformation(pool, &stack) && QueryThreadpoolStackInformation(pool, &seen));
    CHECK_EQ(seen.StackReserve, stack.StackReserve);
    stack.StackCommit = stack.StackReserve * 2;
    CHECK(!SetThreadpoolStackInformation(pool, &stack) && GetLastError() == ERROR_INVALID_PARAMETER);
    CloseThreadpool(pool);
    ReleaseMutex(a.mutex);
    CloseHandle(a.mutex);
    CloseHandle(a.semaphore);
    CloseHandle(a.left);
    DeleteCriticalSection(&a.section);
}

int main(void)
{
    done = CreateEventA(NULL, FALSE, FALSE, NULL);
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    work_items();
    limits();
    simple_and_groups();
    timers();
    waits();
    files();
    afterwards();
    return CHECK_DONE();
}
