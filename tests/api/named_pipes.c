/* named_pipes.c: named pipes: their life and errors, messages, overlapped transfers that are pending, and which pages
 * of a watched buffer they count as written. */
#include "conform.h"

#include <string.h>

#define PAGE 0x1000
#define NAME "\\\\.\\pipe\\winmem named_pipes"
#define BOTH (GENERIC_READ | GENERIC_WRITE)

static HANDLE make(DWORD open_mode, DWORD pipe_mode, DWORD most)
{
    SetLastError(UNTOUCHED);
    return CreateNamedPipeA(NAME, open_mode, pipe_mode, most, 4096, 4096, 0, NULL);
}

static HANDLE dial(DWORD access, DWORD flags)
{
    SetLastError(UNTOUCHED);
    return CreateFileA(NAME, access, 0, NULL, OPEN_EXISTING, flags, NULL);
}

#define NO_HANDLE(call, code)                                                                                          \
    do {                                                                                                               \
        CHECK((call) == INVALID_HANDLE_VALUE);                                                                         \
        CHECK_EQ(GetLastError(), code);                                                                                \
    } while (0)

static void creation(void)
{
    NO_HANDLE(make(0, 0, 1), ERROR_INVALID_PARAMETER);
    NO_HANDLE(make(PIPE_ACCESS_DUPLEX | 0x10, 0, 1), ERROR_INVALID_PARAMETER);
    NO_HANDLE(make(PIPE_ACCESS_DUPLEX, 0, 0), ERROR_INVALID_PARAMETER);
    NO_HANDLE(make(PIPE_ACCESS_DUPLEX, 0, 256), ERROR_INVALID_PARAMETER);
    NO_HANDLE(make(PIPE_ACCESS_DUPLEX, 0x100, 1), ERROR_INVALID_PARAMETER);
    NO_HANDLE(make(PIPE_ACCESS_DUPLEX, PIPE_READMODE_MESSAGE, 1), ERROR_INVALID_PARAMETER);
    NO_HANDLE(CreateNamedPipeA("no pipe", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL), ERROR_INVALID_NAME);
    NO_HANDLE(dial(BOTH, 0), ERROR_FILE_NOT_FOUND);
    FAILS(WaitNamedPipeA(NAME, 10), ERROR_FILE_NOT_FOUND);
    HANDLE one = make(PIPE_ACCESS_INBOUND, 0, 2);
    REQUIRE(one != INVALID_HANDLE_VALUE);
    NO_HANDLE(make(PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE, 0, 2), ERROR_ACCESS_DENIED);
    NO_HANDLE(make(PIPE_ACCESS_DUPLEX, 0, 2), ERROR_ACCESS_DENIED);
    HANDLE two = make(PIPE_ACCESS_INBOUND, 0, 2);
    CHECK(two != INVALID_HANDLE_VALUE);
    NO_HANDLE(make(PIPE_ACCESS_INBOUND, 0, 2), ERROR_PIPE_BUSY);
    NO_HANDLE(dial(GENERIC_READ, 0), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(two));
    WORKS(WaitNamedPipeA(NAME, 10));
    HANDLE client = dial(GENERIC_WRITE, 0);
    CHECK(client != INVALID_HANDLE_VALUE);
    NO_HANDLE(dial(GENERIC_WRITE, 0), ERROR_PIPE_BUSY);
    FAILS(WaitNamedPipeA(NAME, 1), ERROR_SEM_TIMEOUT);
    CHECK_EQ(GetFileType(client), FILE_TYPE_PIPE);
    FAILS(ConnectNamedPipe(client, NULL), ERROR_INVALID_FUNCTION);
    CHECK(CloseHandle(client) && CloseHandle(one));
    NO_HANDLE(dial(GENERIC_WRITE, 0), ERROR_FILE_NOT_FOUND);
}

