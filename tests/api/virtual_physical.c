/* Address windowing and large pages: what is seen through a window, and the refusals; sections of physical pages. */
#include <windows.h>

#include <psapi.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define FAILS(call, code)                                                                                              \
    do {                                                                                                               \
        SetLastError(0xdead);                                                                                          \
        CHECK(!(call));                                                                                                \
        CHECK_EQ(GetLastError(), code);                                                                                \
    } while (0)
#define PAGE 4096

static void refusals(void)
{
    FAILS(VirtualAlloc(NULL, 16 * PAGE, MEM_PHYSICAL | MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
          ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 16 * PAGE, MEM_PHYSICAL | MEM_RESERVE, PAGE_READONLY), ERROR_INVALID_PARAMETER);
    SIZE_T large = GetLargePageMinimum();
    if (large == 0)
        return;
    FAILS(VirtualAlloc(NULL, large, MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE),
          ERROR_INVALID_PARAMETER);
    char *p = VirtualAlloc(NULL, large, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE);
    if (p) {
        CHECK_EQ((ULONG_PTR)p % large, 0);
        p[large - 1] = 1;
        FAILS(VirtualFree(p, PAGE, MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
        CHECK(VirtualFree(p, 0, MEM_RELEASE));
    } else {
        CHECK(GetLastError() == ERROR_PRIVILEGE_NOT_HELD || GetLastError() == ERROR_NO_SYSTEM_RESOURCES);
    }
}

static HANDLE named_section_of_pages(ULONG64 size, DWORD protect, ULONG flags, const void *name)
{
    MEM_EXTENDED_PARAMETER parameter = {0};
    parameter.Type = MemSectionExtendedParameterUserPhysicalFlags;
    return CreateFileMapping2(INVALID_HANDLE_VALUE, NULL, SECTION_MAP_READ | SECTION_MAP_WRITE, protect, flags, size,
                              (PCWSTR)name, &parameter, 1);
}

static HANDLE section_of_pages(ULONG64 size, DWORD protect, ULONG flags)
{
    return named_section_of_pages(size, protect, flags, NULL);
}

static char *window_on(HANDLE section, SIZE_T pages, DWORD type)
{
    MEM_EXTENDED_PARAMETER parameter = {0};
    parameter.Type = MemExtendedParameterUserPhysicalHandle;
    parameter.Handle = section;
    return VirtualAlloc2(NULL, NULL, pages * PAGE, type, PAGE_READWRITE, &parameter, 1);
}

static void section_refusals(HANDLE section)
{
    HANDLE plain = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, PAGE, NULL);
    ULONG_PTR number, count = 1;
    FAILS(section_of_pages(PAGE, PAGE_READWRITE, SEC_RESERVE), ERROR_INVALID_PARAMETER);
    FAILS(section_of_pages(0, PAGE_READONLY, SEC_RESERVE), ERROR_INVALID_PARAMETER);
    FAILS(section_of_pages(0, PAGE_READWRITE, SEC_COMMIT), ERROR_INVALID_PARAMETER);
    FAILS(named_section_of_pages(0, PAGE_READWRITE, SEC_RESERVE, u"pages of mine"), ERROR_NOT_SUPPORTED);
    FAILS(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0), ERROR_NOT_SUPPORTED);
    FAILS(AllocateUserPhysicalPages(plain, &count, &number), ERROR_INVALID_PARAMETER);
    FAILS(window_on(plain, 1, MEM_RESERVE | MEM_PHYSICAL), ERROR_INVALID_PARAMETER);
    FAILS(window_on(section, 1, MEM_RESERVE | MEM_COMMIT), ERROR_INVALID_PARAMETER);
    FAILS(window_on(NULL, 1, MEM_RESERVE | MEM_PHYSICAL), ERROR_INVALID_PARAMETER);
    CloseHandle(plain);
    FAILS(window_on(plain, 1, MEM_RESERVE | MEM_PHYSICAL), ERROR_INVALID_HANDLE);
}

