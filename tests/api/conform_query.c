/* conform_query.c: VirtualQuery, VirtualProtect and NtQueryVirtualMemory: which error, in which order of checks, at the
 * ends of the address space, and what each class of information says. */
#include "conform.h"

#include <psapi.h>
#include <stddef.h>
#include <string.h>

#define PAGE 0x1000
#define GRANULE 0x10000
#define KERNEL AT(0xffff800000000000ull)

static void ends_of_the_space(void)
{
    MEMORY_BASIC_INFORMATION mbi;
    memset(&mbi, 0x77, sizeof mbi);
    FAILS(VirtualQuery(KERNEL, &mbi, sizeof mbi), ERROR_INVALID_PARAMETER);
    FAILS(VirtualQuery(AT(0x7fffffff0000), &mbi, sizeof mbi), ERROR_INVALID_PARAMETER);
    FAILS(VirtualQuery(NULL, &mbi, sizeof mbi - 1), ERROR_BAD_LENGTH);
    FAILS(VirtualQuery(NULL, &mbi, 0), ERROR_BAD_LENGTH);
    FAILS(VirtualQuery(NULL, NULL, sizeof mbi), ERROR_NOACCESS);
    FAILS(VirtualQueryEx(NULL, NULL, &mbi, sizeof mbi), ERROR_INVALID_HANDLE);
    CHECK_EQ(*(unsigned char *)&mbi, 0x77);
    WORKS(VirtualQuery(AT(0x7ffffffeffff), &mbi, sizeof mbi + 100) == sizeof mbi);
    CHECK_EQ((ULONG_PTR)mbi.BaseAddress + mbi.RegionSize, 0x7fffffff0000);
    WORKS(VirtualQuery(NULL, &mbi, sizeof mbi));
    CHECK(!mbi.BaseAddress && !mbi.AllocationBase && !mbi.AllocationProtect && !mbi.Type);
    CHECK(mbi.Protect == PAGE_NOACCESS && mbi.State == MEM_FREE);
}

static void order_of_checks(void)
{
    MEMORY_BASIC_INFORMATION mbi;
    SIZE_T length = 7;
    char name[600];
    STATUS(NtQueryVirtualMemory(SELF, NULL, (MEMORY_INFORMATION_CLASS)99, &mbi, sizeof mbi, &length),
           STATUS_INVALID_INFO_CLASS);
    STATUS(NtQueryVirtualMemory(NOBODY, NULL, (MEMORY_INFORMATION_CLASS)99, &mbi, sizeof mbi, &length),
           STATUS_INVALID_INFO_CLASS);
    STATUS(NtQueryVirtualMemory(NOBODY, NULL, MemoryBasicInformation, &mbi, 1, &length), STATUS_INFO_LENGTH_MISMATCH);
    STATUS(NtQueryVirtualMemory(NOBODY, NULL, MemoryBasicInformation, &mbi, sizeof mbi, &length),
           STATUS_INVALID_HANDLE);
    STATUS(NtQueryVirtualMemory(SELF, KERNEL, MemoryBasicInformation, &mbi, sizeof mbi, &length),
           STATUS_INVALID_PARAMETER);
    STATUS(NtQueryVirtualMemory(SELF, NULL, MemoryBasicInformation, AT(1), sizeof mbi, &length),
           STATUS_ACCESS_VIOLATION);
    STATUS(NtQueryVirtualMemory(SELF, NULL, MemoryRegionInformation, &mbi, sizeof mbi, &length),
           STATUS_INVALID_ADDRESS);
    STATUS(NtQueryVirtualMemory(SELF, NULL, MemoryMappedFilenameInformation, name, sizeof name, &length),
           STATUS_INVALID_ADDRESS);
    STATUS(NtQueryVirtualMemory(SELF, KERNEL, MemoryMappedFilenameInformation, name, sizeof name, &length),
           STATUS_INVALID_PARAMETER);
    STATUS(NtQueryVirtualMemory(SELF, NULL, MemoryMappedFilenameInformation, name, 8, &length), STATUS_INVALID_ADDRESS);
    CHECK_EQ(length, 7);
    FAILS(GetMappedFileNameA(SELF, NULL, name, sizeof name), ERROR_UNEXP_NET_ERR);
    FAILS(GetMappedFileNameA(SELF, KERNEL, name, sizeof name), ERROR_INVALID_PARAMETER);
    FAILS(GetMappedFileNameA(NULL, NULL, name, sizeof name), ERROR_INVALID_HANDLE);
    FAILS(GetMappedFileNameA(SELF, NULL, name, 0), ERROR_INSUFFICIENT_BUFFER);
}

