/* dispatch.c: the order of things: vectored handlers, frames, the last filter, and continue handlers on the way back.
 * Runs in ordinary code on the faulting thread; handlers may call anything. */
#include <errno.h>
#include <string.h>

#include "exception/internal.h"
#include "host/guarded.h"
#include "host/stack.h"
#include "mm/mm.h"

static void raise_from(DWORD code, EXCEPTION_RECORD *cause, CONTEXT *context)
{
    EXCEPTION_RECORD record = {
        .ExceptionCode = code,
        .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
        .ExceptionRecord = cause,
        .ExceptionAddress = (PVOID)(uintptr_t)context->Rip,
    };
    exception_dispatch(&record, context);
}

static void dispatch_run(struct dispatch *dispatch)
{
    EXCEPTION_POINTERS *pointers = &dispatch->pointers;
    if (exception_thread.reporting || (dispatch->fault && dispatch->fault->last_words))
        unhandled(dispatch); /* the report itself failed, or no stack is left for handlers: nobody is asked */
    if (dispatch->fault && pointers->ExceptionRecord->ExceptionCode == (DWORD)STATUS_STACK_BUFFER_OVERRUN)
        unhandled(dispatch); /* __fastfail */
    LONG verdict = vector_call(EXCEPTION_VECTOR_HANDLERS, pointers);
    if (verdict != EXCEPTION_CONTINUE_EXECUTION) {
        verdict = seh_search(dispatch);
        if (verdict != EXCEPTION_CONTINUE_EXECUTION)
            unhandled(dispatch);
        if (pointers->ExceptionRecord->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
            raise_from((DWORD)STATUS_NONCONTINUABLE_EXCEPTION, pointers->ExceptionRecord, pointers->ContextRecord);
    }
    vector_call(EXCEPTION_VECTOR_CONTINUE, pointers);
}

static void dispatch_with(struct dispatch *dispatch)
{
    struct exception_thread *thread = &exception_thread;
    int saved_errno = errno;
    dispatch->outer = thread->dispatch;
    thread->dispatch = dispatch;
    dispatch_run(dispatch);
    thread->dispatch = dispatch->outer;
    errno = saved_errno;
}

void exception_dispatch(EXCEPTION_RECORD *record, CONTEXT *context)
{
    struct dispatch dispatch = {.pointers = {record, context}};
    dispatch_with(&dispatch);
}

void exception_last_chance(EXCEPTION_RECORD *record, CONTEXT *context)
{
    struct dispatch dispatch = {.pointers = {record, context}};
    unhandled(&dispatch);
}

/* A page fault: is it memory that the manager itself brings in? */
static bool page_fault(struct host_fault *fault)
{
    const greg_t *registers = fault->context->uc_mcontext.gregs;
    struct mm_fault *mm = (struct mm_fault *)fault->verdict;
    _Static_assert(sizeof *mm <= sizeof fault->verdict, "host_fault carries mm's verdict");
    greg_t error = registers[REG_ERR];
    *mm = (struct mm_fault){
        .address = (uintptr_t)registers[REG_CR2],
        .pc = (uintptr_t)registers[REG_RIP],
        .operation = error & 16  ? EXCEPTION_EXECUTE_FAULT
                     : error & 2 ? EXCEPTION_WRITE_FAULT
                                 : EXCEPTION_READ_FAULT,
        .bus_error = fault->signal == SIGBUS,
        .probe = host_fault_is_copy(fault),
        .status = STATUS_ACCESS_VIOLATION,
    };
    if (mm_fault(mm) == MM_FAULT_RESOLVED)
        return true;
    if (mm->status != STATUS_ACCESS_VIOLATION || mm->probe)
        return false;
    bool again = exception_thread.stack_guard_open;
    if (stack_overflow(&exception_thread, mm->address, fault->info->si_code == SEGV_MAPERR)) {
        mm->status = STATUS_STACK_OVERFLOW;
        fault->last_words = again;
    }
    return false;
}

/* In the signal handler. */
static bool fault_decide(struct host_fault *fault)
{
    const greg_t *registers = fault->context->uc_mcontext.gregs;
    const struct mm_fault *mm = (const struct mm_fault *)fault->verdict;
    bool page = (fault->signal == SIGSEGV || fault->signal == SIGBUS) && registers[REG_TRAPNO] == 14;
    if (page && page_fault(fault))
        return true;
    if (host_guarded_repair(fault->context, (uint32_t)(page ? mm->status : (NTSTATUS)STATUS_ACCESS_VIOLATION)))
        return true;
    fault->no_room = !stack_has_room(&exception_thread, (uintptr_t)registers[REG_RSP]);
    fault->last_words |= fault->no_room && stack_is_used_up(&exception_thread, (uintptr_t)registers[REG_RSP]);
    return false;
}

/* On the faulting thread's own stack. */
static void fault_dispatch(struct host_fault *fault)
{
    EXCEPTION_RECORD record;
    CONTEXT context;
    struct dispatch dispatch = {.pointers = {&record, &context}, .fault = fault};
    context_from_fault(fault, &context);
    record_from_fault(fault, &record, &context);
    dispatch_with(&dispatch);
    context_to_fault(&context, fault);
}

/* A destructor that uses __try starts the thread anew. After the last round nobody would stop it: it does without a
 * stack that is known and an alternate one then. */
static void thread_ends(bool last)
{
    exception_thread_stop();
    exception_thread.over = last;
}

__attribute__((constructor)) void exception_start(void)
{
    static const struct host_fault_functions functions = {fault_decide, fault_dispatch};
    static bool started;
    if (__atomic_exchange_n(&started, true, __ATOMIC_ACQ_REL))
        return;
    host_thread_end_start(thread_ends);
    host_signal_start(&functions);
    exception_thread_start();
}

void exception_thread_start(void)
{
    struct exception_thread *thread = &exception_thread;
    if (thread->started)
        return;
    thread->started = true;
    exception_start();
    if (thread->over)
        return;
    int saved_errno = errno;
    if (host_altstack_start(&thread->altstack, &thread->altstack_size) == 0)
        stack_start(thread);
    host_at_thread_end();
    errno = saved_errno;
}

void exception_thread_stop(void)
{
    struct exception_thread *thread = &exception_thread;
    if (!thread->started)
        return;
    stack_stop(thread);
    host_altstack_stop(thread->altstack, thread->altstack_size);
    *thread = (struct exception_thread){.started = false};
}

/* A copy of the record goes its way; the caller's is left as it was. */
static void raise_copy(const EXCEPTION_RECORD *record, PVOID address, CONTEXT *context) __attribute__((noreturn));
static void raise_copy(const EXCEPTION_RECORD *record, PVOID address, CONTEXT *context)
{
    EXCEPTION_RECORD own = *record;
    own.ExceptionAddress = address;
    exception_thread_start();
    exception_dispatch(&own, context);
    exception_restore(context);
}

void raise_inside(const EXCEPTION_RECORD *record, CONTEXT *context)
{
    raise_copy(record, record->ExceptionAddress ? record->ExceptionAddress : (PVOID)(uintptr_t)context->Rip, context);
}

void raise_by_call(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments, CONTEXT *context)
{
    EXCEPTION_RECORD record = {
        .ExceptionCode = code, /* handlers see it whole; the report clears bit 28 (documented: before a message) */
        .ExceptionFlags = flags & EXCEPTION_NONCONTINUABLE,
    };
    if (arguments)
        record.NumberParameters = count < EXCEPTION_MAXIMUM_PARAMETERS ? count : EXCEPTION_MAXIMUM_PARAMETERS;
    for (DWORD i = 0; i < record.NumberParameters; i++)
        record.ExceptionInformation[i] = arguments[i];
    raise_copy(&record, (PVOID)(uintptr_t)context->Rip, context);
}

void raise_by_status(NTSTATUS status, CONTEXT *context)
{
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)status, .ExceptionFlags = EXCEPTION_NONCONTINUABLE};
    raise_copy(&record, (PVOID)(uintptr_t)context->Rip, context);
}

/* The program's own record: handlers see it, and it says where it was raised. More parameters than there is room for
 * are told in another exception. */
void raise_by_record(EXCEPTION_RECORD *record, CONTEXT *context)
{
    record->ExceptionAddress = (PVOID)(uintptr_t)context->Rip;
    if (record->NumberParameters > EXCEPTION_MAXIMUM_PARAMETERS)
        raise_by_status(STATUS_INVALID_PARAMETER, context);
    exception_thread_start();
    exception_dispatch(record, context);
    exception_restore(context);
}

void exception_raise_status(NTSTATUS code, DWORD parameters, const ULONG_PTR *values)
{
    EXCEPTION_RECORD record = {
        .ExceptionCode = (DWORD)code,
        .ExceptionAddress = __builtin_return_address(0),
        .NumberParameters = parameters <= EXCEPTION_MAXIMUM_PARAMETERS ? parameters : EXCEPTION_MAXIMUM_PARAMETERS,
    };
    for (DWORD i = 0; i < record.NumberParameters; i++)
        record.ExceptionInformation[i] = values[i];
    exception_raise(&record);
}
