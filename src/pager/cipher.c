/* cipher.c: encryption of segments on their way to the paging file. Calls libsodium (which does not allocate in these
 * calls) and host; signal-safe after the start. libsodium is loaded where the option is set, and costs the other
 * programs nothing. */
#include "pager/cipher.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "host/memory.h"
#include "host/options.h"
#include "host/pages.h"
#include "pager/frame.h"
#include "pager/store.h"

#ifdef WINMEM_HAVE_SODIUM
#include <sodium.h>

#define BLOCK 4096u
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define STAGES 4u
#define TABLE_SEGMENTS ((size_t)1 << 22)
#define TAGS_OF_SEGMENT (SEGMENT_PAGES * TAG)

struct secret {
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    uint8_t salt[8]; /* of the nonces */
};

static struct {
    bool on;
    struct secret *secret;
    uint8_t *tags;    /* of each segment, each block */
    uint8_t *touched; /* pages of tags that cost memory */
    uint8_t *stages;
    uint32_t stage_owner[STAGES]; /* W: segment + 1 */
    uint64_t counter;             /* W */
} cipher_state;

static struct {
    bool ready;
    __typeof__(crypto_aead_xchacha20poly1305_ietf_encrypt_detached) *encrypt;
    __typeof__(crypto_aead_xchacha20poly1305_ietf_decrypt_detached) *decrypt;
} sodium_state;

_Static_assert(SEGMENT_PAGES *TAG * 8 == 4096, "a page holds the tags of eight segments");

void cipher_load(void)
{
    if (sodium_state.ready || !host_option_number(OPTION_PAGEFILE_ENCRYPT))
        return;
    void *library = dlopen(WINMEM_SODIUM, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return;
    __typeof__(sodium_init) *init = (__typeof__(init))dlsym(library, "sodium_init");
    sodium_state.encrypt =
        (__typeof__(sodium_state.encrypt))dlsym(library, "crypto_aead_xchacha20poly1305_ietf_encrypt_detached");
    sodium_state.decrypt =
        (__typeof__(sodium_state.decrypt))dlsym(library, "crypto_aead_xchacha20poly1305_ietf_decrypt_detached");
    sodium_state.ready = init && sodium_state.encrypt && sodium_state.decrypt && init() >= 0;
}

/* Loading allocates, which a start of the pager out of an allocation could not bear. */
__attribute__((constructor)) static void load_early(void)
{
    cipher_load();
}

int cipher_start(void)
{
    void *at;
    if (cipher_state.on)
        return 0;
    if (!sodium_state.ready)
        return -EOPNOTSUPP;
    int error = host_table_reserve(BLOCK, &at);
    if (error)
        return error;
    (void)host_lock_pages(at, BLOCK);
    cipher_state.secret = at;
    error = host_random(cipher_state.secret, sizeof(struct secret));
    if (!error)
        error = host_table_reserve(TABLE_SEGMENTS * TAGS_OF_SEGMENT, &at);
    if (error)
        return error;
    cipher_state.tags = at;
    error = host_table_reserve(TABLE_SEGMENTS / 8, &at);
    if (error)
        return error;
    cipher_state.touched = at;
    error = host_table_reserve(STAGES * SEGMENT_BYTES, &at);
    if (error)
        return error;
    cipher_state.stages = at;
    frame_account_table(1 + STAGES * SEGMENT_PAGES);
    cipher_state.on = true;
    return 0;
}

bool cipher_on(void)
{
    return cipher_state.on;
}

static void make_nonce(uint64_t nonce, uint64_t block, uint8_t out[24])
{
    memcpy(out, cipher_state.secret->salt, 8);
    memcpy(out + 8, &nonce, 8);
    memcpy(out + 16, &block, 8);
}

static uint8_t *tag_of(uint32_t segment, uint32_t block)
{
    return cipher_state.tags + (size_t)segment * TAGS_OF_SEGMENT + (size_t)block * TAG;
}

const void *cipher_seal(uint32_t segment, const void *bytes, uint64_t *nonce)
{
    unsigned stage = 0;
    while (stage < STAGES && cipher_state.stage_owner[stage])
        stage++;
    if (stage == STAGES)
        return NULL;
    cipher_state.stage_owner[stage] = segment + 1;
    if (!cipher_state.touched[segment / 8]) {
        cipher_state.touched[segment / 8] = 1;
        frame_account_table(1);
    }
    *nonce = ++cipher_state.counter;
    uint8_t *out = cipher_state.stages + (size_t)stage * SEGMENT_BYTES;
    for (uint32_t block = 0; block < SEGMENT_PAGES; block++) {
        uint8_t full[24];
        make_nonce(*nonce, block, full);
        sodium_state.encrypt(out + block * BLOCK, tag_of(segment, block), NULL, (const uint8_t *)bytes + block * BLOCK,
                             BLOCK, NULL, 0, NULL, full, cipher_state.secret->key);
    }
    return out;
}

void cipher_written(uint32_t segment)
{
    for (unsigned stage = 0; stage < STAGES; stage++) {
        if (cipher_state.stage_owner[stage] == segment + 1)
            cipher_state.stage_owner[stage] = 0;
    }
}

void cipher_after_fork(void)
{
    if (cipher_state.on && host_random(&cipher_state.counter, sizeof(cipher_state.counter)) != 0)
        cipher_state.counter ^= (uint64_t)1 << 63; /* the parent will not count that far */
}

int cipher_open(uint32_t segment, uint64_t nonce, uint32_t offset, uint32_t length, void *bytes)
{
    uint8_t *at = bytes;
    for (uint32_t done = 0; done < length; done += BLOCK) {
        uint32_t block = (offset + done) / BLOCK;
        uint8_t full[24];
        make_nonce(nonce, block, full);
        if (sodium_state.decrypt(at + done, NULL, at + done, BLOCK, tag_of(segment, block), NULL, 0, full,
                                 cipher_state.secret->key) != 0)
            return -EIO;
    }
    return 0;
}
#else
void cipher_load(void)
{
}
int cipher_start(void)
{
    return -EOPNOTSUPP;
}
bool cipher_on(void)
{
    return false;
}
const void *cipher_seal(uint32_t segment, const void *bytes, uint64_t *nonce)
{
    (void)segment;
    (void)bytes;
    (void)nonce;
    return NULL;
}
void cipher_written(uint32_t segment)
{
    (void)segment;
}
void cipher_after_fork(void)
{
}
int cipher_open(uint32_t segment, uint64_t nonce, uint32_t offset, uint32_t length, void *bytes)
{
    (void)segment;
    (void)nonce;
    (void)offset;
    (void)length;
    (void)bytes;
    return -EIO;
}
#endif
