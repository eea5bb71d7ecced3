/* section_native.c: the Nt calls of sections and views: statuses, extension, queries, partial commit. */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS

#include <ntstatus.h>
#include <stdint.h>
#include <winternl.h>

#include "check.h"

#define SELF ((HANDLE)(LONG_PTR)-1)

static HANDLE section(ULONG protect, ULONG attributes, LONGLONG size)
{
    HANDLE h = NULL;
    LARGE_INTEGER maximum = {.QuadPart = size};
    CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, &maximum, protect, attributes, NULL), STATUS_SUCCESS);
    return h;
}

static NTSTATUS map(HANDLE h, char **base, SIZE_T *size, SIZE_T commit, ULONG type, ULONG protect)
{
    return NtMapViewOfSection(h, SELF, (PVOID *)base, 0, commit, NULL, size, ViewShare, type, protect);
}

static void creation(void)
{
    HANDLE h = (HANDLE)7;
    LARGE_INTEGER size = {.QuadPart = 4096}, none = {.QuadPart = 0};
    CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, NULL),
             STATUS_INVALID_PARAMETER_4);
    CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, &none, PAGE_READWRITE, SEC_COMMIT, NULL),
             STATUS_INVALID_PARAMETER_4);
    CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, 0, NULL), STATUS_INVALID_PARAMETER_6);
    CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, &size, 0, SEC_COMMIT, NULL), STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_IMAGE, NULL),
             STATUS_INVALID_FILE_FOR_SECTION);
    CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, (HANDLE)0x7ffffff0),
             STATUS_INVALID_HANDLE);
    static const ULONG bad[] = {SEC_FILE | SEC_COMMIT, /* told, not asked for */
                                SEC_IMAGE | SEC_WRITECOMBINE, SEC_IMAGE | SEC_NO_CHANGE,
                                SEC_IMAGE | SEC_COMMIT,       SEC_IMAGE_NO_EXECUTE | SEC_WRITECOMBINE,
                                SEC_IMAGE | SEC_LARGE_PAGES};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, bad[i], NULL),
                 STATUS_INVALID_PARAMETER_6);
    CHECK(h == (HANDLE)7); /* written on success only */
    size.QuadPart = (LONGLONG)8 << 40;
    CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_RESERVE, NULL),
             STATUS_INSUFFICIENT_RESOURCES);
    size.QuadPart = (LONGLONG)128 << 40;
    CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_RESERVE, NULL),
             STATUS_SECTION_TOO_BIG);
}

static void queries(void)
{
    SECTION_BASIC_INFORMATION basic;
    SIZE_T length = 0;
    HANDLE h = section(PAGE_READWRITE, SEC_RESERVE, 5000);
    CHECK_EQ(NtQuerySection(h, SectionBasicInformation, &basic, sizeof(basic), &length), STATUS_SUCCESS);
    CHECK_EQ(length, sizeof(basic));
    CHECK_EQ(basic.AllocationAttributes, SEC_RESERVE);
    CHECK_EQ(basic.MaximumSize.QuadPart, 8192);
    CHECK_EQ(NtQuerySection(h, SectionBasicInformation, &basic, sizeof(basic) - 1, NULL), STATUS_INFO_LENGTH_MISMATCH);
    CHECK_EQ(NtQuerySection(NULL, SectionBasicInformation, &basic, sizeof(basic), NULL), STATUS_INVALID_HANDLE);
    LARGE_INTEGER bigger = {.QuadPart = 65536};
    CHECK_EQ(NtExtendSection(h, &bigger), STATUS_SECTION_NOT_EXTENDED);
    CHECK_EQ(NtClose(h), STATUS_SUCCESS);
    CHECK_EQ(NtClose(h), STATUS_INVALID_HANDLE);
}

