/* Memory resource notifications of a job: what one member takes is what another one is told; what it held is there
 * again for the others when it dies.
 * test traits: no-asan (its shadow would be in the budget) */
#include "check.h"

#include <windows.h>

#include <string.h>

#define NAME "winmem-test-job-notification"
#define BUDGET ((SIZE_T)24 << 20)
#define LONG_ENOUGH 30000

/* The other member: takes as much as the whole budget, of what is not easily made small, and keeps it. */
static int other(void)
{
    HANDLE go = OpenEventA(SYNCHRONIZE, FALSE, NAME "-go");
    unsigned *memory = VirtualAlloc(NULL, BUDGET, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(go && memory);
    CHECK_EQ(WaitForSingleObject(go, LONG_ENOUGH), WAIT_OBJECT_0);
    for (;;) {
        unsigned value = 1;
        for (SIZE_T i = 0; i < BUDGET / sizeof *memory; i++)
            memory[i] = value = value * 1664525u + 1013904223u;
        Sleep(1);
    }
}

static BOOL is(HANDLE notification)
{
    BOOL state = FALSE;
    CHECK(QueryMemoryResourceNotification(notification, &state));
    return state;
}

static DWORD WINAPI sleeper(LPVOID low)
{
    return WaitForSingleObject(low, LONG_ENOUGH);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return other();
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION made;
    DWORD result = 99;
    char line[600];
    HANDLE job = CreateJobObjectA(NULL, NULL), go = CreateEventA(NULL, TRUE, FALSE, NAME "-go");
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_WORKINGSET;
    limits.BasicLimitInformation.MinimumWorkingSetSize = 1 << 20;
    limits.BasicLimitInformation.MaximumWorkingSetSize = BUDGET;
    REQUIRE(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits));
    REQUIRE(AssignProcessToJobObject(job, GetCurrentProcess()));
    HANDLE low = CreateMemoryResourceNotification(LowMemoryResourceNotification);
    HANDLE high = CreateMemoryResourceNotification(HighMemoryResourceNotification);
    REQUIRE(low && high && go);
    snprintf(line, sizeof line, "\"%s\" other", argv[0]);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    CHECK(!is(low) && is(high));
    HANDLE thread = CreateThread(NULL, 0, sleeper, low, 0, NULL);
    CHECK_EQ(WaitForSingleObject(thread, 30), WAIT_TIMEOUT);
    CHECK(SetEvent(go));
    CHECK_EQ(WaitForSingleObject(thread, LONG_ENOUGH), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &result) && result == WAIT_OBJECT_0);
    CHECK(!is(high));
    CHECK(TerminateProcess(made.hProcess, 0));
    CHECK_EQ(WaitForSingleObject(high, LONG_ENOUGH), WAIT_OBJECT_0);
    CHECK(!is(low));
    return CHECK_DONE();
}
