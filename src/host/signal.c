/* signal.c: the fault signals and the alternate stack. Installs by the raw system call, with a restorer of its own:
 * wrappers of the C library and of sanitizers must not come between. Everything here is async-signal-safe. */
#include "host/signal.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/dispatch.h"
#include "host/fork.h"
#include "host/gate.h"
#include "host/lock.h"
#include "host/memory.h"
#include "host/uffd.h"

#define RED_ZONE 128
#define KERNEL_MASK_SIZE 8
#define ALTSTACK_SIZE ((size_t)64 << 10)
#define ALTSTACK_GUARD ((size_t)4096) /* below it */
#define FLAG_RESTORER 0x04000000
#define ALIGNMENT_CHECK 0x40000
#define XSTATE_MAGIC1 0x46505853U /* the kernel's mark of an extended frame, with its size beside it */

struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};
/* What the kernel lays on the stack for a handler, as rt_sigreturn wants it back. */
struct signal_frame {
    void (*restorer)(void);
    /* The C library's ucontext_t is longer than the kernel's; only the kernel's part is there. */
    unsigned char context[304];
    siginfo_t info;
};
_Static_assert(offsetof(ucontext_t, uc_sigmask) + KERNEL_MASK_SIZE == 304, "the kernel's struct ucontext");

static const int fault_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
#define FAULT_SIGNALS (sizeof fault_signals / sizeof *fault_signals)

__thread uint32_t host_signals_held;

/* The program's own action for a signal. Written by sigaction, which any thread and any handler may call, read by
 * handlers: the writer has the lock, with signals blocked, and makes `changes` odd meanwhile; a reader takes what
 * it read when `changes` was even and the same before and after. */
struct kept_action {
    _Atomic uint32_t changes;
    _Atomic uintptr_t handler, flags, mask;
};

static struct {
    struct host_fault_functions functions;
    host_lock lock; /* of writers */
    struct kept_action previous[FAULT_SIGNALS];
} signal_state = {.lock = HOST_LOCK(RANK_HOST)};
HOST_LOCK_AT_FORK(signal_state.lock, RANK_HOST)

void host_signal_restorer(void);
/* Continues on `stack` in `function(fault)`; its return goes to the restorer that stands at `stack`. */
void host_signal_move(void *stack, struct host_fault *fault, void (*function)(struct host_fault *))
    __attribute__((noreturn));

static int index_of(int signal)
{
    for (size_t i = 0; i < FAULT_SIGNALS; i++) {
        if (fault_signals[i] == signal)
            return (int)i;
    }
    return -1;
}

static long kernel_action(int signal, const struct kernel_action *action, struct kernel_action *old)
{
    return syscall(SYS_rt_sigaction, signal, action, old, KERNEL_MASK_SIZE);
}

static struct kernel_action kept_read(const struct kept_action *kept)
{
    struct kernel_action action = {.handler = NULL};
    uint32_t before;
    do {
        before = atomic_load_explicit(&kept->changes, memory_order_acquire);
        action.handler = (void (*)(int, siginfo_t *, void *))atomic_load_explicit(&kept->handler, memory_order_relaxed);
        action.flags = atomic_load_explicit(&kept->flags, memory_order_relaxed);
        action.mask = atomic_load_explicit(&kept->mask, memory_order_relaxed);
        atomic_thread_fence(memory_order_acquire);
    } while ((before & 1) || atomic_load_explicit(&kept->changes, memory_order_relaxed) != before);
    return action;
}

static void kept_write_locked(struct kept_action *kept, const struct kernel_action *action)
{
    atomic_fetch_add_explicit(&kept->changes, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&kept->handler, (uintptr_t)action->handler, memory_order_relaxed);
    atomic_store_explicit(&kept->flags, action->flags, memory_order_relaxed);
    atomic_store_explicit(&kept->mask, action->mask, memory_order_relaxed);
    atomic_fetch_add_explicit(&kept->changes, 1, memory_order_release);
}

/* What was there before; `wanted` NULL: and stays. With `once`, the default takes the place of an action that is to be
 * used a single time: of two threads that ask, one gets it. */
static struct kernel_action kept_exchange(struct kept_action *kept, const struct kernel_action *wanted, bool once)
{
    struct kernel_action none = {.handler = NULL};
    uint64_t saved;
    host_signals_block(&saved); /* not the pager's: this stack may be paged */
    host_lock_acquire(&signal_state.lock);
    struct kernel_action before = kept_read(kept);
    if (once)
        wanted = before.flags & SA_RESETHAND ? &none : NULL;
    if (wanted)
        kept_write_locked(kept, wanted);
    host_lock_release(&signal_state.lock);
    host_signals_restore(&saved);
    return before;
}

static size_t vector_state_size(const void *state)
{
    const uint32_t *reserved = (const uint32_t *)((const char *)state + 464);
    return reserved[0] == XSTATE_MAGIC1 ? reserved[1] : 512;
}

