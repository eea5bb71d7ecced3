/* Threads that are stopped and ended from outside, at any instruction: a stopped thread never keeps a lock that the
 * others need; what an ended one owned is abandoned; handles' rights hold. */
#include "check.h"

#include <windows.h>

static volatile LONG stop, rounds;
static HANDLE mutex, owned;

static DWORD WINAPI spin(LPVOID parameter)
{
    (void)parameter;
    for (volatile LONG i = 0;; i++)
        ;
    return 0;
}

static DWORD WINAPI own_and_wait(LPVOID parameter)
{
    WaitForSingleObject(mutex, INFINITE);
    SetEvent(owned);
    WaitForSingleObject((HANDLE)parameter, INFINITE);
    return 1;
}

static DWORD WINAPI churn(LPVOID parameter)
{
    (void)parameter;
    while (!stop) {
        void *block = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        void *small = HeapAlloc(GetProcessHeap(), 0, 100 + rounds % 5000);
        HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
        CloseHandle(event);
        HeapFree(GetProcessHeap(), 0, small);
        VirtualFree(block, 0, MEM_RELEASE);
        InterlockedIncrement(&rounds);
    }
    return 0;
}

static void terminate(HANDLE thread, DWORD code)
{
    DWORD told = 0;
    CHECK(TerminateThread(thread, code));
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &told));
    CHECK_EQ(told, code);
    CHECK(TerminateThread(thread, 1)); /* it has ended already */
    CHECK(GetExitCodeThread(thread, &told) && told == code);
    CloseHandle(thread);
}

static void ends(void)
{
    HANDLE never = CreateEventA(NULL, FALSE, FALSE, NULL);
    mutex = CreateMutexA(NULL, FALSE, NULL);
    owned = CreateEventA(NULL, FALSE, FALSE, NULL);
    terminate(CreateThread(NULL, 0, spin, NULL, 0, NULL), 0xC0000005);
    terminate(CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL), 7);
    HANDLE waiter = CreateThread(NULL, 0, own_and_wait, never, 0, NULL);
    CHECK_EQ(WaitForSingleObject(owned, 5000), WAIT_OBJECT_0);
    Sleep(5);
    CHECK_EQ(SuspendThread(waiter), 0);
    terminate(waiter, 9); /* suspended ones too */
    CHECK_EQ(WaitForSingleObject(mutex, 5000), WAIT_ABANDONED);
    ReleaseMutex(mutex);
}

/* One that is suspended as often as can be, one with a context that nothing can run with. */
static void ends_anyway(void)
{
    CONTEXT nowhere = {.ContextFlags = CONTEXT_CONTROL};
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL);
    for (int i = 0; i < 126; i++)
        CHECK_EQ(SuspendThread(thread), i + 1);
    CHECK(SuspendThread(thread) == (DWORD)-1 && GetLastError() == ERROR_SIGNAL_REFUSED);
    terminate(thread, 11);
    thread = CreateThread(NULL, 0, spin, NULL, 0, NULL);
    CHECK_EQ(SuspendThread(thread), 0);
    CHECK(SetThreadContext(thread, &nowhere));
    terminate(thread, 12);
}

static void rights(void)
{
    DWORD id = 0, code = 0;
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, 0, &id);
    HANDLE weak = OpenThread(THREAD_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, id);
    CHECK(weak != NULL);
    CHECK(GetExitCodeThread(weak, &code) && code == STILL_ACTIVE);
    CHECK(!TerminateThread(weak, 1) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(SuspendThread(weak) == (DWORD)-1 && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(ResumeThread(weak) == (DWORD)-1 && GetLastError() == ERROR_ACCESS_DENIED);
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    CHECK(!GetThreadContext(weak, &context) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(!SetThreadPriority(weak, THREAD_PRIORITY_LOWEST) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(!OpenThread(THREAD_ALL_ACCESS, FALSE, 0) && GetLastError() == ERROR_INVALID_PARAMETER);
    CloseHandle(weak);
    terminate(thread, 3);
}

static void stops(void)
{
    HANDLE worker[2];
    for (int i = 0; i < 2; i++)
        worker[i] = CreateThread(NULL, 0, churn, NULL, 0, NULL);
    for (int i = 0; i < 150; i++) {
        HANDLE one = worker[i % 2];
        CHECK_EQ(SuspendThread(one), 0);
        void *block = VirtualAlloc(NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        CHECK(block && VirtualFree(block, 0, MEM_RELEASE)); /* would never return if it had stopped inside */
        HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
        CHECK(event && CloseHandle(event));
        CHECK_EQ(ResumeThread(one), 1);
        if (i % 16 == 0)
            Sleep(1);
    }
    InterlockedExchange(&stop, 1);
    CHECK_EQ(WaitForMultipleObjects(2, worker, TRUE, 10000), WAIT_OBJECT_0);
    CHECK(rounds > 0);
}

int main(void)
{
    ends();
    ends_anyway();
    rights();
    stops();
    return CHECK_DONE();
}
