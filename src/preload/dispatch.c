/* dispatch.c: every system call of the program, in signal mode. The kernel answers EFAULT for an absent page there,
 * also to calls from inside the C library. So, once paging runs, system calls are handed to a signal handler (Syscall
 * User Dispatch, Linux 5.11): it pins and brings in what the call uses, makes it, and answers. In signal context and at
 * any point of the program: calls dispatch_call and the pager's pins only; no libc function that makes system calls. */
#include "preload/dispatch.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "host/altstack.h"
#include "host/dispatch.h"
#include "host/guarded.h"
#include "pager/pager.h"
#include "preload/kernel.h"
#include "preload/shapes.h"

#define PAGE ((uintptr_t)4096)
#define HOLD_MAX 72
#define PIECE ((size_t)256 << 10) /* a longer transfer is made in pieces: more at once could exceed the budget */
#define TRANSFER_MAX ((size_t)1 << 20)
#define VECTORS 64         /* held at a time */
#define ARM_PATIENCE 10000 /* half a second: a busy machine lets none of them run for long */
#define SECCOMP_STOPPED 1  /* si_code SYS_SECCOMP */
#define SMALL 64           /* an argument of no known shape */
#define LARGE 8192         /* after EFAULT: it was larger, a path for example */
#define CALL_MAX 512
#define SYSCALL_DISPATCH 59 /* PR_SET_SYSCALL_USER_DISPATCH */
#define DISPATCH_ON 1
#define RESTORER_FLAG 0x04000000
#define CALL_LENGTH 2 /* of the instruction */
#define FRAME_TRIES 1000
#define FRAME_BESIDE 512 /* the red zone, and what aligns the frame */

void dispatch_restorer(void);
extern const char dispatch_gate_start[], dispatch_gate_end[];

struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};
struct hold {
    int pins[HOLD_MAX];
    int count;
    bool again; /* the kernel said EFAULT */
};
#define OUR_SIGNALS ((uint64_t)1 << (SIGSEGV - 1) | (uint64_t)1 << (SIGBUS - 1) | (uint64_t)1 << (SIGSYS - 1))

static struct {
    uint8_t shape_of[CALL_MAX]; /* index + 1 into shapes; PLAIN: no memory */
    _Atomic bool started, refused;
    _Atomic unsigned told;       /* threads that arm_all has reached */
    bool ready;                  /* set before threads */
    struct sigaction actions[2]; /* what the program would do with SIGSYS */
    const struct sigaction *_Atomic program;
    pthread_key_t thread_key;
    size_t frame_size; /* of a signal, with what lies beside it */
} dispatch_state;
#define PLAIN 255
static __thread unsigned frame_tries; /* since the last call that was dispatched */

/* ---- holding memory ---- */

static void touch(uintptr_t from, size_t size, bool again)
{
    for (uintptr_t at = from & ~(PAGE - 1); at < from + size; at += PAGE)
        pager_touch(at, again);
}

static void hold(struct hold *held, uintptr_t from, size_t size)
{
    if (!size || !pager_is_paged(from, size))
        return;
    if (held->count < HOLD_MAX) {
        int pin = pager_pin(from, size);
        if (pin >= 0)
            held->pins[held->count++] = pin;
    }
    touch(from, size, held->again);
}

static void let_go(struct hold *held)
{
    while (held->count)
        pager_unpin(held->pins[--held->count]);
}

/* Strings and vectors are read by the program's own rights: a fault here is resolved as any other; an address that is
 * not mapped at all is the kernel's to refuse, so it is asked first. */
static bool readable(uintptr_t at)
{
    return pager_is_paged(at, 1);
}

static void hold_text(struct hold *held, uintptr_t at)
{
    if (!readable(at))
        return;
    for (unsigned pages = 0; pages < 32; pages++) {
        size_t rest = PAGE - at % PAGE;
        hold(held, at, 1);
        if (!readable(at) || memchr((const void *)at, 0, rest))
            return;
        at += rest;
    }
}

