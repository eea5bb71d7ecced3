/* VirtualAlloc2: address requirements, placeholders split, joined and replaced. */
#include <windows.h>

#include "check.h"

#define FAILS(call, code)                                                                                              \
    do {                                                                                                               \
        SetLastError(0xdead);                                                                                          \
        CHECK(!(call));                                                                                                \
        CHECK_EQ(GetLastError(), code);                                                                                \
    } while (0)
#define GRANULE 0x10000

static void *required(void *low, void *high, SIZE_T alignment, SIZE_T size, void *base)
{
    MEM_ADDRESS_REQUIREMENTS wish = {low, high, alignment};
    MEM_EXTENDED_PARAMETER parameter = {.Type = MemExtendedParameterAddressRequirements, .Pointer = &wish};
    return VirtualAlloc2(NULL, base, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE, &parameter, 1);
}

static void requirements(void)
{
    char *p = required(NULL, NULL, 1 << 24, 4096, NULL);
    CHECK(p && (ULONG_PTR)p % (1 << 24) == 0);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    p = required(NULL, (void *)0x7FFFFFFF, 0, 1 << 20, NULL);
    CHECK(p && (ULONG_PTR)p + (1 << 20) <= 0x80000000 && (ULONG_PTR)p % GRANULE == 0);
    p[0] = p[(1 << 20) - 1] = 1;
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    p = required((void *)0x40000000, (void *)0x4FFFFFFF, 1 << 20, 4096, NULL);
    CHECK(p && (ULONG_PTR)p >= 0x40000000 && (ULONG_PTR)p < 0x50000000 && (ULONG_PTR)p % (1 << 20) == 0);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    FAILS(required(NULL, NULL, 0x8000, 4096, NULL), ERROR_INVALID_PARAMETER);
    FAILS(required(NULL, NULL, 0x30000, 4096, NULL), ERROR_INVALID_PARAMETER);
    FAILS(required(NULL, (void *)0x7FFFFFF0, 0, 4096, NULL), ERROR_INVALID_PARAMETER);
    FAILS(required((void *)0x1000, NULL, 0, 4096, NULL), ERROR_INVALID_PARAMETER);
    FAILS(required(NULL, (void *)0x7FFFFFFF, 0, 4096, (void *)0x50000000), ERROR_INVALID_PARAMETER);
    FAILS(required((void *)0x50000000, (void *)0x5000FFFF, 0, 0x11000, NULL), ERROR_NOT_ENOUGH_MEMORY);
    FAILS(VirtualAlloc2(NULL, NULL, 4096, MEM_RESERVE, PAGE_READWRITE, NULL, 1), ERROR_INVALID_PARAMETER);
    MEM_EXTENDED_PARAMETER node = {.Type = MemExtendedParameterNumaNode, .Reserved = 1};
    FAILS(VirtualAlloc2(NULL, NULL, 4096, MEM_RESERVE, PAGE_READWRITE, &node, 1), ERROR_INVALID_PARAMETER);
    node.Reserved = 0;
    p = VirtualAlloc2(NULL, NULL, 4096, MEM_RESERVE, PAGE_READWRITE, &node, 1);
    CHECK(p && VirtualFree(p, 0, MEM_RELEASE));
    p = VirtualAlloc2(NULL, NULL, 4096, MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE, NULL, 0);
    CHECK(p != NULL);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

static MEMORY_BASIC_INFORMATION query(const void *at)
{
    MEMORY_BASIC_INFORMATION mbi;
    REQUIRE(VirtualQuery(at, &mbi, sizeof(mbi)) == sizeof(mbi));
    return mbi;
}

static void placeholders(void)
{
    const ULONG reserve = MEM_RESERVE | MEM_RESERVE_PLACEHOLDER;
    const ULONG preserve = MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER;
    const ULONG coalesce = MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS;
    const ULONG replace = MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER;
    FAILS(VirtualAlloc2(NULL, NULL, 4 * GRANULE, reserve, PAGE_READWRITE, NULL, 0), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc2(NULL, NULL, 4 * GRANULE, MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS, NULL, 0),
          ERROR_INVALID_PARAMETER);
    char *p = VirtualAlloc2(NULL, NULL, 4 * GRANULE, reserve, PAGE_NOACCESS, NULL, 0);
    REQUIRE(p);
    MEMORY_BASIC_INFORMATION mbi = query(p);
    CHECK(mbi.State == MEM_RESERVE && mbi.RegionSize == 4 * GRANULE && mbi.AllocationProtect == PAGE_NOACCESS);
    FAILS(VirtualAlloc(p, 4096, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    FAILS(VirtualFree(p, 4 * GRANULE, preserve), ERROR_INVALID_ADDRESS);
    FAILS(VirtualFree(p, 0, preserve), ERROR_INVALID_PARAMETER);
    FAILS(VirtualFree(p, 4 * GRANULE, MEM_COALESCE_PLACEHOLDERS), ERROR_INVALID_PARAMETER);
    CHECK(VirtualFree(p + 0x1000, 0x2000, preserve)); /* page-aligned pieces */
    CHECK(query(p).RegionSize == 0x1000 && query(p + 0x1000).AllocationBase == p + 0x1000);
    CHECK(query(p + 0x3000).AllocationBase == p + 0x3000);
    FAILS(VirtualAlloc2(NULL, p, GRANULE, replace, PAGE_READWRITE, NULL, 0), ERROR_INVALID_ADDRESS);
    CHECK(VirtualAlloc2(NULL, p + 0x1000, 0x2000, replace, PAGE_READWRITE, NULL, 0) == p + 0x1000);
    p[0x1000] = 1;
    FAILS(VirtualFree(p, 4 * GRANULE, coalesce), ERROR_INVALID_ADDRESS);
    CHECK(VirtualFree(p + 0x1000, 0x2000, preserve));
    CHECK_EQ(query(p + 0x1000).State, MEM_RESERVE);
    FAILS(VirtualFree(p, 0x3000 + 0x1000, coalesce), ERROR_INVALID_ADDRESS);
    CHECK(VirtualFree(p, 4 * GRANULE, coalesce));
    CHECK_EQ(query(p).RegionSize, 4 * GRANULE);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    CHECK_EQ(query(p).State, MEM_FREE);
}

int main(void)
{
    requirements();
    placeholders();
    return CHECK_DONE();
}
