/* signal_program.c: the calls by which a program itself sets handlers and masks, for the signals of faults. A program's
 * handler is kept and gets what neither the memory manager nor an exception handler took; a fault whose signal is
 * blocked would kill the process, so these signals never enter a mask. Everything else goes on to the C library. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/altstack.h"
#include "host/sanitized.h"
#include "host/shared.h"
#include "host/signal.h"

#if !HOST_SANITIZED /* sanitizers have their own idea of these calls */

#define KERNEL_MASK_SIZE 8
/* The C library's own: cancellation, and the change of ids of all threads. */
#define LIBRARY_SIGNALS ((uint64_t)3 << 31)

/* The C library's, under the name by which it calls it itself. */
extern int __sigaction(int, const struct sigaction *, struct sigaction *); // NOLINT(bugprone-reserved-identifier)

static void without_faults(sigset_t *set)
{
    sigdelset(set, SIGSEGV);
    sigdelset(set, SIGBUS);
    sigdelset(set, SIGFPE);
    sigdelset(set, SIGILL);
    sigdelset(set, SIGTRAP);
}

WINMEM_SHARED int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
    struct sigaction copy;
    if (action) {
        copy = *action;
        without_faults(&copy.sa_mask);
        action = &copy;
    }
    if (!host_signal_is_ours(signal))
        return __sigaction(signal, action, old);
    int error = host_signal_program_action(signal, action, old);
    if (error)
        errno = -error;
    return error ? -1 : 0;
}

WINMEM_SHARED int sigaltstack(const stack_t *wanted, stack_t *old)
{
    int error = host_altstack_replace(wanted, old);
    if (error)
        errno = -error;
    return error ? -1 : 0;
}

WINMEM_SHARED sighandler_t signal(int number, sighandler_t handler)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
    if (handler == SIG_ERR) {
        errno = EINVAL;
        return SIG_ERR;
    }
    sigemptyset(&action.sa_mask);
    if (number > 0 && number < NSIG)
        sigaddset(&action.sa_mask, number);
    return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

static int set_mask(int how, const sigset_t *set, sigset_t *old)
{
    uint64_t mask = 0;
    if (set) {
        sigset_t copy = *set;
        if (how != SIG_UNBLOCK)
            without_faults(&copy);
        memcpy(&mask, &copy, sizeof mask);
        mask &= ~LIBRARY_SIGNALS;
    }
    int before = errno, error = 0;
    if (old)
        sigemptyset(old);
    if (syscall(SYS_rt_sigprocmask, how, set ? &mask : NULL, old, KERNEL_MASK_SIZE) != 0) {
        error = errno;
        errno = before;
    }
    return error;
}

WINMEM_SHARED int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    return set_mask(how, set, old);
}

WINMEM_SHARED int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    int error = set_mask(how, set, old);
    if (error)
        errno = error;
    return error ? -1 : 0;
}
#endif