/* Its pages show in any number of places, in windows of its own only; they live as long as it or a window of it. */
static void sections(ULONG_PTR *own)
{
    ULONG_PTR numbers[8], count = 8, again[2];
    HANDLE section = section_of_pages(0, PAGE_READWRITE, SEC_RESERVE);
    REQUIRE(section);
    section_refusals(section);
    REQUIRE(AllocateUserPhysicalPages(section, &count, numbers) && count == 8);
    char *first = window_on(section, 16, MEM_RESERVE | MEM_PHYSICAL);
    char *second = window_on(section, 4, MEM_RESERVE | MEM_PHYSICAL);
    char *plain = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE);
    REQUIRE(first && second && plain);
    FAILS(MapUserPhysicalPages(plain, 1, numbers), ERROR_INVALID_PARAMETER);
    FAILS(MapUserPhysicalPages(first, 1, own), ERROR_INVALID_PARAMETER);
    CHECK(MapUserPhysicalPages(first, 8, numbers) && MapUserPhysicalPages(second, 2, numbers + 3));
    first[3 * PAGE + 5] = 33;
    second[PAGE] = 44;
    CHECK(second[5] == 33 && first[4 * PAGE] == 44);
    again[0] = again[1] = numbers[3];
    CHECK(MapUserPhysicalPages(second + 2 * PAGE, 2, again) && second[3 * PAGE + 5] == 33);
    CHECK(MapUserPhysicalPages(first + 3 * PAGE, 1, NULL) && second[2 * PAGE + 5] == 33);
    FAILS(FreeUserPhysicalPages(GetCurrentProcess(), &(ULONG_PTR){1}, numbers), ERROR_INVALID_PARAMETER);
    count = 1;
    CHECK(FreeUserPhysicalPages(section, &count, numbers + 3)); /* gone from every place */
    MEMORY_BASIC_INFORMATION mbi;
    CHECK(VirtualQuery(second + 2 * PAGE, &mbi, sizeof mbi) && mbi.State == MEM_RESERVE && mbi.RegionSize == 2 * PAGE);
    CHECK(VirtualQuery(second, &mbi, sizeof mbi) && mbi.State == MEM_RESERVE && mbi.RegionSize == PAGE);
    FAILS(MapUserPhysicalPages(first, 1, numbers + 3), ERROR_INVALID_PARAMETER);
    CHECK(CloseHandle(section));
    CHECK(MapUserPhysicalPages(first + 12 * PAGE, 1, numbers + 4) && first[12 * PAGE] == 44);
    CHECK(VirtualFree(first, 0, MEM_RELEASE) && second[PAGE] == 44);
    CHECK(MapUserPhysicalPages(second, 1, numbers + 4) && second[0] == 44);
    CHECK(VirtualFree(second, 0, MEM_RELEASE) && VirtualFree(plain, 0, MEM_RELEASE));
}

/* More frames than are freed at once, each in two windows and one twice in the same: those of one in two go first, the
 * bad one among them ends the call. */
static void many_of_a_section(void)
{
    enum { MANY = 5000 };
    static ULONG_PTR numbers[MANY], half[MANY / 2];
    ULONG_PTR count = MANY;
    MEMORY_BASIC_INFORMATION mbi;
    HANDLE section = section_of_pages(0, PAGE_READWRITE, SEC_RESERVE);
    REQUIRE(section && AllocateUserPhysicalPages(section, &count, numbers) && count == MANY);
    char *first = window_on(section, MANY + 1, MEM_RESERVE | MEM_PHYSICAL);
    char *second = window_on(section, MANY, MEM_RESERVE | MEM_PHYSICAL);
    REQUIRE(first && second);
    CHECK(MapUserPhysicalPages(first, MANY, numbers) && MapUserPhysicalPages(second, MANY, numbers));
    CHECK(MapUserPhysicalPages(first + MANY * PAGE, 1, numbers));
    for (SIZE_T i = 0; i < MANY / 2; i++)
        half[i] = numbers[MANY - 2 - 2 * i];
    first[PAGE] = 77;
    half[MANY / 2 - 3] = half[0];
    count = MANY / 2;
    FAILS(FreeUserPhysicalPages(section, &count, half), ERROR_INVALID_PARAMETER);
    CHECK_EQ(count, MANY / 2 - 3);
    CHECK(VirtualQuery(first, &mbi, sizeof mbi) && mbi.State == MEM_COMMIT && mbi.RegionSize == 6 * PAGE);
    CHECK(VirtualQuery(second + 6 * PAGE, &mbi, sizeof mbi) && mbi.State == MEM_RESERVE && mbi.RegionSize == PAGE);
    count = 1;
    CHECK(FreeUserPhysicalPages(section, &count, numbers) && second[PAGE] == 77);
    CHECK(VirtualQuery(first, &mbi, sizeof mbi) && mbi.State == MEM_RESERVE && mbi.RegionSize == PAGE);
    CHECK(VirtualQuery(first + MANY * PAGE, &mbi, sizeof mbi) && mbi.State == MEM_RESERVE);
    CHECK(CloseHandle(section) && VirtualFree(first, 0, MEM_RELEASE) && VirtualFree(second, 0, MEM_RELEASE));
}

