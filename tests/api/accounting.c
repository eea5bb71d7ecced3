/* Commit and physical memory under a budget: what is charged, exact limits, and totals that always add up. */
/* test traits: no-asan (it counts pages of commit) */
#include <stdlib.h>
#include <windows.h>
#include <psapi.h>

#include "check.h"
#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>
#include <winmem.h>

#define PAGE ((SIZE_T)4096)
#define RAM_PAGES ((SIZE_T)4096)  /* 16 MiB */
#define FILE_PAGES ((SIZE_T)8192) /* 32 MiB */

/* The kernel counts pages for each processor apart, and what a process has is known so well. */
#define ERROR_PAGES 64

static PERFORMANCE_INFORMATION performance(void)
{
    PERFORMANCE_INFORMATION info;
    CHECK(GetPerformanceInfo(&info, sizeof info));
    return info;
}

static SIZE_T charged(void)
{
    return performance().CommitTotal;
}

static PROCESS_MEMORY_COUNTERS_EX2 counters(void)
{
    PROCESS_MEMORY_COUNTERS_EX2 all;
    CHECK(GetProcessMemoryInfo(GetCurrentProcess(), (PPROCESS_MEMORY_COUNTERS)&all, sizeof all));
    CHECK_EQ(all.cb, sizeof all);
    return all;
}

static void *commit(SIZE_T pages)
{
    return VirtualAlloc(NULL, pages * PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static void totals_add_up(void)
{
    struct winmem_statistics s = {.size = sizeof s};
    MEMORYSTATUSEX status = {.dwLength = sizeof status};
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK_EQ(s.active + s.modified + s.standby + s.tables + s.zeroed, s.budget + s.over_budget);
    CHECK(GlobalMemoryStatusEx(&status));
    CHECK_EQ(status.ullTotalPhys, RAM_PAGES * PAGE);
    CHECK_EQ(status.dwMemoryLoad, (status.ullTotalPhys - status.ullAvailPhys) * 100 / status.ullTotalPhys);
    CHECK_EQ(status.ullTotalPageFile, (RAM_PAGES + FILE_PAGES) * PAGE);
    CHECK_EQ(status.ullAvailPageFile, (s.commit_limit - s.commit) * PAGE);
    CHECK(s.commit_peak >= s.commit && s.commit <= s.commit_limit);
    CHECK_EQ(counters().SharedCommitUsage % PAGE, 0);
}

/* Pages that a view may make its own are charged as they become so. */
static void copying(void)
{
    DWORD old;
    SIZE_T before = charged();
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 16 * PAGE, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(view);
    CHECK_EQ(charged(), before + 16);
    CHECK(VirtualProtect(view, 4 * PAGE, PAGE_WRITECOPY, &old));
    CHECK_EQ(charged(), before + 20);
    CHECK(VirtualProtect(view + 2 * PAGE, 4 * PAGE, PAGE_WRITECOPY, &old)); /* two of them are already */
    CHECK_EQ(charged(), before + 22);
    view[0] = 1;
    CHECK(VirtualProtect(view, 6 * PAGE, PAGE_READWRITE, &old)); /* one stays the process' own */
    CHECK_EQ(charged(), before + 17);
    CHECK(UnmapViewOfFile(view));
    CHECK_EQ(charged(), before + 16);
    CloseHandle(section);
    CHECK_EQ(charged(), before);

    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 16 * PAGE, NULL);
    view = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    char *shared = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(view && shared);
    CHECK_EQ(charged(), before);
    CHECK(VirtualAlloc(view, 3 * PAGE, MEM_COMMIT, PAGE_READONLY) == view);
    CHECK_EQ(charged(), before + 6); /* of the section, and of the view */
    CHECK(VirtualAlloc(shared, 5 * PAGE, MEM_COMMIT, PAGE_READWRITE) == shared);
    CHECK_EQ(charged(), before + 8);
    MEMORY_BASIC_INFORMATION information;
    CHECK(VirtualQuery(view, &information, sizeof information) != 0); /* the view meets what others committed */
    CHECK_EQ(information.RegionSize, 3 * PAGE);
    CHECK_EQ(charged(), before + 10);
    CHECK(UnmapViewOfFile(view));
    CHECK(UnmapViewOfFile(shared));
    CHECK_EQ(charged(), before + 5);
    CloseHandle(section);
    CHECK_EQ(charged(), before);
}

static void charges(void)
{
    SIZE_T before = charged(), private_before = counters().PrivateUsage;
    void *reserved = VirtualAlloc(NULL, 1 << 20, MEM_RESERVE, PAGE_READWRITE);
    CHECK_EQ(charged(), before);
    CHECK(VirtualAlloc(reserved, 10 * PAGE, MEM_COMMIT, PAGE_READWRITE) == reserved);
    CHECK(VirtualAlloc(reserved, 12 * PAGE, MEM_COMMIT, PAGE_READONLY) == reserved);
    CHECK_EQ(charged(), before + 12);
    CHECK(VirtualFree(reserved, 5 * PAGE, MEM_DECOMMIT));
    CHECK_EQ(charged(), before + 7);
    CHECK(VirtualFree(reserved, 0, MEM_RELEASE));
    CHECK_EQ(charged(), before);

    SIZE_T shared = counters().SharedCommitUsage;
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 100 * PAGE, NULL);
    CHECK_EQ(charged(), before + 100);
    CHECK_EQ(counters().SharedCommitUsage, shared + 100 * PAGE);
    CHECK(counters().PrivateUsage < private_before + 100 * PAGE);
    CHECK(CloseHandle(section));
    CHECK_EQ(charged(), before);
    CHECK_EQ(counters().SharedCommitUsage, shared);
    section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 100 * PAGE, NULL);
    CHECK_EQ(charged(), before);
    void *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(VirtualAlloc(view, 30 * PAGE, MEM_COMMIT, PAGE_READWRITE) == view);
    CHECK_EQ(charged(), before + 30);
    CHECK(UnmapViewOfFile(view) && CloseHandle(section));
    CHECK_EQ(charged(), before);
}

