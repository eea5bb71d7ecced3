/* Events, mutexes, semaphores, threads and waits in one process: what is taken, what is left, which error comes. */
#include "check.h"

#include <windows.h>

#include <process.h>

static HANDLE event, mutex;
static volatile LONG stage;

static DWORD WINAPI owner(LPVOID parameter)
{
    (void)parameter;
    CHECK_EQ(WaitForSingleObject(mutex, INFINITE), WAIT_OBJECT_0);
    SetEvent(event);
    return 77; /* dies as the owner */
}

static void events(void)
{
    HANDLE manual = CreateEventA(NULL, TRUE, FALSE, NULL);
    event = CreateEventA(NULL, FALSE, FALSE, NULL);
    REQUIRE(manual && event);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    CHECK_EQ(WaitForSingleObject(event, 10), WAIT_TIMEOUT);
    CHECK(SetEvent(event) && SetEvent(event));
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    CHECK(SetEvent(manual));
    CHECK_EQ(WaitForSingleObject(manual, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(manual, 0), WAIT_OBJECT_0);
    HANDLE both[2] = {event, manual};
    CHECK_EQ(WaitForMultipleObjects(2, both, FALSE, 100), WAIT_OBJECT_0 + 1);
    CHECK_EQ(WaitForMultipleObjects(2, both, TRUE, 10), WAIT_TIMEOUT);
    SetEvent(event);
    CHECK_EQ(WaitForMultipleObjects(2, both, TRUE, 10), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    both[1] = event;
    CHECK_EQ(WaitForMultipleObjects(2, both, TRUE, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_EQ(WaitForSingleObject((HANDLE)0x7ffc, 0), WAIT_FAILED);
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(!ReleaseMutex(event));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(manual));
}

static void semaphores(void)
{
    LONG previous = -1;
    HANDLE semaphore = CreateSemaphoreA(NULL, 1, 3, NULL);
    REQUIRE(semaphore);
    CHECK(ReleaseSemaphore(semaphore, 2, &previous));
    CHECK_EQ(previous, 1);
    CHECK(!ReleaseSemaphore(semaphore, 1, &previous));
    CHECK_EQ(GetLastError(), ERROR_TOO_MANY_POSTS);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    CloseHandle(semaphore);
    CHECK(!CreateSemaphoreA(NULL, 4, 3, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void mutexes(void)
{
    DWORD code = 0, id = 0;
    mutex = CreateMutexA(NULL, TRUE, NULL);
    REQUIRE(mutex);
    CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    HANDLE thread = CreateThread(NULL, 0, owner, NULL, 0, &id);
    REQUIRE(thread);
    CHECK_EQ(GetThreadId(thread), id);
    CHECK_EQ(WaitForSingleObject(thread, 30), WAIT_TIMEOUT);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, STILL_ACTIVE);
    CHECK(ReleaseMutex(mutex));
    CHECK_EQ(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    CHECK(ReleaseMutex(mutex));
    CHECK_EQ(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 77);
    CHECK_EQ(WaitForSingleObject(mutex, 5000), WAIT_ABANDONED);
    CHECK(ReleaseMutex(mutex));
    CHECK(!ReleaseMutex(mutex));
    CHECK_EQ(GetLastError(), ERROR_NOT_OWNER);
    CloseHandle(thread);
}

static void named(void)
{
    HANDLE first = CreateEventA(NULL, FALSE, TRUE, "winmem-test-Name");
    REQUIRE(first);
    CHECK_EQ(GetLastError(), ERROR_SUCCESS);
    HANDLE second = CreateEventA(NULL, TRUE, FALSE, "Local\\winmem-test-Name");
    CHECK(second && second != first);
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    CHECK_EQ(WaitForSingleObject(second, 0), WAIT_OBJECT_0); /* the first creator's: auto-reset and signaled */
    CHECK_EQ(WaitForSingleObject(first, 0), WAIT_TIMEOUT);
    CHECK(!OpenEventA(SYNCHRONIZE, FALSE, "winmem-test-name"));
    CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    CHECK(!CreateMutexA(NULL, FALSE, "winmem-test-Name"));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(!CreateEventA(NULL, FALSE, FALSE, "a\\b"));
    CHECK_EQ(GetLastError(), ERROR_PATH_NOT_FOUND);
    HANDLE weak = OpenEventA(SYNCHRONIZE, FALSE, "winmem-test-Name");
    CHECK(weak != NULL);
    CHECK(!SetEvent(weak));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CloseHandle(weak);
    CloseHandle(second);
    CloseHandle(first);
    CHECK(!OpenEventA(SYNCHRONIZE, FALSE, "winmem-test-Name"));
    CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static DWORD WINAPI spin(LPVOID parameter)
{
    (void)parameter;
    while (stage < 1000000000 && stage >= 0)
        stage++;
    return 0;
}

static void suspension(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    HANDLE thread = CreateThread(NULL, 0, spin, NULL, CREATE_SUSPENDED, NULL);
    REQUIRE(thread);
    Sleep(10);
    CHECK_EQ(stage, 0);
    CHECK_EQ(ResumeThread(thread), 1);
    while (stage == 0)
        Sleep(1);
    CHECK_EQ(SuspendThread(thread), 0);
    LONG seen = stage;
    Sleep(5);
    CHECK_EQ(stage, seen);
    CHECK(GetThreadContext(thread, &context));
    CHECK(context.Rip != 0 && context.Rsp != 0);
    CHECK_EQ(SuspendThread(thread), 1);
    CHECK_EQ(ResumeThread(thread), 2);
    CHECK_EQ(ResumeThread(thread), 1);
    stage = -1000;
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK_EQ(SuspendThread(thread), (DWORD)-1);
    CloseHandle(thread);
}

static LONG told;
static void WINAPI tell(PVOID value)
{
    told += (LONG)(ULONG_PTR)value;
}

static DWORD slot, fls;
static unsigned WINAPI locals(void *parameter)
{
    CHECK(TlsGetValue(slot) == NULL);
    CHECK(TlsSetValue(slot, parameter) && FlsSetValue(fls, (PVOID)5));
    CHECK(TlsGetValue(slot) == parameter);
    _endthreadex(9);
    return 0;
}

static VOID WINAPI procedure(ULONG_PTR value)
{
    told += (LONG)value;
}

static void slots_and_procedures(void)
{
    slot = TlsAlloc();
    fls = FlsAlloc(tell);
    CHECK(slot != TLS_OUT_OF_INDEXES && fls != FLS_OUT_OF_INDEXES);
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, locals, &slot, 0, NULL);
    DWORD code = 0;
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, 9);
    CHECK_EQ(told, 5);
    CHECK(FlsSetValue(fls, (PVOID)2) && FlsFree(fls));
    CHECK_EQ(told, 7);
    CHECK(TlsFree(slot) && !TlsFree(slot));
    CHECK(QueueUserAPC(procedure, GetCurrentThread(), 3));
    CHECK_EQ(SleepEx(0, FALSE), 0);
    CHECK_EQ(told, 7);
    CHECK_EQ(SleepEx(1000, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(told, 10);
    CHECK(QueueUserAPC(procedure, GetCurrentThread(), 1));
    CHECK_EQ(WaitForSingleObjectEx(event, 1000, TRUE), WAIT_IO_COMPLETION);
    CHECK_EQ(told, 11);
    CHECK_EQ(SleepEx(5, TRUE), 0);
    CHECK_EQ(SignalObjectAndWait(event, event, 1000, FALSE), WAIT_OBJECT_0);
    CloseHandle(thread);
}

int main(void)
{
    events();
    semaphores();
    mutexes();
    named();
    suspension();
    slots_and_procedures();
    return CHECK_DONE();
}
