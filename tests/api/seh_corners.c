/* seh_corners.c: what may be continued and what not, what handlers' odd answers mean, modes of errors, contexts that
 * are raised and continued by the native calls, which list a handler is taken from. */
/* test traits: no-asan (frames are told apart by their stack addresses, which it moves) */
#include <windows.h>
#include <winternl.h>

#include "check.h"

#include <string.h>

static int vectored, continued, answer;
static EXCEPTION_RECORD seen, chained;

static LONG CALLBACK count(EXCEPTION_POINTERS *pointers)
{
    vectored++;
    seen = *pointers->ExceptionRecord;
    return answer;
}

static LONG CALLBACK after(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    continued++;
    return EXCEPTION_CONTINUE_SEARCH;
}

static int filter(EXCEPTION_POINTERS *pointers, int value)
{
    seen = *pointers->ExceptionRecord;
    if (seen.ExceptionRecord)
        chained = *seen.ExceptionRecord;
    /* one that cannot be continued would come for ever */
    return seen.ExceptionCode == EXCEPTION_NONCONTINUABLE_EXCEPTION ? EXCEPTION_CONTINUE_SEARCH : value;
}

/* A vectored handler continues whatever it is; a filter does not. */
static void noncontinuable(void)
{
    volatile int back = 0;
    volatile DWORD code = 0;
    PVOID handler = AddVectoredExceptionHandler(1, count), last = AddVectoredContinueHandler(0, after);
    answer = EXCEPTION_CONTINUE_EXECUTION;
    RaiseException(0xe0000001, EXCEPTION_NONCONTINUABLE, 0, NULL);
    CHECK(vectored == 1 && continued == 1 && seen.ExceptionFlags == EXCEPTION_NONCONTINUABLE);
    answer = EXCEPTION_CONTINUE_SEARCH;
    __try {
        __try {
            RaiseException(0xe0000002, EXCEPTION_NONCONTINUABLE, 0, NULL);
            back = 1;
        } __except (filter(GetExceptionInformation(), EXCEPTION_CONTINUE_EXECUTION)) {
            back = 2;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    CHECK_EQ(back, 0);
    CHECK_EQ(code, EXCEPTION_NONCONTINUABLE_EXCEPTION);
    CHECK(seen.ExceptionFlags == EXCEPTION_NONCONTINUABLE && chained.ExceptionCode == 0xe0000002);
    CHECK_EQ(continued, 1);
    CHECK_EQ(RemoveVectoredContinueHandler(handler), 0); /* each list has its own */
    CHECK_EQ(RemoveVectoredExceptionHandler(last), 0);
    CHECK(RemoveVectoredExceptionHandler(handler) != 0 && RemoveVectoredContinueHandler(last) != 0);
    CHECK_EQ(RemoveVectoredExceptionHandler(handler), 0);
    CHECK_EQ(RemoveVectoredExceptionHandler(NULL), 0);
}

/* Any negative answer of a filter continues, any positive one handles; of a vectored handler only -1 means anything. */
static void odd_answers(void)
{
    static const struct {
        int vectored, filter, handled;
    } cases[] = {{0, 5, 1}, {0, -7, 0}, {1, 1, 1}, {5, 1, 1}, {-2, 1, 1}, {-1, 1, 0}};
    PVOID handler = AddVectoredExceptionHandler(1, count);
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        volatile int handled = 0;
        answer = cases[i].vectored;
        __try {
            RaiseException(0xe0000003, 0, 0, NULL);
        } __except (filter(GetExceptionInformation(), cases[i].filter)) {
            handled = 1;
        }
        CHECK_EQ(handled, cases[i].handled);
    }
    CHECK(RemoveVectoredExceptionHandler(handler) != 0);
}

static void error_modes(void)
{
    DWORD old = 99;
    CHECK_EQ(SetErrorMode(SEM_FAILCRITICALERRORS), 0);
    CHECK_EQ(GetErrorMode(), SEM_FAILCRITICALERRORS);
    CHECK(SetThreadErrorMode(SEM_NOOPENFILEERRORBOX, &old) && old == 0);
    CHECK_EQ(GetThreadErrorMode(), SEM_NOOPENFILEERRORBOX);
    SetLastError(5);
    CHECK(!SetThreadErrorMode(0x10000, &old));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(SetThreadErrorMode(0, NULL));
    CHECK_EQ(SetErrorMode(SEM_NOALIGNMENTFAULTEXCEPT), SEM_FAILCRITICALERRORS);
    CHECK_EQ(SetErrorMode(SEM_NOGPFAULTERRORBOX), SEM_NOALIGNMENTFAULTEXCEPT);
    CHECK_EQ(GetErrorMode(), SEM_NOALIGNMENTFAULTEXCEPT | SEM_NOGPFAULTERRORBOX); /* the one stays for ever */
}

static void contexts(void)
{
    CONTEXT context;
    volatile int times = 0;
    memset(&context, 0, sizeof context);
    RtlCaptureContext(&context);
    CHECK_EQ(context.ContextFlags & CONTEXT_FULL, CONTEXT_FULL);
    if (++times == 1)
        RtlRestoreContext(&context, NULL);
    if (times == 2)
        NtContinue(&context, FALSE);
    CHECK_EQ(times, 3);
    volatile int handled = 0;
    EXCEPTION_RECORD record = {.ExceptionCode = 0xe0000004, .NumberParameters = 1, .ExceptionInformation = {7}};
    __try {
        NtRaiseException(&record, &context, TRUE);
    } __except (filter(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
        handled = 1;
    }
    CHECK(handled && seen.ExceptionCode == 0xe0000004 && seen.ExceptionInformation[0] == 7);
}

static LONG WINAPI last_filter(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return answer;
}

/* Called by itself it asks the program's filter and passes on what decides. */
static void unhandled(void)
{
    EXCEPTION_RECORD record = {.ExceptionCode = 0xe0000005};
    CONTEXT context;
    memset(&context, 0, sizeof context);
    EXCEPTION_POINTERS pointers = {&record, &context};
    CHECK(SetUnhandledExceptionFilter(last_filter) == NULL);
    CHECK(SetUnhandledExceptionFilter(last_filter) == last_filter);
    answer = EXCEPTION_CONTINUE_EXECUTION;
    CHECK_EQ(UnhandledExceptionFilter(&pointers), EXCEPTION_CONTINUE_EXECUTION);
    answer = EXCEPTION_EXECUTE_HANDLER;
    CHECK_EQ(UnhandledExceptionFilter(&pointers), EXCEPTION_EXECUTE_HANDLER);
    answer = EXCEPTION_CONTINUE_EXECUTION;
    RaiseException(0xe0000006, 0, 0, NULL); /* comes back */
    CHECK(SetUnhandledExceptionFilter(NULL) == last_filter);
}

static void guarantees(void)
{
    ULONG size = 0;
    CHECK(SetThreadStackGuarantee(&size) && size == 0);
    size = 0x5000;
    CHECK(SetThreadStackGuarantee(&size) && size == 0);
    size = 0x1000; /* never less than it is */
    CHECK(SetThreadStackGuarantee(&size) && size == 0x5000);
    size = 0;
    CHECK(SetThreadStackGuarantee(&size) && size == 0x5000);
    size = 0x40000000;
    SetLastError(5);
    CHECK(!SetThreadStackGuarantee(&size));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

int main(void)
{
    noncontinuable();
    odd_answers();
    contexts();
    unhandled();
    guarantees();
    error_modes();
    return CHECK_DONE();
}
