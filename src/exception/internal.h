/* internal.h: what the files of this folder share: the thread's state, the dispatch under way, frames. */
#ifndef WINMEM_EXCEPTION_INTERNAL_H
#define WINMEM_EXCEPTION_INTERNAL_H

#ifndef WIN32_NO_STATUS
#define WIN32_NO_STATUS
#endif
#include <excpt.h>
#include <stdint.h>

#include "exception/exception.h"
#include "host/signal.h"

enum { SEH_FP, SEH_IP, SEH_SP }; /* in winmem_seh_frame.jump */

/* One exception on its way, on the stack of its thread. */
struct dispatch {
    EXCEPTION_POINTERS pointers;
    struct dispatch *outer;                /* the one in whose handler this one happened */
    struct host_fault *fault;              /* NULL: raised by a call */
    const struct winmem_seh_frame *asking; /* whose filter is at work */
};

/* Where a function that was entered again returns to; seh.S knows the first seven fields. */
struct seh_return {
    uintptr_t registers[7];
    struct seh_return *outer;
    bool settled;        /* the filter answered through winmem_seh_settle, */
    uintptr_t answer[7]; /* with these registers and return address */
};

/* The registers that a landing pad counts on after a call (rbx rbp r12 r13 r14 r15), and where it is; seh.S knows the
 * order. */
struct seh_landing {
    uintptr_t registers[6];
    uintptr_t place;
    ucontext_t *fault; /* it counts on all that are in here; NULL: it was a call */
};

#define SEH_HANDLERS 32

struct exception_thread {
    struct winmem_seh_frame *top; /* innermost __try */
    struct seh_return *returns;
    struct winmem_seh_frame *settled; /* enters again for its __except block */
    struct winmem_seh_frame *landing; /* its function is on the way to it through a landing pad */
    struct dispatch *dispatch;
    bool started;
    bool over;            /* the thread's last round of destructors has stopped it */
    bool finally_pending; /* the next __finally block runs because of an exception or a jump */
    int reporting;        /* the signal that is being reported, 0: none */
    DWORD error_mode;
    void *altstack;
    size_t altstack_size;
    uintptr_t stack_low, stack_high; /* 0: not known */
    uintptr_t stack_guard;           /* the pages below it are kept for an overflow */
    bool stack_grows, stack_guard_open;
    ULONG stack_guarantee;
    bool away;                      /* on a fiber's stack; the thread's own is */
    uintptr_t home_low, home_guard; /* there */
    bool home_grows;
    uintptr_t other_low, other_high; /* a stack that the thread was seen on besides */
    exception_translator translator;
    int (*raise_cxx)(void *);
    unsigned handlers; /* entries of handler[] in use, oldest first */
    struct exception_handler handler[SEH_HANDLERS];
};
extern __thread struct exception_thread exception_thread __attribute__((visibility("hidden")));

/* What the calls that raise go on with (raise.S): `context` is their caller's, as after the call. */
void raise_inside(const EXCEPTION_RECORD *record, CONTEXT *context) __attribute__((noreturn));
void raise_by_call(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments, CONTEXT *context)
    __attribute__((noreturn));
void raise_by_status(NTSTATUS status, CONTEXT *context) __attribute__((noreturn));
void raise_by_record(EXCEPTION_RECORD *record, CONTEXT *context) __attribute__((noreturn));

void unwind_to_frame(PVOID frame, PVOID ip, EXCEPTION_RECORD *record, PVOID value, CONTEXT *context, CONTEXT *last)
    __attribute__((noreturn));

/* The address sanitizer, where there is one, is told that the stack below is left. */
extern void __asan_handle_no_return(void) __attribute__((weak));

/* Runs the filters, innermost first. 0: none took it, -1: continue; does not return when one takes it. */
LONG seh_search(struct dispatch *dispatch);
/* What setjmp leaves in a part of the jmp_buf that the C library does not use: which frames were there. */
struct seh_mark {
    uintptr_t check;
    struct winmem_seh_frame *top;
};
/* A jump takes the stack back to `stack`: runs the __finally blocks on the way and forgets what it leaves. Frames of
 * the function that is jumped to were entered after the setjmp when they are above the mark's; without one they stay.
 */
void seh_leave_below(uintptr_t stack, const struct seh_mark *mark);
/* The stack pointer of the innermost function that has a C++ try block where it is, the highest address for none or no
 * translator; and what is called there, which comes back when nothing was thrown. */
uintptr_t translate_stack(const struct dispatch *dispatch);
void translate(struct dispatch *dispatch);
struct translation;
void translate_call(DWORD code, EXCEPTION_POINTERS *pointers, exception_translator translator,
                    struct translation *translation);
LONG vector_call(enum exception_vector list, EXCEPTION_POINTERS *pointers);
/* Nobody took it: the last filter, the program's own signal handler, the report, death. Returns to continue. */
void unhandled(struct dispatch *dispatch);
/* What a signal means in Windows' terms, into the record; the context may be corrected (breakpoints). */
void record_from_fault(const struct host_fault *fault, EXCEPTION_RECORD *record, CONTEXT *context);
void context_from_fault(const struct host_fault *fault, CONTEXT *context);
void context_to_fault(const CONTEXT *context, struct host_fault *fault);
/* Prints what a Windows developer wants to know. */
void report(const struct dispatch *dispatch);
int signal_of(DWORD code);

/* The bounds of the calling thread's stack, and its closed pages. */
void stack_start(struct exception_thread *thread);
void stack_stop(struct exception_thread *thread);
/* In the signal handler: whether touching `address` overflowed the stack; opens the closed pages. */
bool stack_overflow(struct exception_thread *thread, uintptr_t address, bool unmapped);
/* In the signal handler: whether a dispatch can run below `stack`. */
bool stack_has_room(struct exception_thread *thread, uintptr_t stack);
/* Then: whether it is the alternate stack, or the pages that are kept for handlers were opened already. */
bool stack_is_used_up(const struct exception_thread *thread, uintptr_t stack);

/* False: none for the place where the function that has the frame was interrupted. */
bool landing_find(const struct host_fault *fault, const struct winmem_seh_frame *frame, struct seh_landing *landing);

int seh_jump_in(struct winmem_seh_frame *frame, int state, struct seh_return *back);
int seh_jump_land(const struct seh_landing *landing, struct seh_return *back);
int seh_jump_fault(const ucontext_t *context, struct seh_return *back);
void seh_jump_on(struct winmem_seh_frame *frame) __attribute__((noreturn));
void seh_jump_back(struct seh_return *back, int value) __attribute__((noreturn));
void seh_jump_out(struct winmem_seh_frame *frame, int state) __attribute__((noreturn));
void seh_jump_settled(struct winmem_seh_frame *frame, const uintptr_t *registers, int kind) __attribute__((noreturn));
void seh_settle(int value, const uintptr_t *registers) __attribute__((noreturn));
int seh_link(struct winmem_seh_frame *frame, int kind);

#endif