static void hold_strings(struct hold *held, uintptr_t at)
{
    for (size_t i = 0; at && i < 65536; i++, at += sizeof(uintptr_t)) {
        if (readable(at) && (i == 0 || at % PAGE == 0))
            hold(held, at, sizeof(uintptr_t));
        uintptr_t text = *(const uintptr_t *)at;
        if (!text)
            return;
        hold_text(held, text);
    }
}

static void hold_vectors(struct hold *held, uintptr_t at, size_t count)
{
    size_t total = 0;
    if (!at || count > 1024)
        return;
    hold(held, at, count * sizeof(struct iovec));
    const struct iovec *vectors = (const struct iovec *)at;
    for (size_t i = 0; i < count && total < TRANSFER_MAX; i++) {
        size_t size = vectors[i].iov_len < TRANSFER_MAX ? vectors[i].iov_len : TRANSFER_MAX;
        hold(held, (uintptr_t)vectors[i].iov_base, size);
        total += size;
    }
}

static void hold_message(struct hold *held, uintptr_t at)
{
    if (!at)
        return;
    hold(held, at, sizeof(struct msghdr));
    const struct msghdr *message = (const struct msghdr *)at;
    hold(held, (uintptr_t)message->msg_name, message->msg_namelen);
    hold(held, (uintptr_t)message->msg_control, message->msg_controllen);
    hold_vectors(held, (uintptr_t)message->msg_iov, message->msg_iovlen);
}

/* struct mmsghdr: a message and its length. */
static void hold_messages(struct hold *held, uintptr_t at, size_t count)
{
    count = count < 1024 ? count : 1024;
    hold(held, at, count * sizeof(struct mmsghdr));
    for (size_t i = 0; i < count; i++)
        hold_message(held, at + i * sizeof(struct mmsghdr));
}

static size_t limited(uint64_t size)
{
    return size < TRANSFER_MAX ? (size_t)size : TRANSFER_MAX;
}

static void hold_shape(struct hold *held, const struct shape *shape, const long *args)
{
    for (unsigned i = 0; i < SHAPE_PARTS && shape->parts[i].kind != SHAPE_END; i++) {
        uintptr_t at = (uintptr_t)args[shape->parts[i].argument];
        uint64_t count = (uint64_t)args[shape->parts[i].count];
        if (!at)
            continue;
        switch (shape->parts[i].kind) {
        case SHAPE_BYTES:
            hold(held, at, limited(count));
            break;
        case SHAPE_ARRAY:
            hold(held, at, limited((count & 0xffffff) * shape->parts[i].unit));
            break;
        case SHAPE_FIXED:
            hold(held, at, shape->parts[i].unit);
            break;
        case SHAPE_LENGTH:
            if (count) {
                hold(held, (uintptr_t)count, sizeof(socklen_t));
                hold(held, at, limited(*(const socklen_t *)(uintptr_t)count));
            }
            break;
        case SHAPE_VECTOR:
            hold_vectors(held, at, (size_t)count);
            break;
        case SHAPE_MESSAGE:
            hold_message(held, at);
            break;
        case SHAPE_MESSAGES:
            hold_messages(held, at, (size_t)(uint32_t)count);
            break;
        case SHAPE_STRINGS:
            hold_strings(held, at);
            break;
        default:
            hold_text(held, at);
        }
    }
}

/* ---- making calls ---- */

static long make(long number, const long *a)
{
    return dispatch_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Any argument that points into paged memory, as one object of `size` bytes. False when there is none. */
static bool hold_small(struct hold *held, const long *args, size_t size)
{
    bool any = false;
    for (unsigned i = 0; i < 6; i++) {
        if (pager_is_paged((uintptr_t)args[i], 1)) {
            hold(held, (uintptr_t)args[i], size);
            any = true;
        }
    }
    return any;
}

/* An answer of EFAULT is asked for again while it may be ours: it came before the call did anything. */
static long guarded(long number, const long *args)
{
    unsigned index = (unsigned long)number < CALL_MAX ? dispatch_state.shape_of[number] : 0;
    if (index == PLAIN)
        return make(number, args);
    long result;
    for (unsigned attempt = 0;; attempt++) {
        struct hold held;
        held.count = 0;
        held.again = attempt > 0;
        bool any = hold_small(&held, args, attempt ? LARGE : SMALL);
        if (index) {
            hold_shape(&held, &shapes[index - 1], args);
            any = any || held.count;
        }
        result = make(number, args);
        let_go(&held);
        if (attempt == 0 && !any)
            any = pager_needs_pins(); /* since the call began, maybe */
        if (result != -EFAULT || !any || attempt == 20)
            return result;
    }
}

/* A futex word is looked at when the call begins: nothing need be held while it waits. */
static long futex(const long *args)
{
    long result;
    for (unsigned attempt = 0;; attempt++) {
        result = make(SYS_futex, args);
        if (result != -EFAULT || attempt == 1000)
            return result;
        struct hold none = {.count = HOLD_MAX, .again = true};
        (void)hold_small(&none, args, SMALL);
    }
}

static bool is_file(long fd)
{
    struct stat status;
    return dispatch_call(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) == 0 &&
           (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode));
}

