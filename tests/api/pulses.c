/* What only those see who sleep, and threads before they begin: pulses of events let go who waits, one or all, in waits
 * for any and for all; doubles in waits for all; procedures queued for a thread that has not begun; registers of a
 * thread that is stopped as often as can be. */
#include "check.h"

#include <windows.h>
#include <string.h>

#define SLEEPERS 4

static HANDLE event, other, gate;
static volatile LONG awake;

static DWORD WINAPI sleep_on_one(LPVOID unused)
{
    (void)unused;
    ReleaseSemaphore(gate, 1, NULL);
    if (WaitForSingleObject(event, 20000) != WAIT_OBJECT_0)
        return 1;
    InterlockedIncrement(&awake);
    return 0;
}

static DWORD WINAPI sleep_on_both(LPVOID all)
{
    HANDLE both[2] = {other, event};
    ReleaseSemaphore(gate, 1, NULL);
    return WaitForMultipleObjects(2, both, all != NULL, 20000);
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, LPVOID parameter)
{
    HANDLE thread = CreateThread(NULL, 0, routine, parameter, 0, NULL);
    REQUIRE(thread && WaitForSingleObject(gate, 20000) == WAIT_OBJECT_0);
    return thread;
}

static DWORD end_of(HANDLE thread)
{
    DWORD code = 99;
    CHECK_EQ(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CloseHandle(thread);
    return code;
}

static void all_go(void)
{
    HANDLE thread[SLEEPERS];
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < SLEEPERS; i++)
        thread[i] = start(sleep_on_one, NULL);
    Sleep(50);
    CHECK(PulseEvent(event));
    for (int i = 0; i < SLEEPERS; i++)
        CHECK_EQ(end_of(thread[i]), 0);
    CHECK_EQ(awake, SLEEPERS);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    CHECK(SetEvent(event));
    CHECK(PulseEvent(event)); /* nobody sleeps: it is just reset */
    CHECK_EQ(WaitForSingleObject(event, 20), WAIT_TIMEOUT);
    CloseHandle(event);
}

static void one_goes(void)
{
    HANDLE thread[SLEEPERS];
    awake = 0;
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    for (int i = 0; i < SLEEPERS; i++)
        thread[i] = start(sleep_on_one, NULL);
    for (int i = 1; i <= SLEEPERS; i++) {
        Sleep(50);
        CHECK(PulseEvent(event));
        for (int turn = 0; turn < 2000 && awake < i; turn++)
            Sleep(1);
        Sleep(10);
        CHECK_EQ(awake, i);
    }
    for (int i = 0; i < SLEEPERS; i++)
        CHECK_EQ(end_of(thread[i]), 0);
    CHECK(PulseEvent(event));
    CHECK_EQ(WaitForSingleObject(event, 20), WAIT_TIMEOUT);
    CloseHandle(event);
}

static void of_several(void)
{
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    other = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = start(sleep_on_both, NULL);
    Sleep(50);
    CHECK(PulseEvent(event));
    CHECK_EQ(end_of(thread), WAIT_OBJECT_0 + 1);
    SetEvent(other);
    thread = start(sleep_on_both, &other);
    Sleep(50);
    CHECK(PulseEvent(event));
    CHECK_EQ(end_of(thread), WAIT_OBJECT_0);
    CloseHandle(event);
    CloseHandle(other);
}

static void doubles(void)
{
    HANDLE one = CreateEventA(NULL, TRUE, TRUE, NULL), same = NULL;
    REQUIRE(DuplicateHandle(GetCurrentProcess(), one, GetCurrentProcess(), &same, 0, FALSE, DUPLICATE_SAME_ACCESS));
    HANDLE pair[2] = {one, same};
    CHECK_EQ(WaitForMultipleObjects(2, pair, FALSE, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForMultipleObjects(2, pair, TRUE, 0), WAIT_FAILED); /* one object, by two handles */
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CloseHandle(one);
    CloseHandle(same);
}

static int order;

static VOID CALLBACK procedure(ULONG_PTR digit)
{
    order = order * 10 + (int)digit;
}

static DWORD WINAPI body(LPVOID unused)
{
    (void)unused;
    order = order * 10 + 9;
    return 0;
}

static void before_it_begins(void)
{
    HANDLE thread = CreateThread(NULL, 0, body, NULL, CREATE_SUSPENDED, NULL);
    REQUIRE(thread);
    CHECK(QueueUserAPC(procedure, thread, 1));
    CHECK(QueueUserAPC(procedure, thread, 2));
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_EQ(end_of(thread), 0);
    CHECK_EQ(order, 129);
}

static volatile LONG stop;

static DWORD WINAPI spin(LPVOID unused)
{
    (void)unused;
    while (!stop)
        ;
    return 0;
}

static void stopped_often(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, 0, NULL);
    REQUIRE(thread);
    for (DWORD i = 0; i < MAXIMUM_SUSPEND_COUNT; i++)
        CHECK_EQ(SuspendThread(thread), i);
    CHECK_EQ(SuspendThread(thread), (DWORD)-1);
    CHECK_EQ(GetLastError(), ERROR_SIGNAL_REFUSED);
    CHECK(GetThreadContext(thread, &context));
    CHECK(context.Rip && context.Rsp);
    for (DWORD i = MAXIMUM_SUSPEND_COUNT; i > 0; i--)
        CHECK_EQ(ResumeThread(thread), i);
    stop = 1;
    CHECK_EQ(end_of(thread), 0);
    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_CONTROL;
    CHECK(GetThreadContext(GetCurrentThread(), &context)); /* as of a moment ago */
    CHECK(context.Rip && context.Rsp);
}

int main(void)
{
    gate = CreateSemaphoreA(NULL, 0, SLEEPERS, NULL);
    all_go();
    one_goes();
    of_several();
    doubles();
    before_it_begins();
    stopped_often();
    return CHECK_DONE();
}
