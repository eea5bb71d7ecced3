/* Which rights of a handle every call on another process or thread asks for, as documented; what is still told of a
 * process that has ended; background mode. */
/* test traits: no-asan (its terabytes of shadow take seconds to list, in the target) */
#include "conform.h"

#include <psapi.h>
#include <string.h>

#define NAME "winmem-test-process-rights"

static char *place; /* in the child */

static int child(void)
{
    HANDLE section = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, NAME);
    char *volatile *shared = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    REQUIRE(shared);
    *shared = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    Sleep(60000);
    return 0;
}

static BOOL priority(HANDLE process)
{
    return SetPriorityClass(process, NORMAL_PRIORITY_CLASS);
}

static BOOL asks_priority(HANDLE process)
{
    return GetPriorityClass(process) != 0;
}

static BOOL modules(HANDLE process)
{
    HMODULE module[4];
    DWORD needed;
    return EnumProcessModules(process, module, sizeof module, &needed);
}

static BOOL program(HANDLE process)
{
    char name[MAX_PATH];
    return GetModuleFileNameExA(process, NULL, name, sizeof name) != 0;
}

static BOOL flush(HANDLE process)
{
    return FlushInstructionCache(process, place, 16);
}

static BOOL pages(HANDLE process)
{
    static ULONG_PTR buffer[200000];
    return QueryWorkingSet(process, buffer, sizeof buffer);
}

static BOOL pages_ex(HANDLE process)
{
    PSAPI_WORKING_SET_EX_INFORMATION page = {.VirtualAddress = place};
    return QueryWorkingSetEx(process, &page, sizeof page);
}

static BOOL limits(HANDLE process)
{
    return SetProcessWorkingSetSize(process, 50 * 4096, 345 * 4096);
}

static BOOL asks_limits(HANDLE process)
{
    SIZE_T least, most;
    return GetProcessWorkingSetSize(process, &least, &most);
}

static BOOL reads(HANDLE process)
{
    char byte;
    return ReadProcessMemory(process, place, &byte, 1, NULL);
}

static BOOL writes(HANDLE process)
{
    return WriteProcessMemory(process, place, "x", 1, NULL);
}

static BOOL queries(HANDLE process)
{
    MEMORY_BASIC_INFORMATION page;
    return VirtualQueryEx(process, place, &page, sizeof page) != 0;
}

static BOOL protects(HANDLE process)
{
    DWORD old;
    return VirtualProtectEx(process, place, 4096, PAGE_READWRITE, &old);
}

static BOOL affinity(HANDLE process)
{
    return SetProcessAffinityMask(process, 1);
}

/* The call works with a handle that has just these rights, and not with one that lacks any of them. */
static const struct {
    BOOL (*call)(HANDLE);
    DWORD rights;
} calls[] = {
    {priority, PROCESS_SET_INFORMATION},
    {affinity, PROCESS_SET_INFORMATION},
    {asks_priority, PROCESS_QUERY_LIMITED_INFORMATION},
    {modules, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ},
    {program, PROCESS_QUERY_LIMITED_INFORMATION},
    {flush, PROCESS_VM_WRITE},
    {pages, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ},
    {pages_ex, PROCESS_QUERY_INFORMATION},
    {EmptyWorkingSet, PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SET_QUOTA},
    {limits, PROCESS_SET_QUOTA},
    {asks_limits, PROCESS_QUERY_LIMITED_INFORMATION},
    {reads, PROCESS_VM_READ},
    {writes, PROCESS_VM_WRITE | PROCESS_VM_OPERATION},
    {queries, PROCESS_QUERY_INFORMATION},
    {protects, PROCESS_VM_OPERATION},
};

static void rights(DWORD id)
{
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
        DWORD all = PROCESS_ALL_ACCESS & ~PROCESS_QUERY_INFORMATION & ~PROCESS_QUERY_LIMITED_INFORMATION;
        HANDLE just = OpenProcess(calls[i].rights, FALSE, id);
        if (!calls[i].call(just)) {
            fprintf(stderr, "call %u: error %u\n", i, (unsigned)GetLastError());
            CHECK(0 && "a call with the rights it needs");
        }
        CHECK(CloseHandle(just));
        for (DWORD right = 1; right <= calls[i].rights; right <<= 1) {
            if (!(calls[i].rights & right))
                continue;
            HANDLE others = OpenProcess((all | calls[i].rights) & ~right, FALSE, id);
            SetLastError(0);
            if (calls[i].call(others) || GetLastError() != ERROR_ACCESS_DENIED) {
                fprintf(stderr, "call %u without 0x%x: error %u\n", i, (unsigned)right, (unsigned)GetLastError());
                CHECK(0 && "a call without a right it needs");
            }
            CHECK(CloseHandle(others));
        }
    }
}

