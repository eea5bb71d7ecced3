/* file_basic.c: files as memory programs use them, and sections on them. */
#include <windows.h>

#include <psapi.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

#define FAILS(expression, error)                                                                                       \
    do {                                                                                                               \
        SetLastError(0xdeadbeef);                                                                                      \
        CHECK(!(expression));                                                                                          \
        CHECK_EQ(GetLastError(), error);                                                                               \
    } while (0)
#define FAILS_OPEN(expression, error)                                                                                  \
    do {                                                                                                               \
        SetLastError(0xdeadbeef);                                                                                      \
        CHECK((expression) == INVALID_HANDLE_VALUE);                                                                   \
        CHECK_EQ(GetLastError(), error);                                                                               \
    } while (0)

static char directory[MAX_PATH], name[MAX_PATH + 32];

static HANDLE open_file(DWORD access, DWORD disposition)
{
    return CreateFileA(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, disposition,
                       FILE_ATTRIBUTE_NORMAL, NULL);
}

static MEMORY_BASIC_INFORMATION query(const void *address)
{
    MEMORY_BASIC_INFORMATION information;
    REQUIRE(VirtualQuery(address, &information, sizeof(information)) == sizeof(information));
    return information;
}

static void dispositions(void)
{
    FAILS_OPEN(open_file(GENERIC_READ, OPEN_EXISTING), ERROR_FILE_NOT_FOUND);
    FAILS_OPEN(open_file(GENERIC_WRITE, TRUNCATE_EXISTING), ERROR_FILE_NOT_FOUND);
    SetLastError(0xdeadbeef);
    HANDLE h = open_file(GENERIC_READ | GENERIC_WRITE, CREATE_NEW);
    REQUIRE(h != INVALID_HANDLE_VALUE);
    CHECK_EQ(GetLastError(), 0);
    CHECK(CloseHandle(h));
    FAILS_OPEN(open_file(GENERIC_READ, CREATE_NEW), ERROR_FILE_EXISTS);
    h = open_file(GENERIC_WRITE, CREATE_ALWAYS);
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    DWORD size = 0;
    CHECK(WriteFile(h, "abc", 3, &size, NULL) && CloseHandle(h));
    h = open_file(GENERIC_READ, CREATE_ALWAYS); /* who only reads cuts off too */
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    CHECK_EQ(GetFileSize(h, NULL), 0);
    CHECK(CloseHandle(h) && SetFileAttributesA(name, FILE_ATTRIBUTE_READONLY));
    FAILS_OPEN(open_file(GENERIC_READ, CREATE_ALWAYS), ERROR_ACCESS_DENIED);
    CHECK(SetFileAttributesA(name, FILE_ATTRIBUTE_NORMAL));
    h = open_file(GENERIC_WRITE, OPEN_ALWAYS);
    CHECK_EQ(GetLastError(), ERROR_ALREADY_EXISTS);
    CHECK(CloseHandle(h));
    FAILS_OPEN(open_file(GENERIC_READ, 99), ERROR_INVALID_PARAMETER);
    FAILS_OPEN(CreateFileA("/no/such/place/file", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), ERROR_PATH_NOT_FOUND);
    h = CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(h != INVALID_HANDLE_VALUE);
    FAILS_OPEN(open_file(GENERIC_READ, OPEN_EXISTING), ERROR_SHARING_VIOLATION);
    FAILS(DeleteFileA(name), ERROR_SHARING_VIOLATION);
    CHECK(CloseHandle(h));
}

