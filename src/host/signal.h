/* signal.h: the faults of this process, taken by signal and handed to one registered pair of functions. Knows nothing
 * of Windows. The handler mask stays as it was at the fault and the alternate stack is left before `dispatch` runs, so
 * that `dispatch` is ordinary code on the faulting thread's own stack. Returns 0 or -errno. */
#ifndef WINMEM_HOST_SIGNAL_H
#define WINMEM_HOST_SIGNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "host/shared.h"

struct host_fault {
    int signal;
    siginfo_t *info;
    ucontext_t *context; /* of the fault; what is in it when `dispatch` returns is restored, vector state included */
    bool no_room;        /* set by `decide`: the fault's own stack is no good, `dispatch` runs where the handler is */
    bool last_words;     /* by it, too: no stack is left on which the program's handlers could be asked */
    uint64_t verdict[8]; /* what `decide` wants `dispatch` to know */
};
struct host_fault_functions {
    /* In the handler, async-signal-safe, perhaps on the alternate stack: true when the instruction can be retried. */
    bool (*decide)(struct host_fault *fault);
    /* On the thread's own stack, signals as at the fault; returning resumes fault->context. */
    void (*dispatch)(struct host_fault *fault);
};

/* Whether it is host_copy that has met it: its caller gets a short count, nobody is told. */
bool host_fault_is_copy(const struct host_fault *fault);

/* Takes SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP; remembers who had them before. Once. */
int host_signal_start(const struct host_fault_functions *functions);
/* Paging by signals begins: SIGBUS (and SIGSEGV, where pages are kept away by protection) comes with all signals
 * blocked that must not meet the pager on its own thread, and goes back through `restorer` (NULL: ours). 0 or -errno;
 * nothing depends on it. */
int host_signal_start_paging(void (*restorer)(void), bool by_protection);
/* Not 0 while such a handler runs on this thread: host_signals_block has nothing to do. */
extern __thread uint32_t host_signals_held;
#define HOST_SIGNALS_BLOCKED                                                                                           \
    (~((uint64_t)1 << (SIGSEGV - 1) | (uint64_t)1 << (SIGBUS - 1) | (uint64_t)1 << (SIGSYS - 1)))
/* Whether ours is installed for it. */
bool host_signal_is_ours(int signal);
/* What sigaction does for a program whose calls are wrapped: ours stays installed, the program's is kept. */
WINMEM_SHARED int host_signal_program_action(int signal, const struct sigaction *action, struct sigaction *old);
/* Calls the program's own handler for a fault that nobody took; false when it has none. */
bool host_signal_chain(struct host_fault *fault);
/* Dies by the signal with its default action; `info` may be NULL. Does not return. */
void host_signal_die(int signal, siginfo_t *info) __attribute__((noreturn));

/* The calling thread's alternate stack: kept if there is one, else mapped, with a closed page below it. `*base` (NULL
 * if kept) and its size, that page included, are for the stop. */
int host_altstack_start(void **base, size_t *size);
int host_altstack_stop(void *base, size_t size);

/* Writes to the standard error stream; for the last words of a process. */
void host_stderr(const char *text, size_t length);
#endif
