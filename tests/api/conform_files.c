/* conform_files.c: opening, seeking, reading and deleting files: the exact error of everything that goes wrong. */
#include "conform.h"

#include <stdio.h>
#include <string.h>

#define ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
#define BOTH (GENERIC_READ | GENERIC_WRITE)

static char directory[MAX_PATH], name[MAX_PATH + 32], other[MAX_PATH + 64];

static HANDLE create(const char *path, DWORD access, DWORD share, DWORD disposition, DWORD flags)
{
    SetLastError(UNTOUCHED);
    return CreateFileA(path, access, share, NULL, disposition, flags, NULL);
}

static HANDLE opened(DWORD access, DWORD share, DWORD disposition, DWORD flags, DWORD code)
{
    HANDLE file = create(name, access, share, disposition, flags);
    CHECK(file != INVALID_HANDLE_VALUE);
    CHECK_EQ(GetLastError(), code);
    return file;
}

#define REFUSED(path, access, share, disposition, flags, code)                                                         \
    do {                                                                                                               \
        CHECK(create(path, access, share, disposition, flags) == INVALID_HANDLE_VALUE);                                \
        CHECK_EQ(GetLastError(), code);                                                                                \
    } while (0)

static const char *beside(const char *what)
{
    snprintf(other, sizeof other, "%s\\%s", directory, what);
    return other;
}

static void names(void)
{
    static const char *const impossible[] = {"a*b", "a?b", "a|b", "a<b", "a>b", "a\"b", "a\x01"};
    REFUSED(name, GENERIC_READ, 0, OPEN_EXISTING, 0, ERROR_FILE_NOT_FOUND);
    REFUSED(beside("no\\x"), GENERIC_READ, 0, OPEN_EXISTING, 0, ERROR_PATH_NOT_FOUND);
    REFUSED(beside("no\\x"), GENERIC_WRITE, 0, CREATE_ALWAYS, 0, ERROR_PATH_NOT_FOUND);
    REFUSED("", GENERIC_READ, 0, OPEN_EXISTING, 0, ERROR_PATH_NOT_FOUND);
    REFUSED(NULL, GENERIC_READ, 0, OPEN_EXISTING, 0, ERROR_PATH_NOT_FOUND);
    REFUSED(directory, GENERIC_READ, ALL, OPEN_EXISTING, 0, ERROR_ACCESS_DENIED);
    REFUSED(directory, GENERIC_WRITE, ALL, CREATE_ALWAYS, 0, ERROR_ACCESS_DENIED);
    REFUSED(directory, GENERIC_WRITE, ALL, CREATE_NEW, 0, ERROR_FILE_EXISTS);
    for (unsigned i = 0; i < ARRAYSIZE(impossible); i++) {
        REFUSED(beside(impossible[i]), GENERIC_WRITE, ALL, CREATE_NEW, 0, ERROR_INVALID_NAME);
        REFUSED(beside(impossible[i]), GENERIC_READ, ALL, OPEN_EXISTING, 0, ERROR_INVALID_NAME);
    }
    FAILS(DeleteFileA(beside("*")), ERROR_INVALID_NAME);
    FAILS(DeleteFileA(""), ERROR_PATH_NOT_FOUND);
    FAILS(DeleteFileA(beside("no\\x")), ERROR_PATH_NOT_FOUND);
    FAILS(DeleteFileA(name), ERROR_FILE_NOT_FOUND);
    FAILS(DeleteFileA(directory), ERROR_ACCESS_DENIED);
    FAILS(CreateDirectoryA(directory, NULL), ERROR_ALREADY_EXISTS);
    FAILS(CreateDirectoryA(beside("no\\x"), NULL), ERROR_PATH_NOT_FOUND);
    FAILS(CreateDirectoryA("", NULL), ERROR_PATH_NOT_FOUND);
    FAILS(RemoveDirectoryA(beside("no")), ERROR_FILE_NOT_FOUND);
    FAILS(GetTempFileNameA(beside("no"), "x", 0, name), ERROR_DIRECTORY);
}

