/* A program's own handlers for the signals of faults, in a program that is linked with the library: they get what
 * nobody else takes, and repairs, guard pages and exceptions go on working; a mask never holds these signals back.
 * test traits: no-asan */
#include <windows.h>

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static volatile int handled, repaired;
static char *volatile theirs, *volatile nowhere = (char *)16;
static sigjmp_buf back;

static void on_fault(int number, siginfo_t *information, void *context)
{
    (void)context;
    CHECK_EQ(number, SIGSEGV);
    CHECK(information->si_addr == theirs);
    handled++;
    mprotect(theirs, 4096, PROT_READ | PROT_WRITE);
}

static void on_signal_back(int number)
{
    (void)number;
    handled++;
    siglongjmp(back, 1);
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    MEMORY_BASIC_INFORMATION information;
    DWORD old;
    if (record->ExceptionCode == EXCEPTION_GUARD_PAGE) {
        repaired++;
        return EXCEPTION_CONTINUE_EXECUTION;
    }
    void *at = (void *)record->ExceptionInformation[1];
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION || at == theirs || (ULONG_PTR)at < 65536 ||
        !VirtualQuery(at, &information, sizeof information) || information.Type != MEM_PRIVATE ||
        !VirtualProtect(at, 1, PAGE_READWRITE, &old))
        return EXCEPTION_CONTINUE_SEARCH;
    repaired++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void ours_and_theirs(void)
{
    DWORD old;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, before;
    sigemptyset(&action.sa_mask);
    REQUIRE(sigaction(SIGSEGV, &action, &before) == 0);
    CHECK(before.sa_handler == SIG_DFL);
    char *memory = VirtualAlloc(NULL, 8192, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    *(volatile char *)memory = 1;
    CHECK_EQ(repaired, 1);
    VirtualProtect(memory, 4096, PAGE_READWRITE | PAGE_GUARD, &old);
    *(volatile char *)memory = 2;
    CHECK_EQ(repaired, 2);
    CHECK_EQ(handled, 0);
    theirs = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *(volatile char *)theirs = 1;
    CHECK_EQ(handled, 1);
    REQUIRE(sigaction(SIGSEGV, NULL, &before) == 0);
    CHECK(before.sa_sigaction == on_fault);
    for (int i = 0; i < 50; i++) { /* out of the handler by a jump, again and again */
        signal(SIGSEGV, on_signal_back);
        if (!sigsetjmp(back, 1))
            *(volatile char *)nowhere = 1;
    }
    CHECK_EQ(handled, 51);
    CHECK(signal(SIGSEGV, SIG_DFL) == on_signal_back);
    VirtualFree(memory, 0, MEM_RELEASE);
}

static void *masked_thread(void *argument)
{
    (void)argument;
    sigset_t all, now;
    sigfillset(&all);
    REQUIRE(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
    REQUIRE(pthread_sigmask(SIG_SETMASK, NULL, &now) == 0);
    CHECK(sigismember(&now, SIGUSR1) == 1 && sigismember(&now, SIGSEGV) == 0);
    char *memory = VirtualAlloc(NULL, 8192, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    *(volatile char *)memory = 1;
    VirtualFree(memory, 0, MEM_RELEASE);
    return NULL;
}

static void masks(void)
{
    pthread_t thread;
    sigset_t set, old;
    int before = repaired;
    REQUIRE(pthread_create(&thread, NULL, masked_thread, NULL) == 0);
    pthread_join(thread, NULL);
    CHECK_EQ(repaired, before + 1);
    sigemptyset(&set);
    sigaddset(&set, SIGSEGV);
    sigaddset(&set, SIGUSR2);
    CHECK_EQ(sigprocmask(SIG_BLOCK, &set, &old), 0);
    CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &set), 0);
    CHECK(sigismember(&set, SIGUSR2) == 1 && sigismember(&set, SIGSEGV) == 0);
    CHECK_EQ(sigprocmask(SIG_SETMASK, &old, NULL), 0);
    CHECK_EQ(sigprocmask(77, &set, NULL), -1);
    CHECK_EQ(pthread_sigmask(77, &set, NULL), 22);
}

/* The default and raise() end a program as everywhere. */
static void defaults(void)
{
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
        _exit(0);
    }
    int status;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    struct sigaction action = {.sa_handler = SIG_IGN};
    CHECK_EQ(sigaction(SIGBUS, &action, NULL), 0);
    raise(SIGBUS);
    CHECK_EQ(sigaction(SIGKILL, &action, NULL), -1);
    CHECK(signal(SIGUSR1, SIG_IGN) == SIG_DFL);
    raise(SIGUSR1);
}

/* Two actions that must never be seen mixed, set by threads and by a handler that interrupts them. */
static struct sigaction pair[2];
static volatile int stop;

static void other(int number, siginfo_t *information, void *context)
{
    (void)number, (void)information, (void)context;
}

static void sets_one(int number)
{
    (void)number;
    sigaction(SIGSEGV, &pair[1], NULL);
}

static int whole(const struct sigaction *action)
{
    int which = action->sa_sigaction == other;
    return action->sa_sigaction == pair[which].sa_sigaction && action->sa_flags == pair[which].sa_flags &&
           sigismember(&action->sa_mask, which ? SIGUSR2 : SIGUSR1) == 1 &&
           sigismember(&action->sa_mask, which ? SIGUSR1 : SIGUSR2) == 0;
}

static void *setting(void *argument)
{
    for (int i = 0; !stop; i++) {
        struct sigaction before;
        sigaction(SIGSEGV, &pair[i & 1], &before);
        if (!whole(&before))
            return argument;
    }
    return NULL;
}

static void together(void)
{
    pair[0] = (struct sigaction){.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    pair[1] = (struct sigaction){.sa_sigaction = other, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
    sigemptyset(&pair[0].sa_mask);
    sigaddset(&pair[0].sa_mask, SIGUSR1);
    sigemptyset(&pair[1].sa_mask);
    sigaddset(&pair[1].sa_mask, SIGUSR2);
    pthread_t thread[2];
    void *mixed[2];
    REQUIRE(sigaction(SIGSEGV, &pair[0], NULL) == 0);
    signal(SIGWINCH, sets_one);
    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&thread[i], NULL, setting, &pair) == 0);
    for (int i = 0; i < 20000; i++) {
        struct sigaction now;
        REQUIRE(sigaction(SIGSEGV, NULL, &now) == 0);
        REQUIRE(whole(&now));
        if (i % 16 == 0)
            pthread_kill(thread[i / 16 % 2], SIGWINCH);
    }
    stop = 1;
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], &mixed[i]);
        CHECK(mixed[i] == NULL);
    }
    /* once only */
    struct sigaction once = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | (int)SA_RESETHAND}, now;
    REQUIRE(sigaction(SIGSEGV, &once, NULL) == 0);
    REQUIRE(mprotect(theirs, 4096, PROT_NONE) == 0);
    *theirs = 1;
    REQUIRE(sigaction(SIGSEGV, NULL, &now) == 0);
    CHECK(now.sa_handler == SIG_DFL);
}

int main(void)
{
    AddVectoredExceptionHandler(1, on_exception);
    ours_and_theirs();
    masks();
    defaults();
    together();
    return CHECK_DONE();
}
