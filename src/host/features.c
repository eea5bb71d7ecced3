/* features.c: see features.h. */
#include "host/features.h"

#include <cpuid.h>
#include <stdatomic.h>
#include <stdint.h>

#define KNOWN (1u << 31) /* it was asked */
#define STATE_AVX 6u     /* of xcr0: the upper halves of 16 registers */
#define STATE_AVX512 0xe6u

static _Atomic uint32_t features_state;

static uint32_t saved_registers(void)
{
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static uint32_t when(uint32_t condition, uint32_t features)
{
    return condition ? features : 0;
}

static uint32_t ask(void)
{
    const uint32_t pack_b = bit_AVX512BW | bit_AVX512CD | bit_BMI2;
    uint32_t a, b = 0, c = 0, d, basic = 0, found = KNOWN;
    if (!__get_cpuid(1, &a, &b, &basic, &d))
        return found;
    found |= when(basic & bit_SSE3, HOST_SSE3) | when(basic & bit_SSSE3, HOST_SSSE3) |
             when(basic & bit_SSE4_1, HOST_SSE41) | when(basic & bit_SSE4_2, HOST_SSE42) |
             when(basic & bit_AES, HOST_AES);
    uint32_t saved = basic & bit_OSXSAVE ? saved_registers() : 0;
    if ((saved & STATE_AVX) != STATE_AVX)
        return found;
    found |= when(basic & bit_AVX, HOST_AVX);
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return found;
    found |= when(b & bit_AVX2, HOST_AVX2);
    if ((saved & STATE_AVX512) == STATE_AVX512)
        found |= when(b & bit_AVX512F, HOST_AVX512F) |
                 when((b & pack_b) == pack_b && (c & bit_AVX512VBMI2), HOST_AVX512_PACK);
    return found;
}

bool host_has(unsigned features)
{
    uint32_t found = atomic_load_explicit(&features_state, memory_order_relaxed);
    if (!found) {
        found = ask();
        atomic_store_explicit(&features_state, found, memory_order_relaxed);
    }
    return (found & features) == features;
}
