/* protectmemory.c: CryptProtectMemory, secrets that a program keeps encrypted in its memory: AES-256 in CBC mode under
 * a key that is drawn at the first call and never leaves the process. Only for processors with AES instructions; must
 * not be taken for more than its page says, the key lies in the same memory. */
#include <windef.h>

#include <dpapi.h>
#include <immintrin.h>
#include <ntsecapi.h>
#include <pthread.h>
#include <stdbool.h>
#include <winerror.h>

#include "host/features.h"
#include "win32/win32.h"

#define ROUNDS 14
#define WITH_AES __attribute__((target("aes")))

static struct protectmemory_state {
    pthread_once_t once;
    bool ready;
    __m128i key[ROUNDS + 1];
    __m128i back[ROUNDS + 1]; /* the same for decryption: in reverse order, columns mixed back */
    __m128i before;           /* what the first block of each call is mixed with */
} protectmemory_state = {.once = PTHREAD_ONCE_INIT};

/* The next round key from the one two before it and a word of the last one, as FIPS 197 has it. */
static __m128i next_key(__m128i older, __m128i word)
{
    older = _mm_xor_si128(older, _mm_slli_si128(older, 4));
    older = _mm_xor_si128(older, _mm_slli_si128(older, 8));
    return _mm_xor_si128(older, word);
}

/* The assist wants its round constant as an immediate; the last of seven pairs needs the first half only. */
#define EXPAND_EVEN(key, i, constant)                                                                                  \
    ((key)[i] = next_key((key)[(i)-2], _mm_shuffle_epi32(_mm_aeskeygenassist_si128((key)[(i)-1], constant), 0xFF)))
#define EXPAND_ODD(key, i)                                                                                             \
    ((key)[i] = next_key((key)[(i)-2], _mm_shuffle_epi32(_mm_aeskeygenassist_si128((key)[(i)-1], 0), 0xAA)))

WITH_AES static void expand(__m128i key[ROUNDS + 1], __m128i back[ROUNDS + 1])
{
    EXPAND_EVEN(key, 2, 0x01);
    EXPAND_ODD(key, 3);
    EXPAND_EVEN(key, 4, 0x02);
    EXPAND_ODD(key, 5);
    EXPAND_EVEN(key, 6, 0x04);
    EXPAND_ODD(key, 7);
    EXPAND_EVEN(key, 8, 0x08);
    EXPAND_ODD(key, 9);
    EXPAND_EVEN(key, 10, 0x10);
    EXPAND_ODD(key, 11);
    EXPAND_EVEN(key, 12, 0x20);
    EXPAND_ODD(key, 13);
    EXPAND_EVEN(key, 14, 0x40);
    back[0] = key[ROUNDS];
    for (int i = 1; i < ROUNDS; i++)
        back[i] = _mm_aesimc_si128(key[ROUNDS - i]);
    back[ROUNDS] = key[0];
}

WITH_AES static __m128i encrypt(const __m128i key[ROUNDS + 1], __m128i block)
{
    block = _mm_xor_si128(block, key[0]);
    for (int i = 1; i < ROUNDS; i++)
        block = _mm_aesenc_si128(block, key[i]);
    return _mm_aesenclast_si128(block, key[ROUNDS]);
}

WITH_AES static __m128i decrypt(const __m128i back[ROUNDS + 1], __m128i block)
{
    block = _mm_xor_si128(block, back[0]);
    for (int i = 1; i < ROUNDS; i++)
        block = _mm_aesdec_si128(block, back[i]);
    return _mm_aesdeclast_si128(block, back[ROUNDS]);
}

static void draw(void)
{
    struct protectmemory_state *state = &protectmemory_state;
    if (!host_has(HOST_AES))
        return;
    if (!RtlGenRandom(state->key, 2 * sizeof *state->key) || !RtlGenRandom(&state->before, sizeof state->before))
        return;
    expand(state->key, state->back);
    state->ready = true;
}

/* Whether the call can be done at all; sets the error otherwise. */
static BOOL allowed(DWORD size, DWORD flags)
{
    if (size % CRYPTPROTECTMEMORY_BLOCK_SIZE != 0 || flags > CRYPTPROTECTMEMORY_SAME_LOGON)
        return win32_error(ERROR_INVALID_PARAMETER);
    pthread_once(&protectmemory_state.once, draw);
    if (flags != CRYPTPROTECTMEMORY_SAME_PROCESS || !protectmemory_state.ready)
        return win32_error(ERROR_NOT_SUPPORTED);
    return TRUE;
}

BOOL WINAPI CryptProtectMemory(LPVOID memory, DWORD size, DWORD flags)
{
    if (!allowed(size, flags))
        return FALSE;
    __m128i last = protectmemory_state.before;
    for (DWORD done = 0; done < size; done += CRYPTPROTECTMEMORY_BLOCK_SIZE) {
        __m128i_u *at = (__m128i_u *)((char *)memory + done);
        last = encrypt(protectmemory_state.key, _mm_xor_si128(_mm_loadu_si128(at), last));
        _mm_storeu_si128(at, last);
    }
    return TRUE;
}

BOOL WINAPI CryptUnprotectMemory(LPVOID memory, DWORD size, DWORD flags)
{
    if (!allowed(size, flags))
        return FALSE;
    __m128i last = protectmemory_state.before;
    for (DWORD done = 0; done < size; done += CRYPTPROTECTMEMORY_BLOCK_SIZE) {
        __m128i_u *at = (__m128i_u *)((char *)memory + done);
        __m128i block = _mm_loadu_si128(at);
        _mm_storeu_si128(at, _mm_xor_si128(decrypt(protectmemory_state.back, block), last));
        last = block;
    }
    return TRUE;
}
