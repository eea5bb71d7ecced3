/* file_information.c: what an open file is asked by class, its final name, its other names, searches with a level.
 * test traits: wide. Builds with mingw-w64 as well. */
#include <windows.h>

#include <stdio.h>
#include <string.h>

#include "../check.h"

static char directory[MAX_PATH], path[MAX_PATH + 64], other[MAX_PATH + 64];

static HANDLE make(void)
{
    DWORD length = GetTempPathA(sizeof directory, directory);
    snprintf(path, sizeof path, "%sinformation-%lu.tmp", directory, (unsigned long)GetCurrentProcessId());
    snprintf(other, sizeof other, "%sinformation-%lu.other", directory, (unsigned long)GetCurrentProcessId());
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE | DELETE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    DWORD written;
    REQUIRE(length && file != INVALID_HANDLE_VALUE && WriteFile(file, "hello", 5, &written, NULL) && written == 5);
    return file;
}

/* How many entries a listing tells from where the handle stands, in steps of `size` bytes; what there is of one of
 * them. */
static int count_entries(HANDLE folder, DWORD size, const WCHAR *wanted, FILE_ID_BOTH_DIR_INFO *found)
{
    char room[4096] __attribute__((aligned(8)));
    int count = 0;
    while (GetFileInformationByHandleEx(folder, FileIdBothDirectoryInfo, room, size)) {
        for (FILE_ID_BOTH_DIR_INFO *at = (FILE_ID_BOTH_DIR_INFO *)room;;) {
            CHECK(((ULONG_PTR)at & 7) == 0);
            count++;
            if (at->FileNameLength == wcslen(wanted) * 2 && !memcmp(at->FileName, wanted, at->FileNameLength))
                *found = *at;
            if (!at->NextEntryOffset)
                break;
            at = (FILE_ID_BOTH_DIR_INFO *)((char *)at + at->NextEntryOffset);
        }
    }
    CHECK_EQ(GetLastError(), ERROR_NO_MORE_FILES);
    return count;
}