static void opening(void)
{
    REFUSED(name, GENERIC_READ, 0, 0, 0, ERROR_INVALID_PARAMETER);
    REFUSED(name, GENERIC_READ, 0, 6, 0, ERROR_INVALID_PARAMETER);
    REFUSED(name, GENERIC_READ, 8, OPEN_EXISTING, 0, ERROR_INVALID_PARAMETER);
    REFUSED(name, GENERIC_READ, 0, TRUNCATE_EXISTING, 0, ERROR_INVALID_PARAMETER);
    REFUSED(name, GENERIC_WRITE, 0, TRUNCATE_EXISTING, 0, ERROR_FILE_NOT_FOUND);
    CHECK(CloseHandle(opened(BOTH, 0, CREATE_NEW, 0, 0)));
    REFUSED(name, BOTH, 0, CREATE_NEW, 0, ERROR_FILE_EXISTS);
    snprintf(other, sizeof other, "%s\\x", name);
    REFUSED(other, GENERIC_READ, 0, OPEN_EXISTING, 0, ERROR_PATH_NOT_FOUND);
    snprintf(other, sizeof other, "%s\\", name);
    REFUSED(other, GENERIC_READ, 0, OPEN_EXISTING, 0, ERROR_INVALID_NAME);
    HANDLE file = opened(BOTH, 0, OPEN_ALWAYS, 0, ERROR_ALREADY_EXISTS);
    REFUSED(name, GENERIC_READ, ALL, OPEN_EXISTING, 0, ERROR_SHARING_VIOLATION);
    REFUSED(name, GENERIC_WRITE, ALL, CREATE_ALWAYS, 0, ERROR_SHARING_VIOLATION);
    CHECK(CloseHandle(opened(0, 0, OPEN_EXISTING, 0, 0))); /* attributes only: no sharing asked for */
    FAILS(DeleteFileA(name), ERROR_SHARING_VIOLATION);
    CHECK(CloseHandle(file));
}

#define SEEK(file, distance, high, method, result, code)                                                               \
    do {                                                                                                               \
        SetLastError(UNTOUCHED);                                                                                       \
        CHECK_EQ(SetFilePointer(file, distance, high, method), result);                                                \
        CHECK_EQ(GetLastError(), code);                                                                                \
    } while (0)

static void seeking(HANDLE file)
{
    LONG high = 1;
    LARGE_INTEGER distance = {.QuadPart = -1}, at;
    SEEK(file, -1, NULL, FILE_BEGIN, INVALID_SET_FILE_POINTER, ERROR_NEGATIVE_SEEK);
    SEEK(file, -11, NULL, FILE_CURRENT, INVALID_SET_FILE_POINTER, ERROR_NEGATIVE_SEEK);
    SEEK(file, 0, NULL, 3, INVALID_SET_FILE_POINTER, ERROR_INVALID_PARAMETER);
    SEEK(NOBODY, 0, NULL, FILE_BEGIN, INVALID_SET_FILE_POINTER, ERROR_INVALID_HANDLE);
    SEEK(file, 5, &high, FILE_BEGIN, 5, UNTOUCHED);
    CHECK_EQ(high, 1);
    SEEK(file, 0, NULL, FILE_CURRENT, INVALID_SET_FILE_POINTER, ERROR_INVALID_PARAMETER);
    high = -1;
    SEEK(file, -5, &high, FILE_CURRENT, 0, UNTOUCHED);
    CHECK_EQ(high, 1);
    high = 0;
    SEEK(file, 0x7fffffff, &high, FILE_BEGIN, 0x7fffffff, UNTOUCHED);
    SEEK(file, 0x7fffffff, NULL, FILE_CURRENT, 0xfffffffe, UNTOUCHED);
    SEEK(file, 1, NULL, FILE_CURRENT, 0xffffffff, NO_ERROR); /* fits: the last error tells it from a failure */
    SEEK(file, 1, NULL, FILE_CURRENT, 0xffffffff, ERROR_INVALID_PARAMETER);
    FAILS(SetFilePointerEx(file, distance, &at, FILE_BEGIN), ERROR_NEGATIVE_SEEK);
    distance.QuadPart = 0;
    WORKS(SetFilePointerEx(file, distance, &at, FILE_CURRENT));
    CHECK_EQ(at.QuadPart, 0xffffffff); /* what failed moved nothing */
    FAILS(SetFilePointerEx(file, distance, &at, 7), ERROR_INVALID_PARAMETER);
    FAILS(SetFilePointerEx(NOBODY, distance, &at, FILE_BEGIN), ERROR_INVALID_HANDLE);
    high = -1;
    SEEK(file, 0, &high, FILE_BEGIN, INVALID_SET_FILE_POINTER, ERROR_NEGATIVE_SEEK);
    CHECK_EQ((DWORD)high, (DWORD)-1);
    WORKS(SetFilePointerEx(file, distance, NULL, FILE_BEGIN));
}

