/* intsafe.h: sums, differences and products that tell when they do not fit. */
#ifndef WINMEM_INTSAFE_H
#define WINMEM_INTSAFE_H

#include "winerror.h"
#include "winnt.h"

#ifndef INTSAFE_E_ARITHMETIC_OVERFLOW
#define INTSAFE_E_ARITHMETIC_OVERFLOW ((HRESULT)0x80070216)
#endif

/* What does not fit is stored as all ones. */
#define WINMEM_INTSAFE(name, type, operation)                                                                         \
    static __inline__ __attribute__((__unused__)) HRESULT name(type left, type right, type *result)                   \
    {                                                                                                                 \
        if (!__builtin_##operation##_overflow(left, right, result))                                                   \
            return S_OK;                                                                                              \
        *result = ~(type)0;                                                                                           \
        return INTSAFE_E_ARITHMETIC_OVERFLOW;                                                                         \
    }
WINMEM_INTSAFE(SizeTAdd, SIZE_T, add)
WINMEM_INTSAFE(SizeTSub, SIZE_T, sub)
WINMEM_INTSAFE(SizeTMult, SIZE_T, mul)
WINMEM_INTSAFE(ULongLongAdd, ULONGLONG, add)
WINMEM_INTSAFE(ULongLongSub, ULONGLONG, sub)
WINMEM_INTSAFE(ULongLongMult, ULONGLONG, mul)
WINMEM_INTSAFE(ULongPtrAdd, ULONG_PTR, add)
WINMEM_INTSAFE(ULongPtrSub, ULONG_PTR, sub)
WINMEM_INTSAFE(ULongPtrMult, ULONG_PTR, mul)
WINMEM_INTSAFE(ULongAdd, ULONG, add)
WINMEM_INTSAFE(ULongSub, ULONG, sub)
WINMEM_INTSAFE(ULongMult, ULONG, mul)
WINMEM_INTSAFE(DWordAdd, DWORD, add)
WINMEM_INTSAFE(DWordSub, DWORD, sub)
WINMEM_INTSAFE(DWordMult, DWORD, mul)
WINMEM_INTSAFE(UIntAdd, UINT, add)
WINMEM_INTSAFE(UIntSub, UINT, sub)
WINMEM_INTSAFE(UIntMult, UINT, mul)

static __inline__ __attribute__((__unused__)) HRESULT ULongLongToSizeT(ULONGLONG from, SIZE_T *to)
{
    *to = (SIZE_T)from;
    return S_OK;
}
static __inline__ __attribute__((__unused__)) HRESULT SizeTToDWord(SIZE_T from, DWORD *to)
{
    *to = from > 0xFFFFFFFFu ? 0xFFFFFFFFu : (DWORD)from;
    return from > 0xFFFFFFFFu ? INTSAFE_E_ARITHMETIC_OVERFLOW : S_OK;
}
static __inline__ __attribute__((__unused__)) HRESULT SizeTToULong(SIZE_T from, ULONG *to)
{
    return SizeTToDWord(from, to);
}

#endif
