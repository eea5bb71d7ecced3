/* Snapshots of processes, threads, modules and heaps, and what psapi tells of modules. */
#include "check.h"

#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>
#include <winternl.h>

#include <string.h>

static void processes(void)
{
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    PROCESSENTRY32W wide = {.dwSize = sizeof wide};
    DWORD own = GetCurrentProcessId();
    int seen = 0, seen_wide = 0;
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    REQUIRE(snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Process32First(snapshot, &entry); more; more = Process32Next(snapshot, &entry))
        if (entry.th32ProcessID == own) {
            seen++;
            CHECK(strstr(entry.szExeFile, "toolhelp") || strstr(entry.szExeFile, ".exe"));
            CHECK(entry.cntThreads >= 1 && entry.th32ParentProcessID != own);
        }
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    for (BOOL more = Process32FirstW(snapshot, &wide); more; more = Process32NextW(snapshot, &wide))
        seen_wide += wide.th32ProcessID == own;
    CHECK_EQ(seen, 1);
    CHECK_EQ(seen_wide, 1);
    entry.dwSize = 4;
    CHECK(!Process32First(snapshot, &entry));
    THREADENTRY32 thread = {.dwSize = sizeof thread};
    CHECK(!Thread32First(snapshot, &thread)); /* it was not asked for */
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK(CloseHandle(snapshot));
    CHECK(!Process32First(snapshot, &entry));
    CHECK(CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0x7FFFFFF0) == INVALID_HANDLE_VALUE);
    CHECK(CreateToolhelp32Snapshot(0, 0) == INVALID_HANDLE_VALUE);
}

static DWORD WINAPI waits(LPVOID event)
{
    WaitForSingleObject(event, INFINITE);
    return 0;
}

static void threads(void)
{
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    DWORD id;
    int own = 0, other = 0;
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), thread = CreateThread(NULL, 0, waits, event, 0, &id);
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    REQUIRE(thread && snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
        if (entry.th32OwnerProcessID != GetCurrentProcessId())
            continue;
        own += entry.th32ThreadID == GetCurrentThreadId();
        other += entry.th32ThreadID == id;
    }
    CHECK_EQ(own, 1);
    CHECK_EQ(other, 1);
    SetEvent(event);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(event);
    CloseHandle(snapshot);
}

static void modules(void)
{
    MODULEENTRY32 entry = {.dwSize = sizeof entry};
    MODULEENTRY32W wide = {.dwSize = sizeof wide};
    HMODULE all[256];
    MODULEINFO information;
    char name[MAX_PATH], path[MAX_PATH], exe[MAX_PATH];
    DWORD needed = 0, count = 0;
    int holds_us = 0;
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32, GetCurrentProcessId());
    REQUIRE(snapshot != INVALID_HANDLE_VALUE);
    CHECK(GetModuleFileNameA(NULL, exe, sizeof exe) != 0);
    REQUIRE(Module32First(snapshot, &entry));
    CHECK(strcmp(entry.szExePath, exe) == 0);
    CHECK(entry.hModule == GetModuleHandleA(NULL));
    CHECK((ULONG_PTR)modules >= (ULONG_PTR)entry.modBaseAddr &&
          (ULONG_PTR)modules < (ULONG_PTR)entry.modBaseAddr + entry.modBaseSize);
    for (BOOL more = Module32FirstW(snapshot, &wide); more; more = Module32NextW(snapshot, &wide))
        count++;
    CHECK(count >= 3);
    CloseHandle(snapshot);

    REQUIRE(EnumProcessModules(GetCurrentProcess(), all, sizeof all, &needed));
    CHECK(needed >= 3 * sizeof(HMODULE) && needed <= sizeof all);
    CHECK(all[0] == GetModuleHandleA(NULL));
    for (DWORD i = 0; i < needed / sizeof(HMODULE); i++) {
        CHECK(GetModuleInformation(GetCurrentProcess(), all[i], &information, sizeof information));
        CHECK(GetModuleFileNameExA(GetCurrentProcess(), all[i], path, sizeof path) > 0);
        CHECK(GetModuleBaseNameA(GetCurrentProcess(), all[i], name, sizeof name) > 0);
        CHECK(strlen(path) >= strlen(name) && strcmp(path + strlen(path) - strlen(name), name) == 0);
        CHECK(GetModuleFileNameA(all[i], exe, sizeof exe) == strlen(path) && strcmp(exe, path) == 0);
        holds_us += (ULONG_PTR)modules - (ULONG_PTR)information.lpBaseOfDll < information.SizeOfImage;
    }
    CHECK_EQ(holds_us, 1);
    CHECK(EnumProcessModulesEx(GetCurrentProcess(), NULL, 0, &count, LIST_MODULES_ALL));
    CHECK_EQ(count, needed);
    CHECK(!GetModuleInformation(GetCurrentProcess(), (HMODULE)0x10, &information, sizeof information));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(!GetModuleInformation(GetCurrentProcess(), all[0], &information, 4));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK(GetProcessImageFileNameA(GetCurrentProcess(), path, sizeof path) > 0);
    CHECK(strncmp(path, "\\Device\\HarddiskVolume", 22) == 0);
}