static void folder_entries(void)
{
    char name[MAX_PATH + 80], file_name[MAX_PATH + 100];
    FILE_ID_BOTH_DIR_INFO found = {0};
    FILE_ID_INFO id;
    DWORD written;
    snprintf(name, sizeof name, "%sentries-%lu", directory, (unsigned long)GetCurrentProcessId());
    REQUIRE(CreateDirectoryA(name, NULL));
    for (int i = 0; i < 20; i++) {
        snprintf(file_name, sizeof file_name, "%s\\file%d", name, i);
        HANDLE made = CreateFileA(file_name, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
        REQUIRE(made != INVALID_HANDLE_VALUE && WriteFile(made, "entries", (DWORD)i % 8, &written, NULL));
        CHECK(GetFileInformationByHandleEx(made, FileIdInfo, &id, sizeof id));
        CloseHandle(made);
    }
    HANDLE folder = CreateFileA(name, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    REQUIRE(folder != INVALID_HANDLE_VALUE);
    CHECK_EQ(count_entries(folder, 4096, L"file13", &found), 22); /* . and .. are told too */
    CHECK(found.EndOfFile.QuadPart == 5 && !(found.FileAttributes & FILE_ATTRIBUTE_DIRECTORY));
    CHECK_EQ(count_entries(folder, 4096, L"none", &found), 0);
    char small[192] __attribute__((aligned(8)));
    CHECK(GetFileInformationByHandleEx(folder, FileIdBothDirectoryRestartInfo, small, sizeof small));
    CHECK_EQ(((FILE_ID_BOTH_DIR_INFO *)small)->NextEntryOffset, 0);
    CHECK_EQ(count_entries(folder, 256, L"file19", &found), 21); /* goes on after the first */
    CHECK(!memcmp(&found.FileId, &id.FileId, sizeof found.FileId));
    CHECK(GetFileInformationByHandleEx(folder, FileFullDirectoryRestartInfo, small, sizeof small));
    CHECK(((FILE_FULL_DIR_INFO *)small)->FileNameLength > 0);
    CHECK(!GetFileInformationByHandleEx(folder, FileIdBothDirectoryInfo, small, 64));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    CloseHandle(folder);
    for (int i = 0; i < 20; i++) {
        snprintf(file_name, sizeof file_name, "%s\\file%d", name, i);
        CHECK(DeleteFileA(file_name));
    }
    CHECK(RemoveDirectoryA(name));
}

static void classes(HANDLE file)
{
    FILE_STANDARD_INFO standard;
    FILE_BASIC_INFO basic;
    FILE_ATTRIBUTE_TAG_INFO tag;
    FILE_ID_INFO id, again;
    union {
        FILE_NAME_INFO name;
        char room[sizeof(FILE_NAME_INFO) + 2 * MAX_PATH];
    } u;
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    CHECK(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard));
    CHECK_EQ(standard.EndOfFile.QuadPart, 5);
    CHECK(standard.NumberOfLinks == 1 && !standard.Directory && !standard.DeletePending);
    CHECK(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic));
    CHECK((ULONGLONG)basic.LastWriteTime.QuadPart / 10000000 <=
          ((ULONGLONG)now.dwHighDateTime << 32 | now.dwLowDateTime) / 10000000);
    CHECK(GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof tag) && tag.ReparseTag == 0);
    CHECK_EQ(tag.FileAttributes, basic.FileAttributes);
    CHECK(GetFileInformationByHandleEx(file, FileIdInfo, &id, sizeof id));
    CHECK(GetFileInformationByHandleEx(file, FileIdInfo, &again, sizeof again) && !memcmp(&id, &again, sizeof id));
    CHECK(GetFileInformationByHandleEx(file, FileNameInfo, &u, sizeof u));
    const WCHAR *name = u.name.FileName;
    CHECK(u.name.FileNameLength > 8 && name[u.name.FileNameLength / 2 - 1] == 'p');
    CHECK(!GetFileInformationByHandleEx(file, FileNameInfo, &u, sizeof(FILE_NAME_INFO)));
    CHECK_EQ(GetLastError(), ERROR_MORE_DATA);
    CHECK(!GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard - 8));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    CHECK(!GetFileInformationByHandleEx(file, FileIdBothDirectoryInfo, &u, sizeof u));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(!GetFileInformationByHandleEx(NULL, FileStandardInfo, &standard, sizeof standard));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
}

static void names(HANDLE file)
{
    char text[MAX_PATH + 32], again[MAX_PATH + 32];
    WCHAR wide[MAX_PATH + 32];
    DWORD length = GetFinalPathNameByHandleA(file, text, sizeof text, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    CHECK(length == strlen(text) && !strncmp(text, "\\\\?\\", 4));
    CHECK_EQ(GetFinalPathNameByHandleW(file, wide, MAX_PATH + 32, 0), length);
    CHECK_EQ(GetFinalPathNameByHandleA(file, again, 4, 0), length + 1);
    CHECK(GetFinalPathNameByHandleA(file, again, sizeof again, VOLUME_NAME_NONE) && !strstr(again, "?"));
    CHECK(GetFinalPathNameByHandleA(file, again, sizeof again, VOLUME_NAME_NT) && !strncmp(again, "\\Device\\", 8));
    CHECK(!GetFinalPathNameByHandleA(NULL, again, sizeof again, 0) && GetLastError() == ERROR_INVALID_HANDLE);
    HANDLE second = CreateFileA(text, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                                OPEN_EXISTING, 0, NULL);
    CHECK(second != INVALID_HANDLE_VALUE && CloseHandle(second)); /* the name opens the file */
    CHECK(GetLongPathNameA(path, again, sizeof again) && !strstr(again, "~"));
    CHECK(!GetLongPathNameA("no-such-file-here", again, sizeof again) && GetLastError() == ERROR_FILE_NOT_FOUND);
}

static void links(HANDLE file)
{
    FILE_STANDARD_INFO standard;
    WIN32_FIND_DATA data;
    CHECK(CreateHardLinkA(other, path, NULL));
    CHECK(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard));
    CHECK_EQ(standard.NumberOfLinks, 2);
    CHECK(!CreateHardLinkA(other, path, NULL) && GetLastError() == ERROR_ALREADY_EXISTS);
    HANDLE search = FindFirstFileExA(other, FindExInfoBasic, &data, FindExSearchNameMatch, NULL, 0);
    CHECK(search != INVALID_HANDLE_VALUE && data.nFileSizeLow == 5 && FindClose(search));
    CHECK(FindFirstFileExA(other, FindExInfoMaxInfoLevel, &data, FindExSearchNameMatch, NULL, 0) ==
          INVALID_HANDLE_VALUE);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    /* Two links are two names, and moving one onto the other leaves that one. */
    CHECK(!MoveFileA(path, other) && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(MoveFileExA(other, path, MOVEFILE_REPLACE_EXISTING));
    CHECK(GetFileAttributesA(other) == INVALID_FILE_ATTRIBUTES && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard));
    CHECK_EQ(standard.NumberOfLinks, 1);
}

