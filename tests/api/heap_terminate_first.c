/* heap_terminate_first.c: HeapEnableTerminationOnCorruption as a program's first call, where most programs have it. */
#include <windows.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

int main(void)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
        void *volatile block = HeapAlloc(GetProcessHeap(), 0, 40);
        HeapFree(GetProcessHeap(), 0, block);
        HeapFree(GetProcessHeap(), 0, block); /* does not return */
        _exit(0);
    }
    REQUIRE(pid > 0);
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    return check_done();
}
