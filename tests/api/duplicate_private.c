/* Unnamed events, mutexes and semaphores are given to another process after they were made and while they are used: who
 * sleeps on one is woken by the other process, counts and owners stay, what its new owner leaves behind is abandoned.
 */
#include "check.h"

#include <windows.h>
#include <string.h>

#define NAME "winmem-test-duplicate-private"

struct board {
    HANDLE event, manual, semaphore, mutex;
    volatile LONG go, done;
    DWORD got[8];
};

static struct board *board;

static int child(void)
{
    HANDLE section = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, NAME);
    board = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    if (!board)
        return 1;
    while (board->go < 1)
        Sleep(1);
    SetEvent(board->event);
    board->got[0] = WaitForSingleObject(board->manual, 0);
    board->got[1] = WaitForSingleObject(board->semaphore, 0);
    board->got[2] = WaitForSingleObject(board->semaphore, 0);
    board->got[3] = WaitForSingleObject(board->semaphore, 0);
    board->got[4] = (DWORD)ReleaseSemaphore(board->semaphore, 4, NULL);
    ReleaseSemaphore(board->semaphore, 1, NULL);
    board->got[5] = WaitForSingleObject(board->mutex, 0);
    board->done = 1;
    while (board->go < 2)
        Sleep(1);
    board->got[6] = WaitForSingleObject(board->mutex, 20000);
    return 0; /* with the mutex */
}

static HANDLE give(PROCESS_INFORMATION *to, HANDLE handle)
{
    HANDLE theirs = NULL;
    CHECK(DuplicateHandle(GetCurrentProcess(), handle, to->hProcess, &theirs, 0, FALSE, DUPLICATE_SAME_ACCESS));
    return theirs;
}

static DWORD WINAPI sleep_on(LPVOID event)
{
    return WaitForSingleObject(event, 20000);
}

static HANDLE owned, end;

static DWORD WINAPI own(LPVOID mutex)
{
    WaitForSingleObject(mutex, INFINITE);
    SetEvent(owned);
    WaitForSingleObject(end, INFINITE);
    return 0;
}

static void one_of_each(PROCESS_INFORMATION *made)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), manual = CreateEventA(NULL, TRUE, TRUE, NULL);
    HANDLE semaphore = CreateSemaphoreA(NULL, 2, 3, NULL), mutex = CreateMutexA(NULL, TRUE, NULL);
    HANDLE thread = CreateThread(NULL, 0, sleep_on, event, 0, NULL);
    DWORD code = 99;
    CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    Sleep(20);
    board->event = give(made, event);
    board->manual = give(made, manual);
    board->semaphore = give(made, semaphore);
    board->mutex = give(made, mutex);
    board->go = 1;
    CHECK_EQ(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == WAIT_OBJECT_0);
    while (!board->done && WaitForSingleObject(made->hProcess, 1) == WAIT_TIMEOUT)
        ;
    CHECK_EQ(board->got[0], WAIT_OBJECT_0);
    CHECK_EQ(board->got[1], WAIT_OBJECT_0);
    CHECK_EQ(board->got[2], WAIT_OBJECT_0);
    CHECK_EQ(board->got[3], WAIT_TIMEOUT);
    CHECK_EQ(board->got[4], FALSE);
    CHECK_EQ(board->got[5], WAIT_TIMEOUT); /* ours, twice */
    CHECK_EQ(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    board->go = 2;
    CHECK(ReleaseMutex(mutex));
    CHECK_EQ(WaitForSingleObject(made->hProcess, 20), WAIT_TIMEOUT);
    CHECK(ReleaseMutex(mutex));
    CHECK(!ReleaseMutex(mutex));
    CHECK_EQ(WaitForSingleObject(made->hProcess, 20000), WAIT_OBJECT_0);
    CHECK_EQ(board->got[6], WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(mutex, 1000), WAIT_ABANDONED);
    CHECK(ReleaseMutex(mutex));
    CloseHandle(thread);
    CloseHandle(event);
    CloseHandle(manual);
    CloseHandle(semaphore);
    CloseHandle(mutex);
}

static volatile LONG given;

static DWORD WINAPI release(LPVOID semaphore)
{
    for (int i = 0; i < 200; i++)
        given += ReleaseSemaphore(semaphore, 1, NULL);
    return 0;
}

/* Moved in the middle of its use: nothing is lost. */
static void in_use(PROCESS_INFORMATION *to)
{
    for (int i = 0; i < 20; i++) {
        HANDLE semaphore = CreateSemaphoreA(NULL, 0, 1000, NULL), mutex = CreateMutexA(NULL, FALSE, NULL);
        given = 0;
        HANDLE worker = CreateThread(NULL, 0, release, semaphore, 0, NULL);
        LONG left = 0;
        for (int turn = 0; turn < i; turn++)
            SwitchToThread();
        give(to, semaphore);
        CHECK_EQ(WaitForSingleObject(worker, 20000), WAIT_OBJECT_0);
        while (WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0)
            left++;
        CHECK_EQ(given, 200);
        CHECK_EQ(left, 200);
        CloseHandle(worker);
        CloseHandle(semaphore);
        CloseHandle(mutex);
    }
}

static void of_another_thread(PROCESS_INFORMATION *to)
{
    HANDLE mutex = CreateMutexA(NULL, FALSE, NULL), theirs = NULL;
    owned = CreateEventA(NULL, FALSE, FALSE, NULL);
    end = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, own, mutex, 0, NULL);
    CHECK_EQ(WaitForSingleObject(owned, 20000), WAIT_OBJECT_0);
    CHECK(!DuplicateHandle(GetCurrentProcess(), mutex, to->hProcess, &theirs, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
    SetEvent(end);
    CHECK_EQ(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CHECK(give(to, mutex) != NULL);
    CHECK_EQ(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);
    CloseHandle(thread);
    CloseHandle(mutex);
    CloseHandle(owned);
    CloseHandle(end);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child();
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NAME);
    board = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    REQUIRE(board);
    char line[600];
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    snprintf(line, sizeof(line), "\"%s\" child", argv[0]);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    in_use(&made);
    of_another_thread(&made);
    one_of_each(&made);
    return CHECK_DONE();
}