static void heaps(void)
{
    HEAPLIST32 list = {.dwSize = sizeof list};
    HEAPENTRY32 entry = {.dwSize = sizeof entry};
    HANDLE heap = HeapCreate(0, 0, 0);
    void *block = HeapAlloc(heap, 0, 12345), *second = HeapAlloc(heap, 0, 54321);
    int seen = 0, is_default = 0, first_block = 0, second_block = 0;
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPHEAPLIST, GetCurrentProcessId());
    REQUIRE(heap && block && second && snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Heap32ListFirst(snapshot, &list); more; more = Heap32ListNext(snapshot, &list)) {
        CHECK_EQ(list.th32ProcessID, GetCurrentProcessId());
        seen += list.th32HeapID == (ULONG_PTR)heap;
        is_default += list.dwFlags & HF32_DEFAULT;
    }
    CloseHandle(snapshot);
    CHECK_EQ(is_default, 1);
    CHECK_EQ(seen, 1);
    for (BOOL more = Heap32First(&entry, GetCurrentProcessId(), (ULONG_PTR)heap); more; more = Heap32Next(&entry)) {
        first_block += entry.dwAddress == (ULONG_PTR)block && entry.dwBlockSize == 12345 && entry.dwFlags == LF32_FIXED;
        second_block += entry.dwAddress == (ULONG_PTR)second && entry.dwBlockSize == 54321;
    }
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK_EQ(first_block, 1);
    CHECK_EQ(second_block, 1);
    CHECK(HeapDestroy(heap));
    CHECK(!Heap32First(&entry, GetCurrentProcessId(), 0x10));
}

/* The list of processes by its class of information: the name of the one, or an empty text. */
static void native_name(DWORD id, char *name, size_t size)
{
    static char list[1 << 20];
    ULONG length;
    name[0] = 0;
    if (NtQuerySystemInformation(SystemProcessInformation, list, sizeof list, &length) != 0)
        return;
    for (SYSTEM_PROCESS_INFORMATION *at = (SYSTEM_PROCESS_INFORMATION *)list;;
         at = (SYSTEM_PROCESS_INFORMATION *)((char *)at + at->NextEntryOffset)) {
        if (at->UniqueProcessId == (HANDLE)(ULONG_PTR)id)
            for (size_t i = 0; i < at->ImageName.Length / sizeof(WCHAR) && i + 1 < size; i++) {
                name[i] = (char)at->ImageName.Buffer[i];
                name[i + 1] = 0;
            }
        if (!at->NextEntryOffset)
            return;
    }
}

static BOOL ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

/* A program whose file is gone goes by its name still. */
static void gone(const char *self)
{
    char path[MAX_PATH], line[MAX_PATH + 16], name[MAX_PATH];
    DWORD size = sizeof name;
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    HMODULE module[2] = {NULL};
    snprintf(path, sizeof path, "%s-gone", self);
    snprintf(line, sizeof line, "\"%s\" sleep", path);
    REQUIRE(CopyFileA(self, path, FALSE));
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    CHECK(DeleteFileA(path));
    CHECK(QueryFullProcessImageNameA(made.hProcess, 0, name, &size) && ends_in(name, "-gone"));
    CHECK(GetProcessImageFileNameA(made.hProcess, name, sizeof name) && ends_in(name, "-gone"));
    for (int turn = 0; turn < 4000 && !EnumProcessModules(made.hProcess, module, sizeof module, &size); turn++)
        Sleep(1); /* it has just begun: ERROR_PARTIAL_COPY */
    CHECK(GetModuleFileNameExA(made.hProcess, NULL, name, sizeof name) && ends_in(name, "-gone"));
    CHECK(GetModuleFileNameExA(made.hProcess, module[0], name, sizeof name) && ends_in(name, "-gone"));
    native_name(made.dwProcessId, name, sizeof name);
    CHECK(ends_in(name, "-gone"));
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    BOOL found = Process32First(snapshot, &entry);
    while (found && entry.th32ProcessID != made.dwProcessId)
        found = Process32Next(snapshot, &entry);
    CHECK(found && ends_in(entry.szExeFile, "-gone"));
    CloseHandle(snapshot);
    CHECK(TerminateProcess(made.hProcess, 0));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        Sleep(60000);
    int there = 4711, copy = 0;
    SIZE_T read = 0;
    processes();
    threads();
    modules();
    heaps();
    gone(argv[0]);
    CHECK(Toolhelp32ReadProcessMemory(GetCurrentProcessId(), &there, &copy, sizeof copy, &read));
    CHECK(copy == 4711 && read == sizeof copy);
    return CHECK_DONE();
}
