/* Two processes: the test starts itself again and looks into the child, changes it, shares names and handles with it.
 */
#include "check.h"

#include <windows.h>

#include <psapi.h>
#include <stdlib.h>
#include <winternl.h>
#include <string.h>

#define NAME "winmem-test-processes"

struct shared {
    LONG ready;
    void *code;  /* in the child's program */
    void *block; /* the child's: one page read-write, one no access, one read-only */
    HANDLE event;
    LONG seen;
    LONG kept;
};

static int child(void)
{
    HANDLE section = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, NAME);
    HANDLE wake = OpenEventA(EVENT_ALL_ACCESS, FALSE, NAME "-wake");
    HANDLE mutex = OpenMutexA(MUTEX_ALL_ACCESS, FALSE, NAME "-mutex");
    if (!section || !wake || !mutex)
        return 2;
    struct shared *shared = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    char *block = VirtualAlloc(NULL, 3 * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD old;
    if (!shared || !block)
        return 3;
    memset(block, 'c', 3 * 4096);
    VirtualProtect(block + 4096, 4096, PAGE_NOACCESS, &old);
    VirtualProtect(block + 8192, 4096, PAGE_READONLY, &old);
    shared->block = block;
    shared->code = (void *)&child;
    if (shared->event)
        SetEvent(shared->event); /* inherited under the value that it has in the parent */
    WaitForSingleObject(mutex, INFINITE);
    InterlockedExchange(&shared->ready, 1);
    WaitForSingleObject(wake, 20000);
    shared->seen = block[5];
    HANDLE kept =
        OpenEventA(EVENT_ALL_ACCESS, FALSE, NAME "-kept"); /* the one handle left is that which came with us */
    shared->kept = kept && WaitForSingleObject(kept, 0) == WAIT_OBJECT_0;
    ExitProcess(0xC0FFEE01); /* and the mutex is left to whoever waits */
}

