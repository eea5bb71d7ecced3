/* Jobs in jobs: a member of one is put into another, its memory counts in both, each refuses by itself; children are
 * in all, unless they break away or are given another by the list of attributes. */
#include "check.h"

#include <windows.h>
#include <jobapi.h>
#include <string.h>

static char *self;
static HANDLE outer, inner;

static BOOL start(PROCESS_INFORMATION *made, const char *what, DWORD flags, LPPROC_THREAD_ATTRIBUTE_LIST list)
{
    char line[600];
    STARTUPINFOEXA startup = {.StartupInfo = {.cb = sizeof(startup)}, .lpAttributeList = list};
    snprintf(line, sizeof(line), "\"%s\" %s", self, what);
    return CreateProcessA(NULL, line, NULL, NULL, FALSE, flags | EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                          &startup.StartupInfo, made);
}

static void end(PROCESS_INFORMATION *made)
{
    TerminateProcess(made->hProcess, 0);
    CHECK_EQ(WaitForSingleObject(made->hProcess, 20000), WAIT_OBJECT_0);
    CloseHandle(made->hProcess);
    CloseHandle(made->hThread);
}

static void set_limits(HANDLE job, DWORD flags, SIZE_T bytes)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    limits.BasicLimitInformation.LimitFlags = flags;
    limits.JobMemoryLimit = bytes;
    CHECK(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits)));
}

static DWORD active(HANDLE job)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting;
    CHECK(QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &accounting, sizeof(accounting), NULL));
    return accounting.ActiveProcesses;
}

static BOOL is_in(HANDLE process, HANDLE job)
{
    BOOL in = 2;
    CHECK(IsProcessInJob(process, job, &in));
    return in;
}

static void children(void)
{
    PROCESS_INFORMATION made;
    REQUIRE(start(&made, "sleep", 0, NULL));
    CHECK(is_in(made.hProcess, outer) && is_in(made.hProcess, inner));
    CHECK_EQ(active(outer), 2);
    CHECK_EQ(active(inner), 2);
    end(&made);
    CHECK_EQ(active(outer), 1);
    CHECK(!start(&made, "sleep", CREATE_BREAKAWAY_FROM_JOB, NULL));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    set_limits(inner, JOB_OBJECT_LIMIT_BREAKAWAY_OK, 0);
    REQUIRE(start(&made, "sleep", CREATE_BREAKAWAY_FROM_JOB, NULL));
    CHECK(is_in(made.hProcess, outer) && !is_in(made.hProcess, inner));
    end(&made);
    set_limits(outer, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, 0);
    set_limits(inner, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, 0);
    REQUIRE(start(&made, "sleep", 0, NULL));
    CHECK(!is_in(made.hProcess, outer) && !is_in(made.hProcess, inner) && !is_in(made.hProcess, NULL));
    end(&made);
    set_limits(outer, 0, 0);
    set_limits(inner, 0, 0);
}

static void listed_job(void)
{
    char room[256];
    SIZE_T size = sizeof(room);
    LPPROC_THREAD_ATTRIBUTE_LIST list = (LPPROC_THREAD_ATTRIBUTE_LIST)room;
    HANDLE third = CreateJobObjectA(NULL, NULL);
    PROCESS_INFORMATION made;
    REQUIRE(InitializeProcThreadAttributeList(list, 1, 0, &size));
    CHECK(UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, &third, sizeof(third), NULL, NULL));
    REQUIRE(start(&made, "sleep", 0, list));
    CHECK(is_in(made.hProcess, outer) && is_in(made.hProcess, inner) && is_in(made.hProcess, third));
    CHECK_EQ(active(third), 1);
    end(&made);
    CHECK_EQ(active(third), 0);
    DeleteProcThreadAttributeList(list);
    CloseHandle(third);
}

/* Jobs lie within each other: who is in none comes into the outer one first, a job that is alone has no inner members.
 */
static void within(void)
{
    PROCESS_INFORMATION made;
    HANDLE alone = CreateJobObjectA(NULL, NULL);
    set_limits(outer, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, 0);
    set_limits(inner, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, 0);
    REQUIRE(start(&made, "sleep", 0, NULL));
    CHECK(!AssignProcessToJobObject(inner, made.hProcess));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(AssignProcessToJobObject(outer, made.hProcess));
    CHECK(AssignProcessToJobObject(inner, made.hProcess));
    CHECK(is_in(made.hProcess, outer) && is_in(made.hProcess, inner));
    end(&made);
    REQUIRE(start(&made, "sleep", 0, NULL));
    CHECK(AssignProcessToJobObject(alone, made.hProcess));
    CHECK(!AssignProcessToJobObject(inner, made.hProcess)); /* which lies in another */
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    CHECK(!AssignProcessToJobObject(alone, GetCurrentProcess())); /* and is not in ours */
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    end(&made);
    CloseHandle(alone);
    set_limits(outer, 0, 0);
    set_limits(inner, 0, 0);
}

static void memory(void)
{
    set_limits(outer, JOB_OBJECT_LIMIT_JOB_MEMORY, 96 << 20);
    set_limits(inner, JOB_OBJECT_LIMIT_JOB_MEMORY, 48 << 20);
    CHECK(!VirtualAlloc(NULL, 64 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    set_limits(inner, 0, 0);
    void *block = VirtualAlloc(NULL, 64 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(block != NULL);
    CHECK(!VirtualAlloc(NULL, 64 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    CHECK(VirtualFree(block, 0, MEM_RELEASE));
    CHECK((block = VirtualAlloc(NULL, 64 << 20, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)) != NULL);
    VirtualFree(block, 0, MEM_RELEASE);
    set_limits(outer, 0, 0);
}

int main(int argc, char **argv)
{
    self = argv[0];
    if (argc > 1) {
        Sleep(30000);
        return 0;
    }
    outer = CreateJobObjectA(NULL, NULL);
    inner = CreateJobObjectA(NULL, NULL);
    CHECK(!is_in(GetCurrentProcess(), NULL));
    CHECK(AssignProcessToJobObject(outer, GetCurrentProcess()));
    CHECK(AssignProcessToJobObject(inner, GetCurrentProcess()));
    CHECK(is_in(GetCurrentProcess(), outer) && is_in(GetCurrentProcess(), inner) && is_in(GetCurrentProcess(), NULL));
    children();
    listed_job();
    within();
    memory();
    return CHECK_DONE();
}
