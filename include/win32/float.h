/* float.h: the compiler's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <float.h>
#ifndef WINMEM_FLOAT_H
#define WINMEM_FLOAT_H

#define _finite(value) __builtin_isfinite(value)
#define _isnan(value) __builtin_isnan(value)
#define _copysign(value, sign) __builtin_copysign((value), (sign))
#define _chgsign(value) (-(value))
#define _scalb(value, by) __builtin_scalbln((value), (by))
#define _logb(value) __builtin_logb(value)
#define _nextafter(from, to) __builtin_nextafter((from), (to))
#define _FPCLASS_SNAN 0x0001
#define _FPCLASS_QNAN 0x0002
#define _FPCLASS_NINF 0x0004
#define _FPCLASS_NN 0x0008
#define _FPCLASS_ND 0x0010
#define _FPCLASS_NZ 0x0020
#define _FPCLASS_PZ 0x0040
#define _FPCLASS_PD 0x0080
#define _FPCLASS_PN 0x0100
#define _FPCLASS_PINF 0x0200
static __inline__ __attribute__((__unused__)) int _fpclass(double value)
{
    int negative = __builtin_signbit(value);
    if (__builtin_isnan(value))
        return _FPCLASS_QNAN;
    if (__builtin_isinf(value))
        return negative ? _FPCLASS_NINF : _FPCLASS_PINF;
    if (value == 0)
        return negative ? _FPCLASS_NZ : _FPCLASS_PZ;
    if (__builtin_fabs(value) < DBL_MIN)
        return negative ? _FPCLASS_ND : _FPCLASS_PD;
    return negative ? _FPCLASS_NN : _FPCLASS_PN;
}

/* The control word of vector arithmetic, in Microsoft's abstract bits. */
#define _MCW_EM 0x0008001f
#define _EM_INEXACT 0x00000001
#define _EM_UNDERFLOW 0x00000002
#define _EM_OVERFLOW 0x00000004
#define _EM_ZERODIVIDE 0x00000008
#define _EM_INVALID 0x00000010
#define _EM_DENORMAL 0x00080000
#define _MCW_IC 0x00040000
#define _IC_AFFINE 0x00040000
#define _IC_PROJECTIVE 0x00000000
#define _MCW_RC 0x00000300
#define _RC_NEAR 0x00000000
#define _RC_DOWN 0x00000100
#define _RC_UP 0x00000200
#define _RC_CHOP 0x00000300
#define _MCW_PC 0x00030000
#define _PC_64 0x00000000
#define _PC_53 0x00010000
#define _PC_24 0x00020000
#define _MCW_DN 0x03000000
#define _DN_SAVE 0x00000000
#define _DN_FLUSH 0x01000000
#define _DN_FLUSH_OPERANDS_SAVE_RESULTS 0x02000000
#define _DN_SAVE_OPERANDS_FLUSH_RESULTS 0x03000000
#define _CW_DEFAULT (_RC_NEAR + _PC_53 + _EM_INVALID + _EM_ZERODIVIDE + _EM_OVERFLOW + _EM_UNDERFLOW + _EM_INEXACT + _EM_DENORMAL)
#define _SW_INEXACT 0x00000001
#define _SW_UNDERFLOW 0x00000002
#define _SW_OVERFLOW 0x00000004
#define _SW_ZERODIVIDE 0x00000008
#define _SW_INVALID 0x00000010
#define _SW_DENORMAL 0x00080000
#define _FPE_INVALID 0x81
#define _FPE_DENORMAL 0x82
#define _FPE_ZERODIVIDE 0x83
#define _FPE_OVERFLOW 0x84
#define _FPE_UNDERFLOW 0x85
#define _FPE_INEXACT 0x86
#define _FPE_UNEMULATED 0x87
#define _FPE_SQRTNEG 0x88
#define _FPE_STACKOVERFLOW 0x8a
#define _FPE_STACKUNDERFLOW 0x8b
#define _FPE_EXPLICITGEN 0x8c
/* The names from before the underscore. */
#define MCW_EM _MCW_EM
#define EM_INVALID _EM_INVALID
#define EM_DENORMAL _EM_DENORMAL
#define EM_ZERODIVIDE _EM_ZERODIVIDE
#define EM_OVERFLOW _EM_OVERFLOW
#define EM_UNDERFLOW _EM_UNDERFLOW
#define EM_INEXACT _EM_INEXACT
#define MCW_IC _MCW_IC
#define IC_AFFINE _IC_AFFINE
#define IC_PROJECTIVE _IC_PROJECTIVE
#define MCW_RC _MCW_RC
#define RC_CHOP _RC_CHOP
#define RC_UP _RC_UP
#define RC_DOWN _RC_DOWN
#define RC_NEAR _RC_NEAR
#define MCW_PC _MCW_PC
#define PC_24 _PC_24
#define PC_53 _PC_53
#define PC_64 _PC_64
#define CW_DEFAULT _CW_DEFAULT
#define SW_INVALID _SW_INVALID
#define SW_DENORMAL _SW_DENORMAL
#define SW_ZERODIVIDE _SW_ZERODIVIDE
#define SW_OVERFLOW _SW_OVERFLOW
#define SW_UNDERFLOW _SW_UNDERFLOW
#define SW_INEXACT _SW_INEXACT
#define FPE_INVALID _FPE_INVALID
#define FPE_DENORMAL _FPE_DENORMAL
#define FPE_ZERODIVIDE _FPE_ZERODIVIDE
#define FPE_OVERFLOW _FPE_OVERFLOW
#define FPE_UNDERFLOW _FPE_UNDERFLOW
#define FPE_INEXACT _FPE_INEXACT

#ifdef __cplusplus
extern "C" {
#endif
/* Each returns the word as it is afterwards; the status forms, the flags as they were. */
unsigned _control87(unsigned value, unsigned mask);
unsigned _controlfp(unsigned value, unsigned mask); /* leaves the denormal mask alone */
int _controlfp_s(unsigned *word, unsigned value, unsigned mask);
unsigned _clearfp(void);
unsigned _statusfp(void);
void _fpreset(void);
#ifdef __cplusplus
}
#endif
#define _clear87 _clearfp
#define _status87 _statusfp

#endif