static void reading(HANDLE file)
{
    char buffer[64];
    DWORD done = 99;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    WORKS(ReadFile(file, buffer, 0, &done, NULL));
    CHECK_EQ(done, 0);
    WORKS(ReadFile(file, buffer, 64, &done, NULL));
    CHECK_EQ(done, 10);
    WORKS(ReadFile(file, buffer, 64, &done, NULL));
    CHECK_EQ(done, 0);
    OVERLAPPED at = {.Offset = 10};
    done = 99;
    FAILS(ReadFile(file, buffer, 64, &done, &at), ERROR_HANDLE_EOF);
    CHECK(done == 0 && at.Internal == 0xC0000011 && at.InternalHigh == 0);
    at = (OVERLAPPED){.Offset = 3};
    WORKS(ReadFile(file, buffer, 4, &done, &at));
    CHECK(done == 4 && at.Internal == 0 && at.InternalHigh == 4 && !memcmp(buffer, "3456", 4));
    SEEK(file, 0, NULL, FILE_CURRENT, 7, UNTOUCHED);
    at = (OVERLAPPED){.OffsetHigh = 0x80000000};
    FAILS(ReadFile(file, buffer, 4, &done, &at), ERROR_INVALID_PARAMETER);
    FAILS(ReadFile(file, NULL, 4, &done, NULL), ERROR_NOACCESS);
    FAILS(ReadFile(file, AT(0xffff800000000000), 4, &done, NULL), ERROR_NOACCESS);
    FAILS(WriteFile(file, NULL, 4, &done, NULL), ERROR_INVALID_USER_BUFFER);
    WORKS(WriteFile(file, NULL, 0, &done, NULL));
    done = 99;
    FAILS(ReadFile(NOBODY, buffer, 4, &done, NULL), ERROR_INVALID_HANDLE);
    CHECK_EQ(done, 0);
    FAILS(ReadFile(NULL, buffer, 4, &done, NULL), ERROR_INVALID_HANDLE);
    FAILS(ReadFile(INVALID_HANDLE_VALUE, buffer, 4, &done, NULL), ERROR_INVALID_HANDLE);
    FAILS(ReadFile(event, buffer, 4, &done, NULL), ERROR_INVALID_HANDLE);
    FAILS(WriteFile(event, buffer, 4, &done, NULL), ERROR_INVALID_HANDLE);
    CHECK(CloseHandle(event));
}