static void transfers(void)
{
    char buffer[32];
    DWORD done = 99;
    LARGE_INTEGER size, at;
    HANDLE h = open_file(GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS);
    CHECK(WriteFile(h, "hello, world", 12, &done, NULL));
    CHECK_EQ(done, 12);
    CHECK(GetFileSizeEx(h, &size));
    CHECK_EQ(size.QuadPart, 12);
    CHECK_EQ(SetFilePointer(h, 7, NULL, FILE_BEGIN), 7);
    CHECK(ReadFile(h, buffer, sizeof buffer, &done, NULL));
    CHECK_EQ(done, 5);
    CHECK(memcmp(buffer, "world", 5) == 0);
    CHECK(ReadFile(h, buffer, sizeof buffer, &done, NULL)); /* at the end: nothing, and no error */
    CHECK_EQ(done, 0);
    OVERLAPPED o = {.Offset = 1};
    CHECK(ReadFile(h, buffer, 4, &done, &o));
    CHECK(memcmp(buffer, "ello", 4) == 0);
    o.Offset = 100;
    FAILS(ReadFile(h, buffer, 4, &done, &o), ERROR_HANDLE_EOF);
    FAILS(ReadFile(h, (void *)16, 4, &done, &(OVERLAPPED){.Offset = 0}), ERROR_NOACCESS);
    at.QuadPart = -1;
    FAILS(SetFilePointerEx(h, at, NULL, FILE_BEGIN), ERROR_NEGATIVE_SEEK);
    at.QuadPart = 5;
    CHECK(SetFilePointerEx(h, at, &size, FILE_BEGIN));
    CHECK(SetEndOfFile(h));
    CHECK_EQ(GetFileSize(h, NULL), 5);
    CHECK(FlushFileBuffers(h));
    CHECK_EQ(GetFileType(h), FILE_TYPE_DISK);
    FAILS(DeviceIoControl(h, 0x9000, NULL, 0, NULL, 0, &done, NULL), ERROR_INVALID_FUNCTION);
    CHECK(LockFile(h, 0, 0, 4, 0));
    CHECK(UnlockFile(h, 0, 0, 4, 0));
    FILETIME written;
    CHECK(GetFileTime(h, NULL, NULL, &written));
    CHECK(written.dwHighDateTime != 0);
    CHECK(CancelIo(h));
    CHECK(CloseHandle(h));
    FAILS(ReadFile(h, buffer, 4, &done, NULL), ERROR_INVALID_HANDLE);
    h = open_file(GENERIC_READ, OPEN_EXISTING);
    FAILS(WriteFile(h, "x", 1, &done, NULL), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(h));
}

