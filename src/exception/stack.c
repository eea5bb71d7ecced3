/* stack.c: stacks that overflow. The lowest pages of a known stack are kept closed; touching them is a stack overflow:
 * they are opened, once, and the handlers run on them. Also decides where a dispatch has room to run: a fault whose
 * stack pointer is no good is handled on the alternate stack. */
#include "exception/internal.h"
#include "host/memory.h"
#include "host/proc.h"
#include "host/stack.h"
#include "mm/mm.h"
#include "mm/stack.h"

#define ROOM ((uintptr_t)16 << 10)          /* what a dispatch needs at least */
#define RESERVE ((uintptr_t)64 << 10)       /* closed pages of a stack that has 512 KiB and more */
#define SMALL_RESERVE ((uintptr_t)32 << 10) /* of one that has 128 KiB and more */

/* Closes the pages from the lowest to `guard`; they must not be in use. */
static bool guard_close(struct exception_thread *thread, uintptr_t guard)
{
    void *low = (void *)thread->stack_low;
    size_t size = guard - thread->stack_low, before = thread->stack_guard - thread->stack_low;
    if (!thread->stack_grows)
        return host_protect(low, size, HOST_NONE) == 0;
    if (before && host_protect(low, before, HOST_NONE) != 0)
        return false;
    return size <= before || host_hold((char *)low + before, size - before) == 0;
}

void stack_start(struct exception_thread *thread)
{
    struct host_stack stack;
    thread->stack_low = thread->stack_guard = thread->stack_high = 0;
    if (host_stack_find(&stack) != 0)
        return;
    thread->stack_low = thread->stack_guard = stack.low;
    thread->stack_high = stack.high;
    thread->stack_grows = stack.grows;
    mm_stack_add(stack.low, stack.high, stack.grows);
    uintptr_t size = stack.high - stack.low;
    uintptr_t reserve = size >= (uintptr_t)512 << 10 ? RESERVE : size >= (uintptr_t)128 << 10 ? SMALL_RESERVE : 0;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (reserve && stack.low + reserve + ROOM < here && guard_close(thread, stack.low + reserve))
        thread->stack_guard = stack.low + reserve;
}

void stack_stop(struct exception_thread *thread)
{
    mm_stack_remove();
    uintptr_t low = thread->away ? thread->home_low : thread->stack_low;
    uintptr_t guard = thread->away ? thread->home_guard : thread->stack_guard;
    if (guard != low && !(thread->away ? thread->home_grows : thread->stack_grows))
        host_protect((void *)low, guard - low, HOST_READ | HOST_WRITE);
    thread->stack_guard = thread->stack_low = thread->stack_high = 0;
    thread->away = false;
}

void exception_fiber_start(struct exception_fiber *fiber, void *low, size_t size)
{
    uintptr_t reserve = size >= (size_t)512 << 10 ? RESERVE : size >= (size_t)128 << 10 ? SMALL_RESERVE : 0;
    *fiber = (struct exception_fiber){.low = (uintptr_t)low, .guard = (uintptr_t)low, .high = (uintptr_t)low + size};
    if (reserve && host_protect(low, reserve, HOST_NONE) == 0)
        fiber->guard += reserve;
}

static void keep(const struct exception_thread *thread, struct exception_fiber *fiber)
{
    fiber->frames = thread->top;
    fiber->returns = thread->returns;
    fiber->settled = thread->settled;
    fiber->landing = thread->landing;
    fiber->dispatch = thread->dispatch;
    fiber->low = thread->stack_low;
    fiber->high = thread->stack_high;
    fiber->guard = thread->stack_guard;
    fiber->guarantee = thread->stack_guarantee;
    fiber->grows = thread->stack_grows;
    fiber->guard_open = thread->stack_guard_open;
    fiber->finally_pending = thread->finally_pending;
    fiber->handlers = thread->handlers;
    for (unsigned i = 0; i < thread->handlers; i++)
        fiber->handler[i] = thread->handler[i];
}