static void rights(void)
{
    char buffer[4];
    DWORD done, high = 9;
    LARGE_INTEGER size;
    HANDLE file = opened(GENERIC_READ, ALL, OPEN_EXISTING, 0, 0);
    FAILS(WriteFile(file, buffer, 1, &done, NULL), ERROR_ACCESS_DENIED);
    FAILS(SetEndOfFile(file), ERROR_ACCESS_DENIED);
    FAILS(FlushFileBuffers(file), ERROR_ACCESS_DENIED);
    WORKS(GetFileSize(file, &high) == 10);
    CHECK_EQ(high, 0);
    CHECK(CloseHandle(file));
    file = opened(GENERIC_WRITE, ALL, OPEN_EXISTING, 0, 0);
    FAILS(ReadFile(file, buffer, 1, &done, NULL), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(file));
    file = opened(0, ALL, OPEN_EXISTING, 0, 0);
    FAILS(ReadFile(file, buffer, 1, &done, NULL), ERROR_ACCESS_DENIED);
    FAILS(WriteFile(file, buffer, 1, &done, NULL), ERROR_ACCESS_DENIED);
    WORKS(GetFileSizeEx(file, &size));
    CHECK(CloseHandle(file));
    file = opened(FILE_APPEND_DATA, ALL, OPEN_EXISTING, 0, 0);
    WORKS(WriteFile(file, "x", 1, &done, NULL));
    FAILS(SetEndOfFile(file), ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(file));
    file = opened(BOTH, ALL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, 0);
    FAILS(ReadFile(file, buffer, 1, &done, NULL), ERROR_INVALID_PARAMETER);
    CHECK(CloseHandle(file));
    FAILS(GetFileSizeEx(NOBODY, &size), ERROR_INVALID_HANDLE);
    FAILS(SetEndOfFile(NOBODY), ERROR_INVALID_HANDLE);
    FAILS(FlushFileBuffers(NOBODY), ERROR_INVALID_HANDLE);
}

static void read_only(void)
{
    DWORD done;
    HANDLE file = opened(GENERIC_WRITE, ALL, CREATE_NEW, FILE_ATTRIBUTE_READONLY, 0);
    WORKS(WriteFile(file, "abc", 3, &done, NULL)); /* who made it may fill it */
    CHECK(CloseHandle(file));
    FAILS(DeleteFileA(name), ERROR_ACCESS_DENIED);
    REFUSED(name, GENERIC_WRITE, ALL, OPEN_EXISTING, 0, ERROR_ACCESS_DENIED);
    REFUSED(name, GENERIC_WRITE, ALL, CREATE_ALWAYS, 0, ERROR_ACCESS_DENIED);
    REFUSED(name, GENERIC_WRITE, ALL, TRUNCATE_EXISTING, 0, ERROR_ACCESS_DENIED);
    CHECK(CloseHandle(opened(GENERIC_READ, ALL, OPEN_EXISTING, 0, 0)));
    WORKS(SetFileAttributesA(name, FILE_ATTRIBUTE_NORMAL));
    WORKS(DeleteFileA(name));
}

static void deleting(void)
{
    HANDLE file = opened(BOTH, ALL, CREATE_NEW, 0, 0);
    WORKS(DeleteFileA(name)); /* the name goes at once */
    REFUSED(name, GENERIC_READ, ALL, OPEN_EXISTING, 0, ERROR_FILE_NOT_FOUND);
    CHECK(CloseHandle(file));
    file = opened(BOTH | DELETE, ALL, CREATE_NEW, 0, 0);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x3001, NULL);
    char *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    REQUIRE(view);
    CHECK(conform_query(view).RegionSize == 0x4000 && view[0x3001] == 0);
    SetFilePointer(file, 0x3000, NULL, FILE_BEGIN);
    FAILS(SetEndOfFile(file), ERROR_USER_MAPPED_FILE);
    SetFilePointer(file, 0x3001, NULL, FILE_BEGIN);
    WORKS(SetEndOfFile(file));
    REFUSED(name, BOTH, ALL, CREATE_ALWAYS, 0, ERROR_USER_MAPPED_FILE);
    REFUSED(name, BOTH, ALL, TRUNCATE_EXISTING, 0, ERROR_USER_MAPPED_FILE);
    FAILS(DeleteFileA(name), ERROR_ACCESS_DENIED); /* documented: a file with a mapped view */
    CHECK(UnmapViewOfFile(view) && CloseHandle(section) && CloseHandle(file));
    WORKS(DeleteFileA(name));
}

