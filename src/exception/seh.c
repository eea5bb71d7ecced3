/* seh.c: the thread's list of __try frames: linking, filters, __finally blocks, the way into an __except block. Frames
 * lie on the program's stacks; seh.S enters and leaves them. Calls nothing outside this folder and the program. */
#include <string.h>

#include "exception/internal.h"

#define FRAME_MARK 0x5EA7F4A3E0D1C2B6UL

__thread struct exception_thread exception_thread;

static uintptr_t frame_mark(const struct winmem_seh_frame *frame)
{
    return FRAME_MARK ^ (uintptr_t)frame ^ (uintptr_t)frame->jump[SEH_SP];
}

/* A frame that its function left without unlinking (longjmp) may have been overwritten since. */
static bool frame_alive(const struct winmem_seh_frame *frame)
{
    return frame->check == frame_mark(frame);
}

/* Drops frames of functions below `stack`: they have been left. */
static void drop_below(struct exception_thread *thread, uintptr_t stack)
{
    struct winmem_seh_frame *frame = thread->top;
    while (frame && (!frame_alive(frame) || (uintptr_t)frame->jump[SEH_SP] < stack)) {
        if (!frame_alive(frame)) {
            frame = NULL;
            break;
        }
        frame = frame->previous;
    }
    thread->top = frame;
}

/* Goes to the function of the frame for a filter or a __finally block, and comes back with its answer. */
static int enter_again(struct winmem_seh_frame *frame, int state, struct seh_return *back)
{
    struct exception_thread *thread = &exception_thread;
    back->outer = thread->returns;
    back->settled = false;
    thread->returns = back;
    return seh_jump_in(frame, state, back);
}

void winmem_seh_answer(int value)
{
    struct seh_return *back = exception_thread.returns;
    exception_thread.returns = back->outer;
    seh_jump_back(back, value);
}

void seh_settle(int value, const uintptr_t *registers)
{
    struct seh_return *back = exception_thread.returns;
    back->settled = true;
    memcpy(back->answer, registers, sizeof back->answer);
    exception_thread.returns = back->outer;
    seh_jump_back(back, value);
}

static inline void link_frame(struct exception_thread *thread, struct winmem_seh_frame *frame, int kind)
{
    if (!thread->started)
        exception_thread_start();
    struct winmem_seh_frame *top = thread->top;
    if (top && (uintptr_t)top->jump[SEH_SP] < (uintptr_t)frame->jump[SEH_SP]) {
        drop_below(thread, (uintptr_t)frame->jump[SEH_SP]);
        top = thread->top;
    }
    frame->previous = top;
    frame->phase = WINMEM_SEH_BODY;
    frame->kind = kind & (WINMEM_SEH_EXCEPT | WINMEM_SEH_FINAL);
    frame->pads = (unsigned short)(kind & (WINMEM_SEH_PADS_C | WINMEM_SEH_PADS_CXX));
    frame->check = frame_mark(frame);
    frame->dispatch = thread->dispatch;
    thread->top = frame;
}

/* winmem_seh_enter (seh.S) has saved the registers. */
int seh_link(struct winmem_seh_frame *frame, int kind)
{
    struct exception_thread *thread = &exception_thread;
    if (__builtin_expect(thread->settled == frame, 0)) {
        thread->settled = NULL;
        return WINMEM_SEH_HANDLER;
    }
    link_frame(thread, frame, kind);
    return WINMEM_SEH_BODY;
}

void winmem_seh_begin(struct winmem_seh_frame *frame, int kind)
{
    frame->jump[SEH_SP] = __builtin_dwarf_cfa(); /* elsewhere already, with -fcf-protection */
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(frame->mxcsr), "=m"(frame->x87_control));
    link_frame(&exception_thread, frame, kind);
}

/* The function of the frame enters it again through a landing pad. Comes back after a __finally block. */
static void enter_by_landing(struct winmem_seh_frame *frame, const struct seh_landing *landing)
{
    struct exception_thread *thread = &exception_thread;
    struct seh_return back = {.outer = thread->returns};
    if (frame->phase == WINMEM_SEH_FINALLY)
        thread->returns = &back;
    thread->landing = frame;
    if (landing->fault)
        seh_jump_fault(landing->fault, &back);
    else
        seh_jump_land(landing, &back);
}

/* In the cleanup of the landing pad. */
static void landed(struct winmem_seh_frame *frame) __attribute__((noreturn, noinline));
static void landed(struct winmem_seh_frame *frame)
{
    struct exception_thread *thread = &exception_thread;
    thread->landing = NULL;
    if (frame->phase == WINMEM_SEH_HANDLER)
        seh_jump_out(frame, WINMEM_SEH_HANDLER);
    thread->finally_pending = true;
    seh_jump_on(frame);
}

