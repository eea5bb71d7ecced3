/* features.c: what this processor can do is what the compiler's own way to ask says. */
#include "check.h"
#include "host/features.h"

int main(void)
{
    __builtin_cpu_init();
    CHECK_EQ(host_has(HOST_SSE3), __builtin_cpu_supports("sse3") != 0);
    CHECK_EQ(host_has(HOST_SSSE3), __builtin_cpu_supports("ssse3") != 0);
    CHECK_EQ(host_has(HOST_SSE41), __builtin_cpu_supports("sse4.1") != 0);
    CHECK_EQ(host_has(HOST_SSE42), __builtin_cpu_supports("sse4.2") != 0);
    CHECK_EQ(host_has(HOST_AES), __builtin_cpu_supports("aes") != 0);
    CHECK_EQ(host_has(HOST_AVX), __builtin_cpu_supports("avx") != 0);
    CHECK_EQ(host_has(HOST_AVX2), __builtin_cpu_supports("avx2") != 0);
    CHECK_EQ(host_has(HOST_AVX512F), __builtin_cpu_supports("avx512f") != 0);
    CHECK_EQ(host_has(HOST_AVX512_PACK), __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                                             __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("bmi2"));
    CHECK(host_has(0));
    return CHECK_DONE();
}
