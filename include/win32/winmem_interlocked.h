/* winmem_interlocked.h: the Interlocked operations, full barriers unless the name says otherwise. Included by winnt.h.
 * They are functions, so that their address can be taken; in C++ there are overloads for `long` besides. */
#ifndef WINMEM_INTERLOCKED_H
#define WINMEM_INTERLOCKED_H

#include "winnt.h"

#define WINMEM_INLINE static __inline__ __attribute__((__always_inline__, __unused__))

/* One family for a type: suffix, type; order is that of the name's ending. */
#define WINMEM_INTERLOCKED_ORDER(suffix, type, ending, order)                                                          \
    WINMEM_INLINE type InterlockedExchange##suffix##ending(type volatile *target, type value)                          \
    {                                                                                                                  \
        return __atomic_exchange_n(target, value, order);                                                              \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedCompareExchange##suffix##ending(type volatile *target, type value, type expected)    \
    {                                                                                                                  \
        __atomic_compare_exchange_n(target, &expected, value, 0, order, __ATOMIC_ACQUIRE);                             \
        return expected;                                                                                               \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedAnd##suffix##ending(type volatile *target, type value)                               \
    {                                                                                                                  \
        return __atomic_fetch_and(target, value, order);                                                               \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedOr##suffix##ending(type volatile *target, type value)                                \
    {                                                                                                                  \
        return __atomic_fetch_or(target, value, order);                                                                \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedXor##suffix##ending(type volatile *target, type value)                               \
    {                                                                                                                  \
        return __atomic_fetch_xor(target, value, order);                                                               \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedExchangeAdd##suffix##ending(type volatile *target, type value)                       \
    {                                                                                                                  \
        return __atomic_fetch_add(target, value, order);                                                               \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedAdd##suffix##ending(type volatile *target, type value)                               \
    {                                                                                                                  \
        return (type)__atomic_add_fetch(target, value, order);                                                         \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedIncrement##suffix##ending(type volatile *target)                                     \
    {                                                                                                                  \
        return (type)__atomic_add_fetch(target, 1, order);                                                             \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedDecrement##suffix##ending(type volatile *target)                                     \
    {                                                                                                                  \
        return (type)__atomic_sub_fetch(target, 1, order);                                                             \
    }
#define WINMEM_INTERLOCKED(suffix, type)                                 \
    WINMEM_INTERLOCKED_ORDER(suffix, type, , __ATOMIC_SEQ_CST)           \
    WINMEM_INTERLOCKED_ORDER(suffix, type, Acquire, __ATOMIC_SEQ_CST)    \
    WINMEM_INTERLOCKED_ORDER(suffix, type, Release, __ATOMIC_SEQ_CST)    \
    WINMEM_INTERLOCKED_ORDER(suffix, type, NoFence, __ATOMIC_SEQ_CST)

WINMEM_INTERLOCKED(, LONG)
WINMEM_INTERLOCKED(64, LONG64)
WINMEM_INTERLOCKED_ORDER(16, SHORT, , __ATOMIC_SEQ_CST)
WINMEM_INTERLOCKED_ORDER(8, char, , __ATOMIC_SEQ_CST)
#ifdef __cplusplus
extern "C++" {
WINMEM_INTERLOCKED_ORDER(, long, , __ATOMIC_SEQ_CST)
WINMEM_INTERLOCKED_ORDER(, unsigned int, , __ATOMIC_SEQ_CST)
WINMEM_INTERLOCKED_ORDER(, unsigned long, , __ATOMIC_SEQ_CST)
WINMEM_INTERLOCKED_ORDER(, unsigned long long, , __ATOMIC_SEQ_CST)
WINMEM_INTERLOCKED_ORDER(64, long, , __ATOMIC_SEQ_CST)
}
#endif

WINMEM_INLINE PVOID InterlockedExchangePointer(PVOID volatile *target, PVOID value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
WINMEM_INLINE PVOID InterlockedCompareExchangePointer(PVOID volatile *target, PVOID value, PVOID expected)
{
    __atomic_compare_exchange_n(target, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
    return expected;
}
#define InterlockedExchangePointerAcquire InterlockedExchangePointer
#define InterlockedExchangePointerNoFence InterlockedExchangePointer
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer
#define InterlockedExchangeAddSizeT(target, value) __atomic_fetch_add((target), (value), __ATOMIC_SEQ_CST)
#define InterlockedIncrementSizeT(target) __atomic_add_fetch((target), 1, __ATOMIC_SEQ_CST)
#define InterlockedDecrementSizeT(target) __atomic_sub_fetch((target), 1, __ATOMIC_SEQ_CST)

WINMEM_INLINE BOOLEAN InterlockedBitTestAndSet(LONG volatile *target, LONG bit)
{
    return (BOOLEAN)((__atomic_fetch_or(&target[bit >> 5], (LONG)(1u << (bit & 31)), __ATOMIC_SEQ_CST) >> (bit & 31)) & 1);
}
WINMEM_INLINE BOOLEAN InterlockedBitTestAndReset(LONG volatile *target, LONG bit)
{
    LONG old = __atomic_fetch_and(&target[bit >> 5], (LONG) ~(1u << (bit & 31)), __ATOMIC_SEQ_CST);
    return (BOOLEAN)((old >> (bit & 31)) & 1);
}
#if defined(__x86_64__)
/* Needs 16-byte alignment, as on Windows. */
WINMEM_INLINE BOOLEAN InterlockedCompareExchange128(LONG64 volatile *target, LONG64 high, LONG64 low, LONG64 *expected)
{
    unsigned char same;
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(same), "+m"(*target), "+m"(target[1]), "+a"(expected[0]), "+d"(expected[1])
                     : "b"(low), "c"(high)
                     : "memory");
    return same;
}
#endif
#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedExchange InterlockedExchange
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedAnd InterlockedAnd
#define _InterlockedOr InterlockedOr
#define _InterlockedXor InterlockedXor
#define _InterlockedIncrement64 InterlockedIncrement64
#define _InterlockedDecrement64 InterlockedDecrement64
#define _InterlockedExchange64 InterlockedExchange64
#define _InterlockedExchangeAdd64 InterlockedExchangeAdd64
#define _InterlockedCompareExchange64 InterlockedCompareExchange64
#define _InterlockedAnd64 InterlockedAnd64
#define _InterlockedOr64 InterlockedOr64
#define _InterlockedXor64 InterlockedXor64
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _InterlockedCompareExchange128 InterlockedCompareExchange128
#define _interlockedbittestandset InterlockedBitTestAndSet
#define _interlockedbittestandreset InterlockedBitTestAndReset

/* Plain accesses with an order. */
#define ReadAcquire(source) __atomic_load_n((source), __ATOMIC_ACQUIRE)
#define ReadNoFence(source) __atomic_load_n((source), __ATOMIC_RELAXED)
#define WriteRelease(destination, value) __atomic_store_n((destination), (value), __ATOMIC_RELEASE)
#define WriteNoFence(destination, value) __atomic_store_n((destination), (value), __ATOMIC_RELAXED)
#define ReadPointerAcquire ReadAcquire
#define WritePointerRelease WriteRelease
#define ReadAcquire64 ReadAcquire
#define WriteRelease64 WriteRelease

#endif
