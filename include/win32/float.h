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

#endif
