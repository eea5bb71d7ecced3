/* Jobs by time and processors: what members spend is summed up, limits on it end them with the code that Windows gives,
 * a job whose time is over is signaled and takes nobody; processors are those of the job; more members than fit a page;
 * codes of those whom the job ended. */
#include "check.h"

#include <windows.h>
#include <jobapi.h>
#include <string.h>

#define MS 10000 /* in units of 100 ns */
#define MANY 56

static char *self;

static void start(PROCESS_INFORMATION *made, const char *what, HANDLE job)
{
    char line[600];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    snprintf(line, sizeof(line), "\"%s\" %s", self, what);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, job ? CREATE_SUSPENDED : 0, NULL, NULL, &startup, made));
    if (!job)
        return;
    CHECK(AssignProcessToJobObject(job, made->hProcess));
    CHECK_EQ(ResumeThread(made->hThread), 1);
}

static DWORD end_of(PROCESS_INFORMATION *made)
{
    DWORD code = 0;
    CHECK_EQ(WaitForSingleObject(made->hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made->hProcess, &code));
    CloseHandle(made->hProcess);
    CloseHandle(made->hThread);
    return code;
}

static BOOL limit(HANDLE job, DWORD flags, LONGLONG process, LONGLONG all, ULONG_PTR affinity)
{
    JOBOBJECT_BASIC_LIMIT_INFORMATION basic = {.LimitFlags = flags, .Affinity = affinity};
    basic.PerProcessUserTimeLimit.QuadPart = process;
    basic.PerJobUserTimeLimit.QuadPart = all;
    return SetInformationJobObject(job, JobObjectBasicLimitInformation, &basic, sizeof(basic));
}

static JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION account(HANDLE job)
{
    JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION accounting = {0};
    CHECK(QueryInformationJobObject(job, JobObjectBasicAndIoAccountingInformation, &accounting, sizeof(accounting),
                                    NULL));
    return accounting;
}

static void of_a_process(void)
{
    PROCESS_INFORMATION made, other;
    HANDLE job = CreateJobObjectA(NULL, NULL);
    start(&other, "sleep", job);
    CHECK(limit(job, JOB_OBJECT_LIMIT_PROCESS_TIME, 60 * MS, 0, 0));
    start(&made, "burn", job);
    CHECK_EQ(end_of(&made), ERROR_NOT_ENOUGH_QUOTA);
    CHECK_EQ(WaitForSingleObject(other.hProcess, 0), WAIT_TIMEOUT);
    CHECK_EQ(WaitForSingleObject(job, 0), WAIT_TIMEOUT);
    JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION sums = account(job);
    CHECK(sums.BasicInfo.TotalUserTime.QuadPart >= 50 * MS);
    CHECK(sums.BasicInfo.TotalPageFaultCount > 50);
    CHECK(sums.IoInfo.ReadOperationCount > 0 && sums.IoInfo.ReadTransferCount > 0);
    CHECK_EQ(sums.BasicInfo.TotalProcesses, 2);
    CHECK_EQ(sums.BasicInfo.ActiveProcesses, 1);
    CHECK_EQ(sums.BasicInfo.TotalTerminatedProcesses, 1);
    CHECK(TerminateJobObject(job, 42));
    CHECK_EQ(end_of(&other), 42);
    CloseHandle(job);
}

static void of_the_job(void)
{
    PROCESS_INFORMATION made[2], late;
    HANDLE job = CreateJobObjectA(NULL, NULL);
    start(&made[0], "burn", job);
    start(&made[1], "burn", job);
    Sleep(50);
    CHECK(limit(job, JOB_OBJECT_LIMIT_JOB_TIME, 0, 80 * MS, 0)); /* from now on */
    CHECK_EQ(WaitForSingleObject(job, 20000), WAIT_OBJECT_0);
    CHECK_EQ(end_of(&made[0]), ERROR_NOT_ENOUGH_QUOTA);
    CHECK_EQ(end_of(&made[1]), ERROR_NOT_ENOUGH_QUOTA);
    CHECK_EQ(WaitForSingleObject(job, 0), WAIT_OBJECT_0); /* and stays so */
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION sums = account(job).BasicInfo;
    CHECK(sums.ThisPeriodTotalUserTime.QuadPart >= 70 * MS);
    CHECK(sums.ThisPeriodTotalUserTime.QuadPart <= sums.TotalUserTime.QuadPart);
    start(&late, "sleep", NULL);
    CHECK(!AssignProcessToJobObject(job, late.hProcess));
    TerminateProcess(late.hProcess, 0);
    end_of(&late);
    CHECK(limit(job, JOB_OBJECT_LIMIT_JOB_TIME, 0, 100000000 * (LONGLONG)MS, 0));
    CHECK_EQ(WaitForSingleObject(job, 0), WAIT_TIMEOUT);
    start(&late, "exit", job);
    CHECK_EQ(end_of(&late), 7);
    CloseHandle(job);
}

