/* seh_vectored.c: vectored handlers and what they are shown: order, removal under way, continue handlers, records of
 * every kind of fault, contexts read and changed, registers and flags kept. Builds for Windows too. */
#include <windows.h>

#include <string.h>

#include "check.h"

static char trace[256];
static EXCEPTION_RECORD seen;
static CONTEXT seen_context;
static PVOID handles[4];

static int noted(const char *what)
{
    int same = strcmp(trace, what) == 0;
    if (!same)
        fprintf(stderr, "trace is \"%s\"\n", trace);
    trace[0] = 0;
    return same;
}

static LONG WINAPI first(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    strcat(trace, "1");
    return EXCEPTION_CONTINUE_SEARCH;
}
static LONG WINAPI second(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    strcat(trace, "2");
    return EXCEPTION_CONTINUE_SEARCH;
}
static LONG WINAPI take(EXCEPTION_POINTERS *pointers)
{
    seen = *pointers->ExceptionRecord;
    seen_context = *pointers->ContextRecord;
    strcat(trace, "c");
    return EXCEPTION_CONTINUE_EXECUTION;
}
static LONG WINAPI after(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    strcat(trace, "A");
    return EXCEPTION_CONTINUE_SEARCH;
}
static LONG WINAPI removes_itself(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    strcat(trace, "r");
    RemoveVectoredExceptionHandler(handles[3]);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void order(void)
{
    handles[0] = AddVectoredExceptionHandler(0, second);
    handles[1] = AddVectoredExceptionHandler(1, first);
    handles[2] = AddVectoredExceptionHandler(0, take);
    handles[3] = AddVectoredExceptionHandler(1, removes_itself);
    PVOID last = AddVectoredContinueHandler(0, after);
    RaiseException(0xE0000001, 0, 0, NULL);
    CHECK(noted("r12cA"));
#ifndef _WIN32 /* here it is the caller's */
    CHECK((ULONG_PTR)seen.ExceptionAddress - (ULONG_PTR)&order < 4096);
#endif
    RaiseException(0xE0000001, 0, 0, NULL);
    CHECK(noted("12cA"));
    CHECK(RemoveVectoredExceptionHandler(handles[0]) != 0);
    CHECK_EQ(RemoveVectoredExceptionHandler(handles[0]), 0);
    CHECK_EQ(RemoveVectoredContinueHandler(handles[1]), 0);
    RaiseException(0xE0000001, 0, 0, NULL);
    CHECK(noted("1cA"));
    CHECK(RemoveVectoredContinueHandler(last) != 0);
    RaiseException(0xE0000001, 0, 0, NULL);
    CHECK(noted("1c"));
    CHECK(RemoveVectoredExceptionHandler(handles[1]) != 0);
    CHECK(RemoveVectoredExceptionHandler(handles[2]) != 0);
    CHECK_EQ(RemoveVectoredExceptionHandler(NULL), 0);
}

/* Skips the instruction at `skip` bytes. */
static ULONG_PTR skip;
static LONG WINAPI skipping(EXCEPTION_POINTERS *pointers)
{
    seen = *pointers->ExceptionRecord;
    seen_context = *pointers->ContextRecord;
    pointers->ContextRecord->Rip += skip;
    return EXCEPTION_CONTINUE_EXECUTION;
}

#define FAULT(length, code, ...)                                                                                       \
    do {                                                                                                               \
        memset(&seen, 0, sizeof seen);                                                                                 \
        skip = length;                                                                                                 \
        __asm__ volatile(code __VA_ARGS__);                                                                            \
    } while (0)

static void kinds(void)
{
    PVOID handle = AddVectoredExceptionHandler(1, skipping);
    FAULT(1, "int3", ::: "memory");
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_BREAKPOINT);
    CHECK_EQ(seen_context.Rip, (ULONG_PTR)seen.ExceptionAddress);
    FAULT(2, "ud2", ::: "memory");
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_ILLEGAL_INSTRUCTION);
    CHECK_EQ(seen.NumberParameters, 0);
    CHECK_EQ(seen_context.Rip, (ULONG_PTR)seen.ExceptionAddress);
    FAULT(1, "hlt", ::: "memory");
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_PRIV_INSTRUCTION);
    FAULT(2, "xorl %%ecx, %%ecx\n\tdivl %%ecx", ::: "ecx", "eax", "edx", "memory");
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_INT_DIVIDE_BY_ZERO);
    CHECK_EQ(seen.NumberParameters, 0);
    int zero = 0, minus = -1;
    FAULT(3, "leaq %0, %%rcx\n\tmovl $1, %%eax\n\tcltd\n\t.byte 0xf7, 0x79, 0x00", ::"m"(zero)
          : "rcx", "eax", "edx", "memory");
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_INT_DIVIDE_BY_ZERO);
    FAULT(3, "leaq %0, %%rcx\n\tmovl $0x80000000, %%eax\n\tcltd\n\t.byte 0xf7, 0x79, 0x00", ::"m"(minus)
          : "rcx", "eax", "edx", "memory");
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_INT_OVERFLOW);
    FAULT(3, "movq $0x1238, %%rcx\n\tmovq %%rcx, (%%rcx)", ::: "rcx", "memory");
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_ACCESS_VIOLATION);
    CHECK_EQ(seen.NumberParameters, 2);
    CHECK_EQ(seen.ExceptionInformation[0], 1);
    CHECK_EQ(seen.ExceptionInformation[1], 0x1238);
    CHECK_EQ(seen_context.Rcx, 0x1238);
    CHECK_EQ(seen_context.Rip, (ULONG_PTR)seen.ExceptionAddress);
    FAULT(4, "movq $-16, %%rcx\n\taddq $8, %%rcx\n\tmovq %%rsp, %%rdx\n\tmovb 5(%%rcx), %%al\n\tnop", ::
              : "rcx", "rdx", "rax", "memory");
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_ACCESS_VIOLATION);
    CHECK_EQ(seen.ExceptionInformation[0], 0);
    CHECK_EQ(RemoveVectoredExceptionHandler(handle), 1);
}

