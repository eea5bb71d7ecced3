/* test traits: wide */
/* port_system.c: what system programs ask besides memory: drivers, cycles, places of threads, the volume, searched
 * files; the end without handlers. */
#include "check.h"

#include <windows.h>
#include <io.h>
#include <psapi.h>
#include <realtimeapiset.h>
#include <shlobj.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void drivers(void)
{
    static LPVOID all[4096];
    DWORD needed = 0, again = 0;
    char name[MAX_PATH], shorter[3], file[1024];
    WCHAR wide[MAX_PATH];
    CHECK(EnumDeviceDrivers(NULL, 0, &needed));
    CHECK(needed >= sizeof(LPVOID) && needed % sizeof(LPVOID) == 0);
    CHECK(K32EnumDeviceDrivers(all, sizeof all, &again));
    CHECK(!GetDeviceDriverBaseNameA(NULL, name, sizeof name));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(!GetDeviceDriverFileNameW((LPVOID)(ULONG_PTR)0x12345, wide, MAX_PATH));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    if (!all[0]) /* who may not know addresses gets none */
        return;
    DWORD length = GetDeviceDriverBaseNameA(all[0], name, sizeof name);
    CHECK(length == strlen(name) && length > 3);
    CHECK_EQ(GetDeviceDriverBaseNameA(all[0], shorter, sizeof shorter), 2);
    CHECK(memcmp(shorter, name, 2) == 0 && shorter[2] == 0);
    CHECK(GetDeviceDriverFileNameA(all[0], file, sizeof file) && strstr(file, name));
    CHECK(GetDeviceDriverBaseNameW(all[0], wide, MAX_PATH) == length && wide[0] == (WCHAR)name[0]);
}

static DWORD CALLBACK spin(LPVOID sum)
{
    for (volatile unsigned *at = sum; *at < 3000000; ++*at)
        ;
    return 0;
}

