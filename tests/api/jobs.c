/* Jobs: limits hold, peaks are kept, members are seen, and what a member held returns when it is killed. */
#include "check.h"

#include <windows.h>

#include <jobapi.h>
#include <string.h>

/* Rates are not kept: what asks for one is refused. There is one group of processors. */
static void rates_and_groups(void)
{
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate = {.ControlFlags = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE};
    GROUP_AFFINITY groups[4];
    SYSTEM_INFO system;
    USHORT group = 7;
    DWORD length = 0;
    HANDLE job = CreateJobObjectA(NULL, NULL);
    rate.CpuRate = 2000;
#ifndef _WIN32
    CHECK(!SetInformationJobObject(job, JobObjectCpuRateControlInformation, &rate, sizeof rate));
    CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
#endif
    CHECK(QueryInformationJobObject(job, JobObjectCpuRateControlInformation, &rate, sizeof rate, &length));
#ifndef _WIN32
    CHECK(rate.ControlFlags == 0 && length == sizeof rate);
#endif
    rate.ControlFlags = 0x100;
    CHECK(!SetInformationJobObject(job, JobObjectCpuRateControlInformation, &rate, sizeof rate));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(QueryInformationJobObject(job, JobObjectGroupInformation, &group, sizeof group, &length));
    CHECK(group == 0 && length == sizeof group);
    CHECK(QueryInformationJobObject(job, JobObjectGroupInformationEx, groups, sizeof groups, &length));
    GetSystemInfo(&system);
    CHECK(length == sizeof *groups && groups[0].Group == 0 && groups[0].Mask == system.dwActiveProcessorMask);
    CHECK(CloseHandle(job));
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, "winmem-test-jobs-ready");
        HANDLE go = OpenEventA(EVENT_ALL_ACCESS, FALSE, "winmem-test-jobs-go");
        WaitForSingleObject(go, 20000);
        void *block = VirtualAlloc(NULL, 32 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        SetEvent(ready);
        Sleep(30000);
        return block == NULL;
    }
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, "winmem-test-jobs-ready");
    HANDLE go = CreateEventA(NULL, FALSE, FALSE, "winmem-test-jobs-go");
    HANDLE job = CreateJobObjectA(NULL, "winmem-test-job");
    REQUIRE(job && ready && go);
    BOOL in = TRUE;
    CHECK(IsProcessInJob(GetCurrentProcess(), job, &in) && !in);
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_JOB_MEMORY | JOB_OBJECT_LIMIT_PROCESS_MEMORY;
    limits.ProcessMemoryLimit = 112 << 20;
    CHECK(!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER); /* a limit of nothing */
    limits.JobMemoryLimit = 128 << 20;
    CHECK(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)));
    CHECK(!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, 8));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    REQUIRE(VirtualAlloc(NULL, 1 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    CHECK(AssignProcessToJobObject(job, GetCurrentProcess()));
    CHECK(!AssignProcessToJobObject(job, GetCurrentProcess()));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(IsProcessInJob(GetCurrentProcess(), NULL, &in) && in);
    CHECK(QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits), NULL));
    CHECK(limits.PeakProcessMemoryUsed >= 1 << 20); /* what it has already counts */
    CHECK(limits.PeakJobMemoryUsed >= limits.PeakProcessMemoryUsed);
    char line[600];
    snprintf(line, sizeof(line), "\"%s\" child", argv[0]);
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    SetEvent(go);
    CHECK_EQ(WaitForSingleObject(ready, 10000), WAIT_OBJECT_0);
    struct {
        JOBOBJECT_BASIC_PROCESS_ID_LIST list;
        ULONG_PTR more[7];
    } ids;
    /* a child is in its parent's job by itself */
    CHECK(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &ids, sizeof(ids), NULL));
    CHECK_EQ(ids.list.NumberOfAssignedProcesses, 2);
    CHECK(IsProcessInJob(made.hProcess, job, &in) && in);
    void *block = VirtualAlloc(NULL, 100 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(block == NULL); /* 100 and the child's 32 are more than 128 */
    CHECK(GetLastError() == ERROR_COMMITMENT_LIMIT || GetLastError() == ERROR_NOT_ENOUGH_MEMORY);
    CHECK(TerminateProcess(made.hProcess, 3));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 10000), WAIT_OBJECT_0);
    block = VirtualAlloc(NULL, 100 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(block != NULL);                                                           /* its share is back */
    CHECK(!VirtualAlloc(NULL, 14 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)); /* the process' own limit */
    CHECK(QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits), NULL));
    CHECK(limits.PeakJobMemoryUsed >= 100 << 20 && limits.PeakJobMemoryUsed <= 128 << 20);
    CHECK_EQ(limits.JobMemoryLimit, 128 << 20);
    rates_and_groups();
    return CHECK_DONE();
}
