/* signal_entry.S: the way back from a signal handler, and the move from the alternate stack to the thread's own. */
        .text

/* The kernel's frame as unwinders see it: at the return into the restorer the stack pointer stands at the ucontext,
 * whose saved registers start at byte 40. The same description as the C library gives its own restorer. */
        .macro  saved register, offset
        /* DW_CFA_expression register, { DW_OP_breg7 (rsp) + offset as two-byte sleb128 } */
        .cfi_escape 0x10, \register, 0x03, 0x77, ((\offset) & 0x7f) | 0x80, ((\offset) >> 7) & 0x7f
        .endm
        .cfi_startproc
        .cfi_signal_frame
        /* CFA = *(rsp + 160): DW_CFA_def_cfa_expression { DW_OP_breg7 160, DW_OP_deref } */
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
        nop             /* an unwinder looks up the byte before the return address */
        .globl  host_signal_restorer
        .hidden host_signal_restorer
        .type   host_signal_restorer, @function
host_signal_restorer:
        movq    $15, %rax       /* rt_sigreturn; debuggers know these very bytes */
        syscall
        .cfi_endproc
        .size   host_signal_restorer, . - host_signal_restorer

/* void host_signal_move(void *stack, struct host_fault *fault, void (*function)(struct host_fault *)) */
        .globl  host_signal_move
        .hidden host_signal_move
        .type   host_signal_move, @function
host_signal_move:
        movq    %rdi, %rsp
        movq    %rsi, %rdi
        jmp     *%rdx
        .size   host_signal_move, . - host_signal_move

        .section .note.GNU-stack, "", @progbits
