/* unhandled.c: what happens to an exception that nobody took: the program's last filter, its own signal handler from
 * before us, the report, and death by the signal. */
#include "exception/internal.h"

static struct {
    exception_filter filter; /* atomic */
    DWORD error_mode;        /* atomic */
    bool quiet;              /* set before main by the preload libraries */
} unhandled_state;

exception_filter exception_set_filter(exception_filter filter)
{
    return __atomic_exchange_n(&unhandled_state.filter, filter, __ATOMIC_ACQ_REL);
}

DWORD exception_set_error_mode(DWORD mode, bool thread, DWORD *old)
{
    DWORD before =
        thread ? exception_thread.error_mode : __atomic_load_n(&unhandled_state.error_mode, __ATOMIC_RELAXED);
    if (thread)
        exception_thread.error_mode = mode;
    else /* SEM_NOALIGNMENTFAULTEXCEPT stays once it is set */
        before = __atomic_exchange_n(&unhandled_state.error_mode, mode | (before & 4), __ATOMIC_RELAXED);
    if (old)
        *old = before;
    return before;
}

DWORD exception_error_mode(bool thread)
{
    return thread ? exception_thread.error_mode : __atomic_load_n(&unhandled_state.error_mode, __ATOMIC_RELAXED);
}

int signal_of(DWORD code)
{
    switch ((NTSTATUS)code) {
    case STATUS_ACCESS_VIOLATION:
    case STATUS_GUARD_PAGE_VIOLATION:
    case STATUS_STACK_OVERFLOW:
    case STATUS_PRIVILEGED_INSTRUCTION:
        return SIGSEGV;
    case STATUS_IN_PAGE_ERROR:
    case STATUS_DATATYPE_MISALIGNMENT:
        return SIGBUS;
    case STATUS_ILLEGAL_INSTRUCTION:
        return SIGILL;
    case STATUS_BREAKPOINT:
    case STATUS_SINGLE_STEP:
        return SIGTRAP;
    case STATUS_INTEGER_DIVIDE_BY_ZERO:
    case STATUS_INTEGER_OVERFLOW:
    case STATUS_ARRAY_BOUNDS_EXCEEDED:
    case STATUS_FLOAT_DENORMAL_OPERAND:
    case STATUS_FLOAT_DIVIDE_BY_ZERO:
    case STATUS_FLOAT_INEXACT_RESULT:
    case STATUS_FLOAT_INVALID_OPERATION:
    case STATUS_FLOAT_OVERFLOW:
    case STATUS_FLOAT_STACK_CHECK:
    case STATUS_FLOAT_UNDERFLOW:
        return SIGFPE;
    default:
        return SIGABRT;
    }
}

LONG exception_unhandled_filter(EXCEPTION_POINTERS *pointers)
{
    exception_filter filter = __atomic_load_n(&unhandled_state.filter, __ATOMIC_ACQUIRE);
    return filter ? filter(pointers) : EXCEPTION_CONTINUE_SEARCH;
}

void exception_quiet(void)
{
    unhandled_state.quiet = true;
}

static bool wants_report(void)
{
    return !((exception_error_mode(false) | exception_error_mode(true)) & 2); /* SEM_NOGPFAULTERRORBOX */
}

LONG exception_unhandled_asked(EXCEPTION_POINTERS *pointers)
{
    LONG verdict = exception_unhandled_filter(pointers);
    if (verdict != EXCEPTION_CONTINUE_SEARCH)
        return verdict;
    struct dispatch dispatch = {.pointers = *pointers};
    if (wants_report())
        report(&dispatch);
    return EXCEPTION_EXECUTE_HANDLER;
}

void unhandled(struct dispatch *dispatch)
{
    struct exception_thread *thread = &exception_thread;
    int signal =
        dispatch->fault ? dispatch->fault->signal : signal_of(dispatch->pointers.ExceptionRecord->ExceptionCode);
    siginfo_t *info = dispatch->fault ? dispatch->fault->info : NULL;
    if (thread->reporting) /* the report itself failed */
        host_signal_die(thread->reporting, NULL);
    bool fast =
        dispatch->fault && dispatch->pointers.ExceptionRecord->ExceptionCode == (DWORD)STATUS_STACK_BUFFER_OVERRUN;
    bool unasked = fast || (dispatch->fault && dispatch->fault->last_words);
    LONG verdict = unasked ? EXCEPTION_CONTINUE_SEARCH : exception_unhandled_filter(&dispatch->pointers);
    if (verdict == EXCEPTION_CONTINUE_EXECUTION)
        return;
    if (verdict == EXCEPTION_CONTINUE_SEARCH) {
        if (!fast && dispatch->fault && host_signal_chain(dispatch->fault)) {
            context_from_fault(dispatch->fault, dispatch->pointers.ContextRecord);
            return;
        }
        thread->reporting = signal;
        if (!unhandled_state.quiet && wants_report())
            report(dispatch);
    }
    host_signal_die(signal, info);
}

void exception_fail_fast(EXCEPTION_RECORD *record, CONTEXT *context)
{
    struct dispatch dispatch = {.pointers = {record, context}};
    int signal = signal_of(record->ExceptionCode);
    if (!exception_thread.reporting && !unhandled_state.quiet && wants_report()) {
        exception_thread.reporting = signal;
        report(&dispatch);
    }
    host_signal_die(signal, NULL);
}
