/* seh_stack.c: stack overflow becomes an exception that can be handled, twice after a reset, on every thread; what
 * SetThreadStackGuarantee and GetCurrentThreadStackLimits say. */
#include <windows.h>

#include <pthread.h>
#include <string.h>

#include "check.h"

#ifdef _WIN32
#include <malloc.h>
#endif

static int deep(volatile char *above, int depth)
{
    volatile char fill[3000];
    if (*above == 77) /* never */
        return depth;
    fill[depth % 3000] = *above;
    return deep(fill, depth + 1) + fill[7];
}

static ULONG_PTR seen[3];
static LONG look(EXCEPTION_POINTERS *pointers)
{
    char text[2000]; /* there is room for ordinary work */
    seen[0] = pointers->ExceptionRecord->ExceptionCode;
    seen[1] = pointers->ExceptionRecord->NumberParameters;
    seen[2] = pointers->ContextRecord->Rsp;
    sprintf(text, "%p", (void *)pointers);
    return seen[0] == EXCEPTION_STACK_OVERFLOW ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

static int overflow(void)
{
    volatile char first = 1;
    __try {
        deep(&first, 0);
    } __except (look(GetExceptionInformation())) {
        return GetExceptionCode() == EXCEPTION_STACK_OVERFLOW;
    }
    return 0;
}

static void on_this_stack(void)
{
    ULONG_PTR low = 0, high = 0;
    GetCurrentThreadStackLimits(&low, &high);
    CHECK(low < (ULONG_PTR)&low && (ULONG_PTR)&low < high);
    for (int i = 0; i < 3; i++) {
        CHECK(overflow());
        CHECK_EQ(seen[0], EXCEPTION_STACK_OVERFLOW);
        CHECK(seen[2] < (ULONG_PTR)&low && seen[2] + 65536 > low);
        CHECK(_resetstkoflw() != 0);
    }
}

static void *thread(void *argument)
{
    on_this_stack();
    return argument;
}

int main(void)
{
    ULONG size = 0;
    CHECK(SetThreadStackGuarantee(&size));
    size = 100000;
    CHECK(SetThreadStackGuarantee(&size));
    CHECK(SetThreadStackGuarantee(&size));
    CHECK(size >= 100000);
    size = 0xFFFFF000;
    CHECK(!SetThreadStackGuarantee(&size) && GetLastError() == ERROR_INVALID_PARAMETER);
    on_this_stack();
    for (int i = 0; i < 3; i++) {
        pthread_t id;
        REQUIRE(pthread_create(&id, NULL, thread, NULL) == 0);
        pthread_join(id, NULL);
    }
    return CHECK_DONE();
}
