/* guarded.S: the accesses of guarded.h: a fault between host_guarded_start and host_guarded_end is answered by
 * host_guarded_repair, which puts the code into eax and goes on at host_guarded_end. No stack is used between them. */
        .text
        .globl  host_guarded_copy
        .type   host_guarded_copy, @function
        .globl  host_guarded_touch
        .type   host_guarded_touch, @function
        .globl  host_guarded_look
        .type   host_guarded_look, @function
        .globl  host_guarded_start
        .hidden host_guarded_start
        .globl  host_guarded_end
        .hidden host_guarded_end
        .cfi_startproc
host_guarded_start:

/* uint32_t host_guarded_copy(void *to, const void *from, size_t size) */
host_guarded_copy:
        movq    %rdx, %rcx
        cmpq    $256, %rdx
        ja      1f
        shrq    $3, %rcx
        jz      2f
0:      movq    (%rsi), %rax
        movq    %rax, (%rdi)
        addq    $8, %rsi
        addq    $8, %rdi
        decq    %rcx
        jnz     0b
2:      movl    %edx, %ecx
        andl    $7, %ecx
        jz      3f
1:      rep movsb
3:      xorl    %eax, %eax
        ret
        .size   host_guarded_copy, . - host_guarded_copy

/* uint32_t host_guarded_touch(void *base, size_t size) */
host_guarded_touch:
        testq   %rsi, %rsi
        jz      3f
        leaq    -1(%rdi, %rsi), %rsi
0:      lock orb $0, (%rdi)
        orq     $0xfff, %rdi
        incq    %rdi
        jz      3f
        cmpq    %rsi, %rdi
        jbe     0b
3:      xorl    %eax, %eax
        ret
        .size   host_guarded_touch, . - host_guarded_touch

/* uint32_t host_guarded_look(const void *base, size_t size) */
host_guarded_look:
        testq   %rsi, %rsi
        jz      3f
        leaq    -1(%rdi, %rsi), %rsi
0:      movzbl  (%rdi), %eax
        orq     $0xfff, %rdi
        incq    %rdi
        jz      3f
        cmpq    %rsi, %rdi
        jbe     0b
3:      xorl    %eax, %eax
        ret
        .size   host_guarded_look, . - host_guarded_look

host_guarded_end:
        ret
        .cfi_endproc

        .section .note.GNU-stack, "", @progbits