static const char *in(const char *file)
{
    static char path[4][MAX_PATH + 64];
    static int next;
    char *to = path[next++ & 3];
    snprintf(to, sizeof path[0], "%s\\%s", directory, file);
    return to;
}

/* How many names a pattern finds beside "." and ".."; -1: none at all, with the last error. */
static int found(const char *pattern)
{
    WIN32_FIND_DATAA data;
    int count = 0;
    HANDLE search = FindFirstFileA(in(pattern), &data);
    if (search == INVALID_HANDLE_VALUE)
        return -1;
    do
        count += data.cFileName[0] != '.';
    while (FindNextFileA(search, &data));
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    CHECK(FindClose(search));
    FAILS(FindNextFileA(search, &data), ERROR_INVALID_HANDLE);
    return count;
}

static void patterns(void)
{
    static const struct {
        const char *pattern;
        int count;
    } asked[] = {
        {"*", 5},      {"*.*", 5},     {"*.", 2},   {"*.txt", 2},  {"?ne.txt", 1}, {"a?", 1},      {"a??", 1},
        {"a?????", 1}, {"noext.*", 1}, {"no*.", 1}, {"o*e.t*", 1}, {"[a-z]*", -1}, {"one.txt", 1}, {"nope", -1},
    };
    static const char *const names[] = {"one.txt", "two.txt", "noext", "aa", "x.y"};
    WIN32_FIND_DATAA data;
    for (int i = 0; i < 5; i++)
        CHECK(CloseHandle(CreateFileA(in(names[i]), GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL)));
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        int count = found(asked[i].pattern);
        if (count != asked[i].count)
            fprintf(stderr, "... %s: %d\n", asked[i].pattern, count);
        CHECK_EQ(count, asked[i].count);
    }
    CHECK(found("one.txt\\*") == -1 && GetLastError() == ERROR_DIRECTORY);
    CHECK(found("nope\\*") == -1 && GetLastError() == ERROR_PATH_NOT_FOUND);
    HANDLE search = FindFirstFileA(in("."), &data); /* the directory by its name */
    CHECK(search != INVALID_HANDLE_VALUE && strstr(directory, data.cFileName) && data.cFileName[0] != '.');
    CHECK(FindClose(search));
    FAILS(FindNextFileA(INVALID_HANDLE_VALUE, &data), ERROR_INVALID_HANDLE);
    FAILS(FindNextFileA(NULL, &data), ERROR_INVALID_HANDLE);
    FAILS(FindClose((HANDLE)0x1230), ERROR_INVALID_HANDLE);
    for (int i = 0; i < 5; i++)
        CHECK(DeleteFileA(in(names[i])));
}

