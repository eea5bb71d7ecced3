/* conform_forms.c: the less common forms of the memory calls: those for apps, for NUMA nodes, with a 2 or a 3, the
 * native ones behind the Win32 ones, and the calls that are left over from older systems. */
#include "conform.h"

#include <memoryapi.h>
#include <string.h>

#define PAGE 0x1000
#define GRANULE 0x10000
#define NO_NODE ((DWORD)-1)
#define KERNEL AT(0xffff800000000000ull)

/* Nothing that is writable and executable at once. */
static void for_apps(void)
{
    DWORD old;
    char *p = VirtualAllocFromApp(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(p);
    WORKS(VirtualProtectFromApp(p, PAGE, PAGE_EXECUTE_READ, &old));
    CHECK_EQ(old, PAGE_READWRITE);
    FAILS(VirtualProtectFromApp(p, PAGE, PAGE_EXECUTE_READWRITE, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtectFromApp(p, PAGE, PAGE_READONLY, NULL), ERROR_NOACCESS);
    FAILS(VirtualProtectFromApp(NULL, PAGE, PAGE_READONLY, &old), ERROR_INVALID_ADDRESS);
    CHECK_EQ(conform_query(p).Protect, PAGE_EXECUTE_READ);
    FAILS(VirtualAllocFromApp(NULL, PAGE, MEM_COMMIT, PAGE_EXECUTE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAllocFromApp(NULL, 0, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc2FromApp(NULL, NULL, PAGE, MEM_RESERVE, PAGE_EXECUTE_READWRITE, NULL, 0),
          ERROR_INVALID_PARAMETER);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    FAILS(CreateFileMappingFromApp(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, NULL), ERROR_INVALID_PARAMETER);
    FAILS(CreateFileMappingFromApp(INVALID_HANDLE_VALUE, NULL, PAGE_EXECUTE_READWRITE, 1, NULL),
          ERROR_INVALID_PARAMETER);
    HANDLE section = CreateFileMappingFromApp(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 2 * GRANULE, NULL);
    REQUIRE(section);
    CHECK_EQ(GetLastError(), 0);
    p = MapViewOfFileFromApp(section, FILE_MAP_READ, GRANULE, PAGE);
    REQUIRE(p);
    CHECK(conform_query(p).RegionSize == PAGE && conform_query(p).Protect == PAGE_READONLY);
    CHECK(UnmapViewOfFile(p));
    FAILS(MapViewOfFileFromApp(section, FILE_MAP_READ, PAGE, PAGE), ERROR_MAPPED_ALIGNMENT);
    FAILS(MapViewOfFileFromApp(section, FILE_MAP_READ, 2 * GRANULE, PAGE), ERROR_ACCESS_DENIED);
    FAILS(MapViewOfFile3FromApp(section, NULL, NULL, 0, 0, 0, PAGE_EXECUTE_READWRITE, NULL, 0),
          ERROR_INVALID_PARAMETER);
    FAILS(MapViewOfFile3FromApp(NULL, NULL, NULL, 0, 0, 0, PAGE_READWRITE, NULL, 0), ERROR_INVALID_HANDLE);
    p = MapViewOfFile3FromApp(section, NULL, NULL, 0, 0, 0, PAGE_READWRITE, NULL, 0);
    REQUIRE(p);
    CHECK_EQ(conform_query(p).RegionSize, 2 * GRANULE);
    CHECK(UnmapViewOfFile(p) && CloseHandle(section));
}

/* A hint, and what it asks of address and size. */
static void page_hint(void)
{
    const ULONG type = MEM_RESERVE | MEM_COMMIT | MEM_64K_PAGES;
    char *p = VirtualAlloc2(NULL, NULL, 2 * GRANULE, type, PAGE_READWRITE, NULL, 0);
    REQUIRE(p);
    p[2 * GRANULE - 1] = 1;
    CHECK(conform_query(p).RegionSize == 2 * GRANULE && conform_query(p).State == MEM_COMMIT);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    FAILS(VirtualAlloc2(NULL, NULL, GRANULE + PAGE, type, PAGE_READWRITE, NULL, 0), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc2(NULL, p + PAGE, GRANULE, type, PAGE_READWRITE, NULL, 0), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, GRANULE, type, PAGE_READWRITE), ERROR_INVALID_PARAMETER); /* the newer call's only */
}

static void nodes(void)
{
    char *p = VirtualAllocExNuma(SELF, NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, 0);
    REQUIRE(p);
    p[0] = 1;
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    FAILS(VirtualAllocExNuma(SELF, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, 999), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAllocExNuma(NULL, NULL, PAGE, MEM_RESERVE, PAGE_READWRITE, 0), ERROR_INVALID_HANDLE);
    FAILS(CreateFileMappingNumaA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1, NULL, 999), ERROR_INVALID_PARAMETER);
    HANDLE section = CreateFileMappingNumaA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, "forms", 0);
    REQUIRE(section);
    CHECK_EQ(GetLastError(), 0);
    HANDLE again = CreateFileMappingNumaW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE,
                                          (const WCHAR[]){'f', 'o', 'r', 'm', 's', 0}, NO_NODE);
    CHECK(again && GetLastError() == ERROR_ALREADY_EXISTS);
    FAILS(MapViewOfFileExNuma(section, FILE_MAP_READ, 0, 0, 0, NULL, 999), ERROR_INVALID_PARAMETER);
    p = MapViewOfFileExNuma(section, FILE_MAP_WRITE, 0, 0, 0, NULL, NO_NODE);
    char *q = MapViewOfFileNuma2(again, SELF, 0, NULL, 0, 0, PAGE_READONLY, 0);
    REQUIRE(p && q);
    p[5] = 7;
    CHECK_EQ(q[5], 7);
    CHECK(UnmapViewOfFile2(SELF, p, 0) && UnmapViewOfFileEx(q, 0));
    FAILS(MapViewOfFileNuma2(section, SELF, 0, NULL, 0, 0, PAGE_READONLY, 999), ERROR_INVALID_PARAMETER);
    FAILS(MapViewOfFileNuma2(section, NULL, 0, NULL, 0, 0, PAGE_READONLY, NO_NODE), ERROR_INVALID_HANDLE);
    FAILS(MapViewOfFile2(section, SELF, 1, NULL, 0, 0, PAGE_READONLY), ERROR_MAPPED_ALIGNMENT);
    FAILS(MapViewOfFile2(section, SELF, 0, NULL, 0, 0, 0), ERROR_INVALID_PARAMETER);
    FAILS(MapViewOfFile2(section, SELF, 0, NULL, 0, 0, PAGE_EXECUTE_READ), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(section) && CloseHandle(again));
}

