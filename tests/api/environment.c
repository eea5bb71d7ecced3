/* Environment, current directory and command line, with the sizes the calls promise. */
#include "check.h"

#include <string.h>
#include <windows.h>

/* What all were taken away of is told, to be given back. */
static void privileges(void)
{
    HANDLE token;
    TOKEN_PRIVILEGES one = {.PrivilegeCount = 1}, before = {.PrivilegeCount = 0};
    DWORD needed = 0;
    REQUIRE(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token));
    CHECK(AdjustTokenPrivileges(token, TRUE, NULL, 0, NULL, NULL));
    REQUIRE(LookupPrivilegeValueA(NULL, "SeIncreaseQuotaPrivilege", &one.Privileges[0].Luid));
    one.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    CHECK(AdjustTokenPrivileges(token, FALSE, &one, 0, NULL, NULL) && GetLastError() == ERROR_SUCCESS);
    CHECK(!AdjustTokenPrivileges(token, TRUE, NULL, sizeof(DWORD), &before, &needed));
    CHECK(GetLastError() == ERROR_INSUFFICIENT_BUFFER && needed == sizeof before);
    CHECK(AdjustTokenPrivileges(token, TRUE, NULL, sizeof before, &before, &needed));
    CHECK(before.PrivilegeCount == 1 && before.Privileges[0].Luid.LowPart == one.Privileges[0].Luid.LowPart);
    CHECK_EQ(before.Privileges[0].Attributes, SE_PRIVILEGE_ENABLED);
    CHECK(AdjustTokenPrivileges(token, FALSE, &before, 0, NULL, NULL) && GetLastError() == ERROR_SUCCESS);
    before.PrivilegeCount = 0;
    CHECK(AdjustTokenPrivileges(token, TRUE, NULL, sizeof before, &before, &needed) && before.PrivilegeCount == 1);
    CHECK(CloseHandle(token));
}

int main(void)
{
    char text[512];
    privileges();
    CHECK(SetEnvironmentVariableA("WINMEM_TEST_VARIABLE", "value"));
    CHECK_EQ(GetEnvironmentVariableA("WINMEM_TEST_VARIABLE", text, sizeof text), 5);
    CHECK(!strcmp(text, "value"));
    CHECK_EQ(GetEnvironmentVariableA("WINMEM_TEST_VARIABLE", text, 5), 6);
    CHECK(SetEnvironmentVariableA("WINMEM_TEST_VARIABLE", NULL));
    CHECK_EQ(GetEnvironmentVariableA("WINMEM_TEST_VARIABLE", text, sizeof text), 0);
    CHECK_EQ(GetLastError(), ERROR_ENVVAR_NOT_FOUND);
    DWORD length = GetCurrentDirectoryA(sizeof text, text);
    CHECK(length > 0 && length == strlen(text));
    CHECK_EQ(GetCurrentDirectoryA(1, text), length + 1);
    CHECK(strlen(GetCommandLineA()) > 0);
    WCHAR wide[512];
    static const WCHAR name[] = {'P', 'A', 'T', 'H', 0};
    length = GetEnvironmentVariableA("PATH", text, sizeof text);
    if (length > 0 && length < sizeof text)
        CHECK_EQ(GetEnvironmentVariableW(name, wide, 512), length);
    HANDLE token;
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    REQUIRE(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token));
    CHECK(LookupPrivilegeValueA(NULL, "SeLockMemoryPrivilege", &wanted.Privileges[0].Luid));
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    CHECK(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL));
    CHECK(GetLastError() == ERROR_SUCCESS || GetLastError() == ERROR_NOT_ALL_ASSIGNED);
    CHECK(!LookupPrivilegeValueA(NULL, "SeNoSuchPrivilege", &wanted.Privileges[0].Luid));
    CHECK_EQ(GetLastError(), ERROR_NO_SUCH_PRIVILEGE);
    CHECK(CloseHandle(token));
    SYSTEMTIME time = {2024, 2, 0, 29, 12, 30, 15, 250}, back;
    FILETIME ticks;
    CHECK(SystemTimeToFileTime(&time, &ticks) && FileTimeToSystemTime(&ticks, &back));
    CHECK(back.wDay == 29 && back.wMilliseconds == 250 && back.wDayOfWeek == 4);
    return CHECK_DONE();
}
