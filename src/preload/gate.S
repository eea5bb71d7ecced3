/* gate.S: the only code whose system calls the dispatcher lets pass (dispatch.c): a call by number, and the return from
 * its signal handler. The whole of [dispatch_gate_start, dispatch_gate_end) is told to the kernel. */
        .text
        .globl  dispatch_gate_start
        .hidden dispatch_gate_start
        .globl  dispatch_gate_end
        .hidden dispatch_gate_end
dispatch_gate_start:

/* long dispatch_call(long number, long a, long b, long c, long d, long e, long f) */
        .globl  dispatch_call
        .hidden dispatch_call
        .type   dispatch_call, @function
dispatch_call:
        .cfi_startproc
        movq    %rdi, %rax
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        movq    %rcx, %rdx
        movq    %r8, %r10
        movq    %r9, %r8
        movq    8(%rsp), %r9
        syscall
        ret
        .cfi_endproc
        .size   dispatch_call, . - dispatch_call

/* The handler's frame as unwinders see it (a cancelled thread unwinds through it): see host/signal_entry.S. */
        .macro  saved register, offset
        .cfi_escape 0x10, \register, 0x03, 0x77, ((\offset) & 0x7f) | 0x80, ((\offset) >> 7) & 0x7f
        .endm
        .cfi_startproc
        .cfi_signal_frame
        .cfi_escape 0x0f, 0x04, 0x77, 0xa0, 0x01, 0x06
        saved 8, 40
        saved 9, 48
        saved 10, 56
        saved 11, 64
        saved 12, 72
        saved 13, 80
        saved 14, 88
        saved 15, 96
        saved 5, 104
        saved 4, 112
        saved 6, 120
        saved 3, 128
        saved 1, 136
        saved 0, 144
        saved 2, 152
        saved 7, 160
        saved 16, 168
        nop
        .globl  dispatch_restorer
        .hidden dispatch_restorer
        .type   dispatch_restorer, @function
dispatch_restorer:
        movq    $15, %rax       /* rt_sigreturn */
        syscall
        .cfi_endproc
        .size   dispatch_restorer, . - dispatch_restorer
        ud2
dispatch_gate_end:
        .section .note.GNU-stack, "", @progbits
