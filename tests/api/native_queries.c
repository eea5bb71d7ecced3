/* native_queries.c: the classes of NtQueryInformationProcess and NtQuerySystemInformation that are documented, and
 * those of memory: what they answer, and that a length that is wrong is told. */
#include "conform.h"

#include <psapi.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void numbers_of_a_process(void)
{
    ULONG_PTR wide = 7;
    ULONG plain = 7, length = 0;
    IO_COUNTERS counters;
    STATUS(NtQueryInformationProcess(SELF, ProcessWow64Information, &wide, sizeof wide, &length), STATUS_SUCCESS);
    CHECK(wide == 0 && length == sizeof wide);
    STATUS(NtQueryInformationProcess(SELF, ProcessWow64Information, &wide, sizeof plain, &length),
           STATUS_INFO_LENGTH_MISMATCH);
    STATUS(NtQueryInformationProcess(SELF, ProcessDebugPort, &wide, sizeof wide, NULL), STATUS_SUCCESS);
    CHECK_EQ(wide != 0, IsDebuggerPresent() != 0);
    STATUS(NtQueryInformationProcess(SELF, ProcessBreakOnTermination, &plain, sizeof plain, &length), STATUS_SUCCESS);
    CHECK(plain == 0 && length == sizeof plain);
    plain = 7;
    STATUS(NtQueryInformationProcess(SELF, ProcessSubsystemInformation, &plain, sizeof plain, NULL), STATUS_SUCCESS);
    CHECK_EQ(plain, SubsystemInformationTypeWin32);
    STATUS(NtQueryInformationProcess(SELF, ProcessHandleCount, &plain, sizeof plain, NULL), STATUS_SUCCESS);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    STATUS(NtQueryInformationProcess(SELF, ProcessHandleCount, &length, sizeof length, NULL), STATUS_SUCCESS);
    CHECK_EQ(length, plain + 1);
    CHECK(CloseHandle(event));
    STATUS(NtQueryInformationProcess(SELF, ProcessIoCounters, &counters, sizeof counters, NULL), STATUS_SUCCESS);
    STATUS(NtQueryInformationProcess(NOBODY, ProcessWow64Information, &wide, sizeof wide, NULL), STATUS_INVALID_HANDLE);
    STATUS(NtQueryInformationProcess(SELF, ProcessDebugPort, NULL, sizeof wide, NULL), STATUS_ACCESS_VIOLATION);
}

static void priority_of_pages(void)
{
    ULONG priority = 0;
    MEMORY_PRIORITY_INFORMATION told = {99};
    STATUS(NtQueryInformationProcess(SELF, ProcessPagePriority, &priority, sizeof priority, NULL), STATUS_SUCCESS);
    CHECK_EQ(priority, MEMORY_PRIORITY_NORMAL);
    priority = MEMORY_PRIORITY_LOW;
    STATUS(NtSetInformationProcess(SELF, ProcessPagePriority, &priority, sizeof priority), STATUS_SUCCESS);
    CHECK(GetProcessInformation(SELF, ProcessMemoryPriority, &told, sizeof told));
    CHECK_EQ(told.MemoryPriority, MEMORY_PRIORITY_LOW);
    priority = 6;
    STATUS(NtSetInformationProcess(SELF, ProcessPagePriority, &priority, sizeof priority), STATUS_INVALID_PARAMETER);
    STATUS(NtSetInformationProcess(SELF, ProcessPagePriority, &priority, 3), STATUS_INFO_LENGTH_MISMATCH);
}

static void other_information(void)
{
    PROCESS_PROTECTION_LEVEL_INFORMATION level = {7};
    PROCESS_LEAP_SECOND_INFO leap = {.Flags = 7};
    WORKS(GetProcessInformation(SELF, ProcessProtectionLevelInfo, &level, sizeof level));
    CHECK_EQ(level.ProtectionLevel, PROTECTION_LEVEL_NONE);
    FAILS(GetProcessInformation(SELF, ProcessProtectionLevelInfo, &level, 8), ERROR_BAD_LENGTH);
    FAILS(SetProcessInformation(SELF, ProcessLeapSecondInfo, &leap, sizeof leap), ERROR_INVALID_PARAMETER);
    leap.Flags = PROCESS_LEAP_SECOND_INFO_FLAG_ENABLE_SIXTY_SECOND;
    WORKS(SetProcessInformation(SELF, ProcessLeapSecondInfo, &leap, sizeof leap));
    leap.Flags = 7;
    WORKS(GetProcessInformation(SELF, ProcessLeapSecondInfo, &leap, sizeof leap));
    CHECK_EQ(leap.Flags, PROCESS_LEAP_SECOND_INFO_FLAG_ENABLE_SIXTY_SECOND);
}

