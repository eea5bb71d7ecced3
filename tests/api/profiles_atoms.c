/* profiles_atoms.c: .ini files, atoms, identifiers, resources, and copies that tell how far they are. */
#include <windows.h>
#include <initguid.h>
#include <lmcons.h>
#include <objbase.h>
#include <rpc.h>

#include <stdio.h>
#include <string.h>

#include "check.h"

DEFINE_GUID(own_guid, 0x01020304, 0x0506, 0x0708, 9, 10, 11, 12, 13, 14, 15, 16);

static char folder[MAX_PATH], path[MAX_PATH + 32], copy[MAX_PATH + 32];

static void write_file(const char *name, const char *text, DWORD size)
{
    DWORD put;
    HANDLE file = CreateFileA(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE && WriteFile(file, text, size, &put, NULL));
    CloseHandle(file);
}

static const char *value(const char *section, const char *key)
{
    static char text[64];
    GetPrivateProfileStringA(section, key, "none  ", text, sizeof text, path);
    return text;
}

static void reading(void)
{
    static const char text[] =
        "; note\r\ntop=1\r\n[One]\r\nkey = value one  \r\nQ=\"quoted\"\r\nhalf=\"open\r\n;c=2\r\n"
        "empty=\r\nnoeq\r\nn=42abc\r\nneg=-5\r\nhex=0x1F\r\nKEY=second\r\n\r\n[ Two ]\r\na=1\r\n"
        "[one]\r\nlate=3\r\n[Three\r\nz=9\r\n";
    char buffer[64];
    write_file(path, text, sizeof text - 1);
    CHECK(!strcmp(value("One", "key"), "value one") && !strcmp(value("ONE", " KEY "), "value one"));
    CHECK(!strcmp(value("One", "Q"), "quoted") && !strcmp(value("One", "half"), "\"open"));
    CHECK(!strcmp(value("One", "empty"), "") && !strcmp(value("One", "noeq"), "none"));
    CHECK(!strcmp(value("Two", "a"), "1") && !strcmp(value("One", "late"), "none"));
    CHECK(!strcmp(value("Three", "z"), "none") && !strcmp(value("One", "top"), "none"));
    CHECK_EQ(GetPrivateProfileIntA("One", "n", 7, path), 42);
    CHECK_EQ((INT)GetPrivateProfileIntA("One", "neg", 7, path), -5);
    CHECK_EQ(GetPrivateProfileIntA("One", "hex", 7, path), 31);
    CHECK_EQ(GetPrivateProfileIntA("One", "empty", 7, path), 7);
    memset(buffer, '-', sizeof buffer);
    CHECK_EQ(GetPrivateProfileStringA("One", "key", "", buffer, 4, path), 3);
    CHECK(!memcmp(buffer, "val\0-", 5));
    CHECK_EQ(GetPrivateProfileStringA("One", NULL, "", buffer, sizeof buffer, path), 31);
    CHECK(!memcmp(buffer, "key\0Q\0half\0empty\0n\0neg\0hex\0KEY\0\0", 32));
    CHECK_EQ(GetPrivateProfileSectionNamesA(buffer, sizeof buffer, path), 12);
    CHECK(!memcmp(buffer, "One\0Two\0one\0", 13));
    CHECK_EQ(GetPrivateProfileSectionNamesA(buffer, 7, path), 5);
    CHECK(!memcmp(buffer, "One\0T\0", 7));
    CHECK_EQ(GetPrivateProfileSectionA("two", buffer, sizeof buffer, path), 4);
    CHECK(!memcmp(buffer, "a=1\0", 5));
    SetLastError(0);
    CHECK_EQ(GetPrivateProfileStringA("a", "b", "other", buffer, sizeof buffer, copy), 5); /* no such file */
    CHECK(GetLastError() == ERROR_FILE_NOT_FOUND && !strcmp(buffer, "other"));
    WCHAR section[] = {'O', 'n', 'e', 0}, key[] = {'k', 'e', 'y', 0}, wide[MAX_PATH + 32], got[5];
    for (int i = 0; !i || path[i - 1]; i++)
        wide[i] = (WCHAR)path[i];
    CHECK_EQ(GetPrivateProfileStringW(section, key, NULL, got, 5, wide), 4);
    CHECK(got[0] == 'v' && got[3] == 'u' && got[4] == 0);
}

