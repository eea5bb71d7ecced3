/* raise.S: the calls that raise. Each takes its caller's registers as they are when the call returns, so that the
 * context of the exception is the program's own and continuing is a return; the rest is C, which does not come back. */
        .set    CONTEXT_SIZE, 1232
        .set    ROOM, CONTEXT_SIZE + 8  /* keeps the stack aligned */
        .set    FLAGS, 0x30
        .set    MXCSR, 0x34
        .set    EFLAGS, 0x44
        .set    FLOATS, 0x100
        .text

/* name: function(the same arguments, CONTEXT * in `argument`) */
        .macro  raising name, function, argument, also
        .type   \name, @function
\name:
        .cfi_startproc
        leaq    -ROOM(%rsp), %rsp       /* leaves the flags alone */
        .cfi_adjust_cfa_offset ROOM
        pushfq
        popq    EFLAGS(%rsp)            /* eight bytes: Dr0 behind it is written after */
        movq    $0, EFLAGS+4(%rsp)
        movq    %rax, 0x78(%rsp)
        movq    %rcx, 0x80(%rsp)
        movq    %rdx, 0x88(%rsp)
        movq    %rbx, 0x90(%rsp)
        leaq    ROOM+8(%rsp), %rax
        movq    %rax, 0x98(%rsp)
        movq    %rbp, 0xa0(%rsp)
        movq    %rsi, 0xa8(%rsp)
        movq    %rdi, 0xb0(%rsp)
        movq    %r8, 0xb8(%rsp)
        movq    %r9, 0xc0(%rsp)
        movq    %r10, 0xc8(%rsp)
        movq    %r11, 0xd0(%rsp)
        movq    %r12, 0xd8(%rsp)
        movq    %r13, 0xe0(%rsp)
        movq    %r14, 0xe8(%rsp)
        movq    %r15, 0xf0(%rsp)
        movq    ROOM(%rsp), %rax
        movq    %rax, 0xf8(%rsp)
        movw    %cs, 0x38(%rsp)
        movw    %ds, 0x3a(%rsp)
        movw    %es, 0x3c(%rsp)
        movw    %fs, 0x3e(%rsp)
        movw    %gs, 0x40(%rsp)
        movw    %ss, 0x42(%rsp)
        fxsave64 FLOATS(%rsp)
        stmxcsr MXCSR(%rsp)
        movl    $0x10000f, FLAGS(%rsp)
        movq    %rsp, \argument
        \also
        call    \function
        ud2
        .cfi_endproc
        .size   \name, . - \name
        .endm

/* void RaiseException(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments) */
        .globl  RaiseException
        raising RaiseException, raise_by_call, %r8

/* void RtlRaiseException(EXCEPTION_RECORD *record) */
        .globl  RtlRaiseException
        raising RtlRaiseException, raise_by_record, %rsi

/* void RtlRaiseStatus(NTSTATUS status) */
        .globl  RtlRaiseStatus
        raising RtlRaiseStatus, raise_by_status, %rsi

/* void exception_raise(const EXCEPTION_RECORD *record) */
        .globl  exception_raise
        .hidden exception_raise
        raising exception_raise, raise_inside, %rsi

/* void RtlUnwindEx(PVOID frame, PVOID ip, EXCEPTION_RECORD *record, PVOID value, CONTEXT *context, ...) and the form
 * without a context: the target's frame is somewhere above the caller's. */
        .globl  RtlUnwindEx
        raising RtlUnwindEx, unwind_to_frame, %r9
        .globl  RtlUnwind
        raising RtlUnwind, unwind_to_frame, %r9, "xorl %r8d, %r8d"

/* void translate_call(DWORD code, EXCEPTION_POINTERS *pointers, exception_translator translator, struct translation *)
 * The last is where its personality looks for it: at the stack's top. */
        .globl  translate_call
        .hidden translate_call
        .type   translate_call, @function
translate_call:
        .cfi_startproc
        .cfi_personality 0x1b, translate_personality
        pushq   %rcx
        .cfi_adjust_cfa_offset 8
        call    *%rdx
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        ret
        .cfi_endproc
        .size   translate_call, . - translate_call

        .section .note.GNU-stack, "", @progbits