static void call_targets(void)
{
    char *code = VirtualAlloc(NULL, 0x2000, MEM_COMMIT, PAGE_EXECUTE_READ);
    CFG_CALL_TARGET_INFO targets[2] = {{0x20, CFG_CALL_TARGET_VALID}, {0x10, CFG_CALL_TARGET_VALID}};
    REQUIRE(code);
    FAILS(SetProcessValidCallTargets(SELF, code, 0x2000, 2, targets), ERROR_INVALID_PARAMETER); /* not ascending */
    targets[1].Offset = 0x30;
    WORKS(SetProcessValidCallTargets(SELF, code, 0x2000, 2, targets));
    CHECK(VirtualFree(code, 0, MEM_RELEASE));
}

static void blocks_and_names(void)
{
    PROCESS_BASIC_INFORMATION basic;
    DWORD_PTR own, all;
    ULONG needed = 0, length = 0;
    union {
        UNICODE_STRING name;
        char bytes[2048];
    } image;
    WCHAR device[512];
    STATUS(NtQueryInformationProcess(SELF, ProcessBasicInformation, &basic, sizeof basic, NULL), STATUS_SUCCESS);
    CHECK(basic.PebBaseAddress && (PVOID)basic.PebBaseAddress == (PVOID)RtlGetCurrentPeb());
    CHECK_EQ(basic.UniqueProcessId, GetCurrentProcessId());
    CHECK(GetProcessAffinityMask(SELF, &own, &all));
    CHECK_EQ(basic.AffinityMask, all);
    STATUS(NtQueryInformationProcess(SELF, ProcessImageFileName, &image, 4, &needed), STATUS_INFO_LENGTH_MISMATCH);
    CHECK(needed > sizeof(UNICODE_STRING) && needed < sizeof image);
    STATUS(NtQueryInformationProcess(SELF, ProcessImageFileName, &image, needed - 1, &length),
           STATUS_INFO_LENGTH_MISMATCH);
    STATUS(NtQueryInformationProcess(SELF, ProcessImageFileName, &image, sizeof image, &length), STATUS_SUCCESS);
    CHECK_EQ(length, needed);
    DWORD count = GetProcessImageFileNameW(SELF, device, ARRAYSIZE(device));
    CHECK_EQ(image.name.Length, count * sizeof(WCHAR));
    CHECK(image.name.Buffer == (PWSTR)(&image.name + 1));
    CHECK(memcmp(image.name.Buffer, device, (count + 1) * sizeof(WCHAR)) == 0);
}

static void memory_of_the_system(void)
{
    SYSTEM_PERFORMANCE_INFORMATION system;
    SYSTEM_FILECACHE_INFORMATION cache;
    PERFORMANCE_INFORMATION told;
    ULONG length = 0;
    char longer[512];
    CHECK_EQ(sizeof system, 312); /* as documented */
    STATUS(NtQuerySystemInformation(SystemPerformanceInformation, &system, sizeof system - 1, &length),
           STATUS_INFO_LENGTH_MISMATCH);
    STATUS(NtQuerySystemInformation(SystemPerformanceInformation, longer, sizeof longer, &length), STATUS_SUCCESS);
    STATUS(NtQuerySystemInformation(SystemPerformanceInformation, &system, sizeof system, &length), STATUS_SUCCESS);
    CHECK(GetPerformanceInfo(&told, sizeof told));
    CHECK_EQ(system.CommitLimit, told.CommitLimit);
    CHECK(system.AvailablePages && system.AvailablePages <= told.PhysicalTotal);
    CHECK(system.PeakCommitment >= system.CommittedPages && system.CommitLimit >= system.CommittedPages);
    STATUS(NtQuerySystemInformation(SystemFileCacheInformation, &cache, sizeof cache, &length), STATUS_SUCCESS);
    CHECK(cache.PeakSize >= cache.CurrentSize && cache.MaximumWorkingSet > cache.MinimumWorkingSet);
    STATUS(NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)0x7fff, &cache, sizeof cache, &length),
           STATUS_INVALID_INFO_CLASS);
}