/* A duplicate has what its rights imply, as an open has. */
static void implied(HANDLE process)
{
    HANDLE copy;
    REQUIRE(DuplicateHandle(SELF, process, SELF, &copy, PROCESS_QUERY_INFORMATION, FALSE, 0));
    WORKS(GetProcessId(copy) != 0);
    CHECK(CloseHandle(copy));
    REQUIRE(DuplicateHandle(SELF, GetCurrentThread(), SELF, &copy, THREAD_SET_INFORMATION, FALSE, 0));
    WORKS(SetThreadPriority(copy, 0));
    FAILS(SetThreadAffinityMask(copy, 1), ERROR_ACCESS_DENIED); /* it tells what was */
    CHECK(CloseHandle(copy));
    copy = OpenThread(THREAD_SET_LIMITED_INFORMATION, FALSE, GetCurrentThreadId());
    WORKS(SetThreadPriority(copy, 0));
    CHECK(CloseHandle(copy));
    copy = OpenThread(THREAD_QUERY_INFORMATION, FALSE, GetCurrentThreadId());
    FAILS(SetThreadAffinityMask(copy, 1), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(copy));
}

/* It is there as long as somebody has a handle. */
static void ended(const PROCESS_INFORMATION *made)
{
    DWORD code = 0;
    HANDLE again = OpenProcess(PROCESS_ALL_ACCESS, FALSE, made->dwProcessId);
    CHECK(again != NULL);
    WORKS(GetExitCodeProcess(again, &code));
    CHECK_EQ(code, 0x1234);
    CHECK_EQ(WaitForSingleObject(again, 0), WAIT_OBJECT_0);
    FAILS(TerminateProcess(again, 5), ERROR_ACCESS_DENIED);
    FAILS(reads(again), ERROR_ACCESS_DENIED);
    FAILS(queries(again), ERROR_ACCESS_DENIED);
    CHECK_EQ(GetPriorityClass(again), NORMAL_PRIORITY_CLASS);
    CHECK(CloseHandle(again));
    WORKS(ResumeThread(made->hThread) == 0);
    FAILS(SuspendThread(made->hThread) != (DWORD)-1, ERROR_ACCESS_DENIED);
    WORKS(TerminateThread(made->hThread, 7));
    WORKS(GetExitCodeThread(made->hThread, &code));
    CHECK_EQ(code, 0x1234);
}

static ULONG memory_priority(void)
{
    MEMORY_PRIORITY_INFORMATION of = {0};
    CHECK(GetThreadInformation(GetCurrentThread(), ThreadMemoryPriority, &of, sizeof of));
    return of.MemoryPriority;
}

static void background(HANDLE process)
{
    HANDLE thread = GetCurrentThread();
    FAILS(SetThreadPriority(thread, THREAD_MODE_BACKGROUND_END), ERROR_THREAD_MODE_NOT_BACKGROUND);
    WORKS(SetThreadPriority(thread, THREAD_MODE_BACKGROUND_BEGIN));
    FAILS(SetThreadPriority(thread, THREAD_MODE_BACKGROUND_BEGIN), ERROR_THREAD_MODE_ALREADY_BACKGROUND);
    CHECK(memory_priority() < MEMORY_PRIORITY_NORMAL);
    WORKS(SetThreadPriority(thread, THREAD_MODE_BACKGROUND_END));
    CHECK_EQ(memory_priority(), MEMORY_PRIORITY_NORMAL);
    FAILS(SetPriorityClass(SELF, PROCESS_MODE_BACKGROUND_END), ERROR_PROCESS_MODE_NOT_BACKGROUND);
    WORKS(SetPriorityClass(SELF, PROCESS_MODE_BACKGROUND_BEGIN));
    FAILS(SetPriorityClass(SELF, PROCESS_MODE_BACKGROUND_BEGIN), ERROR_PROCESS_MODE_ALREADY_BACKGROUND);
    WORKS(SetPriorityClass(SELF, PROCESS_MODE_BACKGROUND_END));
    FAILS(SetPriorityClass(process, PROCESS_MODE_BACKGROUND_BEGIN), ERROR_INVALID_PARAMETER);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child();
    char line[600];
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof startup};
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NAME);
    char *volatile *shared = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    REQUIRE(shared);
    snprintf(line, sizeof line, "\"%s\" child", argv[0]);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    for (int turn = 0; turn < 4000 && !*shared; turn++)
        Sleep(5);
    place = *shared;
    REQUIRE(place);
    rights(made.dwProcessId);
    implied(made.hProcess);
    background(made.hProcess);
    REQUIRE(TerminateProcess(made.hProcess, 0x1234));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    ended(&made);
    return CHECK_DONE();
}
