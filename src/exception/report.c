/* report.c: the last words of a program with an unhandled exception, on its standard error stream: what, where, which
 * memory, registers, and how it got there. No stdio, no malloc; a fault in here ends the report. */
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "exception/internal.h"
#include "mm/mm.h"

struct line {
    size_t length;
    char text[512];
};

static void put(struct line *line, const char *text)
{
    while (*text && line->length < sizeof line->text)
        line->text[line->length++] = *text++;
}

static void put_hex(struct line *line, uint64_t value, int digits)
{
    char text[17];
    int n = 16;
    text[n] = 0;
    do
        text[--n] = "0123456789ABCDEF"[value & 15];
    while ((value >>= 4) || 16 - n < digits);
    put(line, text + n);
}

static void put_decimal(struct line *line, uint64_t value)
{
    char text[21];
    int n = 20;
    text[n] = 0;
    do
        text[--n] = (char)('0' + value % 10);
    while (value /= 10);
    put(line, text + n);
}

static void put_end(struct line *line)
{
    put(line, "\n");
    host_stderr(line->text, line->length);
    line->length = 0;
}

static void put_place(struct line *line, uintptr_t address)
{
    Dl_info info;
    put_hex(line, address, 16);
    if (!dladdr((void *)address, &info) || !info.dli_fname)
        return;
    const char *name = strrchr(info.dli_fname, '/');
    put(line, "  ");
    put(line, name ? name + 1 : info.dli_fname);
    if (info.dli_sname) {
        put(line, "!");
        put(line, info.dli_sname);
        put(line, "+0x");
        put_hex(line, address - (uintptr_t)info.dli_saddr, 1);
    }
    put(line, " (+0x");
    put_hex(line, address - (uintptr_t)info.dli_fbase, 1);
    put(line, ")");
}

static const char *name_of(DWORD code)
{
    switch ((NTSTATUS)code) {
#define NAME(status)                                                                                                   \
    case STATUS_##status:                                                                                              \
        return "EXCEPTION_" #status
        NAME(ACCESS_VIOLATION);
        NAME(IN_PAGE_ERROR);
        NAME(STACK_OVERFLOW);
        NAME(DATATYPE_MISALIGNMENT);
        NAME(ILLEGAL_INSTRUCTION);
        NAME(BREAKPOINT);
        NAME(SINGLE_STEP);
        NAME(NONCONTINUABLE_EXCEPTION);
        NAME(INVALID_DISPOSITION);
        NAME(ARRAY_BOUNDS_EXCEEDED);
        NAME(INVALID_HANDLE);
    case STATUS_GUARD_PAGE_VIOLATION:
        return "EXCEPTION_GUARD_PAGE";
    case STATUS_PRIVILEGED_INSTRUCTION:
        return "EXCEPTION_PRIV_INSTRUCTION";
    case STATUS_INTEGER_DIVIDE_BY_ZERO:
        return "EXCEPTION_INT_DIVIDE_BY_ZERO";
    case STATUS_INTEGER_OVERFLOW:
        return "EXCEPTION_INT_OVERFLOW";
    case STATUS_FLOAT_DENORMAL_OPERAND:
        return "EXCEPTION_FLT_DENORMAL_OPERAND";
    case STATUS_FLOAT_DIVIDE_BY_ZERO:
        return "EXCEPTION_FLT_DIVIDE_BY_ZERO";
    case STATUS_FLOAT_INEXACT_RESULT:
        return "EXCEPTION_FLT_INEXACT_RESULT";
    case STATUS_FLOAT_INVALID_OPERATION:
        return "EXCEPTION_FLT_INVALID_OPERATION";
    case STATUS_FLOAT_OVERFLOW:
        return "EXCEPTION_FLT_OVERFLOW";
    case STATUS_FLOAT_STACK_CHECK:
        return "EXCEPTION_FLT_STACK_CHECK";
    case STATUS_FLOAT_UNDERFLOW:
        return "EXCEPTION_FLT_UNDERFLOW";
    case STATUS_HEAP_CORRUPTION:
        return "STATUS_HEAP_CORRUPTION";
    case STATUS_NO_MEMORY:
        return "STATUS_NO_MEMORY";
    case STATUS_STACK_BUFFER_OVERRUN:
        return "STATUS_STACK_BUFFER_OVERRUN (fast fail)";
    case STATUS_ASSERTION_FAILURE:
        return "STATUS_ASSERTION_FAILURE";
    default:
        return "exception";
    }
#undef NAME
}

static const char *protection_name(DWORD protect)
{
    switch (protect & 0xFF) {
    case PAGE_NOACCESS:
        return "PAGE_NOACCESS";
    case PAGE_READONLY:
        return "PAGE_READONLY";
    case PAGE_READWRITE:
        return "PAGE_READWRITE";
    case PAGE_WRITECOPY:
        return "PAGE_WRITECOPY";
    case PAGE_EXECUTE:
        return "PAGE_EXECUTE";
    case PAGE_EXECUTE_READ:
        return "PAGE_EXECUTE_READ";
    case PAGE_EXECUTE_READWRITE:
        return "PAGE_EXECUTE_READWRITE";
    case PAGE_EXECUTE_WRITECOPY:
        return "PAGE_EXECUTE_WRITECOPY";
    default:
        return "none";
    }
}

