/* A completion port that follows a job: who comes, who goes and how, what the limits refuse, when nobody is left. */
#include "check.h"

#include <windows.h>
#include <jobapi.h>
#include <string.h>

static HANDLE port;
static char *self;

static void start(PROCESS_INFORMATION *made, const char *what, DWORD flags, BOOL wanted)
{
    char line[600];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    snprintf(line, sizeof(line), "\"%s\" %s", self, what);
    BOOL done = CreateProcessA(NULL, line, NULL, NULL, FALSE, flags, NULL, NULL, &startup, made);
    CHECK_EQ(done, wanted);
    REQUIRE(done || !wanted);
}

static void close_both(PROCESS_INFORMATION *made)
{
    CloseHandle(made->hProcess);
    CloseHandle(made->hThread);
}

/* The next message, which is `message` about the process `id`. */
static void expect(DWORD message, DWORD id)
{
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    LPOVERLAPPED about = NULL;
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &about, 20000));
    CHECK_EQ(key, 0x1234);
    CHECK_EQ(bytes, message);
    CHECK_EQ((ULONG_PTR)about, id);
}

static void expect_nothing(void)
{
    DWORD bytes;
    ULONG_PTR key;
    LPOVERLAPPED about;
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &about, 0));
    CHECK_EQ(GetLastError(), WAIT_TIMEOUT);
}

/* More of both than it was to have, and stays. */
static int writes(void)
{
    DWORD done;
    char *memory = VirtualAlloc(NULL, 40 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    HANDLE null = CreateFileA("NUL", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (memory && WriteFile(null, memory, 2 << 20, &done, NULL))
        Sleep(20000);
    return 1;
}

static int child(const char *what)
{
    if (strcmp(what, "writes") == 0)
        return writes();
    HANDLE go = OpenEventA(SYNCHRONIZE, FALSE, "winmem-test-job-messages");
    if (strcmp(what, "wait") == 0)
        WaitForSingleObject(go, 20000);
    CloseHandle(go);
    if (strcmp(what, "crash") == 0)
        RaiseException((DWORD)STATUS_ACCESS_VIOLATION, 0, 0, NULL);
    if (strcmp(what, "often") == 0) {
        for (int i = 0; i < 0x10001; i++)
            if (VirtualAlloc(NULL, 64 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE))
                return 1;
        return 7;
    }
    if (strcmp(what, "much") == 0)
        return VirtualAlloc(NULL, 64 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) != NULL;
    return 7;
}

static void set_limits(HANDLE job, DWORD flags, DWORD active, SIZE_T process)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    limits.BasicLimitInformation.LimitFlags = flags;
    limits.BasicLimitInformation.ActiveProcessLimit = active;
    limits.ProcessMemoryLimit = process;
    CHECK(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)));
}

