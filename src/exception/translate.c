/* translate.c: the thread's translator (_set_se_translator), which throws a C++ exception for one of this kind. It is
 * called where the next function on the way out that may take the exception has a C++ try block there.
 *
 * What it throws goes through the frame of the fault as through any other when the compiler knew that the place may
 * throw. Where it did not, the exception would end the process, or pass a __try by: then the function is left from
 * here, after its termination handlers, and the exception is raised once more as if its caller had raised it. */
#include <signal.h>
#include <stdlib.h>
#include <unwind.h>

#include "exception/dwarf.h"
#include "exception/internal.h"

#define NOWHERE (~(uintptr_t)0)

struct translation {
    CONTEXT caller; /* of the function that is left */
    uintptr_t end;  /* of its frame; 0: none is left */
    uintptr_t catcher;
};

static bool has_frame(uintptr_t stack, uintptr_t end)
{
    const struct winmem_seh_frame *top = exception_thread.top;
    while (top && (uintptr_t)top->jump[SEH_SP] < stack)
        top = top->previous;
    return top && (uintptr_t)top->jump[SEH_SP] < end;
}

static void look(const struct dispatch *dispatch, struct translation *translation)
{
    CONTEXT context = *dispatch->pointers.ContextRecord;
    bool after = !dispatch->fault || dispatch->fault->signal == SIGTRAP;
    translation->end = 0;
    translation->catcher = NOWHERE;
    for (;;) {
        uintptr_t place = (uintptr_t)context.Rip - (after ? 1 : 0), stack = (uintptr_t)context.Rsp, end;
        struct dwarf_function function;
        if (!dwarf_find(place, &function))
            return;
        if (dwarf_catches(&function, place)) {
            translation->catcher = stack;
            return;
        }
        enum dwarf_step step = dwarf_step(&context, after, &end, NULL);
        if (step == DWARF_END || end <= stack)
            return;
        bool lands, passes = dwarf_passes(&function, place, &lands);
        if (!passes || (!lands && has_frame(stack, end))) {
            translation->caller = context;
            translation->end = end;
        }
        after = step == DWARF_CALLED;
    }
}

uintptr_t translate_stack(const struct dispatch *dispatch)
{
    struct translation translation;
    if (!exception_thread.translator)
        return NOWHERE;
    look(dispatch, &translation);
    return translation.catcher;
}

/* Called, to all appearance, by the caller of the function that was left. */
static void raise_again(struct _Unwind_Exception *exception) __attribute__((noreturn));
static void raise_again(struct _Unwind_Exception *exception)
{
    exception_thread.raise_cxx(exception);
    abort(); /* nobody takes it after all */
}

/* The personality of translate_call: what the translator throws comes to its end there. */
_Unwind_Reason_Code translate_personality(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
                                          struct _Unwind_Exception *exception, struct _Unwind_Context *place)
    __attribute__((visibility("hidden")));
_Unwind_Reason_Code translate_personality(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
                                          struct _Unwind_Exception *exception, struct _Unwind_Context *place)
{
    (void)version, (void)class;
    if (actions & _UA_SEARCH_PHASE)
        return _URC_HANDLER_FOUND;
    if (!(actions & _UA_HANDLER_FRAME))
        return _URC_CONTINUE_UNWIND; /* the thread ends */
    const struct translation *translation = *(struct translation **)_Unwind_GetCFA(place);
    CONTEXT caller = translation->caller;
    uintptr_t end = translation->end;
    seh_leave_below(end, NULL);
    if (__asan_handle_no_return)
        __asan_handle_no_return();
    caller.Rsp = end - sizeof caller.Rip; /* its return address is there */
    caller.Rip = (DWORD64)(uintptr_t)raise_again;
    caller.Rdi = (DWORD64)(uintptr_t)exception;
    exception_restore(&caller);
}

void translate(struct dispatch *dispatch)
{
    struct exception_thread *thread = &exception_thread;
    struct translation translation;
    look(dispatch, &translation);
    thread->dispatch = dispatch->outer; /* it leaves for good when it throws */
    DWORD code = dispatch->pointers.ExceptionRecord->ExceptionCode;
    if (translation.end)
        translate_call(code, &dispatch->pointers, thread->translator, &translation);
    else
        thread->translator(code, &dispatch->pointers);
    thread->dispatch = dispatch;
}

exception_translator exception_set_translator(exception_translator translator, int (*raise_cxx)(void *))
{
    exception_translator before = exception_thread.translator;
    exception_thread_start();
    exception_thread.translator = translator;
    exception_thread.raise_cxx = raise_cxx;
    return before;
}