static void put_region(struct line *line, uintptr_t address)
{
    MEMORY_BASIC_INFORMATION region;
    if (mm_is_inside()) {
        put(line, "  region:    not asked: the memory manager itself was at work");
        put_end(line);
        return;
    }
    if (mm_query((const void *)address, &region) != STATUS_SUCCESS) {
        put(line, "  region:    not in the user address space");
        put_end(line);
        return;
    }
    put(line, "  region:    ");
    put(line, region.State == MEM_FREE ? "MEM_FREE" : region.State == MEM_RESERVE ? "MEM_RESERVE" : "MEM_COMMIT");
    put(line, region.Type == MEM_PRIVATE  ? " MEM_PRIVATE"
              : region.Type == MEM_MAPPED ? " MEM_MAPPED"
              : region.Type == MEM_IMAGE  ? " MEM_IMAGE"
                                          : "");
    if (region.State == MEM_COMMIT) {
        put(line, " ");
        put(line, protection_name(region.Protect));
        put(line, region.Protect & PAGE_GUARD ? " PAGE_GUARD" : "");
    }
    put(line, ", base ");
    put_hex(line, (uintptr_t)region.BaseAddress, 16);
    put(line, " size 0x");
    put_hex(line, region.RegionSize, 1);
    if (region.State != MEM_FREE) {
        put(line, ", allocation ");
        put_hex(line, (uintptr_t)region.AllocationBase, 16);
        put(line, " ");
        put(line, protection_name(region.AllocationProtect));
    }
    put_end(line);
}

static void put_access(struct line *line, const EXCEPTION_RECORD *record)
{
    NTSTATUS code = (NTSTATUS)record->ExceptionCode;
    bool memory = code == STATUS_ACCESS_VIOLATION || code == STATUS_IN_PAGE_ERROR ||
                  code == STATUS_GUARD_PAGE_VIOLATION || code == STATUS_STACK_OVERFLOW;
    if (memory && record->NumberParameters >= 2) {
        ULONG_PTR operation = record->ExceptionInformation[0];
        put(line, operation == 0   ? "  access:    read of "
                  : operation == 1 ? "  access:    write to "
                                   : "  access:    execution of ");
        put_hex(line, record->ExceptionInformation[1], 16);
        if (code == STATUS_IN_PAGE_ERROR && record->NumberParameters >= 3) {
            put(line, ", I/O status 0x");
            put_hex(line, record->ExceptionInformation[2], 8);
        }
        put_end(line);
        put_region(line, record->ExceptionInformation[1]);
        return;
    }
    for (DWORD i = 0; i < record->NumberParameters && i < EXCEPTION_MAXIMUM_PARAMETERS; i++) {
        put(line, i ? " " : "  parameters: ");
        put_hex(line, record->ExceptionInformation[i], 16);
        if (i % 4 == 3 || i + 1 == record->NumberParameters)
            put_end(line);
    }
}

static void put_registers(struct line *line, const CONTEXT *context)
{
    static const char names[16][4] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                      "r8 ", "r9 ", "r10", "r11", "r12", "r13", "r14", "r15"};
    const DWORD64 *general = &context->Rax;
    for (int i = 0; i < 16; i++) {
        put(line, i % 4 ? " " : "  ");
        put(line, names[i]);
        put(line, "=");
        put_hex(line, general[i], 16);
        if (i % 4 == 3)
            put_end(line);
    }
    put(line, "  rip=");
    put_hex(line, context->Rip, 16);
    put(line, " efl=");
    put_hex(line, context->EFlags, 8);
    put_end(line);
}

struct walk {
    struct line *line;
    uintptr_t start; /* frames before the one that was interrupted are ours */
    bool begun;
    int count;
};

static _Unwind_Reason_Code walk_frame(struct _Unwind_Context *context, void *parameter)
{
    struct walk *walk = parameter;
    int before = 0;
    uintptr_t address = (uintptr_t)_Unwind_GetIPInfo(context, &before);
    if (address == walk->start)
        walk->begun = true;
    if (!walk->begun || !address)
        return _URC_NO_REASON;
    put(walk->line, "  #");
    put_decimal(walk->line, (uint64_t)walk->count);
    put(walk->line, walk->count < 10 ? "  " : " ");
    put_place(walk->line, before ? address : address - 1);
    put_end(walk->line);
    return ++walk->count < 32 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

void report(const struct dispatch *dispatch)
{
    const EXCEPTION_RECORD *record = dispatch->pointers.ExceptionRecord;
    struct line line = {.length = 0};
    put(&line, "\nUnhandled exception 0x");
    DWORD code = record->ExceptionCode & ~0x10000000U; /* documented: a message tells it without the reserved bit */
    put_hex(&line, code, 8);
    put(&line, " ");
    put(&line, name_of(code));
    put(&line, record->ExceptionFlags & EXCEPTION_NONCONTINUABLE ? " (noncontinuable)" : "");
    put(&line, " in process ");
    put_decimal(&line, (uint64_t)getpid());
    put(&line, ", thread ");
    put_decimal(&line, (uint64_t)gettid());
    put_end(&line);
    put(&line, "  at:        ");
    put_place(&line, (uintptr_t)record->ExceptionAddress);
    put_end(&line);
    put_access(&line, record);
    put_registers(&line, dispatch->pointers.ContextRecord);
    put(&line, "  called from:");
    put_end(&line);
    struct walk walk = {.line = &line, .start = (uintptr_t)dispatch->pointers.ContextRecord->Rip};
    _Unwind_Backtrace(walk_frame, &walk);
    put_end(&line);
}
