/* pipe_leftovers.c: what a process leaves of its named pipes when it just ends goes when the next pipe is made. */
#include "check.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <windows.h>

#include "host/runtime.h"

static char mark[16]; /* of the child's sockets */
static unsigned found;

static bool count(void *context, const char *name)
{
    (void)context;
    found += strstr(name, mark) != NULL;
    return true;
}

static unsigned left(void)
{
    found = 0;
    (void)host_runtime_each_socket("pipe-", count, NULL);
    return found;
}

static HANDLE make(const char *name)
{
    return CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, 0, 2, 0, 0, 0, NULL);
}

int main(void)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        bool made = make("\\\\.\\pipe\\leftover") != INVALID_HANDLE_VALUE;
        _exit(made ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    snprintf(mark, sizeof mark, "-%x-", (unsigned)child);
    CHECK_EQ(left(), 1);
    HANDLE other = make("\\\\.\\pipe\\another");
    CHECK(other != INVALID_HANDLE_VALUE);
    CHECK_EQ(left(), 0);
    CHECK(CloseHandle(other));
    return CHECK_DONE();
}
