/* seh_unhandled.c: how a program dies of an exception that nobody took: the report, the signal that its parent sees,
 * what the last filter, the error mode and a signal handler of the program's own make of it. */
#include <windows.h>

#include <intrin.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static char *volatile wild = (char *)0x1238;
static volatile int zero;
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

static int died_by(int status, int signal)
{
    int right = WIFSIGNALED(status) && WTERMSIG(status) == signal;
    if (!right)
        fprintf(stderr, "status is 0x%x, output: %s\n", (unsigned)status, output);
    return right;
}

static void access_violation(void)
{
    *wild = 1;
}
static void divide(void)
{
    zero = 5 / zero;
}
static void raise_own(void)
{
    ULONG_PTR parameters[2] = {0x77, 0x88};
    RaiseException(0xE0001234, 0, 2, parameters);
}
static void illegal(void)
{
    __asm__ volatile("ud2");
}
static void breakpoint(void)
{
    DebugBreak();
}
static void no_filter_takes_it(void)
{
    __try {
        *wild = 1;
    } __except (EXCEPTION_CONTINUE_SEARCH) {
    }
}
static LONG WINAPI leaving(EXCEPTION_POINTERS *pointers);
static void fast_fail(void)
{
    SetUnhandledExceptionFilter(leaving);
    AddVectoredExceptionHandler(1, leaving);
    __try {
        __fastfail(7);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        _exit(9);
    }
}
static void stack_overflow(void)
{
    volatile char fill[4096];
    fill[0] = 1;
    if (wild)
        stack_overflow();
    fill[1] = fill[0];
}
static void reserved_memory(void)
{
    char *base = (char *)VirtualAlloc(NULL, 65536, MEM_RESERVE, PAGE_READWRITE);
    base[5000] = 1;
}
static void noncontinuable(void)
{
    RaiseException(0xE0001235, EXCEPTION_NONCONTINUABLE, 0, NULL);
}
static LONG WINAPI silent(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return EXCEPTION_EXECUTE_HANDLER;
}
static void with_last_filter(void)
{
    SetUnhandledExceptionFilter(silent);
    *wild = 1;
}
static LONG WINAPI leaving(EXCEPTION_POINTERS *pointers)
{
    _exit(pointers->ExceptionRecord->ExceptionCode == EXCEPTION_ACCESS_VIOLATION ? 42 : 1);
}
static void with_leaving_filter(void)
{
    CHECK(SetUnhandledExceptionFilter(leaving) == NULL);
    CHECK(SetUnhandledExceptionFilter(leaving) == leaving);
    __try {
        *wild = 1;
    } __finally {
        _exit(3); /* not before somebody took it */
    }
}
static char here[16];
static LONG WINAPI repairing(EXCEPTION_POINTERS *pointers)
{
    pointers->ContextRecord->Rax = pointers->ContextRecord->Rdx = pointers->ContextRecord->Rcx = (ULONG_PTR)here;
    return EXCEPTION_CONTINUE_EXECUTION;
}
static void with_repairing_filter(void)
{
    SetUnhandledExceptionFilter(repairing);
    __asm__ volatile("movb $7, (%0)" ::"a"(wild) : "memory");
    _exit(here[0] == 7 ? 43 : 1);
}
static void without_box(void)
{
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    *wild = 1;
}
static void own_handler(int signal, siginfo_t *info, void *context)
{
    (void)context;
    _exit(signal == SIGSEGV && info->si_addr == wild ? 44 : 1);
}
static void replaced_handler(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = own_handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, NULL);
    *wild = 1;
}
static void sent_signal(void)
{
    kill(getpid(), SIGSEGV);
}
static void asked(void)
{
    __try {
        *wild = 1;
    } __except (UnhandledExceptionFilter(GetExceptionInformation())) {
        _exit(45);
    }
}
static void bad_stack(void)
{
    __asm__ volatile("movq $0x1000, %rsp\n\tpushq %rax");
}
static void bad_jump(void)
{
    void (*nowhere)(void);
    char *address = wild;
    memcpy(&nowhere, &address, sizeof nowhere);
    nowhere();
}