static void sections_by_access(void)
{
    static const WCHAR name[] = {'f', 'o', 'r', 'm', '2', 0}, none[] = {'f', 'o', 'r', 'm', '3', 0};
    HANDLE section =
        CreateFileMapping2(INVALID_HANDLE_VALUE, NULL, FILE_MAP_READ, PAGE_READWRITE, SEC_COMMIT, PAGE, name, NULL, 0);
    REQUIRE(section);
    CHECK_EQ(GetLastError(), 0);
    FAILS(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED);
    char *p = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    CHECK(p && UnmapViewOfFile(p));
    HANDLE opened = OpenFileMappingFromApp(FILE_MAP_WRITE, FALSE, name);
    CHECK(opened && CloseHandle(opened));
    FAILS(OpenFileMappingFromApp(FILE_MAP_READ, FALSE, none), ERROR_FILE_NOT_FOUND);
    FAILS(OpenFileMappingFromApp(FILE_MAP_READ, FALSE, NULL), ERROR_INVALID_PARAMETER);
    FAILS(CreateFileMapping2(INVALID_HANDLE_VALUE, NULL, FILE_MAP_READ, PAGE_READWRITE, 0, 0, NULL, NULL, 0),
          ERROR_INVALID_PARAMETER);
    FAILS(CreateFileMapping2(INVALID_HANDLE_VALUE, NULL, FILE_MAP_READ, PAGE_READWRITE, 0, PAGE, NULL, NULL, 1),
          ERROR_INVALID_PARAMETER);
    CHECK(CloseHandle(section));
}