static void memory(HANDLE process, struct shared *shared)
{
    char buffer[3 * 4096] = {0};
    SIZE_T done = 99;
    DWORD old = 0;
    MEMORY_BASIC_INFORMATION page;
    CHECK(ReadProcessMemory(process, shared->block, buffer, 4096, &done));
    CHECK_EQ(done, 4096);
    CHECK_EQ(buffer[4095], 'c');
    CHECK(!ReadProcessMemory(process, (char *)shared->block + 10, buffer, 8000, &done));
    CHECK_EQ(GetLastError(), ERROR_PARTIAL_COPY);
    CHECK_EQ(done, 4086);
    CHECK(WriteProcessMemory(process, (char *)shared->block + 5, "x", 1, &done));
    CHECK(!WriteProcessMemory(process, (char *)shared->block + 8192, "x", 1, &done));
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
    CHECK_EQ(VirtualQueryEx(process, (char *)shared->block + 4096, &page, sizeof(page)), sizeof(page));
    CHECK_EQ(page.Protect, PAGE_NOACCESS);
    CHECK_EQ(page.RegionSize, 4096);
    CHECK(page.AllocationBase == shared->block);
    char *remote = VirtualAllocEx(process, NULL, 70000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(remote != NULL);
    CHECK(WriteProcessMemory(process, remote, "hello", 6, &done));
    CHECK(VirtualProtectEx(process, remote, 4096, PAGE_EXECUTE_READ, &old));
    CHECK_EQ(old, PAGE_READWRITE);
    CHECK(WriteProcessMemory(process, remote, "HELLO", 5, &done));
    CHECK(ReadProcessMemory(process, remote, buffer, 6, &done));
    CHECK(strcmp(buffer, "HELLO") == 0);
    CHECK(VirtualFreeEx(process, remote, 0, MEM_RELEASE));
    CHECK(!VirtualFreeEx(process, remote, 0, MEM_RELEASE));
    CHECK_EQ(GetLastError(), ERROR_INVALID_ADDRESS);
    CHECK(!ReadProcessMemory(process, remote, buffer, 1, &done));
    CHECK_EQ(done, 0);
    CHECK(!VirtualAllocEx(process, NULL, 0, MEM_COMMIT, PAGE_READWRITE));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

/* What the native query tells of another process besides its regions. */
static void native_queries(HANDLE process, struct shared *shared)
{
    char name[MAX_PATH] = "", own[MAX_PATH] = "";
    CHECK(GetMappedFileNameA(process, shared->code, name, sizeof(name)) == strlen(name));
    CHECK(GetModuleFileNameA(NULL, own, sizeof(own)) && strlen(name) > strlen(own) - 2);
    CHECK(strcmp(name + strlen(name) - (strlen(own) - 2), own + 2) == 0); /* but for the volume */
    static PSAPI_WORKING_SET_EX_INFORMATION pages[2];
    pages[0].VirtualAddress = shared->block;
    pages[1].VirtualAddress = shared->code;
    CHECK(QueryWorkingSetEx(process, pages, sizeof(pages)));
    CHECK(pages[0].VirtualAttributes.Valid && pages[1].VirtualAttributes.Valid);
#ifndef _WIN32
    static ULONG_PTR set[65536];
    SIZE_T length = 0;
    pages[0].VirtualAttributes.Flags = pages[1].VirtualAttributes.Flags = 0;
    CHECK(
        NT_SUCCESS(NtQueryVirtualMemory(process, NULL, MemoryWorkingSetExInformation, pages, sizeof(pages), &length)));
    CHECK(length == sizeof(pages) && pages[0].VirtualAttributes.Valid && pages[1].VirtualAttributes.Valid);
#ifndef __SANITIZE_ADDRESS__ /* the pages of its shadow, terabytes of it, take longer to list than the target has */
    CHECK(NT_SUCCESS(NtQueryVirtualMemory(process, NULL, MemoryWorkingSetInformation, set, sizeof(set), &length)));
    CHECK(set[0] > 10 && set[0] < 65535);
#else
    (void)set;
#endif
#endif
}

static void rights(DWORD id)
{
    char byte;
    HANDLE weak = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, id);
    DWORD code = 0;
    CHECK(weak != NULL);
    CHECK_EQ(GetProcessId(weak), id);
    CHECK(GetExitCodeProcess(weak, &code));
    CHECK_EQ(code, STILL_ACTIVE);
    CHECK(!ReadProcessMemory(weak, &byte, &byte, 1, NULL));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(!VirtualAllocEx(weak, NULL, 4096, MEM_COMMIT, PAGE_READWRITE));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(!TerminateProcess(weak, 1));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CloseHandle(weak);
    CHECK(!OpenProcess(0, FALSE, id));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(!OpenThread(0, FALSE, GetCurrentThreadId()));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(!OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0x7ffffff0));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void handles(HANDLE process, HANDLE section, struct shared *shared)
{
    HANDLE there = NULL, back = NULL;
    CHECK(DuplicateHandle(GetCurrentProcess(), section, process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(there != NULL);
    CHECK(DuplicateHandle(process, there, GetCurrentProcess(), &back, 0, FALSE,
                          DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
    CHECK(!DuplicateHandle(process, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(DuplicateHandle(GetCurrentProcess(), section, process, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(DuplicateHandle(process, there, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE)); /* how to close it there */
    CHECK(!DuplicateHandle(process, there, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    struct shared *view = back ? MapViewOfFile(back, FILE_MAP_READ, 0, 0, 0) : NULL;
    CHECK(view && view->ready == shared->ready && view->block == shared->block);
    if (view)
        UnmapViewOfFile(view);
    CloseHandle(back);
    CHECK(!DuplicateHandle(process, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static void strangers(void)
{
    char line[] = "sh -c \"exit 7\"", sleeper[] = "sleep 100";
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    DWORD code = 0;
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 10000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made.hProcess, &code));
    CHECK_EQ(code, 7);
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
    REQUIRE(CreateProcessA(NULL, sleeper, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20), WAIT_TIMEOUT);
    MEMORY_BASIC_INFORMATION page;
    CHECK_EQ(VirtualQueryEx(made.hProcess, NULL, &page, sizeof(page)), sizeof(page));
    CHECK_EQ(page.State, MEM_FREE);
    CHECK(!VirtualAllocEx(made.hProcess, NULL, 4096, MEM_COMMIT, PAGE_READWRITE));
    CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
    CHECK(TerminateProcess(made.hProcess, 0x12345678));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 10000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made.hProcess, &code));
    CHECK_EQ(code, 0x12345678);
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
    CHECK(!CreateProcessA("/nonexistent/x", NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    CHECK_EQ(GetLastError(), ERROR_PATH_NOT_FOUND);
}

/* How many of the handles that the line names are not events that are set. */
static int count_lost(int count, char **values)
{
    int lost = 0;
    for (int i = 0; i < count; i++)
        lost += WaitForSingleObject((HANDLE)(ULONG_PTR)strtoull(values[i], NULL, 10), 0) != WAIT_OBJECT_0;
    return lost;
}

/* Every handle comes along under its value, behind however many that do not. */
static void many(const char *self)
{
    enum { OTHERS = 1500, PASSED = 300 };
    static HANDLE other[OTHERS], passed[PASSED];
    static char line[600 + PASSED * 12];
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    DWORD lost = 999;
    for (int i = 0; i < OTHERS; i++)
        other[i] = CreateEventA(NULL, TRUE, TRUE, NULL);
    int length = snprintf(line, 600, "\"%s\" many", self);
    for (int i = 0; i < PASSED; i++) {
        passed[i] = CreateEventA(&inheritable, TRUE, TRUE, NULL);
        length += snprintf(line + length, 12, " %u", (unsigned)(ULONG_PTR)passed[i]);
    }
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &made));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made.hProcess, &lost));
    CHECK_EQ(lost, 0);
    for (int i = 0; i < OTHERS; i++)
        CloseHandle(other[i]);
    for (int i = 0; i < PASSED; i++)
        CloseHandle(passed[i]);
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
}

static int says(void)
{
    DWORD done;
    return !WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "out", 3, &done, NULL) ||
           !WriteFile(GetStdHandle(STD_ERROR_HANDLE), "err", 3, &done, NULL);
}

/* Runs this program to its end, with these standard streams. */
static DWORD run(const char *program, const char *what, HANDLE out, HANDLE err)
{
    char line[600];
    DWORD code = 99;
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = out;
    startup.hStdError = err;
    snprintf(line, sizeof(line), "\"%s\" %s", program, what);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &made))
        return 98;
    WaitForSingleObject(made.hProcess, 20000);
    GetExitCodeProcess(made.hProcess, &code);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
    return code;
}

/* A child gives its own child each of its two streams in the place of the other. */
static void exchanged_streams(const char *program)
{
    char text[8] = "";
    DWORD done = 0;
    HANDLE from[2], to[2];
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    REQUIRE(CreatePipe(&from[0], &to[0], &inheritable, 0) && CreatePipe(&from[1], &to[1], &inheritable, 0));
    CHECK_EQ(run(program, "exchanges", to[0], to[1]), 0);
    CHECK(CloseHandle(to[0]) && CloseHandle(to[1]));
    CHECK(ReadFile(from[0], text, 7, &done, NULL) && done == 3 && strcmp(text, "err") == 0);
    CHECK(ReadFile(from[1], text, 7, &done, NULL) && done == 3 && strcmp(text, "out") == 0);
    CHECK(CloseHandle(from[0]) && CloseHandle(from[1]));
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "says") == 0)
        return says();
    if (argc > 1 && strcmp(argv[1], "exchanges") == 0)
        return (int)run(argv[0], "says", GetStdHandle(STD_ERROR_HANDLE), GetStdHandle(STD_OUTPUT_HANDLE));
    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return child();
    if (argc > 1 && strcmp(argv[1], "many") == 0)
        return count_lost(argc - 2, argv + 2);
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 65536, NAME);
    REQUIRE(section);
    CHECK_EQ(GetLastError(), 0);
    struct shared *shared = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    HANDLE wake = CreateEventA(NULL, FALSE, FALSE, NAME "-wake");
    HANDLE mutex = CreateMutexA(NULL, FALSE, NAME "-mutex");
    REQUIRE(shared && wake && mutex);
    exchanged_streams(argv[0]);
    shared->event = CreateEventA(&inheritable, FALSE, FALSE, NULL);
    HANDLE kept = CreateEventA(&inheritable, FALSE, TRUE, NAME "-kept");
    char line[600];
    snprintf(line, sizeof(line), "\"%s\" child", argv[0]);
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &startup, &made));
    char told[8] = "";
    SIZE_T count = 0; /* its memory can be prepared before it runs, from the first moment on */
    void *ahead = VirtualAllocEx(made.hProcess, NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(ahead != NULL);
    CHECK(WriteProcessMemory(made.hProcess, ahead, "before", 7, &count) && count == 7);
    CHECK(ReadProcessMemory(made.hProcess, ahead, told, 7, &count) && strcmp(told, "before") == 0);
    CHECK(VirtualFreeEx(made.hProcess, ahead, 0, MEM_RELEASE));
    CHECK_EQ(WaitForSingleObject(shared->event, 100), WAIT_TIMEOUT);
    CHECK_EQ(ResumeThread(made.hThread), 1);
    HANDLE either[2] = {made.hProcess, shared->event};
    CHECK_EQ(WaitForMultipleObjects(2, either, FALSE, 20000), WAIT_OBJECT_0 + 1);
    for (int i = 0; i < 2000 && !shared->ready; i++)
        Sleep(5);
    REQUIRE(shared->ready);
    CloseHandle(kept);
    memory(made.hProcess, shared);
    native_queries(made.hProcess, shared);
    rights(made.dwProcessId);
    handles(made.hProcess, section, shared);
    CHECK_EQ(WaitForSingleObject(mutex, 10), WAIT_TIMEOUT);
    CHECK(SetEvent(wake));
    CHECK_EQ(WaitForSingleObject(mutex, 10000), WAIT_ABANDONED);
    CHECK_EQ(WaitForSingleObject(made.hProcess, 10000), WAIT_OBJECT_0);
    CHECK_EQ(shared->seen, 'x');
    CHECK(shared->kept);
    DWORD code = 0;
    CHECK(GetExitCodeProcess(made.hProcess, &code));
    CHECK_EQ(code, 0xC0FFEE01);
    CHECK(!VirtualAllocEx(made.hProcess, NULL, 4096, MEM_COMMIT, PAGE_READWRITE));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    strangers();
    many(argv[0]);
    return CHECK_DONE();
}