/* read and write of more than a piece; a read goes on only where the rest is there at once. */
static long transfer(long number, const long *args)
{
    bool positioned = number == SYS_pread64 || number == SYS_pwrite64;
    bool reading = number == SYS_read || number == SYS_pread64;
    size_t size = (size_t)args[2], done = 0;
    if (size <= PIECE || !pager_is_paged((uintptr_t)args[1], size))
        return guarded(number, args);
    while (done < size) {
        size_t piece = size - done < PIECE ? size - done : PIECE;
        long part[6] = {args[0], args[1] + (long)done, (long)piece, positioned ? args[3] + (long)done : 0, 0, 0};
        long result = guarded(number, part);
        if (result < 0)
            return done ? (long)done : result;
        done += (size_t)result;
        if ((size_t)result < piece || (reading && !is_file(args[0])))
            break;
    }
    return (long)done;
}

/* As much of the vectors, from *at and *skip on, as one piece may have. Returns in how many parts. */
static unsigned next_piece(const struct iovec *all, size_t count, size_t *at, size_t *skip, struct iovec *piece,
                           size_t *size)
{
    unsigned used = 0;
    for (*size = 0; *at < count && used < VECTORS && *size < PIECE; used++) {
        size_t rest = all[*at].iov_len - *skip, take = rest < PIECE - *size ? rest : PIECE - *size;
        piece[used] = (struct iovec){(char *)all[*at].iov_base + *skip, take};
        *size += take;
        *skip = take < rest ? *skip + take : 0;
        *at += take == rest;
    }
    return used;
}

/* The same with vectors. Of files only: what goes elsewhere in one call may have to stay in one piece. */
static long transfer_vectors(long number, const long *args)
{
    bool positioned = number == SYS_preadv || number == SYS_pwritev;
    const struct iovec *all = (const struct iovec *)args[1];
    size_t count = (size_t)args[2], at = 0, skip = 0, done = 0, size;
    if (!all || count > 1024 || !is_file(args[0]))
        return guarded(number, args);
    struct hold held = {.count = 0};
    hold(&held, (uintptr_t)all, count * sizeof(*all));
    long result = count ? 0 : guarded(number, args);
    while (at < count) {
        struct iovec piece[VECTORS];
        unsigned used = next_piece(all, count, &at, &skip, piece, &size);
        long part[6] = {args[0], (long)piece, used, positioned ? args[3] + (long)done : 0, 0, 0};
        result = guarded(number, part);
        if (result < 0)
            break;
        done += (size_t)result;
        if ((size_t)result < size)
            break;
    }
    let_go(&held);
    return done ? (long)done : result;
}

/* ---- signals: those that are ours are never blocked, also not by the C library itself ---- */

static long with_mask(long number, const long *args, unsigned index, bool packed)
{
    long copy[6];
    uint64_t mask;
    struct {
        const uint64_t *mask;
        size_t size;
    } pack;
    memcpy(copy, args, sizeof(copy));
    if (!args[index])
        return guarded(number, args);
    if (packed) {
        memcpy(&pack, (const void *)args[index], sizeof(pack));
        if (!pack.mask)
            return guarded(number, args);
        mask = *pack.mask & ~OUR_SIGNALS;
        pack.mask = &mask;
        copy[index] = (long)&pack;
    } else {
        mask = *(const uint64_t *)args[index] & ~OUR_SIGNALS;
        copy[index] = (long)&mask;
    }
    return guarded(number, copy);
}