static void bytes(void)
{
    char buffer[16];
    DWORD done, available, left;
    HANDLE server = make(PIPE_ACCESS_DUPLEX, 0, 1);
    FAILS(ReadFile(server, buffer, 4, &done, NULL), ERROR_PIPE_LISTENING);
    HANDLE client = dial(BOTH, 0);
    FAILS(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED);
    WORKS(WriteFile(client, "abc", 3, &done, NULL));
    WORKS(WriteFile(client, "def", 3, &done, NULL));
    WORKS(PeekNamedPipe(server, buffer, 2, &done, &available, &left));
    CHECK(done == 2 && available == 6 && !memcmp(buffer, "ab", 2));
    WORKS(ReadFile(server, buffer, 16, &done, NULL));
    CHECK(done == 6 && !memcmp(buffer, "abcdef", 6));
    WORKS(WriteFile(server, "back", 4, &done, NULL));
    WORKS(ReadFile(client, buffer, 16, &done, NULL));
    CHECK(done == 4 && !memcmp(buffer, "back", 4));
    WORKS(WriteFile(client, "last", 4, &done, NULL));
    CHECK(CloseHandle(client));
    WORKS(ReadFile(server, buffer, 16, &done, NULL)); /* what was written before is still there */
    CHECK_EQ(done, 4);
    FAILS(ReadFile(server, buffer, 4, &done, NULL), ERROR_BROKEN_PIPE);
    FAILS(WriteFile(server, "x", 1, &done, NULL), ERROR_NO_DATA);
    FAILS(ConnectNamedPipe(server, NULL), ERROR_NO_DATA);
    WORKS(DisconnectNamedPipe(server));
    FAILS(ReadFile(server, buffer, 4, &done, NULL), ERROR_PIPE_NOT_CONNECTED);
    CHECK(CloseHandle(server));
}

static DWORD WINAPI answer(void *server)
{
    char buffer[16];
    DWORD done;
    CHECK(ReadFile(server, buffer, 16, &done, NULL) && done == 8 && !memcmp(buffer, "question", 8));
    CHECK(WriteFile(server, "answer", 6, &done, NULL));
    return 0;
}