/* With a port and the wish to be told, the job goes on. */
static void told(void)
{
    PROCESS_INFORMATION made;
    HANDLE job = CreateJobObjectA(NULL, NULL), port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT association = {(PVOID)1, port};
    JOBOBJECT_END_OF_JOB_TIME_INFORMATION action = {JOB_OBJECT_POST_AT_END_OF_JOB};
    DWORD message = 0, flags = 0;
    ULONG_PTR key;
    LPOVERLAPPED about;
    CHECK(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &association, sizeof(association)));
    CHECK(SetInformationJobObject(job, JobObjectEndOfJobTimeInformation, &action, sizeof(action)));
    CHECK(limit(job, JOB_OBJECT_LIMIT_JOB_TIME, 0, 30 * MS, 0));
    start(&made, "burn", job);
    CHECK(GetQueuedCompletionStatus(port, &message, &key, &about, 20000) && message == JOB_OBJECT_MSG_NEW_PROCESS);
    CHECK(GetQueuedCompletionStatus(port, &message, &key, &about, 20000));
    CHECK_EQ(message, JOB_OBJECT_MSG_END_OF_JOB_TIME);
    CHECK_EQ(WaitForSingleObject(made.hProcess, 50), WAIT_TIMEOUT);
    JOBOBJECT_BASIC_LIMIT_INFORMATION basic = {.LimitFlags = 99};
    CHECK(QueryInformationJobObject(job, JobObjectBasicLimitInformation, &basic, sizeof(basic), NULL));
    flags = basic.LimitFlags;
    CHECK_EQ(flags, 0);
    CHECK(limit(job, JOB_OBJECT_LIMIT_PROCESS_TIME, 1, 0, 0));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetQueuedCompletionStatus(port, &message, &key, &about, 20000));
    CHECK_EQ(message, JOB_OBJECT_MSG_END_OF_PROCESS_TIME);
    CHECK_EQ((ULONG_PTR)about, made.dwProcessId);
    CHECK(GetQueuedCompletionStatus(port, &message, &key, &about, 20000) && message == JOB_OBJECT_MSG_EXIT_PROCESS);
    end_of(&made);
    CloseHandle(job);
    CloseHandle(port);
}

static void processors(void)
{
    PROCESS_INFORMATION made, other;
    DWORD_PTR mask = 0, system = 0;
    HANDLE job = CreateJobObjectA(NULL, NULL);
    CHECK(GetProcessAffinityMask(GetCurrentProcess(), &mask, &system));
    DWORD_PTR one = mask & ~(mask - 1);
    CHECK(!limit(job, JOB_OBJECT_LIMIT_AFFINITY, 0, 0, 0));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    if (~system) {
        CHECK(!limit(job, JOB_OBJECT_LIMIT_AFFINITY, 0, 0, ~system));
        CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    }
    start(&made, "sleep", job);
    CHECK(limit(job, JOB_OBJECT_LIMIT_AFFINITY, 0, 0, one));
    CHECK(GetProcessAffinityMask(made.hProcess, &mask, &system));
    CHECK_EQ(mask, one);
    start(&other, "sleep", job); /* who comes later too */
    CHECK(GetProcessAffinityMask(other.hProcess, &mask, &system));
    CHECK_EQ(mask, one);
    CHECK(TerminateJobObject(job, 1));
    end_of(&made);
    end_of(&other);
    CloseHandle(job);
}

static void refused(void)
{
    HANDLE job = CreateJobObjectA(NULL, NULL);
    CHECK(!limit(job, JOB_OBJECT_LIMIT_JOB_TIME | JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME, 0, MS, 0));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!limit(job, JOB_OBJECT_LIMIT_SUBSET_AFFINITY, 0, 0, 1)); /* not of the basic class */
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!limit(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 0, 0, 0));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CloseHandle(job);
}

/* The last of too many is ended, as documented. */
static void crowd(void)
{
    static PROCESS_INFORMATION made[MANY];
    static struct {
        JOBOBJECT_BASIC_PROCESS_ID_LIST list;
        ULONG_PTR more[MANY];
    } ids;
    PROCESS_INFORMATION late;
    HANDLE job = CreateJobObjectA(NULL, NULL);
    for (int i = 0; i < MANY; i++)
        start(&made[i], "sleep", job);
    CHECK_EQ(account(job).BasicInfo.ActiveProcesses, MANY);
    CHECK(QueryInformationJobObject(job, JobObjectBasicProcessIdList, &ids, sizeof(ids), NULL));
    CHECK_EQ(ids.list.NumberOfProcessIdsInList, MANY);
    JOBOBJECT_BASIC_LIMIT_INFORMATION basic = {.LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
                                               .ActiveProcessLimit = MANY};
    CHECK(SetInformationJobObject(job, JobObjectBasicLimitInformation, &basic, sizeof(basic)));
    start(&late, "sleep", NULL);
    CHECK(!AssignProcessToJobObject(job, late.hProcess));
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_QUOTA);
    CHECK_EQ(end_of(&late), ERROR_NOT_ENOUGH_QUOTA);
    CHECK(TerminateJobObject(job, 3));
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(end_of(&made[i]), 3);
    CHECK_EQ(account(job).BasicInfo.ActiveProcesses, 0);
    CloseHandle(job);
}

int main(int argc, char **argv)
{
    self = argv[0];
    if (argc > 1 && strcmp(argv[1], "burn") == 0)
        for (volatile long i = 0;; i++)
            ;
    if (argc > 1 && strcmp(argv[1], "sleep") == 0)
        Sleep(30000);
    if (argc > 1)
        return 7;
    of_a_process();
    of_the_job();
    told();
    processors();
    refused();
    crowd();
    return CHECK_DONE();
}
