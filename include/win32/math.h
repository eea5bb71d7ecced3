/* math.h: the system's, with Microsoft's names added. */
#pragma GCC system_header
#include_next <math.h>
#ifndef WINMEM_MATH_H
#define WINMEM_MATH_H

#include "winmem_compiler.h"

#define _hypot __builtin_hypot
#define _hypotf __builtin_hypotf
#define _j0 __builtin_j0
#define _j1 __builtin_j1
#define _jn __builtin_jn
#define _y0 __builtin_y0
#define _y1 __builtin_y1
#define _yn __builtin_yn
#define _copysignf __builtin_copysignf
#define _copysignl __builtin_copysignl
#define _chgsignf(value) (-(value))
#define _chgsignl(value) (-(value))
#define _finitef(value) __builtin_isfinite(value)
#define _isnanf(value) __builtin_isnan(value)
#define _logbf __builtin_logbf
#define _nextafterf __builtin_nextafterf
#define _cabs(value) __builtin_hypot((value).x, (value).y)
#define _HUGE __builtin_huge_val()
#ifndef HUGE
#define HUGE _HUGE
#endif
struct _complex {
    double x, y;
};

/* What an error of a function of this header may be called. */
#ifndef _DOMAIN
#define _DOMAIN 1
#define _SING 2
#define _OVERFLOW 3
#define _UNDERFLOW 4
#define _TLOSS 5
#define _PLOSS 6
#endif

#include <float.h>

#endif