/* The mask that the handler's return puts back is the interrupted context's: a change must go there too. */
static long change_mask(const long *args, ucontext_t *context)
{
    uint64_t mask = 0;
    long copy[6];
    memcpy(copy, args, sizeof(copy));
    if (args[1]) {
        mask = *(const uint64_t *)args[1];
        if (args[0] != SIG_UNBLOCK)
            mask &= ~OUR_SIGNALS;
        copy[1] = (long)&mask;
    }
    long result = guarded(SYS_rt_sigprocmask, copy);
    if (result == 0) {
        uint64_t now = 0;
        dispatch_call(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&now, 8, 0, 0);
        memcpy(&context->uc_sigmask, &now, sizeof(now));
    }
    return result;
}

static long change_action(const long *args)
{
    struct kernel_action copy;
    long changed[6];
    memcpy(changed, args, sizeof(changed));
    if (args[0] == SIGSYS && args[1])
        return 0; /* stays ours */
    if (args[1] && args[0] != SIGSEGV && args[0] != SIGBUS) {
        memcpy(&copy, (const void *)args[1], sizeof(copy));
        copy.mask &= ~OUR_SIGNALS;
        changed[1] = (long)&copy;
    }
    return guarded(SYS_rt_sigaction, changed);
}

/* The return from this handler would put back the stack that was set before: the context must have the new one. */
static long change_stack(const long *args, ucontext_t *context)
{
    stack_t wanted, old = context->uc_stack;
    uintptr_t stack = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
    bool on_it = !(old.ss_flags & SS_DISABLE) && stack - (uintptr_t)old.ss_sp < old.ss_size;
    if (args[0]) {
        memcpy(&wanted, (const void *)args[0], sizeof(wanted));
        if (on_it)
            return -EPERM;
        int error = host_altstack_replace(&wanted, NULL);
        if (error)
            return error;
    }
    if (args[0])
        dispatch_call(SYS_sigaltstack, 0, (long)&context->uc_stack, 0, 0, 0, 0);
    if (args[1]) {
        old.ss_flags = (old.ss_flags & ~SS_ONSTACK) | (on_it ? SS_ONSTACK : 0);
        memcpy((void *)args[1], &old, sizeof(old));
    }
    return 0;
}

/* ---- the handler ---- */

/* New threads and processes must not begin in this handler: the call is made where it stands, with the dispatcher off
 * for this thread. Whoever asked (pthread_create, fork, the next fault) turns it on again. */
static void let_through(ucontext_t *context)
{
    host_dispatch.selector = HOST_DISPATCH_ALLOW;
    context->uc_mcontext.gregs[REG_RIP] -= 2;
}

static void answer(long number, const long *args, ucontext_t *context)
{
    long result;
    switch (number) {
    case SYS_clone:
    case SYS_clone3:
    case SYS_fork:
    case SYS_vfork:
        let_through(context);
        return;
    case SYS_io_setup: /* what they are told to use is not among their arguments: programs do without */
    case SYS_io_uring_setup:
        result = -ENOSYS;
        break;
    case SYS_rt_sigreturn:
        context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)dispatch_restorer;
        return;
    case SYS_futex:
        result = futex(args);
        break;
    case SYS_read:
    case SYS_write:
    case SYS_pread64:
    case SYS_pwrite64:
        result = transfer(number, args);
        break;
    case SYS_readv:
    case SYS_writev:
    case SYS_preadv:
    case SYS_pwritev:
        result = transfer_vectors(number, args);
        break;
    case SYS_rt_sigprocmask:
        result = change_mask(args, context);
        break;
    case SYS_rt_sigaction:
        result = change_action(args);
        break;
    case SYS_sigaltstack:
        result = change_stack(args, context);
        break;
    case SYS_rt_sigsuspend:
        result = with_mask(number, args, 0, false);
        break;
    case SYS_ppoll:
        result = with_mask(number, args, 3, false);
        break;
    case SYS_epoll_pwait:
        result = with_mask(number, args, 4, false);
        break;
    case SYS_pselect6:
        result = with_mask(number, args, 5, true);
        break;
    case SYS_io_submit:
    case SYS_io_uring_enter:
        pager_expect_writers();
        result = guarded(number, args);
        break;
    default:
        result = guarded(number, args);
    }
    context->uc_mcontext.gregs[REG_RAX] = result;
}

