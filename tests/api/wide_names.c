/* Files, directories, objects and the surroundings by wide names, with letters that UTF-8 makes longer; the calls whose
 * narrow forms the other tests use. test traits: wide */
#include <windows.h>

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "check.h"

#define NAME L"gr\u00F6\u00DFe-\u4E2D"

static WCHAR home[MAX_PATH], start[MAX_PATH];

static void write_file(const WCHAR *name, const char *text)
{
    DWORD done;
    HANDLE file = CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(file, text, (DWORD)strlen(text), &done, NULL));
    CloseHandle(file);
}

static BOOL holds(const WCHAR *name, const char *text)
{
    char have[64] = "";
    DWORD done = 0;
    HANDLE file = CreateFileW(name, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    BOOL good = file != INVALID_HANDLE_VALUE && ReadFile(file, have, 63, &done, NULL) && !strcmp(have, text);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return good;
}

static void directories(void)
{
    WCHAR made[MAX_PATH], path[MAX_PATH];
    DWORD length = GetTempPathW(MAX_PATH, path);
    CHECK(length == wcslen(path) && GetTempPathW(1, made) == length + 1);
    REQUIRE(GetTempFileNameW(path, NAME, 0, made));
    CHECK(GetFileAttributesW(made) != INVALID_FILE_ATTRIBUTES && DeleteFileW(made));
    REQUIRE(CreateDirectoryW(made, NULL));
    CHECK(!CreateDirectoryW(made, NULL) && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(GetCurrentDirectoryW(MAX_PATH, start) == wcslen(start));
    REQUIRE(SetCurrentDirectoryW(made));
    length = GetCurrentDirectoryW(MAX_PATH, home);
    CHECK(length == wcslen(home) && GetCurrentDirectoryW(3, path) == length + 1);
    CHECK(!SetCurrentDirectoryW(L"no-" NAME) && GetLastError() == ERROR_FILE_NOT_FOUND);
}

static void moved(void)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    write_file(NAME, "one");
    CHECK(CopyFileW(NAME, NAME L"2", TRUE) && holds(NAME L"2", "one"));
    CHECK(!CopyFileW(NAME, NAME L"2", TRUE) && GetLastError() == ERROR_FILE_EXISTS);
    CHECK(MoveFileW(NAME, NAME L"3") && holds(NAME L"3", "one"));
    write_file(NAME L"2", "two");
    CHECK(!MoveFileExW(NAME L"2", NAME L"3", 0) && GetLastError() == ERROR_ALREADY_EXISTS);
    CHECK(MoveFileExW(NAME L"2", NAME L"3", MOVEFILE_REPLACE_EXISTING) && holds(NAME L"3", "two"));
    write_file(NAME, "three");
    CHECK(ReplaceFileW(NAME L"3", NAME, NAME L"4", 0, NULL, NULL) && holds(NAME L"3", "three"));
    CHECK(holds(NAME L"4", "two") && GetFileAttributesW(NAME) == INVALID_FILE_ATTRIBUTES);
    CHECK(GetFileAttributesExW(NAME L"3", GetFileExInfoStandard, &data) && data.nFileSizeLow == 5);
    CHECK(SetFileAttributesW(NAME L"3", FILE_ATTRIBUTE_READONLY));
    CHECK(GetFileAttributesW(NAME L"3") & FILE_ATTRIBUTE_READONLY);
    CHECK(SetFileAttributesW(NAME L"3", FILE_ATTRIBUTE_NORMAL) && DeleteFileW(NAME L"3"));
}

static void linked(void)
{
    CHECK(CreateHardLinkW(NAME, NAME L"4", NULL) && holds(NAME, "two"));
    CHECK(CreateSymbolicLinkW(NAME L"5", NAME, SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE) &&
          holds(NAME L"5", "two"));
    CHECK(CreateSymbolicLinkA("plain", "nowhere", 0) && !holds(L"plain", ""));
    CHECK(DeleteFileW(L"plain") && DeleteFileW(NAME L"5") && holds(NAME, "two"));
}

static void found(void)
{
    WIN32_FIND_DATAW data;
    int count = 0;
    HANDLE search = FindFirstFileW(L"*" NAME L"*", &data);
    REQUIRE(search != INVALID_HANDLE_VALUE);
    do
        count += !wcsncmp(data.cFileName, NAME, wcslen(NAME));
    while (FindNextFileW(search, &data));
    CHECK(GetLastError() == ERROR_NO_MORE_FILES && FindClose(search));
    CHECK_EQ(count, 2);
    search = FindFirstFileExW(NAME, FindExInfoBasic, &data, FindExSearchNameMatch, NULL, 0);
    CHECK(search != INVALID_HANDLE_VALUE && data.nFileSizeLow == 3);
    FindClose(search);
    search = FindFirstFileW(L"no-" NAME, &data);
    CHECK(search == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_NOT_FOUND);
}

static void paths(void)
{
    WCHAR path[MAX_PATH], *part = NULL;
    char narrow[MAX_PATH], *narrow_part = NULL;
    DWORD length = GetFullPathNameW(NAME, MAX_PATH, path, &part);
    CHECK(length == wcslen(path) && part && !wcscmp(part, NAME) && length == wcslen(home) + 1 + wcslen(NAME));
    CHECK_EQ(GetFullPathNameW(NAME, length, path, NULL), length + 1);
    CHECK(GetFullPathNameW(L"a/../" NAME, MAX_PATH, path, &part) == length && !wcscmp(part, NAME));
    length = GetFullPathNameA("x.txt", sizeof narrow, narrow, &narrow_part);
    CHECK(length == strlen(narrow) && narrow_part && !strcmp(narrow_part, "x.txt"));
    CHECK_EQ(GetFullPathNameA("x.txt", 2, narrow, NULL), length + 1);
    CHECK(GetLongPathNameW(NAME, path, MAX_PATH) == wcslen(NAME) && !wcscmp(path, NAME));
    CHECK(GetShortPathNameW(NAME, path, MAX_PATH) == wcslen(NAME) && !wcscmp(path, NAME));
    CHECK_EQ(GetLongPathNameW(NAME, path, 2), wcslen(NAME) + 1);
    CHECK(!GetLongPathNameW(L"no-" NAME, path, MAX_PATH) && GetLastError() == ERROR_FILE_NOT_FOUND);
}

static void places(void)
{
    WCHAR path[MAX_PATH];
    DWORD sectors, bytes, free_clusters, clusters;
    ULARGE_INTEGER available, total, unused;
    CHECK(GetDriveTypeW(home) != DRIVE_NO_ROOT_DIR);
    CHECK(GetDiskFreeSpaceW(home, &sectors, &bytes, &free_clusters, &clusters) && bytes && clusters);
    CHECK(GetDiskFreeSpaceExW(home, &available, &total, &unused) && total.QuadPart >= available.QuadPart);
    CHECK(GetVolumePathNameW(home, path, MAX_PATH) && wcslen(path) > 0);
    CHECK(GetWindowsDirectoryW(path, MAX_PATH) == wcslen(path));
    CHECK(GetSystemWindowsDirectoryW(path, MAX_PATH) == wcslen(path));
    CHECK(GetSystemDirectoryW(path, MAX_PATH) == wcslen(path));
    CHECK(GetLogicalDriveStringsW(MAX_PATH, path) > 0 && path[0]);
}

static void surroundings(void)
{
    WCHAR text[512];
    char narrow[512];
    DWORD size = 512, same = 512;
    CHECK(SetEnvironmentVariableW(L"WINMEM_" NAME, NAME));
    CHECK(ExpandEnvironmentStringsW(L"<%WINMEM_" NAME L"%>", text, 512) == wcslen(NAME) + 3);
    CHECK(!wcscmp(text, L"<" NAME L">"));
    WCHAR *all = GetEnvironmentStringsW(), *at = all;
    REQUIRE(all);
    while (*at && wcscmp(at, L"WINMEM_" NAME L"=" NAME) != 0)
        at += wcslen(at) + 1;
    CHECK(*at && FreeEnvironmentStringsW(all));
    CHECK(SetEnvironmentVariableW(L"WINMEM_" NAME, NULL));
    CHECK(GetComputerNameW(text, &size) && size == wcslen(text));
    CHECK(GetComputerNameA(narrow, &same) && same == strlen(narrow));
    size = 512;
    CHECK(GetUserNameW(text, &size) && size == wcslen(text) + 1);
    STARTUPINFOW startup;
    GetStartupInfoW(&startup);
    CHECK_EQ(startup.cb, sizeof startup);
}

static void objects(void)
{
    HANDLE made[4], again[4];
    made[0] = CreateMutexW(NULL, FALSE, NAME L"mutex");
    made[1] = CreateSemaphoreW(NULL, 1, 2, NAME L"semaphore");
    made[2] = CreateWaitableTimerW(NULL, TRUE, NAME L"timer");
    made[3] = CreateEventExW(NULL, NAME L"event", CREATE_EVENT_INITIAL_SET, EVENT_ALL_ACCESS);
    again[0] = OpenMutexW(MUTEX_ALL_ACCESS, FALSE, NAME L"mutex");
    again[1] = OpenSemaphoreW(SEMAPHORE_ALL_ACCESS, FALSE, NAME L"semaphore");
    again[2] = OpenWaitableTimerW(TIMER_ALL_ACCESS, FALSE, NAME L"timer");
    again[3] = OpenEventW(EVENT_ALL_ACCESS, FALSE, NAME L"event");
    for (int i = 0; i < 4; i++)
        CHECK(made[i] && again[i] && CloseHandle(again[i]));
    CHECK_EQ(WaitForSingleObject(made[1], 0), WAIT_OBJECT_0);
    again[1] = CreateSemaphoreExW(NULL, 1, 2, NAME L"semaphore", 0, SEMAPHORE_ALL_ACCESS);
    CHECK(again[1] && GetLastError() == ERROR_ALREADY_EXISTS && WaitForSingleObject(again[1], 0) == WAIT_TIMEOUT);
    again[0] = CreateMutexExW(NULL, NAME L"mutex", CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS);
    CHECK(again[0] && GetLastError() == ERROR_ALREADY_EXISTS && WaitForSingleObject(again[0], 0) == WAIT_OBJECT_0);
    CHECK(ReleaseMutex(again[0]) && !ReleaseMutex(again[0]) && GetLastError() == ERROR_NOT_OWNER);
    CHECK(CloseHandle(again[0]) && CloseHandle(again[1]));
    again[0] = CreateMutexExA(NULL, NULL, CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS);
    CHECK(again[0] && ReleaseMutex(again[0]) && CloseHandle(again[0]));
    for (int i = 0; i < 4; i++)
        CloseHandle(made[i]);
    CHECK(!OpenMutexW(MUTEX_ALL_ACCESS, FALSE, NAME L"mutex") && GetLastError() == ERROR_FILE_NOT_FOUND);
}

static void modules(void)
{
    HMODULE module = NULL;
    CHECK(GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, NULL, &module) && module);
    CHECK(!LoadLibraryW(L"no-" NAME L".dll") && GetLastError() == ERROR_MOD_NOT_FOUND);
    CHECK(!LoadLibraryExW(L"no-" NAME L".dll", NULL, 0) && GetLastError() == ERROR_MOD_NOT_FOUND);
    WCHAR path[MAX_PATH] = L"?";
    CHECK(SetDllDirectoryW(home) && GetDllDirectoryW(MAX_PATH, path) == wcslen(home) && !wcscmp(path, home));
    CHECK(!LoadLibraryW(L"no-" NAME L".dll") && SetDllDirectoryW(NULL));
    CHECK(GetDllDirectoryW(MAX_PATH, path) == 0);
}

int main(void)
{
    directories();
    moved();
    linked();
    found();
    paths();
    places();
    surroundings();
    objects();
    modules();
    CHECK(DeleteFileW(NAME) && DeleteFileW(NAME L"4"));
    CHECK(SetCurrentDirectoryW(start) && RemoveDirectoryW(home));
    return CHECK_DONE();
}
