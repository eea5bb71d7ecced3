/* crypt.c: the oldest way to random bytes: a provider that is opened, asked and closed. Sets the last error. */
#include <sys/random.h>
#include <wincrypt.h>
#include <winerror.h>

#include "win32/win32.h"

/* Every provider is the kernel; no keys are kept, so none is looked for. */
static char provider;

static BOOL acquire(HCRYPTPROV *to, DWORD type, DWORD flags)
{
    if (!to)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (flags & ~(DWORD)(CRYPT_VERIFYCONTEXT | CRYPT_NEWKEYSET | CRYPT_MACHINE_KEYSET | CRYPT_SILENT))
        return win32_error((DWORD)NTE_BAD_FLAGS);
    if (type == 0)
        return win32_error((DWORD)NTE_BAD_PROV_TYPE);
    if (type != PROV_RSA_FULL && type != PROV_RSA_AES)
        return win32_error((DWORD)NTE_PROV_TYPE_NOT_DEF);
    *to = (HCRYPTPROV)&provider;
    return TRUE;
}

BOOL CryptAcquireContextA(HCRYPTPROV *to, LPCSTR container, LPCSTR name, DWORD type, DWORD flags)
{
    (void)container, (void)name;
    return acquire(to, type, flags);
}

BOOL CryptAcquireContextW(HCRYPTPROV *to, LPCWSTR container, LPCWSTR name, DWORD type, DWORD flags)
{
    (void)container, (void)name;
    return acquire(to, type, flags);
}

BOOL CryptGenRandom(HCRYPTPROV from, DWORD size, BYTE *buffer)
{
    if (from != (HCRYPTPROV)&provider)
        return win32_error(ERROR_INVALID_PARAMETER);
    for (DWORD done = 0; done < size;) {
        ssize_t got = getrandom(buffer + done, size - done, 0);
        done += got > 0 ? (DWORD)got : 0;
    }
    return TRUE;
}

BOOL CryptReleaseContext(HCRYPTPROV from, DWORD flags)
{
    if (from != (HCRYPTPROV)&provider)
        return win32_error(ERROR_INVALID_PARAMETER);
    return flags ? win32_error((DWORD)NTE_BAD_FLAGS) : TRUE;
}
