/* winmem_volatile.h: copying and filling that no compiler leaves out, moves or replaces. What is said of devices holds:
 * this processor takes any alignment. */
#ifndef WINMEM_VOLATILE_H
#define WINMEM_VOLATILE_H

#include "basetsd.h"

static __inline__ __attribute__((__unused__)) volatile void *
RtlCopyVolatileMemory(volatile void *to, const volatile void *from, SIZE_T length)
{
    volatile void *result = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
    return result;
}
/* The two may overlap. */
static __inline__ __attribute__((__unused__)) volatile void *
RtlMoveVolatileMemory(volatile void *to, const volatile void *from, SIZE_T length)
{
    volatile char *end = (volatile char *)to + length - 1;
    const volatile char *last = (const volatile char *)from + length - 1;
    if ((ULONG_PTR)to - (ULONG_PTR)from >= length)
        return RtlCopyVolatileMemory(to, from, length);
    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(end), "+S"(last), "+c"(length) : : "memory", "cc");
    return to;
}
static __inline__ __attribute__((__unused__)) volatile void *
RtlFillVolatileMemory(volatile void *to, SIZE_T length, int byte)
{
    volatile void *result = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(byte) : "memory");
    return result;
}
static __inline__ __attribute__((__unused__)) volatile void *RtlZeroVolatileMemory(volatile void *to, SIZE_T length)
{
    return RtlFillVolatileMemory(to, length, 0);
}
#define RtlSecureZeroMemory2 RtlZeroVolatileMemory
#define RtlCopyDeviceMemory RtlCopyVolatileMemory
#define RtlFillDeviceMemory RtlFillVolatileMemory
#define RtlZeroDeviceMemory RtlZeroVolatileMemory

#define CopyVolatileMemory RtlCopyVolatileMemory
#define MoveVolatileMemory RtlMoveVolatileMemory
#define FillVolatileMemory RtlFillVolatileMemory
#define ZeroVolatileMemory RtlZeroVolatileMemory
#define SecureZeroMemory2 RtlSecureZeroMemory2
#define CopyDeviceMemory RtlCopyDeviceMemory
#define FillDeviceMemory RtlFillDeviceMemory
#define ZeroDeviceMemory RtlZeroDeviceMemory

#endif
