/* A process that keeps its memory to itself (not dumpable) is changed by nobody but root; the same user's requests are
 * refused by the target itself. Runs as a user of no rights when it is started as root. */
#include "check.h"

#include <windows.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int child(void)
{
    HANDLE ready = OpenEventA(EVENT_ALL_ACCESS, FALSE, "winmem-test-private-ready");
    HANDLE go = OpenEventA(SYNCHRONIZE, FALSE, "winmem-test-private-go");
    prctl(PR_SET_DUMPABLE, 0);
    SetEvent(ready);
    WaitForSingleObject(go, 20000);
    prctl(PR_SET_DUMPABLE, 1);
    SetEvent(ready);
    Sleep(20000);
    return 0;
}

/* What the target said where it was refused: whose request that was. */
static void said(const char *path)
{
    char text[400] = "", wanted[100];
    FILE *log = fopen(path, "r");
    REQUIRE(log);
    CHECK(fread(text, 1, sizeof(text) - 1, log) > 0);
    fclose(log);
    snprintf(wanted, sizeof(wanted), "winmem: process %d of user %d was refused", getpid(), (int)geteuid());
    CHECK(strstr(text, wanted) != NULL);
}

int main(int argc, char **argv)
{
    char directory[] = "/tmp/winmem-test-private-XXXXXX", line[600];
    if (argc > 1)
        return child();
    REQUIRE(mkdtemp(directory));
    if (geteuid() == 0) {
        REQUIRE(chown(directory, 65534, 65534) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
        prctl(PR_SET_DUMPABLE, 1);
        if (access(argv[0], X_OK) != 0)
            SKIP("the test cannot be read by others");
    }
    setenv("WINMEM_RUNTIME_DIR", directory, 1);
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, "winmem-test-private-ready");
    HANDLE go = CreateEventA(NULL, FALSE, FALSE, "winmem-test-private-go");
    REQUIRE(ready && go);
    PROCESS_INFORMATION made;
    SECURITY_ATTRIBUTES inheritable = {sizeof(inheritable), NULL, TRUE};
    char log[100];
    snprintf(log, sizeof(log), "%s/log", directory);
    STARTUPINFOA startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    startup.hStdError = CreateFileA(log, GENERIC_WRITE, FILE_SHARE_READ, &inheritable, CREATE_ALWAYS, 0, NULL);
    REQUIRE(startup.hStdError != INVALID_HANDLE_VALUE);
    snprintf(line, sizeof(line), "\"%s\" child", argv[0]);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &made));
    CHECK_EQ(WaitForSingleObject(ready, 20000), WAIT_OBJECT_0);
    CHECK(!VirtualAllocEx(made.hProcess, NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
    CHECK_EQ(GetLastError(), ERROR_ACCESS_DENIED);
    said(log);
    SetEvent(go);
    CHECK_EQ(WaitForSingleObject(ready, 20000), WAIT_OBJECT_0);
    void *block = VirtualAllocEx(made.hProcess, NULL, 65536, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    CHECK(block != NULL);
    CHECK(VirtualFreeEx(made.hProcess, block, 0, MEM_RELEASE));
    CHECK(TerminateProcess(made.hProcess, 0));
    CHECK_EQ(WaitForSingleObject(made.hProcess, 20000), WAIT_OBJECT_0);
    CloseHandle(ready);
    CloseHandle(go);
    snprintf(line, sizeof(line), "rm -rf %s", directory);
    CHECK_EQ(system(line), 0);
    return CHECK_DONE();
}
