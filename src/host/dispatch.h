/* dispatch.h: whether the kernel hands this thread's system calls to the dispatcher of `winmem run` (src/preload), and
 * how the pager's own calls pass by it. Without that library nothing here is ever set. */
#ifndef WINMEM_HOST_DISPATCH_H
#define WINMEM_HOST_DISPATCH_H

#include "host/shared.h"

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

enum { HOST_DISPATCH_ALLOW, HOST_DISPATCH_BLOCK }; /* the kernel's values */

struct host_dispatch {
    volatile uint8_t selector; /* read by the kernel at every system call */
    bool armed;                /* this thread is told to the kernel */
    uint32_t paused;           /* depth of host_dispatch_pause */
};
WINMEM_SHARED extern __thread struct host_dispatch host_dispatch;

/* Set once by the dispatcher: `all` arms every thread of the process when paging starts in signal mode, `one` the
 * calling thread. */
struct host_dispatch_functions {
    void (*all)(void);
    void (*one)(void);
    void (*restorer)(void); /* of signal handlers, whose return is not dispatched */
    bool (*frame)(ucontext_t *context);
};
WINMEM_SHARED void host_dispatch_set(const struct host_dispatch_functions *functions);
void host_dispatch_start(void);
/* NULL without a dispatcher. */
void (*host_dispatch_restorer(void))(void);
/* The kernel gave up a signal. Whether it was a system call's, which found no stack to be told on: the stack is there
 * now, and the context makes the call again. Signal-safe. */
bool host_dispatch_frame(ucontext_t *context);

WINMEM_SHARED void host_dispatch_pause(void);
WINMEM_SHARED void host_dispatch_resume(void);

#endif
