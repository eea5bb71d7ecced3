/* protect_memory.c: secrets kept encrypted in memory by CryptProtectMemory: there and back at any place and size,
 * blocks that depend on those before them, refused arguments, threads that meet at the first call. Builds with
 * mingw-w64 as well. */
#include <windows.h>

#include <string.h>
#include <wincrypt.h>

#include "../check.h"

#define BLOCK CRYPTPROTECTMEMORY_BLOCK_SIZE

static DWORD WINAPI first(void *secret)
{
    return (DWORD)CryptProtectMemory(secret, BLOCK, CRYPTPROTECTMEMORY_SAME_PROCESS);
}

/* One key, whoever came first: what was the same is the same. */
static void threads(void)
{
    enum { COUNT = 4 };
    char secret[COUNT][BLOCK] = {{0}};
    HANDLE thread[COUNT];
    for (int i = 0; i < COUNT; i++)
        thread[i] = CreateThread(NULL, 0, first, secret[i], 0, NULL);
    CHECK_EQ(WaitForMultipleObjects(COUNT, thread, TRUE, INFINITE), WAIT_OBJECT_0);
    for (int i = 0; i < COUNT; i++) {
        DWORD code = 0;
        CHECK(GetExitCodeThread(thread[i], &code) && code == TRUE);
        CHECK(!memcmp(secret[0], secret[i], BLOCK));
        CloseHandle(thread[i]);
    }
    CHECK(CryptUnprotectMemory(secret[1], BLOCK, CRYPTPROTECTMEMORY_SAME_PROCESS));
    CHECK(!memcmp(secret[1], (char[BLOCK]){0}, BLOCK));
}

static void there_and_back(void)
{
    static char memory[4200], before[sizeof memory];
    for (size_t i = 0; i < sizeof memory; i++)
        before[i] = memory[i] = (char)(i * 7);
    for (DWORD place = 0; place < 3; place++)
        for (DWORD size = 0; size <= 4096; size = size ? size * 4 : BLOCK) {
            SetLastError(77);
            CHECK(CryptProtectMemory(memory + place, size, CRYPTPROTECTMEMORY_SAME_PROCESS));
            for (DWORD at = 0; at < size; at += BLOCK)
                CHECK(memcmp(memory + place + at, before + place + at, BLOCK) != 0);
            CHECK(!memcmp(memory, before, place)); /* not a byte around it */
            CHECK(!memcmp(memory + place + size, before + place + size, sizeof memory - place - size));
            CHECK(CryptUnprotectMemory(memory + place, size, CRYPTPROTECTMEMORY_SAME_PROCESS));
            CHECK(!memcmp(memory, before, sizeof memory));
#ifndef _WIN32
            CHECK_EQ(GetLastError(), 77);
#endif
        }
}

static void refused(void)
{
    char memory[2 * BLOCK] = "a secret", before[sizeof memory];
    memcpy(before, memory, sizeof memory);
    SetLastError(0);
    CHECK(!CryptProtectMemory(memory, BLOCK - 1, CRYPTPROTECTMEMORY_SAME_PROCESS));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    CHECK(!CryptUnprotectMemory(memory, BLOCK + 8, CRYPTPROTECTMEMORY_SAME_PROCESS));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
#ifndef _WIN32 /* docs/differences.md */
    SetLastError(0);
    CHECK(!CryptProtectMemory(memory, BLOCK, 0x100));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    for (DWORD flags = CRYPTPROTECTMEMORY_CROSS_PROCESS; flags <= CRYPTPROTECTMEMORY_SAME_LOGON; flags++) {
        SetLastError(0);
        CHECK(!CryptProtectMemory(memory, BLOCK, flags) && GetLastError() == ERROR_NOT_SUPPORTED);
        SetLastError(0);
        CHECK(!CryptUnprotectMemory(memory, BLOCK, flags) && GetLastError() == ERROR_NOT_SUPPORTED);
    }
#endif
    CHECK(!memcmp(memory, before, sizeof memory));
}

/* Two equal blocks do not show that they are. */
static void chained(void)
{
    char memory[4 * BLOCK] = {0};
    CHECK(CryptProtectMemory(memory, sizeof memory, CRYPTPROTECTMEMORY_SAME_PROCESS));
    CHECK(memcmp(memory, memory + BLOCK, BLOCK) != 0);
    CHECK(memcmp(memory + BLOCK, memory + 2 * (size_t)BLOCK, BLOCK) != 0);
}

int main(void)
{
#ifndef _WIN32
    if (!__builtin_cpu_supports("aes"))
        SKIP("no AES instructions");
#endif
    threads();
    there_and_back();
    refused();
    chained();
    return CHECK_DONE();
}
