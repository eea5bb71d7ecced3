/* seh_jump.c: longjmp over __try frames runs their __finally blocks, and leaves no frame behind to be asked. */
#include <windows.h>

#include <setjmp.h>
#include <string.h>

#include "check.h"

static char *volatile wild = (char *)16;
static jmp_buf target;
static char trace[64];

static void leave(int how)
{
    __try {
        __try {
            if (how == 0)
                longjmp(target, 5);
            RaiseException(0xE0000001, 0, 0, NULL);
        } __except (strcat(trace, "f"), how == 1 ? (longjmp(target, 6), 0) : EXCEPTION_EXECUTE_HANDLER) {
            longjmp(target, 7);
        }
    } __finally {
        strcat(trace, AbnormalTermination() ? "F" : "?");
    }
}

/* Uses stack where the left frames were, then faults. */
static int fault_deep(int depth)
{
    volatile char fill[512];
    memset((void *)fill, depth, sizeof fill);
    if (depth)
        return fault_deep(depth - 1) + fill[0] * 0;
    *wild = 1;
    return 0;
}

static int jump_and_fault(int how)
{
    trace[0] = 0;
    int value = setjmp(target);
    if (value == 0)
        leave(how);
    __try {
        fault_deep(20);
    } __except (GetExceptionCode() == EXCEPTION_ACCESS_VIOLATION) {
        strcat(trace, "h");
    }
    return value;
}

static LONG CALLBACK jumping(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    longjmp(target, 9);
}

int main(void)
{
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(jump_and_fault(0), 5);
        CHECK(strcmp(trace, "Fh") == 0);
        CHECK_EQ(jump_and_fault(1), 6);
        CHECK(strcmp(trace, "fFh") == 0);
        CHECK_EQ(jump_and_fault(2), 7);
        CHECK(strcmp(trace, "fFh") == 0);
    }
    for (volatile int i = 0; i < 1000; i++) {
        PVOID handle = AddVectoredExceptionHandler(1, jumping);
        if (setjmp(target) == 0)
            fault_deep(i % 40);
        RemoveVectoredExceptionHandler(handle);
    }
    CHECK_EQ(jump_and_fault(0), 5);
    return CHECK_DONE();
}
