/* copy.S: the copy that survives a bad address: the fault handler (host/signal.c) knows its one instruction. */
        .text

/* size_t host_copy_bytes(void *to, const void *from, size_t size): how many bytes were not copied. */
        .globl  host_copy_bytes
        .hidden host_copy_bytes
        .type   host_copy_bytes, @function
host_copy_bytes:
        .cfi_startproc
        movq    %rdx, %rcx
        .globl  host_copy_instruction
        .hidden host_copy_instruction
host_copy_instruction:
        rep movsb
        .globl  host_copy_stopped
        .hidden host_copy_stopped
host_copy_stopped:
        movq    %rcx, %rax
        ret
        .cfi_endproc
        .size   host_copy_bytes, . - host_copy_bytes

        .section .note.GNU-stack, "", @progbits
