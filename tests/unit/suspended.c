/* CREATE_SUSPENDED of programs that know nothing of the library: they stand before their first instruction, can be read
 * and ended so, and run with all that they were given once they are resumed. */
#include "check.h"

#include <windows.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char state_of(DWORD pid)
{
    char path[64], text[512] = "";
    snprintf(path, sizeof(path), "/proc/%u/stat", (unsigned)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    size_t got = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[got] = 0;
    char *end = strrchr(text, ')');
    return end ? end[2] : 0;
}

static void start(PROCESS_INFORMATION *made, const char *what, const char *directory, HANDLE output)
{
    char line[300];
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    if (output) {
        startup.dwFlags = STARTF_USESTDHANDLES;
        startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
        startup.hStdOutput = output;
        startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    }
    snprintf(line, sizeof(line), "/bin/sh -c \"%s\"", what);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, output != NULL, CREATE_SUSPENDED, NULL, directory, &startup, made));
}

static void finish(PROCESS_INFORMATION *made, DWORD wanted)
{
    DWORD code = 0;
    CHECK_EQ(WaitForSingleObject(made->hProcess, 20000), WAIT_OBJECT_0);
    CHECK(GetExitCodeProcess(made->hProcess, &code));
    CHECK_EQ(code, wanted);
    CloseHandle(made->hProcess);
    CloseHandle(made->hThread);
}

static void runs_when_resumed(void)
{
    PROCESS_INFORMATION made;
    start(&made, "exit 5", NULL, NULL);
    CHECK_EQ(WaitForSingleObject(made.hProcess, 0), WAIT_TIMEOUT);
    if (state_of(made.dwProcessId) != 'T') {
        TerminateProcess(made.hProcess, 0);
        SKIP("no process may be traced here");
    }
    CHECK_EQ(ResumeThread(made.hThread), 1);
    finish(&made, 5);
}

static void ends_without_running(void)
{
    PROCESS_INFORMATION made;
    start(&made, "exit 5", NULL, NULL);
    CHECK(TerminateProcess(made.hProcess, 77));
    finish(&made, 77);
}

static void takes_what_it_was_given(void)
{
    char name[] = "/tmp/winmem-test-suspended-XXXXXX", text[16] = "";
    int file = mkstemp(name);
    REQUIRE(file >= 0);
    close(file);
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof(inherit), .bInheritHandle = TRUE};
    HANDLE output = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, &inherit, OPEN_EXISTING, 0, NULL);
    PROCESS_INFORMATION made;
    DWORD got = 0;
    start(&made, "pwd", "/proc", output);
    CHECK_EQ(ResumeThread(made.hThread), 1);
    finish(&made, 0);
    SetFilePointer(output, 0, NULL, FILE_BEGIN);
    CHECK(ReadFile(output, text, sizeof(text) - 1, &got, NULL));
    CHECK(strcmp(text, "/proc\n") == 0);
    CloseHandle(output);
    unlink(name);
}

int main(void)
{
    runs_when_resumed();
    ends_without_running();
    takes_what_it_was_given();
    PROCESS_INFORMATION made;
    STARTUPINFOA startup = {.cb = sizeof(startup)};
    char line[] = "/nowhere/program";
    CHECK(!CreateProcessA(NULL, line, NULL, NULL, FALSE, CREATE_SUSPENDED, NULL, NULL, &startup, &made));
    return CHECK_DONE();
}
