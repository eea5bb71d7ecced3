/* setjmp.h: the system's, with a note of the __try blocks that setjmp is in, so that longjmp runs the __finally blocks
 * of those entered since, in the function that it returns to as in those it leaves. */
#pragma GCC system_header
#include_next <setjmp.h>
#ifndef WINMEM_SETJMP_H
#define WINMEM_SETJMP_H

#ifdef __cplusplus
extern "C" {
#endif
__attribute__((__visibility__("default"))) struct __jmp_buf_tag *winmem_setjmp_mark(struct __jmp_buf_tag *buffer);
/* Fortified, it has a name of its own already. */
#if !defined(__USE_FORTIFY_LEVEL) || __USE_FORTIFY_LEVEL == 0
extern void __REDIRECT_NTHNL(longjmp, (struct __jmp_buf_tag buffer[1], int value), winmem_longjmp)
    __attribute__((__noreturn__));
#endif

/* What RtlRestoreContext takes with STATUS_LONGJUMP. */
typedef struct __attribute__((__aligned__(16))) _JUMP_BUFFER {
    unsigned long long Frame, Rbx, Rsp, Rbp, Rsi, Rdi, R12, R13, R14, R15, Rip;
    unsigned MxCsr;
    unsigned short FpCsr, Spare;
    struct __attribute__((__aligned__(16))) {
        unsigned long long Part[2];
    } Xmm6, Xmm7, Xmm8, Xmm9, Xmm10, Xmm11, Xmm12, Xmm13, Xmm14, Xmm15;
} _JUMP_BUFFER;
#ifdef __cplusplus
}
#endif

#undef setjmp
#define setjmp(buffer) _setjmp(winmem_setjmp_mark(buffer))
#define _setjmpex setjmp
#define setjmpex setjmp

#endif
