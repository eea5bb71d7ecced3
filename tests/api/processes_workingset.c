/* The working set of another process: told, limited, emptied and looked into through a handle. */
/* test traits: no-asan (it measures the working set) */
#include "check.h"

#include <windows.h>

#include <psapi.h>
#include <string.h>
#include <winternl.h>

#define NAME "winmem-test-processes-ws"
#define PAGES 1024u

struct shared {
    LONG ready;
    char *block;
};

static int child(void)
{
    HANDLE section = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, NAME),
           go = OpenEventA(SYNCHRONIZE, FALSE, NAME "-go");
    struct shared *shared = section ? MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0) : NULL;
    char *block = VirtualAlloc(NULL, PAGES * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!go || !shared || !block)
        return 2;
    memset(block, 7, PAGES * 4096);
    shared->block = block;
    InterlockedExchange(&shared->ready, 1);
    return WaitForSingleObject(go, 20000) != WAIT_OBJECT_0;
}

static void limits(HANDLE process)
{
    SIZE_T low, high, mine_low, mine_high, again_low, again_high;
    DWORD flags;
    CHECK(GetProcessWorkingSetSize(GetCurrentProcess(), &mine_low, &mine_high));
    CHECK(SetProcessWorkingSetSizeEx(process, 1 << 20, 32 << 20, QUOTA_LIMITS_HARDWS_MIN_ENABLE));
    CHECK(GetProcessWorkingSetSizeEx(process, &low, &high, &flags));
    CHECK(low == 1 << 20 && high == 32 << 20);
    CHECK_EQ(flags, QUOTA_LIMITS_HARDWS_MIN_ENABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE);
    CHECK(GetProcessWorkingSetSize(GetCurrentProcess(), &again_low, &again_high));
    CHECK(mine_low == again_low && mine_high == again_high);
    CHECK(!SetProcessWorkingSetSize(process, 2 << 20, 1 << 20));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void counters(HANDLE process)
{
    PROCESS_MEMORY_COUNTERS_EX all;
    CHECK(GetProcessMemoryInfo(process, (PPROCESS_MEMORY_COUNTERS)&all, sizeof all));
    CHECK(all.PrivateUsage >= PAGES * 4096 && all.WorkingSetSize > 0 && all.PeakWorkingSetSize >= all.WorkingSetSize);
}

static void pages(HANDLE process, char *block)
{
    PSAPI_WORKING_SET_EX_INFORMATION entries[32];
    for (unsigned i = 0; i < 32; i++)
        entries[i].VirtualAddress = block + i * 4096;
    CHECK(QueryWorkingSetEx(process, entries, sizeof entries));
    for (unsigned i = 0; i < 32; i++)
        CHECK(entries[i].VirtualAttributes.Valid && entries[i].VirtualAttributes.Win32Protection == PAGE_READWRITE);
    CHECK(EmptyWorkingSet(process));
    CHECK(SetProcessWorkingSetSize(process, (SIZE_T)-1, (SIZE_T)-1));
}

static void advice(HANDLE process, char *block)
{
    WIN32_MEMORY_RANGE_ENTRY entry[2] = {{block, PAGES * 4096}, {block + 4096, 100}};
    CHECK(PrefetchVirtualMemory(process, 2, entry, 0));
    SetLastError(0);
    CHECK(!PrefetchVirtualMemory(process, 2, entry, 1));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!VirtualUnlockEx(process, block, 4096)); /* not locked; it leaves the working set */
    CHECK_EQ(GetLastError(), ERROR_NOT_LOCKED);
    char byte = 0;
    SIZE_T got = 0;
    CHECK(ReadProcessMemory(process, block, &byte, 1, &got) && got == 1 && byte == 7);
}

static void priority(HANDLE process)
{
    MEMORY_PRIORITY_INFORMATION low = {MEMORY_PRIORITY_LOW}, told = {99};
    CHECK(SetProcessInformation(process, ProcessMemoryPriority, &low, sizeof low));
    CHECK(GetProcessInformation(process, ProcessMemoryPriority, &told, sizeof told));
    CHECK_EQ(told.MemoryPriority, MEMORY_PRIORITY_LOW);
    CHECK(GetProcessInformation(GetCurrentProcess(), ProcessMemoryPriority, &told, sizeof told));
    CHECK_EQ(told.MemoryPriority, MEMORY_PRIORITY_NORMAL);
}

static void rights(DWORD id)
{
    SIZE_T low, high;
    PROCESS_MEMORY_COUNTERS plain;
    PSAPI_WORKING_SET_EX_INFORMATION entry = {0};
    HANDLE weak = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
    REQUIRE(weak);
    CHECK(GetProcessWorkingSetSize(weak, &low, &high));
    CHECK(GetProcessMemoryInfo(weak, &plain, sizeof plain));
    CHECK(!EmptyWorkingSet(weak));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(!SetProcessWorkingSetSize(weak, 1 << 20, 2 << 20));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(!QueryWorkingSetEx(weak, &entry, sizeof entry));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(weak));
}

static void refused_pointers(HANDLE process, char *block)
{
    SetLastError(5);
    CHECK(!VirtualQueryEx(process, block, NULL, sizeof(MEMORY_BASIC_INFORMATION)));
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
    CHECK(!QueryWorkingSetEx(process, (void *)16, sizeof(PSAPI_WORKING_SET_EX_INFORMATION)));
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
}

static void basics(HANDLE process, DWORD id, NTSTATUS code)
{
    PROCESS_BASIC_INFORMATION basic;
    CHECK_EQ(NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof basic, NULL), 0);
    CHECK_EQ(basic.UniqueProcessId, id);
#ifndef _WIN32 /* reserved in some kits' headers */
    CHECK_EQ(basic.ExitStatus, code);
    CHECK_EQ(basic.InheritedFromUniqueProcessId, GetCurrentProcessId());
#endif
    (void)code;
}

/* What a child came to is still told when it has ended. */
static void after_its_end(HANDLE process)
{
    PROCESS_MEMORY_COUNTERS counters;
    SIZE_T low, high;
    CHECK(GetProcessMemoryInfo(process, &counters, sizeof counters));
    CHECK(counters.PeakWorkingSetSize >= PAGES * 4096 && counters.PageFaultCount > 0);
    SetLastError(5);
    CHECK(!GetProcessWorkingSetSize(process, &low, &high));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return child();
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NAME);
    HANDLE go = CreateEventA(NULL, TRUE, FALSE, NAME "-go");
    struct shared *shared = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    char line[600];
    REQUIRE(shared && go);
    snprintf(line, sizeof(line), "\"%s\" child", argv[0]);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    for (int i = 0; i < 4000 && !shared->ready; i++)
        Sleep(5);
    REQUIRE(shared->ready);
    basics(made.hProcess, made.dwProcessId, 0x103);
    counters(made.hProcess);
    refused_pointers(made.hProcess, shared->block);
    limits(made.hProcess);
    pages(made.hProcess, shared->block);
    advice(made.hProcess, shared->block);
    priority(made.hProcess);
    rights(made.dwProcessId);
    CHECK(SetEvent(go));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(!EmptyWorkingSet(made.hProcess));
    after_its_end(made.hProcess);
    basics(made.hProcess, made.dwProcessId, 0);
    DWORD code = 99;
    CHECK(GetExitCodeProcess(made.hProcess, &code) && code == 0);
    return CHECK_DONE();
}