/* Copies the signal frame below `top` and goes on there: the alternate stack is free again. */
static void move_frame(struct host_fault *fault, uintptr_t top) __attribute__((noreturn));
static void move_frame(struct host_fault *fault, uintptr_t top)
{
    void *state = fault->context->uc_mcontext.fpregs;
    size_t size = state ? vector_state_size(state) : 0;
    uintptr_t vector = (top - size) & ~(uintptr_t)63;
    struct host_fault *moved = (struct host_fault *)((vector - sizeof *moved) & ~(uintptr_t)15);
    struct signal_frame *frame =
        (struct signal_frame *)((((uintptr_t)moved - sizeof *frame) & ~(uintptr_t)15) - sizeof(void *));
    frame->restorer = host_signal_restorer;
    memcpy(frame->context, fault->context, sizeof frame->context);
    frame->info = *fault->info;
    *moved = *fault;
    moved->context = (ucontext_t *)frame->context;
    moved->info = &frame->info;
    if (state) {
        memcpy((void *)vector, state, size);
        moved->context->uc_mcontext.fpregs = (fpregset_t)vector;
    }
    host_signal_move(frame, moved, signal_state.functions.dispatch);
}

extern const char host_copy_instruction[], host_copy_stopped[];

bool host_fault_is_copy(const struct host_fault *fault)
{
    return fault->context->uc_mcontext.gregs[REG_RIP] == (greg_t)host_copy_instruction;
}

/* The kernel enters a handler with the flags of the fault. Alignment checks in it would never end. */
static void stop_alignment_checks(const ucontext_t *context)
{
    if (__builtin_expect((context->uc_mcontext.gregs[REG_EFL] & ALIGNMENT_CHECK) == 0, 1))
        return;
    __asm__ volatile("pushfq\n\tandl %0, (%%rsp)\n\tpopfq" ::"i"(~ALIGNMENT_CHECK) : "cc", "memory");
}

/* The fault is the program's: told on its own stack, where there is one to leave the alternate one for. */
static void not_resolved(struct host_fault *fault, int saved_errno)
{
    if (host_fault_is_copy(fault)) {
        fault->context->uc_mcontext.gregs[REG_RIP] = (greg_t)host_copy_stopped;
        return;
    }
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    uintptr_t own = (uintptr_t)fault->context->uc_mcontext.gregs[REG_RSP];
    uintptr_t low = (uintptr_t)fault->context->uc_stack.ss_sp, size = fault->context->uc_stack.ss_size;
    errno = saved_errno;
    if (!fault->no_room && here - low < size && own - low >= size)
        move_frame(fault, own - RED_ZONE);
    signal_state.functions.dispatch(fault); /* here already: an ordinary stack, or the alternate one's own fault */
}

static bool resolved(struct host_fault *fault)
{
    return (fault->info->si_code == SI_KERNEL && host_dispatch_frame(fault->context)) ||
           signal_state.functions.decide(fault);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    stop_alignment_checks(context);
    int saved_errno = errno;
    struct host_fault fault = {.signal = signal, .info = info, .context = context};
    if (info->si_code <= 0) { /* sent by somebody: not a fault */
        if (!host_signal_chain(&fault))
            host_signal_die(signal, info);
    } else if (resolved(&fault)) {
        /* again */
    } else {
        not_resolved(&fault, saved_errno);
    }
    errno = saved_errno;
}

/* While memory is paged: all signals are blocked from the start, which the pager would have to do by two calls. */
static void on_paging_signal(int signal, siginfo_t *info, void *context)
{
    stop_alignment_checks(context);
    int saved_errno = errno;
    struct host_fault fault = {.signal = signal, .info = info, .context = context};
    bool sent = info->si_code <= 0;
    if (!sent) {
        host_signals_held++;
        bool again = resolved(&fault);
        host_signals_held--;
        errno = saved_errno;
        if (again)
            return;
    }
    host_dispatch_pause();
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &fault.context->uc_sigmask, NULL, KERNEL_MASK_SIZE);
    host_dispatch_resume();
    if (!sent)
        not_resolved(&fault, saved_errno);
    else if (!host_signal_chain(&fault))
        host_signal_die(signal, info);
    errno = saved_errno;
}

int host_signal_start(const struct host_fault_functions *functions)
{
    HOST_GATE("signal_start");
    signal_state.functions = *functions;
    struct kernel_action action = {
        .handler = on_signal,
        .flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | FLAG_RESTORER,
        .restorer = host_signal_restorer,
    };
    for (size_t i = 0; i < FAULT_SIGNALS; i++) {
        struct kernel_action before;
        if (kernel_action(fault_signals[i], NULL, &before) != 0)
            return -errno;
        kept_exchange(&signal_state.previous[i], &before, false); /* a handler of ours finds it */
        if (kernel_action(fault_signals[i], &action, NULL) != 0)
            return -errno;
    }
    return 0;
}

