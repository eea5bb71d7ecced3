/* seh_nested.c: exceptions in filters, in vectored handlers, in finally blocks and in handlers; the flags of records,
 * what RaiseException makes of its arguments, what filters may answer. */
/* test traits: no-asan (frames are told apart by their stack addresses, which it moves) */
#include <windows.h>

#include <string.h>

#include "check.h"

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
static EXCEPTION_RECORD rec[16];
static int nrec;
static EXCEPTION_RECORD *chain;
static LONG look(EXCEPTION_POINTERS *p, LONG v)
{
    rec[nrec++] = *p->ExceptionRecord;
    chain = p->ExceptionRecord->ExceptionRecord;
    return v;
}
static LONG raising(EXCEPTION_POINTERS *p)
{
    look(p, 0);
    if (p->ExceptionRecord->ExceptionCode == 0xE0000001)
        rc(0xE0000002);
    return 0;
}
static void nested_flag(void)
{
    nrec = 0;
    __try {
        __try {
            rc(0xE0000001);
        } __except (raising(GetExceptionInformation())) {
            note("!");
        }
    } __except (look(GetExceptionInformation(), 1)) {
        note(GetExceptionCode() == 0xE0000002 ? "2" : "?");
    }
    CHECK(noted("2"));
    CHECK_EQ(nrec, 3);
    CHECK_EQ(rec[0].ExceptionFlags & ~0x80u, 0);
    CHECK_EQ(rec[1].ExceptionCode, 0xE0000002);
    CHECK_EQ(rec[1].ExceptionFlags & ~0x80u, EXCEPTION_NESTED_CALL);
    CHECK_EQ(rec[2].ExceptionFlags & ~0x80u, EXCEPTION_NESTED_CALL);
}
static LONG CALLBACK vraise(EXCEPTION_POINTERS *p)
{
    if (p->ExceptionRecord->ExceptionCode == 0xE0000011)
        rc(0xE0000012);
    return 0;
}
static void vectored_nested(void)
{
    nrec = 0;
    PVOID h = AddVectoredExceptionHandler(1, vraise);
    __try {
        rc(0xE0000011);
    } __except (look(GetExceptionInformation(), 1)) {
        note(GetExceptionCode() == 0xE0000012 ? "2" : "?");
    }
    RemoveVectoredExceptionHandler(h);
    CHECK(noted("2"));
    CHECK_EQ(nrec, 1);
}
static void noncont(void)
{
    nrec = 0;
    static EXCEPTION_RECORD inner;
    __try {
        __try {
            RaiseException(0xE0000021, EXCEPTION_NONCONTINUABLE, 0, NULL);
        } __except (look(GetExceptionInformation(), GetExceptionCode() == 0xE0000021 ? -1 : 0)) {
        }
    } __except (look(GetExceptionInformation(), 1), inner = *chain, 1) {
        note("n");
    }
    CHECK(noted("n"));
    CHECK_EQ(nrec, 3);
    CHECK_EQ(rec[1].ExceptionCode, STATUS_NONCONTINUABLE_EXCEPTION);
    CHECK_EQ(rec[1].ExceptionFlags & 1, 1);
    CHECK_EQ(inner.ExceptionCode, 0xE0000021);
    CHECK_EQ(rec[1].NumberParameters, 0);
}
static LONG CALLBACK vcont(EXCEPTION_POINTERS *p)
{
    (void)p;
    note("v");
    return -1;
}
static void noncont_vectored(void)
{ /* a vectored handler may continue it */
    PVOID h = AddVectoredExceptionHandler(1, vcont);
    __try {
        RaiseException(0xE0000021, EXCEPTION_NONCONTINUABLE, 0, NULL);
        note("c");
    } __except (1) {
        note("h");
    }
    RemoveVectoredExceptionHandler(h);
    CHECK(noted("vc"));
}
static void args(void)
{
    ULONG_PTR a[20];
    for (int i = 0; i < 20; i++)
        a[i] = i + 1;
    nrec = 0;
    __try {
        RaiseException(0xF0000001, 0xFFFFFFFF, 16, a);
    } __except (look(GetExceptionInformation(), 1)) {
    }
    CHECK_EQ(rec[0].ExceptionCode, 0xF0000001); /* on x64 the dispatch stays in user mode, which takes no bit away */
    CHECK_EQ(rec[0].NumberParameters, 15);
    CHECK_EQ(rec[0].ExceptionFlags & 0x7f, 1);
    CHECK_EQ(rec[0].ExceptionInformation[14], 15);
    CHECK(rec[0].ExceptionRecord == NULL);
    nrec = 0;
    __try {
        RaiseException(0xE0000001, 0, 5, NULL);
    } __except (look(GetExceptionInformation(), 1)) {
    }
    CHECK_EQ(rec[0].NumberParameters, 0);
    nrec = 0;
    __try {
        RaiseException(0, 0, 0, a);
    } __except (look(GetExceptionInformation(), 1)) {
    }
    CHECK_EQ(rec[0].NumberParameters, 0);
    CHECK_EQ(rec[0].ExceptionCode, 0);
}
static LONG big(EXCEPTION_POINTERS *p)
{
    (void)p;
    return 0x7fffffff;
}
static LONG neg(EXCEPTION_POINTERS *p)
{
    (void)p;
    return -5;
}
static void dispositions(void)
{
    __try {
        rc(1);
    } __except (big(GetExceptionInformation())) {
        note("h");
    }
    CHECK(noted("h"));
    __try {
        rc(1);
        note("c");
    } __except (neg(GetExceptionInformation())) {
        note("h");
    }
    CHECK(noted("c"));
    __try {
        rc(1);
        note("c");
    } __except (EXCEPTION_CONTINUE_EXECUTION) {
        note("h");
    }
    CHECK(noted("c"));
}
static EXCEPTION_RECORD *kept;
static LONG keep(EXCEPTION_POINTERS *p)
{
    kept = p->ExceptionRecord;
    return 1;
}
static void unwinding_flag(void)
{
    __try {
        __try {
            rc(0xE0000031);
        } __finally {
            note((kept->ExceptionFlags & EXCEPTION_UNWINDING) ? "u" : "n");
        }
    } __except (keep(GetExceptionInformation())) {
        note("h");
    }
    CHECK(noted("uh"));
}
static CONTEXT seen;
static LONG lookc(EXCEPTION_POINTERS *p)
{
    seen = *p->ContextRecord;
    return 1;
}
static void abnormal_in_nested(void)
{
    __try {
        __try {
            rc(1);
        } __finally {
            note(AbnormalTermination() ? "A" : "n");
            __try {
                note("b");
            } __finally {
                note(AbnormalTermination() ? "A" : "n");
            }
            note(AbnormalTermination() ? "A" : "n");
            __try {
                rc(2);
            } __except (1) {
                note("h");
            }
            note(AbnormalTermination() ? "A" : "n");
        }
    } __except (1) {
        note("H");
        CHECK_EQ(GetExceptionCode(), 1);
    }
    CHECK(noted("AbnAhAH"));
}
static int ret_abn(void)
{
    __try {
        return 1;
    } __finally {
        note(AbnormalTermination() ? "A" : "n");
    }
    return 0;
}
static LONG fi(DWORD c, DWORD w)
{
    return c == w;
}
static int deep(int n)
{
    volatile char pad[200];
    pad[0] = n;
    if (n == 0) {
        rc(0xE0000051);
        return 0;
    }
    __try {
        return deep(n - 1) + pad[0];
    } __except (fi(GetExceptionCode(), 1)) {
        return -1;
    }
    return 0;
}
static void deeply(void)
{
    int ok = 0;
    for (int i = 0; i < 20; i++) {
        __try {
            deep(400);
        } __except (1) {
            ok++;
        }
    }
    CHECK_EQ(ok, 20);
}
int main(void)
{
    nested_flag();
    vectored_nested();
    noncont();
    noncont_vectored();
    args();
    dispositions();
    unwinding_flag();
    abnormal_in_nested();
    CHECK_EQ(ret_abn(), 1);
    CHECK(noted("A"));
    deeply();
    /* addresses */
    nrec = 0;
    __try {
        rc(1);
    } __except (look(GetExceptionInformation(), 1), lookc(GetExceptionInformation())) {
    }
    CHECK_EQ(seen.ContextFlags & CONTEXT_FULL, CONTEXT_FULL);
    CHECK_EQ(seen.Rip, (ULONG_PTR)rec[0].ExceptionAddress);
    return CHECK_DONE();
}