void exception_fiber_switch(struct exception_fiber *from, const struct exception_fiber *to)
{
    struct exception_thread *thread = &exception_thread;
    keep(thread, from);
    if (!thread->away) {
        thread->home_low = thread->stack_low;
        thread->home_guard = thread->stack_guard;
        thread->home_grows = thread->stack_grows;
    }
    thread->top = to->frames;
    thread->returns = to->returns;
    thread->settled = to->settled;
    thread->landing = to->landing;
    thread->dispatch = to->dispatch;
    thread->stack_low = to->low;
    thread->stack_high = to->high;
    thread->stack_guard = to->guard;
    thread->stack_guarantee = to->guarantee;
    thread->stack_grows = to->grows;
    thread->stack_guard_open = to->guard_open;
    thread->finally_pending = to->finally_pending;
    thread->handlers = to->handlers;
    for (unsigned i = 0; i < to->handlers; i++)
        thread->handler[i] = to->handler[i];
    thread->away = to->low != thread->home_low;
}

bool exception_stack_guarantee(ULONG *size)
{
    struct exception_thread *thread = &exception_thread;
    exception_thread_start();
    ULONG before = thread->stack_guarantee;
    uintptr_t wanted = ((uintptr_t)*size + MM_PAGE - 1) & ~(MM_PAGE - 1);
    if (wanted > before) {
        uintptr_t guard = thread->stack_low + wanted + RESERVE, here = (uintptr_t)__builtin_frame_address(0);
        if (!thread->stack_low || guard + ROOM >= here)
            return false;
        if (guard > thread->stack_guard) {
            if (!guard_close(thread, guard))
                return false;
            thread->stack_guard = guard;
        }
        thread->stack_guarantee = (ULONG)wanted;
        mm_stack_guarantee(wanted);
    }
    *size = before;
    return true;
}

bool exception_stack_reset(void)
{
    struct exception_thread *thread = &exception_thread;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (!thread->stack_guard_open)
        return true;
    if (here < thread->stack_guard + ROOM ||
        host_protect((void *)thread->stack_low, thread->stack_guard - thread->stack_low, HOST_NONE) != 0)
        return false;
    thread->stack_guard_open = false;
    return true;
}

bool exception_stack_limits(ULONG_PTR *low, ULONG_PTR *high)
{
    struct exception_thread *thread = &exception_thread;
    exception_thread_start();
    *low = thread->stack_low;
    *high = thread->stack_high;
    return thread->stack_high != 0;
}

/* Below the stack's end, where a C library or the kernel guards it: as far as one call of a large function reaches. */
static bool below_stack(const struct exception_thread *thread, uintptr_t address)
{
    return thread->stack_low && thread->stack_low - address <= RESERVE && address < thread->stack_low;
}

bool stack_overflow(struct exception_thread *thread, uintptr_t address, bool unmapped)
{
    if (address - thread->stack_low < thread->stack_guard - thread->stack_low && !thread->stack_guard_open) {
        if (host_protect((void *)thread->stack_low, thread->stack_guard - thread->stack_low, HOST_READ | HOST_WRITE) ==
            0)
            thread->stack_guard_open = true;
        return true;
    }
    if (thread->stack_guard_open && unmapped && address - thread->stack_low < thread->stack_high - thread->stack_low)
        return true; /* the kernel lets no stack grow up to pages that are open */
    return below_stack(thread, address);
}

bool stack_has_room(struct exception_thread *thread, uintptr_t stack)
{
    uintptr_t low = thread->stack_guard_open ? thread->stack_low : thread->stack_guard;
    if (stack < thread->stack_high && stack >= thread->stack_low)
        return stack - low >= ROOM && stack >= low;
    if (stack - thread->other_low < thread->other_high - thread->other_low)
        return stack - thread->other_low >= ROOM;
    struct host_mapping mapping; /* a stack of the program's own making */
    if (host_mapping_find(stack - 1, &mapping, NULL, 0) != 0 || mapping.start > stack - 1 ||
        !(mapping.access & HOST_WRITE))
        return false;
    thread->other_low = mapping.start;
    thread->other_high = mapping.end;
    return stack - mapping.start >= ROOM;
}

bool stack_is_used_up(const struct exception_thread *thread, uintptr_t stack)
{
    uintptr_t low = thread->stack_low - RESERVE;
    bool own = thread->stack_low && stack - low < thread->stack_high - low;
    return (own && thread->stack_guard_open) || stack - (uintptr_t)thread->altstack < thread->altstack_size;
}
