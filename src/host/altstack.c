/* altstack.c: alternate signal stacks. A fault runs on one, so it may neither be paged out itself nor be too small for
 * the pager: where a program gives one that is, the kernel is given one of ours of the same room and some. Calls the
 * kernel only. */
#include "host/altstack.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/dispatch.h"
#include "host/memory.h"

#define ROOM ((size_t)32 << 10) /* what a fault may need; the deepest that was seen is 7 KiB */
#define PAGE ((size_t)4096)
#define LEAST ((size_t)2048) /* below it the kernel refuses */

static struct {
    bool (*_Atomic unfit)(const void *base, size_t size);
} altstack_state;
static __thread struct {
    void *base;
    size_t size;
} replacement;

void host_altstack_watch(bool (*unfit)(const void *base, size_t size))
{
    atomic_store(&altstack_state.unfit, unfit);
}

static int call(const stack_t *wanted, stack_t *old)
{
    host_dispatch_pause(); /* a call of the library's own; also where its threads are dispatched */
    int error = syscall(SYS_sigaltstack, wanted, old) == 0 ? 0 : -errno;
    host_dispatch_resume();
    return error;
}

int host_altstack_replace(const stack_t *wanted, stack_t *old)
{
    bool (*unfit)(const void *, size_t) = atomic_load_explicit(&altstack_state.unfit, memory_order_relaxed);
    if (!wanted || (wanted->ss_flags & SS_DISABLE) || wanted->ss_size < LEAST || !unfit ||
        !unfit(wanted->ss_sp, wanted->ss_size) || wanted->ss_sp == replacement.base)
        return call(wanted, old);
    size_t size = (wanted->ss_size + ROOM + PAGE - 1) & ~(PAGE - 1);
    stack_t ours = {.ss_flags = wanted->ss_flags, .ss_sp = replacement.base, .ss_size = replacement.size};
    if (size <= replacement.size)
        return call(&ours, old);
    int error = host_pages_map(&ours.ss_sp, size);
    if (error)
        return error;
    ours.ss_size = size;
    error = call(&ours, old);
    if (error) { /* -EPERM: it runs on the one that it has */
        host_pages_unmap(ours.ss_sp, size);
        return error;
    }
    if (replacement.base)
        host_pages_unmap(replacement.base, replacement.size);
    replacement.base = ours.ss_sp;
    replacement.size = size;
    return 0;
}

int host_altstack_ensure(void)
{
    stack_t now, ours = {.ss_sp = replacement.base, .ss_size = 2 * ROOM};
    if (replacement.base)
        return 0;
    int error = call(NULL, &now);
    if (error || !(now.ss_flags & SS_DISABLE))
        return error;
    error = host_pages_map(&ours.ss_sp, ours.ss_size);
    if (error)
        return error;
    error = call(&ours, NULL);
    if (error) {
        host_pages_unmap(ours.ss_sp, ours.ss_size);
        return error;
    }
    replacement.base = ours.ss_sp;
    replacement.size = ours.ss_size;
    return 0;
}

void host_altstack_give_back(void)
{
    stack_t now, off = {.ss_flags = SS_DISABLE};
    if (!replacement.base || call(NULL, &now) != 0)
        return;
    if (now.ss_sp == replacement.base && ((now.ss_flags & SS_ONSTACK) || call(&off, NULL) != 0))
        return;
    host_pages_unmap(replacement.base, replacement.size);
    replacement.base = NULL;
    replacement.size = 0;
}
