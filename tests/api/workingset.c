/* Working sets and counters of the own process: sizes, limits, what is in memory, and the errors of each call. */
/* test traits: protection no-asan (it walks the whole address space, whose shadow is 16 TiB) */
#include "check.h"

#include <string.h>
#include <windows.h>

#include <psapi.h>
#include <winternl.h>
#ifdef __linux__
#include <sys/mman.h>
#include <sys/utsname.h>
#endif

static HANDLE self;

static void counters(void)
{
    PROCESS_MEMORY_COUNTERS_EX2 all = {0};
    PROCESS_MEMORY_COUNTERS plain = {0};
    SetLastError(0);
    CHECK(!GetProcessMemoryInfo(self, &plain, sizeof plain - 1));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK(!GetProcessMemoryInfo(NULL, &plain, sizeof plain));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(GetProcessMemoryInfo(self, &plain, sizeof plain));
    CHECK_EQ(plain.cb, sizeof plain);
    CHECK(plain.WorkingSetSize > 0 && plain.PeakWorkingSetSize >= plain.WorkingSetSize);
    CHECK(K32GetProcessMemoryInfo(self, (PPROCESS_MEMORY_COUNTERS)&all, sizeof all));
    CHECK(all.PrivateUsage > 0 && all.PrivateUsage == all.PagefileUsage);

    SIZE_T before = all.PrivateUsage, size = 64 << 20;
    DWORD faults = all.PageFaultCount;
    char *memory = VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory != NULL);
    memset(memory, 1, size);
    CHECK(GetProcessMemoryInfo(self, (PPROCESS_MEMORY_COUNTERS)&all, sizeof all));
    CHECK(all.PrivateUsage >= before + size / 2);
    CHECK(all.PageFaultCount > faults);
    CHECK(all.WorkingSetSize >= size);
    CHECK(VirtualFree(memory, 0, MEM_RELEASE));
}

static void performance(void)
{
    PERFORMANCE_INFORMATION info;
    SetLastError(0);
    CHECK(!GetPerformanceInfo(&info, sizeof info - 1));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    CHECK(GetPerformanceInfo(&info, sizeof info));
    CHECK_EQ(info.PageSize, 4096);
    CHECK(info.CommitLimit >= info.CommitTotal && info.CommitPeak >= info.CommitTotal);
    CHECK(info.ProcessCount > 0 && info.ThreadCount >= info.ProcessCount);
}

static void limits(void)
{
    SIZE_T low, high, low2, high2;
    DWORD flags;
    CHECK(GetProcessWorkingSetSizeEx(self, &low, &high, &flags));
    CHECK_EQ(flags, QUOTA_LIMITS_HARDWS_MIN_DISABLE | QUOTA_LIMITS_HARDWS_MAX_DISABLE);
    CHECK(low > 0 && high > low);
    CHECK(!SetProcessWorkingSetSize(self, 8 << 20, 4 << 20));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(
        !SetProcessWorkingSetSizeEx(self, low, high, QUOTA_LIMITS_HARDWS_MIN_ENABLE | QUOTA_LIMITS_HARDWS_MIN_DISABLE));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(GetProcessWorkingSetSize(self, &low2, &high2) && low2 == low && high2 == high);
    CHECK(SetProcessWorkingSetSize(self, 1 << 20, 16 << 20));
    CHECK(GetProcessWorkingSetSize(self, &low2, &high2) && low2 == 1 << 20 && high2 == 16 << 20);
    CHECK(SetProcessWorkingSetSize(self, (SIZE_T)-1, (SIZE_T)-1));
    CHECK(EmptyWorkingSet(self));
    CHECK(SetProcessWorkingSetSize(self, low, high));
}

static void pages(void)
{
    PSAPI_WORKING_SET_EX_INFORMATION page = {0};
    DWORD old;
    volatile char *memory = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(memory != NULL);
    page.VirtualAddress = (void *)memory;
    CHECK(QueryWorkingSetEx(self, &page, sizeof page));
    CHECK_EQ(page.VirtualAttributes.Valid, 0);
    CHECK_EQ(page.VirtualAttributes.Win32Protection, 0);
    (void)memory[0];
    CHECK(QueryWorkingSetEx(self, &page, sizeof page));
    CHECK_EQ(page.VirtualAttributes.Valid, 1);
    CHECK_EQ(page.VirtualAttributes.Win32Protection, PAGE_READWRITE);
    CHECK_EQ(page.VirtualAttributes.Shared, 0);
    CHECK(VirtualProtect((void *)memory, 4096, PAGE_NOACCESS, &old));
    CHECK(QueryWorkingSetEx(self, &page, sizeof page));
    CHECK_EQ(page.VirtualAttributes.Valid, 0);
    CHECK(VirtualProtect((void *)memory, 4096, PAGE_READWRITE, &old));
    (void)memory[0];
    CHECK(QueryWorkingSetEx(self, &page, sizeof page));
    CHECK_EQ(page.VirtualAttributes.Valid, 1);

    ULONG_PTR tiny[1];
    CHECK(!QueryWorkingSet(self, tiny, sizeof tiny));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    DWORD size = (DWORD)((tiny[0] + 4096) * sizeof(ULONG_PTR));
    PSAPI_WORKING_SET_INFORMATION *set = malloc(size);
    CHECK(QueryWorkingSet(self, set, size) && set->NumberOfEntries > 10);
    free(set);
    CHECK(VirtualFree((void *)memory, 0, MEM_RELEASE));
}

#ifdef __linux__
#define SPARSE ((SIZE_T)8 << 40)