/* The page behind is not there: the record names the first byte that is missing. */
static void straddling(void)
{
    char *pages = (char *)VirtualAlloc(NULL, 8192, MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(pages && VirtualAlloc(pages, 4096, MEM_COMMIT, PAGE_READWRITE));
    PVOID handle = AddVectoredExceptionHandler(1, skipping);
    FAULT(3, "movq %0, %%rcx\n\tmovq %%rcx, (%%rcx)", ::"r"(pages + 4093) : "rcx", "memory");
    CHECK_EQ(seen.ExceptionInformation[1], (ULONG_PTR)pages + 4096);
    DWORD old;
    REQUIRE(VirtualProtect(pages, 4096, PAGE_READWRITE | PAGE_GUARD, &old));
    FAULT(2, "movq %0, %%rcx\n\tmovb (%%rcx), %%al", ::"r"(pages + 77) : "rcx", "rax", "memory");
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_GUARD_PAGE);
    CHECK_EQ(seen.NumberParameters, 2);
    CHECK_EQ(seen.ExceptionInformation[0], 0);
    CHECK_EQ(seen.ExceptionInformation[1], (ULONG_PTR)pages + 77);
    memset(&seen, 0, sizeof seen);
    pages[77] = 1; /* once */
    CHECK_EQ(seen.ExceptionCode, 0);
    CHECK_EQ(RemoveVectoredExceptionHandler(handle), 1);
    VirtualFree(pages, 0, MEM_RELEASE);
}

