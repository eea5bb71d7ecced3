/* fiber.c: fibers: stacks that a program switches between by itself. A fiber has its stack, its list of __try frames,
 * its fiber-local slots and the C++ run-time's record of exceptions being handled; fiber.S changes the stack. Stacks
 * are not paged: the kernel must always be able to write a signal frame to them. */
#include <fibersapi.h>

#include <pthread.h>
#include <string.h>
#include <winbase.h>
#include <winerror.h>

#include "base/base.h"
#include "base/thread/thread.h"
#include "exception/exception.h"
#include "host/own.h"
#include "ps/stack.h"
#include "win32/teb.h"
#include "win32/win32.h"

#define DEFAULT_RESERVE ((SIZE_T)1 << 20)
#define SMALLEST_RESERVE ((SIZE_T)64 << 10)
#define PAGE ((SIZE_T)4096)
#define NO_FIBER ((PVOID)0x1E00) /* what GetCurrentFiber tells a thread that is none, as on Windows */

/* The C++ run-time's, where there is one: two words of the thread. */
extern void *__cxa_get_globals(void) __attribute__((weak));
/* The address sanitizer's, likewise. */
extern void __sanitizer_start_switch_fiber(void **kept, const void *bottom, size_t size) __attribute__((weak));
extern void __sanitizer_finish_switch_fiber(void *kept, const void **bottom, size_t *size) __attribute__((weak));

struct fiber {
    PVOID parameter; /* first: GetFiberData reads it */
    void *stack_at;  /* where it was left */
    LPFIBER_START_ROUTINE start;
    void *memory; /* NULL: a thread's own stack */
    SIZE_T size, charged;
    const void *bottom; /* of the stack, for the sanitizer */
    SIZE_T bottom_size;
    void *sanitizer;
    struct exception_fiber exceptions;
    struct base_fls *slots;
    uintptr_t cxx[2];
};

void fiber_switch(void **save, void *stack) __attribute__((visibility("hidden")));
void fiber_begin(void) __attribute__((visibility("hidden")));
void fiber_main(void) __attribute__((visibility("hidden"), noreturn));

static __thread struct fiber *own __attribute__((tls_model("initial-exec")));      /* the one that runs */
static __thread struct fiber *previous __attribute__((tls_model("initial-exec"))); /* the one that was left */

/* Another thread may go on here: the thread's own variables are found anew in every call. */
__attribute__((noinline)) static void arrive(void)
{
    struct fiber *fiber = own, *left = previous;
    const void *bottom = NULL;
    size_t size = 0;
    if (__sanitizer_finish_switch_fiber)
        __sanitizer_finish_switch_fiber(fiber->sanitizer, &bottom, &size);
    if (bottom && left && !left->bottom) {
        left->bottom = bottom;
        left->bottom_size = size;
    }
    if (__cxa_get_globals)
        memcpy(__cxa_get_globals(), fiber->cxx, sizeof fiber->cxx);
}

static void set_current(struct fiber *fiber)
{
    own = fiber;
    win32_teb_fiber(fiber ? fiber : NO_FIBER, (PVOID)(fiber ? fiber->exceptions.high : 0),
                    (PVOID)(fiber ? fiber->exceptions.low : 0));
}

__attribute__((noinline)) static void leave_for(struct fiber *fiber)
{
    struct fiber *from = own;
    if (__cxa_get_globals)
        memcpy(from->cxx, __cxa_get_globals(), sizeof from->cxx);
    exception_fiber_switch(&from->exceptions, &fiber->exceptions);
    from->slots = base_fls_swap(fiber->slots);
    previous = from;
    set_current(fiber);
    if (__sanitizer_start_switch_fiber)
        __sanitizer_start_switch_fiber(&from->sanitizer, fiber->bottom, fiber->bottom_size);
    fiber_switch(&from->stack_at, fiber->stack_at);
    arrive();
}

VOID WINAPI SwitchToFiber(LPVOID fiber)
{
    if (!own && !ConvertThreadToFiber(NULL))
        return;
    if (fiber != own)
        leave_for(fiber);
}

void fiber_main(void)
{
    arrive();
    struct fiber *fiber = own;
    fiber->start(fiber->parameter);
    ExitThread(0);
}

static struct fiber *new_fiber(LPVOID parameter)
{
    struct fiber *fiber = host_own_zero(1, sizeof *fiber);
    if (!fiber)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    else
        fiber->parameter = parameter;
    return fiber;
}

