/* wincrypt.h: random bytes by a provider and what dpapi.h has, which is all of this header that is here. */
#ifndef WINMEM_WINCRYPT_H
#define WINMEM_WINCRYPT_H

#include "dpapi.h"
#include "windef.h"

#define PROV_RSA_FULL 1
#define PROV_RSA_AES 24
#define CRYPT_VERIFYCONTEXT 0xF0000000
#define CRYPT_NEWKEYSET 0x00000008
#define CRYPT_MACHINE_KEYSET 0x00000020
#define CRYPT_SILENT 0x00000040
#define MS_DEF_PROV_A "Microsoft Base Cryptographic Provider v1.0"
#define MS_ENHANCED_PROV_A "Microsoft Enhanced Cryptographic Provider v1.0"
#define MS_DEF_PROV TEXT("Microsoft Base Cryptographic Provider v1.0")
#define MS_ENHANCED_PROV TEXT("Microsoft Enhanced Cryptographic Provider v1.0")
#ifndef NTE_BAD_FLAGS
#define NTE_BAD_FLAGS ((HRESULT)0x80090009)
#define NTE_BAD_PROV_TYPE ((HRESULT)0x80090014)
#define NTE_BAD_KEYSET ((HRESULT)0x80090016)
#define NTE_PROV_TYPE_NOT_DEF ((HRESULT)0x80090017)
#endif
typedef ULONG_PTR HCRYPTPROV;

WINMEM_BEGIN_DECLS
WINADVAPI BOOL WINAPI CryptAcquireContextA(HCRYPTPROV *phProv, LPCSTR szContainer, LPCSTR szProvider, DWORD dwProvType,
                                           DWORD dwFlags);
WINADVAPI BOOL WINAPI CryptAcquireContextW(HCRYPTPROV *phProv, LPCWSTR szContainer, LPCWSTR szProvider, DWORD dwProvType,
                                           DWORD dwFlags);
/* Random bytes of the kernel. Thread-safe. */
WINADVAPI BOOL WINAPI CryptGenRandom(HCRYPTPROV hProv, DWORD dwLen, BYTE *pbBuffer);
WINADVAPI BOOL WINAPI CryptReleaseContext(HCRYPTPROV hProv, DWORD dwFlags);
WINMEM_END_DECLS
#ifdef UNICODE
#define CryptAcquireContext CryptAcquireContextW
#else
#define CryptAcquireContext CryptAcquireContextA
#endif

#endif
