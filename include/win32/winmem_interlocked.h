/* winmem_interlocked.h: the Interlocked operations, all of them full barriers. Included by winnt.h. They are functions, so
 * that their address can be taken, and macros of the same name besides, for which programs look with #ifdef.
 * A target that is said to be `long *` is of 32 bits, as on Windows: often it is a cast, and what follows is not ours. Of a
 * variable that is a `long` here the low half is changed: right for every value that is not negative. */
#ifndef WINMEM_INTERLOCKED_H
#define WINMEM_INTERLOCKED_H

#include "winnt.h"

#define WINMEM_INLINE static __inline__ __attribute__((__always_inline__, __unused__))
/* What a `long *` points to, for the compiler too. */
typedef int __attribute__((__may_alias__)) winmem_half;

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
#define WINMEM_INTERLOCKED_LONG(type)                                                                                    \
    WINMEM_INLINE type InterlockedExchange(type volatile *target, type value)                                          \
    {                                                                                                                  \
        return (type)InterlockedExchange((winmem_half volatile *)target, (LONG)value);                                 \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedCompareExchange(type volatile *target, type value, type expected)                    \
    {                                                                                                                  \
        return (type)InterlockedCompareExchange((winmem_half volatile *)target, (LONG)value, (LONG)expected);          \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedAnd(type volatile *target, type value)                                               \
    {                                                                                                                  \
        return (type)InterlockedAnd((winmem_half volatile *)target, (LONG)value);                                      \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedOr(type volatile *target, type value)                                                \
    {                                                                                                                  \
        return (type)InterlockedOr((winmem_half volatile *)target, (LONG)value);                                       \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedXor(type volatile *target, type value)                                               \
    {                                                                                                                  \
        return (type)InterlockedXor((winmem_half volatile *)target, (LONG)value);                                      \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedExchangeAdd(type volatile *target, type value)                                       \
    {                                                                                                                  \
        return (type)InterlockedExchangeAdd((winmem_half volatile *)target, (LONG)value);                              \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedAdd(type volatile *target, type value)                                               \
    {                                                                                                                  \
        return (type)InterlockedAdd((winmem_half volatile *)target, (LONG)value);                                      \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedIncrement(type volatile *target)                                                     \
    {                                                                                                                  \
        return (type)InterlockedIncrement((winmem_half volatile *)target);                                             \
    }                                                                                                                  \
    WINMEM_INLINE type InterlockedDecrement(type volatile *target)                                                     \
    {                                                                                                                  \
        return (type)InterlockedDecrement((winmem_half volatile *)target);                                             \
    }
extern "C++" {
WINMEM_INTERLOCKED_LONG(long)
WINMEM_INTERLOCKED_LONG(unsigned long)
WINMEM_INTERLOCKED_ORDER(, unsigned int, , __ATOMIC_SEQ_CST)
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
WINMEM_INLINE BOOLEAN InterlockedBitTestAndComplement(LONG volatile *target, LONG bit)
{
    LONG old = __atomic_fetch_xor(&target[bit >> 5], (LONG)(1u << (bit & 31)), __ATOMIC_SEQ_CST);
    return (BOOLEAN)((old >> (bit & 31)) & 1);
}
WINMEM_INLINE BOOLEAN InterlockedBitTestAndSet64(LONG64 volatile *target, LONG64 bit)
{
    LONG64 old = __atomic_fetch_or(&target[bit >> 6], (LONG64)(1ull << (bit & 63)), __ATOMIC_SEQ_CST);
    return (BOOLEAN)((old >> (bit & 63)) & 1);
}
WINMEM_INLINE BOOLEAN InterlockedBitTestAndReset64(LONG64 volatile *target, LONG64 bit)
{
    LONG64 old = __atomic_fetch_and(&target[bit >> 6], (LONG64) ~(1ull << (bit & 63)), __ATOMIC_SEQ_CST);
    return (BOOLEAN)((old >> (bit & 63)) & 1);
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
/* The names as macros. In C a `long *` is told to be what it is on Windows; C++ has overloads. */
#ifdef __cplusplus
#define InterlockedExchange InterlockedExchange
#define InterlockedExchange64 InterlockedExchange64
#define InterlockedCompareExchange InterlockedCompareExchange
#define InterlockedCompareExchange64 InterlockedCompareExchange64
#define InterlockedAnd InterlockedAnd
#define InterlockedAnd64 InterlockedAnd64
#define InterlockedOr InterlockedOr
#define InterlockedOr64 InterlockedOr64
#define InterlockedXor InterlockedXor
#define InterlockedXor64 InterlockedXor64
#define InterlockedExchangeAdd InterlockedExchangeAdd
#define InterlockedExchangeAdd64 InterlockedExchangeAdd64
#define InterlockedIncrement InterlockedIncrement
#define InterlockedIncrement64 InterlockedIncrement64
#define InterlockedDecrement InterlockedDecrement
#define InterlockedDecrement64 InterlockedDecrement64
#define InterlockedAdd InterlockedAdd
#define InterlockedAdd64 InterlockedAdd64
#else
#define WINMEM_LONG_TARGET(target) \
    _Generic((target), long *: (winmem_half volatile *)(target), long volatile *: (winmem_half volatile *)(target), \
             unsigned long *: (winmem_half volatile *)(target), unsigned long volatile *: (winmem_half volatile *)(target), \
             default: (target))
#define WINMEM_LONG64_TARGET(target) \
    _Generic((target), long *: (LONG64 volatile *)(target), long volatile *: (LONG64 volatile *)(target), default: (target))
#define InterlockedExchange(target, value) InterlockedExchange(WINMEM_LONG_TARGET(target), value)
#define InterlockedExchange64(target, value) InterlockedExchange64(WINMEM_LONG64_TARGET(target), value)
#define InterlockedCompareExchange(target, value, expected) InterlockedCompareExchange(WINMEM_LONG_TARGET(target), value, expected)
#define InterlockedCompareExchange64(target, value, expected) InterlockedCompareExchange64(WINMEM_LONG64_TARGET(target), value, expected)
#define InterlockedAnd(target, value) InterlockedAnd(WINMEM_LONG_TARGET(target), value)
#define InterlockedAnd64(target, value) InterlockedAnd64(WINMEM_LONG64_TARGET(target), value)
#define InterlockedOr(target, value) InterlockedOr(WINMEM_LONG_TARGET(target), value)
#define InterlockedOr64(target, value) InterlockedOr64(WINMEM_LONG64_TARGET(target), value)
#define InterlockedXor(target, value) InterlockedXor(WINMEM_LONG_TARGET(target), value)
#define InterlockedXor64(target, value) InterlockedXor64(WINMEM_LONG64_TARGET(target), value)
#define InterlockedExchangeAdd(target, value) InterlockedExchangeAdd(WINMEM_LONG_TARGET(target), value)
#define InterlockedExchangeAdd64(target, value) InterlockedExchangeAdd64(WINMEM_LONG64_TARGET(target), value)
#define InterlockedIncrement(target) InterlockedIncrement(WINMEM_LONG_TARGET(target))
#define InterlockedIncrement64(target) InterlockedIncrement64(WINMEM_LONG64_TARGET(target))
#define InterlockedDecrement(target) InterlockedDecrement(WINMEM_LONG_TARGET(target))
#define InterlockedDecrement64(target) InterlockedDecrement64(WINMEM_LONG64_TARGET(target))
#define InterlockedAdd(target, value) InterlockedAdd(WINMEM_LONG_TARGET(target), value)
#define InterlockedAdd64(target, value) InterlockedAdd64(WINMEM_LONG64_TARGET(target), value)
#endif
#define InterlockedExchangePointer InterlockedExchangePointer
#define InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define InterlockedCompareExchange128 InterlockedCompareExchange128
#define InterlockedBitTestAndSet InterlockedBitTestAndSet
#define InterlockedBitTestAndReset InterlockedBitTestAndReset
#define InterlockedBitTestAndSet64 InterlockedBitTestAndSet64
#define InterlockedBitTestAndReset64 InterlockedBitTestAndReset64
#define InterlockedBitTestAndComplement InterlockedBitTestAndComplement

/* The intrinsics' names. */
#define _InterlockedExchange InterlockedExchange
#define _InterlockedExchange64 InterlockedExchange64
#define _InterlockedExchange16 InterlockedExchange16
#define _InterlockedExchange8 InterlockedExchange8
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedCompareExchange64 InterlockedCompareExchange64
#define _InterlockedCompareExchange16 InterlockedCompareExchange16
#define _InterlockedCompareExchange8 InterlockedCompareExchange8
#define _InterlockedAnd InterlockedAnd
#define _InterlockedAnd64 InterlockedAnd64
#define _InterlockedAnd16 InterlockedAnd16
#define _InterlockedAnd8 InterlockedAnd8
#define _InterlockedOr InterlockedOr
#define _InterlockedOr64 InterlockedOr64
#define _InterlockedOr16 InterlockedOr16
#define _InterlockedOr8 InterlockedOr8
#define _InterlockedXor InterlockedXor
#define _InterlockedXor64 InterlockedXor64
#define _InterlockedXor16 InterlockedXor16
#define _InterlockedXor8 InterlockedXor8
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedExchangeAdd64 InterlockedExchangeAdd64
#define _InterlockedExchangeAdd16 InterlockedExchangeAdd16
#define _InterlockedExchangeAdd8 InterlockedExchangeAdd8
#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedIncrement64 InterlockedIncrement64
#define _InterlockedIncrement16 InterlockedIncrement16
#define _InterlockedIncrement8 InterlockedIncrement8
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedDecrement64 InterlockedDecrement64
#define _InterlockedDecrement16 InterlockedDecrement16
#define _InterlockedDecrement8 InterlockedDecrement8
#define _InterlockedAdd InterlockedAdd
#define _InterlockedAdd64 InterlockedAdd64
#define _InterlockedAdd16 InterlockedAdd16
#define _InterlockedAdd8 InterlockedAdd8
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _InterlockedCompareExchange128 InterlockedCompareExchange128
#define _interlockedbittestandset InterlockedBitTestAndSet
#define _interlockedbittestandreset InterlockedBitTestAndReset
#define _interlockedbittestandset64 InterlockedBitTestAndSet64
#define _interlockedbittestandreset64 InterlockedBitTestAndReset64

/* Plain accesses with an order; Raw ones are made, and nothing more. Those without a size are of 32 bits, as above. */
#define WINMEM_READ(source, order) __atomic_load_n((source), order)
#define WINMEM_WRITE(destination, value, order) __atomic_store_n((destination), (value), order)
#define ReadAcquire(source) WINMEM_READ((const volatile winmem_half *)(source), __ATOMIC_ACQUIRE)
#define ReadNoFence(source) WINMEM_READ((const volatile winmem_half *)(source), __ATOMIC_RELAXED)
#define ReadRaw(source) WINMEM_READ((const volatile winmem_half *)(source), __ATOMIC_RELAXED)
#define WriteRelease(destination, value) WINMEM_WRITE((volatile winmem_half *)(destination), (winmem_half)(value), __ATOMIC_RELEASE)
#define WriteNoFence(destination, value) WINMEM_WRITE((volatile winmem_half *)(destination), (winmem_half)(value), __ATOMIC_RELAXED)
#define WriteRaw(destination, value) WINMEM_WRITE((volatile winmem_half *)(destination), (winmem_half)(value), __ATOMIC_RELAXED)
#define ReadULongAcquire(source) (DWORD)WINMEM_READ((const volatile winmem_half *)(source), __ATOMIC_ACQUIRE)
#define ReadULongNoFence(source) (DWORD)WINMEM_READ((const volatile winmem_half *)(source), __ATOMIC_RELAXED)
#define ReadULongRaw(source) (DWORD)WINMEM_READ((const volatile winmem_half *)(source), __ATOMIC_RELAXED)
#define WriteULongRelease(destination, value) WINMEM_WRITE((volatile winmem_half *)(destination), (winmem_half)(value), __ATOMIC_RELEASE)
#define WriteULongNoFence(destination, value) WINMEM_WRITE((volatile winmem_half *)(destination), (winmem_half)(value), __ATOMIC_RELAXED)
#define WriteULongRaw(destination, value) WINMEM_WRITE((volatile winmem_half *)(destination), (winmem_half)(value), __ATOMIC_RELAXED)
#define ReadAcquire64(source) WINMEM_READ((source), __ATOMIC_ACQUIRE)
#define ReadNoFence64(source) WINMEM_READ((source), __ATOMIC_RELAXED)
#define ReadRaw64(source) WINMEM_READ((source), __ATOMIC_RELAXED)
#define WriteRelease64(destination, value) WINMEM_WRITE((destination), (value), __ATOMIC_RELEASE)
#define WriteNoFence64(destination, value) WINMEM_WRITE((destination), (value), __ATOMIC_RELAXED)
#define WriteRaw64(destination, value) WINMEM_WRITE((destination), (value), __ATOMIC_RELAXED)
#define ReadAcquire8 ReadAcquire64
#define ReadNoFence8 ReadNoFence64
#define ReadRaw8 ReadRaw64
#define WriteRelease8 WriteRelease64
#define WriteNoFence8 WriteNoFence64
#define WriteRaw8 WriteRaw64
#define ReadAcquire16 ReadAcquire64
#define ReadNoFence16 ReadNoFence64
#define ReadRaw16 ReadRaw64
#define WriteRelease16 WriteRelease64
#define WriteNoFence16 WriteNoFence64
#define WriteRaw16 WriteRaw64
#define ReadPointerAcquire ReadAcquire64
#define ReadPointerNoFence ReadNoFence64
#define ReadPointerRaw ReadRaw64
#define WritePointerRelease WriteRelease64
#define WritePointerNoFence WriteNoFence64
#define WritePointerRaw WriteRaw64
#define ReadBooleanAcquire ReadAcquire64
#define ReadBooleanNoFence ReadNoFence64
#define ReadBooleanRaw ReadRaw64
#define WriteBooleanRelease WriteRelease64
#define WriteBooleanNoFence WriteNoFence64
#define WriteBooleanRaw WriteRaw64
#define ReadUCharAcquire ReadAcquire64
#define ReadUCharNoFence ReadNoFence64
#define ReadUCharRaw ReadRaw64
#define WriteUCharRelease WriteRelease64
#define WriteUCharNoFence WriteNoFence64
#define WriteUCharRaw WriteRaw64
#define ReadUShortAcquire ReadAcquire64
#define ReadUShortNoFence ReadNoFence64
#define ReadUShortRaw ReadRaw64
#define WriteUShortRelease WriteRelease64
#define WriteUShortNoFence WriteNoFence64
#define WriteUShortRaw WriteRaw64
#define ReadULong64Acquire ReadAcquire64
#define ReadULong64NoFence ReadNoFence64
#define ReadULong64Raw ReadRaw64
#define WriteULong64Release WriteRelease64
#define WriteULong64NoFence WriteNoFence64
#define WriteULong64Raw WriteRaw64
#define ReadLongPtrAcquire ReadAcquire64
#define ReadLongPtrNoFence ReadNoFence64
#define ReadLongPtrRaw ReadRaw64
#define WriteLongPtrRelease WriteRelease64
#define WriteLongPtrNoFence WriteNoFence64
#define WriteLongPtrRaw WriteRaw64
#define ReadULongPtrAcquire ReadAcquire64
#define ReadULongPtrNoFence ReadNoFence64
#define ReadULongPtrRaw ReadRaw64
#define WriteULongPtrRelease WriteRelease64
#define WriteULongPtrNoFence WriteNoFence64
#define WriteULongPtrRaw WriteRaw64
#define ReadHandleAcquire ReadAcquire64
#define ReadHandleNoFence ReadNoFence64
#define ReadHandleRaw ReadRaw64
#define WriteHandleRelease WriteRelease64
#define WriteHandleNoFence WriteNoFence64
#define WriteHandleRaw WriteRaw64

#endif
