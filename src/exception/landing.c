/* landing.c: the landing pad that the compiler made for the place where a function was interrupted (gcc with
 * -fexceptions -fnon-call-exceptions). It gathers what the function has in registers and ends in the cleanup of the
 * __try. For what a call raised there is no need: it may lead to the __try by itself, for all the compiler knows. */
#include <signal.h>
#include <ucontext.h>

#include "exception/dwarf.h"
#include "exception/internal.h"

#define DEEPEST 64 /* calls without effects that lie between: a tree that is walked */

static uintptr_t landing_of(uintptr_t place)
{
    struct dwarf_function function;
    return dwarf_find(place, &function) ? dwarf_landing(&function, place) : 0;
}

/* The compiler keeps values in any register where an instruction may fault: they are all brought back. */
static void land_with(ucontext_t *context, struct seh_landing *landing)
{
    greg_t *registers = context->uc_mcontext.gregs;
    registers[REG_RIP] = (greg_t)landing->place;
    registers[REG_RAX] = registers[REG_RDX] = 0; /* the exception and its kind: our cleanup does not return to them */
    landing->fault = context;
}

bool landing_find(const struct host_fault *fault, const struct winmem_seh_frame *frame, struct seh_landing *landing)
{
    if (fault->no_room)
        return false;
    uintptr_t target = (uintptr_t)frame->jump[SEH_SP];
    bool after = fault->signal == SIGTRAP;
    CONTEXT context;
    context_from_fault(fault, &context);
    for (int depth = 0; depth < (frame->pads == WINMEM_SEH_PADS_C ? DEEPEST : 1); depth++) {
        const CONTEXT here = context;
        uintptr_t end;
        enum dwarf_step kind = dwarf_step(&context, after, &end, NULL);
        if (kind == DWARF_END || target < here.Rsp)
            return false;
        if (target < end) {
            *landing = (struct seh_landing){{here.Rbx, here.Rbp, here.R12, here.R13, here.R14, here.R15},
                                            landing_of(here.Rip - (after ? 1 : 0)),
                                            NULL};
            if (landing->place && depth == 0)
                land_with(fault->context, landing);
            return landing->place != 0;
        }
        after = kind == DWARF_CALLED;
    }
    return false;
}
