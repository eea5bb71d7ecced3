/* floatcontrol.c: _controlfp and its kin, and the exceptions of unmasked vector arithmetic. */
#include <windows.h>

#include <float.h>

#include "check.h"

static volatile double zero, one = 1.0, three = 3.0, huge = 1e308, tiny = 1e-308, denormal = 4.9e-324, sink;

static void divide(void)
{
    sink = one / zero;
}
static void invalid(void)
{
    sink = zero / zero;
}
static void overflow(void)
{
    sink = huge * huge;
}
static void underflow(void)
{
    sink = tiny * tiny;
}
static void inexact(void)
{
    sink = one / three;
}
static void with_denormal(void)
{
    sink = denormal + one;
}

static DWORD code_of(void (*function)(void))
{
    __try {
        function();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return 0;
}

static void one_by_one(unsigned mask, void (*function)(void), DWORD code)
{
    _clearfp();
    _control87(_MCW_EM & ~mask, _MCW_EM);
    CHECK_EQ(code_of(function), code);
    _clearfp();
    _control87(_MCW_EM, _MCW_EM);
    function();
    CHECK(_statusfp() & mask);
    CHECK(_clearfp() & mask);
    CHECK_EQ(_statusfp(), 0);
}

static void words(void)
{
    CHECK_EQ(_controlfp(0, 0), 0x8001F);
    CHECK_EQ(_controlfp(_RC_CHOP, _MCW_RC), 0x8031F);
    sink = -one / three;
    CHECK(sink == -0x1.5555555555555p-2);
    CHECK_EQ(_controlfp(_RC_NEAR, _MCW_RC), 0x8001F);
    CHECK_EQ(_controlfp(0, _MCW_EM), 0x80000); /* the denormal mask stays */
    CHECK_EQ(_controlfp(_CW_DEFAULT, _MCW_EM), 0x8001F);
    CHECK_EQ(_control87(0, EM_DENORMAL), 0x1F);
    CHECK_EQ(_control87(EM_DENORMAL, EM_DENORMAL), (unsigned)MCW_EM);
    CHECK_EQ(_controlfp(_DN_FLUSH, _MCW_DN) & _MCW_DN, _DN_FLUSH);
    sink = denormal * one;
    CHECK(sink == 0.0);
    CHECK_EQ(_controlfp(_DN_SAVE, _MCW_DN) & _MCW_DN, _DN_SAVE);
    sink = denormal * one;
    CHECK(sink != 0.0);
    unsigned word = 0;
    CHECK_EQ(_controlfp_s(&word, _RC_UP, _MCW_RC), 0);
    CHECK_EQ(word, 0x8021F);
    _fpreset();
    CHECK_EQ(_controlfp_s(&word, 0, 0), 0);
    CHECK_EQ(word, 0x8001F);
}

int main(void)
{
    words();
    one_by_one(_EM_ZERODIVIDE, divide, EXCEPTION_FLT_DIVIDE_BY_ZERO);
    one_by_one(_EM_INVALID, invalid, EXCEPTION_FLT_INVALID_OPERATION);
    one_by_one(_EM_OVERFLOW, overflow, EXCEPTION_FLT_OVERFLOW);
    one_by_one(_EM_UNDERFLOW, underflow, EXCEPTION_FLT_UNDERFLOW);
    one_by_one(_EM_INEXACT, inexact, EXCEPTION_FLT_INEXACT_RESULT);
    one_by_one(_EM_DENORMAL, with_denormal, EXCEPTION_FLT_DENORMAL_OPERAND);
    return CHECK_DONE();
}
