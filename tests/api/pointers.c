/* pointers.c: pointers that are no good. The system calls answer with ERROR_NOACCESS, change nothing, and no exception
 * reaches the program; a guard page under a parameter is spent and told. */
#include <windows.h>
#include <psapi.h>
#include <winternl.h>

#include <string.h>

#include "../check.h"

#define BAD ((void *)16)
#define STATUS_FAULT ((NTSTATUS)0xC0000005)
#define STATUS_GUARD ((NTSTATUS)0x80000001)

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE, PVOID *, ULONG_PTR, PSIZE_T, ULONG, ULONG);
NTSTATUS NTAPI NtFreeVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE, PVOID *, PSIZE_T, ULONG, PULONG);

static LONG seen;

static LONG CALLBACK count(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    seen++;
    return EXCEPTION_CONTINUE_SEARCH;
}

#define FAILS(call, error)                                                                                             \
    do {                                                                                                               \
        SetLastError(0xdeadbeef);                                                                                      \
        CHECK(!(call));                                                                                                \
        CHECK_EQ(GetLastError(), error);                                                                               \
    } while (0)

static void win32_calls(char *page, char *read_only)
{
    MEMORY_BASIC_INFORMATION information;
    SIZE_T done = 77;
    DWORD old;
    FAILS(VirtualQuery(page, NULL, sizeof information), ERROR_NOACCESS);
    FAILS(VirtualQuery(page, BAD, sizeof information), ERROR_NOACCESS);
    FAILS(VirtualQuery(page, (PVOID)read_only, sizeof information), ERROR_NOACCESS);
    FAILS(VirtualQuery(page, (PVOID)0xfffffffffffff000, sizeof information), ERROR_NOACCESS);
    FAILS(VirtualProtect(page, 1, PAGE_READONLY, NULL), ERROR_NOACCESS);
    FAILS(VirtualProtect(page, 1, PAGE_READONLY, (PDWORD)read_only), ERROR_NOACCESS);
    CHECK(VirtualQuery(page, &information, sizeof information));
    CHECK_EQ(information.Protect, PAGE_READWRITE);
    FAILS(ReadProcessMemory(GetCurrentProcess(), page, BAD, 8, &done), ERROR_NOACCESS);
    CHECK_EQ(done, 0);
    FAILS(WriteProcessMemory(GetCurrentProcess(), page, BAD, 8, &done), ERROR_PARTIAL_COPY);
    CHECK_EQ(done, 0);
    FAILS(ReadProcessMemory(GetCurrentProcess(), page, &old, 4, BAD), ERROR_NOACCESS);
}

