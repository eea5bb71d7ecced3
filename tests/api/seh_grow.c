/* seh_grow.c: the documented way to grow an array: reserve much, and let the filter commit what is touched. From
 * several threads at once, with many other exceptions between. */
#include <windows.h>

#include <pthread.h>
#include <string.h>

#include "check.h"

#define PAGE 4096
#define PAGES 64
#define THREADS 4

struct array {
    char *base;
    volatile LONG committed; /* the filter changes it, the body's function reads it: clang in C needs the word */
};

static LONG grow(struct array *array, EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    ULONG_PTR offset = record->ExceptionInformation[1] - (ULONG_PTR)array->base;
    if (offset >= PAGES * PAGE)
        return EXCEPTION_EXECUTE_HANDLER;
    MEMORY_BASIC_INFORMATION region; /* locals of a filter must not touch those of the body */
    memset(&region, 0xee, sizeof region);
    if (!VirtualQuery(array->base + offset, &region, sizeof region) || region.State != MEM_RESERVE)
        return EXCEPTION_EXECUTE_HANDLER;
    if (!VirtualAlloc(array->base + offset, 1, MEM_COMMIT, PAGE_READWRITE))
        return EXCEPTION_EXECUTE_HANDLER;
    array->committed++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static int fill(int size)
{
    struct array array = {NULL, 0};
    volatile int done = 0;
    array.base = (char *)VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE, PAGE_READWRITE);
    if (!array.base)
        return -1;
    __try {
        char text[64];
        unsigned long sum = 0, a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7;
        for (int i = 0; i < 64; i++)
            text[i] = (char)(i * 3);
        for (int i = 0; i < size; i += 16) {
            *(volatile char *)&array.base[i] = text[i / 16 % 64]; /* in order with `done` */
            a += b, b += c ^ (unsigned)i, c += d, d += e, e += f, f += g, g += a;
            sum += a ^ c ^ e;
            done = i;
        }
        unsigned long again = 0;
        a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7;
        for (int i = 0; i < size; i += 16) {
            if (array.base[i] != text[i / 16 % 64])
                __leave;
            a += b, b += c ^ (unsigned)i, c += d, d += e, e += f, f += g, g += a;
            again += a ^ c ^ e;
        }
        if (again != sum)
            done = -2;
    } __except (grow(&array, GetExceptionInformation())) {
        done = done + 1000000000;
    }
    if (done >= 0 && done < 1000000000 && array.committed != (size + PAGE - 1) / PAGE)
        done = -3;
    VirtualFree(array.base, 0, MEM_RELEASE);
    return done;
}

static int stress(int seed)
{
    int failed = 0;
    for (volatile int round = 0; round < 400; round++) {
        DWORD code = 0xE0000000 | (DWORD)(seed * 1000 + round);
        volatile int order = 0;
        __try {
            __try {
                if (round & 1)
                    RaiseException(code, 0, 0, NULL);
                else
                    *(volatile char *)(ULONG_PTR)(256 + seed * 64 + (round & 7)) = 1;
            } __finally {
                order = order * 10 + 2;
            }
        } __except (order = order * 10 + 1, EXCEPTION_EXECUTE_HANDLER) {
            order = order * 10 + 3;
            if (GetExceptionCode() != (round & 1 ? code : EXCEPTION_ACCESS_VIOLATION))
                failed++;
        }
        if (order != 123)
            failed++;
        if (round % 16 == 0 && fill(round % PAGES * PAGE + 5) < 0)
            failed++;
    }
    return failed;
}

static void *thread(void *argument)
{
    return (void *)(ULONG_PTR)stress((int)(ULONG_PTR)argument);
}

int main(void)
{
    CHECK_EQ(fill(PAGES * PAGE), PAGES * PAGE - 16);
    CHECK_EQ(fill(PAGES * PAGE + 100), 1000000000 + PAGES * PAGE - 16);
    pthread_t ids[THREADS];
    for (ULONG_PTR i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&ids[i], NULL, thread, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(ids[i], &failed);
        CHECK_EQ((ULONG_PTR)failed, 0);
    }
    return CHECK_DONE();
}
