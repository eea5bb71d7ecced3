/* Completion ports: what is posted comes out in order, transfers of a tied file tell it, errors. */
#include "check.h"

#include <windows.h>

static HANDLE port;

static DWORD WINAPI poster(LPVOID parameter)
{
    (void)parameter;
    Sleep(20);
    return !PostQueuedCompletionStatus(port, 5, 6, NULL);
}

static int called;

static VOID CALLBACK procedure(ULONG_PTR number)
{
    called += (int)number;
}

static DWORD WINAPI interrupter(LPVOID thread)
{
    Sleep(20);
    return !QueueUserAPC(procedure, thread, 1);
}

/* Several packets by one call, which leaves the last error alone; an alertable one ends with the thread's procedures.
 */
static void several(void)
{
    OVERLAPPED_ENTRY entries[4];
    ULONG removed = 9;
    HANDLE self = NULL;
    CHECK(PostQueuedCompletionStatus(port, 1, 2, NULL) && PostQueuedCompletionStatus(port, 3, 4, NULL));
    CHECK(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &self, 0, FALSE,
                          DUPLICATE_SAME_ACCESS));
    SetLastError(12345);
    CHECK(GetQueuedCompletionStatusEx(port, entries, 4, &removed, INFINITE, TRUE));
    CHECK(removed == 2 && GetLastError() == 12345 && entries[1].dwNumberOfBytesTransferred == 3);
    CHECK(entries[1].lpCompletionKey == 4 && entries[0].lpCompletionKey == 2);
    CHECK(!GetQueuedCompletionStatusEx(port, entries, 4, &removed, 5, TRUE) && GetLastError() == WAIT_TIMEOUT);
    HANDLE thread = CreateThread(NULL, 0, interrupter, self, 0, NULL);
    CHECK(!GetQueuedCompletionStatusEx(port, entries, 4, &removed, 20000, TRUE));
    CHECK(GetLastError() == WAIT_IO_COMPLETION && called == 1 && removed == 0);
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, poster, NULL, 0, NULL);
    CHECK(GetQueuedCompletionStatusEx(port, entries, 4, &removed, 20000, TRUE));
    CHECK(removed == 1 && entries[0].lpCompletionKey == 6 && called == 1);
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CloseHandle(thread);
    CloseHandle(self);
}

int main(void)
{
    DWORD bytes = 77, written = 0;
    ULONG_PTR key = 77;
    OVERLAPPED overlapped = {0}, *told = &overlapped;
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    REQUIRE(port);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &told, 0));
    CHECK(GetLastError() == WAIT_TIMEOUT && told == NULL);
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &told, 10) && GetLastError() == WAIT_TIMEOUT);
    CHECK(PostQueuedCompletionStatus(port, 1, 2, &overlapped) && PostQueuedCompletionStatus(port, 3, 4, NULL));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &told, INFINITE));
    CHECK(bytes == 1 && key == 2 && told == &overlapped);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &told, INFINITE));
    CHECK(bytes == 3 && key == 4 && told == NULL);
    HANDLE thread = CreateThread(NULL, 0, poster, NULL, 0, NULL);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &told, 5000) && bytes == 5 && key == 6);
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CloseHandle(thread);
    several();
    char directory[MAX_PATH], name[MAX_PATH];
    CHECK(GetTempPathA(sizeof(directory), directory) && GetTempFileNameA(directory, "wmt", 0, name));
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    CHECK(CreateIoCompletionPort(file, port, 9, 0) == port);
    CHECK(!CreateIoCompletionPort(file, port, 10, 0) && GetLastError() == ERROR_INVALID_PARAMETER);
    overlapped = (OVERLAPPED){0};
    CHECK(WriteFile(file, "abc", 3, &written, &overlapped) || GetLastError() == ERROR_IO_PENDING);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &told, 5000));
    CHECK(bytes == 3 && key == 9 && told == &overlapped);
    CloseHandle(file);
    CHECK(!PostQueuedCompletionStatus(NULL, 0, 0, NULL) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(port));
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &told, 0) && GetLastError() == ERROR_INVALID_HANDLE);
    return CHECK_DONE();
}