/* Runs the block of a frame that is no longer on the list, if it is a __finally block. */
static void run_finally(struct winmem_seh_frame *frame, const struct seh_landing *landing)
{
    if (frame->kind != WINMEM_SEH_FINAL)
        return;
    frame->phase = WINMEM_SEH_FINALLY;
    if (landing) {
        enter_by_landing(frame, landing);
    } else {
        struct seh_return back;
        exception_thread.finally_pending = true;
        enter_again(frame, WINMEM_SEH_FINALLY, &back);
    }
    exception_thread.finally_pending = false;
}

static void unlink_frame(struct exception_thread *thread, struct winmem_seh_frame *frame)
{
    if (thread->top != frame)
        drop_below(thread, (uintptr_t)frame->jump[SEH_SP]);
    struct winmem_seh_frame *top = thread->top;
    while (top && top != frame && top->jump[SEH_SP] == frame->jump[SEH_SP] && frame_alive(top))
        top = top->previous;
    if (top && top == frame)
        thread->top = top->previous;
    frame->check = 0;
}

void winmem_seh_exit(struct winmem_seh_frame **guard)
{
    struct winmem_seh_frame *frame = *guard, *landing = exception_thread.landing;
    if (__builtin_expect(landing != NULL, 0) && landing->jump[SEH_FP] == frame->jump[SEH_FP])
        landed(landing);
    unlink_frame(&exception_thread, frame);
    if (frame->phase != WINMEM_SEH_DONE)
        run_finally(frame, NULL);
}

int winmem_seh_finally_begin(void)
{
    int abnormal = exception_thread.finally_pending;
    exception_thread.finally_pending = false;
    return abnormal;
}

void winmem_seh_finally_end(int abnormal)
{
    if (abnormal)
        winmem_seh_answer(0);
}

void *winmem_seh_resume(void)
{
    winmem_seh_answer(0);
    return NULL;
}

/* What a function has in registers where it was interrupted is gathered by the first of its frames that it enters
 * again; from then on it is a call that leads to the others. */
static const struct seh_landing *find_landing(const struct host_fault **fault, const struct winmem_seh_frame *frame,
                                              struct seh_landing *landing)
{
    bool found = *fault && frame->pads && landing_find(*fault, frame, landing);
    *fault = NULL;
    return found ? landing : NULL;
}

/* The second phase: __finally blocks from the inside out, then the __except block of `target`. */
static void unwind_to(struct winmem_seh_frame *target, const struct dispatch *dispatch, const struct seh_return *filter)
    __attribute__((noreturn));
static void unwind_to(struct winmem_seh_frame *target, const struct dispatch *dispatch, const struct seh_return *filter)
{
    struct exception_thread *thread = &exception_thread;
    EXCEPTION_RECORD *record = dispatch->pointers.ExceptionRecord;
    const struct host_fault *fault = dispatch->fault;
    struct seh_landing landing;
    DWORD code = record->ExceptionCode;
    record->ExceptionFlags |= EXCEPTION_UNWINDING;
    thread->landing = NULL;
    while (thread->top && thread->top != target) {
        struct winmem_seh_frame *frame = thread->top;
        if (!frame_alive(frame))
            break;
        thread->top = frame->previous;
        thread->dispatch = frame->dispatch; /* the block may leave for good */
        frame->check = 0;
        if (frame->kind == WINMEM_SEH_FINAL)
            run_finally(frame, find_landing(&fault, frame, &landing));
    }
    thread->top = target->previous;
    thread->dispatch = target->dispatch;
    target->check = 0;
    target->phase = WINMEM_SEH_HANDLER;
    target->code = code;
    if (__asan_handle_no_return)
        __asan_handle_no_return();
    if (filter->settled) {
        thread->settled = target;
        seh_jump_settled(target, filter->answer, target->kind);
    }
    const struct seh_landing *by = find_landing(&fault, target, &landing);
    if (by)
        enter_by_landing(target, by);
    seh_jump_out(target, WINMEM_SEH_HANDLER);
}