static LONG WINAPI returning(EXCEPTION_POINTERS *pointers)
{
    seen = *pointers->ExceptionRecord;
    CONTEXT *context = pointers->ContextRecord;
    context->Rip = *(DWORD64 *)context->Rsp; /* as if the call had returned */
    context->Rsp += 8;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void execution(void)
{
    unsigned char *page = (unsigned char *)VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(page != NULL);
    page[5] = 0xC3;
    PVOID handle = AddVectoredExceptionHandler(1, returning);
    void (*code)(void);
    unsigned char *start = page + 5;
    memcpy(&code, &start, sizeof code);
    memset(&seen, 0, sizeof seen);
    code();
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_ACCESS_VIOLATION);
    CHECK_EQ(seen.ExceptionInformation[0], 8);
    CHECK_EQ(seen.ExceptionInformation[1], (ULONG_PTR)start);
    CHECK_EQ(seen.ExceptionAddress, (PVOID)start);
    CHECK_EQ(RemoveVectoredExceptionHandler(handle), 1);
    VirtualFree(page, 0, MEM_RELEASE);
}

static char *repaired;
static LONG WINAPI repairing(EXCEPTION_POINTERS *pointers)
{
    char text[100];
    volatile double scratch = 1.5;
    for (int i = 0; i < 50; i++) /* uses vector registers and flags of its own */
        scratch = scratch * 1.25 + i;
    snprintf(text, sizeof text, "%g %p", (double)scratch, (void *)pointers);
    DWORD old;
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    seen_context = *pointers->ContextRecord;
    return VirtualProtect(repaired, 4096, PAGE_READWRITE, &old) ? EXCEPTION_CONTINUE_EXECUTION
                                                                : EXCEPTION_CONTINUE_SEARCH;
}

/* Every register, the flags, the red zone and the vector registers are as before when a fault was repaired. */
static void kept(void)
{
    repaired = (char *)VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(repaired != NULL);
    PVOID handle = AddVectoredExceptionHandler(1, repairing);
    for (int round = 0; round < 100; round++) {
        DWORD old;
        ULONG_PTR bad = 1, flags = 0;
        static double in[4] = {1.0, 2.0, 3.0, 4.0}, out[4];
        REQUIRE(VirtualProtect(repaired, 4096, PAGE_NOACCESS, &old));
        __asm__ volatile("movq %%rbx, %%xmm13\n\t"
                         "movq $0x1111, %%rcx\n\tmovq $0x2222, %%rdx\n\tmovq $0x3333, %%rsi\n\tmovq $0x4444, %%rdi\n\t"
                         "movq $0x8888, %%r8\n\tmovq $0x9999, %%r9\n\tmovq $0xaaaa, %%r10\n\tmovq $0xbbbb, %%r11\n\t"
                         "movq $0xcccc, %%r12\n\tmovq $0xdddd, %%r13\n\tmovq $0xeeee, %%r14\n\tmovq $0xffff, %%r15\n\t"
                         "movupd %3, %%xmm3\n\tmovupd 16+%3, %%xmm12\n\t"
#ifndef _WIN32
                         "movq $0x5a5a, -8(%%rsp)\n\tmovq $0x6b6b, -128(%%rsp)\n\t"
#endif
                         "stc\n\t"
                         "movq %%rcx, (%%rax)\n\t" /* faults, is repaired, goes on */
                         "pushfq\n\tpopq %1\n\t"
                         "xorl %%ebx, %%ebx\n\t"
                         "cmpq $0x1111, %%rcx\n\tsetne %%bl\n\torq %%rbx, %0\n\t"
                         "movupd %%xmm3, %2\n\tmovupd %%xmm12, 16+%2\n\t"
                         "subq $0x2222, %%rdx\n\tsubq $0x3333, %%rsi\n\tsubq $0x4444, %%rdi\n\tsubq $0x8888, %%r8\n\t"
                         "subq $0x9999, %%r9\n\tsubq $0xaaaa, %%r10\n\tsubq $0xbbbb, %%r11\n\tsubq $0xcccc, %%r12\n\t"
                         "subq $0xdddd, %%r13\n\tsubq $0xeeee, %%r14\n\tsubq $0xffff, %%r15\n\t"
                         "orq %%rsi, %%rdx\n\torq %%rdi, %%rdx\n\torq %%r8, %%rdx\n\torq %%r9, %%rdx\n\t"
                         "orq %%r10, %%rdx\n\torq %%r11, %%rdx\n\torq %%r12, %%rdx\n\torq %%r13, %%rdx\n\t"
                         "orq %%r14, %%rdx\n\torq %%r15, %%rdx\n\tmovq %%rdx, %0\n\t"
                         "movq %%xmm13, %%rbx"
                         : "=m"(bad), "=m"(flags), "=m"(out)
                         : "m"(in), "a"(repaired)
                         : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm3",
                           "xmm12", "xmm13", "cc", "memory");
        CHECK_EQ(bad, 0);
        CHECK(flags & 1);
        CHECK(memcmp(in, out, sizeof in) == 0);
        CHECK_EQ(seen_context.Rcx, 0x1111);
        CHECK_EQ(seen_context.R15, 0xffff);
        CHECK(seen_context.EFlags & 1);
        double low;
        memcpy(&low, &seen_context.Xmm3, sizeof low);
        CHECK(low == 1.0);
        CHECK_EQ(*(ULONG_PTR *)repaired, 0x1111);
    }
    CHECK_EQ(RemoveVectoredExceptionHandler(handle), 1);
    VirtualFree(repaired, 0, MEM_RELEASE);
}

