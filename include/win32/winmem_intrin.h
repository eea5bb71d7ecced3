/* winmem_intrin.h: more of the Microsoft compiler's intrinsics: bits by number, wide arithmetic, string instructions, the
 * segment registers. Included by intrin.h. */
#ifndef WINMEM_INTRIN_MORE_H
#define WINMEM_INTRIN_MORE_H

#include "winnt.h"

#include <stddef.h>

#define WINMEM_INTRIN static __inline__ __attribute__((__unused__))
/* The bit may lie outside the first word: it is counted from the address on. */
#define WINMEM_BIT(name, type, width, change)                                                                          \
    WINMEM_INTRIN unsigned char name(type *base, type bit)                                                             \
    {                                                                                                                  \
        type *word = base + bit / (width), mask = (type)((unsigned type)1 << (bit & ((width)-1)));                     \
        unsigned char old = (*word & mask) != 0;                                                                       \
        change;                                                                                                        \
        return old;                                                                                                    \
    }
#ifndef _bittest
WINMEM_INTRIN unsigned char _bittest(const int *base, int bit)
{
    return (unsigned char)((unsigned)base[bit / 32] >> (bit & 31) & 1);
}
WINMEM_BIT(_bittestandset, int, 32, *word |= mask)
WINMEM_BIT(_bittestandreset, int, 32, *word &= ~mask)
WINMEM_BIT(_bittestandcomplement, int, 32, *word ^= mask)
#endif
#ifndef _bittest64
__extension__ typedef long long winmem_int64;
WINMEM_INTRIN unsigned char _bittest64(const winmem_int64 *base, winmem_int64 bit)
{
    return (unsigned char)((unsigned long long)base[bit >> 6] >> (bit & 63) & 1);
}
WINMEM_INTRIN unsigned char _bittestandset64(winmem_int64 *base, winmem_int64 bit)
{
    unsigned char old = _bittest64(base, bit);
    base[bit >> 6] |= (winmem_int64)(1ull << (bit & 63));
    return old;
}
WINMEM_INTRIN unsigned char _bittestandreset64(winmem_int64 *base, winmem_int64 bit)
{
    unsigned char old = _bittest64(base, bit);
    base[bit >> 6] &= (winmem_int64) ~(1ull << (bit & 63));
    return old;
}
#endif
#ifdef __SIZEOF_INT128__
__extension__ typedef __int128 winmem_int128;
__extension__ typedef unsigned __int128 winmem_uint128;
WINMEM_INTRIN long long __mulh(long long left, long long right)
{
    return (long long)((winmem_int128)left * right >> 64);
}
WINMEM_INTRIN long long _mul128(long long left, long long right, long long *high)
{
    winmem_int128 product = (winmem_int128)left * right;
    *high = (long long)(product >> 64);
    return (long long)product;
}
WINMEM_INTRIN unsigned long long __shiftleft128(unsigned long long low, unsigned long long high, unsigned char by)
{
    by &= 63;
    return by ? high << by | low >> (64 - by) : high;
}
WINMEM_INTRIN unsigned long long __shiftright128(unsigned long long low, unsigned long long high, unsigned char by)
{
    by &= 63;
    return by ? low >> by | high << (64 - by) : low;
}
#ifdef __x86_64__
WINMEM_INTRIN unsigned long long _udiv128(unsigned long long high, unsigned long long low, unsigned long long by,
                                          unsigned long long *rest)
{
    unsigned long long quotient;
    __asm__("divq %4" : "=a"(quotient), "=d"(*rest) : "0"(low), "1"(high), "r"(by) : "cc");
    return quotient;
}
WINMEM_INTRIN long long _div128(long long high, long long low, long long by, long long *rest)
{
    long long quotient;
    __asm__("idivq %4" : "=a"(quotient), "=d"(*rest) : "0"(low), "1"(high), "r"(by) : "cc");
    return quotient;
}
#endif
#endif
#define WINMEM_STORE(name, type)                                                                                       \
    WINMEM_INTRIN void name(type *to, type value, size_t count)                                                        \
    {                                                                                                                  \
        while (count--)                                                                                                \
            *to++ = value;                                                                                             \
    }
WINMEM_STORE(__stosw, unsigned short)
WINMEM_STORE(__stosd, unsigned int)
WINMEM_STORE(__stosq, unsigned long long)
#define WINMEM_MOVE(name, type)                                                                                        \
    WINMEM_INTRIN void name(type *to, const type *from, size_t count)                                                  \
    {                                                                                                                  \
        while (count--)                                                                                                \
            *to++ = *from++;                                                                                           \
    }
WINMEM_MOVE(__movsw, unsigned short)
WINMEM_MOVE(__movsd, unsigned int)
WINMEM_MOVE(__movsq, unsigned long long)
#define __int2c() __asm__ volatile("int $0x2c")
#ifndef _rotr64
#define _rotr64(value, by) ((unsigned long long)(value) >> ((by)&63) | (unsigned long long)(value) << (-(by)&63))
#endif

#endif
