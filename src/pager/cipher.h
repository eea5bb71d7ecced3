/* cipher.h: what goes to the paging file may be encrypted: XChaCha20-Poly1305 over blocks of 4096 bytes, tags and key
 * in memory only (the key locked there and left out of dumps), a fresh nonce for every write of a segment. */
#ifndef WINMEM_PAGER_CIPHER_H
#define WINMEM_PAGER_CIPHER_H

#include <stdbool.h>
#include <stdint.h>

/* Lock W. 0, or -EOPNOTSUPP: built without the library. */
/* Loads the library that encrypts when the option is set: for programs that set it after the start. Allocates. */
void cipher_load(void);
int cipher_start(void);
bool cipher_on(void);
/* Lock W. The segment encrypted, in a buffer that is its own until cipher_written; NULL: all are in use. */
const void *cipher_seal(uint32_t segment, const void *bytes, uint64_t *nonce);
void cipher_written(uint32_t segment);
/* After fork, in the child, which has the same key: its nonces come from elsewhere. */
void cipher_after_fork(void);
/* Any thread. Decrypts blocks in place; -EIO when they are not what was written. */
int cipher_open(uint32_t segment, uint64_t nonce, uint32_t offset, uint32_t length, void *bytes);

#endif
