/* exception_records.c: what the processor refuses, as exception codes and parameters. Each instruction is skipped by
 * the handler, which resumes behind it. */
#include <windows.h>

#include "../check.h"

void *volatile resume, *volatile stack;
static EXCEPTION_RECORD record;

static LONG CALLBACK skip(EXCEPTION_POINTERS *pointers)
{
    record = *pointers->ExceptionRecord;
    pointers->ContextRecord->Rip = (ULONG_PTR)resume;
    pointers->ContextRecord->Rsp = (ULONG_PTR)stack;
    pointers->ContextRecord->EFlags &= ~0x40100u; /* alignment checks, single steps */
    return EXCEPTION_CONTINUE_EXECUTION;
}

#define RUN(code) (record.ExceptionCode = 0, record.NumberParameters = 99, run_##code())
#define CODE(name, text)                                                                                               \
    static void run_##name(void)                                                                                       \
    {                                                                                                                  \
        __asm__ volatile("leaq 99f(%%rip), %%rax\n\tmovq %%rax, resume(%%rip)\n\tmovq %%rsp, stack(%%rip)\n\t" text    \
                         "\n99:" ::                                                                                    \
                             : "rax", "rcx", "rdx", "xmm0", "xmm1", "memory", "cc");                                   \
    }

CODE(breakpoint, "int3")
CODE(step, "pushfq; orl $0x100, (%%rsp); popfq; nop; nop")
CODE(illegal, "ud2")
CODE(halt, "hlt")
CODE(divide, "xorl %%ecx, %%ecx; xorl %%edx, %%edx; movl $1, %%eax; idivl %%ecx")
CODE(overflow, "movl $-1, %%ecx; movl $0x80000000, %%eax; cltd; idivl %%ecx")
CODE(noncanonical, "movabs $0x8000000000000000, %%rax; movl (%%rax), %%eax")
CODE(misaligned_vector, "leaq 1(%%rsp), %%rax; movaps (%%rax), %%xmm0")
CODE(write_low, "movl $0x1237, %%eax; movb $1, (%%rax)")
CODE(alignment, "pushfq; orl $0x40000, (%%rsp); popfq; leaq 1(%%rsp), %%rax; movl (%%rax), %%ecx")
CODE(vector_invalid, "pushq $0x1f00; ldmxcsr (%%rsp); xorps %%xmm0, %%xmm0; divss %%xmm0, %%xmm0")
CODE(vector_divide, "pushq $0x1d00; ldmxcsr (%%rsp); movl $0x3f800000, %%eax; movd %%eax, %%xmm1; xorps %%xmm0, %%xmm0;"
                    "divss %%xmm0, %%xmm1")

CODE(overflow_trap, "int $4")
CODE(debug_service, "xorl %%eax, %%eax; int $0x2d; nop")
CODE(prefixed, ".byte 0x2e, 0x64, 0x66, 0x48, 0xf4")
CODE(longest, ".fill 14, 1, 0x64; .byte 0xfa")
CODE(overlong, ".fill 15, 1, 0x64; .byte 0xfa")
CODE(x87_stack, "fninit; pushq $0x37e; fldcw (%%rsp); fadd %%st(1), %%st; fwait")
CODE(x87_invalid, "fninit; pushq $0x37e; fldcw (%%rsp); fldz; fldz; fdivp; fwait")

static void calm_vectors(void)
{
    unsigned control = 0x1f80;
    __asm__ volatile("ldmxcsr %0" ::"m"(control));
}

static void traps_and_prefixes(void)
{
    RUN(overflow_trap);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_INT_OVERFLOW);
    CHECK_EQ(record.NumberParameters, 0);
    RUN(debug_service);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_BREAKPOINT);
    CHECK(record.NumberParameters == 1 && record.ExceptionInformation[0] == 0);
    RUN(prefixed);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_PRIV_INSTRUCTION);
    RUN(longest);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_PRIV_INSTRUCTION);
    RUN(overlong);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_ILLEGAL_INSTRUCTION);
    RUN(x87_stack);
    __asm__ volatile("fninit");
    CHECK_EQ(record.ExceptionCode, EXCEPTION_FLT_STACK_CHECK);
    RUN(x87_invalid);
    __asm__ volatile("fninit");
    CHECK_EQ(record.ExceptionCode, EXCEPTION_FLT_INVALID_OPERATION);
}

static LONG CALLBACK remember(EXCEPTION_POINTERS *pointers)
{
    record = *pointers->ExceptionRecord;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* Handlers see a code whole: bit 28 is left out of messages only. */
static void whole_codes(void)
{
    PVOID handler = AddVectoredExceptionHandler(1, remember);
    RaiseException(0xf0001234, 0, 0, NULL);
    CHECK_EQ(record.ExceptionCode, 0xf0001234);
    RemoveVectoredExceptionHandler(handler);
}

int main(void)
{
    PVOID handler = AddVectoredExceptionHandler(1, skip);
    traps_and_prefixes();
    whole_codes();
    RUN(breakpoint);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_BREAKPOINT);
    CHECK_EQ(record.NumberParameters, 1);
    RUN(step);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_SINGLE_STEP);
    RUN(illegal);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_ILLEGAL_INSTRUCTION);
    CHECK_EQ(record.NumberParameters, 0);
    RUN(halt);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_PRIV_INSTRUCTION);
    RUN(divide);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_INT_DIVIDE_BY_ZERO);
    RUN(overflow);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_INT_OVERFLOW);
    RUN(noncanonical);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_ACCESS_VIOLATION);
    CHECK(record.ExceptionInformation[0] == 0 && record.ExceptionInformation[1] == (ULONG_PTR)-1);
    RUN(misaligned_vector);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_ACCESS_VIOLATION);
    RUN(write_low);
    CHECK(record.ExceptionInformation[0] == 1 && record.ExceptionInformation[1] == 0x1237);
    RUN(alignment);
    CHECK_EQ(record.ExceptionCode, EXCEPTION_DATATYPE_MISALIGNMENT);
    RUN(vector_invalid);
    calm_vectors();
    CHECK_EQ(record.ExceptionCode, EXCEPTION_FLT_INVALID_OPERATION);
    CHECK_EQ(record.NumberParameters, 2);
    RUN(vector_divide);
    calm_vectors();
    CHECK_EQ(record.ExceptionCode, EXCEPTION_FLT_DIVIDE_BY_ZERO);
    CHECK(record.ExceptionInformation[0] == 0 && (record.ExceptionInformation[1] & 4)); /* the status word */
    RemoveVectoredExceptionHandler(handler);
    return CHECK_DONE();
}
