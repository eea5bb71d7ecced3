/* intsafe.h: sums, differences, products and conversions that tell when they do not fit. */
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
        *result = (type)-1;                                                                                           \
        return INTSAFE_E_ARITHMETIC_OVERFLOW;                                                                         \
    }
#define WINMEM_INTSAFE_TO(from, from_type, to, to_type, wrong)                                                        \
    static __inline__ __attribute__((__unused__)) HRESULT from##To##to(from_type value, to_type *result)              \
    {                                                                                                                 \
        if (!__builtin_add_overflow(value, 0, result))                                                                \
            return S_OK;                                                                                              \
        *result = (to_type)wrong;                                                                                     \
        return INTSAFE_E_ARITHMETIC_OVERFLOW;                                                                         \
    }
#define WINMEM_INTSAFE_SMALL(name, type)                                                                              \
    WINMEM_INTSAFE_TO(name, type, Char, CHAR, 0)                                                                      \
    WINMEM_INTSAFE_TO(name, type, Int8, INT8, -1)                                                                     \
    WINMEM_INTSAFE_TO(name, type, UChar, UCHAR, 0)                                                                    \
    WINMEM_INTSAFE_TO(name, type, UInt8, UINT8, -1)                                                                   \
    WINMEM_INTSAFE_TO(name, type, Byte, BYTE, 0)                                                                      \
    WINMEM_INTSAFE_TO(name, type, Short, SHORT, -1)                                                                   \
    WINMEM_INTSAFE_TO(name, type, UShort, USHORT, -1)                                                                 \
    WINMEM_INTSAFE_TO(name, type, Word, WORD, -1)                                                                     \
    WINMEM_INTSAFE_TO(name, type, Int, INT, -1)                                                                       \
    WINMEM_INTSAFE_TO(name, type, UInt, UINT, -1)                                                                     \
    WINMEM_INTSAFE_TO(name, type, Long, LONG, -1)                                                                     \
    WINMEM_INTSAFE_TO(name, type, ULong, ULONG, -1)                                                                   \
    WINMEM_INTSAFE_TO(name, type, DWord, DWORD, -1)
#define WINMEM_INTSAFE_ALL(name, type)                                                                                \
    WINMEM_INTSAFE(name##Add, type, add)                                                                              \
    WINMEM_INTSAFE(name##Sub, type, sub)                                                                              \
    WINMEM_INTSAFE(name##Mult, type, mul)                                                                             \
    WINMEM_INTSAFE_SMALL(name, type)                                                                                  \
    WINMEM_INTSAFE_TO(name, type, IntPtr, INT_PTR, -1)                                                                \
    WINMEM_INTSAFE_TO(name, type, UIntPtr, UINT_PTR, -1)                                                              \
    WINMEM_INTSAFE_TO(name, type, LongPtr, LONG_PTR, -1)                                                              \
    WINMEM_INTSAFE_TO(name, type, ULongPtr, ULONG_PTR, -1)                                                            \
    WINMEM_INTSAFE_TO(name, type, DWordPtr, DWORD_PTR, -1)                                                            \
    WINMEM_INTSAFE_TO(name, type, LongLong, LONGLONG, -1)                                                             \
    WINMEM_INTSAFE_TO(name, type, ULongLong, ULONGLONG, -1)                                                           \
    WINMEM_INTSAFE_TO(name, type, DWordLong, ULONGLONG, -1)                                                           \
    WINMEM_INTSAFE_TO(name, type, PtrdiffT, __PTRDIFF_TYPE__, -1)                                                     \
    WINMEM_INTSAFE_TO(name, type, SizeT, SIZE_T, -1)                                                                  \
    WINMEM_INTSAFE_TO(name, type, SIZET, SIZE_T, -1)                                                                  \
    WINMEM_INTSAFE_TO(name, type, SSIZET, SSIZE_T, -1)
WINMEM_INTSAFE_ALL(Int8, INT8)
WINMEM_INTSAFE_ALL(UInt8, UINT8)
WINMEM_INTSAFE_ALL(Short, SHORT)
WINMEM_INTSAFE_ALL(UShort, USHORT)
WINMEM_INTSAFE_ALL(Word, WORD)
WINMEM_INTSAFE_ALL(Int, INT)
WINMEM_INTSAFE_ALL(UInt, UINT)
WINMEM_INTSAFE_ALL(Long, LONG)
WINMEM_INTSAFE_ALL(ULong, ULONG)
WINMEM_INTSAFE_ALL(DWord, DWORD)
WINMEM_INTSAFE_ALL(IntPtr, INT_PTR)
WINMEM_INTSAFE_ALL(UIntPtr, UINT_PTR)
WINMEM_INTSAFE_ALL(LongPtr, LONG_PTR)
WINMEM_INTSAFE_ALL(ULongPtr, ULONG_PTR)
WINMEM_INTSAFE_ALL(DWordPtr, DWORD_PTR)
WINMEM_INTSAFE_ALL(LongLong, LONGLONG)
WINMEM_INTSAFE_ALL(ULongLong, ULONGLONG)
WINMEM_INTSAFE_ALL(DWordLong, ULONGLONG)
WINMEM_INTSAFE_ALL(PtrdiffT, __PTRDIFF_TYPE__)
WINMEM_INTSAFE_ALL(SizeT, SIZE_T)
WINMEM_INTSAFE_ALL(SIZET, SIZE_T)
WINMEM_INTSAFE_ALL(SSIZET, SSIZE_T)
WINMEM_INTSAFE_SMALL(Byte, BYTE)

#endif
