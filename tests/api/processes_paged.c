/* Pages of another process that are not in memory: read, written and asked about as any others; names of sections in
 * the forms for apps; the native calls on another process.
 * test traits: wide no-asan (a budget of 4 MiB) */
#include "conform.h"

#include <psapi.h>
#include <string.h>

#define NAME L"winmem-test-processes-paged"
#define PAGES 2560u /* 10 MiB of a budget of 4 */
#define LONG_ENOUGH 30000

struct board {
    char *block;
    volatile LONG ready, bad;
};

static unsigned mark(unsigned page, unsigned word)
{
    return (page * 1024 + word) * 2654435761u;
}

static int child(void)
{
    HANDLE section = OpenFileMappingFromApp(FILE_MAP_ALL_ACCESS, FALSE, L"Local\\" NAME);
    HANDLE go = OpenEventW(SYNCHRONIZE, FALSE, NAME L"-go");
    struct board *board = MapViewOfFileFromApp(section, FILE_MAP_ALL_ACCESS, 0, 0);
    REQUIRE(board && go);
    unsigned *block = VirtualAlloc(NULL, PAGES * 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(block);
    for (unsigned page = 0; page < PAGES; page++)
        for (unsigned word = 0; word < 1024; word++)
            block[page * 1024 + word] = mark(page, word);
    board->block = (char *)block;
    InterlockedExchange(&board->ready, 1);
    WaitForSingleObject(go, LONG_ENOUGH);
    for (unsigned page = 0; page < PAGES; page++)
        for (unsigned word = 0; word < 1024; word += 64)
            if (block[page * 1024 + word] != (page % 35 == 3 && word == 64 ? page : mark(page, word)))
                board->bad++;
    return 9;
}

static void memory(HANDLE process, char *block)
{
    static unsigned bytes[16 * 1024];
    unsigned bad = 0, out = 0;
    SIZE_T done;
    MEMORY_BASIC_INFORMATION run;
    for (unsigned page = 0; page < PAGES; page += 37) {
        PSAPI_WORKING_SET_EX_INFORMATION one = {.VirtualAddress = block + page * 4096};
        CHECK(QueryWorkingSetEx(process, &one, sizeof one));
        out += !one.VirtualAttributes.Valid;
    }
    CHECK(out > PAGES / 37 / 4); /* far more than fits is there */
    CHECK(VirtualQueryEx(process, block, &run, sizeof run) == sizeof run);
    CHECK(run.State == MEM_COMMIT && run.Protect == PAGE_READWRITE && run.RegionSize == PAGES * 4096);
    for (unsigned page = 0; page + 16 <= PAGES; page += 64) {
        done = 0;
        if (!ReadProcessMemory(process, block + page * 4096, bytes, sizeof bytes, &done) || done != sizeof bytes)
            bad++;
        for (unsigned i = 0; i < 16; i++)
            bad += bytes[i * 1024] != mark(page + i, 0) || bytes[i * 1024 + 1023] != mark(page + i, 1023);
    }
    for (unsigned page = 3; page < PAGES; page += 35)
        bad += !WriteProcessMemory(process, block + page * 4096 + 256, &page, sizeof page, &done) || done != 4;
    STATUS(NtReadVirtualMemory(process, block + 100, bytes, 5000, &done), STATUS_SUCCESS);
    CHECK_EQ(done, 5000);
    CHECK_EQ(bytes[0], mark(0, 25));
    CHECK_EQ(bad, 0);
}

static void native(HANDLE process)
{
    PVOID base = NULL;
    SIZE_T size = 0x3000;
    ULONG old = 0;
    MEMORY_BASIC_INFORMATION run;
    STATUS(NtAllocateVirtualMemory(process, &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE), 0);
    CHECK(base && size == 0x3000);
    PVOID at = base;
    size = 1;
    STATUS(NtProtectVirtualMemory(process, &at, &size, PAGE_READONLY, &old), 0);
    CHECK(old == PAGE_READWRITE && size == 0x1000 && at == base);
    STATUS(NtQueryVirtualMemory(process, base, MemoryBasicInformation, &run, sizeof run, NULL), 0);
    CHECK(run.Protect == PAGE_READONLY && run.RegionSize == 0x1000 && run.AllocationProtect == PAGE_READWRITE);
    at = base, size = 0x2000;
    STATUS(NtLockVirtualMemory(process, &at, &size, 1), 0);
    STATUS(NtUnlockVirtualMemory(process, &at, &size, 1), 0);
    STATUS(NtUnlockVirtualMemory(process, &at, &size, 1), STATUS_NOT_LOCKED);
    size = 0;
    STATUS(NtFreeVirtualMemory(process, &base, &size, MEM_RELEASE), 0);
    CHECK_EQ(size, 0x3000);
    STATUS(NtFreeVirtualMemory(process, &base, &size, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child();
    char line[600];
    DWORD code = 0;
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof startup};
    HANDLE section = CreateFileMappingFromApp(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 4096, NAME);
    HANDLE go = CreateEventW(NULL, TRUE, FALSE, NAME L"-go");
    struct board *board = MapViewOfFileFromApp(section, FILE_MAP_ALL_ACCESS, 0, 0);
    REQUIRE(board && go);
    CHECK(SetEnvironmentVariableA("WINMEM_RAM", "4M"));
    snprintf(line, sizeof line, "\"%s\" child", argv[0]);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    for (int turn = 0; turn < LONG_ENOUGH / 5 && !board->ready; turn++)
        Sleep(5);
    REQUIRE(board->ready);
    memory(made.hProcess, board->block);
    native(made.hProcess);
    CHECK(SetEvent(go));
    CHECK_EQ(WaitForSingleObject(made.hProcess, LONG_ENOUGH), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made.hProcess, &code) && code == 9);
    CHECK_EQ(board->bad, 0);
    return CHECK_DONE();
}