static DWORD WINAPI nothing(LPVOID unused)
{
    (void)unused;
    return 0;
}

static void stacks(void)
{
    HANDLE thread = CreateThread(NULL, 1 << 20, nothing, NULL, CREATE_SUSPENDED, NULL);
    REQUIRE(thread != NULL);
    SIZE_T with = charged();
    CHECK(ResumeThread(thread) == 1 && WaitForSingleObject(thread, 20000) == WAIT_OBJECT_0);
    CHECK_EQ(charged(), with - (1 << 20) / PAGE);
    CHECK(CloseHandle(thread));
    HANDLE handles = CreateThread(NULL, 0x40000000, nothing, NULL, 0, NULL); /* more than there is */
    CHECK(handles == NULL);
    CHECK_EQ(GetLastError(), ERROR_COMMITMENT_LIMIT);
    CHECK_EQ(charged(), with - (1 << 20) / PAGE);
}

/* Everything that is left, to the page; then nothing more of any kind. */
static void limit(void)
{
    PERFORMANCE_INFORMATION now = performance();
    CHECK_EQ(now.CommitLimit, RAM_PAGES + FILE_PAGES);
    HANDLE heap = HeapCreate(0, 0, 0);
    SIZE_T left = now.CommitLimit - charged();
    SetLastError(0);
    CHECK(commit(left + 1) == NULL);
    CHECK_EQ(GetLastError(), ERROR_COMMITMENT_LIMIT);
    char *all = commit(left), *reserved = VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(all != NULL && reserved != NULL);
    CHECK_EQ(charged(), performance().CommitLimit);
    CHECK_EQ(performance().CommitPeak, performance().CommitLimit);
    SetLastError(0);
    CHECK(VirtualAlloc(reserved, PAGE, MEM_COMMIT, PAGE_READWRITE) == NULL);
    CHECK_EQ(GetLastError(), ERROR_COMMITMENT_LIMIT);
    SetLastError(0);
    CHECK(CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL) == NULL);
    CHECK_EQ(GetLastError(), ERROR_COMMITMENT_LIMIT);
    CHECK(HeapAlloc(heap, 0, 1 << 20) == NULL);
    totals_add_up();
    CHECK(VirtualFree(all, PAGE, MEM_DECOMMIT));
    CHECK(VirtualAlloc(reserved, PAGE, MEM_COMMIT, PAGE_READWRITE) == reserved);
    CHECK(VirtualFree(reserved, 0, MEM_RELEASE));
    CHECK(VirtualFree(all, 0, MEM_RELEASE));
    CHECK_EQ(performance().CommitPeak, RAM_PAGES + FILE_PAGES);
    CHECK(HeapAlloc(heap, 0, 1 << 20) != NULL);
    CHECK(HeapDestroy(heap));
}