static void writing(void)
{
    static const char after[] = "[One]\r\nx=\"1\"\r\nk=2\r\n\r\n[Two]\r\nb=3\r\n";
    char buffer[64] = "";
    DWORD size = 0;
    write_file(path, "[One]\r\nx=0\r\n\r\n[gone]\r\ny=1\r\n", 28);
    CHECK(WritePrivateProfileStringA("one", "X", "\"1\"", path));
    CHECK(WritePrivateProfileStringA("One", "k", "2", path));
    CHECK(WritePrivateProfileStringA("Two", "b", "3", path));
    CHECK(WritePrivateProfileStringA("Two", "c", "4", path));
    CHECK(WritePrivateProfileStringA("Two", "c", NULL, path));
    CHECK(WritePrivateProfileStringA("gone", NULL, NULL, path));
    CHECK(!strcmp(value("One", "x"), "1"));
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    CHECK(file != INVALID_HANDLE_VALUE && ReadFile(file, buffer, sizeof buffer, &size, NULL));
    CloseHandle(file);
    CHECK_EQ(size, sizeof after - 1);
    CHECK(!strncmp(buffer, "[One]\r\nX=\"1\"\r\nk=2\r\n\r\n[Two]\r\nb=3\r\n", size));
    CHECK(WritePrivateProfileSectionA("Two", "m=1\0n=2\0", path));
    CHECK(!strcmp(value("Two", "m"), "1") && !strcmp(value("Two", "b"), "none"));
    CHECK(DeleteFileA(path));
}

