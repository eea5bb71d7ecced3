/* stacks.c: a program, run with a small budget, whose alternate signal stacks are in memory that is paged out, or are
 * small, in threads too; and one that runs on stacks of its own in such memory. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "../check.h"

#define DATA ((size_t)6 << 20)
static unsigned char *data;
static volatile sig_atomic_t handled;
static ucontext_t here, there;

static void on_user(int signal)
{
    (void)signal;
    handled = handled + data[12345] - data[12345] + 1;
}

/* Everything that was not used for a while leaves memory. */
static void churn(unsigned seed)
{
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < DATA; i += 512)
            data[i] = (unsigned char)((data[i] + seed) * 31u + (i >> 9));
}

static void use_stack(size_t size, int raw)
{
    char *place = malloc(size + 100);
    stack_t stack = {.ss_sp = place, .ss_size = size}, old, now;
    memset(place, 1, size);
    CHECK_EQ(raw ? syscall(SYS_sigaltstack, &stack, &old) : sigaltstack(&stack, &old), 0);
    churn((unsigned)size);
    int before = handled;
    CHECK_EQ(raise(SIGUSR1), 0);
    CHECK_EQ(handled, before + 1);
    CHECK_EQ(sigaltstack(NULL, &now), 0);
    CHECK(!(now.ss_flags & SS_DISABLE) && now.ss_size >= size);
    CHECK_EQ(sigaltstack(&old, NULL), 0);
    churn(7);
    free(place);
}

static void *thread(void *unused)
{
    use_stack(8192, 0);
    return unused;
}

static void on_own_stack(void)
{
    for (unsigned i = 0; i < 3; i++) {
        char local[3000];
        memset(local, (int)i, sizeof(local));
        churn(i);
        CHECK_EQ(local[100], (char)i);
        swapcontext(&there, &here);
        CHECK_EQ(local[2900], (char)i);
    }
}

/* Calls of the kernel where the page below the stack's end has never been touched: at every depth, so that one of them
 * has no room for a signal frame in what is there. */
static int deep(int depth)
{
    volatile char local[200];
    local[0] = (char)depth;
    long parent = syscall(SYS_getppid);
    return parent == getppid() && (depth == 0 || deep(depth - 1)) && local[0] == (char)depth;
}

static void on_fresh_stack(void)
{
    CHECK(deep(200));
}

static void fresh_stack(void)
{
    char *own = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(own != MAP_FAILED);
    CHECK_EQ(getcontext(&there), 0);
    there.uc_stack = (stack_t){.ss_sp = own, .ss_size = 1 << 20};
    there.uc_link = &here;
    makecontext(&there, on_fresh_stack, 0);
    swapcontext(&here, &there);
    CHECK_EQ(munmap(own, 1 << 20), 0);
}

static void on_same_stack(void)
{
    CHECK(deep(2));
}

/* The same call at the same place, again and again without a page for its frame. */
static void emptied_stack(void)
{
    char *own = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(own != MAP_FAILED);
    for (int i = 0; i < 1100; i++) {
        CHECK_EQ(madvise(own, 65536, MADV_DONTNEED), 0);
        CHECK_EQ(getcontext(&there), 0);
        there.uc_stack = (stack_t){.ss_sp = own, .ss_size = 65536};
        there.uc_link = &here;
        makecontext(&there, on_same_stack, 0);
        swapcontext(&here, &there);
    }
    CHECK_EQ(munmap(own, 65536), 0);
}

static __thread char large[40000]; /* lies at the top of each thread's stack */

static void *on_given_stack(void *unused)
{
    CHECK(deep(200));
    large[20000] = large[100] = 1;
    churn(9);
    CHECK(deep(300));
    return unused;
}

static sigjmp_buf nowhere;
static void *volatile fault_at;

static void on_fault(int signal, siginfo_t *information, void *context)
{
    (void)context;
    fault_at = information->si_addr;
    siglongjmp(nowhere, signal);
}

/* An instruction that no program may run, and nothing mapped before it: on a stack that is paged. */
static void *on_forbidden_code(void *code)
{
    if (sigsetjmp(nowhere, 1) == 0)
        ((void (*)(void))code)();
    else
        return code;
    return NULL;
}