/* Compressible, and dear enough to encode that a copy is kept. */
/* Only LZ4 makes it smaller, of which copies are kept: no zero bytes, and what repeats is far apart. */
static unsigned content(SIZE_T page, SIZE_T at)
{
    return (unsigned)(page * 2654435761u + at % 251 * at % 251 * 40503977u) | 0x01010101;
}

static void load(void)
{
    SIZE_T pages = 8192;
    volatile unsigned *memory = commit(pages);
    DWORD faults = counters().PageFaultCount;
    struct winmem_statistics s = {.size = sizeof s};
    REQUIRE(memory != NULL);
    for (SIZE_T i = 0; i < pages; i++) {
        for (SIZE_T at = 0; at < 1024; at++)
            memory[i * 1024 + at] = content(i, at);
        if (i % 256 == 0)
            totals_add_up();
    }
    CHECK(counters().PageFaultCount >= faults + pages / 64);
    CHECK_EQ(winmem_get_statistics(&s), 0);
    uint64_t brought = s.soft_faults + s.hard_faults;
    for (SIZE_T i = 0; i < pages; i += 3)
        CHECK(memory[i * 1024 + 16] == content(i, 16));
    totals_add_up();
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK(s.soft_faults + s.hard_faults > brought && s.standby > 0);
    CHECK(counters().PeakWorkingSetSize >= counters().WorkingSetSize);
    CHECK(VirtualFree((void *)memory, 0, MEM_RELEASE));
    totals_add_up();
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK(s.active < 1024 && s.zeroed > s.budget / 2);
}

/* A section is paged like private memory. One that others may open by its name is not: what it has in memory is in the
 * budget, and paged memory makes room for it, and keeps a quarter. */
static void section(const WCHAR *name, SIZE_T size, BOOL over_budget)
{
    SIZE_T pages = 4096, unpaged = name ? size : 0;
    struct winmem_statistics s = {.size = sizeof s};
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)(size * PAGE), name);
    volatile unsigned *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0), *memory = commit(pages);
    REQUIRE(view != NULL && memory != NULL);
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK_EQ(s.section_pages, 0);
    for (SIZE_T page = 0; page < size; page++)
        view[page * 1024 + 7] = content(page, 7);
    for (SIZE_T page = 0; page < pages; page++)
        memory[page * 1024 + 9] = content(page, 9);
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK_EQ(s.section_pages, unpaged);
    CHECK(s.active >= s.section_pages && s.active - s.section_pages + s.tables <= s.budget - unpaged % 6144);
    CHECK((s.over_budget > 0) == over_budget);
    totals_add_up();
    for (SIZE_T page = 0; page < size; page++)
        CHECK(view[page * 1024 + 7] == content(page, 7));
    for (SIZE_T page = 0; page < pages; page++)
        CHECK(memory[page * 1024 + 9] == content(page, 9));
    CHECK(VirtualFree((void *)memory, 0, MEM_RELEASE));
    CHECK(UnmapViewOfFile((void *)view));
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK_EQ(s.section_pages, unpaged); /* till the section is no more */
    CHECK(CloseHandle(section));
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK(s.section_pages == 0 && s.over_budget == 0);
}

static void sections(void)
{
    section(u"Local\\accounting", 1024, FALSE);
    section(u"Local\\accounting", 6144, TRUE);
    section(NULL, 1024, FALSE);
    section(NULL, 6144, FALSE);
}