static void moving(void)
{
    DWORD done;
    CHECK(CloseHandle(create(in("m"), GENERIC_WRITE, ALL, CREATE_NEW, 0)));
    CHECK(CloseHandle(create(in("n"), GENERIC_WRITE, ALL, CREATE_NEW, 0)));
    CHECK(CreateDirectoryA(in("d"), NULL));
    CHECK(MoveFileA(in("m"), in("m")));
    FAILS(MoveFileA(in("m"), in("n")), ERROR_ALREADY_EXISTS);
    FAILS(MoveFileExA(in("d"), in("n"), MOVEFILE_REPLACE_EXISTING), ERROR_ACCESS_DENIED);
    FAILS(MoveFileExA(in("m"), in("x"), MOVEFILE_DELAY_UNTIL_REBOOT), ERROR_ACCESS_DENIED);
    FAILS(MoveFileA(in("d"), in("d\\e")), ERROR_SHARING_VIOLATION);
    CHECK(SetFileAttributesA(in("n"), FILE_ATTRIBUTE_READONLY));
    FAILS(MoveFileExA(in("m"), in("n"), MOVEFILE_REPLACE_EXISTING), ERROR_ACCESS_DENIED);
    REFUSED(in("n"), GENERIC_READ, ALL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, ERROR_ACCESS_DENIED);
    HANDLE file = create(in("n"), DELETE | FILE_WRITE_ATTRIBUTES, ALL, OPEN_EXISTING, 0);
    FILE_DISPOSITION_INFO gone = {TRUE};
    FAILS(SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof gone), ERROR_ACCESS_DENIED);
    FILE_BASIC_INFO basic = {.FileAttributes = FILE_ATTRIBUTE_NORMAL};
    basic.LastWriteTime.QuadPart = 130000000000000000ll;
    WORKS(SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic));
    FAILS(SetFileInformationByHandle(file, FileBasicInfo, &basic, 8), ERROR_BAD_LENGTH);
    CHECK(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic));
    CHECK(basic.LastWriteTime.QuadPart == 130000000000000000ll && !(basic.FileAttributes & FILE_ATTRIBUTE_READONLY));
    FAILS(GetFileInformationByHandleEx(file, FileEndOfFileInfo, &basic, sizeof basic), ERROR_INVALID_PARAMETER);
    CHECK(CloseHandle(file));
    file = create(in("m"), BOTH, ALL, OPEN_EXISTING, 0);
    FILE_ALLOCATION_INFO room = {{.QuadPart = 100}};
    WORKS(WriteFile(file, "0123456789", 10, &done, NULL));
    WORKS(SetFileInformationByHandle(file, FileAllocationInfo, &room, sizeof room));
    CHECK_EQ(GetFileSize(file, NULL), 10);
    room.AllocationSize.QuadPart = 3;
    WORKS(SetFileInformationByHandle(file, FileAllocationInfo, &room, sizeof room));
    CHECK_EQ(GetFileSize(file, NULL), 3);
    WORKS(GetFileType(file) == FILE_TYPE_DISK);
    CHECK(CloseHandle(file));
    CHECK(CloseHandle(create(in("nowhere\\..\\m"), GENERIC_READ, ALL, OPEN_EXISTING, 0)));
    CHECK(CloseHandle(create(in("m. "), GENERIC_READ, ALL, OPEN_EXISTING, 0)));
    REFUSED(in("new\\"), GENERIC_READ, ALL, OPEN_EXISTING, 0, ERROR_FILE_NOT_FOUND);
    CHECK_EQ(GetFileAttributesA("NUL"), FILE_ATTRIBUTE_ARCHIVE);
    file = create("NUL", GENERIC_WRITE, ALL, CREATE_ALWAYS, 0);
    CHECK_EQ(GetLastError(), 0);
    CHECK(CloseHandle(file));
    CHECK(DeleteFileA(in("m")) && DeleteFileA(in("n")) && RemoveDirectoryA(in("d")));
}

int main(void)
{
    char temporary[MAX_PATH];
    DWORD done;
    REQUIRE(GetTempPathA(sizeof temporary, temporary) && GetTempFileNameA(temporary, "wmc", 0, directory));
    REQUIRE(DeleteFileA(directory) && CreateDirectoryA(directory, NULL));
    snprintf(name, sizeof name, "%s\\file.bin", directory);
    names();
    opening();
    HANDLE file = opened(BOTH, ALL, OPEN_EXISTING, 0, 0);
    WORKS(WriteFile(file, "0123456789", 10, &done, NULL));
    seeking(file);
    reading(file);
    CHECK(CloseHandle(file));
    rights();
    WORKS(DeleteFileA(name));
    read_only();
    deleting();
    patterns();
    moving();
    CHECK(RemoveDirectoryA(directory));
    return CHECK_DONE();
}
