/* jump.c: longjmp, which on Windows unwinds: the __finally blocks of the frames it leaves run, and nobody is asked
 * about those frames afterwards. Stands before the C library's own, which does the jump. */
#include <dlfcn.h>
#include <setjmp.h>

#include "exception/internal.h"

enum { JUMP_RSP = 6 }; /* where the C library keeps the stack pointer in a jmp_buf, mangled */

typedef void jump_function(struct __jmp_buf_tag *, int);

void __longjmp_chk(sigjmp_buf buffer, int value) __attribute__((noreturn, visibility("default")));

static struct {
    jump_function *next;
} jump_state;

void jump_start(void)
{
    jump_state.next = (jump_function *)dlsym(RTLD_NEXT, "siglongjmp");
}

/* The C library's guard against forged jump buffers, undone. */
static uintptr_t stack_of(const struct __jmp_buf_tag *buffer)
{
    uintptr_t stack = (uintptr_t)buffer->__jmpbuf[JUMP_RSP];
    __asm__("rorq $0x11, %0\n\txorq %%fs:0x30, %0" : "+r"(stack));
    return stack;
}

static void jump(struct __jmp_buf_tag *buffer, int value) __attribute__((noreturn));
static void jump(struct __jmp_buf_tag *buffer, int value)
{
    if (exception_thread.top || exception_thread.dispatch)
        seh_leave_below(stack_of(buffer));
    if (__asan_handle_no_return)
        __asan_handle_no_return();
    if (!jump_state.next) /* before our constructor */
        jump_start();
    jump_state.next(buffer, value);
    __builtin_unreachable();
}

__attribute__((visibility("default"))) void longjmp(jmp_buf buffer, int value)
{
    jump(buffer, value);
}

__attribute__((visibility("default"))) void _longjmp(jmp_buf buffer, int value)
{
    jump(buffer, value);
}

__attribute__((visibility("default"))) void siglongjmp(sigjmp_buf buffer, int value)
{
    jump(buffer, value);
}

void __longjmp_chk(sigjmp_buf buffer, int value)
{
    jump(buffer, value);
}