static SIZE_T before;

static SIZE_T charged(void)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    CHECK(GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters));
    return counters.PagefileUsage;
}

static unsigned files_of_pages(void)
{
    unsigned count = 0;
    for (int i = 0; i < 1024; i++) {
        char name[32], target[64] = "";
        snprintf(name, sizeof name, "/proc/self/fd/%d", i);
        count += readlink(name, target, sizeof target - 1) > 0 && strstr(target, "winmem-physical") != NULL;
    }
    return count;
}

/* A child of a fork sees what its parent's windows show. It gives none of that back, and what it takes is its own. */
static void forked_child(char *window, ULONG_PTR *numbers)
{
    ULONG_PTR own[4], count = 1;
    alarm(20);
    CHECK(window[0] == 11);
    CHECK_EQ(charged(), before - (SIZE_T)32 * PAGE);
    CHECK_EQ(files_of_pages(), 0); /* what shows nowhere is not its own */
    CHECK(MapUserPhysicalPages(window + 2 * PAGE, 2, NULL));
    CHECK_EQ(charged(), before - (SIZE_T)34 * PAGE);
    FAILS(FreeUserPhysicalPages(GetCurrentProcess(), &count, numbers + 1), ERROR_INVALID_PARAMETER);
    FAILS(MapUserPhysicalPages(window + 4 * PAGE, 1, numbers + 2), ERROR_INVALID_PARAMETER);
    count = 4;
    REQUIRE(AllocateUserPhysicalPages(GetCurrentProcess(), &count, own) && count == 4);
    CHECK(MapUserPhysicalPages(window + 4 * PAGE, 4, own) && window[4 * PAGE] == 0);
    for (int i = 4; i < 8; i++)
        window[i * PAGE] = 99;
    CHECK(MapUserPhysicalPages(window, 1, own + 3) == FALSE); /* shown elsewhere */
    CHECK(MapUserPhysicalPages(window + 7 * PAGE, 1, NULL) && MapUserPhysicalPages(window, 1, own + 3));
    CHECK(window[0] == 99 && window[PAGE] == 55);
    CHECK(FreeUserPhysicalPages(GetCurrentProcess(), &count, own) && VirtualFree(window, 0, MEM_RELEASE));
    _exit(check_failures ? 1 : 0);
}

