/* Waitable timers: when they are signaled, what takes them, their completion routines, their names and errors. */
#include "check.h"

#include <windows.h>

static LARGE_INTEGER away(long long milliseconds)
{
    LARGE_INTEGER due;
    due.QuadPart = -milliseconds * 10000;
    return due;
}

static void resets(void)
{
    LARGE_INTEGER soon = away(5), late = away(600000), past;
    HANDLE manual = CreateWaitableTimerA(NULL, TRUE, NULL), automatic = CreateWaitableTimerW(NULL, FALSE, NULL);
    REQUIRE(manual && automatic);
    CHECK_EQ(WaitForSingleObject(manual, 0), WAIT_TIMEOUT);
    CHECK(SetWaitableTimer(manual, &soon, 0, NULL, NULL, FALSE));
    CHECK_EQ(WaitForSingleObject(manual, INFINITE), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(manual, 0), WAIT_OBJECT_0);
    CHECK(CancelWaitableTimer(manual)); /* does not change what is signaled */
    CHECK_EQ(WaitForSingleObject(manual, 0), WAIT_OBJECT_0);
    CHECK(SetWaitableTimer(manual, &late, 0, NULL, NULL, FALSE)); /* setting it does */
    CHECK_EQ(WaitForSingleObject(manual, 0), WAIT_TIMEOUT);

    CHECK(SetWaitableTimer(automatic, &soon, 0, NULL, NULL, FALSE));
    CHECK_EQ(WaitForSingleObject(automatic, INFINITE), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(automatic, 20), WAIT_TIMEOUT);
    CHECK(SetWaitableTimer(automatic, &soon, 3, NULL, NULL, FALSE));
    for (int i = 0; i < 4; i++)
        CHECK_EQ(WaitForSingleObject(automatic, INFINITE), WAIT_OBJECT_0);
    CHECK(CancelWaitableTimer(automatic));
    WaitForSingleObject(automatic, 0); /* a beat that came before */
    CHECK_EQ(WaitForSingleObject(automatic, 20), WAIT_TIMEOUT);

    past.QuadPart = 0; /* a moment long ago */
    CHECK(SetWaitableTimer(automatic, &past, 0, NULL, NULL, FALSE));
    CHECK_EQ(WaitForSingleObject(automatic, 0), WAIT_OBJECT_0);
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    past.LowPart = now.dwLowDateTime;
    past.HighPart = (LONG)now.dwHighDateTime;
    past.QuadPart += 50000;
    CHECK(SetWaitableTimer(automatic, &past, 0, NULL, NULL, FALSE));
    CHECK_EQ(WaitForSingleObject(automatic, INFINITE), WAIT_OBJECT_0);

    HANDLE both[2] = {manual, automatic};
    CHECK(SetWaitableTimer(automatic, &soon, 0, NULL, NULL, FALSE));
    CHECK_EQ(WaitForMultipleObjects(2, both, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
    CHECK(SetWaitableTimer(manual, &soon, 0, NULL, NULL, FALSE));
    CHECK(SetWaitableTimer(automatic, &soon, 0, NULL, NULL, FALSE));
    CHECK_EQ(WaitForMultipleObjects(2, both, TRUE, INFINITE), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(automatic, 0), WAIT_TIMEOUT);
    CHECK(CloseHandle(manual) && CloseHandle(automatic));
}

static int calls;
static DWORD routine_thread;
static HANDLE again;

static VOID CALLBACK routine(LPVOID argument, DWORD low, DWORD high)
{
    CHECK(low || high);
    CHECK_EQ(*(int *)argument, 7);
    calls++;
    routine_thread = GetCurrentThreadId();
}

static VOID CALLBACK setting_again(LPVOID argument, DWORD low, DWORD high)
{
    LARGE_INTEGER soon = away(1);
    routine(argument, low, high);
    if (calls < 3)
        CHECK(SetWaitableTimer(again, &soon, 0, setting_again, argument, FALSE));
}

static VOID CALLBACK plain(ULONG_PTR argument)
{
    calls += (int)argument;
}

static void routines(void)
{
    int seven = 7;
    LARGE_INTEGER soon = away(5), late = away(600000);
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    REQUIRE(timer);
    calls = 0;
    CHECK(SetWaitableTimer(timer, &soon, 0, routine, &seven, FALSE));
    Sleep(20);
    CHECK_EQ(calls, 0); /* not alertable */
    CHECK_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(calls, 1);
    CHECK_EQ(routine_thread, GetCurrentThreadId());
    CHECK_EQ(SleepEx(10, TRUE), 0);

    CHECK(SetWaitableTimer(timer, &soon, 2, routine, &seven, FALSE));
    while (calls < 4)
        CHECK_EQ(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    CHECK(CancelWaitableTimer(timer));
    calls = 0;
    CHECK_EQ(SleepEx(10, TRUE), 0); /* cancelled: no routine */
    CHECK(SetWaitableTimer(timer, &soon, 0, routine, &seven, FALSE));
    CHECK(SetWaitableTimer(timer, &late, 0, routine, &seven, FALSE)); /* the first is void */
    CHECK_EQ(SleepEx(20, TRUE), 0);
    CHECK_EQ(calls, 0);

    again = timer;
    CHECK(SetWaitableTimer(timer, &soon, 0, setting_again, &seven, FALSE));
    while (calls < 3)
        SleepEx(INFINITE, TRUE);
    HANDLE never = CreateEventA(NULL, TRUE, FALSE, NULL);
    CHECK(SetWaitableTimer(timer, &soon, 0, routine, &seven, FALSE));
    CHECK_EQ(WaitForSingleObjectEx(never, INFINITE, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(calls, 4);
    CHECK(QueueUserAPC(plain, GetCurrentThread(), 10));
    CHECK_EQ(WaitForSingleObjectEx(never, INFINITE, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(calls, 14);
    CHECK(SetWaitableTimer(timer, &soon, 0, routine, &seven, FALSE));
    CHECK(CloseHandle(timer)); /* takes the routine with it */
    CHECK_EQ(SleepEx(20, TRUE), 0);
    CHECK_EQ(calls, 14);
    CHECK(CloseHandle(never));
}

static void names_and_errors(void)
{
    char name[64];
    LARGE_INTEGER soon = away(1);
    snprintf(name, sizeof name, "winmem-timer-%lu", (unsigned long)GetCurrentProcessId());
    HANDLE first = CreateWaitableTimerExA(NULL, name, CREATE_WAITABLE_TIMER_MANUAL_RESET, TIMER_ALL_ACCESS);
    CHECK_EQ(GetLastError(), ERROR_SUCCESS);
    HANDLE second = CreateWaitableTimerA(NULL, FALSE, name);
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    HANDLE third = OpenWaitableTimerA(SYNCHRONIZE, FALSE, name);
    REQUIRE(first && second && third);
    CHECK(!CreateEventA(NULL, FALSE, FALSE, name));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(!SetWaitableTimer(third, &soon, 0, NULL, NULL, FALSE));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(SetWaitableTimer(second, &soon, 0, NULL, NULL, FALSE));
    CHECK_EQ(WaitForSingleObject(third, INFINITE), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(first, 0), WAIT_OBJECT_0); /* manual: as it was made */
    CHECK(!SetWaitableTimer(first, &soon, -1, NULL, NULL, FALSE));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(CloseHandle(first) && CloseHandle(second) && CloseHandle(third));
    CHECK(!OpenWaitableTimerA(SYNCHRONIZE, FALSE, name));
    CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    CHECK(!CancelWaitableTimer((HANDLE)0x7ffc));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    HANDLE event = CreateEventExA(NULL, NULL, CREATE_EVENT_INITIAL_SET, SYNCHRONIZE);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    CHECK(!SetEvent(event));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(!CancelWaitableTimer(event));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(event));
}

int main(void)
{
    resets();
    routines();
    names_and_errors();
    return CHECK_DONE();
}