static void atoms(void)
{
    char name[300], longest[258];
    WCHAR wide[8];
    ATOM atom = AddAtomA("Foo");
    CHECK(atom >= MAXINTATOM && AddAtomA("fOO") == atom && FindAtomA("FOO") == atom);
    CHECK(!FindAtomA("zip") && GetLastError() == ERROR_FILE_NOT_FOUND);
    CHECK(!GlobalFindAtomA("Foo")); /* another table */
    CHECK_EQ(GetAtomNameA(atom, name, sizeof name), 3);
    CHECK(!strcmp(name, "Foo"));
    CHECK(GetAtomNameA(atom, name, 2) == 1 && GetLastError() == ERROR_MORE_DATA && name[1] == 0);
    CHECK(GetAtomNameW(atom, wide, 8) == 3 && wide[2] == 'o' && wide[3] == 0);
    CHECK(DeleteAtom(atom) == 0 && DeleteAtom(atom) == 0);
    SetLastError(0);
    CHECK(DeleteAtom(atom) == atom && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!GetAtomNameA(atom, name, sizeof name) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(AddAtomA("#123") == 123 && FindAtomA((LPCSTR)MAKEINTATOM(77)) == 77 && DeleteAtom(77) == 0);
    CHECK(GetAtomNameA(77, name, sizeof name) == 3 && !strcmp(name, "#77"));
    memset(longest, 'x', 257);
    longest[256] = 0;
    CHECK(!AddAtomA(longest) && GetLastError() == ERROR_INVALID_PARAMETER);
    longest[255] = 0;
    CHECK((atom = GlobalAddAtomA(longest)) >= MAXINTATOM && GlobalDeleteAtom(atom) == 0);
    CHECK(!AddAtomA("") && GetLastError() == ERROR_INVALID_NAME);
}

static void identifiers(void)
{
    UUID one, other;
    RPC_STATUS status;
    RPC_CSTR text = NULL;
    WCHAR wide[39];
    CHECK(UuidCreate(&one) == RPC_S_OK && UuidCreate(&other) == RPC_S_OK && !UuidEqual(&one, &other, &status));
    CHECK((one.Data3 >> 12) == 4 && (one.Data4[0] & 0xC0) == 0x80);
    CHECK(UuidToStringA((UUID *)&own_guid, &text) == RPC_S_OK);
    CHECK(text && !strcmp((char *)text, "01020304-0506-0708-090a-0b0c0d0e0f10"));
    CHECK(UuidFromStringA(text, &other) == RPC_S_OK && !memcmp(&other, &own_guid, sizeof other));
    text[0] = 'g';
    CHECK(UuidFromStringA(text, &one) == RPC_S_INVALID_STRING_UUID);
    CHECK(RpcStringFreeA(&text) == RPC_S_OK && !text);
    CHECK(StringFromGUID2(&own_guid, wide, 38) == 0 && StringFromGUID2(&own_guid, wide, 39) == 39);
    CHECK(wide[0] == '{' && wide[37] == '}' && wide[30] == 'D');
    CHECK(CoCreateGuid(&one) == S_OK && UuidCompare(&one, &one, &status) == 0 && !UuidIsNil(&one, &status));
    CHECK(UuidCreateNil(&one) == RPC_S_OK && UuidIsNil(&one, &status));
}

static DWORD chunks, answer;

static DWORD CALLBACK progress(LARGE_INTEGER size, LARGE_INTEGER done, LARGE_INTEGER stream, LARGE_INTEGER stream_done,
                               DWORD number, DWORD reason, HANDLE from, HANDLE to, LPVOID argument)
{
    LARGE_INTEGER at;
    CHECK(size.QuadPart == 100000 && stream.QuadPart == 100000 && number == 1 && argument == &chunks);
    CHECK(done.QuadPart == stream_done.QuadPart && reason == (chunks ? 0u : CALLBACK_STREAM_SWITCH));
    CHECK(GetFileSizeEx(to, &at) && at.QuadPart == done.QuadPart && from != to);
    chunks++;
    return done.QuadPart ? answer : PROGRESS_CONTINUE;
}

static void copies(void)
{
    static char bytes[100000];
    BOOL cancel = TRUE;
    bytes[99999] = 5;
    write_file(path, bytes, sizeof bytes);
    SetLastError(77);
    CHECK(CopyFileExA(path, copy, progress, &chunks, NULL, COPY_FILE_FAIL_IF_EXISTS) && chunks == 3);
    CHECK_EQ(GetLastError(), 77);
    CHECK(!CopyFileExA(path, copy, progress, &chunks, NULL, COPY_FILE_FAIL_IF_EXISTS));
    CHECK_EQ(GetLastError(), ERROR_FILE_EXISTS);
    chunks = 0, answer = PROGRESS_STOP;
    CHECK(!CopyFileExA(path, copy, progress, &chunks, NULL, 0) && GetLastError() == ERROR_REQUEST_ABORTED);
    CHECK(chunks == 2 && GetFileAttributesA(copy) != INVALID_FILE_ATTRIBUTES);
    chunks = 0, answer = PROGRESS_CANCEL;
    CHECK(!CopyFileExA(path, copy, progress, &chunks, NULL, 0) && GetLastError() == ERROR_REQUEST_ABORTED);
    CHECK(GetFileAttributesA(copy) == INVALID_FILE_ATTRIBUTES);
    CHECK(!CopyFileExA(path, copy, NULL, NULL, &cancel, 0) && GetLastError() == ERROR_REQUEST_ABORTED);
    chunks = 0, answer = PROGRESS_QUIET;
    CHECK(CopyFileExA(path, copy, progress, &chunks, NULL, 0) && chunks == 2);
    CHECK(!CopyFileExA(path, copy, NULL, NULL, NULL, 0x80000000u) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(DeleteFileA(copy) && MoveFileWithProgressA(path, copy, progress, &chunks, MOVEFILE_COPY_ALLOWED));
    CHECK(DeleteFileA(copy));
}

static void resources(void)
{
    char text[8] = "same";
    CHECK(!FindResourceA(NULL, MAKEINTRESOURCEA(1), (LPCSTR)RT_RCDATA));
    CHECK_EQ(GetLastError(), ERROR_RESOURCE_DATA_NOT_FOUND);
    SetLastError(0);
    CHECK(!LoadStringA(NULL, 5, text, sizeof text) && GetLastError() == ERROR_RESOURCE_DATA_NOT_FOUND);
    CHECK(!strcmp(text, "same") && !SizeofResource(NULL, NULL) && !LoadResource(NULL, NULL));
    CHECK(sizeof(IMAGE_RESOURCE_DIRECTORY) == 16 && sizeof(IMAGE_RESOURCE_DIRECTORY_ENTRY) == 8);
}

int main(void)
{
    REQUIRE(GetTempPathA(sizeof folder, folder));
    snprintf(path, sizeof path, "%sprofile%lu.ini", folder, (unsigned long)GetCurrentProcessId());
    snprintf(copy, sizeof copy, "%sprofile%lu.copy", folder, (unsigned long)GetCurrentProcessId());
    reading();
    writing();
    atoms();
    identifiers();
    copies();
    resources();
    return CHECK_DONE();
}
