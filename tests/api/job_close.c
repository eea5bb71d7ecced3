/* JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE: the members end with the last handle: closed, its process gone, or killed. */
#include "check.h"

#include <windows.h>
#include <jobapi.h>
#include <string.h>

static char *self;

static void start(PROCESS_INFORMATION *made, const char *what)
{
    char line[600];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    snprintf(line, sizeof(line), "\"%s\" %s", self, what);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, made));
}

static HANDLE make_job(const char *name)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    HANDLE job = CreateJobObjectA(NULL, name);
    REQUIRE(job);
    CHECK(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)));
    return job;
}

/* Owns a job with a member that sleeps, tells its id, and ends as it is told. */
static int owner(const char *how)
{
    PROCESS_INFORMATION made;
    HANDLE job = make_job(NULL);
    HANDLE told = OpenEventA(EVENT_ALL_ACCESS, FALSE, "winmem-test-job-close");
    HANDLE map = OpenFileMappingA(FILE_MAP_WRITE, FALSE, "winmem-test-job-close-id");
    volatile DWORD *id = MapViewOfFile(map, FILE_MAP_WRITE, 0, 0, sizeof(DWORD));
    REQUIRE(told && id);
    start(&made, "sleep");
    CHECK(AssignProcessToJobObject(job, made.hProcess));
    *id = made.dwProcessId;
    SetEvent(told);
    if (strcmp(how, "stay") == 0)
        Sleep(30000);
    return 0;
}

static void member_ends(const char *how, BOOL kill)
{
    PROCESS_INFORMATION made;
    HANDLE told = CreateEventA(NULL, FALSE, FALSE, "winmem-test-job-close");
    HANDLE map = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "winmem-test-job-close-id");
    volatile DWORD *id = MapViewOfFile(map, FILE_MAP_READ, 0, 0, sizeof(DWORD));
    REQUIRE(told && id);
    start(&made, how);
    CHECK_EQ(WaitForSingleObject(told, 20000), WAIT_OBJECT_0);
    HANDLE member = OpenProcess(SYNCHRONIZE, FALSE, *id); /* NULL: it is gone by now */
    if (kill) {
        REQUIRE(member);
        CHECK_EQ(WaitForSingleObject(member, 0), WAIT_TIMEOUT);
        CHECK(TerminateProcess(made.hProcess, 1));
    }
    CHECK(!member || WaitForSingleObject(member, 20000) == WAIT_OBJECT_0);
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    UnmapViewOfFile((void *)id);
    CloseHandle(map);
    CloseHandle(told);
    CloseHandle(member);
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
}

static void last_handle(void)
{
    PROCESS_INFORMATION made;
    DWORD ended;
    HANDLE job = make_job("winmem-test-job-close-named");
    HANDLE other = OpenJobObjectA(JOB_OBJECT_ALL_ACCESS, FALSE, "winmem-test-job-close-named");
    start(&made, "sleep");
    CHECK(AssignProcessToJobObject(job, made.hProcess));
    CloseHandle(job);
    CHECK_EQ(WaitForSingleObject(made.hProcess, 0), WAIT_TIMEOUT);
    CHECK(GetExitCodeProcess(made.hProcess, &ended) && ended == STILL_ACTIVE);
    CloseHandle(other);
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    CloseHandle(made.hProcess);
    CloseHandle(made.hThread);
}

int main(int argc, char **argv)
{
    self = argv[0];
    if (argc > 1 && strcmp(argv[1], "sleep") == 0) {
        Sleep(30000);
        return 0;
    }
    if (argc > 1)
        return owner(argv[1]);
    last_handle();
    member_ends("leave", FALSE);
    member_ends("stay", TRUE);
    return CHECK_DONE();
}