static LONG WINAPI changing(EXCEPTION_POINTERS *pointers)
{
    CONTEXT *context = pointers->ContextRecord;
    double value = 42.5;
    context->Rip += 3;
    context->Rax = 0x1234567890ULL;
    context->R12 = 77;
    context->EFlags |= 1;
    memcpy(&context->Xmm5, &value, sizeof value);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void changed(void)
{
    PVOID handle = AddVectoredExceptionHandler(1, changing);
    ULONG_PTR rax, r12, carry = 0;
    double value;
    __asm__ volatile("xorl %%eax, %%eax\n\tpxor %%xmm5, %%xmm5\n\tclc\n\tmovq (%%rax), %%rax\n\tadcq $0, %2\n\t"
                     "movq %%r12, %1\n\tmovsd %%xmm5, %3"
                     : "=&a"(rax), "=&r"(r12), "+&r"(carry), "=m"(value)
                     :
                     : "r12", "xmm5", "cc", "memory");
    CHECK_EQ(rax, 0x1234567890ULL);
    CHECK_EQ(r12, 77);
    CHECK_EQ(carry, 1);
    CHECK(value == 42.5);
    CHECK_EQ(RemoveVectoredExceptionHandler(handle), 1);
}

static int steps;
static LONG WINAPI stepping(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    steps++;
    if (steps < 3)
        pointers->ContextRecord->EFlags |= 0x100; /* it is cleared each time */
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void single_step(void)
{
    PVOID handle = AddVectoredExceptionHandler(1, stepping);
    steps = 0;
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop" ::: "cc", "memory");
    CHECK_EQ(steps, 3);
    CHECK_EQ(RemoveVectoredExceptionHandler(handle), 1);
}

static void contexts(void)
{
    CONTEXT context;
    volatile int times = 0;
    memset(&context, 0, sizeof context);
    context.ContextFlags = CONTEXT_FULL;
    RtlCaptureContext(&context);
    times = times + 1;
    CHECK(context.Rsp != 0 && context.Rip != 0);
    CHECK((context.ContextFlags & CONTEXT_FULL) == CONTEXT_FULL);
    if (times < 3)
        RtlRestoreContext(&context, NULL);
    CHECK_EQ(times, 3);
    PVOID places[8];
    CHECK(RtlCaptureStackBackTrace(0, 8, places, NULL) >= 1);
}

int main(void)
{
    order();
    kinds();
    straddling();
    execution();
    kept();
    changed();
    single_step();
    contexts();
    return CHECK_DONE();
}
