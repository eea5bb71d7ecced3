/* guarded.h: access to memory that a caller named and that may not be there. A fault inside these functions ends them
 * with a code instead of reaching anybody else. Knows nothing of Windows; no lock may be held. */
#ifndef WINMEM_HOST_GUARDED_H
#define WINMEM_HOST_GUARDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "host/shared.h"

/* 0, or the code that host_guarded_repair was given; what was copied until then stays copied. */
WINMEM_SHARED uint32_t host_guarded_copy(void *to, const void *from, size_t size);
/* Every page of the range is written with what is in it: 0, or the code. */
WINMEM_SHARED uint32_t host_guarded_touch(void *base, size_t size);
/* The same for `size` bytes to be read. */
WINMEM_SHARED uint32_t host_guarded_look(const void *base, size_t size);

/* In the fault handler: whether the fault is in one of the functions above; then it returns `code`. */
bool host_guarded_repair(ucontext_t *context, uint32_t code);
#endif
