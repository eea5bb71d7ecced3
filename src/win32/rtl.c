/* rtl.c: the runtime library's memory primitives. Pure; any caller. */
#include <stddef.h>
#include <winternl.h>

/* Bytes that agree from the start, not a comparison's sign. */
SIZE_T RtlCompareMemory(const void *first, const void *second, SIZE_T length)
{
    const unsigned char *left = first, *right = second;
    size_t same = 0;
    while (same + sizeof(unsigned long) <= length) {
        unsigned long left_word, right_word;
        __builtin_memcpy(&left_word, left + same, sizeof left_word);
        __builtin_memcpy(&right_word, right + same, sizeof right_word);
        if (left_word != right_word)
            return same + (size_t)__builtin_ctzl(left_word ^ right_word) / 8;
        same += sizeof left_word;
    }
    while (same < length && left[same] == right[same])
        same++;
    return same;
}

/* A memset that no optimiser may drop. */
PVOID RtlSecureZeroMemory(PVOID memory, SIZE_T length)
{
    __builtin_memset(memory, 0, length);
    __asm__ volatile("" : : "r"(memory) : "memory");
    return memory;
}

/* Bytes of whole words that hold the pattern, from the start. */
SIZE_T RtlCompareMemoryUlong(PVOID memory, SIZE_T length, ULONG pattern)
{
    const ULONG *word = memory;
    size_t count = 0;
    while (count < length / sizeof *word && word[count] == pattern)
        count++;
    return count * sizeof *word;
}

VOID RtlFillMemoryUlong(PVOID memory, SIZE_T length, ULONG pattern)
{
    ULONG *word = memory;
    for (size_t i = 0; i < length / sizeof *word; i++)
        word[i] = pattern;
}
