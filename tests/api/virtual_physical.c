/* Address windowing and large pages: what is seen through a window, and the refusals. */
#include <windows.h>

#include "check.h"

#define FAILS(call, code)                                                                                              \
    do {                                                                                                               \
        SetLastError(0xdead);                                                                                          \
        CHECK(!(call));                                                                                                \
        CHECK_EQ(GetLastError(), code);                                                                                \
    } while (0)
#define PAGE 4096

static void refusals(void)
{
    FAILS(VirtualAlloc(NULL, 16 * PAGE, MEM_PHYSICAL | MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
          ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, 16 * PAGE, MEM_PHYSICAL | MEM_RESERVE, PAGE_READONLY), ERROR_INVALID_PARAMETER);
    SIZE_T large = GetLargePageMinimum();
    if (large == 0)
        return;
    FAILS(VirtualAlloc(NULL, large, MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    FAILS(VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE),
          ERROR_INVALID_PARAMETER);
    char *p = VirtualAlloc(NULL, large, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE);
    if (p) {
        CHECK_EQ((ULONG_PTR)p % large, 0);
        p[large - 1] = 1;
        FAILS(VirtualFree(p, PAGE, MEM_DECOMMIT), ERROR_INVALID_PARAMETER);
        CHECK(VirtualFree(p, 0, MEM_RELEASE));
    } else {
        CHECK(GetLastError() == ERROR_PRIVILEGE_NOT_HELD || GetLastError() == ERROR_NO_SYSTEM_RESOURCES);
    }
}

int main(void)
{
    ULONG_PTR numbers[32], count = 32, reversed[2];
    refusals();
    if (!AllocateUserPhysicalPages(GetCurrentProcess(), &count, numbers)) {
        CHECK_EQ(GetLastError(), ERROR_PRIVILEGE_NOT_HELD);
        SKIP("no right to lock memory");
    }
    REQUIRE(count == 32);
    char *window = VirtualAlloc(NULL, 16 * PAGE, MEM_PHYSICAL | MEM_RESERVE, PAGE_READWRITE);
    char *other = VirtualAlloc(NULL, 16 * PAGE, MEM_PHYSICAL | MEM_RESERVE, PAGE_READWRITE);
    REQUIRE(window && other);
    FAILS(VirtualAlloc(window, PAGE, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    CHECK(MapUserPhysicalPages(window, 16, numbers));
    for (int i = 0; i < 16; i++)
        window[i * PAGE] = (char)(i + 1);
    FAILS(MapUserPhysicalPages(other, 1, numbers), ERROR_INVALID_PARAMETER); /* mapped in the first window */
    CHECK(MapUserPhysicalPages(window, 16, numbers + 16));
    CHECK_EQ(window[0], 0);
    window[0] = 77;
    CHECK(MapUserPhysicalPages(other, 16, numbers));
    CHECK(other[0] == 1 && other[15 * PAGE] == 16);
    reversed[0] = numbers[1];
    reversed[1] = numbers[0];
    CHECK(MapUserPhysicalPages(other, 2, reversed));
    CHECK(other[0] == 2 && other[PAGE] == 1 && other[2 * PAGE] == 3);
    reversed[1] = numbers[1];
    FAILS(MapUserPhysicalPages(other, 2, reversed), ERROR_INVALID_PARAMETER); /* twice the same */
    CHECK(other[PAGE] == 1);
    PVOID at[2] = {other + 3 * PAGE, other + 5 * PAGE};
    CHECK(MapUserPhysicalPagesScatter(at, 2, NULL));
    MEMORY_BASIC_INFORMATION mbi;
    CHECK(VirtualQuery(other + 3 * PAGE, &mbi, sizeof(mbi)) && mbi.State == MEM_RESERVE);
    CHECK(VirtualQuery(other + 4 * PAGE, &mbi, sizeof(mbi)) && mbi.State == MEM_COMMIT);
    ULONG_PTR two[2] = {numbers[5], numbers[3]};
    CHECK(MapUserPhysicalPagesScatter(at, 2, two));
    CHECK(other[3 * PAGE] == 6 && other[5 * PAGE] == 4);
    CHECK(MapUserPhysicalPages(other, 16, NULL));
    CHECK(VirtualFree(window, 0, MEM_RELEASE));
    CHECK(MapUserPhysicalPages(other, 1, numbers + 16)); /* a closed window gives its frames back */
    CHECK_EQ(other[0], 77);
    count = 32;
    CHECK(FreeUserPhysicalPages(GetCurrentProcess(), &count, numbers));
    CHECK_EQ(count, 32);
    CHECK(VirtualQuery(other, &mbi, sizeof(mbi)) && mbi.State == MEM_RESERVE);
    FAILS(FreeUserPhysicalPages(GetCurrentProcess(), &count, numbers), ERROR_INVALID_PARAMETER);
    CHECK_EQ(count, 0);
    CHECK(VirtualFree(other, 0, MEM_RELEASE));
    return CHECK_DONE();
}