/* Calls of older systems: they do what today's do, or nothing. */
static void left_over(void)
{
    HGLOBAL memory = GlobalAlloc(GMEM_MOVEABLE, 10);
    CHECK(GlobalWire(memory) != NULL);
    CHECK_EQ(GlobalFlags(memory), 1);
    FAILS(GlobalUnWire(memory), 0);
    FAILS(GlobalUnWire(memory), ERROR_NOT_LOCKED);
    GlobalFix(memory);
    CHECK_EQ(GlobalFlags(memory), 1);
    CHECK(LocalHandle(GlobalLock(memory)) == memory);
    GlobalUnlock(memory);
    GlobalUnfix(memory);
    CHECK_EQ(GlobalFlags(memory), 0);
    CHECK(GlobalCompact(0) == 0 && LocalCompact(0) == 0 && LocalShrink(memory, 0) == 0);
    CHECK(GlobalFree(memory) == NULL);
    CHECK(!IsBadHugeReadPtr(&memory, sizeof memory) && !IsBadHugeWritePtr(&memory, sizeof memory));
    CHECK(IsBadHugeReadPtr(AT(0x10), 1) && IsBadHugeWritePtr(AT(0x10), 1));
    DWORD flags;
    BOOL permanent;
    FAILS(GetProcessDEPPolicy(SELF, &flags, &permanent), ERROR_NOT_SUPPORTED);
    FAILS(SetProcessDEPPolicy(PROCESS_DEP_ENABLE), ERROR_NOT_SUPPORTED);
}

static void system_calls(void)
{
    SYSTEM_INFO system, native;
    ULONG capabilities;
    ULONGLONG kilobytes = 0;
    SIZE_T least, most;
    GetSystemInfo(&system);
    GetNativeSystemInfo(&native);
    CHECK(!memcmp(&system, &native, sizeof system));
    CHECK(system.dwPageSize == PAGE && system.dwAllocationGranularity == GRANULE);
    CHECK(system.lpMinimumApplicationAddress == AT(0x10000) &&
          system.lpMaximumApplicationAddress == AT(0x7ffffffeffff));
    CHECK(system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64 && system.dwProcessorType == 8664);
    WORKS(GetMemoryErrorHandlingCapabilities(&capabilities));
    FAILS(GetMemoryErrorHandlingCapabilities(NULL), ERROR_INVALID_PARAMETER);
    WORKS(GetPhysicallyInstalledSystemMemory(&kilobytes));
    MEMORYSTATUSEX status = {.dwLength = sizeof status};
    CHECK(GlobalMemoryStatusEx(&status) && kilobytes * 1024 >= status.ullTotalPhys);
    FAILS(GetPhysicallyInstalledSystemMemory(NULL), ERROR_INVALID_PARAMETER);
    DWORD flags;
    WORKS(GetSystemFileCacheSize(&least, &most, &flags));
    CHECK(least <= most);
    FAILS(GetSystemFileCacheSize(NULL, &most, &flags), ERROR_NOACCESS);
}

