/* stack.h: stacks for fibers: memory that is never paged, with its lowest page closed, charged as far as it is
 * committed. */
#ifndef WINMEM_PS_STACK_H
#define WINMEM_PS_STACK_H

#include "ob/ob.h"

#include <stddef.h>

/* `size` in bytes, a multiple of the page, the closed one included; `commit` pages are charged. COMMITMENT_LIMIT,
 * NO_MEMORY. */
WINMEM_SHARED NTSTATUS ps_stack_new(size_t size, size_t commit, void **memory);
WINMEM_SHARED void ps_stack_free(void *memory, size_t size, size_t commit);

#endif
