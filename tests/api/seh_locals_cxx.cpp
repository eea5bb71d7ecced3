/* seh_locals_cxx.cpp: as seh_locals.c, in C++: filters are lambdas there, in one compiler laid on the end of the stack
 * so that they do not share it with what the body keeps. */
#include <windows.h>

#include "check.h"

static int save(EXCEPTION_POINTERS *pointers, EXCEPTION_RECORD *record)
{
    *record = *pointers->ExceptionRecord;
    return EXCEPTION_EXECUTE_HANDLER;
}

static int count(int *calls)
{
    ++*calls;
    return EXCEPTION_EXECUTE_HANDLER;
}

static int by_pointer(void)
{
    EXCEPTION_RECORD record;
    __try {
        *(volatile int *)0x1234 = 5;
    } __except (save(GetExceptionInformation(), &record)) {
        return record.ExceptionCode == EXCEPTION_ACCESS_VIOLATION && record.ExceptionInformation[1] == 0x1234;
    }
    return 0;
}

static int counted(void)
{
    int calls = 0;
    for (int i = 0; i < 3; i++) {
        __try {
            *(volatile int *)0x1234 = 5;
        } __except (count(&calls)) {
        }
    }
    return calls;
}

static int assigned(void)
{
    EXCEPTION_POINTERS *pointers = NULL;
    DWORD code = 0;
    __try {
        RaiseException(0xE0001234, 0, 0, NULL);
    } __except (pointers = GetExceptionInformation(), code = pointers->ExceptionRecord->ExceptionCode,
                EXCEPTION_EXECUTE_HANDLER) {
        return code == 0xE0001234;
    }
    return 0;
}

static DWORD compared(void)
{
    DWORD code = 0;
    __try {
        *(volatile int *)0x1234 = 5;
    } __except ((code = GetExceptionCode()) == EXCEPTION_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                                          : EXCEPTION_CONTINUE_SEARCH) {
    }
    return code;
}

/* The filters of both are asked, the outer handler runs, and the block between them. */
static int nested(void)
{
    DWORD inner = 0, outer = 0;
    volatile int finally = 0;
    __try {
        __try {
            __try {
                RaiseException(0xE0000077, 0, 0, NULL);
            } __finally {
                finally = 1;
            }
        } __except (inner = GetExceptionCode(), EXCEPTION_CONTINUE_SEARCH) {
        }
    } __except (outer = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    (void)inner; /* a filter that went on searching promises nothing */
    return finally && outer == 0xE0000077;
}

/* A filter function with locals of its own beside a body with locals of its own, continued. */
static int open_page(char *page, DWORD *old)
{
    MEMORY_BASIC_INFORMATION information;
    if (!VirtualQuery(page, &information, sizeof information) || information.Protect != PAGE_READONLY)
        return EXCEPTION_CONTINUE_SEARCH;
    return VirtualProtect(page, 1, PAGE_READWRITE, old) ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

static int continued(void)
{
    DWORD old = 0;
    int sum = 0;
    char *page = (char *)VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    __try {
        volatile char line[96];
        for (int i = 0; i < 96; i++)
            line[i] = (char)i;
        page[5] = 1;
        for (int i = 0; i < 96; i++)
            sum += line[i];
    } __except (open_page(page, &old)) {
        return 0;
    }
    int good = page[5] == 1 && sum == 95 * 96 / 2;
    VirtualFree(page, 0, MEM_RELEASE);
    return good;
}

int main(void)
{
    CHECK(by_pointer());
    CHECK_EQ(counted(), 3);
    CHECK(assigned());
    CHECK_EQ(compared(), EXCEPTION_ACCESS_VIOLATION);
    CHECK(nested());
    CHECK(continued());
    return CHECK_DONE();
}
