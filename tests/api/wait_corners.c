/* Corners of waits and of threads: a mutex is abandoned before its owner's end is told, all of several with an
 * abandoned one, a signaled object comes before asynchronous procedures, rights that bring lesser ones, exit codes. */
#include "check.h"

#include <windows.h>

static DWORD WINAPI take(LPVOID mutex)
{
    WaitForSingleObject(mutex, INFINITE);
    WaitForSingleObject(mutex, INFINITE);
    return 1;
}

static void owned_by_the_dead(HANDLE mutex)
{
    HANDLE thread = CreateThread(NULL, 0, take, mutex, 0, NULL);
    REQUIRE(thread);
    CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CHECK(CloseHandle(thread));
}

static void abandoned(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL), event = CreateEventA(NULL, TRUE, TRUE, NULL);
    HANDLE both[] = {event, mutex};
    for (int i = 0; i < 200; i++) {
        owned_by_the_dead(mutex);
        CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);
        CHECK(ReleaseMutex(mutex));
        CHECK(!ReleaseMutex(mutex));
        CHECK_EQ(GetLastError(), ERROR_NOT_OWNER);
        CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0); /* told once */
        CHECK(ReleaseMutex(mutex));
    }
    owned_by_the_dead(mutex);
    CHECK_EQ(WaitForMultipleObjects(2, both, TRUE, 0), WAIT_ABANDONED_0); /* of all, without a number */
    CHECK(ReleaseMutex(mutex));
    owned_by_the_dead(mutex);
    both[0] = mutex, both[1] = event;
    CHECK(ResetEvent(event));
    CHECK_EQ(WaitForMultipleObjects(2, both, FALSE, 0), WAIT_ABANDONED_0);
    CHECK(ReleaseMutex(mutex));
    CHECK(CloseHandle(event));
    CHECK(CloseHandle(mutex));
}

/* The end of a mutex that its dead owner held, whose handle is closed. */
static void closed_while_owned(void)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, "winmem wait corners");
    owned_by_the_dead(mutex);
    CHECK(CloseHandle(mutex));
    CHECK(OpenMutexA(SYNCHRONIZE, FALSE, "winmem wait corners") == NULL);
    CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
}

static int called;

static VOID CALLBACK count(ULONG_PTR value)
{
    called += (int)value;
}

static void procedures(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL);
    CHECK(QueueUserAPC(count, GetCurrentThread(), 1));
    CHECK_EQ(WaitForSingleObjectEx(event, 1000, TRUE), WAIT_OBJECT_0);
    CHECK_EQ(called, 0);
    CHECK(ResetEvent(event));
    CHECK_EQ(WaitForSingleObjectEx(event, 0, FALSE), WAIT_TIMEOUT);
    CHECK_EQ(called, 0);
    CHECK_EQ(WaitForSingleObjectEx(event, 0, TRUE), WAIT_IO_COMPLETION); /* even without any time */
    CHECK_EQ(called, 1);
    CHECK_EQ(WaitForSingleObjectEx(event, 0, TRUE), WAIT_TIMEOUT);
    CHECK(CloseHandle(event));
}

static DWORD WINAPI leave(LPVOID code)
{
    ExitThread((DWORD)(ULONG_PTR)code);
}

static DWORD WINAPI stay(LPVOID event)
{
    return WaitForSingleObject(event, INFINITE);
}

static void threads(void)
{
    DWORD id, code = 1;
    HANDLE thread = CreateThread(NULL, 0, leave, (LPVOID)STILL_ACTIVE, 0, NULL);
    REQUIRE(thread);
    CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code));
    CHECK_EQ(code, STILL_ACTIVE); /* as it said */
    CloseHandle(thread);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), query;
    thread = CreateThread(NULL, 0, stay, event, 0, &id);
    REQUIRE(thread);
    query = OpenThread(THREAD_QUERY_INFORMATION, FALSE, id); /* the limited right comes with it */
    CHECK(query != NULL);
    CHECK(GetExitCodeThread(query, &code));
    CHECK_EQ(GetThreadId(query), id);
    CHECK(!TerminateThread(query, 0));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(SetEvent(event));
    CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CloseHandle(query);
    CloseHandle(thread);
    CloseHandle(event);
}

int main(void)
{
    abandoned();
    closed_while_owned();
    procedures();
    threads();
    return CHECK_DONE();
}
