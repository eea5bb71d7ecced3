/* conform.h: what the conformance tests share. STATUS: an Nt call answers that status. FAILS: a Win32 call fails and
 * sets exactly that error. WORKS: it succeeds and leaves the last error alone. */
#ifndef WINMEM_TESTS_CONFORM_H
#define WINMEM_TESTS_CONFORM_H

#include <windows.h>
#include <ntstatus.h>
#include <winternl.h>

#include "check.h"

#define SELF ((HANDLE)(LONG_PTR)-1)
#define NOBODY ((HANDLE)(ULONG_PTR)0xdead0)
#define AT(address) ((void *)(ULONG_PTR)(address))
#define UNTOUCHED 0xdeadbeefu

#define STATUS(call, want) CHECK_EQ((ULONG)(call), (ULONG)(want))

#define FAILS(call, code)                                                                                              \
    do {                                                                                                               \
        SetLastError(UNTOUCHED);                                                                                       \
        int conform_true = (call) != 0;                                                                                \
        DWORD conform_error = GetLastError();                                                                          \
        CHECK(!conform_true && #call);                                                                                 \
        CHECK_EQ(conform_error, code);                                                                                 \
    } while (0)

#define WORKS(call)                                                                                                    \
    do {                                                                                                               \
        SetLastError(UNTOUCHED);                                                                                       \
        int conform_true = (call) != 0;                                                                                \
        DWORD conform_error = GetLastError();                                                                          \
        CHECK(conform_true &&#call);                                                                                   \
        CHECK_EQ(conform_error, UNTOUCHED);                                                                            \
    } while (0)

static inline MEMORY_BASIC_INFORMATION conform_query(const void *at)
{
    MEMORY_BASIC_INFORMATION mbi;
    REQUIRE(VirtualQuery(at, &mbi, sizeof(mbi)) == sizeof(mbi));
    return mbi;
}

#endif
