/* record.c: what a signal says, in Windows' terms: EXCEPTION_RECORD and CONTEXT from the kernel's signal frame, and
 * back. Pure translation; reads the faulting instruction where the signal alone does not tell. */
#include <setjmp.h>
#include <string.h>

#include "exception/internal.h"
#include "mm/mm.h"

#define FXSAVE_USED 416 /* bytes up to the last XMM register; what follows is the kernel's */
#define XSTATE_MAGIC1 0x46505853U
#define SIMD_EXCEPTION 19 /* #XM */
#define TRAP_FLAG 0x100
#define OVERFLOW_TRAP 4  /* #OF: int 4 */
#define STACK_FAULT 0x40 /* of the x87 status word */
#define LONGEST_INSTRUCTION 15

void context_load(const CONTEXT *context, int floats) __attribute__((noreturn));

/* The general registers of a CONTEXT lie in the order of the instruction set: rax rcx rdx rbx rsp rbp rsi rdi r8... */
static const unsigned char gregs_order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

void context_from_fault(const struct host_fault *fault, CONTEXT *context)
{
    const greg_t *registers = fault->context->uc_mcontext.gregs;
    DWORD64 *general = &context->Rax;
    memset(context, 0, offsetof(CONTEXT, Rax));
    for (int i = 0; i < 16; i++)
        general[i] = (DWORD64)registers[gregs_order[i]];
    context->Rip = (DWORD64)registers[REG_RIP];
    context->EFlags = (DWORD)registers[REG_EFL];
    context->SegCs = (WORD)registers[REG_CSGSFS];
    context->SegGs = (WORD)(registers[REG_CSGSFS] >> 16);
    context->SegFs = (WORD)(registers[REG_CSGSFS] >> 32);
    context->SegSs = (WORD)(registers[REG_CSGSFS] >> 48);
    context->ContextFlags = CONTEXT_ALL;
    const void *state = fault->context->uc_mcontext.fpregs;
    if (state) {
        memcpy(&context->FltSave, state, FXSAVE_USED);
        context->MxCsr = context->FltSave.MxCsr;
    } else {
        context->ContextFlags &= ~(DWORD)(CONTEXT_FLOATING_POINT & ~CONTEXT_AMD64);
    }
}

