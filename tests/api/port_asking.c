/* port_asking.c: what programs ask around memory: the version by conditions, words of a command line, random bytes by a
 * provider, the user, groups of processors, transfers; and Ctrl+C. test traits: wide
 * Builds with mingw-w64 as well. */
#include <windows.h>

#include <shellapi.h>
#include <signal.h>
#include <string.h>
#include <wincrypt.h>

#include "../check.h"

static BOOL is_at_least(DWORD major, DWORD minor)
{
    OSVERSIONINFOEX wanted = {.dwOSVersionInfoSize = sizeof wanted, .dwMajorVersion = major, .dwMinorVersion = minor};
    DWORDLONG mask = 0;
    VER_SET_CONDITION(mask, VER_MAJORVERSION, VER_GREATER_EQUAL);
    VER_SET_CONDITION(mask, VER_MINORVERSION, VER_GREATER_EQUAL);
    return VerifyVersionInfo(&wanted, VER_MAJORVERSION | VER_MINORVERSION, mask);
}

static void version(void)
{
    OSVERSIONINFOEX kind = {.dwOSVersionInfoSize = sizeof kind, .wProductType = VER_NT_WORKSTATION};
    DWORDLONG mask = VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL);
    CHECK(is_at_least(6, 3)); /* a lower major number decides; the minor one is not asked */
    CHECK(is_at_least(5, 1));
    CHECK(!is_at_least(11, 0) && GetLastError() == ERROR_OLD_WIN_VERSION);
    CHECK(!is_at_least(10, 99) && GetLastError() == ERROR_OLD_WIN_VERSION);
    CHECK(VerifyVersionInfo(&kind, VER_PRODUCT_TYPE, mask));
    CHECK(!VerifyVersionInfo(&kind, 0, mask));
    CHECK_EQ(VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL), 0x18);
}

static void words(void)
{
    static const struct {
        const WCHAR *line;
        int count;
        const WCHAR *last;
    } lines[] = {{L"program", 1, L"program"},       {L"\"a b\\\" c", 2, L"c"},
                 {L"p \"a b\" c", 3, L"c"},         {L"p a\\\\b", 2, L"a\\\\b"},
                 {L"p a\\\\\\\"b", 2, L"a\\\"b"},   {L"p \"a\\\\\" d", 3, L"d"},
                 {L"p  \t x\"y z\"w", 2, L"xy zw"}, {L"p \"\"", 2, L""}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        int count = 0;
        LPWSTR *word = CommandLineToArgvW(lines[i].line, &count);
        CHECK(word && count == lines[i].count && !lstrcmpW(word[count - 1], lines[i].last));
        CHECK(LocalFree(word) == NULL);
    }
    int count = 0;
    LPWSTR *word = CommandLineToArgvW(GetCommandLineW(), &count);
    CHECK(word && count == 1);
    LocalFree(word);
}

static void random_bytes(void)
{
    HCRYPTPROV provider = 0;
    BYTE bytes[64] = {0}, none[64] = {0};
    CHECK(CryptAcquireContext(&provider, NULL, NULL, PROV_RSA_FULL, CRYPT_VERIFYCONTEXT));
    CHECK(CryptGenRandom(provider, sizeof bytes, bytes) && memcmp(bytes, none, sizeof bytes) != 0);
    CHECK(CryptReleaseContext(provider, 0));
    CHECK(!CryptAcquireContext(&provider, NULL, NULL, 0, CRYPT_VERIFYCONTEXT));
    CHECK_EQ(GetLastError(), (DWORD)NTE_BAD_PROV_TYPE);
}

static void who_and_where(void)
{
    char name[257], cut[1];
    DWORD size = sizeof name, little = sizeof cut;
    GROUP_AFFINITY now, before, node;
    IO_COUNTERS counters;
    CHECK(GetUserNameA(name, &size) && size == strlen(name) + 1 && size > 1);
    CHECK(!GetUserNameA(cut, &little) && GetLastError() == ERROR_INSUFFICIENT_BUFFER && little == size);
    CHECK(GetThreadGroupAffinity(GetCurrentThread(), &now) && now.Mask && now.Group == 0);
    CHECK(SetThreadGroupAffinity(GetCurrentThread(), &now, &before) && before.Mask == now.Mask);
    CHECK(GetNumaNodeProcessorMaskEx(0, &node) && (node.Mask & now.Mask));
    now.Mask = 0;
    CHECK(!SetThreadGroupAffinity(GetCurrentThread(), &now, NULL) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetProcessIoCounters(GetCurrentProcess(), &counters));
}

static HANDLE told;
static DWORD told_event = 99, asked;

static BOOL WINAPI Second(DWORD event)
{
    told_event = event;
    return SetEvent(told);
}
static BOOL WINAPI First(DWORD event)
{
    asked++;
    return event == 77;
}

static void control(void)
{
    told = CreateEvent(NULL, FALSE, FALSE, NULL);
    CHECK(SetConsoleCtrlHandler(Second, TRUE) && SetConsoleCtrlHandler(First, TRUE));
#ifndef __MINGW32__
    raise(SIGINT); /* as the terminal does; an event would go to the whole group, the test's runner included */
    CHECK_EQ(WaitForSingleObject(told, 5000), WAIT_OBJECT_0);
    CHECK(told_event == CTRL_C_EVENT && asked == 1);
    raise(SIGQUIT);
    CHECK_EQ(WaitForSingleObject(told, 5000), WAIT_OBJECT_0);
    CHECK(told_event == CTRL_BREAK_EVENT && asked == 2);
    CHECK(SetConsoleCtrlHandler(NULL, TRUE));
    raise(SIGINT);
    CHECK_EQ(WaitForSingleObject(told, 20), WAIT_TIMEOUT);
    CHECK(SetConsoleCtrlHandler(NULL, FALSE));
    raise(SIGINT);
    CHECK_EQ(WaitForSingleObject(told, 5000), WAIT_OBJECT_0);
#endif
    CHECK(SetConsoleCtrlHandler(First, FALSE) && SetConsoleCtrlHandler(Second, FALSE));
    CHECK(!SetConsoleCtrlHandler(First, FALSE) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(!GenerateConsoleCtrlEvent(9, 0) && GetLastError() == ERROR_INVALID_PARAMETER);
    CloseHandle(told);
}

int main(void)
{
    version();
    words();
    random_bytes();
    who_and_where();
    control();
    return CHECK_DONE();
}
