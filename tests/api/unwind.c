/* unwind.c: walking stacks by RtlLookupFunctionEntry and RtlVirtualUnwind, unwinding to a frame by RtlUnwindEx,
 * function tables of a program's own. */
/* test traits: no-asan (it reads code and the stack by itself) */
#include <windows.h>

#include <string.h>
#include <winternl.h>

#include "check.h"

static char trace[64];

#define OUT_OF_LINE __attribute__((noinline, noclone))
#if defined(__clang__)
#undef OUT_OF_LINE
#define OUT_OF_LINE __attribute__((noinline))
#endif

static volatile int zero;

/* The frame of the function that is `depth` callers up from a captured context, and its registers. */
static DWORD64 frame_of(CONTEXT *context, int depth)
{
    DWORD64 frame = 0, base;
    for (int i = 0; i <= depth; i++) {
        CONTEXT here = *context;
        PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(context->Rip, &base, NULL);
        PVOID data;
        CHECK(function != NULL);
        CHECK(function && context->Rip - base >= function->BeginAddress && context->Rip - base <= function->EndAddress);
        CHECK(RtlLookupFunctionEntry(context->Rip, &base, NULL) == function);
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context->Rip, function, context, &data, &frame, NULL);
        CHECK(frame > here.Rsp || i == 0);
        CHECK(context->Rsp > here.Rsp);
        if (i == depth)
            *context = here;
    }
    return frame;
}

static PVOID places[3];
static OUT_OF_LINE int innermost(int n)
{
    CONTEXT context;
    volatile char room[300];
    room[n] = (char)n;
    RtlCaptureContext(&context);
    DWORD64 frame, base;
    PVOID data;
    for (int i = 0; i < 3; i++) {
        PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(context.Rip, &base, NULL);
        places[i] = function ? (PVOID)(base + function->BeginAddress) : NULL;
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context.Rip, function, &context, &data, &frame, NULL);
    }
    return room[n];
}
static OUT_OF_LINE int middle(int n)
{
    return innermost(n + 1) + zero;
}
static OUT_OF_LINE int outermost(int n)
{
    return middle(n + 1) + zero;
}

static void walking(void)
{
    CHECK_EQ(outermost(1), 3);
    CHECK(places[0] == (PVOID)(ULONG_PTR)innermost);
    CHECK(places[1] == (PVOID)(ULONG_PTR)middle);
    CHECK(places[2] == (PVOID)(ULONG_PTR)outermost);
    PVOID base = NULL;
    CHECK(RtlPcToFileHeader((PVOID)(ULONG_PTR)walking, &base) == base && base != NULL);
    CHECK_EQ(*(unsigned char *)base, 0x7f); /* an ELF header */
    CHECK(RtlPcToFileHeader((PVOID)16, &base) == NULL && base == NULL);
    CHECK(RtlLookupFunctionEntry(16, (PDWORD64)&base, NULL) == NULL);
    /* to the end of the stack, and no further */
    CONTEXT context;
    int frames = 0;
    for (RtlCaptureContext(&context); context.Rip && frames < 100; frames++) {
        DWORD64 image, frame;
        PVOID data;
        PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(context.Rip, &image, NULL);
        if (!function)
            break;
        RtlVirtualUnwind(UNW_FLAG_NHANDLER, image, context.Rip, function, &context, &data, &frame, NULL);
    }
    CHECK(frames >= 3 && frames < 100);
}

static OUT_OF_LINE void unwinder(PVOID frame, PVOID ip)
{
    CONTEXT context;
    EXCEPTION_RECORD record;
    memset(&record, 0, sizeof record);
    record.ExceptionCode = 0xE0000001;
    __try {
        RtlUnwindEx(frame, ip, &record, (PVOID)77, &context, NULL);
        strcat(trace, "!");
    } __finally {
        strcat(trace, AbnormalTermination() ? "f" : "n");
    }
}

static OUT_OF_LINE void between(PVOID frame, PVOID ip)
{
    __try {
        unwinder(frame, ip);
    } __finally {
        strcat(trace, AbnormalTermination() ? "g" : "n");
    }
}

static void unwinding(void)
{
    static CONTEXT here, copy;
    volatile int times = 0;
    trace[0] = 0;
    RtlCaptureContext(&here);
    times = times + 1;
    if (times == 1) {
        copy = here;
        between((PVOID)frame_of(&copy, 0), (PVOID)here.Rip);
        strcat(trace, "!");
    }
    CHECK_EQ(times, 2);
    CHECK(strcmp(trace, "fg") == 0);
    /* nothing is left on the list */
    __try {
        RaiseException(0xE0000002, 0, 0, NULL);
    } __except (1) {
        strcat(trace, "h");
    }
    CHECK(strcmp(trace, "fgh") == 0);
    __try {
        RtlUnwind((PVOID)((ULONG_PTR)&times & ~(ULONG_PTR)15), NULL, NULL, NULL);
    } __except (GetExceptionCode() == 0xC0000029) {
        strcat(trace, "i");
    }
    CHECK(strcmp(trace, "fghi") == 0);
}

/* From the context of a fault, which is in no call. */
static DWORD64 faulting;
static LONG walk(EXCEPTION_POINTERS *pointers)
{
    CONTEXT context = *pointers->ContextRecord;
    DWORD64 base;
    PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(context.Rip, &base, NULL);
    faulting = function ? base + function->BeginAddress : 0;
    return EXCEPTION_EXECUTE_HANDLER;
}
static OUT_OF_LINE void fault(volatile int *where)
{
    *where = 1;
}