static void forbidden_code(pthread_attr_t *attributes)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_ONSTACK | SA_SIGINFO}, old;
    pthread_t id;
    void *result;
    char *code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(code != MAP_FAILED);
    code[4096] = (char)0xF4; /* hlt */
    CHECK_EQ(munmap(code, 4096), 0);
    CHECK_EQ(sigaction(SIGSEGV, &action, &old), 0);
    CHECK_EQ(pthread_create(&id, attributes, on_forbidden_code, code + 4096), 0);
    CHECK_EQ(pthread_join(id, &result), 0);
    CHECK(result == code + 4096 && fault_at == NULL); /* no address is wrong; nobody looked at one that is */
    CHECK_EQ(sigaction(SIGSEGV, &old, NULL), 0);
    CHECK_EQ(munmap(code + 4096, 4096), 0);
}

/* A thread whose stack the program gives, in memory that is paged out while it runs. */
static void given_stack(void)
{
    pthread_attr_t attributes;
    pthread_t id;
    void *own = NULL, *result;
    int argument = 0;
    REQUIRE(posix_memalign(&own, 4096, 1 << 20) == 0);
    CHECK_EQ(pthread_attr_init(&attributes), 0);
    CHECK_EQ(pthread_attr_setstack(&attributes, own, 1 << 20), 0);
    churn(5);
    CHECK_EQ(pthread_create(&id, &attributes, on_given_stack, &argument), 0);
    churn(6);
    CHECK_EQ(pthread_join(id, &result), 0);
    CHECK(result == &argument);
    forbidden_code(&attributes);
    CHECK_EQ(pthread_attr_destroy(&attributes), 0);
    free(own);
}

static void *on_next_stack(void *unused)
{
    large[300] = 1;
    return unused;
}

/* One thread after another, each on another piece; the tops of all the stacks are more than the budget. */
static void many_given_stacks(void)
{
    enum { STACKS = 200, SIZE = 128 << 10 };
    pthread_attr_t attributes;
    char *all = mmap(NULL, (size_t)STACKS * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(all != MAP_FAILED);
    CHECK_EQ(pthread_attr_init(&attributes), 0);
    for (size_t i = 0; i < STACKS; i++) {
        pthread_t id;
        void *result;
        CHECK_EQ(pthread_attr_setstack(&attributes, all + i * SIZE, SIZE), 0);
        REQUIRE(pthread_create(&id, &attributes, on_next_stack, all) == 0);
        CHECK(pthread_join(id, &result) == 0 && result == all);
    }
    churn(11);
    CHECK_EQ(pthread_attr_destroy(&attributes), 0);
    CHECK_EQ(munmap(all, (size_t)STACKS * SIZE), 0);
}

int __sigaction(int signal, const struct sigaction *action, struct sigaction *old);

/* What the BEAM does at its start, by libc's other name: every handler that there is gets SA_ONSTACK. */
static void every_handler_on_its_stack(void)
{
    for (int signal = 1; signal < 32; signal++) {
        struct sigaction action;
        if (signal == SIGKILL || signal == SIGSTOP)
            continue;
        CHECK_EQ(__sigaction(signal, NULL, &action), 0);
        if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN)
            continue;
        action.sa_flags |= SA_ONSTACK;
        CHECK_EQ(__sigaction(signal, &action, NULL), 0);
    }
}

int main(void)
{
    every_handler_on_its_stack();
    struct sigaction action = {.sa_handler = on_user, .sa_flags = SA_ONSTACK};
    pthread_t id;
    data = calloc(1, DATA);
    CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
    churn(1);
    use_stack(65536, 0);
    use_stack(8192, 0);
    use_stack(8192, 1);
    use_stack(100000, 1);
    CHECK_EQ(pthread_create(&id, NULL, thread, NULL), 0);
    CHECK_EQ(pthread_join(id, NULL), 0);
    fresh_stack();
    emptied_stack();
    given_stack();
    many_given_stacks();
    char *own = malloc(65536);
    CHECK_EQ(getcontext(&there), 0);
    there.uc_stack = (stack_t){.ss_sp = own, .ss_size = 65536};
    there.uc_link = &here;
    makecontext(&there, on_own_stack, 0);
    for (int i = 0; i < 4; i++) {
        swapcontext(&here, &there);
        churn(3);
    }
    return CHECK_DONE();
}