static BOOL CALLBACK count(PVOID context, PENUM_PAGE_FILE_INFORMATION information, LPCWSTR name)
{
    (void)information, (void)name;
    ++*(unsigned *)context;
    return TRUE;
}

static void paging_files(void)
{
    _Alignas(8) char buffer[4096];
    ULONG length = 0;
    unsigned files = 0, listed = 0;
    STATUS(NtQuerySystemInformation(SystemPagefileInformation, buffer, 8, &length), STATUS_INFO_LENGTH_MISMATCH);
    STATUS(NtQuerySystemInformation(SystemPagefileInformation, buffer, sizeof buffer, &length), STATUS_SUCCESS);
    CHECK(EnumPageFilesW(count, &files));
    const SYSTEM_PAGEFILE_INFORMATION *file = (const void *)buffer;
    for (; length; file = (const void *)((const char *)file + file->NextEntryOffset)) {
        CHECK(file->TotalInUse <= file->TotalSize && file->PageFileName.Length);
        listed++;
        if (!file->NextEntryOffset)
            break;
    }
    CHECK_EQ(listed, files);
}

static void clocks(void)
{
    SYSTEM_TIMEOFDAY_INFORMATION time;
    SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION processors[64];
    ULARGE_INTEGER now;
    FILETIME file;
    ULONG length = 0;
    STATUS(NtQuerySystemInformation(SystemTimeOfDayInformation, &time, sizeof time, &length), STATUS_SUCCESS);
    GetSystemTimeAsFileTime(&file);
    now.LowPart = file.dwLowDateTime;
    now.HighPart = file.dwHighDateTime;
    CHECK(length == 48 && (ULONGLONG)time.CurrentTime.QuadPart <= now.QuadPart + 10000000);
    CHECK((ULONGLONG)time.CurrentTime.QuadPart + 600000000 > now.QuadPart);
    CHECK(time.BootTime.QuadPart > 0 && time.BootTime.QuadPart < time.CurrentTime.QuadPart);
    STATUS(NtQuerySystemInformation(SystemTimeOfDayInformation, &time, 8, &length), STATUS_SUCCESS);
    STATUS(NtQuerySystemInformation(SystemTimeOfDayInformation, processors, 49, &length), STATUS_INFO_LENGTH_MISMATCH);
    STATUS(NtQuerySystemInformation(SystemProcessorPerformanceInformation, processors, sizeof processors, &length),
           STATUS_SUCCESS);
    CHECK(length >= sizeof *processors && length % sizeof *processors == 0);
    CHECK(processors[0].KernelTime.QuadPart >= processors[0].IdleTime.QuadPart);
    STATUS(NtQuerySystemInformation(SystemProcessorPerformanceInformation, processors, 8, &length),
           STATUS_INFO_LENGTH_MISMATCH);
}

