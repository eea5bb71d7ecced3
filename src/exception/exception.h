/* exception.h: from a fault or RaiseException to the program's handlers: records, contexts, dispatch. The top of the
 * fault's way up: mm decides that a fault is the program's, this folder tells the program. Never calls malloc. */
#ifndef WINMEM_EXCEPTION_EXCEPTION_H
#define WINMEM_EXCEPTION_EXCEPTION_H

#include "host/shared.h"

#include <ntstatus.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <winnt.h>

/* Installs the signal handlers (through host) once. mm_start calls it through the start table. */
void exception_start(void);
/* For every thread that is to survive a stack overflow: its alternate stack. Cheap when done already; a thread that
 * uses __try is served without it. Stop before the thread ends. */
WINMEM_SHARED void exception_thread_start(void);
WINMEM_SHARED void exception_thread_stop(void);

/* Raises on the calling thread, in ordinary code (not in a signal handler); returns if a handler continues. */
void exception_raise(const EXCEPTION_RECORD *record);
/* The common short form: code, flags 0, up to EXCEPTION_MAXIMUM_PARAMETERS parameters. */
void exception_raise_status(NTSTATUS code, DWORD parameters, const ULONG_PTR *values);

/* Tells the handlers, in order; returns when the program is to go on with `context` as it stands then. */
void exception_dispatch(EXCEPTION_RECORD *record, CONTEXT *context);

/* Nobody is to be asked any more: report and death. Returns if the last filter continues. */
void exception_last_chance(EXCEPTION_RECORD *record, CONTEXT *context);
/* Not even the last filter: report and death. */
void exception_fail_fast(EXCEPTION_RECORD *record, CONTEXT *context) __attribute__((noreturn));

/* The calling code's registers, as they are when this returns; and back. Flags, control words and vector registers
 * too. `exception_restore` honours ContextFlags. */
void exception_capture(CONTEXT *context) __attribute__((returns_twice));
void exception_restore(const CONTEXT *context) __attribute__((noreturn));
/* The same for the end of an unwind: a record may name a jump buffer or a function that says where to go. */
void exception_restore_for(const CONTEXT *context, EXCEPTION_RECORD *record) __attribute__((noreturn));

/* Vectored handlers: a list for exceptions, a list for continuing. NULL: no memory. */
enum exception_vector { EXCEPTION_VECTOR_HANDLERS, EXCEPTION_VECTOR_CONTINUE };
void *exception_vector_add(enum exception_vector list, bool first, PVECTORED_EXCEPTION_HANDLER handler);
bool exception_vector_remove(enum exception_vector list, void *handle);

/* Throws a C++ exception for one of this kind, or returns; the calling thread's. The one before is returned.
 * `raise_cxx` is the program's _Unwind_RaiseException. */
typedef void (*exception_translator)(unsigned code, EXCEPTION_POINTERS *);
exception_translator exception_set_translator(exception_translator translator, int (*raise_cxx)(void *));

/* The program's last filter; and what happens when nobody took an exception: 1 die, 0 search on, -1 continue. */
typedef LONG (*exception_filter)(EXCEPTION_POINTERS *);
exception_filter exception_set_filter(exception_filter filter);
LONG exception_unhandled_filter(EXCEPTION_POINTERS *pointers);
/* The same, asked by the program: prints the report where the last filter leaves it to us, and says 1. */
LONG exception_unhandled_asked(EXCEPTION_POINTERS *pointers);
DWORD exception_set_error_mode(DWORD mode, bool thread, DWORD *old);
DWORD exception_error_mode(bool thread);

/* SetThreadStackGuarantee: in the bytes wanted, out those before. The stack's bounds; false: not known. And the pages
 * kept for an overflow closed again after one; false: the stack is still too deep. */
bool exception_stack_guarantee(ULONG *size);
bool exception_stack_limits(ULONG_PTR *low, ULONG_PTR *high);
bool exception_stack_reset(void);

/* The list of __try frames belongs to a stack: whoever switches stacks (fibers) puts the other stack's list in place
 * and keeps what it gets. A new stack's list is NULL. */
WINMEM_SHARED void *exception_frames_swap(void *frames);

/* All that belongs to a stack rather than to a thread: frames, dispatches under way, bounds. A fiber has one. */
struct exception_fiber {
    void *frames, *returns, *settled, *landing, *dispatch;
    uintptr_t low, high, guard;
    ULONG guarantee;
    bool grows, guard_open, finally_pending;
    unsigned handlers;
    struct exception_handler {
        uintptr_t function;
        int depth;
        unsigned code;
    } handler[32];
};
/* A stack of the caller's making, read-write, not in use: its lowest pages are closed for an overflow. */
WINMEM_SHARED void exception_fiber_start(struct exception_fiber *fiber, void *low, size_t size);
/* The thread is about to go on on another stack: keeps what belongs to this one, puts the other's in place. */
WINMEM_SHARED void exception_fiber_switch(struct exception_fiber *from, const struct exception_fiber *to);

/* No report when an exception stays unhandled: the program was not made for Windows. */
WINMEM_SHARED void exception_quiet(void);

#endif
