/* seh_basic.c: __try in every shape: filters that continue, handlers, __finally in order, jumps out, nesting. */
#include <windows.h>

#include <string.h>

#include "check.h"

static char *volatile wild = (char *)0x10;

static char trace[256];
static void note(const char *what)
{
    strcat(trace, what);
}
static int noted(const char *what)
{
    int same = strcmp(trace, what) == 0;
    if (!same)
        fprintf(stderr, "trace is \"%s\"\n", trace);
    trace[0] = 0;
    return same;
}
static int tell(const char *what, int verdict)
{
    note(what);
    return verdict;
}
static void raise_code(DWORD code)
{
    RaiseException(code, 0, 0, NULL);
}

static int handled(void)
{
    int before = 7;
    volatile int inside = 0;
    __try {
        inside = 1;
        *(volatile int *)wild = 1;
        inside = 2;
    } __except (before == 7 && inside == 1 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        CHECK_EQ(GetExceptionCode(), EXCEPTION_ACCESS_VIOLATION);
        CHECK_EQ(before, 7);
        CHECK_EQ(inside, 1);
        return 1;
    }
    return 0;
}

static EXCEPTION_RECORD seen;
static LONG look(EXCEPTION_POINTERS *pointers, LONG verdict)
{
    seen = *pointers->ExceptionRecord;
    return verdict;
}

static void records(void)
{
    __try {
        *wild = 1;
    } __except (look(GetExceptionInformation(), 1)) {
    }
    CHECK_EQ(seen.ExceptionCode, EXCEPTION_ACCESS_VIOLATION);
    CHECK_EQ(seen.NumberParameters, 2);
    CHECK_EQ(seen.ExceptionInformation[0], 1);
    CHECK_EQ(seen.ExceptionInformation[1], 0x10);
    CHECK_EQ(seen.ExceptionFlags, 0);
    __try {
        (void)*(volatile char *)(wild + 5);
    } __except (look(GetExceptionInformation(), 1)) {
    }
    CHECK_EQ(seen.ExceptionInformation[0], 0);
    CHECK_EQ(seen.ExceptionInformation[1], 0x15);
    __try {
        (void)*(volatile char *)((ULONG_PTR)wild << 59 | (ULONG_PTR)wild);
    } __except (look(GetExceptionInformation(), 1)) {
    }
    CHECK_EQ(seen.ExceptionInformation[0], 0);
    CHECK_EQ(seen.ExceptionInformation[1], (ULONG_PTR)-1);
    ULONG_PTR parameters[20];
    for (int i = 0; i < 20; i++)
        parameters[i] = (ULONG_PTR)i * 3;
    __try {
        RaiseException(0xE0001234, 0, 20, parameters);
        CHECK(!"raised");
    } __except (look(GetExceptionInformation(), 1)) {
        CHECK_EQ(GetExceptionCode(), 0xE0001234);
    }
    CHECK_EQ(seen.ExceptionCode, 0xE0001234);
    CHECK_EQ(seen.NumberParameters, 15);
    CHECK_EQ(seen.ExceptionInformation[14], 42);
}

static void continued(void)
{
    volatile int after = 0;
    __try {
        raise_code(0xE0000001);
        after = 1;
    } __except (tell("f", EXCEPTION_CONTINUE_EXECUTION)) {
        note("!");
    }
    CHECK(after == 1 && noted("f"));
}

static void finally_order(void)
{
    __try {
        __try {
            __try {
                note("a");
                raise_code(0xE0000002);
            } __finally {
                note(AbnormalTermination() ? "1" : "?");
            }
        } __finally {
            note(AbnormalTermination() ? "2" : "?");
        }
    } __except (tell("f", 1)) {
        note("h");
    }
    CHECK(noted("af12h"));
    __try {
        note("b");
    } __finally {
        note(AbnormalTermination() ? "?" : "n");
    }
    CHECK(noted("bn"));
}

static int by_return(int *value)
{
    __try {
        note("a");
        if (*value)
            return *value;
        note("b");
    } __finally {
        note(AbnormalTermination() ? "F" : "f");
        *value += 10;
    }
    return -1;
}

static void jumps(void)
{
    int value = 5;
    CHECK_EQ(by_return(&value), 5);
    CHECK(value == 15 && noted("aF"));
    value = 0;
    CHECK_EQ(by_return(&value), -1);
    CHECK(value == 10 && noted("abf"));
    for (int i = 0; i < 4; i++) {
        __try {
            if (i == 1)
                continue;
            if (i == 3)
                break;
            note("x");
        } __finally {
            note(AbnormalTermination() ? "A" : "n");
        }
        note(".");
    }
    CHECK(noted("xn.Axn.A"));
    __try {
        __try {
            goto out;
        } __finally {
            note("1");
        }
    } __finally {
        note("2");
    }
out:
    CHECK(noted("12"));
    for (int i = 0; i < 3; i++) {
        __try {
            raise_code(0xE0000003);
        } __except (1) {
            note("h");
            if (i == 0)
                continue;
            break;
        }
    }
    CHECK(noted("hh"));
    __try {
        for (int i = 0;; i++) {
            switch (i) {
            case 3:
                __leave;
            default:
                note("l");
            }
        }
    } __finally {
        note(AbnormalTermination() ? "A" : "n");
    }
    CHECK(noted("llln"));
    __try {
        __try {
            note("i");
            __leave;
        } __except (1) {
            note("!");
        }
        note("o");
        __leave;
    } __except (1) {
        note("!");
    }
    CHECK(noted("io"));
    switch (value) {
    case 10:
        __try {
            break;
        } __finally {
            note("s");
        }
        note("!");
        break;
    default:
        note("!");
    }
    CHECK(noted("s"));
    if (value)
        __try {
            note("t");
        } __except (1) {
        }
    else
        note("!");
    CHECK(noted("t"));
}

