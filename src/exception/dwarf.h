/* dwarf.h: one step up a stack by the call frame information that compilers put beside code (.eh_frame): the registers
 * of a function's caller from those of the function. Reads the stack and the tables, changes nothing else. */
#ifndef WINMEM_EXCEPTION_DWARF_H
#define WINMEM_EXCEPTION_DWARF_H

#include <stdbool.h>
#include <stdint.h>
#include <winnt.h>

/* A function as its frame description says. */
struct dwarf_function {
    uintptr_t start, end;
    const unsigned char *description; /* the FDE */
    const unsigned char *common;      /* its CIE */
    const unsigned char *program, *program_end;
    const unsigned char *exceptions; /* language-specific data, or NULL */
    bool signal_frame;
};
/* False: nobody describes the code at `place`. */
bool dwarf_find(uintptr_t place, struct dwarf_function *function);

/* One function up: `context` becomes the caller's: its general registers, Rip and Rsp. `*frame` is the canonical frame
 * address, the caller's stack pointer; where[i], if asked for, says where register i was saved (in the order of
 * CONTEXT). CALLED: Rip is a return address then and belongs to the instruction before it; INTERRUPTED: it was a
 * signal. END: no description, or one that cannot be followed. */
enum dwarf_step { DWARF_END, DWARF_CALLED, DWARF_INTERRUPTED };
enum dwarf_step dwarf_step(CONTEXT *context, bool after_call, uintptr_t *frame, const DWORD64 *where[16]);

/* The landing pad for an exception at `place` in the function; 0: none, or one that may do more than clean up. */
uintptr_t dwarf_landing(const struct dwarf_function *function, uintptr_t place);

/* Whether `place` lies in a C++ try block of the function. */
bool dwarf_catches(const struct dwarf_function *function, uintptr_t place);
/* Whether the function's table lets an exception at `place` through, and whether to a landing pad. */
bool dwarf_passes(const struct dwarf_function *function, uintptr_t place, bool *lands);

#endif