int host_signal_start_paging(void (*restorer)(void), bool by_protection)
{
    HOST_GATE("signal_start_paging");
    if (!signal_state.functions.decide)
        return 0;
    struct kernel_action action = {
        .handler = on_paging_signal,
        .flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | FLAG_RESTORER,
        .restorer = restorer ? restorer : host_signal_restorer,
        .mask = HOST_SIGNALS_BLOCKED,
    };
    if (by_protection && kernel_action(SIGSEGV, &action, NULL) != 0)
        return -errno;
    return kernel_action(SIGBUS, &action, NULL) == 0 ? 0 : -errno;
}

static void to_program(const struct kernel_action *from, struct sigaction *to)
{
    memset(to, 0, sizeof *to);
    to->sa_sigaction = from->handler;
    to->sa_flags = (int)(from->flags & ~(unsigned long)FLAG_RESTORER);
    memcpy(&to->sa_mask, &from->mask, sizeof from->mask);
}

bool host_signal_is_ours(int signal)
{
    return signal_state.functions.decide && index_of(signal) >= 0;
}

int host_signal_program_action(int signal, const struct sigaction *action, struct sigaction *old)
{
    HOST_GATE("signal_program_action");
    int index = index_of(signal);
    if (index < 0)
        return -EINVAL;
    struct kernel_action before, wanted;
    if (action) {
        wanted = (struct kernel_action){.handler = action->sa_sigaction, .flags = (unsigned long)action->sa_flags};
        memcpy(&wanted.mask, &action->sa_mask, sizeof wanted.mask);
        before = kept_exchange(&signal_state.previous[index], &wanted, false);
    } else {
        before = kept_read(&signal_state.previous[index]);
    }
    if (old)
        to_program(&before, old);
    return 0;
}

bool host_signal_chain(struct host_fault *fault)
{
    struct kept_action *kept = &signal_state.previous[index_of(fault->signal)];
    struct kernel_action action = kept_read(kept);
    if (action.flags & SA_RESETHAND && action.handler)
        action = kept_exchange(kept, NULL, true);
    void *handler = (void *)action.handler;
    if (handler == (void *)SIG_DFL)
        return false;
    if (handler == (void *)SIG_IGN)
        return fault->info->si_code <= 0;
    uint64_t before, wanted = action.mask;
    if (!(action.flags & SA_NODEFER))
        wanted |= (uint64_t)1 << (fault->signal - 1);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &wanted, &before, KERNEL_MASK_SIZE);
    ((void (*)(int, siginfo_t *, void *))handler)(fault->signal, fault->info, fault->context);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, KERNEL_MASK_SIZE);
    return true;
}

void host_signal_die(int signal, siginfo_t *info)
{
    struct kernel_action action = {.handler = NULL}; /* SIG_DFL */
    uint64_t one = (uint64_t)1 << (signal - 1);
    kernel_action(signal, &action, NULL);
    syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &one, NULL, KERNEL_MASK_SIZE);
    if (info)
        syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), signal, info);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
    for (;;)
        syscall(SYS_exit_group, 128 + signal);
}

int host_altstack_start(void **base, size_t *size)
{
    HOST_GATE("altstack_start");
    *base = NULL;
    *size = 0;
    stack_t stack;
    if (sigaltstack(NULL, &stack) == 0 && !(stack.ss_flags & SS_DISABLE))
        return 0;
    void *memory;
    const size_t whole = ALTSTACK_GUARD + ALTSTACK_SIZE;
    int error = host_pages_map(&memory, whole);
    if (error)
        return error;
    error = host_protect(memory, ALTSTACK_GUARD, HOST_NONE);
    stack = (stack_t){.ss_sp = (char *)memory + ALTSTACK_GUARD, .ss_size = ALTSTACK_SIZE};
    if (!error && sigaltstack(&stack, NULL) != 0)
        error = -errno;
    if (error) {
        host_pages_unmap(memory, whole);
        return error;
    }
    *base = memory;
    *size = whole;
    return 0;
}

int host_altstack_stop(void *base, size_t size)
{
    HOST_GATE("altstack_stop");
    if (!base)
        return 0;
    stack_t now, off = {.ss_flags = SS_DISABLE};
    bool in_use = sigaltstack(NULL, &now) == 0 && now.ss_sp == (char *)base + ALTSTACK_GUARD;
    if (in_use && sigaltstack(&off, NULL) != 0)
        return -errno;
    return host_pages_unmap(base, size);
}

void host_stderr(const char *text, size_t length)
{
    while (length) {
        ssize_t done = write(STDERR_FILENO, text, length);
        if (done <= 0)
            return;
        text += done;
        length -= (size_t)done;
    }
}
