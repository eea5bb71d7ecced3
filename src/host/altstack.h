/* altstack.h: alternate signal stacks of a program whose memory is paged. */
#ifndef WINMEM_HOST_ALTSTACK_H
#define WINMEM_HOST_ALTSTACK_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "host/shared.h"

/* Who tells whether a stack may be paged out, or is too small for faults. */
WINMEM_SHARED void host_altstack_watch(bool (*unfit)(const void *base, size_t size));
/* sigaltstack for the program: 0 or -errno. */
WINMEM_SHARED int host_altstack_replace(const stack_t *wanted, stack_t *old);
/* Gives the calling thread one of ours if it has none; give_back at the thread's end. */
WINMEM_SHARED int host_altstack_ensure(void);
WINMEM_SHARED void host_altstack_give_back(void);

#endif