static void regions(void)
{
    MEMORY_REGION_INFORMATION region;
    SIZE_T length = 0;
    const SIZE_T shortest = offsetof(MEMORY_REGION_INFORMATION, CommitSize);
    char *p = VirtualAlloc(NULL, 4 * GRANULE, MEM_RESERVE, PAGE_READWRITE | PAGE_GUARD);
    REQUIRE(p && VirtualAlloc(p + GRANULE, GRANULE, MEM_COMMIT, PAGE_READONLY));
    STATUS(NtQueryVirtualMemory(SELF, p + 3 * GRANULE + 5, MemoryRegionInformation, &region, sizeof region, &length),
           STATUS_SUCCESS);
    CHECK(region.AllocationBase == p && region.AllocationProtect == (PAGE_READWRITE | PAGE_GUARD));
    CHECK(region.RegionSize == 4 * GRANULE && region.CommitSize == GRANULE && region.RegionType == 1);
    CHECK(region.PartitionId == 0 && length == sizeof region);
    memset(&region, 0x55, sizeof region);
    STATUS(NtQueryVirtualMemory(SELF, p, MemoryRegionInformation, &region, shortest, &length), STATUS_SUCCESS);
    CHECK(length == shortest && region.CommitSize == 0x5555555555555555);
    STATUS(NtQueryVirtualMemory(SELF, p, MemoryRegionInformation, &region, shortest - 1, &length),
           STATUS_INFO_LENGTH_MISMATCH);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

static void views_and_images(void)
{
    MEMORY_REGION_INFORMATION region;
    MEMORY_IMAGE_INFORMATION image;
    SIZE_T length;
    char name[600];
    PVOID code = (PVOID)(ULONG_PTR)views_and_images;
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, GRANULE, NULL);
    PVOID view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    REQUIRE(view);
    STATUS(NtQueryVirtualMemory(SELF, view, MemoryRegionInformation, &region, sizeof region, &length), STATUS_SUCCESS);
    CHECK(region.MappedPageFile && !region.MappedDataFile && !region.Private && !region.MappedImage);
    CHECK(region.RegionSize == GRANULE && region.CommitSize == GRANULE && region.AllocationProtect == PAGE_READONLY);
    STATUS(NtQueryVirtualMemory(SELF, view, MemoryMappedFilenameInformation, name, sizeof name, &length),
           STATUS_FILE_INVALID);
    STATUS(NtQueryVirtualMemory(SELF, view, MemoryImageInformation, &image, sizeof image, &length),
           STATUS_INVALID_ADDRESS);
    STATUS(NtQueryVirtualMemory(SELF, code, MemoryImageInformation, &image, sizeof image, &length), STATUS_SUCCESS);
    CHECK((ULONG_PTR)code - (ULONG_PTR)image.ImageBase < image.SizeOfImage);
    STATUS(NtQueryVirtualMemory(SELF, code, MemoryMappedFilenameInformation, name, 20, &length),
           STATUS_BUFFER_OVERFLOW);
    CHECK(length > 20);
    const SIZE_T needed = length;
    length = 0;
    STATUS(NtQueryVirtualMemory(SELF, code, MemoryMappedFilenameInformation, NULL, 0, &length),
           STATUS_INFO_LENGTH_MISMATCH);
    CHECK_EQ(length, needed);
    FAILS(GetMappedFileNameA(SELF, view, name, sizeof name), ERROR_FILE_INVALID);
    CHECK(UnmapViewOfFile(view) && CloseHandle(section));
}

/* As QueryWorkingSetEx: whole entries only. */
static void working_set_entries(void)
{
    struct {
        MEMORY_WORKING_SET_EX_INFORMATION entry;
        ULONG_PTR behind;
    } answer = {.entry = {.VirtualAddress = &answer}, .behind = 5};
    SIZE_T length = 0;
    STATUS(NtQueryVirtualMemory(SELF, NULL, MemoryWorkingSetExInformation, &answer, sizeof answer, &length),
           STATUS_SUCCESS);
    CHECK(length == sizeof answer.entry && answer.behind == 5);
    CHECK(answer.entry.VirtualAttributes.Valid);
    STATUS(NtQueryVirtualMemory(SELF, NULL, MemoryWorkingSetExInformation, &answer, 15, &length),
           STATUS_INFO_LENGTH_MISMATCH);
    WORKS(QueryWorkingSetEx(SELF, &answer, sizeof answer));
    FAILS(QueryWorkingSetEx(SELF, &answer, 15), ERROR_BAD_LENGTH);
}

static void protections(void)
{
    DWORD old = 77;
    char *p = VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READWRITE | PAGE_NOCACHE);
    REQUIRE(p);
    CHECK_EQ(conform_query(p).Protect, PAGE_READWRITE | PAGE_NOCACHE);
    WORKS(VirtualProtect(p, PAGE, PAGE_READONLY | PAGE_GUARD, &old));
    CHECK_EQ(old, PAGE_READWRITE | PAGE_NOCACHE);
    char *code = VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_EXECUTE_READ | PAGE_TARGETS_INVALID);
    REQUIRE(code);
    CHECK_EQ(conform_query(code).Protect, PAGE_EXECUTE_READ); /* the hint is not told */
    CHECK_EQ(conform_query(code).AllocationProtect, PAGE_EXECUTE_READ);
    CHECK(VirtualFree(code, 0, MEM_RELEASE));
    FAILS(VirtualProtect(p, PAGE, PAGE_READONLY, NULL), ERROR_NOACCESS);
    FAILS(VirtualProtect(p, PAGE, PAGE_NOACCESS | PAGE_GUARD, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtect(p, PAGE, 0, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtect(p, 0, PAGE_READONLY, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtect(NULL, PAGE, PAGE_READONLY, &old), ERROR_INVALID_ADDRESS);
    FAILS(VirtualProtect(KERNEL, PAGE, PAGE_READONLY, &old), ERROR_INVALID_PARAMETER);
    FAILS(VirtualProtect(p, PAGE * 100, PAGE_READONLY, &old), ERROR_INVALID_ADDRESS);
    FAILS(VirtualProtectEx(NULL, p, PAGE, PAGE_READONLY, &old), ERROR_INVALID_HANDLE);
    CHECK_EQ(old, PAGE_READWRITE | PAGE_NOCACHE);
    CHECK(VirtualFree(p, 0, MEM_RELEASE));
}

int main(void)
{
    ends_of_the_space();
    order_of_checks();
    regions();
    views_and_images();
    working_set_entries();
    protections();
    return CHECK_DONE();
}
