/* exception.c: exceptions when the host refuses: no alternate stack, no bounds of the stack, no memory for entries;
 * and the frame lists of stacks that are switched. */
#include "exception/exception.h"

#include <excpt.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "check.h"
#include "host/gate.h"
#include "host/signal.h"
#include "mm/stack.h"

static char *volatile wild = (char *)16;
static int refuse, calls;

static int gate(const char *call)
{
    (void)call;
    return ++calls == refuse ? -12 : 0;
}

static int faults(void)
{
    __try {
        *wild = 1;
    } __except (1) {
        return GetExceptionCode() == 0xC0000005;
    }
    return 0;
}

static void *thread(void *argument)
{
    calls = 0;
    host_gate = gate;
    exception_thread_start();
    host_gate = NULL;
    *(int *)argument = calls;
    ULONG size = 0x7FFFFFFF;
    int good = faults() && !exception_stack_guarantee(&size) && faults();
    exception_thread_stop();
    return (void *)(ULONG_PTR)(good && faults());
}

/* Fails the first, second, ... call to the host that the start of a thread makes, until it makes no more. */
static void refused(void)
{
    int made = 1;
    for (refuse = 1; refuse <= made + 1; refuse++) {
        pthread_t id;
        void *good;
        REQUIRE(pthread_create(&id, NULL, thread, &made) == 0);
        pthread_join(id, &good);
        CHECK(good != NULL);
        REQUIRE(refuse < 50);
    }
    CHECK(refuse > 4);
    refuse = 0;
}

static pthread_key_t late_key;
static ULONG_PTR late_stack;
static int late_rounds, late_good;

/* The rounds of destructors, the last one too, may use __try. */
static void late(void *value)
{
    char here;
    late_stack = (ULONG_PTR)&here;
    if (++late_rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
        pthread_setspecific(late_key, value);
    late_good += faults() + faults();
}

static void *ends_late(void *argument)
{
    pthread_setspecific(late_key, &late_key);
    return faults() ? argument : NULL;
}

/* And what they began is over with the thread: its stack is known no more. */
static void late_destructors(void)
{
    pthread_t id;
    void *good;
    MEMORY_BASIC_INFORMATION information;
    REQUIRE(pthread_key_create(&late_key, late) == 0);
    REQUIRE(pthread_create(&id, NULL, ends_late, &late_key) == 0);
    pthread_join(id, &good);
    CHECK(good == &late_key && late_rounds == PTHREAD_DESTRUCTOR_ITERATIONS && late_good == 2 * late_rounds);
    CHECK(!mm_stack_query(late_stack, &information));
    pthread_key_delete(late_key);
}

static LONG nothing(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return EXCEPTION_CONTINUE_SEARCH;
}

static void many_entries(void)
{
    static void *entries[2000];
    int n = 0;
    while (n < 2000 && (entries[n] = exception_vector_add(EXCEPTION_VECTOR_HANDLERS, n & 1, nothing)))
        n++;
    CHECK(n >= 256 && n < 2000);
    CHECK(faults());
    for (int i = 0; i < n; i++)
        CHECK(exception_vector_remove(EXCEPTION_VECTOR_HANDLERS, entries[i]));
    CHECK(!exception_vector_remove(EXCEPTION_VECTOR_HANDLERS, entries[0]));
    void *again = exception_vector_add(EXCEPTION_VECTOR_CONTINUE, true, nothing);
    CHECK(again && exception_vector_remove(EXCEPTION_VECTOR_CONTINUE, again));
}

static void switched(void)
{
    volatile int handled = 0;
    void *mine = NULL;
    __try {
        mine = exception_frames_swap(NULL);
        CHECK(mine != NULL);
        CHECK(faults());
        CHECK(exception_frames_swap(mine) == NULL);
        *wild = 1;
    } __except (1) {
        handled = 1;
    }
    CHECK(handled);
}

static int chained;
static void handler(int signal, siginfo_t *info, void *context)
{
    ucontext_t *where = context;
    chained += signal == SIGSEGV && info->si_addr == wild;
    where->uc_mcontext.gregs[REG_RAX] = (greg_t)(ULONG_PTR)&chained; /* repaired */
}

/* A program's own handler, kept by those who wrap sigaction, is called for what nobody took, and may repair. */
static void program_action(void)
{
    struct sigaction action, old;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    CHECK_EQ(host_signal_program_action(SIGSEGV, &action, &old), 0);
    CHECK(old.sa_handler == SIG_DFL);
    int value;
    __asm__ volatile("movl (%%rax), %0" : "=r"(value) : "a"(wild) : "memory");
    CHECK_EQ(value, 1);
    CHECK(faults()); /* frames come first */
    CHECK_EQ(chained, 1);
    CHECK_EQ(host_signal_program_action(SIGSEGV, &old, &action), 0);
    CHECK(action.sa_sigaction == handler && action.sa_flags == SA_SIGINFO);
    CHECK(host_signal_program_action(SIGUSR1, NULL, &old) < 0);
}

int main(void)
{
    CHECK(faults());
    refused();
    late_destructors();
    many_entries();
    switched();
    program_action();
    return CHECK_DONE();
}
