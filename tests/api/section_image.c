/* section_image.c: SEC_IMAGE sections of PE files: layout, protections, private writes, names, damaged files. */
#include <windows.h>

#include <ntstatus.h>
#include <winternl.h>

#include <psapi.h>
#include <stddef.h>
#include <string.h>

#include "../check.h"

#define BASE 0x310000000000ull
#define HEADERS 0x400
#define TEXT_RVA 0x1000
#define DATA_RVA 0x2000
#define SHARED_RVA 0x4000
#define IMAGE_SIZE 0x5000

static const char path[] = "section_image_test.exe";

static struct {
    unsigned char bytes[0xa00];
} file;

static IMAGE_NT_HEADERS64 *headers(void)
{
    return (IMAGE_NT_HEADERS64 *)(file.bytes + 0x80);
}

static void section(int i, const char *name, DWORD rva, DWORD size, DWORD raw, DWORD raw_size, DWORD flags)
{
    IMAGE_SECTION_HEADER *s = IMAGE_FIRST_SECTION(headers()) + i;
    memset(s, 0, sizeof *s);
    memcpy(s->Name, name, strlen(name));
    s->Misc.VirtualSize = size;
    s->VirtualAddress = rva;
    s->SizeOfRawData = raw_size;
    s->PointerToRawData = raw;
    s->Characteristics = flags;
}

static void make_image(void)
{
    memset(&file, 0, sizeof file);
    IMAGE_DOS_HEADER *dos = (IMAGE_DOS_HEADER *)file.bytes;
    dos->e_magic = IMAGE_DOS_SIGNATURE;
    dos->e_lfanew = 0x80;
    IMAGE_NT_HEADERS64 *nt = headers();
    nt->Signature = IMAGE_NT_SIGNATURE;
    nt->FileHeader.Machine = IMAGE_FILE_MACHINE_AMD64;
    nt->FileHeader.NumberOfSections = 3;
    nt->FileHeader.SizeOfOptionalHeader = sizeof nt->OptionalHeader;
    nt->FileHeader.Characteristics = IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_DLL;
    nt->OptionalHeader.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    nt->OptionalHeader.SizeOfCode = 0x200;
    nt->OptionalHeader.AddressOfEntryPoint = TEXT_RVA;
    nt->OptionalHeader.ImageBase = BASE;
    nt->OptionalHeader.SectionAlignment = 0x1000;
    nt->OptionalHeader.FileAlignment = 0x200;
    nt->OptionalHeader.MajorSubsystemVersion = 6;
    nt->OptionalHeader.SizeOfImage = IMAGE_SIZE;
    nt->OptionalHeader.SizeOfHeaders = HEADERS;
    nt->OptionalHeader.Subsystem = IMAGE_SUBSYSTEM_WINDOWS_CUI;
    nt->OptionalHeader.SizeOfStackReserve = 0x100000;
    nt->OptionalHeader.NumberOfRvaAndSizes = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
    section(0, ".text", TEXT_RVA, 0x10, 0x400, 0x200, IMAGE_SCN_CNT_CODE | IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_MEM_READ);
    section(1, ".data", DATA_RVA, 0x1800, 0x600, 0x200,
            IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE);
    section(2, ".shared", SHARED_RVA, 0x100, 0x800, 0x200,
            IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE | IMAGE_SCN_MEM_SHARED);
    /* mov eax, 42; ret */
    memcpy(file.bytes + 0x400, "\xb8\x2a\0\0\0\xc3", 6);
    memset(file.bytes + 0x600, 'd', 0x200);
    memset(file.bytes + 0x800, 's', 0x200);
}

