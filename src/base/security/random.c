/* random.c: random bytes under the three names that Windows programs know. Calls the kernel only. */
#define WIN32_NO_STATUS
#include <windef.h>

#include <bcrypt.h>
#include <errno.h>
#include <ntsecapi.h>
#include <ntstatus.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/random.h>

static bool fill(void *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom((char *)to + done, size - done, 0);
        if (got < 0 && errno != EINTR)
            return false;
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

NTSTATUS BCryptGenRandom(BCRYPT_ALG_HANDLE algorithm, PUCHAR buffer, ULONG size, ULONG flags)
{
    if (algorithm || !(flags & BCRYPT_USE_SYSTEM_PREFERRED_RNG))
        return STATUS_INVALID_HANDLE;
    if (!buffer || (flags & ~(ULONG)(BCRYPT_USE_SYSTEM_PREFERRED_RNG | BCRYPT_RNG_USE_ENTROPY_IN_BUFFER)))
        return STATUS_INVALID_PARAMETER;
    return fill(buffer, size) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

BOOLEAN RtlGenRandom(PVOID buffer, ULONG size)
{
    return fill(buffer, size);
}

int rand_s(unsigned *value)
{
    if (!value)
        return errno = EINVAL;
    return fill(value, sizeof *value) ? 0 : (errno = ENOMEM);
}