/* Every process with its threads behind it; this one as GetProcessMemoryInfo tells it. */
static void processes(void)
{
    ULONG length = 0, room = 0, found = 0;
    char *buffer = NULL;
    NTSTATUS status = NtQuerySystemInformation(SystemProcessInformation, NULL, 0, &length);
    CHECK_EQ((ULONG)status, (ULONG)STATUS_INFO_LENGTH_MISMATCH);
    CHECK_EQ(sizeof(SYSTEM_PROCESS_INFORMATION), 256);
    CHECK_EQ(sizeof(SYSTEM_THREAD_INFORMATION), 80);
    while (status == STATUS_INFO_LENGTH_MISMATCH) {
        CHECK(length > sizeof(SYSTEM_PROCESS_INFORMATION) + sizeof(SYSTEM_THREAD_INFORMATION));
        free(buffer);
        room = length + 4096;
        buffer = malloc(room);
        REQUIRE(buffer);
        status = NtQuerySystemInformation(SystemProcessInformation, buffer, room, &length);
    }
    CHECK_EQ(status, STATUS_SUCCESS);
    CHECK(length <= room && buffer);
    for (char *at = buffer; at;) {
        const SYSTEM_PROCESS_INFORMATION *process = (const void *)at;
        const SYSTEM_THREAD_INFORMATION *threads = (const void *)(process + 1);
        for (ULONG i = 0; i < process->NumberOfThreads; i++)
            CHECK(threads[i].ClientId.UniqueProcess == process->UniqueProcessId);
        if ((DWORD)(ULONG_PTR)process->UniqueProcessId == GetCurrentProcessId()) {
            WCHAR path[MAX_PATH];
            DWORD units = GetModuleFileNameW(NULL, path, MAX_PATH), name = process->ImageName.Length / sizeof(WCHAR);
            REQUIRE(name && name < units);
            CHECK(path[units - name - 1] == '\\' || path[units - name - 1] == '/');
            CHECK(memcmp(process->ImageName.Buffer, path + units - name, name * sizeof(WCHAR)) == 0);
            CHECK(process->NumberOfThreads >= 1 && process->HandleCount >= 1);
            CHECK(process->WorkingSetSize > 0 && process->PeakWorkingSetSize >= process->WorkingSetSize);
            CHECK(process->VirtualSize >= process->WorkingSetSize && process->PrivatePageCount > 0);
            BOOL here = FALSE;
            for (ULONG i = 0; i < process->NumberOfThreads; i++)
                here |= (DWORD)(ULONG_PTR)threads[i].ClientId.UniqueThread == GetCurrentThreadId();
            CHECK(here);
            found++;
        }
        at = process->NextEntryOffset ? at + process->NextEntryOffset : NULL;
    }
    CHECK_EQ(found, 1);
    free(buffer);
}

/* Declared as documented; nobody here counts these. */
static void not_told(void)
{
    static const SYSTEM_INFORMATION_CLASS classes[] = {SystemInterruptInformation,     SystemExceptionInformation,
                                                       SystemRegistryQuotaInformation, SystemLookasideInformation,
                                                       SystemCodeIntegrityInformation, SystemPolicyInformation};
    char buffer[256];
    ULONG length;
    CHECK_EQ(sizeof(SYSTEM_INTERRUPT_INFORMATION), 24);
    CHECK_EQ(sizeof(SYSTEM_EXCEPTION_INFORMATION), 16);
    CHECK_EQ(sizeof(SYSTEM_REGISTRY_QUOTA_INFORMATION), 16);
    CHECK_EQ(sizeof(SYSTEM_LOOKASIDE_INFORMATION), 32);
    CHECK_EQ(sizeof(SYSTEM_CODEINTEGRITY_INFORMATION), 8);
    CHECK_EQ(sizeof(SYSTEM_POLICY_INFORMATION), 32);
    for (unsigned i = 0; i < ARRAYSIZE(classes); i++)
        STATUS(NtQuerySystemInformation(classes[i], buffer, sizeof buffer, &length), STATUS_INVALID_INFO_CLASS);
}

static void performance_counter(void)
{
    SYSTEM_QUERY_PERFORMANCE_COUNTER_INFORMATION counter = {.Version = 1};
    ULONG length = 0;
    STATUS(NtQuerySystemInformation(SystemQueryPerformanceCounterInformation, &counter, sizeof counter, &length),
           STATUS_SUCCESS);
    CHECK(counter.ValidFlags.KernelTransition && !counter.Flags.KernelTransition);
    STATUS(NtQuerySystemInformation(SystemQueryPerformanceCounterInformation, &counter, 4, &length),
           STATUS_INFO_LENGTH_MISMATCH);
}

int main(void)
{
    HANDLE any = CreateEventW(NULL, TRUE, FALSE, NULL);
    processes();
    performance_counter();
    not_told();
    CloseHandle(any);
    numbers_of_a_process();
    priority_of_pages();
    other_information();
    call_targets();
    blocks_and_names();
    memory_of_the_system();
    paging_files();
    clocks();
    return CHECK_DONE();
}
