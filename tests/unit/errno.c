/* errno belongs to the program: no Windows call changes it, whether it succeeds or fails, nor does a fault that is
 * repaired, nor an exception whose handler continues. */
#include <windows.h>

#include <psapi.h>

#include <errno.h>
#include <string.h>

#include "check.h"

#define KEEPS(call)                                                                                                    \
    do {                                                                                                               \
        errno = 77;                                                                                                    \
        (void)(call);                                                                                                  \
        if (errno != 77)                                                                                               \
            fprintf(stderr, "errno %d after %s\n", errno, #call);                                                      \
        CHECK_EQ(errno, 77);                                                                                           \
    } while (0)

static LONG CALLBACK repair(EXCEPTION_POINTERS *pointers)
{
    DWORD old;
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    BOOL guard = record->ExceptionCode == EXCEPTION_GUARD_PAGE;
    if (!guard && !VirtualProtect((void *)record->ExceptionInformation[1], 1, PAGE_READWRITE, &old))
        return EXCEPTION_CONTINUE_SEARCH;
    errno = 5; /* what it calls may do that */
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void memory_calls(void)
{
    DWORD old;
    char *p;
    MEMORY_BASIC_INFORMATION information;
    ULONG_PTR count = 16;
    PVOID list[16];
    KEEPS(p = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE));
    KEEPS(VirtualAlloc(p, 1 << 20, MEM_COMMIT, PAGE_READWRITE));
    KEEPS(p[0] = 1);
    KEEPS(GetWriteWatch(WRITE_WATCH_FLAG_RESET, p, 1 << 20, list, &count, &old));
    KEEPS(ResetWriteWatch(p, 1 << 20));
    KEEPS(VirtualProtect(p, 4096, PAGE_READONLY, &old));
    KEEPS(*(volatile char *)p = 2);
    KEEPS(VirtualProtect(p, 4096, PAGE_READWRITE | PAGE_GUARD, &old));
    KEEPS(*(volatile char *)p = 3);
    KEEPS(VirtualQuery(p, &information, sizeof information));
    KEEPS(VirtualQuery((void *)(ULONG_PTR)memory_calls, &information, sizeof information));
    KEEPS(VirtualLock(p, 8192));
    KEEPS(VirtualUnlock(p, 8192));
    KEEPS(VirtualUnlock(p, 8192));
    KEEPS(VirtualAlloc(p, 4096, MEM_RESERVE, PAGE_READWRITE));
    KEEPS(VirtualAlloc((void *)(ULONG_PTR)memory_calls, 4096, MEM_RESERVE, PAGE_READWRITE));
    KEEPS(VirtualAlloc(NULL, (SIZE_T)1 << 46, MEM_COMMIT, PAGE_READWRITE));
    KEEPS(VirtualAlloc(NULL, 1 << 21, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE));
    KEEPS(VirtualFree(p, 0, MEM_RELEASE));
    KEEPS(VirtualFree(p, 0, MEM_RELEASE));
    KEEPS(IsBadReadPtr((void *)16, 4));
    KEEPS(IsBadStringPtrA((void *)16, 4));
    KEEPS(ReadProcessMemory(GetCurrentProcess(), (void *)16, &information, 4, NULL));
    KEEPS(WriteProcessMemory(GetCurrentProcess(), (void *)16, &information, 4, NULL));
    KEEPS(K32EmptyWorkingSet(GetCurrentProcess()));
}

static void section_calls(void)
{
    HANDLE section, file;
    void *view;
    char name[MAX_PATH];
    KEEPS(section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1 << 16, "Local\\winmem-errno"));
    KEEPS(view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0));
    KEEPS(FlushViewOfFile(view, 0));
    KEEPS(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 1 << 20));
    KEEPS(UnmapViewOfFile(view));
    KEEPS(UnmapViewOfFile(view));
    KEEPS(OpenFileMappingA(FILE_MAP_READ, FALSE, "Local\\winmem-not-there"));
    KEEPS(CloseHandle(section));
    KEEPS(CloseHandle(section));
    KEEPS(file = CreateFileA("/no/such/file", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL));
    KEEPS(file = CreateFileA("/proc/self/exe", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL));
    KEEPS(section = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL));
    KEEPS(view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0));
    KEEPS(GetMappedFileNameA(GetCurrentProcess(), view, name, sizeof name));
    KEEPS(GetFileSize(file, NULL));
    KEEPS(CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 1 << 30, NULL));
    KEEPS(UnmapViewOfFile(view));
    KEEPS(CloseHandle(section));
    KEEPS(CloseHandle(file));
}

static void heap_and_system_calls(void)
{
    HANDLE heap;
    void *block;
    HGLOBAL handle;
    MEMORYSTATUSEX status = {.dwLength = sizeof status};
    PROCESS_MEMORY_COUNTERS counters;
    KEEPS(heap = HeapCreate(0, 0, 0));
    KEEPS(block = HeapAlloc(heap, 0, 100));
    KEEPS(block = HeapReAlloc(heap, 0, block, 1 << 20));
    KEEPS(HeapValidate(heap, 0, block));
    KEEPS(HeapAlloc(heap, 0, (SIZE_T)1 << 60));
    KEEPS(HeapFree(heap, 0, block));
    KEEPS(HeapDestroy(heap));
    KEEPS(handle = GlobalAlloc(GMEM_MOVEABLE, 100));
    KEEPS(GlobalLock(handle));
    KEEPS(GlobalFree(handle));
    KEEPS(GlobalMemoryStatusEx(&status));
    KEEPS(K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters));
    KEEPS(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0x7ffffff0));
}

int main(void)
{
    AddVectoredExceptionHandler(1, repair);
    memory_calls();
    section_calls();
    heap_and_system_calls();
    return CHECK_DONE();
}
