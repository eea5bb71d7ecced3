/* Every host call, memory for the library's own objects among them, of the calls that make objects, threads and
 * processes fails once: the call reports one error and leaves no handle, descriptor, thread or child, and works the
 * next time; or it does without. */
#include <windows.h>

#include <dirent.h>
#include <errno.h>
#include <psapi.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <tlhelp32.h>
#include <unistd.h>

#include "check.h"
#include "host/gate.h"
#include "ob/ob.h"
#include "pager/pager.h"

static __thread bool mine;
static int countdown, calls;
static const char *failed_call;

static int fail_nth(const char *call)
{
    if (!mine)
        return 0;
    calls++;
    if (--countdown != 0)
        return 0;
    failed_call = call;
    return -ENOMEM;
}

struct ledger {
    size_t handles, descriptors, commit;
};

static struct ledger ledger(void)
{
    struct pager_commit commit;
    struct ledger all = {.handles = ob_handle_count()};
    DIR *directory = opendir("/proc/self/fd");
    while (directory && readdir(directory))
        all.descriptors++;
    closedir(directory);
    pager_get_commit(&commit);
    all.commit = commit.total;
    return all;
}

/* --- what is tried: the handles that were made go again with the gate open --- */

static HANDLE made[4];

static BOOL good(HANDLE handle)
{
    if (!handle || handle == INVALID_HANDLE_VALUE)
        return FALSE;
    for (int i = 0; i < 4; i++)
        if (!made[i]) {
            made[i] = handle;
            return TRUE;
        }
    return FALSE;
}

static char path[MAX_PATH];

static BOOL event(void)
{
    return good(CreateEventA(NULL, TRUE, FALSE, NULL));
}
static BOOL named_event(void)
{
    return good(CreateEventA(NULL, TRUE, FALSE, "winmem-test-objects-event"));
}
static BOOL named_again(void)
{
    return good(OpenEventA(EVENT_ALL_ACCESS, FALSE, "winmem-test-objects-kept"));
}
static BOOL named_mutex(void)
{
    return good(CreateMutexA(NULL, TRUE, "winmem-test-objects-mutex")) && ReleaseMutex(made[0]);
}
static BOOL named_semaphore(void)
{
    return good(CreateSemaphoreA(NULL, 1, 2, "winmem-test-objects-semaphore"));
}
static BOOL timer(void)
{
    return good(CreateWaitableTimerA(NULL, TRUE, "winmem-test-objects-timer"));
}
static BOOL named_section(void)
{
    return good(
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 1 << 20, "winmem-test-objects-section"));
}
static BOOL reserved_section(void)
{
    return good(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 1 << 20,
                                   "winmem-test-objects-reserved"));
}
static BOOL job(void)
{
    return good(CreateJobObjectA(NULL, "winmem-test-objects-job"));
}
static BOOL file(void)
{
    return good(CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL));
}
static BOOL overlapped(void)
{
    OVERLAPPED o = {.Internal = 0};
    DWORD moved;
    char byte;
    if (!good(CreateFileA(path, GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL)))
        return FALSE;
    return (ReadFile(made[0], &byte, 1, &moved, &o) || GetLastError() == ERROR_IO_PENDING) &&
           GetOverlappedResult(made[0], &o, &moved, TRUE);
}
static BOOL locked(void)
{
    return good(CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL)) &&
           LockFile(made[0], 0, 0, 10, 0) && UnlockFile(made[0], 0, 0, 10, 0);
}
static BOOL two_ends(void)
{
    HANDLE ends[2];
    return CreatePipe(&ends[0], &ends[1], NULL, 0) && good(ends[0]) && good(ends[1]);
}
static BOOL named_pipe(void)
{
    return good(CreateNamedPipeA("\\\\.\\pipe\\winmem-test-objects", PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 1, 4096,
                                 4096, 0, NULL)) &&
           good(CreateFileA("\\\\.\\pipe\\winmem-test-objects", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0,
                            NULL));
}
static BOOL port(void)
{
    OVERLAPPED *o;
    ULONG_PTR key;
    DWORD bytes;
    return good(CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0)) &&
           PostQueuedCompletionStatus(made[0], 1, 2, NULL) && GetQueuedCompletionStatus(made[0], &bytes, &key, &o, 0);
}
static BOOL search(void)
{
    WIN32_FIND_DATAW found;
    HANDLE handle = FindFirstFileW(u"/*", &found);
    return handle != INVALID_HANDLE_VALUE && FindClose(handle);
}
static BOOL snapshot(void)
{
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    return good(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPMODULE, 0)) && Process32First(made[0], &entry);
}

static DWORD WINAPI ends(void *unused)
{
    (void)unused;
    return 7;
}
static BOOL thread(void)
{
    DWORD code;
    return good(CreateThread(NULL, 0, ends, NULL, 0, NULL)) && WaitForSingleObject(made[0], 20000) == WAIT_OBJECT_0 &&
           GetExitCodeThread(made[0], &code) && code == 7;
}
static BOOL own_process(void)
{
    return good(OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId()));
}
static BOOL start(DWORD flags)
{
    char line[] = "/bin/true";
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    return CreateProcessA(NULL, line, NULL, NULL, FALSE, flags, NULL, NULL, &startup, &process) &&
           good(process.hProcess) && good(process.hThread);
}
static BOOL process(void)
{
    return start(0) && WaitForSingleObject(made[0], 20000) == WAIT_OBJECT_0;
}
static BOOL suspended_process(void)
{
    return start(CREATE_SUSPENDED) && ResumeThread(made[1]) != (DWORD)-1 &&
           WaitForSingleObject(made[0], 20000) == WAIT_OBJECT_0;
}
static BOOL duplicate(void)
{
    HANDLE copy;
    return event() && DuplicateHandle(GetCurrentProcess(), made[0], GetCurrentProcess(), &copy, 0, FALSE, 2) &&
           good(copy);
}

