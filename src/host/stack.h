/* stack.h: the bounds of the calling thread's stack. In ordinary code only (the C library allocates for a thread that
 * is not the first). Returns 0 or -errno. */
#ifndef WINMEM_HOST_STACK_H
#define WINMEM_HOST_STACK_H

#include <stdbool.h>
#include <stdint.h>

struct host_stack {
    uintptr_t low;  /* as far as it may grow: the kernel's or the C library's guard is below */
    uintptr_t high; /* one past its last byte */
    bool grows;     /* the first thread's: the kernel maps it as it is used */
};
/* -ENOENT: no thread stack is where the stack pointer is; -ENOTSUP: a stack without a limit. */
int host_stack_find(struct host_stack *stack);
/* Calls `function` when a thread that called host_at_thread_end ends: in each round of destructors, `last` tells the
 * one after which nobody is called again. */
int host_thread_end_start(void (*function)(bool last));
int host_at_thread_end(void);

#endif