/* Terabytes of which two pages have been touched: both are listed, long before each page could be asked for. */
static void sparse(void)
{
    char *memory = mmap(NULL, SPARSE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    DWORD size = 65536 * sizeof(ULONG_PTR);
    PSAPI_WORKING_SET_INFORMATION *set = malloc(size);
    ULONG_PTR found = 0;
    struct utsname kernel;
    unsigned major = 0, minor = 0;
    if (memory == MAP_FAILED || uname(&kernel) || sscanf(kernel.release, "%u.%u", &major, &minor) != 2 ||
        major * 100 + minor < 607)
        return; /* a limit of the address space, a machine that commits all, a kernel that tells page by page */
    ULONG_PTR touched[2] = {(ULONG_PTR)memory + SPARSE / 3 / 4096 * 4096, (ULONG_PTR)memory + SPARSE - 4096};
    for (unsigned i = 0; i < 2; i++)
        *(volatile char *)touched[i] = 1;
    CHECK(QueryWorkingSet(self, set, size));
    for (ULONG_PTR i = 0; i < set->NumberOfEntries; i++)
        for (unsigned k = 0; k < 2; k++)
            found += set->WorkingSetInfo[i].VirtualPage == touched[k] >> 12;
    CHECK_EQ(found, 2);
    free(set);
    munmap(memory, SPARSE);
}
#else
static void sparse(void)
{
}
#endif

static void native(void)
{
    SYSTEM_BASIC_INFORMATION basic;
    VM_COUNTERS counters;
    ULONG length = 0;
    CHECK_EQ((DWORD)NtQuerySystemInformation(SystemBasicInformation, &basic, 8, &length), 0xC0000004);
    CHECK_EQ(length, sizeof basic);
    CHECK_EQ(NtQuerySystemInformation(SystemBasicInformation, &basic, sizeof basic, NULL), 0);
    CHECK(basic.PageSize == 4096 && basic.AllocationGranularity == 65536 && basic.NumberOfProcessors >= 1);
    CHECK_EQ(NtQueryInformationProcess(self, ProcessVmCounters, &counters, sizeof counters, NULL), 0);
    CHECK(counters.WorkingSetSize > 0 && counters.VirtualSize > counters.WorkingSetSize);
    CHECK_EQ((DWORD)NtQueryInformationProcess(self, (PROCESSINFOCLASS)999, &counters, sizeof counters, NULL),
             0xC0000003);
}

static BOOL count_file(LPVOID context, PENUM_PAGE_FILE_INFORMATION information, LPCSTR name)
{
    CHECK(information->cb == sizeof *information && name && *name);
    CHECK(information->TotalInUse <= information->TotalSize);
    ++*(int *)context;
    return TRUE;
}

static void information(void)
{
    int files = 0;
    CHECK(EnumPageFilesA(count_file, &files) && files >= 0);
    MEMORY_PRIORITY_INFORMATION priority = {99};
    CHECK(GetProcessInformation(self, ProcessMemoryPriority, &priority, sizeof priority));
    CHECK_EQ(priority.MemoryPriority, MEMORY_PRIORITY_NORMAL);
    priority.MemoryPriority = MEMORY_PRIORITY_LOW;
    CHECK(SetProcessInformation(self, ProcessMemoryPriority, &priority, sizeof priority));
    CHECK(GetThreadInformation(GetCurrentThread(), ThreadMemoryPriority, &priority, sizeof priority));
    CHECK_EQ(priority.MemoryPriority, MEMORY_PRIORITY_LOW);
    priority.MemoryPriority = 6;
    CHECK(!SetProcessInformation(self, ProcessMemoryPriority, &priority, sizeof priority));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!SetProcessInformation(self, ProcessMemoryPriority, &priority, 1));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    PROCESS_MEMORY_EXHAUSTION_INFO exhaustion = {PME_CURRENT_VERSION, 0, PMETypeFailFastOnCommitFailure,
                                                 PME_FAILFAST_ON_COMMIT_FAIL_ENABLE};
    CHECK(!SetProcessInformation(self, ProcessMemoryExhaustionInfo, &exhaustion, sizeof exhaustion));
    CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
    CHECK(!SetSystemFileCacheSize(1 << 20, 1 << 30, 0));
    CHECK_EQ(GetLastError(), ERROR_PRIVILEGE_NOT_HELD);
    PROCESS_POWER_THROTTLING_STATE throttling = {PROCESS_POWER_THROTTLING_CURRENT_VERSION, 5, 4};
    CHECK(SetProcessInformation(self, ProcessPowerThrottling, &throttling, sizeof throttling));
    throttling.ControlMask = throttling.StateMask = 99;
    CHECK(!SetProcessInformation(self, ProcessPowerThrottling, &throttling, sizeof throttling));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(GetProcessInformation(self, ProcessPowerThrottling, &throttling, sizeof throttling));
    CHECK(throttling.ControlMask == 5 && throttling.StateMask == 4);
    throttling.Version = 2;
    CHECK(!GetProcessInformation(self, ProcessPowerThrottling, &throttling, sizeof throttling));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    APP_MEMORY_INFORMATION app;
    CHECK(GetProcessInformation(self, ProcessAppMemoryInfo, &app, sizeof app));
    CHECK(app.PeakPrivateCommitUsage >= app.PrivateCommitUsage && app.AvailableCommit > 0);
}

int main(void)
{
    self = GetCurrentProcess();
    counters();
    performance();
    limits();
    pages();
    sparse();
    native();
    information();
    return CHECK_DONE();
}