static void mapping(void)
{
    char *base = NULL;
    SIZE_T size = 0;
    HANDLE h = section(PAGE_READWRITE, SEC_COMMIT, 0x20000);
    CHECK_EQ(map(h, &base, &size, 0, 0, PAGE_READWRITE), STATUS_SUCCESS);
    CHECK_EQ(size, 0x20000);
    char *again = base;
    CHECK_EQ(map(h, &again, &size, 0, 0, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    again = (char *)0x10001000;
    CHECK_EQ(map(h, &again, &size, 0, 0, PAGE_READWRITE), STATUS_MAPPED_ALIGNMENT);
    again = NULL;
    size = 0x20001;
    CHECK_EQ(map(h, &again, &size, 0, 0, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE);
    CHECK_EQ(size, 0x20001);
    size = 0;
    CHECK_EQ(map(h, &again, &size, 0, 0, 0), STATUS_INVALID_PAGE_PROTECTION);
    CHECK_EQ(map(h, &again, &size, 0, 0, PAGE_EXECUTE_READ), STATUS_SECTION_PROTECTION);
    CHECK_EQ(map(h, &again, &size, 0, MEM_WRITE_WATCH, PAGE_READWRITE), STATUS_INVALID_PARAMETER_9);
    CHECK_EQ(map(h, &again, &size, 0x20001, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
    CHECK_EQ(NtMapViewOfSection(h, SELF, (PVOID *)&again, 0, 0, NULL, &size, 0, 0, PAGE_READWRITE),
             STATUS_INVALID_PARAMETER_8);
    CHECK_EQ(NtMapViewOfSection(h, SELF, (PVOID *)&again, 22, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE),
             STATUS_INVALID_PARAMETER_4);
    CHECK_EQ(NtMapViewOfSection(h, NULL, (PVOID *)&again, 0, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE),
             STATUS_INVALID_HANDLE);
    CHECK(again == NULL);
    CHECK_EQ(NtAreMappedFilesTheSame(base, base), STATUS_NOT_SAME_DEVICE);
    void *mine = VirtualAlloc(NULL, 4096, MEM_COMMIT, PAGE_READWRITE);
    CHECK_EQ(NtAreMappedFilesTheSame(mine, mine), STATUS_CONFLICTING_ADDRESSES);
    CHECK_EQ(NtUnmapViewOfSection(SELF, mine), STATUS_NOT_MAPPED_VIEW);
    PVOID flush = mine;
    size = 4096;
    IO_STATUS_BLOCK io;
    CHECK_EQ(NtFlushVirtualMemory(SELF, &flush, &size, &io), STATUS_NOT_MAPPED_VIEW);
    CHECK(VirtualFree(mine, 0, MEM_RELEASE));
    CHECK_EQ(NtUnmapViewOfSection(SELF, base + 0x1ffff), STATUS_SUCCESS);
    CHECK_EQ(NtUnmapViewOfSection(SELF, base), STATUS_NOT_MAPPED_VIEW);
    size = 0;
    CHECK_EQ(NtMapViewOfSection(h, SELF, (PVOID *)&again, 2, 0, NULL, &size, ViewShare, 0, PAGE_READWRITE),
             STATUS_SUCCESS); /* two zero bits: below 1 GiB */
    CHECK((uintptr_t)again < 0x40000000);
    CHECK_EQ(NtUnmapViewOfSection(SELF, again), STATUS_SUCCESS);
    CHECK_EQ(NtClose(h), STATUS_SUCCESS);
}

static void partly_committed(void)
{
    char *base = NULL;
    SIZE_T size = 0;
    MEMORY_BASIC_INFORMATION m;
    HANDLE h = section(PAGE_READWRITE, SEC_RESERVE, 0x20000);
    CHECK_EQ(map(h, &base, &size, 0x1800, 0, PAGE_READWRITE), STATUS_SUCCESS);
    REQUIRE(base);
    base[0x1fff] = 1;
    REQUIRE(VirtualQuery(base, &m, sizeof(m)));
    CHECK_EQ(m.State, MEM_COMMIT);
    CHECK_EQ(m.RegionSize, 0x2000);
    REQUIRE(VirtualQuery(base + 0x2000, &m, sizeof(m)));
    CHECK_EQ(m.State, MEM_RESERVE);
    CHECK_EQ(NtUnmapViewOfSection(SELF, base), STATUS_SUCCESS);
    CHECK_EQ(NtClose(h), STATUS_SUCCESS);
}

static void extension(void)
{
    char temp[MAX_PATH], name[MAX_PATH];
    REQUIRE(GetTempPathA(sizeof(temp), temp) && GetTempFileNameA(temp, "wms", 0, name));
    HANDLE file =
        CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE h = NULL;
    LARGE_INTEGER size = {.QuadPart = 0x1800};
    SECTION_BASIC_INFORMATION basic;
    MEMORY_BASIC_INFORMATION m;
    CHECK_EQ(NtCreateSection(&h, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, file), STATUS_SUCCESS);
    REQUIRE(h);
    CHECK_EQ(NtQuerySection(h, SectionBasicInformation, &basic, sizeof(basic), NULL), STATUS_SUCCESS);
    CHECK_EQ(basic.AllocationAttributes, SEC_FILE); /* COMMIT is dropped */
    CHECK_EQ(basic.MaximumSize.QuadPart, 0x1800);
    char *base = NULL;
    SIZE_T view = 0x10000;
    CHECK_EQ(map(h, &base, &view, 0, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS); /* room to grow */
    REQUIRE(base);
    REQUIRE(VirtualQuery(base, &m, sizeof(m)));
    CHECK_EQ(m.RegionSize, 0x2000);
    size.QuadPart = 0x8000;
    CHECK_EQ(NtExtendSection(h, &size), STATUS_SUCCESS);
    base[0x7fff] = 1;
    REQUIRE(VirtualQuery(base, &m, sizeof(m)));
    CHECK_EQ(m.RegionSize, 0x8000);
    CHECK_EQ(GetFileSize(file, NULL), 0x8000);
    size.QuadPart = 10;
    CHECK_EQ(NtExtendSection(h, &size), STATUS_SUCCESS); /* never smaller */
    CHECK_EQ(size.QuadPart, 0x8000);
    CHECK_EQ(NtUnmapViewOfSection(SELF, base), STATUS_SUCCESS);
    CHECK_EQ(NtClose(h), STATUS_SUCCESS);
    CHECK(CloseHandle(file));
    CHECK_EQ(GetFileAttributesA(name), INVALID_FILE_ATTRIBUTES);
}

int main(void)
{
    creation();
    queries();
    mapping();
    partly_committed();
    extension();
    return CHECK_DONE();
}