static void cycles(void)
{
    volatile unsigned sum = 0;
    ULONG64 before = 0, after = 0, process = 0, other = 0, idle[1024];
    ULONG size = 0;
    CHECK(QueryThreadCycleTime(GetCurrentThread(), &before));
    spin((LPVOID)&sum);
    CHECK(QueryThreadCycleTime(GetCurrentThread(), &after));
    CHECK(before > 0 && after > before + sum / 16);
    CHECK(QueryProcessCycleTime(GetCurrentProcess(), &process));
    CHECK(process >= after);
    sum = 0;
    HANDLE thread = CreateThread(NULL, 0, spin, (LPVOID)&sum, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CHECK(QueryThreadCycleTime(thread, &other));
    CHECK(other > sum / 16 && other < after + (1ull << 40));
    CloseHandle(thread);
    CHECK(!QueryThreadCycleTime((HANDLE)0x7ffc, &other));
    CHECK_EQ(GetLastError(), ERROR_INVALID_HANDLE);
    CHECK(QueryIdleProcessorCycleTime(&size, NULL) && size == sizeof(ULONG64) * GetActiveProcessorCount(0));
    ULONG less = size - 8;
    CHECK(!QueryIdleProcessorCycleTime(&less, idle));
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    size = sizeof idle;
    CHECK(QueryIdleProcessorCycleTime(&size, idle) && idle[0] > 0);
}

static DWORD CALLBACK execution_state(LPVOID context)
{
    (void)context;
    return (DWORD)SetThreadExecutionState(ES_CONTINUOUS);
}

static void places(void)
{
    PROCESSOR_NUMBER number = {0, 0, 0}, before = {9, 9, 9};
    USHORT groups[2], count = 0;
    DWORD level, flags;
    BOOL disabled = 2, critical = 2;
    CHECK_EQ(SetThreadIdealProcessor(GetCurrentThread(), MAXIMUM_PROCESSORS), 0);
    DWORD last = GetActiveProcessorCount(0) - 1;
    CHECK_EQ(SetThreadIdealProcessor(GetCurrentThread(), last), 0);
    CHECK_EQ(SetThreadIdealProcessor(GetCurrentThread(), MAXIMUM_PROCESSORS), last);
    CHECK_EQ(SetThreadIdealProcessor(GetCurrentThread(), MAXIMUM_PROCESSORS + 1), (DWORD)-1);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK(SetThreadIdealProcessorEx(GetCurrentThread(), &number, &before));
    CHECK(before.Number == last && before.Group == 0);
    number.Number = (BYTE)(last + 1);
    CHECK(!SetThreadIdealProcessorEx(GetCurrentThread(), &number, NULL));
    CHECK(GetThreadIdealProcessorEx(GetCurrentThread(), &number) && number.Number == 0);
    CHECK(GetThreadPriorityBoost(GetCurrentThread(), &disabled) && !disabled);
    CHECK(SetThreadPriorityBoost(GetCurrentThread(), TRUE));
    CHECK(GetThreadPriorityBoost(GetCurrentThread(), &disabled) && disabled);
    CHECK(GetProcessPriorityBoost(GetCurrentProcess(), &disabled) && !disabled);
    CHECK(SetProcessPriorityBoost(GetCurrentProcess(), TRUE));
    CHECK(GetProcessPriorityBoost(GetCurrentProcess(), &disabled) && disabled);
    CHECK(!GetProcessGroupAffinity(GetCurrentProcess(), &count, groups) && count == 1);
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK(GetProcessGroupAffinity(GetCurrentProcess(), &count, groups) && groups[0] == 0);
    CHECK(IsProcessCritical(GetCurrentProcess(), &critical) && !critical);
    CHECK(GetProcessShutdownParameters(&level, &flags) && level == 0x280 && flags == 0);
    CHECK(SetProcessShutdownParameters(0x100, SHUTDOWN_NORETRY) && !SetProcessShutdownParameters(0x500, 0));
    CHECK(GetProcessShutdownParameters(&level, &flags) && level == 0x100 && flags == SHUTDOWN_NORETRY);
    CHECK_EQ(SetThreadExecutionState(ES_CONTINUOUS | ES_SYSTEM_REQUIRED), ES_CONTINUOUS);
    CHECK_EQ(SetThreadExecutionState(ES_DISPLAY_REQUIRED), ES_CONTINUOUS | ES_SYSTEM_REQUIRED);
    DWORD of_another = 0;
    HANDLE thread = CreateThread(NULL, 0, execution_state, NULL, 0, NULL);
    CHECK_EQ(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK(GetExitCodeThread(thread, &of_another) && of_another == ES_CONTINUOUS);
    CloseHandle(thread);
    CHECK_EQ(SetThreadExecutionState(ES_CONTINUOUS), ES_CONTINUOUS | ES_SYSTEM_REQUIRED);
}

static void volumes(void)
{
    char label[64] = "x", system[64] = "", name[8];
    WCHAR wide[64];
    DWORD serial = 0, again = 1, longest = 0, flags = 0;
    CHECK(GetVolumeInformationA("C:\\", label, sizeof label, &serial, &longest, &flags, system, sizeof system));
    CHECK(label[0] == 0 && longest >= 14 && system[0] && flags & FILE_CASE_PRESERVED_NAMES);
    CHECK(GetVolumeInformationW(NULL, NULL, 0, &again, NULL, NULL, wide, 64));
    CHECK(serial == again && wide[0] == (WCHAR)system[0]);
    CHECK(!GetVolumeInformationA("C:\\", NULL, 0, NULL, NULL, NULL, system, 1));
    CHECK_EQ(GetLastError(), ERROR_BAD_LENGTH);
    CHECK(!GetVolumeInformationA("C:", NULL, 0, NULL, NULL, NULL, NULL, 0));
    CHECK_EQ(GetLastError(), ERROR_INVALID_NAME);
    CHECK(!GetVolumeInformationA("C:\\tmp\\", NULL, 0, NULL, NULL, NULL, NULL, 0));
    CHECK_EQ(GetLastError(), ERROR_DIR_NOT_ROOT);
    CHECK(GetVolumePathNameA("C:\\tmp\\x.txt", name, sizeof name) && !strcmp(name, "C:\\"));
    CHECK(!GetVolumePathNameA("C:\\tmp\\x.txt", name, 3));
    CHECK_EQ(GetLastError(), ERROR_FILENAME_EXCED_RANGE);
}

static void searching(void)
{
    char found[MAX_PATH], folder[MAX_PATH], file[MAX_PATH + 32], *part = NULL;
    WCHAR wide[MAX_PATH], *wide_part = NULL;
    CHECK(GetTempPathA(sizeof folder, folder) > 0);
    snprintf(file, sizeof file, "%swinmem-search-%d.txt", folder, (int)getpid());
    FILE *made = fopen(file, "w");
    REQUIRE(made);
    fclose(made);
    char name[64];
    snprintf(name, sizeof name, "winmem-search-%d", (int)getpid());
    CHECK_EQ(SearchPathA("C:\\nowhere;C:\\", name, ".txt", sizeof found, found, &part), 0);
    CHECK_EQ(GetLastError(), ERROR_FILE_NOT_FOUND);
    char list[2 * MAX_PATH];
    snprintf(list, sizeof list, "C:\\nowhere;%s", folder);
    DWORD length = SearchPathA(list, name, ".txt", sizeof found, found, &part);
    CHECK(length == strlen(found) && part && strncmp(part, name, strlen(name)) == 0);
    CHECK_EQ(SearchPathA(list, name, ".txt", 4, found, NULL), length + 1);
    CHECK_EQ(SearchPathA(NULL, "sh", NULL, sizeof found, found, &part), strlen(found)); /* in PATH */
    CHECK_EQ(SearchPathA(NULL, "", NULL, sizeof found, found, &part), 0);
    CHECK_EQ(SearchPathW(NULL, L"sh", NULL, MAX_PATH, wide, &wide_part), strlen(found));
    CHECK(wide_part > wide && wide_part[-1] == '/');
    remove(file);
    CHECK(WinExec("sh -c true", SW_HIDE) > 31);
    CHECK_EQ(WinExec("winmem-no-such-program", SW_HIDE), ERROR_FILE_NOT_FOUND);
    CHECK_EQ(SetHandleCount(512), 512);
}

static LONG CALLBACK never(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    _exit(3);
}

static int death(EXCEPTION_RECORD *record)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        SetErrorMode(SEM_NOGPFAULTERRORBOX);
        AddVectoredExceptionHandler(1, never);
        SetUnhandledExceptionFilter(never);
        RaiseFailFastException(record, NULL, FAIL_FAST_GENERATE_EXCEPTION_ADDRESS);
        _exit(4);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void fail_fast(void)
{
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)STATUS_ACCESS_VIOLATION};
    CHECK_EQ(death(NULL), 6);     /* SIGABRT */
    CHECK_EQ(death(&record), 11); /* SIGSEGV */
}

