/* intrin.h: the Microsoft compiler's intrinsics that gcc and clang spell otherwise. */
/* From windows.h without the vectors, which take longer to compile than all of it. */
#if defined(__x86_64__) && !defined(WINMEM_INTRIN_FEW)
#include <x86intrin.h>
#endif

#ifndef WINMEM_INTRIN_H
#define WINMEM_INTRIN_H

#include "winnt.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#include <x86gprintrin.h>
#endif

#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() ((void *)((char *)__builtin_frame_address(0) + 8))
#define __debugbreak() __asm__ volatile("int3")
#define __nop() __asm__ volatile("nop")
#define __ud2() __builtin_trap()
static __inline__ __attribute__((__unused__, __noreturn__)) void __fastfail(unsigned int code)
{
    __asm__ volatile("int $0x29" : : "c"(code) : "memory");
    __builtin_unreachable();
}
#ifndef __assume
#define __assume(condition) do { if (!(condition)) __builtin_unreachable(); } while (0)
#endif
#ifndef __noop
#define __noop(...) ((void)0)
#endif
#define BitTest _bittest
#define BitTestAndComplement _bittestandcomplement
#define BitTestAndSet _bittestandset
#define BitTestAndReset _bittestandreset
#define BitTest64 _bittest64
#define BitScanForward _BitScanForward
#define BitScanReverse _BitScanReverse
#define BitScanForward64 _BitScanForward64
#define BitScanReverse64 _BitScanReverse64
#define RotateLeft32 _rotl
#define RotateRight32 _rotr
#define RotateLeft64 _rotl64
#define RotateRight64 _rotr64
#define ReadTimeStampCounter() __rdtsc()
#define FastFence __faststorefence
#define LoadFence _mm_lfence
#define StoreFence _mm_sfence
#define MemoryFence _mm_mfence
#define ReadMxCsr _mm_getcsr
#define WriteMxCsr _mm_setcsr
#define PrefetchForWrite(address) __builtin_prefetch((const void *)(address), 1)
#define ReadForWriteAccess(address) (__builtin_prefetch((const void *)(address), 1), *(address))
#define PopulationCount64 __popcnt64
#define MultiplyHigh __mulh
#define UnsignedMultiplyHigh __umulh
#define UnsignedMultiply128 _umul128
#define Multiply128 _mul128
#define ShiftLeft128 __shiftleft128
#define ShiftRight128 __shiftright128
#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _WriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _byteswap_ushort(value) __builtin_bswap16(value)
#define _byteswap_ulong(value) __builtin_bswap32(value)
#define _byteswap_uint64(value) __builtin_bswap64(value)
#define __popcnt(value) ((unsigned int)__builtin_popcount(value))
#define __popcnt64(value) ((unsigned long long)__builtin_popcountll(value))
#ifndef __lzcnt
#define __lzcnt(value) ((value) ? (unsigned int)__builtin_clz(value) : 32u)
#endif
#ifndef __lzcnt64
#define __lzcnt64(value) ((value) ? (unsigned long long)__builtin_clzll(value) : 64ull)
#endif
/* The index may be an unsigned long (64 bits here) or a DWORD. */
#define _BitScanForward(index, mask) ((mask) ? (*(index) = (unsigned int)__builtin_ctz(mask), 1) : 0)
#define _BitScanReverse(index, mask) ((mask) ? (*(index) = 31u - (unsigned int)__builtin_clz(mask), 1) : 0)
#define _BitScanForward64(index, mask) ((mask) ? (*(index) = (unsigned int)__builtin_ctzll(mask), 1) : 0)
#define _BitScanReverse64(index, mask) ((mask) ? (*(index) = 63u - (unsigned int)__builtin_clzll(mask), 1) : 0)
#define __stosb(destination, value, count) ((void)__builtin_memset((destination), (value), (count)))
#define __movsb(destination, source, count) ((void)__builtin_memcpy((destination), (source), (count)))
#ifdef __SIZEOF_INT128__
static __inline__ __attribute__((__unused__)) unsigned long long __umulh(unsigned long long left,
                                                                         unsigned long long right)
{
    __extension__ typedef unsigned __int128 winmem_wide;
    return (unsigned long long)(((winmem_wide)left * right) >> 64);
}
static __inline__ __attribute__((__unused__)) unsigned long long _umul128(unsigned long long left,
                                                                          unsigned long long right,
                                                                          unsigned long long *high)
{
    *high = __umulh(left, right);
    return left * right;
}
#endif
#if defined(__x86_64__) && !defined(__cpuid)
static __inline__ __attribute__((__unused__)) void __cpuidex(int registers[4], int leaf, int subleaf)
{
    __asm__ volatile("cpuid"
                     : "=a"(registers[0]), "=b"(registers[1]), "=c"(registers[2]), "=d"(registers[3])
                     : "0"(leaf), "2"(subleaf));
}
static __inline__ __attribute__((__unused__)) void __cpuid(int registers[4], int leaf)
{
    __cpuidex(registers, leaf, 0);
}
#endif

#include "winmem_intrin.h"

#endif
