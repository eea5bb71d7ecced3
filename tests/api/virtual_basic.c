/* VirtualAlloc, VirtualFree, VirtualProtect, VirtualQuery: the everyday life and the documented refusals. */
#include <windows.h>

#include "check.h"

#include <string.h>

#define FAILS(call, code)                                                                                              \
    do {                                                                                                               \
        SetLastError(0xdead);                                                                                          \
        CHECK(!(call));                                                                                                \
        CHECK_EQ(GetLastError(), code);                                                                                \
    } while (0)

static MEMORY_BASIC_INFORMATION query(const void *at)
{
    MEMORY_BASIC_INFORMATION mbi;
    REQUIRE(VirtualQuery(at, &mbi, sizeof(mbi)) == sizeof(mbi));
    return mbi;
}

static void everyday(void)
{
    char *p = VirtualAlloc(NULL, 100000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    REQUIRE(p);
    CHECK_EQ((UINT_PTR)p % 65536, 0);
    memset(p, 7, 100000);
    CHECK(p[102399] == 0);
    MEMORY_BASIC_INFORMATION mbi = query(p + 5000);
    CHECK(mbi.BaseAddress == p + 4096 && mbi.AllocationBase == p);
    CHECK_EQ(mbi.RegionSize, 102400 - 4096);
    CHECK_EQ(mbi.State, MEM_COMMIT);
    CHECK_EQ(mbi.Protect, PAGE_READWRITE);
    CHECK_EQ(mbi.Type, MEM_PRIVATE);
    DWORD old = 0;
    CHECK(VirtualProtect(p + 8192, 1, PAGE_READONLY, &old));
    CHECK_EQ(old, PAGE_READWRITE);
    CHECK_EQ(query(p).RegionSize, 8192);
    CHECK_EQ(query(p + 8192).RegionSize, 4096);
    CHECK_EQ(query(p + 8192).Protect, PAGE_READONLY);
    CHECK(VirtualFree(p + 4096, 4096, MEM_DECOMMIT));
    mbi = query(p + 4096);
    CHECK(mbi.State == MEM_RESERVE && mbi.Protect == 0 && mbi.AllocationProtect == PAGE_READWRITE);
    CHECK(VirtualAlloc(p + 4096, 4096, MEM_COMMIT, PAGE_READWRITE) == p + 4096);
    CHECK(p[4096] == 0 && p[0] == 7);
    CHECK(VirtualFree(p + 0xfff, 0, MEM_RELEASE));
    mbi = query(p);
    CHECK(mbi.State == MEM_FREE && mbi.Protect == PAGE_NOACCESS && mbi.AllocationBase == NULL && mbi.Type == 0);
    CHECK_EQ(mbi.AllocationProtect, 0);
    FAILS(VirtualFree(p, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
}

static void refused_allocations(void)
{
    FAILS(VirtualAlloc(NULL, (SIZE_T)64 << 40, MEM_RESERVE, PAGE_NOACCESS), ERROR_NOT_ENOUGH_MEMORY);
    FAILS(VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 4096, 0, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 4096, MEM_TOP_DOWN, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 4096, MEM_COMMIT | 0x10, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 4096, MEM_COMMIT, 0), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 4096, MEM_COMMIT, PAGE_READWRITE | PAGE_READONLY), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 4096, MEM_COMMIT, PAGE_WRITECOPY), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 4096, MEM_COMMIT, PAGE_NOACCESS | PAGE_GUARD), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 4096, MEM_WRITE_WATCH | MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc((void *)0x1000, 4096, MEM_RESERVE, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc((void *)0x7FFFFFFF0000, 4096, MEM_RESERVE, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, (SIZE_T)-1, MEM_RESERVE, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAllocEx(NULL, NULL, 4096, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_HANDLE);
}

static void refusals(void)
{
    char *fixed = (char *)0x50000000;
    DWORD old;
    CHECK(VirtualAlloc(fixed + 0x1010, 0x1000, MEM_RESERVE, PAGE_READWRITE) == fixed);
    CHECK_EQ(query(fixed).RegionSize, 0x3000);
    FAILS(VirtualAlloc(fixed + 0x8000, 0x1000, MEM_RESERVE, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    FAILS(VirtualAlloc(fixed + 0x2000, 0x2000, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    CHECK_EQ(query(fixed).State, MEM_RESERVE);
    CHECK_EQ(query(fixed).RegionSize, 0x3000);
    CHECK(VirtualAlloc(fixed + 0x1000, 0x1000, MEM_COMMIT, PAGE_READWRITE) == fixed + 0x1000);
    fixed[0x1000] = 1;
    FAILS(VirtualProtect(fixed, 0x2000, PAGE_READONLY, &old), ERROR_INVALID_ADDRESS);
    FAILS(VirtualProtect(fixed + 0x1000, 0, PAGE_READONLY, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtect(fixed + 0x1000, 1, PAGE_READONLY, NULL), ERROR_NOACCESS);
    FAILS(VirtualProtect(fixed + 0x1000, 1, PAGE_WRITECOPY, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(fixed, 0, 0), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(fixed, 0, MEM_FREE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(fixed, 0, MEM_RELEASE | MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(fixed, 0x3000, MEM_RELEASE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(fixed + 0x1000, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
    FAILS(VirtualFree(fixed + 0x1000, 0x3000, MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
    CHECK(VirtualFree(fixed + 0x2000, 0x1000, MEM_DECOMMIT));
    CHECK(VirtualFree(fixed, 0, MEM_RELEASE));
    CHECK_EQ(query(fixed).State, MEM_FREE);
    CHECK(VirtualAlloc((char *)0x5000FFFF, 0x3000, MEM_RESERVE, PAGE_READWRITE) == fixed);
    CHECK_EQ(query(fixed).RegionSize, 0x13000);
    CHECK(VirtualFree(fixed, 0, MEM_RELEASE));
    MEMORY_BASIC_INFORMATION mbi;
    FAILS(VirtualQuery(fixed, &mbi, 20), ERROR_BAD_LENGTH);
    FAILS(VirtualQuery((void *)0x7FFFFFFF0000, &mbi, sizeof(mbi)), ERROR_INVALID_PARAMETER);
}

static int initialised = 3;

static void whole_walk(void)
{
    char *at = NULL;
    int images = 0, regions = 0, own = 0;
    char local = 0;
    while ((ULONG_PTR)at < 0x7FFFFFFF0000) {
        MEMORY_BASIC_INFORMATION mbi = query(at);
        REQUIRE(mbi.BaseAddress == at && mbi.RegionSize != 0 && mbi.RegionSize % 4096 == 0);
        images += mbi.Type == MEM_IMAGE && mbi.AllocationBase == mbi.BaseAddress;
        own += &local >= at && &local < at + mbi.RegionSize && mbi.State == MEM_COMMIT && mbi.Protect == PAGE_READWRITE;
        regions++;
        at += mbi.RegionSize;
    }
    CHECK(at == (char *)0x7FFFFFFF0000);
    CHECK(images >= 2);
    CHECK(regions > 10);
    CHECK_EQ(own, 1);
    MEMORY_BASIC_INFORMATION code = query((void *)(ULONG_PTR)whole_walk);
    CHECK_EQ(code.Type, MEM_IMAGE);
    CHECK_EQ(code.Protect, PAGE_EXECUTE_READ);
    CHECK_EQ(code.AllocationProtect, PAGE_EXECUTE_WRITECOPY);
    CHECK(query(&initialised).AllocationBase == code.AllocationBase);
}

int main(void)
{
    everyday();
    refused_allocations();
    refusals();
    whole_walk();
    return CHECK_DONE();
}