/* Handlers that raise without end use up the stack, and then nobody is asked any more. */
static LONG raising(DWORD code)
{
    if (code == 0xE0000001)
        *wild = 1;
    RaiseException(0xE0000002, 0, 0, NULL);
    return EXCEPTION_CONTINUE_SEARCH;
}
static LONG CALLBACK raising_handler(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return raising(0);
}
static void endless_filter(void)
{
    __try {
        RaiseException(0xE0000002, 0, 0, NULL);
    } __except (raising(0)) {
        _exit(9);
    }
}
static void endless_faults(void)
{
    __try {
        *wild = 1;
    } __except (raising(0xE0000001)) {
        _exit(9);
    }
}
static void endless_handler(void)
{
    AddVectoredExceptionHandler(1, raising_handler);
    RaiseException(0xE0000002, 0, 0, NULL);
}
static int overflow_taken(void)
{
    __try {
        stack_overflow();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return 1;
    }
    return 0;
}
static void second_overflow(void) /* its guard page is not there again without _resetstkoflw (documented) */
{
    SetUnhandledExceptionFilter(leaving);
    if (!overflow_taken())
        _exit(8);
    overflow_taken();
    _exit(9);
}

int main(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    SKIP("the sanitizer reports in our place");
#endif
    CHECK(died_by(child(access_violation), SIGSEGV));
    CHECK(strstr(output, "0xC0000005") && strstr(output, "EXCEPTION_ACCESS_VIOLATION"));
    CHECK(strstr(output, "write to 0000000000001238") && strstr(output, "MEM_FREE") && strstr(output, "rip="));
    CHECK(strstr(output, "called from:\n  #0") && strstr(output, "libc.so"));
    CHECK(died_by(child(divide), SIGFPE));
    CHECK(strstr(output, "EXCEPTION_INT_DIVIDE_BY_ZERO") != NULL);
    CHECK(died_by(child(raise_own), SIGABRT));
    CHECK(strstr(output, "0xE0001234") && strstr(output, "0000000000000077 0000000000000088"));
    CHECK(died_by(child(illegal), SIGILL));
    CHECK(died_by(child(breakpoint), SIGTRAP));
    CHECK(died_by(child(fast_fail), SIGSEGV));
    CHECK(strstr(output, "0xC0000409") && strstr(output, "0000000000000007"));
    CHECK(died_by(child(no_filter_takes_it), SIGSEGV));
    CHECK(died_by(child(stack_overflow), SIGSEGV));
    CHECK(strstr(output, "EXCEPTION_STACK_OVERFLOW") != NULL);
    CHECK(died_by(child(reserved_memory), SIGSEGV));
    CHECK(strstr(output, "MEM_RESERVE") && strstr(output, "PAGE_READWRITE"));
    CHECK(died_by(child(noncontinuable), SIGABRT));
    CHECK(strstr(output, "(noncontinuable)") != NULL);
    CHECK(died_by(child(with_last_filter), SIGSEGV));
    CHECK(output[0] == 0);
    CHECK_EQ(child(with_leaving_filter), 42 << 8);
    CHECK_EQ(child(with_repairing_filter), 43 << 8);
    CHECK(died_by(child(without_box), SIGSEGV));
    CHECK(output[0] == 0);
    CHECK_EQ(child(replaced_handler), 44 << 8);
    CHECK(died_by(child(sent_signal), SIGSEGV));
    CHECK_EQ(child(asked), 45 << 8);
    CHECK(strstr(output, "0xC0000005") != NULL);
    CHECK(died_by(child(bad_stack), SIGSEGV));
    CHECK(strstr(output, "0xC0000005") || strstr(output, "0xC00000FD"));
    CHECK(died_by(child(endless_filter), SIGSEGV));
    CHECK(strstr(output, "EXCEPTION_STACK_OVERFLOW") != NULL);
    CHECK(died_by(child(endless_handler), SIGSEGV));
    CHECK(strstr(output, "EXCEPTION_STACK_OVERFLOW") != NULL);
    CHECK(died_by(child(endless_faults), SIGSEGV));
    CHECK(died_by(child(second_overflow), SIGSEGV));
    CHECK(strstr(output, "EXCEPTION_STACK_OVERFLOW") != NULL);
    CHECK(died_by(child(bad_jump), SIGSEGV));
    CHECK(strstr(output, "execution of 0000000000001238") != NULL);
    return CHECK_DONE();
}
