/* seh_flow.c: every way in and out of __try, __except and __finally: return, goto, break, continue, __leave and longjmp
 * out of each, loops and switches around them, filters in recursive functions, exceptions that replace exceptions. */
#include <windows.h>

#include <setjmp.h>
#include <string.h>

#include "check.h"

/* In clang a local that the body changes may be stale in the finally block: docs/differences.md. */
#if defined(__clang__)
#define CHANGED volatile
#else
#define CHANGED
#endif

static char trace[512];
static void note(const char *w)
{
    strcat(trace, w);
}
static int noted_(const char *what, int line)
{
    int same = !strcmp(trace, what);
    if (!same)
        fprintf(stderr, "%d: trace \"%s\" want \"%s\"\n", line, trace, what);
    trace[0] = 0;
    return same;
}
#define noted(w) noted_(w, __LINE__)
static void rc(DWORD code)
{
    RaiseException(code, 0, 0, NULL);
}
static int tell(const char *w, int v)
{
    note(w);
    return v;
}
static volatile int one = 1;

static int finret(int how)
{ /* return inside finally */
    __try {
        note("b");
        if (how)
            rc(0xE0000001);
    } __finally {
        note(AbnormalTermination() ? "A" : "n");
        return 5;
    }
    return 1;
}
static int finret_outer(void)
{
    __try {
        int r = finret(1);
        note("r");
        return r;
    } __except (tell("f", 1)) {
        note("h");
        return 9;
    }
    return 0;
}
static int finret_caught(void)
{
    /* inner function returns from finally during unwinding: outer handler abandoned */
    int r = 0;
    __try {
        r = finret(1);
        note("c");
    } __except (tell("f", 1)) {
        note("h");
        r = 9;
    }
    return r;
}
static int finret_override(void)
{
    __try {
        return 1;
    } __finally {
        return 2;
    }
    return 3;
}
static int fingoto(int how)
{ /* the exception is given up */
    int n = 0;
    for (int i = 0; i < 3; i++) {
        __try {
            __try {
                note("b");
                if (how)
                    rc(0xE0000002);
            } __finally {
                note("f");
                n++;
                if (one)
                    goto out;
                note("!");
            }
            note("!");
        } __except (1) {
            note("h");
            n += 10;
        }
    out:
        note("o");
    }
    return n;
}
static int retexc(void)
{
    __try {
        rc(1);
    } __except (1) {
        return 7;
    }
    return 0;
}
static int gotoexc(void)
{
    int n = 0;
again:
    __try {
        rc(1);
    } __except (1) {
        if (++n < 3)
            goto again;
        goto done;
    }
    n = 100;
done:
    return n;
}
static int contexc(void)
{
    int n = 0, i;
    for (i = 0; i < 4; i++) {
        __try {
            if (i & 1)
                rc(1);
            n++;
        } __except (1) {
            n += 10;
            continue;
        }
        n += 100;
    }
    return n;
}
static int leave_nested(void)
{
    __try {
        __try {
            note("a");
            __leave;
        } __finally {
            note(AbnormalTermination() ? "A" : "n");
        }
        note("b");
        __leave;
        note("!");
    } __finally {
        note(AbnormalTermination() ? "A" : "n");
    }
    return 0;
}
static int leave_in_handler(void)
{
    __try {
        __try {
            rc(1);
        } __except (1) {
            note("h");
            __leave;
        }
        note("!");
    } __finally {
        note(AbnormalTermination() ? "A" : "n");
    }
    return 0;
}
static int leave_in_inner_finally(void)
{
    __try {
        __try {
            note("b");
        } __finally {
            note("f");
            __leave;
        }
        note("!");
    } __finally {
        note("g");
    }
    return 0;
}
static jmp_buf jb;
static void jumper(int v)
{
    __try {
        longjmp(jb, v);
    } __finally {
        note("J");
    }
}
static int jmp_from_finally(void)
{
    int r = setjmp(jb);
    if (r == 0) {
        __try {
            __try {
                rc(3);
            } __finally {
                note("f");
                longjmp(jb, 4);
            }
        } __except (1) {
            note("!");
        }
    }
    return r;
}
static int jmp_from_except(void)
{
    int r = setjmp(jb);
    if (r == 0) {
        __try {
            rc(3);
        } __except (1) {
            note("h");
            longjmp(jb, 4);
        }
    }
    return r;
}
static int jmp_from_filter(void)
{
    int r = setjmp(jb);
    if (r == 0) {
        __try {
            __try {
                rc(3);
            } __finally {
                note("f");
            }
        } __except (longjmp(jb, 6), 1) {
            note("!");
        }
    }
    return r;
}
static int jmp_inside_try(void)
{
    volatile int n = 0;
    __try {
        int r = setjmp(jb);
        if (r == 0)
            jumper(2);
        n = r;
        if (r == 2)
            rc(8);
    } __except (1) {
        n += 20;
    }
    return n;
}
static int loops(void)
{
    CHANGED int n = 0;
    do {
        __try {
            n++;
            if (n < 5)
                continue;
            break;
        } __finally {
            n += 100;
        }
    } while (n < 1000);
    return n;
}
static int wloop(void)
{
    CHANGED int n = 0;
    while (1) {
        __try {
            __try {
                if (n > 3)
                    break;
                n++;
            } __finally {
                n++;
            }
        } __except (1) {
        }
    }
    return n;
}
static int sw(int x)
{
    int n = 0;
    switch (x) {
    case 1:
        __try {
            n = 1;
            break;
        } __except (1) {
        }
        n = 2;
        break;
    case 2:
        __try {
            rc(1);
        } __except (1) {
            n = 5;
            break;
        }
        n = 6;
        break;
    default:
        n = 9;
    }
    return n;
}
static int value_of_ret(void)
{
    int x = 1;
    __try {
        return x;
    } __finally {
        x = 2;
    }
    return 0;
}
static int many(int d)
{
    if (!d) {
        rc(0xE0000100);
        return 0;
    }
    __try {
        return many(d - 1);
    } __finally {
        note(AbnormalTermination() ? "a" : "n");
    }
    return 0;
}
static int recfilter(int level, int want)
{
    return level == want;
}
static int rec(int level, int want)
{
    int mine = level;
    __try {
        if (level == 10)
            rc(0xE0000005);
        else
            return rec(level + 1, want);
    } __except (recfilter(mine, want)) {
        return 1000 + mine;
    }
    return -1;
}
static int finally_in_handler(void)
{
    __try {
        rc(1);
    } __except (1) {
        __try {
            note("a");
            rc(2);
        } __except (GetExceptionCode() == 2) {
            note("b");
        }
        note(GetExceptionCode() == 1 ? "1" : "?");
    }
    return 0;
}
static int exc_in_finally_normal(void)
{
    __try {
        __try {
            note("b");
        } __finally {
            note("f");
            rc(9);
            note("!");
        }
    } __except (GetExceptionCode() == 9) {
        note("h");
    }
    return 0;
}
static int exc_in_finally_abn_same(void)
{ /* the block is not run twice */
    __try {
        __try {
            __try {
                rc(1);
            } __finally {
                note("f");
                rc(2);
            }
        } __finally {
            note("g");
        }
    } __except (tell(GetExceptionCode() == 1 ? "1" : "2", 1)) {
        note(GetExceptionCode() == 2 ? "h" : "?");
    }
    return 0;
}
static int inner_catches_collided(void)
{ /* second exception's handler is inside of the first's target */
    int n = 0;
    __try {
        __try {
            __try {
                rc(1);
            } __finally {
                note("f");
                rc(2);
            }
        } __except (tell("i", GetExceptionCode() == 2)) {
            note("H");
            n = 1;
        }
        note("c");
    } __except (tell("o", 1)) {
        note("!");
        n = 2;
    }
    return n;
}
static LONG depthfilter(int *n)
{
    (*n)++;
    return 1;
}
static int unwinder(int *n)
{
    __try {
        rc(5);
    } __except (depthfilter(n)) {
        (*n) += 10;
    }
    return *n;
}
int main(void)
{
    CHECK_EQ(finret(0), 5);
    CHECK(noted("bn"));
    CHECK_EQ(finret_override(), 2);
    CHECK_EQ(finret_caught(), 5);
    CHECK(noted("bfAc"));
    CHECK_EQ(finret_outer(), 5);
    CHECK(noted("bfAr"));
    for (int i = 0; i < 300; i++) {
        CHECK_EQ(finret_caught(), 5);
        trace[0] = 0;
    }
    CHECK_EQ(fingoto(0), 3);
    CHECK(noted("bfobfobfo"));
    CHECK_EQ(fingoto(1), 3);
    CHECK(noted("bfobfobfo"));
    for (int i = 0; i < 300; i++) {
        CHECK_EQ(fingoto(1), 3);
        trace[0] = 0;
    }
    CHECK_EQ(retexc(), 7);
    CHECK_EQ(gotoexc(), 3);
    CHECK_EQ(contexc(), 222);
    leave_nested();
    CHECK(noted("anbn"));
    leave_in_handler();
    CHECK(noted("hn"));
    leave_in_inner_finally();
    CHECK(noted("bfg"));
    CHECK_EQ(jmp_from_finally(), 4);
    CHECK(noted("f"));
    CHECK_EQ(jmp_from_except(), 4);
    CHECK(noted("h"));
    CHECK_EQ(jmp_from_filter(), 6);
    CHECK(noted("f"));
    CHECK_EQ(jmp_inside_try(), 22);
    CHECK(noted("J"));
    CHECK_EQ(loops(), 202);
    CHECK_EQ(wloop(), 5);
    CHECK_EQ(sw(1), 1);
    CHECK_EQ(sw(2), 5);
    CHECK_EQ(sw(3), 9);
    CHECK_EQ(value_of_ret(), 1);
    __try {
        many(5);
    } __except (1) {
        note("h");
    }
    CHECK(noted("aaaaah"));
    for (int i = 0; i <= 10; i++)
        CHECK_EQ(rec(0, i), 1000 + i);
    finally_in_handler();
    CHECK(noted("ab1"));
    exc_in_finally_normal();
    CHECK(noted("bfh"));
    exc_in_finally_abn_same();
    CHECK(noted("1f2gh"));
    CHECK_EQ(inner_catches_collided(), 1);
    CHECK(noted("iofiHc"));
    int n = 0;
    CHECK_EQ(unwinder(&n), 11);
    for (int i = 0; i < 100; i++) {
        n = 0;
        unwinder(&n);
    }
    return CHECK_DONE();
}
