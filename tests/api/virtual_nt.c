/* The Nt calls of virtual memory: which parameter a refusal names, and what only they can do. */
#include <windows.h>

#include <ntstatus.h>
#include <winternl.h>

#include "check.h"

#define SELF NtCurrentProcess()
#define PAGE 4096

static NTSTATUS allocate(void *at, ULONG_PTR zero_bits, SIZE_T size, ULONG type, ULONG protect)
{
    PVOID base = at;
    return NtAllocateVirtualMemory(SELF, &base, zero_bits, &size, type, protect);
}

static void refusals(void)
{
    CHECK_EQ(allocate(NULL, 22, PAGE, MEM_COMMIT, PAGE_READWRITE), (NTSTATUS)STATUS_INVALID_PARAMETER_3);
    CHECK_EQ(allocate(NULL, 0, PAGE, 0, PAGE_READWRITE), (NTSTATUS)STATUS_INVALID_PARAMETER_5);
    CHECK_EQ(allocate(NULL, 0, PAGE, MEM_COMMIT | 1, PAGE_READWRITE), (NTSTATUS)STATUS_INVALID_PARAMETER_5);
    CHECK_EQ(allocate(NULL, 0, PAGE, MEM_WRITE_WATCH | MEM_COMMIT, PAGE_READWRITE),
             (NTSTATUS)STATUS_INVALID_PARAMETER_5);
    CHECK_EQ(allocate(NULL, 0, PAGE, MEM_COMMIT, 0), (NTSTATUS)STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQ(allocate((void *)0x7FFFFFFF0000, 0, PAGE, MEM_RESERVE, PAGE_READWRITE),
             (NTSTATUS)STATUS_INVALID_PARAMETER_2);
    CHECK_EQ(allocate((void *)0xFFFF800000000000, 0, PAGE, MEM_RESERVE, PAGE_READWRITE),
             (NTSTATUS)STATUS_INVALID_PARAMETER_2);
    CHECK_EQ(allocate(NULL, 0, 0, MEM_COMMIT, PAGE_READWRITE), (NTSTATUS)STATUS_INVALID_PARAMETER_4);
    CHECK_EQ(allocate(NULL, 0, (SIZE_T)-1, MEM_COMMIT, PAGE_READWRITE), (NTSTATUS)STATUS_INVALID_PARAMETER_4);
    PVOID base = NULL;
    SIZE_T size = PAGE;
    CHECK_EQ(NtAllocateVirtualMemory(NULL, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE),
             (NTSTATUS)STATUS_INVALID_HANDLE);
    CHECK(base == NULL && size == PAGE);
    CHECK_EQ(NtFreeVirtualMemory(SELF, &base, &size, MEM_FREE), (NTSTATUS)STATUS_INVALID_PARAMETER_4);
    base = (void *)0x61230000;
    size = 0;
    CHECK_EQ(NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE), (NTSTATUS)STATUS_MEMORY_NOT_ALLOCATED);
}

static void zero_bits(void)
{
    PVOID base = NULL;
    SIZE_T size = 100;
    REQUIRE(NtAllocateVirtualMemory(SELF, &base, 1, &size, MEM_COMMIT, PAGE_READWRITE) == STATUS_SUCCESS);
    CHECK((ULONG_PTR)base < 0x80000000 && size == PAGE);
    size = 0;
    CHECK_EQ(NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
    CHECK_EQ(size, PAGE);
    base = NULL;
    size = PAGE;
    REQUIRE(NtAllocateVirtualMemory(SELF, &base, 0x3FFFFFFFF, &size, MEM_COMMIT, PAGE_READWRITE) == STATUS_SUCCESS);
    CHECK((ULONG_PTR)base <= 0x3FFFFFFFF);
    size = 0;
    CHECK_EQ(NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
}

/* A part of a private region can be released: two regions are left. */
static void partial_release(void)
{
    PVOID base = NULL;
    SIZE_T size = 16 * PAGE;
    MEMORY_BASIC_INFORMATION mbi;
    REQUIRE(NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == STATUS_SUCCESS);
    char *p = base;
    p[0] = 1;
    p[10 * PAGE] = 2;
    PVOID middle = p + 4 * PAGE;
    size = 2 * PAGE;
    CHECK_EQ(NtFreeVirtualMemory(SELF, &middle, &size, MEM_RELEASE), STATUS_SUCCESS);
    CHECK(VirtualQuery(p + 4 * PAGE, &mbi, sizeof(mbi)) && mbi.State == MEM_FREE && mbi.RegionSize == 2 * PAGE);
    CHECK(VirtualQuery(p, &mbi, sizeof(mbi)) && mbi.RegionSize == 4 * PAGE && mbi.AllocationBase == p);
    CHECK(VirtualQuery(p + 10 * PAGE, &mbi, sizeof(mbi)) && mbi.AllocationBase == p + 6 * PAGE);
    CHECK(p[0] == 1 && p[10 * PAGE] == 2);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
    CHECK(VirtualFree(p + 6 * PAGE, 0, MEM_RELEASE));
}

static void protect(void)
{
    PVOID base = NULL;
    SIZE_T size = 4 * PAGE;
    ULONG old = 99;
    REQUIRE(NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE) == STATUS_SUCCESS);
    size = PAGE;
    CHECK_EQ(NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, &old), (NTSTATUS)STATUS_NOT_COMMITTED);
    CHECK_EQ(NtProtectVirtualMemory(SELF, &base, &size, 3, &old), (NTSTATUS)STATUS_INVALID_PAGE_PROTECTION);
    size = 5 * PAGE;
    CHECK_EQ(NtProtectVirtualMemory(SELF, &base, &size, PAGE_READONLY, &old), (NTSTATUS)STATUS_CONFLICTING_ADDRESSES);
    CHECK_EQ(old, 99);
    size = PAGE;
    REQUIRE(NtAllocateVirtualMemory(SELF, &base, 0, &size, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD) == STATUS_SUCCESS);
    PVOID inside = (char *)base + 100;
    size = 1;
    CHECK_EQ(NtProtectVirtualMemory(SELF, &inside, &size, PAGE_READONLY, &old), STATUS_SUCCESS);
    CHECK(inside == base && size == PAGE && old == (PAGE_READWRITE | PAGE_GUARD));
    size = 0;
    CHECK_EQ(NtFreeVirtualMemory(SELF, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
}

int main(void)
{
    refusals();
    zero_bits();
    partial_release();
    protect();
    return CHECK_DONE();
}