/* What a view has made its own, and the private pages of a file, are the process' alone: paged memory makes room. */
/* Nobody tells how much there is while no file can be opened: it stays what it was. */
static void without_descriptors(volatile unsigned *memory, SIZE_T pages, SIZE_T own)
{
    struct winmem_statistics s = {.size = sizeof s};
    struct rlimit before, none;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (SIZE_T page = 0; page < pages; page++)
        CHECK(memory[page * 1024 + 9] == content(page, 9));
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK(s.unpaged_pages >= own - ERROR_PAGES && s.over_budget == 0);
}

static void own_pages(void)
{
    SIZE_T pages = 4096, own = 1536;
    struct winmem_statistics s = {.size = sizeof s}, before = {.size = sizeof s};
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)(own * PAGE), NULL);
    volatile unsigned *view = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0), *memory = commit(pages);
    REQUIRE(view != NULL && memory != NULL);
    for (SIZE_T page = 0; page < pages; page++)
        memory[page * 1024 + 9] = content(page, 9);
    CHECK_EQ(winmem_get_statistics(&before), 0);
    for (SIZE_T page = 0; page < own; page++)
        view[page * 1024 + 7] = content(page, 7);
    for (SIZE_T page = 0; page < pages; page++)
        CHECK(memory[page * 1024 + 9] == content(page, 9));
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK(s.unpaged_pages >= own - ERROR_PAGES && s.unpaged_pages < own + 1024 && before.unpaged_pages < 1024);
    CHECK(s.active >= s.unpaged_pages && s.active + s.tables <= s.budget && s.over_budget == 0);
    totals_add_up();
    without_descriptors(memory, pages, own);
    CHECK(UnmapViewOfFile((void *)view));
    CHECK(CloseHandle(section));
    CHECK_EQ(winmem_get_statistics(&s), 0);
    CHECK(s.unpaged_pages < 1024);
    CHECK(VirtualFree((void *)memory, 0, MEM_RELEASE));
}

/* Of four bytes two stay, however they are encoded. */
static unsigned half_noise(SIZE_T at)
{
    unsigned value = (unsigned)at * 2654435761u;
    value = (value ^ value >> 15) * 2246822519u;
    return value >> 16;
}

/* What is left beside such memory is for pages too, not only for the store. */
static void store_beside(void)
{
    SIZE_T pages = 4096, own = 2816;
    struct winmem_statistics s = {.size = sizeof s};
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)(own * PAGE), NULL);
    volatile unsigned *view = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0), *memory = commit(pages);
    REQUIRE(view != NULL && memory != NULL);
    for (SIZE_T page = 0; page < own; page++)
        view[page * 1024 + 7] = content(page, 7);
    for (SIZE_T i = 0; i < pages * 1024; i++)
        memory[i] = half_noise(i);
    for (SIZE_T page = 0; page < pages; page++)
        CHECK(memory[page * 1024 + 9] == half_noise(page * 1024 + 9));
    CHECK_EQ(winmem_get_statistics(&s), 0);
    SIZE_T left = s.budget - s.unpaged_pages - s.tables;
    CHECK(s.unpaged_pages >= own - ERROR_PAGES && s.unpaged_pages < own + 512 && s.over_budget == 0);
    CHECK(s.modified + s.standby < left * 5 / 8 && s.active - s.unpaged_pages > left * 3 / 8);
    totals_add_up();
    CHECK(UnmapViewOfFile((void *)view));
    CHECK(CloseHandle(section));
    CHECK(VirtualFree((void *)memory, 0, MEM_RELEASE));
}

int main(int argc, char **argv)
{
    if (argc < 2) { /* options are read from the environment at the start */
        setenv("WINMEM_RAM", "16M", 1);
        setenv("WINMEM_PAGEFILE", "32M", 1);
        char again[] = "again", *const arguments[] = {argv[0], again, NULL};
        execv("/proc/self/exe", arguments);
        return 1;
    }
    charges();
    copying();
    stacks();
    limit();
    load();
    sections();
    own_pages();
    store_beside();
    return CHECK_DONE();
}
#else
int main(void)
{
    SKIP("the budget is winmem's own");
}
#endif