static void messages(void)
{
    char buffer[16], question[] = "question";
    DWORD done, available, left, flags, mode = PIPE_READMODE_MESSAGE;
    HANDLE server = make(PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    HANDLE client = dial(BOTH, 0);
    REQUIRE(server != INVALID_HANDLE_VALUE && client != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(client, "first one", 9, &done, NULL) && WriteFile(client, "two", 3, &done, NULL));
    WORKS(PeekNamedPipe(server, buffer, 4, &done, &available, &left));
    CHECK(done == 4 && left == 5); /* of this message */
    FAILS(ReadFile(server, buffer, 5, &done, NULL), ERROR_MORE_DATA);
    CHECK(done == 5 && !memcmp(buffer, "first", 5));
    WORKS(PeekNamedPipe(server, buffer, 1, &done, NULL, &left));
    CHECK(done == 1 && left == 3 && buffer[0] == ' ');
    WORKS(ReadFile(server, buffer, 16, &done, NULL));
    CHECK(done == 4 && !memcmp(buffer, " one", 4));
    WORKS(ReadFile(server, buffer, 16, &done, NULL));
    CHECK(done == 3 && !memcmp(buffer, "two", 3));
    WORKS(GetNamedPipeInfo(server, &flags, NULL, NULL, &available));
    CHECK(flags == (PIPE_SERVER_END | PIPE_TYPE_MESSAGE) && available == 1);
    WORKS(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    CHECK(WriteFile(server, "unread", 6, &done, NULL));
    FAILS(TransactNamedPipe(client, question, 8, buffer, 16, &done, NULL), ERROR_PIPE_BUSY);
    CHECK(ReadFile(client, buffer, 16, &done, NULL));
    HANDLE answerer = CreateThread(NULL, 0, answer, server, 0, NULL);
    WORKS(TransactNamedPipe(client, question, 8, buffer, 16, &done, NULL));
    CHECK(done == 6 && !memcmp(buffer, "answer", 6));
    CHECK_EQ(WaitForSingleObject(answerer, 10000), WAIT_OBJECT_0);
    CHECK(CloseHandle(answerer));
    mode = PIPE_READMODE_MESSAGE | PIPE_NOWAIT;
    WORKS(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    FAILS(ReadFile(client, buffer, 16, &done, NULL), ERROR_NO_DATA);
    CHECK(CloseHandle(client) && CloseHandle(server));
}

static ULONG_PTR written(char *base, SIZE_T size, PVOID *pages)
{
    ULONG_PTR count = 64;
    DWORD granularity;
    CHECK_EQ(GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, size, pages, &count, &granularity), 0);
    return count;
}

/* A read that is pending counts as a write of all of its buffer when it begins; then what is written counts. */
static void pending_reads(void)
{
    char data[2 * PAGE + 3];
    PVOID pages[64];
    DWORD done = 0;
    SIZE_T size = 16 * PAGE;
    HANDLE server = make(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_MESSAGE, 1), client = dial(BOTH, 0);
    char *base = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    OVERLAPPED *o = (OVERLAPPED *)(base + size - sizeof *o);
    REQUIRE(base && server != INVALID_HANDLE_VALUE && client != INVALID_HANDLE_VALUE);
    memset(data, 7, sizeof data);
    memset(o, 0, sizeof *o);
    o->hEvent = CreateEventA(NULL, TRUE, TRUE, NULL);
    CHECK_EQ(written(base, size, pages), 1);
    FAILS(ReadFile(server, base, (DWORD)(size - PAGE), NULL, NULL), ERROR_INVALID_PARAMETER);
    FAILS(ReadFile(server, base, (DWORD)(size - PAGE), NULL, o), ERROR_IO_PENDING);
    CHECK_EQ(o->Internal, 0x103);
    CHECK_EQ(WaitForSingleObject(o->hEvent, 0), WAIT_TIMEOUT);
    FAILS(GetOverlappedResult(server, o, &done, FALSE), ERROR_IO_INCOMPLETE);
    CHECK_EQ(written(base, size, pages), 16);
    CHECK_EQ(written(base, size, pages), 0);
    CHECK(WriteFile(client, data, sizeof data, &done, NULL));
    CHECK(GetOverlappedResult(server, o, &done, TRUE));
    CHECK(done == sizeof data && o->Internal == 0 && o->InternalHigh == sizeof data && base[2 * PAGE + 2] == 7);
    CHECK_EQ(WaitForSingleObject(o->hEvent, 0), WAIT_OBJECT_0);
    CHECK_EQ(written(base, size, pages), 4);
    CHECK(pages[0] == base && pages[2] == base + 2 * PAGE && pages[3] == base + 15 * PAGE);
    CHECK(WriteFile(client, data, sizeof data, &done, NULL)); /* there already: done at once */
    CHECK(ReadFile(server, base, (DWORD)(size - PAGE), &done, o) && done == sizeof data);
    CHECK(CloseHandle(o->hEvent) && CloseHandle(client) && CloseHandle(server));
    CHECK(VirtualFree(base, 0, MEM_RELEASE));
}

static void cancelling(void)
{
    char buffer[4];
    DWORD done;
    OVERLAPPED one = {0}, two = {0};
    HANDLE server = make(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1);
    FAILS(ConnectNamedPipe(server, &one), ERROR_IO_PENDING);
    FAILS(CancelIoEx(server, &two), ERROR_NOT_FOUND);
    WORKS(CancelIoEx(server, &one));
    FAILS(GetOverlappedResult(server, &one, &done, TRUE), ERROR_OPERATION_ABORTED);
    FAILS(ConnectNamedPipe(server, &one), ERROR_IO_PENDING);
    HANDLE client = dial(BOTH, FILE_FLAG_OVERLAPPED);
    CHECK(GetOverlappedResult(server, &one, &done, TRUE));
    FAILS(ReadFile(client, buffer, 4, NULL, &one), ERROR_IO_PENDING);
    FAILS(ReadFile(client, buffer, 4, NULL, &two), ERROR_IO_PENDING);
    WORKS(CancelIo(client));
    FAILS(GetOverlappedResult(client, &one, &done, TRUE), ERROR_OPERATION_ABORTED);
    FAILS(GetOverlappedResult(client, &two, &done, TRUE), ERROR_OPERATION_ABORTED);
    FAILS(ReadFile(client, buffer, 4, NULL, &one), ERROR_IO_PENDING);
    CHECK(CloseHandle(server));
    FAILS(GetOverlappedResult(client, &one, &done, TRUE), ERROR_BROKEN_PIPE);
    CHECK(CloseHandle(client));
}

static DWORD told_error, told_bytes;

static VOID CALLBACK tell(DWORD error, DWORD size, LPOVERLAPPED overlapped)
{
    (void)overlapped;
    told_error = error;
    told_bytes = size;
}

static void ports_and_procedures(void)
{
    char buffer[4] = "";
    DWORD done = 0;
    ULONG_PTR key = 0;
    OVERLAPPED o = {0}, *which = NULL;
    HANDLE server = make(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1), client = dial(BOTH, 0);
    FAILS(ConnectNamedPipe(server, &o), ERROR_PIPE_CONNECTED);
    CHECK(ReadFileEx(server, buffer, 4, &o, tell));
    CHECK_EQ(SleepEx(0, TRUE), 0);
    CHECK(WriteFile(client, "ab", 2, &done, NULL));
    CHECK_EQ(SleepEx(5000, TRUE), WAIT_IO_COMPLETION);
    CHECK(told_error == 0 && told_bytes == 2 && !memcmp(buffer, "ab", 2));
    HANDLE port = CreateIoCompletionPort(server, NULL, 77, 0);
    REQUIRE(port);
    FAILS(ReadFile(server, buffer, 4, NULL, &o), ERROR_IO_PENDING);
    CHECK(!GetQueuedCompletionStatus(port, &done, &key, &which, 0));
    CHECK(WriteFile(client, "cde", 3, &done, NULL));
    CHECK(GetQueuedCompletionStatus(port, &done, &key, &which, 5000));
    CHECK(done == 3 && key == 77 && which == &o && buffer[2] == 'e');
    FAILS(ReadFile(server, buffer, 4, NULL, &o), ERROR_IO_PENDING);
    CHECK(CloseHandle(client));
    FAILS(GetQueuedCompletionStatus(port, &done, &key, &which, 5000), ERROR_BROKEN_PIPE);
    CHECK(which == &o && CloseHandle(port) && CloseHandle(server));
}

/* A connection that is waited for ends when the server disconnects, and nobody listens any more. */
static void disconnecting(void)
{
    char word[] = "x";
    DWORD done;
    OVERLAPPED o = {0};
    HANDLE server = make(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    FAILS(ConnectNamedPipe(server, &o), ERROR_IO_PENDING);
    WORKS(DisconnectNamedPipe(server));
    CHECK(!GetOverlappedResultEx(server, &o, &done, 10000, FALSE));
    CHECK_EQ(GetLastError(), ERROR_PIPE_NOT_CONNECTED);
    FAILS(WaitNamedPipeA(NAME, 1), ERROR_SEM_TIMEOUT);
    NO_HANDLE(dial(BOTH, 0), ERROR_PIPE_BUSY);
    FAILS(ConnectNamedPipe(server, &o), ERROR_IO_PENDING);
    HANDLE client = dial(BOTH, 0);
    CHECK(GetOverlappedResultEx(server, &o, &done, 10000, FALSE));
    /* What cannot be done sends nothing. */
    FAILS(TransactNamedPipe(server, word, 1, &done, 4, NULL, NULL), ERROR_INVALID_PARAMETER);
    CHECK(PeekNamedPipe(client, NULL, 0, NULL, &done, NULL) && done == 0);
    memset(&o, 0, sizeof o);
    CHECK(WriteFile(server, word, 1, NULL, &o));
    WORKS(DisconnectNamedPipe(server));
    CHECK(ReadFile(client, word, 1, &done, NULL) && done == 1); /* docs/differences.md */
    FAILS(ReadFile(client, word, 1, &done, NULL), ERROR_BROKEN_PIPE);
    CHECK(CloseHandle(client) && CloseHandle(server));
}

/* The pipe itself is waited for: not signaled while a transfer is pending. */
static void waiting(void)
{
    char buffer[4];
    DWORD done;
    OVERLAPPED o = {0};
    HANDLE server = make(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1), client = dial(BOTH, 0);
    CHECK_EQ(WaitForSingleObject(server, 0), WAIT_OBJECT_0);
    FAILS(ReadFile(server, buffer, 4, NULL, &o), ERROR_IO_PENDING);
    CHECK(!HasOverlappedIoCompleted(&o));
    CHECK_EQ(WaitForSingleObject(server, 20), WAIT_TIMEOUT);
    CHECK(WriteFile(client, "abcd", 4, &done, NULL));
    CHECK_EQ(WaitForSingleObject(server, 10000), WAIT_OBJECT_0);
    CHECK(HasOverlappedIoCompleted(&o));
    CHECK(GetOverlappedResult(server, &o, &done, FALSE) && done == 4);
    CHECK(CloseHandle(client) && CloseHandle(server));
}

static void default_timeout(void)
{
    HANDLE server = CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 300, NULL), client = dial(BOTH, 0);
    ULONGLONG before = GetTickCount64();
    FAILS(WaitNamedPipeA(NAME, NMPWAIT_USE_DEFAULT_WAIT), ERROR_SEM_TIMEOUT);
    CHECK(GetTickCount64() - before >= 250);
    ULONG one = 0, two = 0;
    CHECK(GetNamedPipeClientProcessId(server, &one) && GetNamedPipeServerProcessId(server, &two));
    CHECK(one == GetCurrentProcessId() && two == one);
    CHECK(GetNamedPipeClientProcessId(client, &one) && GetNamedPipeServerProcessId(client, &two));
    CHECK(one == GetCurrentProcessId() && two == one);
    WORKS(DisconnectNamedPipe(server));
    FAILS(GetNamedPipeClientProcessId(server, &one), ERROR_PIPE_NOT_CONNECTED);
    CHECK(CloseHandle(client) && CloseHandle(server));
}

/* A child that knows nothing of all this has a client's end as its standard input: it waits there for what comes. */
static void child(void)
{
    char line[] = "/bin/sh -c \"read word; echo got $word\"", buffer[16] = "";
    DWORD done = 0;
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    PROCESS_INFORMATION made;
    HANDLE server = make(PIPE_ACCESS_DUPLEX, 0, 1);
    HANDLE client = CreateFileA(NAME, BOTH, 0, &inherit, OPEN_EXISTING, 0, NULL);
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    startup.hStdInput = startup.hStdOutput = startup.hStdError = client;
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &made));
    CHECK(CloseHandle(client));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 100), WAIT_TIMEOUT);
    CHECK(WriteFile(server, "this\n", 5, &done, NULL));
    CHECK(ReadFile(server, buffer, 15, &done, NULL) && done == 9 && !memcmp(buffer, "got this\n", 9));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(CloseHandle(made.hProcess) && CloseHandle(made.hThread) && CloseHandle(server));
}

