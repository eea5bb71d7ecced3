/* processthread.c: suspension of threads by a signal whose handler holds the thread and its registers; see
 * ps/suspend.h. The handler is async-signal-safe. */
#include "ps/suspend.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "exception/exception.h"
#include "exception/internal.h"
#include "host/futex.h"
#include "host/lock.h"
#include "host/process.h"
#include "nt/processcall.h"
#include "ps/process.h"

#define PATIENCE 2000000000 /* ns */
#define MAXIMUM_SUSPEND 127u

static _Atomic int handler_ready;

static int suspend_signal(void)
{
    return SIGRTMAX - 2;
}

/* Sits here while the count is above zero. Who counts it up while `parked` is still told may believe it: the count is
 * looked at once more after that is taken back. */
static void park(struct ps_thread *thread, CONTEXT *context)
{
    uint32_t count;
    thread->context = context;
    do {
        atomic_store(&thread->parked, 1);
        host_futex_wake(&thread->parked, 1, false);
        while ((count = atomic_load(&thread->suspended)) != 0)
            host_futex_wait(&thread->suspended, count, HOST_FOREVER, false);
        atomic_store(&thread->parked, 0);
    } while (atomic_load(&thread->suspended) != 0);
}

/* A thread that was asked while it held a lock of the library asks itself when it has given the last one back. */
static void ask_self(void)
{
    struct ps_thread *thread = ps_thread_current();
    if (thread && atomic_load(&thread->suspended))
        pthread_sigqueue(pthread_self(), suspend_signal(), (union sigval){.sival_ptr = thread});
}

static void on_signal(int number, siginfo_t *information, void *machine)
{
    (void)number;
    int saved = errno;
    struct ps_thread *thread = information->si_value.sival_ptr;
    if (information->si_code == SI_QUEUE && information->si_pid == getpid() && thread &&
        atomic_load(&thread->id) == gettid() && atomic_load(&thread->suspended) && !host_lock_put_off(ask_self)) {
        struct host_fault fault = {.context = machine};
        CONTEXT context;
        context_from_fault(&fault, &context);
        thread->context_changed = false;
        park(thread, &context);
        if (thread->context_changed)
            context_to_fault(&context, &fault);
    }
    errno = saved;
}

static void install_handler(void)
{
    if (atomic_load(&handler_ready))
        return;
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    sigdelset(&action.sa_mask, SIGSEGV);
    sigdelset(&action.sa_mask, SIGBUS);
    sigaction(suspend_signal(), &action, NULL);
    atomic_store(&handler_ready, 1);
}

void ps_suspend_initially(struct ps_thread *thread)
{
    if (!atomic_load(&thread->suspended))
        return;
    CONTEXT context;
    exception_capture(&context);
    if (!atomic_load(&thread->suspended))
        return; /* here again with a context that SetThreadContext gave */
    thread->context_changed = false;
    park(thread, &context);
    if (thread->context_changed)
        exception_restore(&context);
}

/* A thread that has a lock of the library is left running and asked again: whoever stops it wants to go on using the
 * library. Between the questions the list of threads is free, for it may be what the thread waits for. */