static LONG told(EXCEPTION_POINTERS *pointers, EXCEPTION_RECORD *record)
{
    *record = *pointers->ExceptionRecord;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void raising(void)
{
    EXCEPTION_RECORD record = {.ExceptionCode = 0xE0000003, .NumberParameters = 1, .ExceptionInformation = {5}}, seen;
    __try {
        RtlRaiseException(&record);
    } __except (told(GetExceptionInformation(), &seen)) {
    }
    CHECK_EQ(seen.ExceptionCode, 0xE0000003);
    CHECK_EQ(seen.ExceptionInformation[0], 5);
    CHECK((ULONG_PTR)seen.ExceptionAddress - (ULONG_PTR)raising < 4096);
    __try {
        RtlRaiseStatus((LONG)STATUS_NO_MEMORY);
    } __except (told(GetExceptionInformation(), &seen)) {
    }
    CHECK_EQ(seen.ExceptionCode, (DWORD)STATUS_NO_MEMORY);
    CHECK_EQ(seen.ExceptionFlags & EXCEPTION_NONCONTINUABLE, EXCEPTION_NONCONTINUABLE);
    __try {
        fault((int *)16);
    } __except (walk(GetExceptionInformation())) {
    }
    CHECK_EQ(faulting, (ULONG_PTR)fault);
}

/* Code with Windows' unwind codes: push rbx, push rsi, sub rsp 0x28, and a call behind that. */
static RUNTIME_FUNCTION entries[2];
static PRUNTIME_FUNCTION by_callback(DWORD64 place, PVOID context)
{
    CHECK(place - (ULONG_PTR)context < 4096);
    return &entries[0];
}

static void follow_codes(unsigned char *code)
{
    ULONG_PTR stack[32];
    CONTEXT context;
    DWORD64 base, frame;
    PVOID data;
    for (int i = 0; i < 32; i++)
        stack[i] = 1000 + (ULONG_PTR)i;
    memset(&context, 0, sizeof context);
    context.Rip = (ULONG_PTR)code + 0x20;
    context.Rsp = (ULONG_PTR)&stack[4];
    PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(context.Rip, &base, NULL);
    CHECK(function == &entries[0]);
    CHECK_EQ(base, (ULONG_PTR)code);
    CHECK(RtlVirtualUnwind(UNW_FLAG_EHANDLER, base, context.Rip, function, &context, &data, &frame, NULL) == NULL);
    CHECK_EQ(frame, (ULONG_PTR)&stack[4]);
    CHECK_EQ(context.Rsi, 1009);
    CHECK_EQ(context.Rbx, 1010);
    CHECK_EQ(context.Rip, 1011);
    CHECK_EQ(context.Rsp, (ULONG_PTR)&stack[12]);
    /* in the prologue only what was done is undone */
    context.Rip = (ULONG_PTR)code + 1;
    context.Rsp = (ULONG_PTR)&stack[4];
    context.Rsi = 5;
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context.Rip, function, &context, &data, &frame, NULL);
    CHECK_EQ(context.Rbx, 1004);
    CHECK_EQ(context.Rsi, 5);
    CHECK_EQ(context.Rip, 1005);
}

static void tables(void)
{
    unsigned char *code = (unsigned char *)VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    static const unsigned char info[] = {1, 6, 3, 0, 6, 0x42, 2, 0x60, 1, 0x30, 0, 0};
    REQUIRE(code != NULL);
    memcpy(code + 0x100, info, sizeof info);
    entries[0].BeginAddress = 0;
    entries[0].EndAddress = 0x40;
    entries[0].UnwindData = 0x100;
    CHECK(RtlAddFunctionTable(entries, 1, (ULONG_PTR)code));
    follow_codes(code);
    CHECK(RtlDeleteFunctionTable(entries));
    CHECK(!RtlDeleteFunctionTable(entries));
    DWORD64 base;
    CHECK(RtlLookupFunctionEntry((ULONG_PTR)code + 0x20, &base, NULL) == NULL);
    PVOID handle = NULL;
    CHECK_EQ(RtlAddGrowableFunctionTable(&handle, entries, 0, 2, (ULONG_PTR)code, (ULONG_PTR)code + 4096), 0);
    CHECK(RtlLookupFunctionEntry((ULONG_PTR)code + 0x20, &base, NULL) == NULL);
    RtlGrowFunctionTable(handle, 1);
    follow_codes(code);
    RtlDeleteGrowableFunctionTable(handle);
    CHECK(RtlLookupFunctionEntry((ULONG_PTR)code + 0x20, &base, NULL) == NULL);
    CHECK(!RtlInstallFunctionTableCallback((ULONG_PTR)code, (ULONG_PTR)code, 4096, by_callback, code, NULL));
    CHECK(RtlInstallFunctionTableCallback((ULONG_PTR)code | 3, (ULONG_PTR)code, 4096, by_callback, code, NULL));
    follow_codes(code);
    CHECK(RtlDeleteFunctionTable((PRUNTIME_FUNCTION)((ULONG_PTR)code | 3)));
    CHECK(RtlLookupFunctionEntry((ULONG_PTR)code + 0x20, &base, NULL) == NULL);
    VirtualFree(code, 0, MEM_RELEASE);
}

static LONG CALLBACK vectored(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    strcat(trace, "v");
    return EXCEPTION_CONTINUE_SEARCH;
}

int main(void)
{
    walking();
    unwinding();
    raising();
    tables();
    trace[0] = 0;
    PVOID handle = RtlAddVectoredExceptionHandler(1, vectored);
    __try {
        RaiseException(0xE0000004, 0, 0, NULL);
    } __except (1) {
    }
    CHECK(RtlRemoveVectoredExceptionHandler(handle) && strcmp(trace, "v") == 0);
    return CHECK_DONE();
}