/* Where the shell's folders are: made when asked, told as missing when not. */
static void folders(void)
{
    char home[] = "port_system_XXXXXX", path[MAX_PATH], expected[MAX_PATH];
    WCHAR wide[MAX_PATH];
    PWSTR known = NULL;
    CHECK(_mktemp(home) && CreateDirectoryA(home, NULL) && _fullpath(expected, home, sizeof expected));
    CHECK(setenv("HOME", expected, 1) == 0 && unsetenv("XDG_CONFIG_HOME") == 0 && unsetenv("XDG_CACHE_HOME") == 0);
    CHECK_EQ(SHGetFolderPathA(NULL, CSIDL_PROFILE, NULL, SHGFP_TYPE_CURRENT, path), S_OK);
    CHECK(strcmp(path, expected) == 0);
    CHECK(SHGetFolderPathA(NULL, CSIDL_APPDATA, NULL, 0, path) == S_FALSE && path[0] == 0);
    CHECK_EQ(SHGetKnownFolderPath(&FOLDERID_RoamingAppData, 0, NULL, &known), (HRESULT)0x80070002);
    CHECK(known == NULL);
    CHECK_EQ(SHGetFolderPathW(NULL, CSIDL_APPDATA | CSIDL_FLAG_CREATE, NULL, 0, wide), S_OK);
    CHECK_EQ(SHGetKnownFolderPath(&FOLDERID_RoamingAppData, 0, NULL, &known), S_OK);
    CHECK(known && lstrcmpW(known, wide) == 0);
    CoTaskMemFree(known);
    CHECK(RemoveDirectoryW(wide));
    CHECK(!SHGetSpecialFolderPathA(NULL, path, CSIDL_APPDATA, FALSE));
    CHECK_EQ(unsetenv("HOME"), 0); /* then it is what the system says of the user */
    CHECK_EQ(SHGetFolderPathA(NULL, CSIDL_PROFILE | CSIDL_FLAG_DONT_VERIFY, NULL, 0, path), S_OK);
    CHECK(path[0] == '/' && strcmp(path, getpwuid(geteuid())->pw_dir) == 0);
    CHECK_EQ(SHGetFolderPathA(NULL, 0x7f, NULL, 0, path), E_INVALIDARG);
    CHECK_EQ(SHGetFolderPathA(NULL, CSIDL_PROFILE, NULL, 2, path), E_INVALIDARG);
    CHECK(RemoveDirectoryA(home));
}