#ifndef _WIN32
/* Here a break directly in a __finally block ends the block only. */
static void break_in_finally(void)
{
    for (int i = 0; i < 2; i++) {
        __try {
            note("b");
        } __finally {
            note("f");
            if (i == 0)
                break;
            note("e");
        }
        note(".");
    }
    CHECK(noted("bf.bfe."));
}
#endif

static void nesting(void)
{
    __try {
        __try {
            raise_code(0xE0000004);
        } __except (tell("i", 0)) {
            note("!");
        }
    } __except (tell("o", 1)) {
        note("H");
        CHECK_EQ(GetExceptionCode(), 0xE0000004);
        __try {
            raise_code(0xE0000005);
        } __except (GetExceptionCode() == 0xE0000005) {
            CHECK_EQ(GetExceptionCode(), 0xE0000005);
            note("h");
        }
        CHECK_EQ(GetExceptionCode(), 0xE0000004);
        __try {
            note("b");
        } __finally {
            note("f");
        }
    }
    CHECK(noted("ioHhbf"));
    /* a __try in a __finally block, an exception inside __finally replaces the first */
    __try {
        __try {
            raise_code(0xE0000006);
        } __finally {
            __try {
                raise_code(0xE0000007);
            } __except (1) {
                note("1");
            }
            note("2");
            raise_code(0xE0000008);
            note("!");
        }
    } __except (1) {
        CHECK_EQ(GetExceptionCode(), 0xE0000008);
        note("3");
    }
    CHECK(noted("123"));
    /* an exception in an __except block goes to the outer __try */
    __try {
        __try {
            raise_code(0xE0000009);
        } __except (1) {
            note("1");
            raise_code(0xE000000A);
            note("!");
        }
    } __except (1) {
        CHECK_EQ(GetExceptionCode(), 0xE000000A);
        note("2");
    }
    CHECK(noted("12"));
}

static LONG raising_filter(DWORD code)
{
    LONG verdict = 0;
    __try {
        raise_code(0xE00000B0);
    } __except (1) {
        note("n");
        verdict = code == 0xE000000B ? 1 : 0;
    }
    return verdict;
}

static LONG bad_filter(int depth)
{
    note("b");
    if (depth == 1)
        raise_code(0xE00000C1);
    return 0;
}

static void filters_that_raise(void)
{
    __try {
        raise_code(0xE000000B);
    } __except (raising_filter(GetExceptionCode())) {
        note("h");
    }
    CHECK(noted("nh"));
    volatile int times = 0;
    __try {
        __try {
            raise_code(0xE000000C);
        } __except (times = times + 1, bad_filter(times)) {
            note("!");
        }
    } __except (GetExceptionCode() == 0xE00000C1) {
        note("o");
    }
    CHECK(noted("bbo"));
}

static int recurse(int depth)
{
    volatile int mine = depth;
    __try {
        if (depth == 0)
            raise_code(0xE000000D);
        else
            recurse(depth - 1);
    } __except (mine == 5) {
        CHECK_EQ(mine, 5);
        return 100 + depth;
    }
    return depth;
}

static void noncontinuable(void)
{
    __try {
        __try {
            RaiseException(0xE000000E, EXCEPTION_NONCONTINUABLE, 0, NULL);
        } __except (look(GetExceptionInformation(), GetExceptionCode() == 0xE000000E ? -1 : 0)) {
            note("!");
        }
    } __except (look(GetExceptionInformation(), 1)) {
        CHECK_EQ(GetExceptionCode(), (DWORD)STATUS_NONCONTINUABLE_EXCEPTION);
        note("n");
    }
    CHECK(seen.ExceptionFlags & EXCEPTION_NONCONTINUABLE);
    CHECK(noted("n"));
}

#ifndef _WIN32 /* mingw knows none of them */
/* The older names of the words, which the formatter does not know. */
/* clang-format off */
static void older_names(void)
{
    _try {
        _try {
            note("b");
            if (wild)
                _leave;
            note("!");
        } _finally {
            note("f");
        }
        raise_code(0xE0000001);
    } _except (tell("?", EXCEPTION_EXECUTE_HANDLER)) {
        note("h");
    }
    CHECK(noted("bf?h"));
}
/* clang-format on */
#endif

int main(void)
{
#ifndef _WIN32
    older_names();
#endif
    CHECK_EQ(handled(), 1);
    records();
    continued();
    finally_order();
    jumps();
#ifndef _WIN32
    break_in_finally();
#endif
    nesting();
    filters_that_raise();
    CHECK_EQ(recurse(5), 105);
    CHECK_EQ(recurse(8), 8);
    noncontinuable();
    return CHECK_DONE();
}