static void come_and_go(HANDLE job, HANDLE go)
{
    PROCESS_INFORMATION one, two;
    start(&one, "wait", CREATE_SUSPENDED, TRUE);
    CHECK(AssignProcessToJobObject(job, one.hProcess));
    expect(JOB_OBJECT_MSG_NEW_PROCESS, one.dwProcessId);
    ResumeThread(one.hThread);
    start(&two, "crash", CREATE_SUSPENDED, TRUE);
    CHECK(AssignProcessToJobObject(job, two.hProcess));
    expect(JOB_OBJECT_MSG_NEW_PROCESS, two.dwProcessId);
    ResumeThread(two.hThread);
    expect(JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS, two.dwProcessId);
    expect_nothing();
    SetEvent(go);
    expect(JOB_OBJECT_MSG_EXIT_PROCESS, one.dwProcessId);
    expect(JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
    DWORD code = 0;
    CHECK_EQ(WaitForSingleObject(one.hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(one.hProcess, &code));
    CHECK_EQ(code, 7);
    BOOL in = FALSE;
    CHECK(IsProcessInJob(one.hProcess, job, &in) && in); /* what it was in it is said to be in */
    in = FALSE;
    CHECK(IsProcessInJob(one.hProcess, NULL, &in) && in);
    close_both(&one);
    close_both(&two);
}

static void limits_tell(HANDLE job)
{
    PROCESS_INFORMATION one, two;
    set_limits(job, JOB_OBJECT_LIMIT_PROCESS_MEMORY | JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 1, 32 << 20);
    start(&one, "much", CREATE_SUSPENDED, TRUE);
    start(&two, "much", CREATE_SUSPENDED, TRUE);
    CHECK(AssignProcessToJobObject(job, one.hProcess));
    expect(JOB_OBJECT_MSG_NEW_PROCESS, one.dwProcessId);
    CHECK(!AssignProcessToJobObject(job, two.hProcess));
    CHECK_EQ(GetLastError(), ERROR_NOT_ENOUGH_QUOTA);
    expect(JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, 0);
    TerminateProcess(two.hProcess, 1);
    ResumeThread(one.hThread);
    expect(JOB_OBJECT_MSG_PROCESS_MEMORY_LIMIT, one.dwProcessId);
    expect(JOB_OBJECT_MSG_EXIT_PROCESS, one.dwProcessId);
    expect(JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
    close_both(&one);
    close_both(&two);
    set_limits(job, 0, 0, 0);
}

/* However often one limit refuses, the other has refused nothing. */
static void refused_often(HANDLE job)
{
    PROCESS_INFORMATION one;
    DWORD bytes = 0, refusals = 0;
    ULONG_PTR key;
    LPOVERLAPPED about;
    set_limits(job, JOB_OBJECT_LIMIT_PROCESS_MEMORY, 0, 32 << 20);
    start(&one, "often", CREATE_SUSPENDED, TRUE);
    CHECK(AssignProcessToJobObject(job, one.hProcess));
    expect(JOB_OBJECT_MSG_NEW_PROCESS, one.dwProcessId);
    ResumeThread(one.hThread);
    while (GetQueuedCompletionStatus(port, &bytes, &key, &about, 20000) && bytes == JOB_OBJECT_MSG_PROCESS_MEMORY_LIMIT)
        refusals++;
    CHECK(refusals > 0);
    CHECK_EQ(bytes, JOB_OBJECT_MSG_EXIT_PROCESS);
    expect(JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
    close_both(&one);
    set_limits(job, 0, 0, 0);
}

/* Limits that are told of and not kept. */
static void notices(HANDLE job)
{
    const DWORD flags = JOB_OBJECT_LIMIT_JOB_MEMORY | JOB_OBJECT_LIMIT_JOB_WRITE_BYTES;
    JOBOBJECT_NOTIFICATION_LIMIT_INFORMATION limits = {0}, have = {0};
    JOBOBJECT_LIMIT_VIOLATION_INFORMATION told = {0};
    PROCESS_INFORMATION one;
    DWORD length = 0;
    limits.LimitFlags = 1;
    CHECK(!SetInformationJobObject(job, JobObjectNotificationLimitInformation, &limits, sizeof(limits)));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
#ifndef _WIN32
    limits.LimitFlags = JOB_OBJECT_LIMIT_RATE_CONTROL;
    CHECK(!SetInformationJobObject(job, JobObjectNotificationLimitInformation, &limits, sizeof(limits)));
    CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
#endif
    limits.LimitFlags = flags;
    limits.JobMemoryLimit = 32 << 20;
    limits.IoWriteBytesLimit = 1 << 20;
    CHECK(!SetInformationJobObject(job, JobObjectNotificationLimitInformation, &limits, sizeof(limits) - 8));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    CHECK(SetInformationJobObject(job, JobObjectNotificationLimitInformation, &limits, sizeof(limits)));
    CHECK(QueryInformationJobObject(job, JobObjectNotificationLimitInformation, &have, sizeof(have), &length));
    CHECK(length == sizeof(have) && have.LimitFlags == flags && have.JobMemoryLimit == 32 << 20);
    CHECK(QueryInformationJobObject(job, JobObjectLimitViolationInformation, &told, sizeof(told), NULL));
    CHECK(told.LimitFlags == flags && told.ViolationLimitFlags == 0);
    start(&one, "writes", CREATE_SUSPENDED, TRUE);
    CHECK(AssignProcessToJobObject(job, one.hProcess));
    expect(JOB_OBJECT_MSG_NEW_PROCESS, one.dwProcessId);
    ResumeThread(one.hThread);
    expect(JOB_OBJECT_MSG_NOTIFICATION_LIMIT, one.dwProcessId);
    expect(JOB_OBJECT_MSG_NOTIFICATION_LIMIT, one.dwProcessId);
    expect_nothing();
    CHECK(QueryInformationJobObject(job, JobObjectLimitViolationInformation, &told, sizeof(told), NULL));
    CHECK(told.ViolationLimitFlags == flags && told.JobMemory > 32 << 20 && told.JobMemoryLimit == 32 << 20);
    CHECK(told.IoWriteBytes > 1 << 20 && told.IoWriteBytesLimit == 1 << 20);
    TerminateProcess(one.hProcess, 1);
    expect(JOB_OBJECT_MSG_EXIT_PROCESS, one.dwProcessId);
    expect(JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
    close_both(&one);
    limits.LimitFlags = 0;
    CHECK(SetInformationJobObject(job, JobObjectNotificationLimitInformation, &limits, sizeof(limits)));
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child(argv[1]);
    self = argv[0];
    HANDLE go = CreateEventA(NULL, TRUE, FALSE, "winmem-test-job-messages");
    HANDLE job = CreateJobObjectA(NULL, NULL);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    REQUIRE(go && job && port);
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT association = {(PVOID)0x1234, port};
    CHECK(!SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &association, 4));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    CHECK(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &association, sizeof(association)));
    expect_nothing();
    come_and_go(job, go);
    limits_tell(job);
    refused_often(job);
    notices(job);
    association.CompletionPort = NULL; /* and no more */
    CHECK(SetInformationJobObject(job, JobObjectAssociateCompletionPortInformation, &association, sizeof(association)));
    PROCESS_INFORMATION last;
    start(&last, "end", CREATE_SUSPENDED, TRUE);
    CHECK(AssignProcessToJobObject(job, last.hProcess));
    ResumeThread(last.hThread);
    CHECK_EQ(WaitForSingleObject(last.hProcess, 20000), WAIT_OBJECT_0);
    expect_nothing();
    close_both(&last);
    CloseHandle(job);
    CloseHandle(port);
    return CHECK_DONE();
}
