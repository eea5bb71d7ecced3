/* Times of threads that run, wait to run and have ended, and of processes that have ended; what jobs refuse. */
#include "check.h"

#include <windows.h>

static unsigned long long ticks(FILETIME time)
{
    return (unsigned long long)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static DWORD WINAPI work(LPVOID unused)
{
    FILETIME begun, ended, kernel, user;
    (void)unused;
    do { /* till the clock of processor time has seen it */
        CHECK(GetThreadTimes(GetCurrentThread(), &begun, &ended, &kernel, &user));
    } while (ticks(kernel) + ticks(user) == 0);
    return 0;
}

static void times(void)
{
    FILETIME begun, ended, kernel, user, now, first;
    GetSystemTimeAsFileTime(&now);
    HANDLE thread = CreateThread(NULL, 0, work, NULL, CREATE_SUSPENDED, NULL);
    REQUIRE(thread);
    CHECK(GetThreadTimes(thread, &first, &ended, &kernel, &user));
    CHECK(ticks(first) + 100000000 > ticks(now) && ticks(ended) == 0);
    CHECK_EQ(ResumeThread(thread), 1);
    CHECK_EQ(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CHECK(GetThreadTimes(thread, &begun, &ended, &kernel, &user));
    CHECK_EQ(ticks(begun), ticks(first));
    CHECK(ticks(ended) >= ticks(begun) && ticks(kernel) + ticks(user) > 0);
    CloseHandle(thread);
    CHECK(!GetThreadTimes(NULL, &begun, &ended, &kernel, &user));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static void times_of_the_dead(char *self)
{
    char line[600];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    PROCESS_INFORMATION made;
    FILETIME begun, ended, kernel, user;
    snprintf(line, sizeof line, "\"%s\" child", self);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    CHECK_EQ(WaitForSingleObject(made.hProcess, INFINITE), WAIT_OBJECT_0);
    CHECK(GetProcessTimes(made.hProcess, &begun, &ended, &kernel, &user));
    CHECK(ticks(ended) >= ticks(begun) && ticks(begun) != 0);
    CHECK(ticks(kernel) + ticks(user) > 0);
    CloseHandle(made.hThread);
    CloseHandle(made.hProcess);
}

static void jobs(void)
{
    HANDLE job = CreateJobObjectA(NULL, NULL);
    JOBOBJECT_BASIC_LIMIT_INFORMATION limits = {.LimitFlags = JOB_OBJECT_LIMIT_PRIORITY_CLASS, .PriorityClass = 0x99};
    DWORD length = 77;
    CHECK_EQ(WaitForSingleObject(job, 0), WAIT_TIMEOUT);
    CHECK(!SetInformationJobObject(job, JobObjectBasicLimitInformation, &limits, sizeof(limits)));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    limits.PriorityClass = IDLE_PRIORITY_CLASS;
    CHECK(SetInformationJobObject(job, JobObjectBasicLimitInformation, &limits, sizeof(limits)));
    CHECK(!QueryInformationJobObject(job, JobObjectBasicLimitInformation, &limits, sizeof(limits) - 1, &length));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    CHECK_EQ(length, 77);
    CHECK(!QueryInformationJobObject(job, JobObjectBasicLimitInformation, NULL, sizeof(limits), &length));
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
    CHECK(!SetInformationJobObject(job, JobObjectBasicLimitInformation, NULL, sizeof(limits)));
    CHECK_EQ(GetLastError(), ERROR_NOACCESS);
    CHECK(QueryInformationJobObject(job, JobObjectBasicLimitInformation, &limits, sizeof(limits), &length));
    CHECK_EQ(length, sizeof(limits));
    CHECK_EQ(limits.PriorityClass, IDLE_PRIORITY_CLASS);
    CloseHandle(job);
}

/* Since the system was started: they go on, and with its sleep they are no less. */
static void since_the_start(void)
{
    ULONGLONG awake = 0, later = 0, all = 0;
    CHECK(QueryUnbiasedInterruptTime(&awake) && awake != 0);
    Sleep(2);
    QueryUnbiasedInterruptTimePrecise(&later);
    QueryInterruptTimePrecise(&all);
    CHECK(later > awake && all >= later);
    CHECK(!QueryUnbiasedInterruptTime(NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return 0;
    times_of_the_dead(argv[0]);
    jobs();
    times();
    since_the_start();
    return CHECK_DONE();
}
