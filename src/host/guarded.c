/* guarded.c: the way out of a fault in guarded.S. Async-signal-safe. */
#include "host/guarded.h"

extern const char host_guarded_start[] __attribute__((visibility("hidden")));
extern const char host_guarded_end[] __attribute__((visibility("hidden")));

bool host_guarded_repair(ucontext_t *context, uint32_t code)
{
    greg_t *registers = context->uc_mcontext.gregs;
    uintptr_t at = (uintptr_t)registers[REG_RIP];
    if (at - (uintptr_t)host_guarded_start >= (uintptr_t)host_guarded_end - (uintptr_t)host_guarded_start)
        return false;
    registers[REG_RAX] = (greg_t)code;
    registers[REG_RIP] = (greg_t)(uintptr_t)host_guarded_end;
    return true;
}
