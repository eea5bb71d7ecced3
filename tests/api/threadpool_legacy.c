/* The older calls of the thread pool: work items, registered waits, timer queues; how they end. */
#include "check.h"

#include <windows.h>

static HANDLE done, gate;
static volatile LONG calls, timeouts;

static DWORD WINAPI work(LPVOID context)
{
    if (InterlockedIncrement(&calls) == *(LONG *)context)
        SetEvent(done);
    return 0;
}

static void work_items(void)
{
    LONG all = 300;
    for (int i = 0; i < all; i++)
        CHECK(QueueUserWorkItem(work, &all, i % 3 ? WT_EXECUTEDEFAULT : WT_EXECUTELONGFUNCTION));
    CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    CHECK_EQ(calls, 300);
}

static VOID CALLBACK waited(PVOID context, BOOLEAN timed_out)
{
    InterlockedIncrement(timed_out ? &timeouts : &calls);
    SetEvent(context);
}

static VOID CALLBACK held_up(PVOID context, BOOLEAN timed_out)
{
    (void)timed_out;
    SetEvent(context);
    WaitForSingleObject(gate, INFINITE);
    InterlockedIncrement(&calls);
}

static void registered(void)
{
    HANDLE wait = NULL, event = CreateEventA(NULL, FALSE, FALSE, NULL), over = CreateEventA(NULL, FALSE, FALSE, NULL);
    REQUIRE(event && over);
    calls = timeouts = 0;
    CHECK(RegisterWaitForSingleObject(&wait, event, waited, done, INFINITE, WT_EXECUTEDEFAULT));
    for (int i = 0; i < 5; i++) {
        SetEvent(event);
        CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    }
    CHECK_EQ(calls, 5);
    CHECK(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    SetEvent(event);
    Sleep(10);
    CHECK_EQ(calls, 5);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);

    CHECK(RegisterWaitForSingleObject(&wait, event, waited, done, 2, WT_EXECUTEDEFAULT));
    while (timeouts < 3)
        CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    CHECK(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));

    calls = timeouts = 0;
    CHECK(RegisterWaitForSingleObject(&wait, event, waited, done, INFINITE, WT_EXECUTEONLYONCE));
    ResetEvent(done);
    SetEvent(event);
    CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    SetEvent(event);
    Sleep(10);
    CHECK_EQ(calls, 1);
    CHECK(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE)); /* waits for a callback that is under way */

    /* With callbacks under way: pending, or an event that tells when they have ended. */
    ResetEvent(gate);
    SetEvent(event);
    CHECK(RegisterWaitForSingleObject(&wait, event, held_up, done, INFINITE, WT_EXECUTEONLYONCE));
    CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    CHECK(UnregisterWaitEx(wait, over) || GetLastError() == ERROR_IO_PENDING);
    CHECK_EQ(WaitForSingleObject(over, 10), WAIT_TIMEOUT);
    SetEvent(gate);
    CHECK_EQ(WaitForSingleObject(over, INFINITE), WAIT_OBJECT_0);
    CHECK_EQ(calls, 2);
    ResetEvent(gate);
    SetEvent(event);
    CHECK(RegisterWaitForSingleObject(&wait, event, held_up, done, INFINITE, WT_EXECUTEONLYONCE));
    CHECK_EQ(WaitForSingleObject(done, INFINITE), WAIT_OBJECT_0);
    CHECK(!UnregisterWait(wait));
    CHECK_EQ(GetLastError(), ERROR_IO_PENDING);
    SetEvent(gate);
    while (calls < 3)
        Sleep(1);
    CHECK(!RegisterWaitForSingleObject(&wait, (HANDLE)0x7ffc, waited, done, INFINITE, 0));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(!UnregisterWait(NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    CloseHandle(over);
}

static VOID CALLBACK tick(PVOID context, BOOLEAN fired)
{
    CHECK(fired);
    InterlockedIncrement((LONG *)context);
}

static void timer_queues(void)
{
    LONG once = 0, beats = 0, common = 0;
    HANDLE queue = CreateTimerQueue(), first = NULL, second = NULL, third = NULL;
    HANDLE over = CreateEventA(NULL, FALSE, FALSE, NULL);
    REQUIRE(queue && over);
    CHECK(CreateTimerQueueTimer(&first, queue, tick, &once, 1, 0, WT_EXECUTEDEFAULT));
    CHECK(CreateTimerQueueTimer(&second, queue, tick, &beats, 1, 2, WT_EXECUTEDEFAULT));
    CHECK(CreateTimerQueueTimer(&third, NULL, tick, &common, 600000, 0, WT_EXECUTEONLYONCE));
    while (*(volatile LONG *)&beats < 4 || *(volatile LONG *)&once < 1)
        Sleep(1);
    CHECK_EQ(once, 1);
    CHECK(ChangeTimerQueueTimer(queue, first, 1, 0));
    while (*(volatile LONG *)&once < 2)
        Sleep(1);
    CHECK(DeleteTimerQueueTimer(queue, second, INVALID_HANDLE_VALUE));
    LONG before = beats;
    CHECK(ChangeTimerQueueTimer(NULL, third, 1, 0));
    while (*(volatile LONG *)&common < 1)
        Sleep(1);
    CHECK(DeleteTimerQueueTimer(NULL, third, INVALID_HANDLE_VALUE));
    Sleep(10);
    CHECK_EQ(beats, before);
    CHECK(CreateTimerQueueTimer(&second, queue, tick, &beats, 1, 1, WT_EXECUTEDEFAULT));
    CHECK(DeleteTimerQueueEx(queue, over));
    CHECK_EQ(WaitForSingleObject(over, INFINITE), WAIT_OBJECT_0);
    before = beats;
    Sleep(10);
    CHECK_EQ(beats, before);
    queue = CreateTimerQueue();
    CHECK(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE));
    CloseHandle(over);
}

int main(void)
{
    done = CreateEventA(NULL, FALSE, FALSE, NULL);
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    work_items();
    registered();
    timer_queues();
    return CHECK_DONE();
}
