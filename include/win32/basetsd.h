/* basetsd.h: integers of a known size and integers as wide as a pointer, with the sizes of 64-bit Windows.
 * SIZE_T is size_t, ULONG_PTR is uintptr_t: their pointers may be mixed as on Windows. The *64 types are long long. */
#ifndef WINMEM_BASETSD_H
#define WINMEM_BASETSD_H

#include "winmem_compiler.h"

typedef signed char INT8, *PINT8;
typedef signed short INT16, *PINT16;
typedef signed int INT32, *PINT32;
typedef signed long long INT64, *PINT64;
typedef unsigned char UINT8, *PUINT8;
typedef unsigned short UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32;
typedef unsigned long long UINT64, *PUINT64;
typedef signed int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
typedef signed long long LONG64, *PLONG64;
typedef unsigned long long ULONG64, *PULONG64;
typedef unsigned long long DWORD64, *PDWORD64;

typedef signed long INT_PTR, *PINT_PTR;
typedef unsigned long UINT_PTR, *PUINT_PTR;
typedef signed long LONG_PTR, *PLONG_PTR;
typedef unsigned long ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;
typedef int HALF_PTR, *PHALF_PTR;
typedef unsigned int UHALF_PTR, *PUHALF_PTR;
typedef long long SHANDLE_PTR;
typedef unsigned long long HANDLE_PTR;
#define __int3264 __int64
#define POINTER_32
#define POINTER_64
#define POINTER_SIGNED
#define POINTER_UNSIGNED
#define FIRMWARE_PTR

#define ADDRESS_TAG_BIT 0x40000000000ULL

#define MAXUINT8 ((UINT8)~((UINT8)0))
#define MAXINT8 ((INT8)(MAXUINT8 >> 1))
#define MININT8 ((INT8)~MAXINT8)
#define MAXUINT16 ((UINT16)~((UINT16)0))
#define MAXINT16 ((INT16)(MAXUINT16 >> 1))
#define MININT16 ((INT16)~MAXINT16)
#define MAXUINT32 ((UINT32)~((UINT32)0))
#define MAXINT32 ((INT32)(MAXUINT32 >> 1))
#define MININT32 ((INT32)~MAXINT32)
#define MAXUINT64 ((UINT64)~((UINT64)0))
#define MAXINT64 ((INT64)(MAXUINT64 >> 1))
#define MININT64 ((INT64)~MAXINT64)
#define MAXULONG32 ((ULONG32)~((ULONG32)0))
#define MAXLONG32 ((LONG32)(MAXULONG32 >> 1))
#define MINLONG32 ((LONG32)~MAXLONG32)
#define MAXULONG64 ((ULONG64)~((ULONG64)0))
#define MAXLONG64 ((LONG64)(MAXULONG64 >> 1))
#define MINLONG64 ((LONG64)~MAXLONG64)
#define MAXULONGLONG ((ULONGLONG)~((ULONGLONG)0))
#define MAXLONGLONG ((LONGLONG)(MAXULONGLONG >> 1))
#define MINLONGLONG ((LONGLONG)~MAXLONGLONG)
#define MAXSIZE_T ((SIZE_T)~((SIZE_T)0))
#define MAXSSIZE_T ((SSIZE_T)(MAXSIZE_T >> 1))
#define MINSSIZE_T ((SSIZE_T)~MAXSSIZE_T)
#define MAXUINT ((UINT)~((UINT)0))
#define MAXINT ((INT)(MAXUINT >> 1))
#define MININT ((INT)~MAXINT)
#define MAXULONG ((ULONG)~((ULONG)0))
#define MAXDWORD32 ((DWORD32)~((DWORD32)0))
#define MAXDWORD64 ((DWORD64)~((DWORD64)0))
#define MAXULONG_PTR (~((ULONG_PTR)0))
#define MAXLONG_PTR ((LONG_PTR)(MAXULONG_PTR >> 1))
#define MINLONG_PTR (~MAXLONG_PTR)
#define MAXUINT_PTR (~((UINT_PTR)0))
#define MAXINT_PTR ((INT_PTR)(MAXUINT_PTR >> 1))
#define MININT_PTR (~MAXINT_PTR)
#define MAXDWORD_PTR (~((DWORD_PTR)0))

#define HandleToULong(handle) ((ULONG)(ULONG_PTR)(handle))
#define HandleToLong(handle) ((LONG)(LONG_PTR)(handle))
#define ULongToHandle(number) ((HANDLE)(ULONG_PTR)(number))
#define LongToHandle(number) ((HANDLE)(LONG_PTR)(number))
#define HandleToUlong HandleToULong
#define UlongToHandle ULongToHandle
#define PtrToUlong(pointer) ((ULONG)(ULONG_PTR)(pointer))
#define PtrToLong(pointer) ((LONG)(LONG_PTR)(pointer))
#define PtrToUint(pointer) ((UINT)(UINT_PTR)(pointer))
#define PtrToInt(pointer) ((INT)(INT_PTR)(pointer))
#define PtrToUshort(pointer) ((unsigned short)(ULONG_PTR)(pointer))
#define PtrToShort(pointer) ((short)(LONG_PTR)(pointer))
#define PtrToULong PtrToUlong
#define UlongToPtr(number) ((void *)(ULONG_PTR)((unsigned int)(number)))
#define LongToPtr(number) ((void *)(LONG_PTR)((int)(number)))
#define UintToPtr(number) ((void *)(UINT_PTR)((unsigned int)(number)))
#define IntToPtr(number) ((void *)(INT_PTR)((int)(number)))
#define ULongToPtr UlongToPtr
#define Ptr32ToPtr(pointer) ((void *)(pointer))
#define PtrToPtr64(pointer) ((void *)(pointer))
#define Ptr64ToPtr(pointer) ((void *)(pointer))

#endif
