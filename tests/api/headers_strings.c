/* headers_strings.c: code pages and the lstr functions. */
#include <windows.h>

#include "check.h"

static const char euro[] = "\xE2\x82\xAC"
                           "a\xF0\x9F\x98\x80"; /* U+20AC, a, U+1F600 */

static void to_wide(void)
{
    WCHAR wide[16] = {0};
    CHECK_EQ(MultiByteToWideChar(CP_UTF8, 0, euro, -1, NULL, 0), 5);
    CHECK_EQ(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, euro, -1, wide, 16), 5);
    CHECK_EQ(wide[0], 0x20AC);
    CHECK_EQ(wide[1], 'a');
    CHECK_EQ(wide[2], 0xD83D);
    CHECK_EQ(wide[3], 0xDE00);
    CHECK_EQ(wide[4], 0);
    CHECK_EQ(MultiByteToWideChar(CP_UTF8, 0, "abc", 2, wide, 16), 2);
    SetLastError(7);
    CHECK_EQ(MultiByteToWideChar(CP_UTF8, 0, euro, -1, wide, 4), 0);
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "a\xFF", -1, wide, 16), 0);
    CHECK_EQ(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
    CHECK_EQ(MultiByteToWideChar(CP_UTF8, 0, "a\xFF", -1, wide, 16), 3);
    CHECK_EQ(wide[1], 0xFFFD);
    CHECK_EQ(MultiByteToWideChar(CP_UTF8, 0, euro, 0, wide, 16), 0);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_EQ(MultiByteToWideChar(CP_UTF8, 0, NULL, -1, wide, 16), 0);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_EQ(MultiByteToWideChar(12345, 0, euro, -1, wide, 16), 0);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_EQ(MultiByteToWideChar(CP_UTF8, MB_PRECOMPOSED, euro, -1, wide, 16), 0);
    CHECK_EQ(GetLastError(), ERROR_INVALID_FLAGS);
}

static void from_wide(void)
{
    static const WCHAR wide[] = {0x20AC, 'a', 0xD83D, 0xDE00, 0};
    static const WCHAR lone[] = {0xD800, 'x', 0};
    char text[16] = {0};
    BOOL used = TRUE;
    CHECK_EQ(WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL), 9);
    CHECK_EQ(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, text, 16, NULL, NULL), 9);
    CHECK(lstrcmpA(text, euro) == 0);
    CHECK_EQ(WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, 3, NULL, NULL), 0);
    CHECK_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, lone, -1, text, 16, NULL, NULL), 0);
    CHECK_EQ(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
    CHECK_EQ(WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, 16, "?", &used), 0);
    CHECK_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
    CHECK_EQ(WideCharToMultiByte(28591, 0, wide, 2, text, 16, "#", &used), 2);
    CHECK(text[0] == '#' && text[1] == 'a' && used);
}

static void lstr(void)
{
    static const WCHAR abc[] = {'a', 'b', 'c', 0}, upper[] = {'A', 'B', 'C', 0};
    WCHAR wide[8];
    char text[8];
    CHECK_EQ(lstrlenA(NULL), 0);
    CHECK_EQ(lstrlenW(abc), 3);
    CHECK_EQ(lstrlenA("abc"), 3);
    CHECK(lstrcmpiW(abc, upper) == 0 && lstrcmpiA("abc", "ABC") == 0);
    CHECK(lstrcpynA(text, "abcdef", 4) == text && lstrcmpA(text, "abc") == 0);
    CHECK(lstrcpyW(wide, abc) == wide && lstrcatW(wide, upper) == wide);
    CHECK_EQ(lstrlenW(wide), 6);
    CHECK(lstrcpynW(wide, upper, 3) == wide && wide[2] == 0 && wide[1] == 'B');
    CHECK_EQ(CompareStringOrdinal(abc, -1, upper, -1, TRUE), CSTR_EQUAL);
    CHECK_EQ(CompareStringOrdinal(abc, -1, upper, -1, FALSE), CSTR_GREATER_THAN);
    CHECK_EQ(MulDiv(7, 3, 2), 11);
    CHECK(MulDiv(-7, 3, 2) == -11 && MulDiv(1, 1, 0) == -1 && MulDiv(0x7FFFFFFF, 2, 1) == -1);
}

#ifdef CopyVolatileMemory /* not in every kit */
static void volatile_memory(void)
{
    char text[] = "0123456789";
    CHECK(CopyVolatileMemory(text, "ab", 2) == text && !memcmp(text, "ab23456789", 10));
    CHECK(MoveVolatileMemory(text + 1, text, 5) == text + 1 && !memcmp(text, "aab2346789", 10));
    CHECK(MoveVolatileMemory(text, text + 1, 5) == text && !memcmp(text, "ab23446789", 10));
    CHECK(MoveVolatileMemory(text, text + 1, 0) == text && !memcmp(text, "ab23446789", 10));
    CHECK(FillVolatileMemory(text, 2, 'x') == text && !memcmp(text, "xx23446789", 10));
    CHECK(FillDeviceMemory(text + 9, 1, 'y') == text + 9 && CopyDeviceMemory(text, "z", 1) == text);
    CHECK(!memcmp(text, "zx2344678y", 10));
    CHECK(SecureZeroMemory2(text, 3) == text && ZeroVolatileMemory(text + 5, 1) == text + 5);
    CHECK(ZeroDeviceMemory(text + 6, 1) == text + 6);
    CHECK(!text[0] && !text[2] && text[3] == '3' && text[4] == '4' && !text[5] && !text[6] && text[7] == '7');
}
#else
static void volatile_memory(void)
{
}
#endif

int main(void)
{
    volatile_memory();
    to_wide();
    from_wide();
    lstr();
    return CHECK_DONE();
}
