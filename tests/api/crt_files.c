/* crt_files.c: descriptors and handles of one file, parts of paths, times, the checked calls on the environment. */
// test traits: wide
#define _CRT_RAND_S
#include <windows.h>

#include <bcrypt.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <ntsecapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"

static char name[MAX_PATH], other[MAX_PATH];

static void handles(void)
{
    struct _stat status;
    DWORD done;
    char text[8] = "";
    FILE *file = fopen(name, "w+b");
    REQUIRE(file != NULL);
    fputs("hello", file);
    fflush(file);
    HANDLE handle = (HANDLE)_get_osfhandle(_fileno(file));
    CHECK(handle != INVALID_HANDLE_VALUE);
    CHECK((HANDLE)_get_osfhandle(_fileno(file)) == handle);
    CHECK_EQ(GetFileSize(handle, NULL), 5);
    CHECK(FlushFileBuffers(handle));
    CHECK_EQ(_filelengthi64(_fileno(file)), 5);
    HANDLE section = CreateFileMappingA(handle, NULL, PAGE_READONLY, 0, 0, NULL);
    REQUIRE(section != NULL);
    const char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    REQUIRE(view != NULL);
    CHECK(memcmp(view, "hello", 5) == 0);
    UnmapViewOfFile(view);
    CloseHandle(section);
    fclose(file);
    CHECK_EQ(_stat(name, &status), 0);
    CHECK_EQ(status.st_size, 5);
    CHECK((status.st_mode & _S_IFMT) == _S_IFREG);
    errno = 0;
    CHECK_EQ(_get_osfhandle(-1), -1);
    CHECK_EQ(errno, EBADF);
    handle = CreateFileA(name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE(handle != INVALID_HANDLE_VALUE);
    int descriptor = _open_osfhandle((intptr_t)handle, _O_RDONLY);
    REQUIRE(descriptor >= 0);
    CHECK((HANDLE)_get_osfhandle(descriptor) == handle);
    CHECK_EQ(_read(descriptor, text, 2), 2);
    CHECK(ReadFile(handle, text + 2, 3, &done, NULL) && done == 3); /* one file position */
    CHECK(memcmp(text, "hello", 5) == 0);
    CHECK_EQ(_close(descriptor), 0);
    CHECK(!GetFileSizeEx(handle, &(LARGE_INTEGER){.QuadPart = 0}));
    CHECK_EQ(_open_osfhandle((intptr_t)handle, 0), -1);
}

static void times(void)
{
    FILETIME set = {0xD53E8000, 0x019DB1DE}, got, local, back; /* 1970-01-01 */
    set.dwHighDateTime += 0x10000;
    HANDLE handle = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE(handle != INVALID_HANDLE_VALUE);
    CHECK(SetFileTime(handle, NULL, NULL, &set));
    CHECK(GetFileTime(handle, NULL, NULL, &got));
    CHECK_EQ(CompareFileTime(&set, &got), 0);
    CHECK(CloseHandle(handle));
    CHECK(!SetFileTime(handle, NULL, NULL, &set));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(FileTimeToLocalFileTime(&set, &local) && LocalFileTimeToFileTime(&local, &back));
    CHECK_EQ(CompareFileTime(&set, &back), 0);
}

static void replace(void)
{
    char backup[MAX_PATH + 4], text[8] = "";
    lstrcatA(lstrcpyA(backup, name), ".bak");
    FILE *file = fopen(other, "wb");
    REQUIRE(file != NULL);
    fputs("new", file);
    fclose(file);
    CHECK(ReplaceFileA(name, other, backup, 0, NULL, NULL));
    CHECK_EQ(GetFileAttributesA(other), INVALID_FILE_ATTRIBUTES);
    file = fopen(name, "rb");
    REQUIRE(file != NULL && fgets(text, sizeof text, file));
    fclose(file);
    CHECK(strcmp(text, "new") == 0);
    CHECK(!ReplaceFileA(name, other, NULL, 0, NULL, NULL));
    CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    CHECK(DeleteFileA(backup));
}

static void paths(void)
{
    char drive[_MAX_DRIVE], folder[_MAX_DIR], stem[_MAX_FNAME], extension[_MAX_EXT], path[_MAX_PATH];
    _splitpath("C:\\one\\two.tar.gz", drive, folder, stem, extension);
    CHECK(!strcmp(drive, "C:") && !strcmp(folder, "\\one\\") && !strcmp(stem, "two.tar") && !strcmp(extension, ".gz"));
    _makepath(path, drive, folder, stem, extension);
    CHECK(!strcmp(path, "C:\\one\\two.tar.gz"));
    _makepath(path, NULL, "a/b", "c", "d");
    CHECK(!strcmp(path, "a/b\\c.d"));
    CHECK_EQ(_splitpath_s("name", NULL, 0, NULL, 0, stem, 4, NULL, 0), ERANGE);
    CHECK(stem[0] == 0);
    CHECK_EQ(_splitpath_s("name", NULL, 0, NULL, 0, stem, 5, NULL, 0), 0);
    CHECK_EQ(_makepath_s(path, 3, NULL, NULL, "abc", NULL), ERANGE);
}

static void randomness(void)
{
    HMODULE module = LoadLibraryA("bcrypt.dll");
    unsigned first = 0, second = 0;
    UCHAR bytes[64] = {0}, zero[64] = {0};
    REQUIRE(module != NULL);
    CHECK((void *)GetProcAddress(module, "BCryptGenRandom") == (void *)BCryptGenRandom);
    CHECK_EQ(BCryptGenRandom(NULL, bytes, sizeof bytes, BCRYPT_USE_SYSTEM_PREFERRED_RNG), 0);
    CHECK(memcmp(bytes, zero, sizeof bytes) != 0);
    CHECK(BCryptGenRandom(NULL, bytes, sizeof bytes, 0) != 0);
    memset(bytes, 0, sizeof bytes);
    CHECK(RtlGenRandom(bytes, sizeof bytes));
    CHECK(memcmp(bytes, zero, sizeof bytes) != 0);
    CHECK(rand_s(&first) == 0 && rand_s(&second) == 0);
    CHECK_EQ(rand_s(NULL), EINVAL);
}

static void environment(void)
{
    char text[8], *copy;
    size_t size;
    CHECK_EQ(_putenv_s("WINMEM_TEST_CRT", "value"), 0);
    CHECK_EQ(getenv_s(&size, text, sizeof text, "WINMEM_TEST_CRT"), 0);
    CHECK(size == 6 && !strcmp(text, "value"));
    CHECK_EQ(getenv_s(&size, text, 3, "WINMEM_TEST_CRT"), ERANGE);
    CHECK_EQ(_dupenv_s(&copy, &size, "WINMEM_TEST_CRT"), 0);
    CHECK(copy && size == 6 && !strcmp(copy, "value"));
    free(copy);
#if __SIZEOF_WCHAR_T__ == 2
    CHECK(lstrcmpW(_wgetenv(L"WINMEM_TEST_CRT"), L"value") == 0);
    CHECK_EQ(_wputenv_s(L"WINMEM_TEST_CRT", L""), 0);
    CHECK(getenv("WINMEM_TEST_CRT") == NULL);
    CHECK(_wgetenv(L"WINMEM_TEST_CRT") == NULL);
#endif
}

/* A duplicate of a descriptor's handle lives on when the descriptor is closed, by whatever call. */
static void duplicates(void)
{
    DWORD done;
    HANDLE own = NULL, section;
    int descriptor = open(name, O_RDWR);
    REQUIRE(descriptor >= 0);
    CHECK(setmode(descriptor, _O_BINARY) != -1 && filelength(descriptor) >= 0);
    HANDLE handle = (HANDLE)_get_osfhandle(descriptor);
    CHECK(DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &own, 0, FALSE, DUPLICATE_SAME_ACCESS));
    close(descriptor);
    CHECK(SetFilePointer(own, 100, NULL, FILE_BEGIN) == 100 && SetEndOfFile(own) && GetFileSize(own, NULL) == 100);
    section = CreateFileMappingA(own, NULL, PAGE_READWRITE, 0, 200, NULL);
    CHECK(section);
    CloseHandle(section);
    CloseHandle(own);
    own = GetStdHandle(STD_ERROR_HANDLE);
    CHECK(DuplicateHandle(GetCurrentProcess(), own, GetCurrentProcess(), &own, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(WriteFile(own, "", 0, &done, NULL) && GetFileType(own) == GetFileType(GetStdHandle(STD_ERROR_HANDLE)));
    CHECK(CloseHandle(own) && GetFileType(GetStdHandle(STD_ERROR_HANDLE)) != FILE_TYPE_UNKNOWN);
}

int main(void)
{
    REQUIRE(GetTempFileNameA(".", "crt", 0, name) != 0 && GetTempFileNameA(".", "crt", 0, other) != 0);
    handles();
    duplicates();
    times();
    replace();
    paths();
    environment();
    randomness();
    CHECK(DeleteFileA(name));
    return CHECK_DONE();
}
