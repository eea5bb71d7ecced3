/* context.S: a thread's registers into a CONTEXT and back. Offsets are those of the AMD64 CONTEXT. */
        .set    FLAGS, 0x30
        .set    MXCSR, 0x34
        .set    EFLAGS, 0x44
        .set    FLOATS, 0x100
        .text

/* void RtlCaptureContext(CONTEXT *context): the caller's registers as they are when the call returns. */
        .globl  RtlCaptureContext
        .type   RtlCaptureContext, @function
        .globl  exception_capture
        .hidden exception_capture
        .type   exception_capture, @function
RtlCaptureContext:
exception_capture:
        .cfi_startproc
        pushfq
        .cfi_adjust_cfa_offset 8
        movq    %rax, 0x78(%rdi)
        movq    %rcx, 0x80(%rdi)
        movq    %rdx, 0x88(%rdi)
        movq    %rbx, 0x90(%rdi)
        leaq    16(%rsp), %rax
        movq    %rax, 0x98(%rdi)
        movq    %rbp, 0xa0(%rdi)
        movq    %rsi, 0xa8(%rdi)
        movq    %rdi, 0xb0(%rdi)
        movq    %r8, 0xb8(%rdi)
        movq    %r9, 0xc0(%rdi)
        movq    %r10, 0xc8(%rdi)
        movq    %r11, 0xd0(%rdi)
        movq    %r12, 0xd8(%rdi)
        movq    %r13, 0xe0(%rdi)
        movq    %r14, 0xe8(%rdi)
        movq    %r15, 0xf0(%rdi)
        movq    8(%rsp), %rax
        movq    %rax, 0xf8(%rdi)
        movq    (%rsp), %rax
        movl    %eax, EFLAGS(%rdi)
        movw    %cs, 0x38(%rdi)
        movw    %ds, 0x3a(%rdi)
        movw    %es, 0x3c(%rdi)
        movw    %fs, 0x3e(%rdi)
        movw    %gs, 0x40(%rdi)
        movw    %ss, 0x42(%rdi)
        fxsave64 FLOATS(%rdi)
        stmxcsr MXCSR(%rdi)
        movl    $0x10000f, FLAGS(%rdi)
        movq    0x78(%rdi), %rax
        popfq
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_endproc
        .size   exception_capture, . - exception_capture
        .size   RtlCaptureContext, . - RtlCaptureContext

/* void context_load(const CONTEXT *context, int floats): all of it; iretq takes the last five at once, so that nothing
 * is written near the stack that is gone to. */
        .globl  context_load
        .hidden context_load
        .type   context_load, @function
context_load:
        testl   %esi, %esi
        je      1f
        fxrstor64 FLOATS(%rdi)
        ldmxcsr MXCSR(%rdi)
1:      movl    %ss, %eax
        pushq   %rax
        pushq   0x98(%rdi)
        movl    EFLAGS(%rdi), %eax
        pushq   %rax
        movl    %cs, %eax
        pushq   %rax
        pushq   0xf8(%rdi)
        movq    0x78(%rdi), %rax
        movq    0x80(%rdi), %rcx
        movq    0x88(%rdi), %rdx
        movq    0x90(%rdi), %rbx
        movq    0xa0(%rdi), %rbp
        movq    0xa8(%rdi), %rsi
        movq    0xb8(%rdi), %r8
        movq    0xc0(%rdi), %r9
        movq    0xc8(%rdi), %r10
        movq    0xd0(%rdi), %r11
        movq    0xd8(%rdi), %r12
        movq    0xe0(%rdi), %r13
        movq    0xe8(%rdi), %r14
        movq    0xf0(%rdi), %r15
        movq    0xb0(%rdi), %rdi
        iretq
        .size   context_load, . - context_load

        .section .note.GNU-stack, "", @progbits