void seh_leave_below(uintptr_t stack, const struct seh_mark *mark)
{
    struct exception_thread *thread = &exception_thread;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    bool target_known = stack - thread->stack_low < thread->stack_high - thread->stack_low;
    bool here_known = here - thread->stack_low < thread->stack_high - thread->stack_low;
    uintptr_t low = target_known && !here_known ? thread->stack_low : here; /* handlers on the alternate stack */
    if (stack < low)
        return; /* to another stack: its frames stay */
    thread->landing = NULL;
    struct winmem_seh_frame *frame = thread->top;
    while (frame && frame_alive(frame)) {
        uintptr_t at = (uintptr_t)frame->jump[SEH_SP] - low;
        if (at > stack - low || (at == stack - low && (!mark || frame == mark->top)))
            break; /* entered before the setjmp */
        thread->top = frame->previous;
        thread->dispatch = frame->dispatch;
        frame->check = 0;
        run_finally(frame, NULL);
        frame = thread->top;
    }
    while (thread->dispatch && (uintptr_t)thread->dispatch - low < stack - low)
        thread->dispatch = thread->dispatch->outer;
}

/* Whether the exception happened in a filter that another one asks, and `frame` is one that it has asked. */
static bool asked_before(const struct dispatch *dispatch, const struct winmem_seh_frame *frame)
{
    uintptr_t stack = (uintptr_t)frame->jump[SEH_SP];
    for (const struct dispatch *outer = dispatch->outer; outer; outer = outer->outer) {
        const struct winmem_seh_frame *asking = outer->asking;
        if (asking && stack > (uintptr_t)outer &&
            (stack <= (uintptr_t)asking->jump[SEH_SP] || frame->jump[SEH_FP] == asking->jump[SEH_FP]))
            return true;
    }
    return false;
}

static int ask(struct dispatch *dispatch, struct winmem_seh_frame *frame, struct seh_return *back)
{
    EXCEPTION_RECORD *record = dispatch->pointers.ExceptionRecord;
    int phase = frame->phase;
    record->ExceptionFlags &= ~(DWORD)EXCEPTION_NESTED_CALL;
    if (asked_before(dispatch, frame))
        record->ExceptionFlags |= EXCEPTION_NESTED_CALL;
    frame->phase = WINMEM_SEH_FILTER;
    dispatch->asking = frame;
    int verdict = enter_again(frame, WINMEM_SEH_FILTER, back);
    dispatch->asking = NULL;
    frame->phase = phase;
    return verdict;
}

LONG seh_search(struct dispatch *dispatch)
{
    struct exception_thread *thread = &exception_thread;
    uintptr_t stack = dispatch->pointers.ContextRecord->Rsp, catcher = translate_stack(dispatch);
    for (struct winmem_seh_frame *frame = thread->top; frame && frame_alive(frame); frame = frame->previous) {
        if (frame->kind != WINMEM_SEH_EXCEPT || (uintptr_t)frame->jump[SEH_SP] < stack)
            continue; /* no filter, or left by a jump */
        if ((uintptr_t)frame->jump[SEH_SP] >= catcher) {
            translate(dispatch);
            catcher = ~(uintptr_t)0;
        }
        struct seh_return back;
        int verdict = ask(dispatch, frame, &back);
        if (verdict > 0)
            unwind_to(frame, dispatch, &back);
        if (verdict < 0)
            return EXCEPTION_CONTINUE_EXECUTION;
    }
    if (catcher != ~(uintptr_t)0)
        translate(dispatch);
    return EXCEPTION_CONTINUE_SEARCH;
}

void winmem_seh_handling(struct winmem_seh_frame *frame, void *function, int depth)
{
    struct exception_thread *thread = &exception_thread;
    uintptr_t here = (uintptr_t)function;
    unsigned n = thread->handlers;
    while (n && (thread->handler[n - 1].function < here ||
                 (thread->handler[n - 1].function == here && thread->handler[n - 1].depth >= depth)))
        n--;
    if (n == SEH_HANDLERS) {
        for (unsigned i = 1; i < n; i++)
            thread->handler[i - 1] = thread->handler[i];
        n--;
    }
    thread->handler[n] = (struct exception_handler){.function = here, .depth = depth, .code = frame->code};
    thread->handlers = n + 1;
}

unsigned winmem_seh_code(void *function, int depth)
{
    struct exception_thread *thread = &exception_thread;
    for (unsigned n = depth > 0 ? thread->handlers : 0; n; n--) {
        struct exception_handler *handler = &thread->handler[n - 1];
        if (handler->function == (uintptr_t)function && handler->depth == depth)
            return handler->code;
    }
    return thread->dispatch ? thread->dispatch->pointers.ExceptionRecord->ExceptionCode : 0;
}

struct _EXCEPTION_POINTERS *winmem_seh_information(void)
{
    return exception_thread.dispatch ? &exception_thread.dispatch->pointers : NULL;
}

void *exception_frames_swap(void *frames)
{
    void *before = exception_thread.top;
    exception_thread.top = frames;
    return before;
}
