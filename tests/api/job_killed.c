/* Members of a job are killed at random moments of joining, charging and leaving: after each the job has its own again:
 * nobody dead is counted, all memory is there, a nested job of the dead is gone. */
#include "check.h"

#include <windows.h>
#include <jobapi.h>
#include <string.h>

#define MIB ((SIZE_T)1 << 20)

static void churn(void)
{
    for (;;) {
        HANDLE own = CreateJobObjectA(NULL, NULL);
        void *block = VirtualAlloc(NULL, 8 * MIB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        void *more = VirtualAlloc(NULL, 40 * MIB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (block)
            VirtualFree(block, 0, MEM_RELEASE);
        if (more)
            VirtualFree(more, 0, MEM_RELEASE);
        CloseHandle(own);
    }
}

static void check_job(HANDLE job)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting;
    CHECK(QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &accounting, sizeof(accounting), NULL));
    CHECK_EQ(accounting.ActiveProcesses, 1);
    void *all = VirtualAlloc(NULL, 56 * MIB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(all != NULL);
    CHECK(!VirtualAlloc(NULL, 16 * MIB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    VirtualFree(all, 0, MEM_RELEASE);
}

int main(int argc, char **argv)
{
    char line[600];
    if (argc > 1 && strcmp(argv[1], "churn") == 0)
        churn();
    int rounds = argc > 1 ? atoi(argv[1]) : 40;
    unsigned seed = GetTickCount();
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    HANDLE job = CreateJobObjectA(NULL, NULL);
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_JOB_MEMORY;
    limits.JobMemoryLimit = 64 * MIB;
    REQUIRE(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)));
    REQUIRE(AssignProcessToJobObject(job, GetCurrentProcess()));
    snprintf(line, sizeof(line), "\"%s\" churn", argv[0]);
    for (int round = 0; round < rounds; round++) {
        PROCESS_INFORMATION made[2];
        STARTUPINFOA startup = {.cb = sizeof(startup)};
        for (int i = 0; i < 2; i++)
            REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made[i]));
        seed = seed * 1103515245 + 12345;
        Sleep((seed >> 16) % 12);
        for (int i = 0; i < 2; i++)
            CHECK(TerminateProcess(made[i].hProcess, 1));
        for (int i = 0; i < 2; i++) {
            CHECK_EQ(WaitForSingleObject(made[i].hProcess, 20000), WAIT_OBJECT_0);
            CloseHandle(made[i].hProcess);
            CloseHandle(made[i].hThread);
        }
        check_job(job);
    }
    return CHECK_DONE();
}