static void run_time(void)
{
    char bytes[8] = "abcdefg";
    CHECK_EQ(RtlCompareMemory("abcd", "abxd", 4), 2);
    CHECK_EQ(RtlCompareMemory("abcd", "abcd", 4), 4);
    CHECK_EQ(RtlCompareMemory("abcd", "abcd", 0), 0);
    CHECK(RtlSecureZeroMemory(bytes, 3) == bytes && !bytes[0] && !bytes[2] && bytes[3] == 'd');
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    char *block = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 100);
    CHECK(block && block[99] == 0 && RtlSizeHeap(heap, 0, block) == 100);
    CHECK(RtlValidateHeap(heap, 0, block) && RtlValidateHeap(heap, 0, NULL) && !RtlValidateHeap(heap, 0, bytes));
    CHECK(RtlFreeHeap(heap, 0, block) && RtlFreeHeap(heap, 0, NULL));
    CHECK(RtlDestroyHeap(heap) == NULL && RtlDestroyHeap(GetProcessHeap()) == GetProcessHeap());
}

/* The native call heeds the protection of code; WriteProcessMemory takes it off. Neither writes what is read-only. */
static void copies(void)
{
    static const struct {
        DWORD protect;
        NTSTATUS native;
        DWORD error;
    } cases[] = {
        {PAGE_READWRITE, STATUS_SUCCESS, 0},
        {PAGE_EXECUTE_READWRITE, STATUS_SUCCESS, 0},
        {PAGE_EXECUTE_READ, STATUS_PARTIAL_COPY, 0},
        {PAGE_READONLY, STATUS_PARTIAL_COPY, ERROR_NOACCESS},
        {PAGE_NOACCESS, STATUS_PARTIAL_COPY, ERROR_NOACCESS},
    };
    char buffer[2 * PAGE] = {1};
    SIZE_T done;
    char *p = VirtualAlloc(NULL, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(p);
    for (unsigned i = 0; i < ARRAYSIZE(cases); i++) {
        DWORD old;
        CHECK(VirtualProtect(p + PAGE, PAGE, cases[i].protect, &old));
        done = 77;
        STATUS(NtWriteVirtualMemory(SELF, p + PAGE, buffer, 10, &done), cases[i].native);
        CHECK_EQ(done, cases[i].native ? 0 : 10);
        STATUS(NtWriteVirtualMemory(SELF, p, buffer, 2 * PAGE, &done), cases[i].native);
        CHECK_EQ(done, cases[i].native ? PAGE : 2 * PAGE);
        if (cases[i].error)
            FAILS(WriteProcessMemory(SELF, p + PAGE, buffer, 10, &done), cases[i].error);
        else
            WORKS(WriteProcessMemory(SELF, p + PAGE, buffer, 10, &done));
        CHECK_EQ(conform_query(p + PAGE).Protect, cases[i].protect);
    }
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    STATUS(NtReadVirtualMemory(SELF, p, buffer, 10, &done), STATUS_PARTIAL_COPY);
    STATUS(NtWriteVirtualMemory(SELF, p, buffer, 10, NULL), STATUS_PARTIAL_COPY);
    STATUS(NtReadVirtualMemory(SELF, KERNEL, buffer, 10, &done), STATUS_ACCESS_VIOLATION);
    STATUS(NtReadVirtualMemory(NULL, buffer, buffer, 10, &done), STATUS_INVALID_HANDLE);
    CHECK_EQ(done, 0);
}

/* Addresses first, then the handle, then what lies there. */
static void order_of_copies(void)
{
    char buffer[64] = {1};
    SIZE_T done = 77;
    char *p = VirtualAlloc(NULL, 3 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(p && VirtualAlloc(p, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE));
    FAILS(ReadProcessMemory(NULL, KERNEL, buffer, 1, &done), ERROR_NOACCESS);
    FAILS(WriteProcessMemory(NULL, p, KERNEL, 1, &done), ERROR_NOACCESS);
    FAILS(ReadProcessMemory(SELF, KERNEL, buffer, 0, &done), ERROR_NOACCESS);
    FAILS(ReadProcessMemory(NULL, p, NULL, 1, &done), ERROR_INVALID_HANDLE);
    FAILS(WriteProcessMemory(NULL, p, NULL, 1, &done), ERROR_INVALID_HANDLE);
    FAILS(ReadProcessMemory(SELF, p, NULL, 1, &done), ERROR_NOACCESS);
    FAILS(WriteProcessMemory(SELF, p, NULL, 1, &done), ERROR_PARTIAL_COPY); /* what is written is missing */
    FAILS(WriteProcessMemory(SELF, p, p + 2 * PAGE - 16, 64, &done), ERROR_PARTIAL_COPY);
    CHECK_EQ(done, 16);
    FAILS(WriteProcessMemory(SELF, p + 2 * PAGE - 16, buffer, 64, &done), ERROR_PARTIAL_COPY);
    CHECK_EQ(done, 16);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

/* A guard page that a copy meets is spent, as by a program's own access. */
static void guarded_copies(void)
{
    char buffer[2 * PAGE] = {1};
    SIZE_T done = 77;
    DWORD old;
    char *p = VirtualAlloc(NULL, 2 * PAGE, MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(p);
    for (int i = 0; i < 3; i++) {
        CHECK(VirtualProtect(p + PAGE, PAGE, PAGE_READWRITE | PAGE_GUARD, &old));
        if (i == 0)
            FAILS(ReadProcessMemory(SELF, p, buffer, 2 * PAGE, &done), ERROR_PARTIAL_COPY);
        else if (i == 1)
            FAILS(WriteProcessMemory(SELF, p + PAGE, buffer, 1, &done), ERROR_NOACCESS);
        else
            FAILS(WriteProcessMemory(SELF, p, p + PAGE, 1, &done), ERROR_PARTIAL_COPY);
        CHECK_EQ(done, i == 0 ? PAGE : 0);
        CHECK_EQ(conform_query(p + PAGE).Protect, PAGE_READWRITE);
    }
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

static void native_sections(void)
{
    LARGE_INTEGER size = {.QuadPart = 2 * GRANULE};
    HANDLE section = NULL, twin = NULL;
    PVOID base = NULL;
    SIZE_T length = 0;
    STATUS(NtCreateSectionEx(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL, NULL, 0),
           STATUS_SUCCESS);
    STATUS(NtMapViewOfSectionEx(section, SELF, &base, NULL, &length, 0, PAGE_READWRITE, NULL, 0), STATUS_SUCCESS);
    CHECK_EQ(length, 2 * GRANULE);
    PVOID flushed = base;
    IO_STATUS_BLOCK io;
    length = 0;
    STATUS(NtFlushVirtualMemory(SELF, &flushed, &length, &io), STATUS_SUCCESS); /* no file's: nothing to do */
    WORKS(FlushViewOfFile(base, 0));
    WORKS(FlushViewOfFile((PVOID)(ULONG_PTR)native_sections, 0)); /* an image is none either */
    FAILS(FlushViewOfFile(base, 3 * GRANULE), ERROR_INVALID_PARAMETER);
    ULONG_PTR place;
    STATUS(NtQuerySection(section, SectionRelocationInformation, &place, sizeof place, NULL), STATUS_SECTION_NOT_IMAGE);
    STATUS(NtQuerySection(section, SectionOriginalBaseInformation, &place, 7, NULL), STATUS_INFO_LENGTH_MISMATCH);
    STATUS(NtUnmapViewOfSectionEx(SELF, base, 0), STATUS_SUCCESS);
    STATUS(NtUnmapViewOfSectionEx(SELF, base, 0), STATUS_NOT_MAPPED_VIEW);
    STATUS(NtDuplicateObject(SELF, section, SELF, &twin, 0, 0, DUPLICATE_SAME_ACCESS), STATUS_SUCCESS);
    STATUS(NtClose(twin), STATUS_SUCCESS);
    STATUS(NtClose(twin), STATUS_INVALID_HANDLE);
    STATUS(NtClose(section), STATUS_SUCCESS);
}

int main(void)
{
    for_apps();
    page_hint();
    nodes();
    sections_by_access();
    left_over();
    system_calls();
    run_time();
    copies();
    order_of_copies();
    guarded_copies();
    native_sections();
    return CHECK_DONE();
}
