/* headers_times.c: calendar arithmetic, module handles by address, the environment as text. Builds with mingw-w64 as
 * well. */
#include <windows.h>

#include "check.h"

static void calendar(void)
{
    static const struct {
        SYSTEMTIME time;
        unsigned long long ticks;
    } known[] = {
        {{1601, 1, 1, 1, 0, 0, 0, 0}, 0},
        {{1970, 1, 4, 1, 0, 0, 0, 0}, 116444736000000000ull},
        {{2000, 2, 2, 29, 12, 34, 56, 789}, 125963012967890000ull},
        {{2038, 1, 2, 19, 3, 14, 7, 0}, 137919572470000000ull},
    };
    for (unsigned i = 0; i < ARRAYSIZE(known); i++) {
        FILETIME made;
        SYSTEMTIME back;
        CHECK(SystemTimeToFileTime(&known[i].time, &made));
        CHECK_EQ((unsigned long long)made.dwHighDateTime << 32 | made.dwLowDateTime, known[i].ticks);
        CHECK(FileTimeToSystemTime(&made, &back));
        CHECK(RtlEqualMemory(&back, &known[i].time, sizeof back));
    }
    SYSTEMTIME wrong = {2023, 2, 0, 29, 0, 0, 0, 0};
    FILETIME kept = {1, 2}, late = {0, 0x80000000};
    CHECK(!SystemTimeToFileTime(&wrong, &kept) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(kept.dwLowDateTime == 1 && !FileTimeToSystemTime(&late, &wrong));
    CHECK(CompareFileTime(&kept, &late) == -1 && CompareFileTime(&late, &kept) == 1 &&
          CompareFileTime(&kept, &kept) == 0);
    for (unsigned long long ticks = 0; ticks < 0x7000000000000000ull; ticks += 0x1234567890ABCull * 7) {
        FILETIME from = {(DWORD)ticks, (DWORD)(ticks >> 32)}, again;
        SYSTEMTIME time;
        if (!FileTimeToSystemTime(&from, &time) || !SystemTimeToFileTime(&time, &again) ||
            ((unsigned long long)again.dwHighDateTime << 32 | again.dwLowDateTime) != ticks / 10000 * 10000) {
            CHECK(!"a time survives the way there and back");
            break;
        }
    }
}

static void modules(void)
{
    HMODULE found = NULL;
    CHECK(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)(ULONG_PTR)modules, &found));
    CHECK(found == GetModuleHandleA(NULL));
    CHECK(!GetModuleHandleExA(0, "no-such-module.dll", &found) && GetLastError() == ERROR_MOD_NOT_FOUND);
    CHECK(!GetModuleHandleExA(0x3, NULL, &found) && GetLastError() == ERROR_INVALID_PARAMETER);
    CHECK(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, "kernel32.dll", &found) && found);
}

static void environment(void)
{
    char text[64];
    REQUIRE(SetEnvironmentVariableA("WINMEM_TEST", "value"));
    CHECK_EQ(ExpandEnvironmentStringsA("a %WINMEM_TEST% b %NO_SUCH_NAME% 5%", text, sizeof text), 28);
    CHECK(lstrcmpA(text, "a value b %NO_SUCH_NAME% 5%") == 0);
    CHECK_EQ(ExpandEnvironmentStringsA("%WINMEM_TEST%", text, 2), 6);
    char *block = GetEnvironmentStringsA(), *entry;
    int found = 0;
    REQUIRE(block);
    for (entry = block; *entry; entry += lstrlenA(entry) + 1)
        found |= lstrcmpA(entry, "WINMEM_TEST=value") == 0;
    CHECK(found && FreeEnvironmentStringsA(block));
}

int main(void)
{
    environment();
    calendar();
    modules();
    ExitProcess((UINT)CHECK_DONE());
}