static void arm_thread(void)
{
    if (atomic_load(&dispatch_state.refused))
        return;
    if (dispatch_call(SYS_prctl, SYSCALL_DISPATCH, DISPATCH_ON, (long)dispatch_gate_start,
                      dispatch_gate_end - dispatch_gate_start, (long)&host_dispatch.selector, 0) != 0) {
        atomic_store(&dispatch_state.refused, true);
        return;
    }
    host_dispatch.armed = true;
    host_dispatch.selector = host_dispatch.paused ? HOST_DISPATCH_ALLOW : HOST_DISPATCH_BLOCK;
}

bool dispatch_program_action(const struct sigaction *action, struct sigaction *old)
{
    static struct sigaction none;
    const struct sigaction *before = atomic_load(&dispatch_state.program);
    if (!dispatch_state.ready)
        return false;
    if (old)
        *old = before ? *before : none;
    if (action) { /* the one that is not in use */
        struct sigaction *next = &dispatch_state.actions[before == dispatch_state.actions];
        *next = *action;
        atomic_store(&dispatch_state.program, next);
    }
    return true;
}

/* A filter (seccomp) has stopped a call: the program's own handler is meant, or its end. */
static void filtered(int signal, siginfo_t *info, void *place)
{
    const struct sigaction *action = atomic_load(&dispatch_state.program);
    if (action && action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN) {
        if (action->sa_flags & SA_SIGINFO)
            action->sa_sigaction(signal, info, place);
        else
            action->sa_handler(signal);
        return;
    }
    static const struct kernel_action none = {.handler = NULL};
    dispatch_call(SYS_rt_sigaction, SIGSYS, (long)&none, 0, 8, 0, 0);
    dispatch_call(SYS_tgkill, dispatch_call(SYS_getpid, 0, 0, 0, 0, 0, 0), dispatch_call(SYS_gettid, 0, 0, 0, 0, 0, 0),
                  SIGSYS, 0, 0, 0);
}

static void on_system_call(int signal, siginfo_t *info, void *place)
{
    if (info->si_code == SECCOMP_STOPPED) {
        filtered(signal, info, place);
        return;
    }
    ucontext_t *context = place;
    const greg_t *r = context->uc_mcontext.gregs;
    frame_tries = 0;
    if (info->si_code <= 0) { /* from arm_all */
        if (!host_dispatch.armed)
            arm_thread();
        atomic_fetch_add(&dispatch_state.told, 1);
        return;
    }
    long args[6] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]};
    answer(info->si_syscall, args, context);
}

/* A call of a thread whose stack may be paged out (a coroutine's, Lisp's), where the page below has never been touched
 * or is gone: the kernel cannot write the handler's frame, and raises SIGSEGV at no address instead, registers as
 * before the call but past its instruction. The stack is brought in and the call made again. */
static bool bring_frame(ucontext_t *context)
{
    greg_t *r = context->uc_mcontext.gregs;
    uintptr_t at = (uintptr_t)r[REG_RIP], top = (uintptr_t)r[REG_RSP], size = dispatch_state.frame_size;
    unsigned char before[CALL_LENGTH]; /* a program that jumped to nowhere has nothing there */
    bool gate = at >= (uintptr_t)dispatch_gate_start && at <= (uintptr_t)dispatch_gate_end; /* a call that was made */
    if (gate || !dispatch_runs() || (!pager_is_paged(top - size, 1) && !pager_is_paged(top - 1, 1)) ||
        host_guarded_copy(before, (const void *)(at - CALL_LENGTH), CALL_LENGTH) != 0 ||
        memcmp(before, "\x0f\x05", CALL_LENGTH) != 0)
        return false;
    if (frame_tries >= FRAME_TRIES) /* it has no access, or this is the stack's end */
        return false;
    struct hold held = {.again = frame_tries++ > 0};
    hold(&held, top - size, size);
    let_go(&held);
    r[REG_RIP] -= CALL_LENGTH;
    return true;
}