void context_to_fault(const CONTEXT *context, struct host_fault *fault)
{
    greg_t *registers = fault->context->uc_mcontext.gregs;
    const DWORD64 *general = &context->Rax;
    if ((context->ContextFlags & CONTEXT_INTEGER) == CONTEXT_INTEGER) {
        for (int i = 0; i < 16; i++) {
            if (i != 4)
                registers[gregs_order[i]] = (greg_t)general[i];
        }
    }
    if ((context->ContextFlags & CONTEXT_CONTROL) == CONTEXT_CONTROL) {
        registers[REG_RSP] = (greg_t)context->Rsp;
        registers[REG_RIP] = (greg_t)context->Rip;
        registers[REG_EFL] = (greg_t)context->EFlags;
    }
    char *state = (char *)fault->context->uc_mcontext.fpregs;
    if (state && (context->ContextFlags & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT) {
        uint32_t mask = context->FltSave.MxCsr_Mask ? context->FltSave.MxCsr_Mask : 0xFFBF;
        uint32_t control = context->MxCsr & mask, magic;
        memcpy(state, &context->FltSave, FXSAVE_USED);
        memcpy(state + offsetof(XMM_SAVE_AREA32, MxCsr), &control, sizeof control);
        memcpy(&magic, state + 464, sizeof magic);
        if (magic == XSTATE_MAGIC1) {
            uint64_t present;
            memcpy(&present, state + 512, sizeof present);
            present |= 3; /* x87 and SSE are to be loaded from here, whatever they were */
            memcpy(state + 512, &present, sizeof present);
        }
    }
}

void exception_restore(const CONTEXT *context)
{
    CONTEXT full;
    exception_capture(&full);
    DWORD flags = context->ContextFlags;
    DWORD64 stack = full.Rsp, target = full.Rip;
    DWORD eflags = full.EFlags;
    bool floats = (flags & CONTEXT_FLOATING_POINT) == CONTEXT_FLOATING_POINT;
    if ((flags & CONTEXT_INTEGER) == CONTEXT_INTEGER)
        memcpy(&full.Rax, &context->Rax, sizeof(DWORD64) * 16);
    if ((flags & CONTEXT_CONTROL) == CONTEXT_CONTROL)
        stack = context->Rsp, target = context->Rip, eflags = context->EFlags;
    full.Rsp = stack, full.Rip = target, full.EFlags = eflags;
    if (floats) {
        full.FltSave = context->FltSave;
        full.MxCsr = context->MxCsr & 0xFFBF;
    }
    context_load(&full, floats);
}

void exception_restore_for(const CONTEXT *context, EXCEPTION_RECORD *record)
{
    CONTEXT target = *context;
    const ULONG_PTR *values = record ? record->ExceptionInformation : NULL;
    if (record && record->ExceptionCode == (DWORD)STATUS_LONGJUMP && record->NumberParameters >= 1) {
        const _JUMP_BUFFER *buffer = (const _JUMP_BUFFER *)values[0];
        target.Rbx = buffer->Rbx, target.Rsp = buffer->Rsp, target.Rbp = buffer->Rbp;
        target.Rsi = buffer->Rsi, target.Rdi = buffer->Rdi, target.Rip = buffer->Rip;
        target.R12 = buffer->R12, target.R13 = buffer->R13, target.R14 = buffer->R14, target.R15 = buffer->R15;
        target.MxCsr = target.FltSave.MxCsr = buffer->MxCsr;
        memcpy(&target.Xmm6, &buffer->Xmm6, sizeof(M128A) * 10);
    } else if (record && record->ExceptionCode == (DWORD)STATUS_UNWIND_CONSOLIDATE && record->NumberParameters >= 1) {
        target.Rip = (ULONG_PTR)((PVOID(*)(EXCEPTION_RECORD *))values[0])(record);
    }
    exception_restore(&target);
}

/* The operand of a div or idiv at `code`: its value, in its size; false when it is another instruction. */
static bool divisor_of(const unsigned char *code, const CONTEXT *context, uint64_t *value)
{
    const DWORD64 *general = &context->Rax;
    unsigned rex = 0, size = 4;
    uint64_t base = 0;
    for (;; code++) {
        if (*code == 0x66)
            size = 2;
        else if (*code != 0x2e && *code != 0x36 && *code != 0x3e && *code != 0x26 && *code != 0xf2 && *code != 0xf3)
            break;
    }
    if ((*code & 0xf0) == 0x40)
        rex = *code++;
    if (*code != 0xf6 && *code != 0xf7)
        return false;
    size = *code == 0xf6 ? 1 : rex & 8 ? 8 : size;
    unsigned modrm = code[1], mode = modrm >> 6, rm = modrm & 7;
    code += 2;
    const void *operand;
    if (mode == 3) {
        unsigned number = rm | (rex & 1) << 3;
        operand =
            size == 1 && !rex && number >= 4 ? (const char *)&general[number - 4] + 1 : (const char *)&general[number];
    } else {
        if (rm == 4) {
            unsigned sib = *code++, index = (sib >> 3 & 7) | (rex & 2) << 2;
            if (index != 4)
                base = general[index] << (sib >> 6);
            if ((sib & 7) == 5 && mode == 0)
                mode = 4;
            else
                base += general[(sib & 7) | (rex & 1) << 3];
        } else if (rm == 5 && mode == 0) {
            base = (uint64_t)(uintptr_t)code + 4;
            mode = 4;
        } else {
            base = general[rm | (rex & 1) << 3];
        }
        if (mode == 1)
            base += (uint64_t)(int64_t)(signed char)*code;
        int32_t displacement = 0;
        if (mode == 2 || mode == 4)
            memcpy(&displacement, code, sizeof displacement);
        operand = (const void *)(uintptr_t)(base + (uint64_t)(int64_t)displacement);
    }
    *value = 0;
    memcpy(value, operand, size);
    return true;
}

static bool is_prefix(unsigned char byte)
{
    switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65: /* segments */
    case 0x66:
    case 0x67:
    case 0xf0:
    case 0xf2:
    case 0xf3:
        return true;
    default:
        return (byte & 0xf0) == 0x40;
    }
}

