/* heap_corruption.c: wrong pointers: refused and remembered, and with
 * HeapEnableTerminationOnCorruption the end of the process, which vectored handlers see and no frame catches. */
#include <windows.h>

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static char output[16384];

/* Runs `function` in a child; its status, and its standard error in output. */
static int child(void (*function)(void))
{
    int ends[2], status = 0;
    fflush(NULL);
    REQUIRE(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        function();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while ((got = read(ends[0], output + length, sizeof output - 1 - length)) > 0)
        length += (size_t)got;
    output[length] = 0;
    close(ends[0]);
    waitpid(pid, &status, 0);
    return status;
}

static HANDLE heap;

static void double_free(void)
{
    char *volatile block = HeapAlloc(heap, 0, 40);
    HeapFree(heap, 0, block);
    if (HeapFree(heap, 0, block))
        _exit(2);
}

static void double_free_large(void)
{
    char *volatile block = HeapAlloc(heap, 0, 300000);
    HeapFree(heap, 0, block);
    if (HeapFree(heap, 0, block))
        _exit(2);
}

static void interior(void)
{
    char *block = HeapAlloc(heap, 0, 400);
    if (HeapFree(heap, 0, block + 16))
        _exit(2);
}

static void foreign(void)
{
    static char own[64];
    if (HeapFree(heap, 0, own + 16))
        _exit(2);
}

static void wrong_heap(void)
{
    if (HeapFree(GetProcessHeap(), 0, HeapAlloc(heap, 0, 400)))
        _exit(2);
}

static void realloc_freed(void)
{
    char *volatile block = HeapAlloc(heap, 0, 40);
    HeapFree(heap, 0, block);
    if (HeapReAlloc(heap, 0, block, 80))
        _exit(2);
}

static void (*const wrongs[])(void) = {double_free, double_free_large, interior, foreign, wrong_heap, realloc_freed};
static void (*wrong)(void);

static void terminating(void)
{
    REQUIRE(HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0));
    wrong();
}

static LONG CALLBACK watch(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode == (DWORD)STATUS_HEAP_CORRUPTION)
        (void)!write(2, "seen\n", 5);
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI last(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    _exit(5);
}

static void caught(void)
{
    AddVectoredExceptionHandler(1, watch);
    SetUnhandledExceptionFilter(last);
    __try {
        terminating();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        _exit(4);
    }
}

int main(void)
{
    REQUIRE((heap = HeapCreate(0, 0, 0)) != NULL);
    for (unsigned i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        wrong = wrongs[i];
        CHECK_EQ(child(wrong), 0);
        int status = child(terminating);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        CHECK(strstr(output, "heap corruption") != NULL);
        CHECK(strstr(output, "C0000374") != NULL);
        if (check_failures)
            fprintf(stderr, "wrong call %u\n", i);
        CHECK(strstr(output, "seen") == NULL);
    }
    wrong = double_free;
    int status = child(caught);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(strstr(output, "seen") != NULL);
    return check_done();
}