/* The one volume by its long name: found once, stands for the drive's device, is at the drive. */
static void volume_names(void)
{
    WCHAR name[MAX_PATH], again[MAX_PATH], device[MAX_PATH], places_of[8];
    DWORD length = 0;
    CHECK(FindFirstVolumeW(name, 10) == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILENAME_EXCED_RANGE);
    HANDLE search = FindFirstVolumeW(name, MAX_PATH);
    REQUIRE(search != INVALID_HANDLE_VALUE && wcslen(name) == 49);
    CHECK(!wcsncmp(name, L"\\\\?\\Volume{", 11) && name[47] == '}' && name[48] == '\\');
    CHECK(!FindNextVolumeW(search, again, MAX_PATH) && GetLastError() == ERROR_NO_MORE_FILES);
    CHECK(!GetVolumePathNamesForVolumeNameW(name, places_of, 4, &length));
    CHECK(GetLastError() == ERROR_MORE_DATA && length == 5);
    REQUIRE(GetVolumePathNamesForVolumeNameW(name, places_of, 8, &length));
    CHECK(length == 5 && !wcscmp(places_of, L"C:\\") && places_of[4] == 0);
    CHECK(GetVolumeNameForVolumeMountPointW(L"C:\\", again, MAX_PATH) && !wcscmp(name, again));
    CHECK(!GetVolumeNameForVolumeMountPointW(L"C:", again, MAX_PATH) && GetLastError() == ERROR_INVALID_NAME);
    CHECK(!GetVolumeNameForVolumeMountPointA("C:\\dev\\", (char *)again, MAX_PATH));
    CHECK_EQ(GetLastError(), ERROR_NOT_A_REPARSE_POINT);
    name[48] = 0; /* a device has no backslash at its end */
    CHECK(QueryDosDeviceW(name + 4, device, MAX_PATH) && QueryDosDeviceW(L"C:", again, MAX_PATH));
    CHECK(!wcscmp(device, again));
    CHECK(!GetVolumePathNamesForVolumeNameW(name, places_of, 8, &length) && GetLastError() == ERROR_INVALID_NAME);
    CHECK(FindVolumeClose(search));
    CHECK(!FindVolumeClose(search) && GetLastError() == ERROR_INVALID_HANDLE);
    CHECK(!FindNextVolumeW(search, again, MAX_PATH) && GetLastError() == ERROR_INVALID_HANDLE);
}

int main(void)
{
    volume_names();
    drivers();
    cycles();
    places();
    volumes();
    searching();
    folders();
    fail_fast();
    return CHECK_DONE();
}
