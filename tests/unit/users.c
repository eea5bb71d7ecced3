/* Who may what: a runtime directory that is not this user's alone is refused, and so are names in it that are links,
 * pipes or another user's files; a stranger's process is not opened; root may look into and change that of any user. */
#include "check.h"

#include <windows.h>

#include <fcntl.h>
#include <jobapi.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static char top[] = "/tmp/winmem-test-users-XXXXXX";

/* The error of making an event of this name with this runtime directory, in a process that has not looked for it yet.
 */
static DWORD make_in(const char *directory)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        setenv("WINMEM_RUNTIME_DIR", directory, 1);
        SetLastError(0);
        HANDLE event = CreateEventA(NULL, FALSE, FALSE, "it");
        _exit(event ? 0 : (int)GetLastError());
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return (DWORD)WEXITSTATUS(status);
}

static const char *below(const char *name)
{
    static char path[4][200];
    static unsigned next;
    char *at = path[next++ % 4];
    snprintf(at, 200, "%s/%s", top, name);
    return at;
}

static void put(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    CHECK(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
}

static void directories(void)
{
    struct stat status;
    REQUIRE(mkdir(below("good"), 0700) == 0);
    CHECK_EQ(make_in(below("good")), 0);
    CHECK_EQ(make_in(below("made")), 0); /* made where it is missing, for this user alone */
    CHECK(stat(below("made"), &status) == 0 && (status.st_mode & 0777) == 0700);
    CHECK(symlink(below("good"), below("link")) == 0);
    CHECK_EQ(make_in(below("link")), ERROR_ACCESS_DENIED);
    CHECK(mkdir(below("open"), 0700) == 0 && chmod(below("open"), 0770) == 0);
    CHECK_EQ(make_in(below("open")), ERROR_ACCESS_DENIED);
    put(below("file"), "x");
    CHECK_EQ(make_in(below("file")), ERROR_ACCESS_DENIED);
    if (geteuid() == 0) {
        CHECK(mkdir(below("other"), 0700) == 0 && chown(below("other"), NOBODY, NOBODY) == 0);
        CHECK_EQ(make_in(below("other")), ERROR_ACCESS_DENIED);
    }
}

static void names(void)
{
    struct stat status;
    put(below("precious"), "precious");
    unlink(below("good/n_it")); /* its makers ended without a word */
    CHECK(symlink(below("precious"), below("good/n_it")) == 0);
    CHECK_EQ(make_in(below("good")), ERROR_ACCESS_DENIED);
    CHECK(stat(below("precious"), &status) == 0 && status.st_size == 8);
    CHECK(unlink(below("good/n_it")) == 0 && mkfifo(below("good/n_it"), 0600) == 0);
    CHECK_EQ(make_in(below("good")), ERROR_ACCESS_DENIED);
    CHECK(unlink(below("good/n_it")) == 0);
    put(below("good/n_it"), "what somebody left here, who is dead");
    CHECK_EQ(make_in(below("good")), 0);
    if (geteuid() != 0)
        return;
    put(below("good/n_it"), "a link to what is another's");
    CHECK(chown(below("good/n_it"), NOBODY, NOBODY) == 0);
    CHECK_EQ(make_in(below("good")), ERROR_ACCESS_DENIED);
    CHECK(unlink(below("good/n_it")) == 0);
}

/* A process of nobody, whose agent runs; it writes a byte when it is ready. */
static pid_t start_nobody(void)
{
    int ready[2];
    char byte;
    REQUIRE(pipe(ready) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        unsetenv("WINMEM_RUNTIME_DIR");
        if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
            _exit(1);
        prctl(PR_SET_DUMPABLE, 1);
        BOOL in = AssignProcessToJobObject(CreateJobObjectA(NULL, NULL), GetCurrentProcess());
        _exit(write(ready[1], in ? "x" : "-", 1) != 1 || sleep(30) != 0);
    }
    REQUIRE(read(ready[0], &byte, 1) == 1);
    CHECK_EQ(byte, 'x');
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void root_may(void)
{
    char text[8] = "";
    pid_t pid = start_nobody();
    HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, (DWORD)pid);
    REQUIRE(process);
    void *block = VirtualAllocEx(process, NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(block != NULL);
    CHECK(WriteProcessMemory(process, block, "byroot", 7, NULL));
    CHECK(ReadProcessMemory(process, block, text, 7, NULL) && strcmp(text, "byroot") == 0);
    CHECK(VirtualFreeEx(process, block, 0, MEM_RELEASE));
    CHECK(TerminateProcess(process, 0));
    CHECK(waitpid(pid, NULL, 0) == pid);
    CloseHandle(process);
}

/* Nobody may not open root's. */
static void stranger(void)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
            _exit(2);
        HANDLE process = OpenProcess(PROCESS_VM_READ, FALSE, (DWORD)getppid());
        _exit(process == NULL && GetLastError() == ERROR_ACCESS_DENIED ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
}

static void connect_as_nobody(const struct sockaddr_un *address)
{
    char byte;
    if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)
        _exit(2);
    int line = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (connect(line, (const struct sockaddr *)address, sizeof(*address)) != 0)
        _exit(3);
    _exit(read(line, &byte, 1) > 0 ? 4 : 0); /* whatever it would have asked: the line is closed */
}

/* The directory keeps strangers out. One that gets to the socket all the same (somebody opened the directory, or handed
 * it over) is refused by the target, which says whose request that was. */
static void stranger_at_the_socket(void)
{
    char text[200] = "", wanted[100];
    int said[2], status = -1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    REQUIRE(pipe(said) == 0 && mkdir(below("reached"), 0700) == 0);
    pid_t target = fork();
    if (target == 0) {
        setenv("WINMEM_RUNTIME_DIR", below("reached"), 1);
        dup2(said[1], 2);
        AssignProcessToJobObject(CreateJobObjectA(NULL, NULL), GetCurrentProcess());
        _exit(sleep(30) != 0);
    }
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/a_%d", below("reached"), (int)target);
    for (int i = 0; i < 1000 && access(address.sun_path, F_OK) != 0; i++)
        Sleep(10);
    REQUIRE(chmod(top, 0711) == 0 && chmod(below("reached"), 0711) == 0 && chmod(address.sun_path, 0666) == 0);
    pid_t pid = fork();
    if (pid == 0)
        connect_as_nobody(&address);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
    CHECK(read(said[0], text, sizeof(text) - 1) > 0);
    snprintf(wanted, sizeof(wanted), "winmem: process %d of user %d was refused", (int)pid, NOBODY);
    CHECK(strstr(text, wanted) != NULL);
    kill(target, SIGKILL);
    CHECK(waitpid(target, NULL, 0) == target);
    close(said[0]);
    close(said[1]);
}

int main(void)
{
    char line[100];
    unsetenv("WINMEM_RUNTIME_DIR");
    REQUIRE(mkdtemp(top));
    directories();
    names();
    if (geteuid() == 0) {
        stranger_at_the_socket(); /* first: nothing here has looked for the directory yet */
        root_may();
        stranger();
    }
    snprintf(line, sizeof(line), "rm -rf %s", top);
    CHECK_EQ(system(line), 0);
    return CHECK_DONE();
}
