/* seh.S: leaving and re-entering the functions that use __try; see include/win32/winmem_seh.h for the frame:
 * rbp 8, rip 16, rsp 24, rbx 48, r12 56, r13 64, r14 72, r15 80, mxcsr 88, x87 control word 92. */
        .text

/* int winmem_seh_enter(struct winmem_seh_frame *frame, int kind): saves, then seh_link(frame, kind) returns 0. */
        .globl  winmem_seh_enter
        .type   winmem_seh_enter, @function
winmem_seh_enter:
        .cfi_startproc
        movq    %rbp, 8(%rdi)
        movq    (%rsp), %rax
        movq    %rax, 16(%rdi)
        leaq    8(%rsp), %rax
        movq    %rax, 24(%rdi)
        movq    %rbx, 48(%rdi)
        movq    %r12, 56(%rdi)
        movq    %r13, 64(%rdi)
        movq    %r14, 72(%rdi)
        movq    %r15, 80(%rdi)
        stmxcsr 88(%rdi)
        fnstcw  92(%rdi)
        jmp     seh_link
        .cfi_endproc
        .size   winmem_seh_enter, . - winmem_seh_enter

        .macro  load_frame
        movq    8(%rdi), %rbp
        movq    16(%rdi), %rdx
        movq    48(%rdi), %rbx
        movq    56(%rdi), %r12
        movq    64(%rdi), %r13
        movq    72(%rdi), %r14
        movq    80(%rdi), %r15
        ldmxcsr 88(%rdi)
        fldcw   92(%rdi)
        .endm

        .macro  save_return
        movq    %rbx, 0(%rdx)
        movq    %rbp, 8(%rdx)
        movq    %r12, 16(%rdx)
        movq    %r13, 24(%rdx)
        movq    %r14, 32(%rdx)
        movq    %r15, 40(%rdx)
        movq    %rsp, 48(%rdx)
        .endm

        .macro  make_room
        subq    $1024, %rsp     /* for an outgoing argument area of the function */
        andq    $-64, %rsp
        .endm

/* int seh_jump_in(struct winmem_seh_frame *frame, int state, struct seh_return *back): the function of the frame goes
 * on after its winmem_seh_enter with `state`, on this stack, until it calls winmem_seh_answer. */
        .globl  seh_jump_in
        .hidden seh_jump_in
        .type   seh_jump_in, @function
seh_jump_in:
        .cfi_startproc
        save_return
        movl    %esi, %eax
        load_frame
        make_room
        jmp     *%rdx
        .cfi_endproc
        .size   seh_jump_in, . - seh_jump_in

/* int seh_jump_land(const struct seh_landing *landing, struct seh_return *back): the function goes on at its landing
 * pad, on this stack, whose cleanup calls seh_jump_on or seh_jump_out. */
        .globl  seh_jump_land
        .hidden seh_jump_land
        .type   seh_jump_land, @function
seh_jump_land:
        .cfi_startproc
        movq    %rsi, %rdx
        save_return
        movq    0(%rdi), %rbx
        movq    8(%rdi), %rbp
        movq    16(%rdi), %r12
        movq    24(%rdi), %r13
        movq    32(%rdi), %r14
        movq    40(%rdi), %r15
        movq    48(%rdi), %rcx
        make_room
        xorl    %eax, %eax      /* the exception and its kind: passed on by the cleanup, which does not return */
        xorl    %edx, %edx
        jmp     *%rcx
        .cfi_endproc
        .size   seh_jump_land, . - seh_jump_land

/* int seh_jump_fault(const ucontext_t *context, struct seh_return *back): the same, with all registers of the context but
 * rsp: the kernel brings them back from a copy below everything that is live. */
        .globl  seh_jump_fault
        .hidden seh_jump_fault
        .type   seh_jump_fault, @function
seh_jump_fault:
        .cfi_startproc
        movq    %rsi, %rdx
        save_return
        make_room
        subq    $320, %rsp
        movq    %rdi, %rsi
        movq    %rsp, %rdi
        movl    $304/8, %ecx    /* the kernel's part of it */
        rep movsq
        movq    %rsp, 160(%rsp)
        jmp     host_signal_restorer
        .cfi_endproc
        .size   seh_jump_fault, . - seh_jump_fault

/* void seh_jump_on(struct winmem_seh_frame *frame): the second half of seh_jump_in. */
        .globl  seh_jump_on
        .hidden seh_jump_on
        .type   seh_jump_on, @function
seh_jump_on:
        .cfi_startproc
        load_frame
        make_room
        jmp     *%rdx
        .cfi_endproc
        .size   seh_jump_on, . - seh_jump_on

/* void seh_jump_back(struct seh_return *back, int value): seh_jump_in returns value. */
        .globl  seh_jump_back
        .hidden seh_jump_back
        .type   seh_jump_back, @function
seh_jump_back:
        .cfi_startproc
        movq    0(%rdi), %rbx
        movq    8(%rdi), %rbp
        movq    16(%rdi), %r12
        movq    24(%rdi), %r13
        movq    32(%rdi), %r14
        movq    40(%rdi), %r15
        movq    48(%rdi), %rsp
        movl    %esi, %eax
        ret
        .cfi_endproc
        .size   seh_jump_back, . - seh_jump_back

/* int winmem_seh_settle(int value): seh_settle(value, registers) with rbx rbp r12 r13 r14 r15 rip of the caller. */
        .globl  winmem_seh_settle
        .type   winmem_seh_settle, @function
winmem_seh_settle:
        .cfi_startproc
        movq    (%rsp), %rax
        subq    $56, %rsp
        .cfi_adjust_cfa_offset 56
        movq    %rbx, 0(%rsp)
        movq    %rbp, 8(%rsp)
        movq    %r12, 16(%rsp)
        movq    %r13, 24(%rsp)
        movq    %r14, 32(%rsp)
        movq    %r15, 40(%rsp)
        movq    %rax, 48(%rsp)
        movq    %rsp, %rsi
        call    seh_settle
        ud2
        .cfi_endproc
        .size   winmem_seh_settle, . - winmem_seh_settle

/* void seh_jump_settled(struct winmem_seh_frame *frame, void *const registers[7], int kind): takes the stack back to the
 * frame; winmem_seh_settle returns kind. */
        .globl  seh_jump_settled
        .hidden seh_jump_settled
        .type   seh_jump_settled, @function
seh_jump_settled:
        .cfi_startproc
        movl    %edx, %eax
        ldmxcsr 88(%rdi)
        fldcw   92(%rdi)
        movq    0(%rsi), %rbx
        movq    8(%rsi), %rbp
        movq    16(%rsi), %r12
        movq    24(%rsi), %r13
        movq    32(%rsi), %r14
        movq    40(%rsi), %r15
        movq    48(%rsi), %rdx
        movq    24(%rdi), %rsp
        jmp     *%rdx
        .cfi_endproc
        .size   seh_jump_settled, . - seh_jump_settled

/* void seh_jump_out(struct winmem_seh_frame *frame, int state): takes the stack back to the frame. */
        .globl  seh_jump_out
        .hidden seh_jump_out
        .type   seh_jump_out, @function
seh_jump_out:
        .cfi_startproc
        movl    %esi, %eax
        load_frame
        movq    24(%rdi), %rsp
        jmp     *%rdx
        .cfi_endproc
        .size   seh_jump_out, . - seh_jump_out

        .section .note.GNU-stack, "", @progbits
