/* Targets that do not answer: stopped, gone to another program, of another user, dead: every call on them ends with an
 * error in bounded time, and what needs no answer still works. */
#include "check.h"

#include <windows.h>

#include <psapi.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME "winmem-test-wedged"

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int child(char **argv)
{
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, NAME "-ready"), go = OpenEventA(SYNCHRONIZE, FALSE, NAME "-go");
    if (!ready || !go)
        return 2;
    SetEvent(ready);
    WaitForSingleObject(go, 30000);
    argv[0] = (char *)"sleep";
    argv[1] = (char *)"30";
    argv[2] = NULL;
    execvp("sleep", argv);
    return 3;
}

/* Those who ask at once have their answer at once. */
static DWORD WINAPI asker(LPVOID process)
{
    return !VirtualAllocEx(process, NULL, 4096, MEM_RESERVE, PAGE_READWRITE) && GetLastError() == ERROR_SEM_TIMEOUT;
}

static void together(HANDLE process)
{
    HANDLE thread[6];
    double start = seconds();
    for (int i = 0; i < 6; i++)
        thread[i] = CreateThread(NULL, 0, asker, process, 0, NULL);
    CHECK_EQ(WaitForMultipleObjects(6, thread, TRUE, 60000), WAIT_OBJECT_0);
    CHECK(seconds() - start < 10); /* not the sum of what each would wait */
    for (int i = 0; i < 6; i++) {
        DWORD timed_out = 0;
        CHECK(GetExitCodeThread(thread[i], &timed_out) && timed_out);
        CloseHandle(thread[i]);
    }
}

static void refuses(HANDLE process, DWORD error, double bound)
{
    MEMORY_BASIC_INFORMATION page;
    double start = seconds();
    CHECK(!VirtualAllocEx(process, NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    CHECK_EQ(GetLastError(), error);
    CHECK(!VirtualFreeEx(process, (void *)0x200000010000, 0, MEM_RELEASE));
    CHECK(seconds() - start < bound);
    VirtualQueryEx(process, (void *)0x200000010000, &page, sizeof(page)); /* whatever it answers, it answers */
    CHECK(seconds() - start < bound * 2);
}

/* As another user: fork is quicker than a program of its own. */
static void stranger(DWORD id)
{
    if (geteuid() != 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
            _exit(2);
        HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, id);
        _exit(process == NULL && GetLastError() == ERROR_ACCESS_DENIED ? 0 : 1);
    }
    int status = -1;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return child(argv);
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, NAME "-ready"), go = CreateEventA(NULL, FALSE, FALSE, NAME "-go");
    char line[600], byte = 0;
    static char known[] = "known";
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    snprintf(line, sizeof(line), "\"%s\" child x", argv[0]);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &made));
    REQUIRE(WaitForSingleObject(ready, 20000) == WAIT_OBJECT_0);
    void *block = VirtualAllocEx(made.hProcess, NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(block && WriteProcessMemory(made.hProcess, block, known, sizeof(known), NULL));
    stranger(made.dwProcessId);
    int stopped = 0;
    kill((pid_t)made.dwProcessId, SIGSTOP);
    CHECK(waitpid((pid_t)made.dwProcessId, &stopped, WUNTRACED) > 0 && WIFSTOPPED(stopped));
    refuses(made.hProcess, ERROR_SEM_TIMEOUT, 15);
    together(made.hProcess);
    CHECK(ReadProcessMemory(made.hProcess, block, &byte, 1, NULL) && byte == 'k'); /* the kernel does that alone */
    CHECK_EQ(WaitForSingleObject(made.hProcess, 0), WAIT_TIMEOUT);
    kill((pid_t)made.dwProcessId, SIGCONT);
    CHECK(VirtualFreeEx(made.hProcess, block, 0, MEM_RELEASE));
    SetEvent(go);
    DWORD code = 0;
    for (int i = 0; i < 1000 && ReadProcessMemory(made.hProcess, line, &byte, 1, NULL); i++)
        Sleep(1);
    Sleep(300); /* another program by now */
    refuses(made.hProcess, ERROR_NOT_SUPPORTED, 15);
    CHECK(TerminateProcess(made.hProcess, 5));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 10000), WAIT_OBJECT_0);
    refuses(made.hProcess, ERROR_ACCESS_DENIED, 5);
    CHECK(!ReadProcessMemory(made.hProcess, block, &byte, 1, NULL));
    CHECK(GetExitCodeProcess(made.hProcess, &code) && code == 5);
    CHECK(!TerminateProcess(made.hProcess, 6));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    return CHECK_DONE();
}