/* One question, one answer, nothing left open. */
static DWORD WINAPI answers(LPVOID pipe)
{
    char text[16];
    DWORD done = 0;
    for (int i = 0; i < 3; i++) {
        if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
            return 1;
        if (!ReadFile(pipe, text, sizeof text, &done, NULL) || !WriteFile(pipe, "answer", 6, &done, NULL))
            return 2;
        FlushFileBuffers(pipe);
        DisconnectNamedPipe(pipe);
    }
    return 0;
}

static void called(void)
{
    static const WCHAR wide[] = {'\\', '\\', '.', '\\', 'p', 'i', 'p', 'e', '\\', 'w', 'm', 'c', 'a', 'l', 'l', 0};
    char text[16] = "";
    DWORD done = 0, code = 9;
    HANDLE pipe = CreateNamedPipeA("\\\\.\\pipe\\wmcall", PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
                                   1, 64, 64, 0, NULL);
    REQUIRE(pipe != INVALID_HANDLE_VALUE);
    HANDLE server = CreateThread(NULL, 0, answers, pipe, 0, NULL);
    REQUIRE(server);
    CHECK(CallNamedPipeA("\\\\.\\pipe\\wmcall", (void *)"ask", 3, text, sizeof text, &done, 20000));
    CHECK(done == 6 && !memcmp(text, "answer", 6));
    CHECK(CallNamedPipeW(wide, (void *)"ask", 3, text, sizeof text, &done, 20000) && done == 6);
    CHECK(!CallNamedPipeA("\\\\.\\pipe\\wmcall", (void *)"ask", 3, text, 3, &done, 20000));
    CHECK_EQ(GetLastError(), ERROR_MORE_DATA);
    CHECK_EQ(WaitForSingleObject(server, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(server, &code) && code == 0);
    CloseHandle(server);
    CloseHandle(pipe);
    CHECK(!CallNamedPipeA("\\\\.\\pipe\\wmcall", (void *)"ask", 3, text, 3, &done, 10));
    CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
}

int main(void)
{
    creation();
    bytes();
    messages();
    pending_reads();
    cancelling();
    ports_and_procedures();
    disconnecting();
    waiting();
    default_timeout();
    child();
    called();
    return CHECK_DONE();
}
