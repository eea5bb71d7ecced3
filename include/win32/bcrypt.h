/* bcrypt.h: random bytes, which is all of Windows' cryptography that is here. */
#ifndef WINMEM_BCRYPT_H
#define WINMEM_BCRYPT_H

#include "windef.h"

#define BCRYPT_RNG_USE_ENTROPY_IN_BUFFER 0x1
#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 0x2
#ifndef BCRYPT_SUCCESS
#define BCRYPT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)
#endif
typedef PVOID BCRYPT_HANDLE;
typedef PVOID BCRYPT_ALG_HANDLE;

WINMEM_BEGIN_DECLS
/* Random bytes of the kernel. Needs BCRYPT_USE_SYSTEM_PREFERRED_RNG and no algorithm: there are no providers here.
 * Thread-safe, async-signal-safe. */
WINBASEAPI NTSTATUS WINAPI BCryptGenRandom(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer,
                                           ULONG dwFlags);
WINMEM_END_DECLS

#endif
