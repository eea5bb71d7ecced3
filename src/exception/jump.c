/* jump.c: longjmp, which on Windows unwinds: the __finally blocks of the frames it leaves run, and nobody is asked
 * about those frames afterwards. Stands before the C library's own, which does the jump. */
#include <dlfcn.h>
#include <gnu/lib-names.h>
#define WINMEM_SETJMP_H /* the C library's, with its own names */
#include <setjmp.h>

#include "exception/internal.h"

#define MARK 0x3C6EF372FE94F82BUL
enum { JUMP_RSP = 6 }; /* where the C library keeps the stack pointer in a jmp_buf, mangled */

typedef void jump_function(struct __jmp_buf_tag *, int);

#define EXPORT __attribute__((visibility("default")))
EXPORT void __longjmp_chk(sigjmp_buf buffer, int value) __attribute__((noreturn));
/* What include/win32/setjmp.h makes of setjmp and longjmp: a name that link-time optimisation does not bind to the C
 * library's. */
EXPORT void winmem_longjmp(jmp_buf buffer, int value) __attribute__((noreturn));
EXPORT struct __jmp_buf_tag *winmem_setjmp_mark(struct __jmp_buf_tag *buffer);

/* The C library's own, by its name: it may stand before us in the search order, where RTLD_NEXT does not reach it.
 * Looked up when it is first wanted: most programs never jump through us. */
static jump_function *library_jump(void)
{
    static jump_function *found;
    jump_function *jump = __atomic_load_n(&found, __ATOMIC_RELAXED);
    if (!jump) {
        void *library = dlopen(LIBC_SO, RTLD_LAZY | RTLD_NOLOAD);
        jump = (jump_function *)dlsym(library ? library : RTLD_NEXT, "siglongjmp");
        __atomic_store_n(&found, jump, __ATOMIC_RELAXED);
    }
    return jump;
}

/* The C library's guard against forged jump buffers, undone. */
static uintptr_t stack_of(const struct __jmp_buf_tag *buffer)
{
    uintptr_t stack = (uintptr_t)buffer->__jmpbuf[JUMP_RSP];
    __asm__("rorq $0x11, %0\n\txorq %%fs:0x30, %0" : "+r"(stack));
    return stack;
}

/* The end of the saved signal mask, of which the kernel knows 64 bits only. */
static struct seh_mark *mark_of(struct __jmp_buf_tag *buffer)
{
    return (struct seh_mark *)((char *)(&buffer->__saved_mask + 1) - sizeof(struct seh_mark));
}

struct __jmp_buf_tag *winmem_setjmp_mark(struct __jmp_buf_tag *buffer)
{
    *mark_of(buffer) = (struct seh_mark){MARK ^ (uintptr_t)buffer, exception_thread.top};
    return buffer;
}

static void jump(struct __jmp_buf_tag *buffer, int value) __attribute__((noreturn));
static void jump(struct __jmp_buf_tag *buffer, int value)
{
    if (exception_thread.top || exception_thread.dispatch)
        seh_leave_below(stack_of(buffer),
                        mark_of(buffer)->check == (MARK ^ (uintptr_t)buffer) ? mark_of(buffer) : NULL);
    if (__asan_handle_no_return)
        __asan_handle_no_return();
    library_jump()(buffer, value);
    __builtin_unreachable();
}

EXPORT void longjmp(jmp_buf buffer, int value)
{
    jump(buffer, value);
}

EXPORT void _longjmp(jmp_buf buffer, int value)
{
    jump(buffer, value);
}

EXPORT void siglongjmp(sigjmp_buf buffer, int value)
{
    jump(buffer, value);
}

void __longjmp_chk(sigjmp_buf buffer, int value)
{
    jump(buffer, value);
}

void winmem_longjmp(jmp_buf buffer, int value)
{
    jump(buffer, value);
}