static void write_watch(void)
{
    PVOID addresses[4];
    ULONG_PTR entries = 4;
    ULONG granularity;
    char *watched = VirtualAlloc(NULL, 0x4000, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    REQUIRE(watched);
    watched[0] = 1;
    SetLastError(0);
    CHECK_EQ(GetWriteWatch(0, watched, 0x4000, NULL, &entries, (LPVOID)&granularity), (UINT)-1);
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
    CHECK_EQ(GetWriteWatch(0, watched, 0x4000, addresses, NULL, (LPVOID)&granularity), (UINT)-1);
    CHECK_EQ(GetWriteWatch(0, watched, 0x4000, addresses, BAD, (LPVOID)&granularity), (UINT)-1);
    CHECK_EQ(GetWriteWatch(WRITE_WATCH_FLAG_RESET, watched, 0x4000, BAD, &entries, (LPVOID)&granularity), (UINT)-1);
    CHECK_EQ(GetWriteWatch(0, watched, 0x4000, addresses, &entries, (LPVOID)&granularity), 0);
    CHECK_EQ(entries, 1); /* the call that failed has reset nothing */
    VirtualFree(watched, 0, MEM_RELEASE);
}

static void native_calls(char *page)
{
    HANDLE me = GetCurrentProcess(), section = NULL;
    PVOID base = NULL;
    SIZE_T size = 0x1000;
    ULONG old;
    LARGE_INTEGER length = {.QuadPart = 0x1000};
    CHECK_EQ(NtAllocateVirtualMemory(me, NULL, 0, &size, MEM_RESERVE, PAGE_READWRITE), STATUS_FAULT);
    CHECK_EQ(NtAllocateVirtualMemory(me, &base, 0, NULL, MEM_RESERVE, PAGE_READWRITE), STATUS_FAULT);
    CHECK_EQ(NtAllocateVirtualMemory(me, BAD, 0, &size, MEM_RESERVE, PAGE_READWRITE), STATUS_FAULT);
    CHECK_EQ(NtFreeVirtualMemory(me, NULL, &size, MEM_RELEASE), STATUS_FAULT);
    base = page;
    CHECK_EQ(NtFreeVirtualMemory(me, &base, NULL, MEM_RELEASE), STATUS_FAULT);
    CHECK_EQ(NtProtectVirtualMemory(me, NULL, &size, PAGE_READONLY, &old), STATUS_FAULT);
    CHECK_EQ(NtProtectVirtualMemory(me, &base, &size, PAGE_READONLY, BAD), STATUS_FAULT);
    CHECK_EQ(NtCreateSection(NULL, SECTION_ALL_ACCESS, NULL, &length, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_FAULT);
    CHECK_EQ(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, BAD, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_FAULT);
    CHECK(section == NULL);
    CHECK_EQ(NtQueryVirtualMemory(me, page, MemoryBasicInformation, NULL, sizeof(MEMORY_BASIC_INFORMATION), NULL),
             STATUS_FAULT);
    page[0] = 1; /* still as it was */
}

/* What the kernel fills in on Windows, asked for by its native and by its Win32 name. */
static void answers(char *page, void *read_only)
{
    static const MEMORY_INFORMATION_CLASS pieces[] = {MemoryMappedFilenameInformation, MemoryWorkingSetInformation,
                                                      MemoryWorkingSetExInformation};
    HANDLE me = GetCurrentProcess();
    PVOID code = (PVOID)(ULONG_PTR)answers;
    for (unsigned i = 0; i < ARRAYSIZE(pieces); i++) {
        CHECK_EQ(NtQueryVirtualMemory(me, code, pieces[i], NULL, 512, NULL), STATUS_FAULT);
        CHECK_EQ(NtQueryVirtualMemory(me, code, pieces[i], read_only, 512, NULL), STATUS_FAULT);
    }
    FAILS(QueryWorkingSet(me, NULL, 4096), ERROR_NOACCESS);
    FAILS(QueryWorkingSet(me, read_only, 4096), ERROR_NOACCESS);
    FAILS(QueryWorkingSetEx(me, read_only, sizeof(PSAPI_WORKING_SET_EX_INFORMATION)), ERROR_NOACCESS);
    CHECK(InitializeProcessForWsWatch(me));
    FAILS(GetWsChanges(me, read_only, 256), ERROR_NOACCESS);
    FAILS(QueryVirtualMemoryInformation(me, page, MemoryRegionInfo, NULL, 64, NULL), ERROR_NOACCESS);
    FAILS(QueryVirtualMemoryInformation(me, page, MemoryRegionInfo, page, 64, BAD), ERROR_NOACCESS);
    FAILS(GetProcessInformation(me, ProcessMemoryPriority, NULL, 4), ERROR_NOACCESS);
    FAILS(GetProcessInformation(me, ProcessMemoryPriority, read_only, 4), ERROR_NOACCESS);
    FAILS(SetProcessInformation(me, ProcessMemoryPriority, NULL, 4), ERROR_NOACCESS);
    FAILS(GetThreadInformation(GetCurrentThread(), ThreadMemoryPriority, read_only, 4), ERROR_NOACCESS);
    FAILS(SetThreadInformation(GetCurrentThread(), ThreadMemoryPriority, BAD, 4), ERROR_NOACCESS);
}

static void jobs(void *read_only)
{
    JOBOBJECT_BASIC_LIMIT_INFORMATION limits;
    const JOBOBJECTINFOCLASS class = JobObjectBasicLimitInformation;
    HANDLE job = CreateJobObjectA(NULL, NULL);
    REQUIRE(job);
    FAILS(QueryInformationJobObject(job, class, read_only, sizeof limits, NULL), ERROR_NOACCESS);
    FAILS(QueryInformationJobObject(job, class, &limits, sizeof limits, BAD), ERROR_NOACCESS);
    FAILS(QueryInformationJobObject(job, JobObjectBasicProcessIdList, read_only, 64, NULL), ERROR_NOACCESS);
    FAILS(SetInformationJobObject(job, class, BAD, sizeof limits), ERROR_NOACCESS);
    CHECK(CloseHandle(job));
}

static void attributes_and_parameters(void)
{
    HANDLE section = NULL;
    PVOID base = NULL;
    SIZE_T size = 0x1000;
    LARGE_INTEGER length = {.QuadPart = 0x1000};
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .ObjectName = BAD};
    MEM_EXTENDED_PARAMETER parameter = {.Type = MemExtendedParameterAddressRequirements, .Pointer = BAD};
    CHECK_EQ(NtCreateSection(&section, SECTION_ALL_ACCESS, BAD, &length, PAGE_READWRITE, SEC_COMMIT, NULL),
             STATUS_FAULT);
    CHECK_EQ(NtCreateSection(&section, SECTION_ALL_ACCESS, &attributes, &length, PAGE_READWRITE, SEC_COMMIT, NULL),
             STATUS_FAULT);
    CHECK_EQ(NtOpenSection(&section, SECTION_ALL_ACCESS, BAD), STATUS_FAULT);
    CHECK_EQ(NtOpenSection(NULL, SECTION_ALL_ACCESS, NULL), STATUS_FAULT);
    FAILS(VirtualAlloc2(NULL, NULL, 0x1000, MEM_RESERVE, PAGE_READWRITE, BAD, 1), ERROR_NOACCESS);
    FAILS(VirtualAlloc2(NULL, NULL, 0x1000, MEM_RESERVE, PAGE_READWRITE, &parameter, 1), ERROR_NOACCESS);
    CHECK_EQ(NtAllocateVirtualMemoryEx(GetCurrentProcess(), &base, &size, MEM_RESERVE, PAGE_READWRITE, BAD, 1),
             STATUS_FAULT);
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    FAILS(MapViewOfFile3(section, NULL, NULL, 0, 0, 0, PAGE_READWRITE, BAD, 1), ERROR_NOACCESS);
    CHECK(CloseHandle(section));
}

static void guard_under_a_parameter(char *page)
{
    MEMORY_BASIC_INFORMATION *there = (MEMORY_BASIC_INFORMATION *)page;
    DWORD old;
    CHECK(VirtualProtect(page, 0x1000, PAGE_READWRITE | PAGE_GUARD, &old));
    CHECK_EQ(NtQueryVirtualMemory(GetCurrentProcess(), page, MemoryBasicInformation, there, sizeof *there, NULL),
             STATUS_GUARD);
    CHECK_EQ(NtQueryVirtualMemory(GetCurrentProcess(), page, MemoryBasicInformation, there, sizeof *there, NULL), 0);
    CHECK_EQ(there->Protect, PAGE_READWRITE);
}

static void files(void)
{
    char buffer[8];
    DWORD done = 77;
    HANDLE file = CreateFileA("pointers.tmp", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    FAILS(WriteFile(file, NULL, 5, &done, NULL), ERROR_INVALID_USER_BUFFER);
    FAILS(WriteFile(file, BAD, 5, &done, NULL), ERROR_INVALID_USER_BUFFER);
    FAILS(ReadFile(file, NULL, 5, &done, NULL), ERROR_NOACCESS); /* at the end of the file too */
    CHECK_EQ(done, 0);
    CHECK(WriteFile(file, "12345", 5, &done, NULL) && done == 5);
    CHECK_EQ(SetFilePointer(file, 0, NULL, FILE_BEGIN), 0);
    FAILS(ReadFile(file, BAD, 5, &done, NULL), ERROR_NOACCESS);
    CHECK(ReadFile(file, buffer, sizeof buffer, &done, NULL) && done == 5); /* the position has not moved */
    CloseHandle(file);
}

int main(void)
{
    PVOID handler = AddVectoredExceptionHandler(1, count);
    char *page = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    DWORD old;
    REQUIRE(page);
    REQUIRE(VirtualProtect(page + 0x1000, 0x1000, PAGE_READONLY, &old));
    win32_calls(page, page + 0x1000);
    write_watch();
    native_calls(page);
    answers(page, page + 0x1000);
    jobs(page + 0x1000);
    attributes_and_parameters();
    guard_under_a_parameter(page);
    files();
    CHECK_EQ(seen, 0);
    RemoveVectoredExceptionHandler(handler);
    return CHECK_DONE();
}