/* Prefixes alone fill the most that an instruction may have: to Windows no instruction, to the processor a fault. */
static bool overlong(const unsigned char *code)
{
    unsigned prefixes = 0;
    while (prefixes < LONGEST_INSTRUCTION && is_prefix(code[prefixes]))
        prefixes++;
    return prefixes == LONGEST_INSTRUCTION;
}

/* Whether a general protection fault comes from an instruction that only a kernel may use. */
static bool privileged(const unsigned char *code)
{
    while (is_prefix(*code))
        code++;
    switch (*code) {
    case 0xf4:
    case 0xfa:
    case 0xfb: /* hlt cli sti */
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x6f: /* ins outs */
    case 0xe4:
    case 0xe5:
    case 0xe6:
    case 0xe7: /* in out */
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef:
        return true;
    case 0x0f:
        switch (code[1]) {
        case 0x06:
        case 0x08:
        case 0x09: /* clts invd wbinvd */
        case 0x20:
        case 0x21:
        case 0x22:
        case 0x23: /* mov to and from control and debug registers */
        case 0x30:
        case 0x32:
        case 0x33:
        case 0x35:
        case 0x07: /* wrmsr rdmsr rdpmc sysexit sysret */
            return true;
        case 0x00:
            return (code[2] >> 3 & 7) == 2 || (code[2] >> 3 & 7) == 3; /* lldt ltr */
        case 0x01:
            return (code[2] >> 6) != 3 && ((code[2] >> 3 & 7) == 2 || (code[2] >> 3 & 7) == 3 ||
                                           (code[2] >> 3 & 7) == 6 || (code[2] >> 3 & 7) == 7);
        }
        return false;
    }
    return false;
}

static bool denormal_operand(const struct host_fault *fault, const CONTEXT *context)
{
    if (fault->context->uc_mcontext.gregs[REG_TRAPNO] == SIMD_EXCEPTION)
        return context->MxCsr & ~(context->MxCsr >> 7) & 2;
    return context->FltSave.StatusWord & ~context->FltSave.ControlWord & 2;
}

static bool x87_stack(const struct host_fault *fault, const CONTEXT *context)
{
    return fault->context->uc_mcontext.gregs[REG_TRAPNO] != SIMD_EXCEPTION && context->FltSave.StatusWord & STACK_FAULT;
}

static DWORD arithmetic_code(const struct host_fault *fault, const CONTEXT *context)
{
    uint64_t divisor;
    switch (fault->info->si_code) {
    case FPE_INTDIV:
        if (divisor_of((const unsigned char *)(uintptr_t)context->Rip, context, &divisor) && divisor)
            return (DWORD)STATUS_INTEGER_OVERFLOW;
        return (DWORD)STATUS_INTEGER_DIVIDE_BY_ZERO;
    case FPE_INTOVF:
        return (DWORD)STATUS_INTEGER_OVERFLOW;
    case FPE_FLTDIV:
        return (DWORD)STATUS_FLOAT_DIVIDE_BY_ZERO;
    case FPE_FLTOVF:
        return (DWORD)STATUS_FLOAT_OVERFLOW;
    case FPE_FLTUND: /* the kernel has one code for two: the operand's is found before the result's */
        return (DWORD)(denormal_operand(fault, context) ? STATUS_FLOAT_DENORMAL_OPERAND : STATUS_FLOAT_UNDERFLOW);
    case FPE_FLTRES:
        return (DWORD)STATUS_FLOAT_INEXACT_RESULT;
    case FPE_FLTSUB:
        return (DWORD)STATUS_ARRAY_BOUNDS_EXCEEDED;
    default: /* the kernel does not tell the two apart */
        return (DWORD)(x87_stack(fault, context) ? STATUS_FLOAT_STACK_CHECK : STATUS_FLOAT_INVALID_OPERATION);
    }
}

static void memory_record(const struct host_fault *fault, EXCEPTION_RECORD *record)
{
    const struct mm_fault *mm = (const struct mm_fault *)fault->verdict;
    record->ExceptionCode = (DWORD)mm->status;
    record->NumberParameters = mm->status == STATUS_IN_PAGE_ERROR ? 3 : 2;
    record->ExceptionInformation[0] = mm->operation;
    record->ExceptionInformation[1] = mm->address;
    record->ExceptionInformation[2] = (DWORD)mm->io_status;
}