static void forks(void)
{
    ULONG_PTR numbers[4], count = 4;
    int status;
    char *window = VirtualAlloc(NULL, 8 * PAGE, MEM_PHYSICAL | MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(window && AllocateUserPhysicalPages(GetCurrentProcess(), &count, numbers) && count == 4);
    REQUIRE(MapUserPhysicalPages(window, 4, numbers));
    window[0] = 11;
    window[PAGE] = 55;
    void *much = VirtualAlloc(NULL, 64 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE); /* more than is resident */
    REQUIRE(much);
    before = charged();
    CHECK_EQ(files_of_pages(), 1);
    pid_t child = fork();
    if (child == 0)
        forked_child(window, numbers);
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(VirtualFree(much, 0, MEM_RELEASE));
    CHECK(window[0] == 11 && window[PAGE] == 55);
    count = 4;
    CHECK(FreeUserPhysicalPages(GetCurrentProcess(), &count, numbers) && VirtualFree(window, 0, MEM_RELEASE));
    count = 4;
    CHECK(AllocateUserPhysicalPages(GetCurrentProcess(), &count, numbers) && count == 4);
    CHECK(FreeUserPhysicalPages(GetCurrentProcess(), &count, numbers));
}

int main(void)
{
    ULONG_PTR numbers[32], count = 32, reversed[2];
    refusals();
    if (!AllocateUserPhysicalPages(GetCurrentProcess(), &count, numbers)) {
        CHECK_EQ(GetLastError(), ERROR_PRIVILEGE_NOT_HELD);
        SKIP("no right to lock memory");
    }
    REQUIRE(count == 32);
    sections(numbers);
    many_of_a_section();
    forks();
    char *window = VirtualAlloc(NULL, 16 * PAGE, MEM_PHYSICAL | MEM_RESERVE, PAGE_READWRITE);
    char *other = VirtualAlloc(NULL, 16 * PAGE, MEM_PHYSICAL | MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(window && other);
    FAILS(VirtualAlloc(window, PAGE, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    CHECK(MapUserPhysicalPages(window, 16, numbers));
    for (int i = 0; i < 16; i++)
        window[i * PAGE] = (char)(i + 1);
    FAILS(MapUserPhysicalPages(other, 1, numbers), ERROR_INVALID_PARAMETER); /* mapped in the first window */
    CHECK(MapUserPhysicalPages(window, 16, numbers + 16));
    CHECK_EQ(window[0], 0);
    window[0] = 77;
    CHECK(MapUserPhysicalPages(other, 16, numbers));
    CHECK(other[0] == 1 && other[15 * PAGE] == 16);
    reversed[0] = numbers[1];
    reversed[1] = numbers[0];
    CHECK(MapUserPhysicalPages(other, 2, reversed));
    CHECK(other[0] == 2 && other[PAGE] == 1 && other[2 * PAGE] == 3);
    reversed[1] = numbers[1];
    FAILS(MapUserPhysicalPages(other, 2, reversed), ERROR_INVALID_PARAMETER); /* twice the same */
    CHECK(other[PAGE] == 1);
    PVOID at[2] = {other + 3 * PAGE, other + 5 * PAGE};
    CHECK(MapUserPhysicalPagesScatter(at, 2, NULL));
    MEMORY_BASIC_INFORMATION mbi;
    CHECK(VirtualQuery(other + 3 * PAGE, &mbi, sizeof(mbi)) && mbi.State == MEM_RESERVE);
    CHECK(VirtualQuery(other + 4 * PAGE, &mbi, sizeof(mbi)) && mbi.State == MEM_COMMIT);
    ULONG_PTR two[2] = {numbers[5], numbers[3]};
    CHECK(MapUserPhysicalPagesScatter(at, 2, two));
    CHECK(other[3 * PAGE] == 6 && other[5 * PAGE] == 4);
    CHECK(MapUserPhysicalPages(other, 16, NULL));
    CHECK(VirtualFree(window, 0, MEM_RELEASE));
    CHECK(MapUserPhysicalPages(other, 1, numbers + 16)); /* a closed window gives its frames back */
    CHECK_EQ(other[0], 77);
    count = 32;
    CHECK(FreeUserPhysicalPages(GetCurrentProcess(), &count, numbers));
    CHECK_EQ(count, 32);
    CHECK(VirtualQuery(other, &mbi, sizeof(mbi)) && mbi.State == MEM_RESERVE);
    FAILS(FreeUserPhysicalPages(GetCurrentProcess(), &count, numbers), ERROR_INVALID_PARAMETER);
    CHECK_EQ(count, 0);
    CHECK(VirtualFree(other, 0, MEM_RELEASE));
    return CHECK_DONE();
}