/* ---- start ---- */

/* Every other thread is told by the signal itself. One that starts meanwhile arms itself. */
static void arm_all(void)
{
    char buffer[2048];
    unsigned asked = 0;
    atomic_store(&dispatch_state.told, 0);
    atomic_store(&dispatch_state.started, true);
    host_dispatch_pause();
    long self = dispatch_call(SYS_gettid, 0, 0, 0, 0, 0, 0), process = dispatch_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
    long fd = dispatch_call(SYS_openat, -100, (long)"/proc/self/task", 0x90000, 0, 0, 0); /* O_DIRECTORY | O_CLOEXEC */
    long got;
    while (fd >= 0 && (got = dispatch_call(SYS_getdents64, fd, (long)buffer, sizeof(buffer), 0, 0, 0)) > 0) {
        for (long at = 0; at < got;) {
            const struct dirent64 *entry = (const struct dirent64 *)(buffer + at);
            long thread = 0;
            for (const char *c = entry->d_name; *c >= '0' && *c <= '9'; c++)
                thread = thread * 10 + (*c - '0');
            if (thread && thread != self)
                asked += dispatch_call(SYS_tgkill, process, thread, SIGSYS, 0, 0, 0) == 0;
            at += entry->d_reclen;
        }
    }
    if (fd >= 0)
        dispatch_call(SYS_close, fd, 0, 0, 0, 0, 0);
    /* A thread that ends now, or is stopped, says nothing. */
    for (unsigned waited = 0; atomic_load(&dispatch_state.told) < asked && waited < ARM_PATIENCE; waited++)
        dispatch_call(SYS_nanosleep, (long)&(struct timespec){.tv_nsec = 50000}, 0, 0, 0, 0, 0);
    host_dispatch_resume();
    arm_thread();
}

void dispatch_rearm(void)
{
    if (!atomic_load_explicit(&dispatch_state.started, memory_order_relaxed) || host_dispatch.paused)
        return;
    if (host_dispatch.armed)
        host_dispatch.selector = HOST_DISPATCH_BLOCK;
    else
        arm_thread();
}

bool dispatch_runs(void)
{
    return host_dispatch.armed && host_dispatch.selector == HOST_DISPATCH_BLOCK;
}

static void thread_ends(void *unused)
{
    (void)unused;
    host_altstack_give_back();
}

void dispatch_thread_start(void)
{
    if (host_altstack_ensure() == 0)
        pthread_setspecific(dispatch_state.thread_key, &dispatch_state);
}

static void in_child(void)
{
    host_dispatch.armed = false; /* the kernel's side is not inherited */
    dispatch_rearm();
}

bool dispatch_start(void)
{
    struct kernel_action action = {
        .handler = on_system_call,
        .flags = SA_SIGINFO | SA_NODEFER | SA_RESTART | RESTORER_FLAG,
        .restorer = dispatch_restorer,
    };
    static const struct host_dispatch_functions functions = {arm_all, arm_thread, dispatch_restorer, bring_frame};
    for (unsigned i = 0; i < sizeof(plain_calls) / sizeof(*plain_calls); i++)
        dispatch_state.shape_of[plain_calls[i]] = PLAIN;
    for (unsigned i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
        dispatch_state.shape_of[shapes[i].number] = (uint8_t)(i + 1);
    if (dispatch_call(SYS_prctl, SYSCALL_DISPATCH, 0, 0, 0, 0, 0) != 0) /* off is off: it only asks whether it exists */
        return false;
    if (dispatch_call(SYS_rt_sigaction, SIGSYS, (long)&action, 0, 8, 0, 0) != 0)
        return false;
    pthread_atfork(NULL, dispatch_rearm, in_child);
    host_dispatch_set(&functions);
    unsigned long frame = getauxval(AT_MINSIGSTKSZ);
    dispatch_state.frame_size = (frame ? frame : PAGE) + FRAME_BESIDE;
    dispatch_state.ready = true;
    pthread_key_create(&dispatch_state.thread_key, thread_ends);
    (void)host_altstack_ensure();
    return true;
}

bool dispatch_started(void)
{
    return dispatch_state.ready;
}