/* Links of one last name in two folders. */
static void links_apart(void)
{
    char folder[MAX_PATH + 64], inside[MAX_PATH + 128];
    snprintf(folder, sizeof folder, "%sinformation-%lu.dir", directory, (unsigned long)GetCurrentProcessId());
    snprintf(inside, sizeof inside, "%s%s", folder, strrchr(path, '\\'));
    CHECK(CreateDirectoryA(folder, NULL) && CreateHardLinkA(inside, path, NULL));
    CHECK(!MoveFileA(inside, path) && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(MoveFileA(path, path)); /* onto itself */
    CHECK(MoveFileExA(inside, path, MOVEFILE_REPLACE_EXISTING));
    CHECK(GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES && RemoveDirectoryA(folder));
}

/* What is refused changes nothing. */
static void basic_information(HANDLE file)
{
    FILE_BASIC_INFO before, basic, after;
    CHECK(GetFileInformationByHandleEx(file, FileBasicInfo, &before, sizeof before));
    basic = before;
    basic.LastWriteTime.QuadPart = -5;
    basic.FileAttributes = FILE_ATTRIBUTE_READONLY;
    CHECK(!SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic));
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(GetFileInformationByHandleEx(file, FileBasicInfo, &after, sizeof after));
    CHECK(after.LastWriteTime.QuadPart == before.LastWriteTime.QuadPart &&
          after.FileAttributes == before.FileAttributes);
    basic.LastWriteTime.QuadPart = 125911584000000000; /* 2000 */
    CHECK(SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic));
    CHECK(GetFileInformationByHandleEx(file, FileBasicInfo, &after, sizeof after));
    CHECK(after.LastWriteTime.QuadPart == 125911584000000000 && after.FileAttributes & FILE_ATTRIBUTE_READONLY);
    basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    CHECK(SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic));
}

static void second_opening(void)
{
    WCHAR wide[MAX_PATH + 64];
    CREATEFILE2_EXTENDED_PARAMETERS more = {.dwSize = sizeof more, .dwFileAttributes = FILE_ATTRIBUTE_NORMAL};
    MultiByteToWideChar(CP_ACP, 0, path, -1, wide, MAX_PATH + 64);
    HANDLE file = CreateFile2(wide, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, &more);
    CHECK(file != INVALID_HANDLE_VALUE && CloseHandle(file));
    file = CreateFile2(wide, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && CloseHandle(file));
}

int main(void)
{
    HANDLE file = make();
    folder_entries();
    classes(file);
    names(file);
    links(file);
    basic_information(file);
    CHECK(CloseHandle(file));
    links_apart();
    second_opening();
    CHECK(DeleteFileA(path));
    return CHECK_DONE();
}
