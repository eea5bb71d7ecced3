/* The first thread of another process: stopped and let go from outside with its count, before it begins and later, its
 * registers; what the other process has in memory, page by page. */
/* test traits: no-asan (the working set would be that of its shadow) */
#include "check.h"

#include <windows.h>
#include <psapi.h>
#include <string.h>

#define NAME "winmem-test-process-threads"
#define PAGES 2000

struct board {
    volatile LONG count;
    char *block;
};

static int child(void)
{
    HANDLE section = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, NAME);
    struct board *board = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    if (!board)
        return 1;
    char *block = VirtualAlloc(NULL, PAGES * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    for (int i = 0; i < PAGES; i += 2)
        block[i * 4096] = 1;
    board->block = block;
    for (;;) {
        for (int i = 0; i < 100000; i++)
            board->count = (board->count + 1) & 0x7FFFFFFF;
        SwitchToThread();
    }
}

static BOOL moves(struct board *board)
{
    LONG before = board->count;
    for (int turn = 0; turn < 40; turn++) {
        Sleep(1);
        if (board->count != before)
            return TRUE;
    }
    return FALSE;
}

static DWORD WINAPI answer(LPVOID parameter)
{
    return (DWORD)(ULONG_PTR)parameter + 1;
}

/* Made in the own process only. */
static void remote(HANDLE other)
{
    DWORD code = 0, id = 0;
    HANDLE thread = CreateRemoteThread(GetCurrentProcess(), NULL, 0, answer, (LPVOID)41, 0, &id);
    CHECK(thread && id);
    CHECK_EQ(WaitForSingleObject(thread, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &code) && code == 42);
    CloseHandle(thread);
    CHECK(!CreateRemoteThread(other, NULL, 0, answer, NULL, 0, NULL));
    CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
    CHECK(!CreateRemoteThread(NULL, NULL, 0, answer, NULL, 0, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static void stopped(HANDLE thread, struct board *board)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    CHECK_EQ(SuspendThread(thread), 0);
    CHECK(!moves(board));
    CHECK_EQ(SuspendThread(thread), 1);
    CHECK(GetThreadContext(thread, &context));
    CHECK(context.Rip && context.Rsp && context.ContextFlags == CONTEXT_FULL);
    CHECK_EQ(ResumeThread(thread), 2);
    CHECK(!moves(board));
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK(moves(board));
    CHECK_EQ(ResumeThread(thread), 0);
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(SuspendThread(thread), 0);
        CHECK_EQ(ResumeThread(thread), 1);
    }
}

static void in_memory(HANDLE process, char *block)
{
    static ULONG_PTR buffer[1 + 200000];
    PSAPI_WORKING_SET_INFORMATION *set = (PSAPI_WORKING_SET_INFORMATION *)buffer;
    ULONG_PTR little[2] = {0}, found = 0, before = 0;
    CHECK(!QueryWorkingSet(process, little, sizeof(little)));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    CHECK(little[0] > PAGES / 2);
    REQUIRE(QueryWorkingSet(process, set, sizeof(buffer)));
    CHECK(set->NumberOfEntries > PAGES / 2 && set->NumberOfEntries < 200000);
    for (ULONG_PTR i = 0; i < set->NumberOfEntries; i++) {
        ULONG_PTR page = (ULONG_PTR)set->WorkingSetInfo[i].VirtualPage << 12;
        CHECK(i == 0 || page > before);
        before = page;
        if (page < (ULONG_PTR)block || page >= (ULONG_PTR)block + PAGES * 4096)
            continue;
        found++;
        CHECK_EQ(set->WorkingSetInfo[i].Protection, 4);
        CHECK_EQ((page - (ULONG_PTR)block) / 4096 % 2, 0);
    }
    CHECK_EQ(found, PAGES / 2);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child();
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NAME);
    struct board *board = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    REQUIRE(board);
    char line[600];
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    snprintf(line, sizeof(line), "\"%s\" child", argv[0]);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &made));
    CHECK_EQ(GetProcessIdOfThread(made.hThread), made.dwProcessId);
    CHECK_EQ(SuspendThread(made.hThread), 1); /* it has not begun yet */
    CHECK_EQ(ResumeThread(made.hThread), 2);
    CHECK(!moves(board));
    CHECK_EQ(ResumeThread(made.hThread), 1);
    for (int turn = 0; turn < 2000 && !board->block; turn++)
        Sleep(5);
    CHECK(moves(board));
    stopped(made.hThread, board);
    in_memory(made.hProcess, board->block);
    remote(made.hProcess);
    CHECK(TerminateProcess(made.hProcess, 0));
    CHECK_EQ(WaitForSingleObject(made.hThread, 20000), WAIT_OBJECT_0);
    CHECK_EQ(SuspendThread(made.hThread), (DWORD)-1);
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    return CHECK_DONE();
}