static const struct {
    const char *name;
    BOOL (*act)(void);
} acts[] = {
    {"event", event},
    {"named event", named_event},
    {"a name that is there", named_again},
    {"named mutex", named_mutex},
    {"named semaphore", named_semaphore},
    {"timer", timer},
    {"named section", named_section},
    {"reserved section", reserved_section},
    {"job", job},
    {"file", file},
    {"overlapped", overlapped},
    {"locked", locked},
    {"pipe", two_ends},
    {"named pipe", named_pipe},
    {"completion port", port},
    {"search", search},
    {"snapshot", snapshot},
    {"thread", thread},
    {"own process", own_process},
    {"process", process},
    {"suspended process", suspended_process},
    {"duplicate", duplicate},
};

/* The processes that were made are waited for, so that none is left. */
static void close_all(void)
{
    for (int i = 0; i < 4; i++) {
        DWORD id = made[i] ? GetProcessId(made[i]) : 0;
        if (id && id != GetCurrentProcessId()) {
            TerminateProcess(made[i], 1);
            CHECK_EQ(WaitForSingleObject(made[i], 20000), WAIT_OBJECT_0);
        }
        CHECK(!made[i] || CloseHandle(made[i]));
        made[i] = NULL;
    }
}

static bool disturbed(BOOL (*act)(void), int n)
{
    countdown = n, calls = 0, failed_call = "nothing";
    mine = true;
    host_gate = fail_nth;
    SetLastError(0xdeadbeef);
    BOOL done = act();
    DWORD error = GetLastError();
    host_gate = NULL;
    mine = false;
    close_all();
    CHECK(done || (error != 0xdeadbeef && error != ERROR_SUCCESS));
    return done;
}

/* Looked at again for a while: the library's thread may not be done with a process that has ended; nor was it before.
 */
static struct ledger compare(struct ledger *before)
{
    struct ledger after = ledger();
    for (int i = 0; i < 500 && after.descriptors > before->descriptors; i++) {
        usleep(2000);
        after = ledger();
    }
    CHECK_EQ(after.handles, before->handles);
    CHECK(after.descriptors <= before->descriptors);
    before->descriptors = after.descriptors;
    CHECK_EQ(after.commit, before->commit);
    return after;
}

/* The same with the kernel's own refusal: so many descriptors may be opened. */
static void few_descriptors(const char *name, BOOL (*act)(void), unsigned room)
{
    struct rlimit all, few;
    struct ledger before = ledger();
    int lowest = dup(0), failures = check_failures;
    close(lowest);
    REQUIRE(getrlimit(RLIMIT_NOFILE, &all) == 0);
    few = all;
    few.rlim_cur = (rlim_t)lowest + room;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
    SetLastError(0xdeadbeef);
    BOOL done = act();
    DWORD error = GetLastError();
    REQUIRE(setrlimit(RLIMIT_NOFILE, &all) == 0);
    close_all();
    CHECK(done || (error != 0xdeadbeef && error != ERROR_SUCCESS));
    (void)compare(&before);
    if (check_failures != failures)
        fprintf(stderr, "%s: with %u descriptors, the operation %s\n", name, room, done ? "succeeded" : "failed");
}

static void play(const char *name, BOOL (*act)(void))
{
    bool done = act();
    if (!done)
        fprintf(stderr, "%s: error %lu undisturbed\n", name, (unsigned long)GetLastError());
    REQUIRE(done);
    close_all();
    struct ledger before = ledger();
    int n = 1, failures = check_failures;
    for (bool over = false; n < 200 && !over; n++) {
        done = disturbed(act, n);
        over = calls < n;
        CHECK(done || !over);
        struct ledger after = compare(&before);
        if (check_failures != failures) {
            fprintf(stderr, "%s: after call %d (%s), the operation %s\n", name, n, failed_call,
                    done ? "succeeded" : "failed");
            failures = check_failures;
            before = after;
        }
    }
    CHECK(n < 200);
    CHECK(act());
    close_all();
}

int main(void)
{
    char folder[MAX_PATH];
    REQUIRE(GetTempPathA(sizeof folder, folder) && GetTempFileNameA(folder, "obj", 0, path));
    HANDLE kept = CreateEventA(NULL, TRUE, FALSE, "winmem-test-objects-kept");
    HANDLE filled = CreateFileA(path, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD moved;
    REQUIRE(kept && WriteFile(filled, "abc", 3, &moved, NULL) && CloseHandle(filled));
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        play(acts[i].name, acts[i].act);
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        for (unsigned room = 0; room < 6; room++)
            few_descriptors(acts[i].name, acts[i].act, room);
    CHECK(CloseHandle(kept) && DeleteFileA(path));
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    return CHECK_DONE();
}