static HANDLE open_file(DWORD size)
{
    HANDLE handle = CreateFileA(path, GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD written;
    CHECK(handle != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(handle, file.bytes, size, &written, NULL) && written == size);
    return handle;
}

static void check_protect(const char *at, DWORD protect, SIZE_T size)
{
    MEMORY_BASIC_INFORMATION mbi;
    CHECK_EQ(VirtualQuery(at, &mbi, sizeof mbi), sizeof mbi);
    CHECK_EQ(mbi.Type, MEM_IMAGE);
    CHECK_EQ(mbi.State, MEM_COMMIT);
    CHECK_EQ(mbi.AllocationProtect, PAGE_EXECUTE_WRITECOPY);
    CHECK_EQ(mbi.Protect, protect);
    if (size)
        CHECK_EQ(mbi.RegionSize, size);
}

static void check_writes(char *view, char *other)
{
    DWORD old;
    view[DATA_RVA] = 'w';
    CHECK_EQ(other[DATA_RVA], 'd');
    check_protect(view + DATA_RVA, PAGE_READWRITE, 0x1000);
    check_protect(view + DATA_RVA + 0x1000, PAGE_WRITECOPY, 0x1000);
    check_protect(other + DATA_RVA, PAGE_WRITECOPY, 0x2000);
    view[SHARED_RVA] = 'w';
    CHECK_EQ(other[SHARED_RVA], 'w');
    /* Asked for read and write, image pages become copy-on-write. */
    CHECK(VirtualProtect(view + TEXT_RVA, 1, PAGE_EXECUTE_READWRITE, &old));
    CHECK_EQ(old, PAGE_EXECUTE_READ);
    check_protect(view + TEXT_RVA, PAGE_EXECUTE_WRITECOPY, 0x1000);
    view[TEXT_RVA + 1] = 43;
    CHECK_EQ(((int (*)(void))(view + TEXT_RVA))(), 43);
    CHECK_EQ(((int (*)(void))(other + TEXT_RVA))(), 42);
    CHECK(VirtualProtect(view, 1, PAGE_READWRITE, &old));
    CHECK_EQ(old, PAGE_READONLY);
    check_protect(view, PAGE_WRITECOPY, 0x1000);
}

static void test_views(void)
{
    make_image();
    HANDLE handle = open_file(sizeof file);
    HANDLE mapping = CreateFileMappingA(handle, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    CHECK(mapping != NULL);
    char *view = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    CHECK_EQ((ULONG_PTR)view, BASE);
    check_protect(view, PAGE_READONLY, 0x1000);
    check_protect(view + TEXT_RVA, PAGE_EXECUTE_READ, 0x1000);
    check_protect(view + DATA_RVA, PAGE_WRITECOPY, 0x2000);
    check_protect(view + SHARED_RVA, PAGE_READWRITE, 0x1000);
    CHECK(memcmp(view, file.bytes, HEADERS) == 0);
    CHECK(view[DATA_RVA] == 'd' && view[DATA_RVA + 0x1ff] == 'd' && view[DATA_RVA + 0x200] == 0);
    CHECK_EQ(((int (*)(void))(view + TEXT_RVA))(), 42);
    PVOID second = NULL;
    SIZE_T size = 0;
    CHECK_EQ(NtMapViewOfSection(mapping, GetCurrentProcess(), &second, 0, 0, NULL, &size, ViewShare, 0, PAGE_READONLY),
             STATUS_IMAGE_NOT_AT_BASE);
    CHECK(second && second != view && size == IMAGE_SIZE);
    check_writes(view, second);
    CHECK_EQ(NtAreMappedFilesTheSame(view, second), STATUS_SUCCESS);
    char name[MAX_PATH];
    CHECK(GetMappedFileNameA(GetCurrentProcess(), view + TEXT_RVA, name, sizeof name) > sizeof path);
    CHECK(strcmp(name + strlen(name) - (sizeof path - 1), path) == 0);
    CHECK(!UnmapViewOfFile((char *)view + IMAGE_SIZE));
    CHECK(UnmapViewOfFile(view) && UnmapViewOfFile(second));
    CHECK(CloseHandle(mapping) && CloseHandle(handle));
}

static void test_query(void)
{
    make_image();
    HANDLE handle = open_file(sizeof file);
    HANDLE mapping = CreateFileMappingA(handle, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    SECTION_BASIC_INFORMATION basic;
    SECTION_IMAGE_INFORMATION image;
    SIZE_T length = 0;
    CHECK_EQ(NtQuerySection(mapping, SectionBasicInformation, &basic, sizeof basic, &length), STATUS_SUCCESS);
    CHECK_EQ(basic.AllocationAttributes, SEC_IMAGE | SEC_FILE);
    CHECK_EQ(basic.MaximumSize.QuadPart, IMAGE_SIZE);
    CHECK_EQ(NtQuerySection(mapping, SectionImageInformation, &image, sizeof image - 1, NULL),
             STATUS_INFO_LENGTH_MISMATCH);
    CHECK_EQ(NtQuerySection(mapping, SectionImageInformation, &image, sizeof image, &length), STATUS_SUCCESS);
    CHECK_EQ(length, sizeof image);
    CHECK_EQ((ULONG_PTR)image.TransferAddress, BASE + TEXT_RVA);
    CHECK_EQ(image.Machine, IMAGE_FILE_MACHINE_AMD64);
    CHECK_EQ(image.SubSystemType, IMAGE_SUBSYSTEM_WINDOWS_CUI);
    CHECK_EQ(image.MaximumStackSize, 0x100000);
    CHECK_EQ(image.ImageFileSize, sizeof file);
    CHECK(image.ImageContainsCode);
    ULONG_PTR place = 1;
    CHECK_EQ(NtQuerySection(mapping, SectionOriginalBaseInformation, &place, sizeof place, &length), STATUS_SUCCESS);
    CHECK(length == sizeof place && place == BASE);
    CHECK_EQ(NtQuerySection(mapping, SectionRelocationInformation, &place, sizeof place, NULL), STATUS_SUCCESS);
    CHECK_EQ(place, 0);
    CHECK(CloseHandle(mapping));
    mapping = CreateFileMappingA(handle, NULL, PAGE_READONLY | SEC_IMAGE_NO_EXECUTE, 0, 0, NULL);
    char *view = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    CHECK(view != NULL);
    check_protect(view + TEXT_RVA, PAGE_READONLY, 0x1000);
    CHECK(UnmapViewOfFile(view) && CloseHandle(mapping) && CloseHandle(handle));
}

static void refused(DWORD size)
{
    HANDLE handle = open_file(size);
    SetLastError(0xdeadbeef);
    CHECK(CreateFileMappingA(handle, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL) == NULL);
    CHECK_EQ(GetLastError(), ERROR_BAD_EXE_FORMAT);
    CHECK(CloseHandle(handle));
}

static void test_damage(void)
{
    make_image();
    refused(0);
    refused(1);
    refused(64);
    refused(0x100);
    refused(sizeof file - 0x200); /* the last section is cut off */
    file.bytes[0] = 'X';
    refused(sizeof file);
    make_image();
    headers()->Signature = 0x4550 << 8;
    refused(sizeof file);
    make_image();
    headers()->FileHeader.NumberOfSections = 0xffff;
    refused(sizeof file);
    make_image();
    headers()->OptionalHeader.SizeOfImage = 0x8000;
    refused(sizeof file);
    make_image();
    IMAGE_FIRST_SECTION(headers())[1].VirtualAddress = 0x1800;
    refused(sizeof file);
    make_image();
    headers()->OptionalHeader.SectionAlignment = 0x1001;
    refused(sizeof file);
}

int main(void)
{
    test_views();
    test_query();
    test_damage();
    CHECK(DeleteFileA(path));
    return CHECK_DONE();
}
