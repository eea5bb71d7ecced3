/* A fault in the middle of the memory manager ends the program with a report, and a handler that then calls the manager
 * ends it with a message: nothing hangs. And faults that were right a moment ago are retried however often they come.
 */
#include <windows.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "mm/space.h"

static char output[8192];
static char *volatile nowhere = (char *)8;

static int run(void (*body)(void))
{
    int pipes[2], status = 0;
    size_t length = 0;
    ssize_t got;
    REQUIRE(pipe(pipes) == 0);
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        dup2(pipes[1], 2);
        close(pipes[0]);
        alarm(20);
        body();
        _exit(0);
    }
    close(pipes[1]);
    while (length < sizeof output - 1 && (got = read(pipes[0], output + length, sizeof output - 1 - length)) > 0)
        length += (size_t)got;
    output[length] = 0;
    close(pipes[0]);
    REQUIRE(waitpid(child, &status, 0) == child);
    return status;
}

static void fault_inside(void)
{
    space_lock();
    *(volatile char *)nowhere = 1;
}

static LONG CALLBACK asks(EXCEPTION_POINTERS *pointers)
{
    MEMORY_BASIC_INFORMATION information = {0};
    (void)pointers;
    VirtualQuery(&information, &information, sizeof information);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void handler_asks(void)
{
    AddVectoredExceptionHandler(1, asks);
    fault_inside();
}

/* Another thread's VirtualProtect comes between a fault and the look at it. */
static void late_faults(void)
{
    char *memory = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    struct mm_fault fault = {.address = (uintptr_t)memory, .operation = 1};
    DWORD old;
    for (int i = 0; i < 1000; i++) {
        REQUIRE(mm_fault(&fault) == MM_FAULT_RESOLVED);
        REQUIRE(VirtualProtect(memory, 4096, i % 2 ? PAGE_READWRITE : PAGE_EXECUTE_READWRITE, &old));
    }
    for (int i = 0; i < 7; i++) /* nothing changes any more: the kernel's idea is put right, then it is an error */
        CHECK_EQ(mm_fault(&fault), MM_FAULT_RESOLVED);
    CHECK_EQ(mm_fault(&fault), MM_FAULT_RAISE);
    VirtualFree(memory, 0, MEM_RELEASE);
}

int main(void)
{
    int status = run(fault_inside);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    CHECK(strstr(output, "EXCEPTION_ACCESS_VIOLATION") && strstr(output, "memory manager itself"));
    status = run(handler_asks);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(strstr(output, "winmem: the memory manager was called") != NULL);
    late_faults();
    return CHECK_DONE();
}