static NTSTATUS await_parked(struct ps_thread *thread, bool ask)
{
    int64_t deadline = host_deadline(PATIENCE), pause = 20000;
    while (!atomic_load(&thread->parked)) {
        ps_thread_lock(); /* the thread cannot end in between: it needs the lock for that */
        bool ended = atomic_load(&thread->ended) || (ask && pthread_sigqueue(thread->pthread, suspend_signal(),
                                                                             (union sigval){.sival_ptr = thread}) != 0);
        ps_thread_unlock();
        if (ended)
            return STATUS_THREAD_IS_TERMINATING;
        if (host_now() > deadline)
            return STATUS_IO_TIMEOUT;
        host_futex_wait(&thread->parked, 0, host_now() + pause, false);
        pause = pause < 400000 ? pause * 2 : pause;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS suspend_self(struct ps_thread *thread, ULONG *previous)
{
    *previous = atomic_fetch_add(&thread->suspended, 1);
    ps_suspend_initially(thread);
    return STATUS_SUCCESS;
}

/* Of the first thread of another process: what is asked of the one whose thread it is. */
static NTSTATUS ask_process(struct ps_thread *thread, uint32_t operation, ULONG *previous, CONTEXT *context)
{
    struct nt_call call = {.operation = operation, .argument = {(uint64_t)atomic_load(&thread->id)}};
    struct nt_reply reply;
    if (context)
        call.argument[1] = context->ContextFlags;
    NTSTATUS status = nt_ask_process(thread->process, PROCESS_SUSPEND_RESUME, &call, &reply);
    if (NT_SUCCESS(status) && context && reply.length != sizeof(*context))
        status = STATUS_UNSUCCESSFUL;
    if (NT_SUCCESS(status) && context)
        memcpy(context, reply.data, sizeof(*context));
    if (NT_SUCCESS(status) && previous)
        *previous = (ULONG)reply.value[0];
    return status;
}

/* Before it begins, the count stands in the block that is shared with it. */
static bool change_hold(struct ps_block *block, int change, ULONG *previous)
{
    uint32_t count = block ? atomic_load(&block->hold) : 0;
    do
        if (count == 0 || (change > 0 && count == MAXIMUM_SUSPEND))
            return false;
    while (!atomic_compare_exchange_weak(&block->hold, &count, count + (uint32_t)change));
    *previous = count;
    return true;
}

static NTSTATUS suspend_process(struct ps_thread *thread, ULONG *previous)
{
    if (ps_process_ended(thread->process))
        return STATUS_ACCESS_DENIED;
    if (change_hold(thread->process->block, 1, previous))
        return STATUS_SUCCESS;
    return ask_process(thread, NT_CALL_SUSPEND, previous, NULL);
}

static NTSTATUS resume_process(struct ps_thread *thread, ULONG *previous)
{
    struct ps_process *process = thread->process;
    if (ps_process_ended(process)) {
        *previous = 0; /* as of a thread of this process that has ended */
        return STATUS_SUCCESS;
    }
    if (change_hold(process->block, -1, previous)) {
        if (*previous == 1 && process->block->stopped && host_process_signal(process->file, SIGCONT) != 0)
            return STATUS_ACCESS_DENIED;
        host_futex_wake(&process->block->hold, 1, true);
        return STATUS_SUCCESS;
    }
    NTSTATUS status = ask_process(thread, NT_CALL_RESUME, previous, NULL);
    if (status != STATUS_NOT_SUPPORTED)
        return status;
    *previous = 0; /* it cannot have been stopped from here */
    return STATUS_SUCCESS;
}

static NTSTATUS suspend_other(struct ps_thread *thread, uint32_t most, ULONG *previous)
{
    ps_thread_lock();
    uint32_t count = atomic_load(&thread->suspended);
    NTSTATUS status = STATUS_SUCCESS;
    if (atomic_load(&thread->ended) || !atomic_load(&thread->id))
        status = STATUS_THREAD_IS_TERMINATING;
    else if (count == most)
        status = STATUS_SUSPEND_COUNT_EXCEEDED;
    else
        atomic_store(&thread->suspended, count + 1);
    ps_thread_unlock();
    if (NT_SUCCESS(status) && count == 0) {
        install_handler();
        status = await_parked(thread, true);
        if (!NT_SUCCESS(status)) {
            atomic_store(&thread->suspended, 0);
            host_futex_wake(&thread->suspended, 1, false);
        }
    }
    if (NT_SUCCESS(status))
        *previous = count;
    return status;
}

NTSTATUS ps_suspend(struct ps_thread *thread, ULONG *previous)
{
    if (thread->process)
        return suspend_process(thread, previous);
    if (thread == ps_thread_current())
        return suspend_self(thread, previous);
    return suspend_other(thread, MAXIMUM_SUSPEND, previous);
}

NTSTATUS ps_resume(struct ps_thread *thread, ULONG *previous)
{
    if (thread->process)
        return resume_process(thread, previous);
    ps_thread_lock();
    uint32_t count = atomic_load(&thread->suspended);
    if (count)
        atomic_store(&thread->suspended, count - 1);
    ps_thread_unlock();
    if (count == 1)
        host_futex_wake(&thread->suspended, 1, false);
    *previous = count;
    return STATUS_SUCCESS;
}

static void copy_parts(CONTEXT *to, const CONTEXT *from, DWORD parts)
{
    CONTEXT merged = *to;
    if ((parts & CONTEXT_FULL) == CONTEXT_FULL || (parts & CONTEXT_ALL) == CONTEXT_ALL) {
        DWORD flags = to->ContextFlags;
        *to = *from;
        to->ContextFlags = flags;
        return;
    }
    if ((parts & CONTEXT_CONTROL) == CONTEXT_CONTROL) {
        merged.Rip = from->Rip;
        merged.Rsp = from->Rsp;
        merged.EFlags = from->EFlags;
        merged.SegCs = from->SegCs;
        merged.SegSs = from->SegSs;
    }
    if ((parts & CONTEXT_INTEGER) == CONTEXT_INTEGER) {
        merged.Rax = from->Rax, merged.Rbx = from->Rbx, merged.Rcx = from->Rcx, merged.Rdx = from->Rdx;
        merged.Rsi = from->Rsi, merged.Rdi = from->Rdi, merged.Rbp = from->Rbp;
        merged.R8 = from->R8, merged.R9 = from->R9, merged.R10 = from->R10, merged.R11 = from->R11;
        merged.R12 = from->R12, merged.R13 = from->R13, merged.R14 = from->R14, merged.R15 = from->R15;
    }
    if ((parts & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT) {
        merged.MxCsr = from->MxCsr;
        memcpy(&merged.FltSave, &from->FltSave, sizeof(merged.FltSave));
    }
    *to = merged;
}

/* A thread that runs is stopped for the moment of the question. */
static NTSTATUS with_parked(struct ps_thread *thread, CONTEXT *out, const CONTEXT *in)
{
    ULONG previous;
    if (thread->process)
        return out ? ask_process(thread, NT_CALL_GET_CONTEXT, NULL, out) : (NTSTATUS)STATUS_NOT_SUPPORTED;
    if (thread == ps_thread_current() && in)
        return STATUS_INVALID_PARAMETER;        /* undefined on Windows too */
    if (thread == ps_thread_current() && out) { /* as of a moment ago */
        CONTEXT own;
        exception_capture(&own);
        copy_parts(out, &own, out->ContextFlags);
        return STATUS_SUCCESS;
    }
    NTSTATUS status = suspend_other(thread, MAXIMUM_SUSPEND + 1, &previous);
    if (!NT_SUCCESS(status))
        return status;
    status = await_parked(thread, false);
    if (NT_SUCCESS(status)) {
        CONTEXT *parked = thread->context;
        if (out) {
            copy_parts(out, parked, out->ContextFlags);
        } else if (in) {
            copy_parts(parked, in, in->ContextFlags);
            thread->context_changed = true;
        }
    }
    ps_resume(thread, &previous);
    return status;
}

NTSTATUS ps_get_context(struct ps_thread *thread, CONTEXT *context)
{
    return with_parked(thread, context, NULL);
}

NTSTATUS ps_set_context(struct ps_thread *thread, const CONTEXT *context)
{
    return with_parked(thread, NULL, context);
}

__attribute__((used, noreturn)) static void end_thread(void)
{
    pthread_exit(NULL);
}

/* Unwinding ends here: below it nothing is to be cleaned up. */
__attribute__((naked)) static void terminate_here(void)
{
    __asm__(".cfi_undefined rip\n\t"
            "xorl %ebp, %ebp\n\t"
            "andq $-16, %rsp\n\t"
            "call end_thread");
}

#define STACK_IN_USE ((uintptr_t)1 << 20) /* more than a signal's frame takes */

/* The thread is stopped where it stands and goes on in its own end: what it had locked of the program's stays locked,
 * as on Windows; its slots' destructors run. */
NTSTATUS ps_terminate(struct ps_thread *thread, uint32_t code)
{
    ULONG previous;
    if (thread->process ? ps_process_ended(thread->process) : atomic_load(&thread->ended))
        return STATUS_SUCCESS;
    if (thread->process)
        return ps_process_terminate(thread->process, code);
    if (thread == ps_thread_current()) {
        atomic_store(&thread->exit_code, code);
        pthread_exit(NULL);
    }
    NTSTATUS status = suspend_other(thread, MAXIMUM_SUSPEND + 1, &previous);
    if (NT_SUCCESS(status))
        status = await_parked(thread, false);
    if (status == STATUS_THREAD_IS_TERMINATING)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    CONTEXT *parked = thread->context;
    atomic_store(&thread->exit_code, code);
    uintptr_t here = (uintptr_t)parked; /* deeper in its stack than what was stopped */
    bool sound = parked->Rsp > here && parked->Rsp - here < STACK_IN_USE;
    parked->Rsp = sound ? parked->Rsp - 128 /* nothing is written there yet: its handler's own frame is in use */
                        : here;             /* somebody set its context to nothing that runs */
    parked->Rip = (DWORD64)(uintptr_t)terminate_here;
    thread->context_changed = true;
    atomic_store(&thread->suspended, 0);
    host_futex_wake(&thread->suspended, 1, false);
    return STATUS_SUCCESS;
}
