/* memorycallback.c: secured-memory callbacks come and go; bad-memory notification is refused honestly. */
#include <windows.h>

#include "check.h"

static BOOLEAN secure(PVOID address, SIZE_T range)
{
    (void)address;
    (void)range;
    return TRUE;
}

static void bad(void)
{
}

int main(void)
{
    SetLastError(99);
    CHECK(AddSecureMemoryCacheCallback(secure) && AddSecureMemoryCacheCallback(secure));
    CHECK_EQ(GetLastError(), 99);
    CHECK(RemoveSecureMemoryCacheCallback(secure) && RemoveSecureMemoryCacheCallback(secure));
    CHECK(!RemoveSecureMemoryCacheCallback(secure));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!AddSecureMemoryCacheCallback(NULL));
    CHECK(RegisterBadMemoryNotification(bad) == NULL);
    CHECK_EQ(GetLastError(), ERROR_NOT_SUPPORTED);
    CHECK(!UnregisterBadMemoryNotification((PVOID)8));
    return CHECK_DONE();
}