/* The interrupts by which programs for Windows call its kernel. */
static bool software_interrupt(unsigned number, EXCEPTION_RECORD *record, CONTEXT *context)
{
    switch (number) {
    case 0x29: /* __fastfail: nobody is asked */
        record->ExceptionCode = (DWORD)STATUS_STACK_BUFFER_OVERRUN;
        record->ExceptionFlags = EXCEPTION_NONCONTINUABLE;
        record->NumberParameters = 1;
        record->ExceptionInformation[0] = context->Rcx;
        return true;
    case 0x2c: /* __int2c: an assertion */
        record->ExceptionCode = (DWORD)STATUS_ASSERTION_FAILURE;
        return true;
    case 0x2d: /* a service of the debugger, which is not there: a breakpoint, told as that of the byte after it */
        record->ExceptionCode = (DWORD)STATUS_BREAKPOINT;
        record->NumberParameters = 1;
        record->ExceptionInformation[0] = context->Rax;
        context->Rip += 2;
        return true;
    default:
        return false;
    }
}

/* SIGSEGV and SIGBUS that are not page faults: general protection, a bad stack segment address, alignment. */
static void protection_record(const struct host_fault *fault, EXCEPTION_RECORD *record, CONTEXT *context)
{
    const unsigned char *code = (const unsigned char *)(uintptr_t)context->Rip;
    bool readable = (int64_t)context->Rip >> 47 == 0; /* else the jump itself went wrong */
    if (fault->context->uc_mcontext.gregs[REG_TRAPNO] == OVERFLOW_TRAP) {
        record->ExceptionCode = (DWORD)STATUS_INTEGER_OVERFLOW; /* after the instruction, as every trap */
    } else if (readable && code[0] == 0xcd && software_interrupt(code[1], record, context)) {
        return;
    } else if (fault->signal == SIGBUS && fault->info->si_code == BUS_ADRALN) {
        record->ExceptionCode = (DWORD)STATUS_DATATYPE_MISALIGNMENT;
    } else if (readable && overlong(code)) {
        record->ExceptionCode = (DWORD)STATUS_ILLEGAL_INSTRUCTION;
    } else if (readable && privileged(code)) {
        record->ExceptionCode = (DWORD)STATUS_PRIVILEGED_INSTRUCTION;
    } else {
        record->ExceptionCode = (DWORD)STATUS_ACCESS_VIOLATION;
        record->NumberParameters = 2;
        record->ExceptionInformation[0] = EXCEPTION_READ_FAULT;
        record->ExceptionInformation[1] = (ULONG_PTR)-1;
    }
}

void record_from_fault(const struct host_fault *fault, EXCEPTION_RECORD *record, CONTEXT *context)
{
    memset(record, 0, sizeof *record);
    switch (fault->signal) {
    case SIGFPE:
        record->ExceptionCode = arithmetic_code(fault, context);
        if (fault->context->uc_mcontext.gregs[REG_TRAPNO] == SIMD_EXCEPTION) {
            record->NumberParameters = 2; /* [0] stays 0 */
            record->ExceptionInformation[1] = context->MxCsr;
        }
        break;
    case SIGILL:
        record->ExceptionCode = (DWORD)STATUS_ILLEGAL_INSTRUCTION;
        break;
    case SIGTRAP:
        if (fault->context->uc_mcontext.gregs[REG_TRAPNO] == 1) {
            record->ExceptionCode = (DWORD)STATUS_SINGLE_STEP;
            context->EFlags &= ~(DWORD)TRAP_FLAG;
        } else {
            record->ExceptionCode = (DWORD)STATUS_BREAKPOINT;
            record->NumberParameters = 1;
            context->Rip--; /* at the int3, as on Windows; the kernel reports the instruction after it */
        }
        break;
    default:
        if (fault->context->uc_mcontext.gregs[REG_TRAPNO] == 14)
            memory_record(fault, record);
        else
            protection_record(fault, record, context);
    }
    record->ExceptionAddress = (PVOID)(uintptr_t)context->Rip;
}
