/* features.h: what this processor can do, as cpuid says, asked once: under a hypervisor it takes as long as a fault.
 * The compiler's own way to ask is a constructor, which every program would pay for. Signal-safe; calls nobody. */
#ifndef WINMEM_HOST_FEATURES_H
#define WINMEM_HOST_FEATURES_H

#include <stdbool.h>

#include "host/shared.h"

enum host_feature {
    HOST_SSE3 = 1,
    HOST_SSSE3 = 2,
    HOST_SSE41 = 4,
    HOST_SSE42 = 8,
    HOST_AES = 16,
    HOST_AVX = 32, /* these also when the kernel keeps the registers */
    HOST_AVX2 = 64,
    HOST_AVX512F = 128,
    HOST_AVX512_PACK = 256 /* BW, CD, VBMI2, and BMI2 */
};
/* All of them. */
WINMEM_SHARED bool host_has(unsigned features);

#endif
