/* deepbind.S: dlopen without RTLD_DEEPBIND. A library that is bound to its own dependencies first would free with the C
 * library's free what this malloc gave (PHP opens its extensions so). The loader looks at who called: nothing may stand
 * between the caller and the real dlopen, so it is jumped to. */
        .text
        .globl  dlopen
        .type   dlopen, @function
dlopen:
        .cfi_startproc
        pushq   %rdi
        .cfi_adjust_cfa_offset 8
        pushq   %rsi
        .cfi_adjust_cfa_offset 8
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    deepbind_real_dlopen
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %rsi
        .cfi_adjust_cfa_offset -8
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        andl    $~8, %esi       /* RTLD_DEEPBIND */
        jmp     *%rax
        .cfi_endproc
        .size   dlopen, . - dlopen
        .section .note.GNU-stack, "", @progbits
