/* syscall.S: libc's syscall(), for programs that call the kernel by number (SBCL maps its heap so): the calls that this
 * library serves go to numbers.c, every other one to the kernel, from here, so that the dispatcher sees it. Without a
 * frame of its own, as libc's: a new process or thread returns from it on another stack. */
        .text
        .globl  syscall
        .type   syscall, @function
syscall:
        .cfi_startproc
        cmpq    $63, %rdi
        ja      1f
        /* close 3, mmap 9, mprotect 10, munmap 11, mremap 25, madvise 28, dup2 33 */
        movabsq $0x212000e08, %rax
        btq     %rdi, %rax
        jc      numbers_call
        jmp     2f
1:      cmpq    $149, %rdi      /* mlock */
        je      numbers_call
        cmpq    $150, %rdi      /* munlock */
        je      numbers_call
        cmpq    $151, %rdi      /* mlockall */
        je      numbers_call
        cmpq    $206, %rdi      /* io_setup */
        je      numbers_call
        cmpq    $292, %rdi      /* dup3 */
        je      numbers_call
        cmpq    $325, %rdi      /* mlock2 */
        je      numbers_call
        cmpq    $425, %rdi      /* io_uring_setup */
        je      numbers_call
        cmpq    $436, %rdi      /* close_range */
        je      numbers_call
2:      movq    %rdi, %rax
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        movq    %rcx, %rdx
        movq    %r8, %r10
        movq    %r9, %r8
        movq    8(%rsp), %r9
        syscall
        cmpq    $-4095, %rax
        jae     3f
        ret
3:      movq    %rax, %rdi
        jmp     numbers_failed
        .cfi_endproc
        .size   syscall, . - syscall
        .section .note.GNU-stack, "", @progbits