LPVOID WINAPI ConvertThreadToFiberEx(LPVOID parameter, DWORD flags)
{
    if (own || flags & ~(DWORD)FIBER_FLAG_FLOAT_SWITCH) {
        SetLastError(own ? ERROR_ALREADY_FIBER : ERROR_INVALID_PARAMETER);
        return NULL;
    }
    struct fiber *fiber = new_fiber(parameter);
    if (!fiber)
        return NULL;
    exception_thread_start();
    own = fiber;
    win32_teb_fiber(fiber, NULL, NULL);
    return fiber;
}

LPVOID WINAPI ConvertThreadToFiber(LPVOID parameter)
{
    return ConvertThreadToFiberEx(parameter, 0);
}

static void free_fiber(struct fiber *fiber)
{
    if (fiber->memory)
        ps_stack_free(fiber->memory, fiber->size, fiber->charged);
    host_own_give(fiber);
}

/* The fiber that runs becomes the thread: its stack stays in use, so only a thread's own may. */
BOOL WINAPI ConvertFiberToThread(VOID)
{
    struct fiber *fiber = own;
    if (!fiber)
        return win32_error(ERROR_ALREADY_THREAD);
    set_current(NULL);
    if (!fiber->memory)
        free_fiber(fiber);
    return TRUE;
}

/* Lays out what fiber_switch takes off: control words, six registers, the address of the beginning. */
static void prepare_stack(struct fiber *fiber)
{
    uintptr_t *top = (uintptr_t *)((char *)fiber->memory + fiber->size - 64);
    *--top = 0; /* the stack is aligned when fiber_begin is reached */
    *--top = 0;
    *--top = (uintptr_t)fiber_begin;
    for (int i = 0; i < 6; i++)
        *--top = 0;
    *--top = 0;
    uint32_t *control = (uint32_t *)top;
    __asm__("stmxcsr %0" : "=m"(control[0]));
    __asm__("fnstcw %0" : "=m"(control[1]));
    fiber->stack_at = top;
}

static bool make_stack(struct fiber *fiber, SIZE_T commit, SIZE_T reserve)
{
    SIZE_T size = reserve > commit ? reserve : commit;
    size = size < SMALLEST_RESERVE ? SMALLEST_RESERVE : (size + 0xFFFF) & ~(SIZE_T)0xFFFF;
    SIZE_T pages = commit ? (commit + PAGE - 1) / PAGE : 1;
    NTSTATUS status = ps_stack_new(size + PAGE, pages, &fiber->memory);
    if (!NT_SUCCESS(status))
        return win32_status(status);
    fiber->charged = pages;
    fiber->size = size + PAGE;
    fiber->bottom = (char *)fiber->memory + PAGE;
    fiber->bottom_size = size;
    exception_fiber_start(&fiber->exceptions, (char *)fiber->memory + PAGE, size);
    prepare_stack(fiber);
    return true;
}

LPVOID WINAPI CreateFiberEx(SIZE_T commit, SIZE_T reserve, DWORD flags, LPFIBER_START_ROUTINE start, LPVOID parameter)
{
    if (flags & ~(DWORD)FIBER_FLAG_FLOAT_SWITCH) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    struct fiber *fiber = new_fiber(parameter);
    if (!fiber)
        return NULL;
    fiber->start = start;
    if (make_stack(fiber, commit, reserve ? reserve : DEFAULT_RESERVE))
        return fiber;
    free_fiber(fiber);
    return NULL;
}

LPVOID WINAPI CreateFiber(SIZE_T size, LPFIBER_START_ROUTINE start, LPVOID parameter)
{
    return CreateFiberEx(size, 0, 0, start, parameter);
}

/* The one that runs ends its thread, as on Windows. */
VOID WINAPI DeleteFiber(LPVOID address)
{
    struct fiber *fiber = address;
    if (!fiber)
        return;
    if (fiber == own)
        ExitThread(1);
    base_fls_end(fiber->slots);
    free_fiber(fiber);
}

BOOL WINAPI IsThreadAFiber(VOID)
{
    return own != NULL;
}

PVOID WINAPI GetCurrentFiber(VOID)
{
    return own ? own : NO_FIBER;
}

PVOID WINAPI GetFiberData(VOID)
{
    return own ? own->parameter : NULL;
}
