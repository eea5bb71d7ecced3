/* section_corners.c: rules of sections and views that programs seldom meet, each as documented. */
#include <windows.h>
#include <winternl.h>

#include "../check.h"

#define ME GetCurrentProcess()
#define PARAMETER_4 ((NTSTATUS)0xC00000F2)

static void flags_of_creation(void)
{
    const HANDLE none = INVALID_HANDLE_VALUE;
    CHECK(!CreateFileMappingA(none, NULL, PAGE_READWRITE | SEC_NOCACHE, 0, 0x1000, NULL));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER); /* needs SEC_COMMIT or SEC_RESERVE beside it */
    CHECK(!CreateFileMappingA(none, NULL, PAGE_READWRITE | SEC_WRITECOMBINE, 0, 0x1000, NULL));
    HANDLE section = CreateFileMappingA(none, NULL, PAGE_READWRITE | SEC_COMMIT | SEC_NOCACHE, 0, 0x1000, NULL);
    CHECK(section);
    CloseHandle(section);
    section = CreateFileMappingA(NULL, NULL, PAGE_READWRITE, 0, 0x1000, NULL); /* as many programs write it */
    CHECK(section);
    CHECK(!MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_LARGE_PAGES, 0, 0, 0)); /* documented: only if made so */
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CloseHandle(section);
    CHECK(!OpenFileMappingA(FILE_MAP_READ, FALSE, ""));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static void reset_of_views(const char *name)
{
    HANDLE file =
        CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(view);
    view[0] = 7;
    CHECK(!VirtualAlloc(view, 0x1000, MEM_RESET, PAGE_READWRITE)); /* documented: fails on a mapped file */
    CHECK_EQ(view[0], 7);
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(file);
    section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0x1000, NULL);
    view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    CHECK(VirtualAlloc(view, 0x1000, MEM_RESET, PAGE_READWRITE) == view); /* and works on the paging file */
    UnmapViewOfFile(view);
    CloseHandle(section);
}

static void no_change(void)
{
    LARGE_INTEGER size = {.QuadPart = 0x2000};
    HANDLE section;
    PVOID base = NULL;
    SIZE_T length = 0;
    DWORD old;
    REQUIRE(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL) == 0);
    CHECK_EQ(NtMapViewOfSection(section, ME, &base, 0, 0, NULL, &length, ViewUnmap, SEC_NO_CHANGE, PAGE_READWRITE), 0);
    CHECK(!VirtualProtect(base, 0x1000, PAGE_READONLY, &old));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    *(volatile char *)base = 1;
    CHECK_EQ(NtUnmapViewOfSection(ME, base), 0);
    NtClose(section);
}

static void zero_bits_with_a_base(void)
{
    LARGE_INTEGER size = {.QuadPart = 0x10000};
    HANDLE section;
    SIZE_T length = 0;
    REQUIRE(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL) == 0);
    PVOID base = (PVOID)0x60000000;
    CHECK_EQ(NtMapViewOfSection(section, ME, &base, 2, 0, NULL, &length, ViewUnmap, 0, PAGE_READWRITE), PARAMETER_4);
    CHECK_EQ(NtMapViewOfSection(section, ME, &base, 22, 0, NULL, &length, ViewUnmap, 0, PAGE_READWRITE), PARAMETER_4);
    CHECK_EQ(NtMapViewOfSection(section, ME, &base, 1, 0, NULL, &length, ViewUnmap, 0, PAGE_READWRITE), 0);
    CHECK(base == (PVOID)0x60000000);
    NtUnmapViewOfSection(ME, base);
    base = NULL;
    CHECK_EQ(NtMapViewOfSection(section, ME, &base, 0x1aaaaaaa, 0, NULL, &length, ViewUnmap, 0, PAGE_READWRITE), 0);
    CHECK((ULONG_PTR)base < 0x20000000);
    NtUnmapViewOfSection(ME, base);
    NtClose(section);
}

static void image_information(void)
{
    LARGE_INTEGER size = {.QuadPart = 0x10000};
    SECTION_IMAGE_INFORMATION image;
    HANDLE section;
    REQUIRE(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL) == 0);
    CHECK_EQ(NtQuerySection(section, SectionImageInformation, &image, sizeof image - 1, NULL), (NTSTATUS)0xC0000004);
    CHECK_EQ(NtQuerySection(section, SectionImageInformation, &image, sizeof image, NULL), (NTSTATUS)0xC0000049);
    NtClose(section);
}

int main(void)
{
    flags_of_creation();
    reset_of_views("section_corners.tmp");
    no_change();
    zero_bits_with_a_base();
    image_information();
    return CHECK_DONE();
}