static void mapped(void)
{
    DWORD done;
    LARGE_INTEGER zero = {.QuadPart = 0};
    HANDLE h = open_file(GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS);
    FAILS(CreateFileMappingA(h, NULL, PAGE_READWRITE, 0, 0, NULL), 1006);
    HANDLE m = CreateFileMappingA(h, NULL, PAGE_READWRITE, 0, 10000, NULL);
    REQUIRE(m);
    CHECK_EQ(GetFileSize(h, NULL), 10000); /* grown at once */
    char *v = MapViewOfFile(m, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(v);
    CHECK_EQ(query(v).RegionSize, 0x3000);
    CHECK_EQ(query(v).Type, MEM_MAPPED);
    strcpy(v, "through the view");
    char buffer[17];
    CHECK(ReadFile(h, buffer, 17, &done, NULL));
    CHECK(strcmp(buffer, "through the view") == 0);
    FAILS(VirtualAlloc(v, 4096, MEM_COMMIT, PAGE_READWRITE), ERROR_ACCESS_DENIED);
    CHECK(FlushViewOfFile(v, 0));
    CHECK(FlushViewOfFile(v + 100, 5000));
    SetFilePointerEx(h, zero, NULL, FILE_BEGIN);
    FAILS(SetEndOfFile(h), 1224);
    FAILS_OPEN(open_file(GENERIC_WRITE, CREATE_ALWAYS), 1224);
    char path[MAX_PATH];
    CHECK(GetMappedFileNameA(GetCurrentProcess(), v, path, sizeof path) > 0);
    CHECK(strstr(path, "\\Device\\") == path);
    void *own = VirtualAlloc(NULL, 4096, MEM_COMMIT, PAGE_READWRITE);
    FAILS(GetMappedFileNameA(GetCurrentProcess(), own, path, sizeof path), 59); /* ERROR_UNEXP_NET_ERR, as it is */
    CHECK(VirtualFree(own, 0, MEM_RELEASE));
    FAILS(GetMappedFileNameA(GetCurrentProcess(), v, path, 0), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(GetMappedFileNameA(GetCurrentProcess(), v, path, 5), 5);
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    char *c = MapViewOfFile(m, FILE_MAP_COPY, 0, 0, 0);
    c[0] = 'X';
    CHECK_EQ(v[0], 't');
    CHECK_EQ(query(c).Protect, PAGE_READWRITE);
    CHECK_EQ(query(c + 4096).Protect, PAGE_WRITECOPY);
    CHECK(UnmapViewOfFile(c));
    CHECK(UnmapViewOfFile(v));
    FAILS(SetEndOfFile(h), 1224); /* the handle of the section still counts */
    CHECK(CloseHandle(m));
    CHECK(SetEndOfFile(h));
    CHECK(CloseHandle(h));
}

static void rights(void)
{
    HANDLE h = open_file(GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS);
    DWORD done;
    CHECK(WriteFile(h, "abcdef", 6, &done, NULL));
    FAILS(CreateFileMappingA(h, NULL, PAGE_EXECUTE_READ, 0, 0, NULL), ERROR_ACCESS_DENIED);
    FAILS(CreateFileMappingA(h, NULL, PAGE_READONLY, 0, 4096, NULL), ERROR_NOT_ENOUGH_MEMORY);
    FAILS(CreateFileMappingA(h, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL), ERROR_BAD_EXE_FORMAT);
    CHECK(CloseHandle(h));
    h = open_file(GENERIC_READ, OPEN_EXISTING);
    FAILS(CreateFileMappingA(h, NULL, PAGE_READWRITE, 0, 0, NULL), ERROR_ACCESS_DENIED);
    HANDLE m = CreateFileMappingA(h, NULL, PAGE_WRITECOPY, 0, 0, NULL);
    CHECK(m != NULL);
    char *v = MapViewOfFile(m, FILE_MAP_COPY, 0, 0, 6);
    CHECK(v && memcmp(v, "abcdef", 6) == 0);
    v[0] = 'Z';
    CHECK(UnmapViewOfFile(v));
    FAILS(MapViewOfFile(m, FILE_MAP_READ, 0, 0, 7), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(m));
    CHECK(CloseHandle(h));
    h = open_file(GENERIC_WRITE, OPEN_EXISTING);
    FAILS(CreateFileMappingA(h, NULL, PAGE_READWRITE, 0, 0, NULL), ERROR_ACCESS_DENIED);
    FAILS(CreateFileMappingA(h, NULL, PAGE_READONLY, 0, 0, NULL), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(h));
}

static void pipes(void)
{
    HANDLE r, w;
    char buffer[8];
    DWORD done, available, left = 7, flags, instances, mode;
    REQUIRE(CreatePipe(&r, &w, NULL, 0));
    CHECK(WriteFile(w, "abc", 3, &done, NULL));
    CHECK(ReadFile(r, buffer, 8, &done, NULL));
    CHECK_EQ(done, 3);
    CHECK(WriteFile(w, "defg", 4, &done, NULL));
    CHECK(PeekNamedPipe(r, NULL, 0, NULL, &done, NULL));
    CHECK_EQ(done, 4);
    CHECK(PeekNamedPipe(r, buffer, 2, &done, &available, &left));
    CHECK(done == 2 && available == 4 && left == 0 && !memcmp(buffer, "de", 2));
    CHECK(GetNamedPipeInfo(r, &flags, NULL, NULL, &instances) && flags == PIPE_SERVER_END && instances == 1);
    CHECK(GetNamedPipeInfo(w, &flags, NULL, NULL, NULL) && flags == 0);
    CHECK(ReadFile(r, buffer, 8, &done, NULL));
    CHECK(done == 4 && !memcmp(buffer, "defg", 4));
    mode = PIPE_READMODE_MESSAGE;
    FAILS(SetNamedPipeHandleState(r, &mode, NULL, NULL), ERROR_INVALID_PARAMETER);
    mode = PIPE_NOWAIT;
    CHECK(SetNamedPipeHandleState(r, &mode, NULL, NULL));
    CHECK(GetNamedPipeHandleStateA(r, &mode, NULL, NULL, NULL, NULL, 0) && mode == PIPE_NOWAIT);
    CHECK(GetNamedPipeHandleStateA(w, &mode, NULL, NULL, NULL, NULL, 0) && mode == PIPE_WAIT);
    FAILS(ReadFile(r, buffer, 8, &done, NULL), ERROR_NO_DATA);
    CHECK_EQ(WaitForSingleObject(r, 0), WAIT_OBJECT_0); /* nothing is pending */
    CHECK(CloseHandle(w));
    FAILS(ReadFile(r, buffer, 8, &done, NULL), ERROR_BROKEN_PIPE);
    FAILS(PeekNamedPipe(r, NULL, 0, NULL, &done, NULL), ERROR_BROKEN_PIPE);
    CHECK(CloseHandle(r));
    REQUIRE(CreatePipe(&r, &w, NULL, 0));
    CHECK(CloseHandle(r));
    FAILS(WriteFile(w, "abc", 3, &done, NULL), ERROR_NO_DATA);
    CHECK(CloseHandle(w));
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    CHECK(out != NULL && out != INVALID_HANDLE_VALUE);
    CHECK(GetStdHandle(STD_OUTPUT_HANDLE) == out);
}

static void directories(void)
{
    char sub[MAX_PATH + 32], moved[MAX_PATH + 64];
    WIN32_FIND_DATAA found;
    CHECK_EQ(GetFileAttributesA(directory) & FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_DIRECTORY);
    snprintf(sub, sizeof sub, "%s\\sub", directory);
    snprintf(moved, sizeof moved, "%s\\moved.txt", sub);
    CHECK(CreateDirectoryA(sub, NULL));
    FAILS(CreateDirectoryA(sub, NULL), ERROR_ALREADY_EXISTS);
    CHECK(CopyFileA(name, moved, TRUE));
    FAILS(CopyFileA(name, moved, TRUE), ERROR_FILE_EXISTS);
    FAILS(RemoveDirectoryA(sub), ERROR_DIR_NOT_EMPTY);
    FAILS(DeleteFileA(sub), ERROR_ACCESS_DENIED);
    char pattern[MAX_PATH + 64];
    snprintf(pattern, sizeof pattern, "%s\\*.txt", sub);
    HANDLE search = FindFirstFileA(pattern, &found);
    CHECK(search != INVALID_HANDLE_VALUE);
    CHECK(strcmp(found.cFileName, "moved.txt") == 0);
    FAILS(FindNextFileA(search, &found), ERROR_NO_MORE_FILES);
    CHECK(FindClose(search));
    FAILS(MoveFileA(name, moved), ERROR_ALREADY_EXISTS);
    CHECK(MoveFileExA(name, moved, MOVEFILE_REPLACE_EXISTING));
    FAILS(DeleteFileA(name), ERROR_FILE_NOT_FOUND);
    CHECK(DeleteFileA(moved));
    CHECK(RemoveDirectoryA(sub));
    FAILS(RemoveDirectoryA(sub), ERROR_FILE_NOT_FOUND);
}

int main(void)
{
    char temp[MAX_PATH];
    REQUIRE(GetTempPathA(sizeof temp, temp) > 0);
    REQUIRE(GetTempFileNameA(temp, "wmt", 0, directory) != 0);
    REQUIRE(DeleteFileA(directory));
    REQUIRE(CreateDirectoryA(directory, NULL));
    snprintf(name, sizeof name, "%s\\file.bin", directory);
    dispositions();
    transfers();
    mapped();
    rights();
    pipes();
    directories();
    CHECK(RemoveDirectoryA(directory));
    return CHECK_DONE();
}
